"""The round, the submission or the review that a page is about, for those who may have it."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from assessments.peer.models import Participant, PeerActivity, Review
from assessments.peer.permissions import can_decide, can_look_after, can_take_part, is_reviewer
from lti_tool.port import Launch, current_launch


def visitor(http: HttpRequest, key: UUID) -> tuple[Launch, PeerActivity]:
    """Whoever comes; what they may see is asked next."""
    launch = current_launch(http)
    assert launch
    peer = get_object_or_404(PeerActivity.objects.visible_to(launch).whole(), activity__key=key)
    peer.activity.resource_link = launch.resource_link
    return launch, peer


def me(launch: Launch, peer: PeerActivity) -> Participant | None:
    """The visitor's own place in the round, if they learn here."""
    if not can_take_part(launch):
        return None
    return peer.participants.select_related("person", "group").filter(person=launch.person).first()


def participant(http: HttpRequest, key: UUID) -> tuple[Launch, PeerActivity, Participant]:
    launch, peer = visitor(http, key)
    if not can_take_part(launch):
        raise PermissionDenied(_("This is for those who take part in the round."))
    found = me(launch, peer)
    if found is None:
        raise Http404
    return launch, peer, found


def staff(http: HttpRequest, key: UUID) -> tuple[Launch, PeerActivity]:
    """Teachers and assistants."""
    launch, peer = visitor(http, key)
    if not can_look_after(launch):
        raise PermissionDenied(_("This is for those who teach the course."))
    return launch, peer


def teacher(http: HttpRequest, key: UUID) -> tuple[Launch, PeerActivity]:
    launch, peer = visitor(http, key)
    if not can_decide(launch):
        raise PermissionDenied(_("This is for the course's teachers."))
    return launch, peer


def my_review(
    http: HttpRequest, key: UUID, review_key: UUID
) -> tuple[Launch, PeerActivity, Participant, Review]:
    """A review that is the visitor's to write. Of anybody else's they do not even learn that it is there."""
    launch, peer, mine = participant(http, key)
    own = Q(reviewer=mine) | Q(reviewer=None, group__isnull=False, group=mine.group)
    review = get_object_or_404(peer.reviews.whole().filter(own), key=review_key)
    if not is_reviewer(mine, review):
        raise Http404
    return launch, peer, mine, review


def review_of_my_work(
    http: HttpRequest, key: UUID, review_key: UUID
) -> tuple[Launch, PeerActivity, Participant, Review]:
    """A review of the visitor's own work that they may read by now; else it is not there."""
    from assessments.peer.reading import is_readable, why_nothing

    launch, peer, mine = participant(http, key)
    rows = peer.reviews.of_peers().done().whole().filter(submission__authors=mine)
    review = get_object_or_404(rows, key=review_key)
    if why_nothing(review.submission, mine) or not is_readable(review):
        raise Http404
    return launch, peer, mine, review
