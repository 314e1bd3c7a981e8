"""Which grade the LMS should show. A Score row is written in the caller's transaction; the worker takes it from there.

Nothing here does HTTP. A row is claimed under a lease, so a worker that dies loses nothing: another one claims it.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from lti_tool import delivery_words
from lti_tool.errors import Kind
from lti_tool.models import LineItem, Person, ResourceLink, Score, in_service

# A line item of this tag is the activity's own column, where the platform made one together with the link.
OWN_COLUMN_TAG = "result"


@dataclass(frozen=True)
class Delivery:
    """How far one grade has got, and the sentence that says so."""

    state: str
    sentence: str
    given: Decimal | None
    maximum: Decimal
    next_try_at: datetime | None
    delivered_at: datetime | None
    can_retry: bool


def ensure_line_item(link: ResourceLink, *, tag: str, label: str, score_maximum: Decimal) -> LineItem:
    item, _ = LineItem.objects.update_or_create(
        resource_link=link, tag=tag, defaults={"label": label[:255], "score_maximum": score_maximum}
    )
    return item


def publish(
    link: ResourceLink, *, tag: str, person: Person, given: Decimal, graded_at: datetime, comment: str
) -> Score:
    """The newest grade wins. Publishing what is already there, delivered or on its way, changes nothing."""
    return _want(link, tag, person, given=given, graded_at=graded_at, comment=comment)


def withdraw(link: ResourceLink, *, tag: str, person: Person) -> Score:
    return _want(link, tag, person, given=None, graded_at=timezone.now(), comment="")


def _want(
    link: ResourceLink, tag: str, person: Person, *, given: Decimal | None, graded_at: datetime, comment: str
) -> Score:
    with transaction.atomic():
        item = LineItem.objects.get(resource_link=link, tag=tag)
        wanted = {"given": given, "maximum": item.score_maximum, "comment": comment, "graded_at": graded_at}
        score, is_new = Score.objects.select_for_update().get_or_create(
            line_item=item, person=person, defaults=wanted
        )
        same = (score.given, score.maximum, score.comment) == (given, item.score_maximum, comment)
        if is_new or (same and score.state != Score.State.REFUSED):
            return score
        for field, value in wanted.items():
            setattr(score, field, value)
        score.revision += 1
        _requeue(score)
        return score


def _requeue(score: Score) -> None:
    score.state = Score.State.WAITING
    score.reason = score.platform_said = ""
    score.attempts = 0
    score.not_before = timezone.now()
    score.save()


def deliveries(link: ResourceLink, *, tag: str) -> dict[int, Delivery]:
    rows = Score.objects.filter(line_item__resource_link=link, line_item__tag=tag)
    family = link.deployment.registration.platform_family
    return {score.person_id: _delivery(score, family) for score in rows}


def _delivery(score: Score, family: str) -> Delivery:
    is_waiting = score.state == Score.State.WAITING
    return Delivery(
        state=score.state,
        sentence=delivery_words.sentence(score, family),
        given=score.given,
        maximum=score.maximum,
        next_try_at=score.not_before if is_waiting and score.attempts else None,
        delivered_at=score.delivered_at,
        can_retry=score.state in (Score.State.REFUSED, Score.State.CONFLICT)
        or bool(is_waiting and score.reason),
    )


def retry(link: ResourceLink, *, tag: str, people: Sequence[Person] | None) -> int:
    """Queue again what did not arrive. A grade typed in the LMS still wins.

    What somebody changed in the LMS is left out, unless the person is named: then a cell that was cleared may be filled.
    """
    with transaction.atomic():
        rows = Score.objects.select_for_update().filter(line_item__resource_link=link, line_item__tag=tag)
        rows = rows.exclude(state=Score.State.CONFLICT) if people is None else rows.filter(person__in=people)
        open_rows = list(rows.exclude(state=Score.State.DELIVERED))
        if any(score.reason == Kind.GONE_ITEM for score in open_rows):
            LineItem.objects.filter(resource_link=link, tag=tag).update(url="")
        for score in open_rows:
            score.may_fill_blank = score.may_fill_blank or people is not None
            _requeue(score)
    return len(open_rows)


# --- the worker's side ----------------------------------------------------------------------------


def claim(limit: int = 10) -> list[Score]:
    """Scores that are due, leased to this worker until the lease ends. Oldest first."""
    now = timezone.now()
    free = Q(lease=None) | Q(lease_expires_at__lt=now)
    with transaction.atomic():
        due = Score.objects.select_for_update(skip_locked=True, of=("self",)).filter(
            free,
            in_service("line_item__resource_link__deployment"),
            state=Score.State.WAITING,
            not_before__lte=now,
        )
        rows = list(
            due.select_related("person", "line_item__resource_link__deployment__registration").order_by(
                "not_before", "pk"
            )[:limit]
        )
        for score in rows:
            score.lease = uuid.uuid4()
            score.lease_expires_at = now + lease_time()
            score.save(update_fields=["lease", "lease_expires_at"])
    return rows


def lease_time() -> timedelta:
    return timedelta(seconds=settings.LTI_SCORE_LEASE_SECONDS)


def hold(score: Score, until: datetime) -> None:
    """Let the whole registration rest until then: its platform is out of breath."""
    registration = score.line_item.resource_link.deployment.registration
    Score.objects.filter(
        line_item__resource_link__deployment__registration=registration,
        state=Score.State.WAITING,
        not_before__lt=until,
    ).update(not_before=until)


def still_ours(score: Score) -> bool:
    """Whether this worker's lease on the row holds; extends it."""
    return bool(
        Score.objects.filter(pk=score.pk, lease=score.lease).update(
            lease_expires_at=timezone.now() + lease_time()
        )
    )


def release_lease(score: Score) -> None:
    Score.objects.filter(pk=score.pk, lease=score.lease).update(lease=None, lease_expires_at=None)


def settle(score: Score, **changes: object) -> bool:
    """Write how the delivery of this revision ended, unless the lease was lost.

    A newer revision that arrived meanwhile stays waiting and goes next; what was delivered is kept all the same.
    """
    changes |= {"lease": None, "lease_expires_at": None}
    kept = {
        name: value
        for name, value in changes.items()
        if name.startswith(("delivered_", "lease", "lms_", "may_"))
    }
    mine = Score.objects.filter(pk=score.pk, lease=score.lease)
    if mine.filter(revision=score.revision).update(**changes):
        return True
    return bool(mine.exclude(revision=score.revision).update(**kept))
