from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request


class LaunchTokenAuthentication(BaseAuthentication):
    """The launch token of lti_tool.session, already looked up by the middleware. DRF's `user` stays empty."""

    def authenticate(self, request: Request) -> tuple[None, Any] | None:
        launch = getattr(request._request, "launch", None)
        return (None, launch) if launch else None

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="launch"'


class LaunchTokenScheme(OpenApiAuthenticationExtension):
    """What the API's description says about it."""

    target_class = "lti_tool.api.LaunchTokenAuthentication"
    name = "launch"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}
