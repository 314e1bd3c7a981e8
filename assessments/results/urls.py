from django.urls import path

from assessments.results import views

app_name = "results"
urlpatterns = [
    path("<uuid:key>/", views.home, name="home"),
    path("<uuid:key>/feedback/", views.feedback, name="feedback"),
    path("<uuid:key>/candidates/<uuid:person_key>/", views.candidate, name="candidate"),
    path("<uuid:key>/release/", views.release, name="release"),
    path("<uuid:key>/deliveries/", views.deliveries, name="deliveries"),
    path("<uuid:key>/deliveries/<uuid:person_key>/", views.delivery, name="delivery"),
]
