from django.urls import path

from assessments.activities import views

app_name = "activities"
urlpatterns = [
    path("start/", views.start, name="start"),
    path("review/", views.review, name="review"),
    path("setup/", views.setup, name="setup"),
    path("roster/", views.roster, name="roster"),
    path("<uuid:key>/candidates/<uuid:person_key>/sheet/", views.sheet, name="sheet"),
]
