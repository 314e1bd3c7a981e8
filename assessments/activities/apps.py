from django.apps import AppConfig


class ActivitiesConfig(AppConfig):
    name = "assessments.activities"
    label = "activities"

    def ready(self) -> None:
        from assessments.activities import kinds, single

        kinds.register(single.KIND)
