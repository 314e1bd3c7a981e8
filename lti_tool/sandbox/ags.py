"""Assignment and Grade Services: the four URLs. What they do is in ags_plain, ags_moodle and ags_canvas."""

from types import ModuleType

from django.db import transaction
from django.http import HttpRequest, HttpResponse

from lti_tool.sandbox import ags_canvas, ags_moodle, ags_plain, clock
from lti_tool.sandbox.models import ScorePost
from lti_tool.sandbox.service import Call, open_call

BEHAVIOUR: dict[str, ModuleType] = {"plain": ags_plain, "moodle": ags_moodle, "canvas": ags_canvas}


@transaction.atomic
def line_items(request: HttpRequest, school: str, course: int) -> HttpResponse:
    call = open_call(request, school, course)
    return _behaviour(call).line_items(call)


@transaction.atomic
def line_item(request: HttpRequest, school: str, course: int, number: int) -> HttpResponse:
    call = open_call(request, school, course)
    return _behaviour(call).line_item(call, number)


@transaction.atomic
def scores(request: HttpRequest, school: str, course: int, number: int) -> HttpResponse:
    call = open_call(request, school, course)
    response = _behaviour(call).scores(call, number)
    ScorePost.objects.create(
        school=call.school,
        line_item_number=number,
        text=call.text,
        status=response.status_code,
        answer=response.content.decode(),
        at=clock.now(),
    )
    return response


@transaction.atomic
def results(request: HttpRequest, school: str, course: int, number: int) -> HttpResponse:
    call = open_call(request, school, course)
    return _behaviour(call).results(call, number)


def _behaviour(call: Call) -> ModuleType:
    return BEHAVIOUR[call.school.profile]
