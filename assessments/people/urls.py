from django.urls import path

from assessments.people import views

app_name = "people"
urlpatterns = [
    path("<uuid:key>/people/", views.people, name="people"),
    path("<uuid:key>/people/roster/", views.roster, name="roster"),
    path("<uuid:key>/people/<uuid:person_key>/", views.decision, name="decision"),
]
