from django.urls import path

from assessments.results import (
    analysis_views,
    exam_views,
    export_views,
    moderation_views,
    quality_views,
    reply_views,
    views,
)

app_name = "results"
_DECISION = "<uuid:key>/decision/"
urlpatterns = [
    path("<uuid:key>/", views.home, name="home"),
    path("<uuid:key>/feedback/", views.feedback, name="feedback"),
    path("<uuid:key>/candidates/<uuid:person_key>/", views.candidate, name="candidate"),
    path("<uuid:key>/release/", views.release, name="release"),
    path("<uuid:key>/deliveries/", views.deliveries, name="deliveries"),
    path("<uuid:key>/deliveries/<uuid:person_key>/", views.delivery, name="delivery"),
    path("<uuid:key>/quality/", quality_views.page, name="quality"),
    path("<uuid:key>/quality/examiners/", analysis_views.examiners_page, name="examiners"),
    path("<uuid:key>/quality/reliability/", analysis_views.reliability_page, name="reliability"),
    path("<uuid:key>/quality/years/", analysis_views.years_page, name="years"),
    path("<uuid:key>/quality/board-pack.pdf", analysis_views.pack, name="board_pack"),
    path("<uuid:key>/exports/", export_views.page, name="exports"),
    path("<uuid:key>/exports/<slug:who>/<str:name>", export_views.file, name="export"),
    path(_DECISION, moderation_views.home, name="moderation"),
    path(_DECISION + "rule/", moderation_views.rule, name="rule"),
    path(_DECISION + "parts/<uuid:part_key>/", moderation_views.part, name="part"),
    path(_DECISION + "discrepancies/", moderation_views.discrepancies, name="discrepancies"),
    path(_DECISION + "gaps/", moderation_views.gaps, name="gaps"),
    path(_DECISION + "concerns/", moderation_views.concerns, name="concerns"),
    path(_DECISION + "candidates/", moderation_views.decisions, name="decisions"),
    path(_DECISION + "candidates/<uuid:person_key>/", moderation_views.decision, name="decision"),
    path(
        _DECISION + "candidates/<uuid:person_key>/trace.json", moderation_views.trace_json, name="trace_json"
    ),
    path(_DECISION + "candidates/<uuid:person_key>/trace.pdf", moderation_views.trace_pdf, name="trace_pdf"),
    path(_DECISION + "sign-off/", moderation_views.sign_off, name="sign_off"),
    path("<uuid:key>/exam/", exam_views.results, name="exam"),
    path("<uuid:key>/exam/release/", exam_views.release, name="exam_release"),
    path("<uuid:key>/exam/back/", exam_views.take_back, name="exam_back"),
    path("<uuid:key>/exam/candidates/<uuid:person_key>/", exam_views.candidate, name="exam_candidate"),
    path("<uuid:key>/exam/feedback/", exam_views.feedback, name="exam_feedback"),
    path("<uuid:key>/exam/feedback/result.pdf", exam_views.feedback_file, name="exam_feedback_file"),
    path("<uuid:key>/exam/reply/", reply_views.reply, name="reply"),
    path("<uuid:key>/exam/replies/", reply_views.replies, name="replies"),
    path(_DECISION + "words/", reply_views.words, name="words"),
]
