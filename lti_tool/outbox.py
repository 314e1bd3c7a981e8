"""Which grade the LMS should show. A Score row is written in the caller's transaction; the worker takes it from there.

Nothing here does HTTP. The worker's side is in lanes (who may send now) and delivery (what happens to one grade).
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from lti_tool import delivery_words, lanes
from lti_tool.errors import Kind
from lti_tool.models import LineItem, Person, ResourceLink, Score

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
    # What the LMS shows that is not ours, as text; empty for an empty cell. What a decision is about.
    lms_shows: str = ""
    # Somebody changed the cell in the LMS: ours may be sent anyway, or theirs be kept.
    can_send_anyway: bool = False
    can_keep_theirs: bool = False


class ChangedSince(Exception):
    """What somebody decided about is no longer what there is."""


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
    if person.is_guest:
        raise ValueError("A guest has no place in the gradebook.")
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
        if score.state == Score.State.KEPT:  # somebody chose the LMS's grade: ours is noted, and not sent
            score.save()
        else:
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
    deployment = link.deployment
    family = deployment.registration.platform_family
    pause = deployment.pause_reason if deployment.paused_until else ""
    return {score.person_id: _delivery(score, family, pause) for score in rows}


def _delivery(score: Score, family: str, pause: str) -> Delivery:
    is_waiting = score.state == Score.State.WAITING
    is_conflict = score.state == Score.State.CONFLICT
    is_decided = is_conflict or score.state == Score.State.KEPT
    return Delivery(
        state=score.state,
        sentence=delivery_words.sentence(score, family, pause),
        given=score.given,
        maximum=score.maximum,
        next_try_at=score.not_before if is_waiting and score.attempts else None,
        delivered_at=score.delivered_at,
        can_retry=score.state == Score.State.REFUSED or bool(is_waiting and (score.reason or pause)),
        lms_shows=score.lms_shows if is_decided else "",
        # A withdrawal is never sent over somebody's grade: that would leave them none.
        can_send_anyway=is_decided and score.given is not None,
        can_keep_theirs=is_conflict,
    )


def retry(link: ResourceLink, *, tag: str) -> int:
    """Queue again what waits or was refused, and end a pause. What somebody changed in the LMS is decided one by one."""
    decided = (Score.State.DELIVERED, Score.State.CONFLICT, Score.State.KEPT)
    with transaction.atomic():
        rows = Score.objects.select_for_update().filter(line_item__resource_link=link, line_item__tag=tag)
        open_rows = list(rows.exclude(state__in=decided).order_by("pk"))
        if any(score.reason == Kind.GONE_ITEM for score in open_rows):
            LineItem.objects.filter(resource_link=link, tag=tag).update(url="", review_offered_at=None)
        for score in open_rows:
            _requeue(score)
        if open_rows:
            lanes.wake(link.deployment)
    return len(open_rows)


def column_is_new(item: LineItem) -> None:
    """The column was made just now, so its cells are empty by nobody's choice: what an older one held goes there too."""
    rows = Score.objects.filter(line_item=item).exclude(state=Score.State.KEPT)
    rows.filter(state=Score.State.DELIVERED).update(state=Score.State.WAITING, not_before=timezone.now())
    rows.exclude(may_fill_blank=True, delivered_at=None).update(
        may_fill_blank=True, delivered_at=None, delivered_given=None, delivered_maximum=None
    )


def send_anyway(link: ResourceLink, *, tag: str, person: Person, seen: str) -> Score:
    """Replace what the LMS shows, which is what `seen` says, with our grade: that and nothing else.

    Raises ChangedSince when the row says something else by now. Should the LMS show something else when the worker comes
    to it, it is a conflict once more.
    """
    with transaction.atomic():
        score = _decided(link, tag, person, seen, Score.State.CONFLICT, Score.State.KEPT)
        if score.given is None:
            raise ChangedSince
        score.may_replace = seen
        score.may_fill_blank = not seen
        _requeue(score)
        return score


def keep_theirs(link: ResourceLink, *, tag: str, person: Person, seen: str) -> Score:
    """Leave in the LMS what stands there, for good. Later corrections of ours are kept here and not sent.

    `send_anyway` is the way back. Raises ChangedSince as that does.
    """
    with transaction.atomic():
        score = _decided(link, tag, person, seen, Score.State.CONFLICT)
        score.state = Score.State.KEPT
        score.save(update_fields=["state"])
        return score


def _decided(link: ResourceLink, tag: str, person: Person, seen: str, *states: Score.State) -> Score:
    rows = Score.objects.select_for_update().filter(line_item__resource_link=link, line_item__tag=tag)
    score = rows.filter(person=person, state__in=states, lms_shows=seen).first()
    if score is None:
        raise ChangedSince
    return score
