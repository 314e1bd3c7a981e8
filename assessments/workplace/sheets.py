"""What stands around the sheet of a request."""

from django.urls import reverse
from django.utils.translation import gettext as _

from assessments.marking.models import MarkSheet
from assessments.marking.surroundings import Surroundings
from assessments.workplace.models import AssessmentRequest
from assessments.workplace.permissions import can_decline
from lti_tool.port import Launch, Role


def surroundings(sheet: MarkSheet, launch: Launch) -> Surroundings | None:
    request = AssessmentRequest.objects.whole().filter(sheet=sheet).first()
    if request is None:
        return None
    is_by_link = launch.role == Role.GUEST
    is_here = request.workplace.activity.resource_link_id == launch.resource_link.pk
    page = request.get_absolute_url() if is_here and not is_by_link else ""
    return Surroundings(
        template="workplace/_sheet_head.html",
        foot="workplace/_sheet_foot.html" if is_here and can_decline(launch, request) else "",
        context={"request": request, "is_by_link": is_by_link},
        back_url=page,
        back_words=_("Back to the request"),
        # Whoever came by a link has no visit any more: the door says goodbye.
        done_url=f"{page or reverse('workplace:door')}?done=submitted",
        submit_words=_("Hand in"),
        comment_hint=_(
            "Before you rate: what should they keep doing, and what change next time? They read it as soon as you hand in."
        ),
    )
