from django.apps import AppConfig


class OsceConfig(AppConfig):
    name = "assessments.osce"
    label = "osce"
