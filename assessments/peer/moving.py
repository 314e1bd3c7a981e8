"""Moving a round from phase to phase, by hand or by time. Forwards draws the reviews where that is due; back loses nothing."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from assessments.audit.recording import record
from assessments.peer import assigning, participants, phases
from assessments.peer.holding import hold
from assessments.peer.models import PeerActivity

Phase = PeerActivity.Phase


@transaction.atomic
def go_to(*, peer: PeerActivity, phase: str, by: Any) -> PeerActivity:
    """Put the round into a phase that it has. Raises ValidationError where reviews cannot be drawn; it stays where it is then."""
    peer = hold(peer)
    if phase not in phases.phases_of(peer):
        raise ValidationError(_("This round has no such phase. Nothing was changed."), code="phase")
    if peer.phase == phase:
        return peer
    _check_it_would_stay(peer, Phase(phase))
    before, peer.phase, peer.phase_since = peer.phase, Phase(phase), timezone.now()
    peer.problem = ""
    if before == Phase.SETUP:
        participants.take_in(peer=peer, by=by)
    if phase == Phase.SELF:
        assigning.people_as_works(peer)
    if phase == Phase.REVIEW:
        assigning.draw_where_due(peer=peer, by=by)
    peer.save(update_fields=["phase", "phase_since", "problem"])
    record("peer.phase", by=by, on=peer, data={"from": before, "to": phase})
    return peer


def _check_it_would_stay(peer: PeerActivity, phase: PeerActivity.Phase) -> None:
    """Back into a phase whose time is over it would go on by itself at once."""
    end = phases.ends_at(peer, phase)
    if end and phases.is_past(peer, phase) and phases.is_over(peer, at=phase):
        words = {"phase": phase.label, "end": date_format(timezone.localtime(end), "DATETIME_FORMAT")}
        raise ValidationError(
            _(
                "The time of “%(phase)s” was over on %(end)s, so the round would go on by itself at once. "
                "Give it a later end under “how it works” first. Nothing was changed."
            )
            % words,
            code="over",
        )


def go_on(peer: PeerActivity) -> bool:
    """The next phase, if the time of this one is over. Where reviews cannot be drawn it stays, and says why to its teachers."""
    if not _is_due(peer):
        return False
    try:
        with transaction.atomic():
            # Somebody may have moved it meanwhile.
            peer = hold(peer)
            following = phases.after(peer)
            if following is None or not _is_due(peer):
                return False
            go_to(peer=peer, phase=following, by=None)
    except ValidationError as error:
        # Said once; it goes on when somebody has changed something or presses the button.
        PeerActivity.objects.filter(pk=peer.pk).update(problem=" ".join(error.messages))
        return False
    return True


def _is_due(peer: PeerActivity) -> bool:
    return not peer.problem and phases.after(peer) is not None and phases.is_over(peer)


def go_on_with_any() -> bool:
    """For the worker: one round whose phase is over. Whether there was one."""
    now = timezone.now()
    is_over = Q()
    for phase, field in phases.ENDS.items():
        is_over |= Q(**{"phase": phase, f"{field}__lte": now})
    # In any order: one that stumbles is not always the first, so that it holds up no other for long.
    due = PeerActivity.objects.filter(is_over, switches_itself=True, problem="").order_by("?").first()
    if due is None:
        return False
    go_on(due)
    return True
