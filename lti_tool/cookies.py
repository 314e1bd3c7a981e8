from http.cookies import Morsel

from django.conf import settings
from django.http import HttpResponse

from lti_tool.oidc import BegunLogin

# Python learns of `Partitioned` in 3.14 and Django's set_cookie has no word for it yet.
Morsel._reserved.setdefault("partitioned", "Partitioned")  # type: ignore[attr-defined]
Morsel._flags.add("partitioned")  # type: ignore[attr-defined]


def set_binding(response: HttpResponse, begun: BegunLogin, *, in_frame: bool) -> None:
    """Give the browser the secret that shows at the launch that it began this login.

    Partitioned only inside a frame: a partitioned cookie of the frame is not seen in a tab of its own.
    """
    response.set_cookie(
        begun.login.cookie_name,
        begun.binding,
        max_age=settings.LTI_LOGIN_MINUTES * 60,
        path="/lti/",
        secure=True,
        httponly=True,
        samesite="None",
    )
    if in_frame:
        response.cookies[begun.login.cookie_name]["partitioned"] = True
