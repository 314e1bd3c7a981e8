from django.apps import AppConfig


class OsceConfig(AppConfig):
    name = "assessments.osce"
    label = "osce"

    def ready(self) -> None:
        from assessments.activities import kinds
        from assessments.marking import permissions, surroundings
        from assessments.osce import scores, sheets
        from assessments.osce.kind import KIND
        from assessments.results import scores as results

        kinds.register(KIND)
        results.register(KIND.slug, scores.read)
        surroundings.register(sheets.surroundings)
        permissions.withhold(sheets.why_withheld)
