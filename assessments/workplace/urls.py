from django.urls import path

from assessments.workplace import staff_views, views
from assessments.workplace.door import door

app_name = "workplace"
urlpatterns = [
    path("workplace/", door, name="door"),
    path("workplace/<uuid:key>/", views.home, name="home"),
    path("workplace/<uuid:key>/mine/", views.mine, name="mine"),
    path("workplace/<uuid:key>/ask/", views.ask, name="ask"),
    path("workplace/<uuid:key>/observe/", staff_views.observe, name="observe"),
    path("workplace/<uuid:key>/requests/<uuid:request_key>/", views.request, name="request"),
    path("workplace/<uuid:key>/requests/<uuid:request_key>/sheet/", views.beginning, name="beginning"),
    path("workplace/<uuid:key>/requests/<uuid:request_key>/withdrawal/", views.withdrawal, name="withdrawal"),
    path("workplace/<uuid:key>/requests/<uuid:request_key>/refusal/", views.refusal, name="refusal"),
    path("workplace/<uuid:key>/learners/<uuid:person_key>/", staff_views.learner, name="learner"),
    path("workplace/<uuid:key>/assessors/", staff_views.people, name="assessors"),
    path("workplace/<uuid:key>/assessors/<uuid:assessor_key>/pin/", staff_views.pin, name="pin"),
    path(
        "workplace/<uuid:key>/assessors/<uuid:assessor_key>/withdrawal/",
        staff_views.assessor_withdrawal,
        name="assessor_withdrawal",
    ),
    path("workplace/<uuid:key>/pin/", staff_views.my_pin, name="my_pin"),
    path("workplace/<uuid:key>/settings/", staff_views.settings, name="settings"),
]
