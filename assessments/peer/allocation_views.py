from typing import Any

from django.http import HttpRequest, HttpResponse

from lti_tool.port import launch_required


def _stub(http: HttpRequest, *a: Any, **k: Any) -> HttpResponse:
    raise NotImplementedError


overview = _stub
allocation = launch_required(_stub)
drawing = launch_required(_stub)
edit = launch_required(_stub)
repair = launch_required(_stub)
