"""Where a line item of ours is in the LMS: the activity's own column, or one found by its tag, or one made now.

One worker at a time looks, under a lease of the line item: two would each make one, and Moodle takes both.
"""

import structlog
from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from lti_tool import lanes, outbox, problems
from lti_tool.ags import Gradebook
from lti_tool.errors import Kind, ServiceError
from lti_tool.models import LineItem, Problem, Registration
from lti_tool.platforms import habits

log = structlog.get_logger(__name__)


class BeingFound(Exception):
    """Another worker is looking for the column just now."""


def address(item: LineItem, gradebook: Gradebook) -> str:
    """The line item's URL. Raises ServiceError, or BeingFound."""
    if item.url:
        return item.url
    now = timezone.now()
    free = Q(lease_expires_at=None) | Q(lease_expires_at__lt=now)
    mine = LineItem.objects.filter(free, pk=item.pk, url="").update(lease_expires_at=now + lanes.lease_time())
    item.refresh_from_db(fields=["url", "label", "score_maximum"])
    if item.url:
        return item.url
    if not mine:
        raise BeingFound
    try:
        item.url = _find_or_make(item, gradebook)
        _offer_review(item, gradebook)
    except ServiceError:
        LineItem.objects.filter(pk=item.pk).update(lease_expires_at=None)
        raise
    LineItem.objects.filter(pk=item.pk).update(
        url=item.url, review_offered_at=item.review_offered_at, lease_expires_at=None
    )
    return item.url


def _find_or_make(item: LineItem, gradebook: Gradebook) -> str:
    link, platform = gradebook.link, habits(gradebook.link.deployment.registration)
    if item.tag == outbox.OWN_COLUMN_TAG and link.lineitem_url:
        return link.lineitem_url
    if not link.lineitems_url or not gradebook.can_read_lineitem():
        raise ServiceError(Kind.NO_SERVICE)
    resource_id = f"bellringer-{item.pk}"
    found = gradebook.find(tag=item.tag, resource_id=resource_id)
    if found:
        return found
    if not gradebook.can_create_lineitem():
        raise ServiceError(Kind.NO_SERVICE)
    is_canvas = link.deployment.registration.platform_family == Registration.Family.CANVAS
    made = gradebook.create(
        tag=item.tag,
        resource_id=resource_id,
        label=item.label,
        maximum=item.score_maximum,
        tied_to_link=platform.ties_columns_to_links,
        review=None if is_canvas else _review(),
    )
    outbox.column_is_new(item)
    return made


def _offer_review(item: LineItem, gradebook: Gradebook) -> None:
    """Tell a platform that takes it only by PUT where its gradebook finds a person's sheet. No grade waits for that."""
    platform = habits(gradebook.link.deployment.registration)
    if item.review_offered_at or not platform.takes_review_by_put or not gradebook.can_create_lineitem():
        return
    item.review_offered_at = timezone.now()
    try:
        gradebook.update(item.url, submissionReview=_review())
    except ServiceError as error:
        deployment = gradebook.link.deployment
        log.warning("review not offered", line_item=item.pk, kind=error.kind.value)
        problems.note(
            deployment.registration,
            deployment=deployment,
            area=Problem.Area.GRADES,
            code=error.kind.value,
            said=error.said,
        )


def _review() -> dict[str, str]:
    """Submission Review 1.0 §3: the address that the gradebook opens. Who and which activity, the launch says itself."""
    return {"url": settings.TOOL_URL + reverse("lti_tool:launch")}
