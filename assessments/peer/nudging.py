"""Asking somebody to go on: a line on their page of the round. The LMS's own mail is not ours to send."""

from collections.abc import Collection
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.audit.recording import record
from assessments.peer import phases
from assessments.peer.models import Participant, PeerActivity, Submission
from assessments.peer.progress import Progress, Row

Phase = PeerActivity.Phase


def owing(progress: Progress) -> list[Row]:
    """Those who can do something now that they have not done; who is stuck through others is not asked."""
    return [row for row in progress.taking_part if owes(progress.peer, row)]


def owes(peer: PeerActivity, row: Row) -> bool:
    person, is_handed_in = row.participant, row.work == Submission.State.HANDED_IN
    if person.dropped_at is not None:
        return False
    if peer.has_submissions and not is_handed_in and phases.can_hand_in(peer, person):
        return True
    if peer.phase == Phase.SELF:
        return is_handed_in and not row.has_self
    if peer.phase == Phase.RESPOND:
        return row.answered < row.received
    takes_more = peer.is_pull and row.planned < peer.reviews_each
    return phases.can_review(peer, person) and (row.given < row.planned or takes_more)


@transaction.atomic
def nudge(*, peer: PeerActivity, people: Collection[Participant], by: Any) -> int:
    """Gives how many were asked. Who takes no part any more is not."""
    rows = peer.participants.taking_part().filter(pk__in=[row.pk for row in people])
    asked = list(rows.values_list("person", flat=True))
    if not asked:
        raise ValidationError(_("There is nobody to ask just now. Nothing was changed."), code="nobody")
    rows.update(nudged_at=timezone.now())
    record("peer.nudged", by=by, on=peer, data={"people": asked})
    return len(asked)
