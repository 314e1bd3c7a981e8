from typing import Any

from django.http import HttpRequest, HttpResponse

from lti_tool.port import launch_required


def _stub(http: HttpRequest, *a: Any, **k: Any) -> HttpResponse:
    raise NotImplementedError


overview = _stub
nudges = launch_required(_stub)
phase = launch_required(_stub)
progress_file = launch_required(_stub)
settings = launch_required(_stub)
workshop = launch_required(_stub)
