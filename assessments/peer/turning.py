"""What it means to move a round on or back, in words beside the button."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.peer import assigning, phases
from assessments.peer.models import PeerActivity
from assessments.peer.progress import Progress

Phase = PeerActivity.Phase


@dataclass(frozen=True)
class Turn:
    """`asks`: what is said once more before it is done; empty where nothing could hurt."""

    phase: str
    label: Any
    does: str
    asks: str = ""


def forward(peer: PeerActivity, progress: Progress) -> Turn | None:
    """None in the last phase."""
    following = phases.after(peer)
    if following is None:
        return None
    return Turn(following.value, following.label, _does(peer, following), _missing(peer, progress))


def back(peer: PeerActivity) -> Turn | None:
    """None in the first phase."""
    before = phases.before(peer)
    if before is None:
        return None
    return Turn(
        before.value,
        before.label,
        _undoes(before),
        _("Nothing that was handed in, drawn or written is lost."),
    )


def _does(peer: PeerActivity, phase: PeerActivity.Phase) -> str:
    if phase == Phase.REVIEW:
        return _reviewing(peer)
    return {
        Phase.SUBMIT: _("Everybody of the course gets a place, and hands in work."),
        Phase.SELF: _("Handing in ends. Everybody assesses their own.")
        if peer.has_submissions
        else _("Everybody assesses themselves."),
        Phase.RESPOND: _("Reviewing ends. Authors read their reviews and answer them."),
        Phase.ACT: _("Answering goes on. Authors write down what they will do."),
        Phase.CLOSED: _("The round is over. Everything stays there to be read."),
    }[phase]


def _reviewing(peer: PeerActivity) -> str:
    if peer.mode == peer.Mode.TEAM:
        return _("Everybody reviews the others of their team.")
    if peer.is_pull:
        return _("Everybody takes work to review, one by one.")
    if assigning.is_drawn(peer):
        return _("The drawing there is stays, mended for those who came or left since.")
    n = peer.reviews_each
    return ngettext(
        "Reviews are drawn: everybody gets %(n)d.", "Reviews are drawn: everybody gets %(n)d.", n
    ) % {"n": n}


def _undoes(phase: PeerActivity.Phase) -> str:
    return {
        Phase.SETUP: _("The round waits, as before it began."),
        Phase.SUBMIT: _("Work can be handed in again. Reviews that were given out stay, and wait."),
        Phase.SELF: _("People assess their own again. Reviews that were given out stay, and wait."),
        Phase.REVIEW: _("Reviews can be begun and handed in again. Authors wait with their answers."),
        Phase.RESPOND: _("Authors answer; writing down what they will do stays possible."),
        Phase.ACT: _("Authors answer and write down what they will do again."),
    }[phase]


def _missing(peer: PeerActivity, progress: Progress) -> str:
    """Who is not ready yet, where the phase ends."""
    if peer.phase == Phase.SUBMIT:
        n = sum(row.participant.hands_in for row in progress.taking_part) - progress.handed_in
        if n > 0:
            late = (
                _("They can still hand in late, and get reviewers then.")
                if peer.takes_late
                else _("They cannot hand in any more unless you give them more time.")
            )
            told = ngettext(
                "%(n)d person has not handed in yet.", "%(n)d people have not handed in yet.", n
            ) % {"n": n}
            return f"{told} {late}"
    if peer.phase == Phase.REVIEW and (n := progress.reviews_planned - progress.reviews_done) > 0:
        told = ngettext("%(n)d review is not handed in yet.", "%(n)d reviews are not handed in yet.", n)
        return f"{told % {'n': n}} {_('Whoever has no more time of their own cannot hand it in any more.')}"
    return ""
