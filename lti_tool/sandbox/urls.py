from django.conf import settings
from django.urls import include, path
from django.views.static import serve

from lti_tool.sandbox import administration, ags, control, notices, nrps, oidc, pages, registration, tokens

SERVICES = [
    path("lineitems", ags.line_items, name="lineitems"),
    path("line_items", ags.line_items, name="lineitems"),
    path("lineitems/<int:number>/lineitem", ags.line_item, name="lineitems"),
    path("line_items/<int:number>", ags.line_item, name="lineitems"),
    path("lineitems/<int:number>/lineitem/scores", ags.scores, name="scores"),
    path("line_items/<int:number>/scores", ags.scores, name="scores"),
    path("lineitems/<int:number>/lineitem/results", ags.results, name="results"),
    path("line_items/<int:number>/results", ags.results, name="results"),
    path("memberships", nrps.memberships, name="memberships"),
]

PEOPLE = [
    path("", pages.course, name="course"),
    path("choose/", pages.choose, name="choose"),
    path("choose/<int:number>/", pages.dialogue, name="dialogue"),
    path("choose/<int:number>/save/", pages.dialogue, name="save-dialogue"),
    path("links/", pages.add_link, name="add-link"),
    path("links/<int:number>/", pages.link, name="link"),
    path("links/<int:number>/published/", pages.set_published, name="set-published"),
    path("gradebook/", pages.gradebook, name="gradebook"),
    path("gradebook/<int:number>/review/", pages.review, name="review-column"),
    path("gradebook/<int:number>/<slug:student>/review/", pages.review, name="review"),
    path("speed_grader/<int:number>/<slug:student>/", pages.speed_grader, name="speed-grader"),
    path("external_tools/retrieve", pages.retrieve, name="retrieve"),
    path("gradebook/<int:number>/<slug:student>/", pages.type_grade, name="type-grade"),
]

urlpatterns = [
    path("", pages.home, name="home"),
    path("static/<path:path>", serve, {"document_root": settings.STATIC_ROOT}),
    path("<slug:school>/profile/", pages.set_profile, name="set-profile"),
    path("<slug:school>/admin/", administration.tools, name="tools"),
    path("<slug:school>/admin/registering/", administration.registering, name="registering"),
    path("<slug:school>/admin/next/", administration.next_stage, name="next-stage"),
    path("<slug:school>/lti/openid-configuration", registration.configuration, name="configuration"),
    path("<slug:school>/lti/registration", registration.register, name="registration"),
    path("<slug:school>/api/lti/registrations/<int:number>/configuration", registration.kept, name="kept"),
    path("<slug:school>/lti/storage", pages.storage, name="storage"),
    path("<slug:school>/api/lti/notice-handlers/<int:number>", notices.handlers, name="notice_handlers"),
    path("<slug:school>/deep_linking_response", pages.deep_linking_response, name="deep-linking-response"),
    path("<slug:school>/lti/auth", oidc.auth, name="auth"),
    path("<slug:school>/lti/jwks", tokens.jwks, name="jwks"),
    path("<slug:school>/lti/token", tokens.token, name="token"),
    path("<slug:school>/api/courses/<int:course>/", include(SERVICES)),
    path("<slug:school>/as/<slug:person>/", include(PEOPLE)),
]
if settings.WITH_CONTROL:
    urlpatterns.insert(0, path("_control/", include(control.URLS)))
