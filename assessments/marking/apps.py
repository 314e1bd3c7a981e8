from django.apps import AppConfig


class MarkingConfig(AppConfig):
    name = "assessments.marking"
    label = "marking"
