from django.apps import AppConfig


class WorkplaceConfig(AppConfig):
    name = "assessments.workplace"
    label = "workplace"

    def ready(self) -> None:
        from assessments.activities import kinds
        from assessments.marking import surroundings
        from assessments.marking.signals import sheet_submitted
        from assessments.workplace import asking, sheets
        from assessments.workplace.kind import KIND

        kinds.register(KIND)
        surroundings.register(sheets.surroundings)
        sheet_submitted.connect(asking.on_submitted, dispatch_uid="workplace")
