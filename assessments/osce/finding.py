"""The exam a request is about, for those who may have it; anybody else is told why not, or that it is not there."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from assessments.osce.models import Exam, Session
from assessments.osce.permissions import can_plan, can_run
from lti_tool.port import Launch, current_launch


def visitor(request: HttpRequest, key: UUID) -> tuple[Launch, Exam]:
    """Whoever comes; what they may see is asked next."""
    launch = current_launch(request)
    assert launch
    exams = Exam.objects.visible_to(launch).select_related("activity__context")
    return launch, get_object_or_404(exams, activity__key=key)


def planner(request: HttpRequest, key: UUID) -> tuple[Launch, Exam]:
    launch, exam = visitor(request, key)
    if not can_plan(launch):
        raise PermissionDenied(_("Exams are planned by the course's teachers and designers."))
    return launch, exam


def runner(request: HttpRequest, key: UUID) -> tuple[Launch, Exam]:
    launch, exam = visitor(request, key)
    if not can_run(launch):
        raise PermissionDenied(_("Sessions and people of an exam are for the course's teachers."))
    return launch, exam


def session_runner(request: HttpRequest, key: UUID, session_key: UUID) -> tuple[Launch, Session]:
    launch, exam = runner(request, key)
    return launch, get_object_or_404(exam.sessions.select_related("exam__activity__context"), key=session_key)
