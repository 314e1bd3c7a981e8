from typing import Any

from django.http import HttpRequest

from lti_tool import http


def launch(request: HttpRequest) -> dict[str, Any]:
    """`launch` for every template; `launch_path`: the address a first page puts in the browser's bar.

    `platform_origin`: the LMS page around us, as far as the launch said; checked to be the platform's own.
    """
    current = getattr(request, "visit", None)
    return {
        "launch": current,
        "launch_path": request.get_full_path() if current and current.token else "",
        "platform_origin": http.origin(current.return_url) if current else "",
    }
