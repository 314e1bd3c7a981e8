"""The bell plan: what is rung and announced when, for a master clock, a caller with a stopwatch, or a recording.

The words are those of Cambridge's clinical school: “Reading time complete”, “30 seconds left”, “Move on please”.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext as _

from assessments.osce.rotations.circuits import Id
from assessments.osce.rotations.timetables import Pause, Plan, Round


class Phase(StrEnum):
    BREAK_STARTS = "break starts"
    BREAK_ENDS = "break ends"
    READING_STARTS = "reading starts"
    RUNNING_STARTS = "running starts"
    WARNING = "warning"
    MOVE_ON = "move on"


# Of what happens in the same second: first what ends.
_ORDER = (
    Phase.MOVE_ON,
    Phase.BREAK_ENDS,
    Phase.BREAK_STARTS,
    Phase.READING_STARTS,
    Phase.RUNNING_STARTS,
    Phase.WARNING,
)


@dataclass(frozen=True)
class Bell:
    """`at`: seconds from the start of the session. Of a break, the rotation and round it comes after."""

    at: int
    phase: Phase
    rotation: int
    round: int
    circuits: tuple[Id, ...]
    announcement: str


def bells(plan: Plan, circuit: Id | None = None) -> list[Bell]:
    """In the order of time, for all circuits or one. Circuits that share a bell are named together."""
    circuits: dict[tuple[int, int, int, Phase, str], list[Id]] = {}
    for row in plan.rounds:
        if circuit in (None, row.circuit):
            for at, phase, words in _of_round(row, plan.request.timing.warning):
                circuits.setdefault((at, row.rotation, row.number, phase, words), []).append(row.circuit)
    for pause in plan.pauses:
        if circuit in (None, pause.circuit) and pause.kind != "turnover":
            for at, phase, words in _of_pause(pause):
                circuits.setdefault((at, pause.rotation, pause.round, phase, words), []).append(pause.circuit)
    found = [
        Bell(at, phase, rotation, number, tuple(ringing), words)
        for (at, rotation, number, phase, words), ringing in circuits.items()
    ]
    return sorted(found, key=lambda bell: (bell.at, _ORDER.index(bell.phase)))


def _of_round(row: Round, warning: int) -> Iterator[tuple[int, Phase, str]]:
    running_starts = row.starts + row.reading
    move_on = running_starts + row.running
    if row.reading:
        yield row.starts, Phase.READING_STARTS, _("Start reading")
        yield running_starts, Phase.RUNNING_STARTS, _("Reading time complete")
    else:
        yield running_starts, Phase.RUNNING_STARTS, _("Start")
    if warning:
        yield move_on - warning, Phase.WARNING, _("%(seconds)d seconds left") % {"seconds": warning}
    yield move_on, Phase.MOVE_ON, _("Move on please")


def _of_pause(pause: Pause) -> Iterator[tuple[int, Phase, str]]:
    minutes = -(-pause.seconds // 60)
    words = _("Lunch: %(minutes)d minutes") if pause.kind == "lunch" else _("Break: %(minutes)d minutes")
    yield pause.starts, Phase.BREAK_STARTS, words % {"minutes": minutes}
    yield (
        pause.ends,
        Phase.BREAK_ENDS,
        _("Lunch is over") if pause.kind == "lunch" else _("The break is over"),
    )
