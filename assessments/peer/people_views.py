from typing import Any

from django.http import HttpRequest, HttpResponse

from lti_tool.port import launch_required


def _stub(http: HttpRequest, *a: Any, **k: Any) -> HttpResponse:
    raise NotImplementedError


overview = _stub
pair_removal = launch_required(_stub)
pairs = launch_required(_stub)
people = launch_required(_stub)
person = launch_required(_stub)
place = launch_required(_stub)
withdrawal = launch_required(_stub)
