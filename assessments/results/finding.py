"""The activity of several parts that a request decides about, for those who may."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from assessments.activities.models import Activity
from assessments.results import moderating, scores
from assessments.results.permissions import can_moderate
from assessments.results.standing import Standing
from lti_tool.port import Launch, current_launch


def visitor(request: HttpRequest, key: UUID) -> tuple[Launch, Activity]:
    """Whoever comes; what they may see is asked next."""
    launch = current_launch(request)
    assert launch
    rows = Activity.objects.visible_to(launch).set_up().filter(kind__in=scores.kinds())
    activity = get_object_or_404(rows.select_related("context"), key=key)
    activity.resource_link = launch.resource_link
    return launch, activity


def moderator(request: HttpRequest, key: UUID) -> tuple[Launch, Activity, Standing]:
    """Teachers decide on results; nobody does where they are a candidate themselves."""
    launch, activity = visitor(request, key)
    if not can_moderate(launch):
        raise PermissionDenied(_("Results are decided on by the course's teachers."))
    standing = moderating.standing(activity)
    if any(row.person.pk == launch.person.pk for row in standing.scores.candidates):
        raise PermissionDenied(_("You are a candidate here, so others decide on the results."))
    return launch, activity, standing
