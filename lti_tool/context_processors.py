from typing import Any

from django.http import HttpRequest


def launch(request: HttpRequest) -> dict[str, Any]:
    """`launch` for every template, and `launch_path`: the address a first page puts in the browser's bar."""
    current = getattr(request, "visit", None)
    return {"launch": current, "launch_path": request.get_full_path() if current and current.token else ""}
