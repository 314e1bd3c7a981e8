from django.apps import AppConfig


class ActivitiesConfig(AppConfig):
    name = "assessments.activities"
    label = "activities"
