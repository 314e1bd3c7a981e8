from django.apps import AppConfig


class ResultsConfig(AppConfig):
    name = "assessments.results"
    label = "results"

    def ready(self) -> None:
        from assessments.results import recording, releasing  # noqa: F401  recording connects itself to marking's signals
        from lti_tool.port import beside_requests

        beside_requests(releasing.go_on)
