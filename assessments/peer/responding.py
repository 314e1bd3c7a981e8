"""What authors do with their reviews: read, say whether they helped, answer, and plan what to do."""

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.audit.recording import record
from assessments.marking.comments import read_comment
from assessments.peer import grading, phases, reasons
from assessments.peer.models import (
    MOST_ACTIONS,
    Action,
    Participant,
    PeerActivity,
    Response,
    Review,
)

Acting = Response.Acting


@transaction.atomic
def respond(
    *,
    review: Review,
    by: Participant,
    is_specific: bool,
    is_actionable: bool,
    is_kind: bool,
    acting: str = "",
    text: str = "",
) -> Response:
    """An author's answer to a review; a later one takes its place. Whoever wrote the review reads it."""
    if not phases.can_respond(review.peer):
        raise ValidationError(_("Reviews are not answered now. Nothing was changed."), code="phase")
    if acting and acting not in Acting.values:
        raise ValidationError({"acting": _("Choose one of the two.")})
    text = read_comment(text)
    if acting == Acting.WILL_NOT and not text:
        raise ValidationError({"text": _("Say why you will not act on it. The reviewer learns from it.")})
    answer = {
        "is_specific": is_specific,
        "is_actionable": is_actionable,
        "is_kind": is_kind,
        "acting": acting,
        "text": text,
        "at": timezone.now(),
    }
    response, _is_new = Response.objects.update_or_create(review=review, author=by, defaults=answer)
    record("review.answered", by=by.person, on=review, data={"acting": acting})
    grading.compute_reviewer_of(review, by=by.person)
    return response


@transaction.atomic
def acknowledge(*, participant: Participant) -> None:
    """They have read their feedback; the first time counts."""
    read = Participant.objects.filter(pk=participant.pk, acknowledged_at=None)
    if read.update(acknowledged_at=timezone.now()):
        record("peer.read", by=participant.person, on=participant)


@transaction.atomic
def plan(*, participant: Participant, text: str, until: date | None = None) -> Action:
    """One thing that they will do; up to three of a round."""
    PeerActivity.objects.select_for_update().get(pk=participant.peer_id)
    if not phases.can_plan(participant.peer):
        raise ValidationError(_("Actions are written once you have read your reviews."), code="phase")
    if not (text := " ".join(read_comment(text).split())):
        raise ValidationError({"text": _("Write down what you will do.")})
    if len(text) > 500:
        raise ValidationError({"text": _("At most 500 characters, please: one thing that you will do.")})
    if participant.actions.count() >= MOST_ACTIONS:
        raise ValidationError(
            {"text": _("Three actions are enough to keep. Take one away before you add another.")}
        )
    action = Action.objects.create(peer=participant.peer, participant=participant, text=text, until=until)
    record("action.planned", by=participant.person, on=action)
    return action


@transaction.atomic
def take_away(*, action: Action, by: Participant) -> None:
    record("action.taken_away", by=by.person, on=action)
    action.delete()


@transaction.atomic
def finish(*, action: Action, by: Participant, is_done: bool = True, evidence: str = "") -> Action:
    """It was done, wherever they came across it again; or after all not yet."""
    evidence = reasons.read(evidence, field="evidence")
    action.done_at, action.evidence = timezone.now() if is_done else None, evidence
    action.save(update_fields=["done_at", "evidence"])
    record("action.done" if is_done else "action.open", by=by.person, on=action)
    return action


def carried_over(participant: Participant) -> list[Action]:
    """What the same person planned in earlier rounds of the course and has not done yet."""
    rows = Action.objects.filter(
        participant__person=participant.person,
        peer__activity__context=participant.peer.activity.context_id,
        done_at=None,
    )
    return list(rows.exclude(peer=participant.peer).select_related("peer__activity"))


def responses_to(participant: Participant) -> dict[int, list[Any]]:
    """What authors answered to the reviews that this person wrote, by review."""
    found: dict[int, list[Any]] = {}
    for row in Response.objects.filter(review__reviewer=participant).order_by("pk"):
        found.setdefault(row.review_id, []).append(row)
    return found
