from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "assessments.audit"
    label = "audit"
