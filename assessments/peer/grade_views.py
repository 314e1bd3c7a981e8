from typing import Any

from django.http import HttpRequest, HttpResponse

from lti_tool.port import launch_required


def _stub(http: HttpRequest, *a: Any, **k: Any) -> HttpResponse:
    raise NotImplementedError


overview = _stub
grades = launch_required(_stub)
override = launch_required(_stub)
release = launch_required(_stub)
take_back = launch_required(_stub)
