from django.urls import path

from assessments.peer import (
    allocation_views,
    feedback_views,
    file_views,
    grade_views,
    moderation_views,
    people_views,
    review_views,
    settings_views,
    staff_views,
    views,
    work_views,
)

app_name = "peer"
_ROUND = "peer/<uuid:key>/"
_WORK = _ROUND + "work/"
_REVIEW = _ROUND + "reviews/<uuid:review_key>/"
_READ = _ROUND + "feedback/<uuid:review_key>/"
_STAFF = _ROUND + "moderation/<uuid:review_key>/"
_WORK_OF = _ROUND + "works/<uuid:submission_key>/"
_PERSON = _ROUND + "people/<uuid:person_key>/"
urlpatterns = [
    path(_ROUND, views.home, name="home"),
    path(_ROUND + "mine/", views.mine, name="mine"),
    # handing in
    path(_WORK, work_views.work, name="work"),
    path(_WORK + "words/", work_views.words, name="words"),
    path(_WORK + "files/", work_views.files, name="files"),
    path(_WORK + "files/<uuid:file_key>/removal/", work_views.file_removal, name="file_removal"),
    path(_WORK + "handing-in/", work_views.handing_in, name="handing_in"),
    path(_WORK + "taking-back/", work_views.taking_back, name="taking_back"),
    path(_WORK + "withdrawal/", work_views.withdrawal, name="withdrawal"),
    path(_ROUND + "files/<uuid:file_key>/<str:name>", file_views.file, name="file"),
    # reviewing
    path(_ROUND + "self/", review_views.self_assessment, name="self"),
    path(_ROUND + "next/", review_views.next_work, name="next"),
    path(_REVIEW, review_views.review, name="review"),
    path(_REVIEW + "words/", review_views.words, name="review_words"),
    path(_REVIEW + "sheet/", review_views.beginning, name="review_beginning"),
    path(_REVIEW + "refusal/", review_views.refusal, name="review_refusal"),
    path(_REVIEW + "report/", review_views.report, name="report_work"),
    path(_REVIEW + "concern/", review_views.concern, name="concern_about_work"),
    # reading, answering, acting
    path(_ROUND + "feedback/", feedback_views.feedback, name="feedback"),
    path(_READ + "answer/", feedback_views.answer, name="answer"),
    path(_READ + "report/", feedback_views.report, name="report_review"),
    path(_READ + "concern/", feedback_views.concern, name="concern_about_review"),
    path(_ROUND + "actions/", feedback_views.actions, name="actions"),
    path(_ROUND + "actions/<int:action_id>/", feedback_views.action, name="action"),
    # looking after a round
    path(_ROUND + "settings/", settings_views.settings, name="settings"),
    path(_ROUND + "settings/workshop/", settings_views.workshop, name="workshop"),
    path(_ROUND + "phase/", staff_views.phase, name="phase"),
    path(_ROUND + "nudges/", staff_views.nudges, name="nudges"),
    path(_ROUND + "progress.csv", staff_views.progress_file, name="progress_file"),
    path(_ROUND + "people/", people_views.people, name="people"),
    path(_ROUND + "people/pairs/", people_views.pairs, name="pairs"),
    path(_ROUND + "people/pairs/<int:pair_id>/removal/", people_views.pair_removal, name="pair_removal"),
    path(_PERSON, people_views.person, name="person"),
    path(_PERSON + "place/", people_views.place, name="place"),
    path(_PERSON + "withdrawal/", people_views.withdrawal, name="person_withdrawal"),
    path(_ROUND + "allocation/", allocation_views.allocation, name="allocation"),
    path(_ROUND + "allocation/drawing/", allocation_views.drawing, name="drawing"),
    path(_ROUND + "allocation/repair/", allocation_views.repair, name="repair"),
    path(_ROUND + "allocation/edit/", allocation_views.edit, name="edit"),
    path(_ROUND + "moderation/", moderation_views.queue, name="queue"),
    path(_ROUND + "moderation/approval/", moderation_views.approval, name="approval"),
    path(_STAFF, moderation_views.review, name="staff_review"),
    path(_STAFF + "decision/", moderation_views.decision, name="review_decision"),
    path(_STAFF + "unmasking/", moderation_views.unmasking, name="unmasking"),
    path(_STAFF + "quality/", moderation_views.quality, name="quality_sample"),
    path(_ROUND + "reports/<uuid:report_key>/", moderation_views.report, name="report"),
    path(_WORK_OF, moderation_views.work, name="staff_work"),
    path(_WORK_OF + "review/", moderation_views.own_review, name="own_review"),
    path(
        _WORK_OF + "files/<uuid:file_key>/removal/",
        moderation_views.file_removal,
        name="staff_file_removal",
    ),
    path(_ROUND + "concerns/", moderation_views.concerns, name="concerns"),
    path(_ROUND + "concerns/<uuid:concern_key>/", moderation_views.concern, name="concern"),
    path(_ROUND + "grades/", grade_views.grades, name="grades"),
    path(_ROUND + "grades/release/", grade_views.release, name="release"),
    path(_ROUND + "grades/back/", grade_views.take_back, name="take_back"),
    path(_ROUND + "grades/<uuid:person_key>/", grade_views.override, name="override"),
]
