"""The activity and the request a page is about, for those who may have them; anybody else is told why not."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from assessments.workplace.models import AssessmentRequest, Workplace
from assessments.workplace.permissions import can_look_after, can_read
from lti_tool.port import Launch, current_launch


def visitor(http: HttpRequest, key: UUID) -> tuple[Launch, Workplace]:
    """Whoever comes; what they may see is asked next."""
    launch = current_launch(http)
    assert launch
    rows = Workplace.objects.visible_to(launch).select_related(
        "activity__context__deployment", "activity__resource_link", "activity__rubric"
    )
    return launch, get_object_or_404(rows, activity__key=key)


def teacher(http: HttpRequest, key: UUID) -> tuple[Launch, Workplace]:
    launch, workplace = visitor(http, key)
    if not can_look_after(launch):
        raise PermissionDenied(_("This is for the course's teachers."))
    return launch, workplace


def reader(http: HttpRequest, key: UUID, request_key: UUID) -> tuple[Launch, AssessmentRequest]:
    launch, workplace = visitor(http, key)
    request = get_object_or_404(workplace.requests.whole(), key=request_key)
    if not can_read(launch, request):
        raise PermissionDenied(
            _("This request is between its learner, their assessor and the course's teachers.")
        )
    return launch, request
