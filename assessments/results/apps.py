from django.apps import AppConfig


class ResultsConfig(AppConfig):
    name = "assessments.results"
    label = "results"

    def ready(self) -> None:
        from assessments.results import recording  # noqa: F401  connects itself to marking's signals
