from django.apps import AppConfig


class OsceConfig(AppConfig):
    name = "assessments.osce"
    label = "osce"

    def ready(self) -> None:
        from assessments.activities import kinds
        from assessments.marking import permissions, surroundings
        from assessments.osce import sheets
        from assessments.osce.kind import KIND

        kinds.register(KIND)
        surroundings.register(sheets.surroundings)
        permissions.withhold(sheets.why_withheld)
