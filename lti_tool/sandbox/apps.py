from django.apps import AppConfig


class SandboxConfig(AppConfig):
    name = "lti_tool.sandbox"
    label = "sandbox"
