from typing import Any

from django.http import HttpRequest, HttpResponse

from lti_tool.port import launch_required


def _stub(http: HttpRequest, *a: Any, **k: Any) -> HttpResponse:
    raise NotImplementedError


overview = _stub
approval = launch_required(_stub)
concern = launch_required(_stub)
concerns = launch_required(_stub)
decision = launch_required(_stub)
file_removal = launch_required(_stub)
own_review = launch_required(_stub)
quality = launch_required(_stub)
queue = launch_required(_stub)
report = launch_required(_stub)
review = launch_required(_stub)
unmasking = launch_required(_stub)
work = launch_required(_stub)
