from django.urls import path

from assessments.activities import picker, views

app_name = "activities"
urlpatterns = [
    path("start/", views.start, name="start"),
    path("review/", views.review, name="review"),
    path("setup/", views.setup, name="setup"),
    path("setup/kind/", views.begin, name="begin"),
    path("setup/copy/", views.copy_set_up, name="copy"),
    path("setup/move/", views.move, name="move"),
    path("setup/empty/", views.start_empty, name="empty"),
    path("choose/", picker.picker, name="picker"),
    path("choose/new/", picker.new, name="picker_new"),
    path("roster/", views.roster, name="roster"),
    path("<uuid:key>/candidates/<uuid:person_key>/sheet/", views.sheet, name="sheet"),
]
