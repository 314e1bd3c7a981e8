"""The phases of a round: which there are, when each ends, and who may do what in it.

set-up → hand in → assess oneself → review → respond → act → closed. A round leaves out what it does not have: nothing is handed
in where a performance is seen, and what teams say is answered by nobody. Going back loses nothing: a phase only says what may be
done now.
"""

from datetime import datetime
from typing import Any

from django.utils import timezone

from assessments.peer.models import Participant, PeerActivity

Phase = PeerActivity.Phase
# The field that says when a phase ends; the next begins then.
ENDS = {
    Phase.SUBMIT: "submit_until",
    Phase.SELF: "self_until",
    Phase.REVIEW: "review_until",
    Phase.RESPOND: "respond_until",
    Phase.ACT: "act_until",
}


def phases_of(peer: PeerActivity) -> list[PeerActivity.Phase]:
    """Those that this round has, in order."""
    left_out = {
        Phase.SUBMIT: not peer.has_submissions,
        Phase.SELF: not peer.self_assesses,
        Phase.RESPOND: not peer.responds or peer.mode == peer.Mode.TEAM,
        Phase.ACT: not peer.plans_actions or peer.mode == peer.Mode.TEAM,
    }
    return [phase for phase in Phase if not left_out.get(phase, False)]


def after(peer: PeerActivity) -> PeerActivity.Phase | None:
    """The phase that comes next, None after the last. A phase that the round has no longer counts as its place in the order."""
    order = list(Phase)
    here = order.index(Phase(peer.phase))
    return next((phase for phase in phases_of(peer) if order.index(phase) > here), None)


def ends_at(peer: PeerActivity, phase: PeerActivity.Phase | str | None = None) -> datetime | None:
    field = ENDS.get(Phase(phase or peer.phase))
    return getattr(peer, field) if field else None


def before(peer: PeerActivity) -> PeerActivity.Phase | None:
    """The phase that came before, None in the first."""
    order = list(Phase)
    here = order.index(Phase(peer.phase))
    return next((phase for phase in reversed(phases_of(peer)) if order.index(phase) < here), None)


def is_over(peer: PeerActivity, now: datetime | None = None, *, at: PeerActivity.Phase | None = None) -> bool:
    """Whether the time of the phase, or of the one asked about, is over and the round goes on by itself."""
    end = ends_at(peer, at)
    return peer.switches_itself and end is not None and end <= (now or timezone.now())


def is_past(peer: PeerActivity, phase: PeerActivity.Phase) -> bool:
    """Whether the round is in a later phase than this one."""
    order = list(Phase)
    return order.index(Phase(peer.phase)) > order.index(phase)


def in_order(peer: PeerActivity) -> list[tuple[str, Any, Any]]:
    """The ends that lie before those of an earlier phase, as (field, its time, the earlier one's)."""
    wrong, latest = [], None
    for phase in phases_of(peer):
        end = ends_at(peer, phase)
        if end is None:
            continue
        if latest is not None and end <= latest:
            wrong.append((ENDS[phase], end, latest))
        latest = end if latest is None else max(latest, end)
    return wrong


def steps(peer: PeerActivity) -> list[tuple[Any, str, Any]]:
    """Of each phase of the round its name, “past”, “now” or “ahead”, and when it ends."""
    order = list(Phase)
    here = order.index(Phase(peer.phase))
    found = []
    for phase in phases_of(peer):
        at = order.index(phase)
        found.append(
            (
                phase.label,
                "now" if at == here else "past" if at < here else "ahead",
                ends_at(peer, phase),
            )
        )
    return found


def can_hand_in(peer: PeerActivity, participant: Participant) -> bool:
    """In its phase; with more time of one's own also later; late where the round takes late work, until it is closed."""
    if not peer.has_submissions or not participant.hands_in or participant.dropped_at:
        return False
    if peer.phase == Phase.SUBMIT:
        return True
    if not is_past(peer, Phase.SUBMIT):
        return False
    return has_longer(participant.submit_until) or (peer.takes_late and not is_past(peer, Phase.REVIEW))


def can_withdraw(peer: PeerActivity) -> bool:
    """Not once reviews are read: else whoever is not content with theirs would be without any."""
    return peer.has_submissions and not is_past(peer, Phase.REVIEW)


def is_late(peer: PeerActivity, participant: Participant) -> bool:
    """Whether what is handed in now is late; nobody is who has more time of their own."""
    return is_past(peer, Phase.SUBMIT) and not has_longer(participant.submit_until)


def can_self_assess(peer: PeerActivity) -> bool:
    """Before they read what others say: in its phase and while others review."""
    return peer.self_assesses and peer.phase in (Phase.SELF, Phase.REVIEW)


def can_review(peer: PeerActivity, participant: Participant) -> bool:
    if not participant.reviews or participant.dropped_at:
        return False
    late = is_past(peer, Phase.REVIEW) and has_longer(participant.review_until)
    return peer.phase == Phase.REVIEW or late


def can_respond(peer: PeerActivity) -> bool:
    return peer.responds and peer.phase in (Phase.RESPOND, Phase.ACT)


def can_plan(peer: PeerActivity) -> bool:
    return peer.plans_actions and peer.phase in (Phase.RESPOND, Phase.ACT, Phase.CLOSED)


def has_longer(until: datetime | None) -> bool:
    return until is not None and until > timezone.now()
