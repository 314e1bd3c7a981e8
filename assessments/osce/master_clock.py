"""The clock that everybody in an exam goes by: planned phases, and what was ordered on the day, folded into one schedule.

By the server's time only. An order never changes what is over; it moves what is still to come.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import reduce

from django.utils.translation import gettext as _

from assessments.osce.rotations.circuits import Id
from assessments.osce.rotations.timetables import Pause, Round

MOST_EXTENSION = 3600


class Phase(StrEnum):
    READING = "reading"
    RUNNING = "running"
    WARNING = "warning"
    CHANGE_OVER = "change-over"
    BREAK = "break"


class Kind(StrEnum):
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    EXTEND = "extend"
    RESTART_ROUND = "restart round"
    END_PHASE = "end phase"


class State(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    PAUSED = "paused"
    OVER = "over"


class NotNow(ValueError):
    """The order makes no sense at that moment; the message says why."""


@dataclass(frozen=True)
class Beat:
    """One phase. Of a break, the rotation and round it comes after."""

    rotation: int
    round: int
    phase: Phase
    starts: datetime
    ends: datetime

    def moved(self, by: timedelta) -> "Beat":
        return replace(self, starts=self.starts + by, ends=self.ends + by)


@dataclass(frozen=True)
class Order:
    """`seconds`: of an extension, how much longer the present phase lasts."""

    kind: Kind
    at: datetime
    seconds: int = 0


@dataclass(frozen=True)
class Clock:
    """One circuit's. Before the start, the beats are as planned. A paused clock stands at `paused_at`."""

    beats: tuple[Beat, ...]
    is_started: bool = False
    paused_at: datetime | None = None

    def state(self, now: datetime) -> State:
        if not self.is_started:
            return State.WAITING
        if self.paused_at:
            return State.PAUSED
        return State.RUNNING if now < self.beats[-1].ends else State.OVER

    def beat(self, now: datetime) -> Beat | None:
        """The phase that it is; None before the start and after the end."""
        if not self.is_started:
            return None
        moment = self.paused_at or now
        return next((beat for beat in self.beats if beat.starts <= moment < beat.ends), None)


def planned(
    rounds: Iterable[Round], pauses: Iterable[Pause], *, warning: int, circuit: Id, starts_at: datetime
) -> Clock:
    """The clock of one circuit before its start. `warning` in seconds before “move on”; 0 for none."""
    beats = [
        Beat(
            rotation, number, phase, starts_at + timedelta(seconds=first), starts_at + timedelta(seconds=last)
        )
        for rotation, number, phase, first, last in (
            *(beat for row in rounds if row.circuit == circuit for beat in _of_round(row, warning)),
            *(
                (it.rotation, it.round, Phase.BREAK, it.starts, it.ends)
                for it in pauses
                if it.circuit == circuit
            ),
        )
        if first < last
    ]
    return Clock(tuple(sorted(beats, key=lambda beat: beat.starts)))


def run(clock: Clock, orders: Iterable[Order]) -> Clock:
    """The clock after these orders, which are in the order in which they were given. Raises NotNow like `apply`."""
    return reduce(apply, orders, clock)


def apply(clock: Clock, order: Order) -> Clock:
    """The clock after one more order. Raises NotNow where it makes no sense."""
    return _APPLY[order.kind](clock, order)


def _of_round(row: Round, warning: int) -> Iterator[tuple[int, int, Phase, int, int]]:
    enter = row.starts + row.reading
    move_on = enter + row.running
    warned = max(enter, move_on - warning)
    for phase, first, last in (
        (Phase.READING, row.starts, enter),
        (Phase.RUNNING, enter, warned),
        (Phase.WARNING, warned, move_on),
        (Phase.CHANGE_OVER, move_on, row.ends),
    ):
        yield row.rotation, row.number, phase, first, last


def _start(clock: Clock, order: Order) -> Clock:
    if clock.is_started:
        raise NotNow(_("The clock runs already."))
    if not clock.beats:
        raise NotNow(_("There is nothing to run: this circuit has no rounds."))
    by = order.at - clock.beats[0].starts
    return Clock(tuple(beat.moved(by) for beat in clock.beats), is_started=True)


def _pause(clock: Clock, order: Order) -> Clock:
    _present(clock, order)
    return replace(clock, paused_at=order.at)


def _resume(clock: Clock, order: Order) -> Clock:
    if clock.paused_at is None:
        raise NotNow(_("The clock is not paused."))
    stood = order.at - clock.paused_at
    beats = _longer(clock.beats, clock.beat(order.at), stood)
    return Clock(beats, is_started=True)


def _extend(clock: Clock, order: Order) -> Clock:
    if not 0 < order.seconds <= MOST_EXTENSION:
        raise NotNow(_("Extend by one second to one hour."))
    present = clock.beat(order.at) if clock.paused_at else _present(clock, order)
    return replace(clock, beats=_longer(clock.beats, present, timedelta(seconds=order.seconds)))


def _restart_round(clock: Clock, order: Order) -> Clock:
    """It begins again now, from its first phase; a pause ends by it."""
    present = clock.beat(order.at) if clock.paused_at else _present(clock, order)
    if present is None or present.phase == Phase.BREAK:
        raise NotNow(_("There is a break, so there is no round to begin again."))
    first = next(n for n, beat in enumerate(clock.beats) if _is_same_round(beat, present))
    by = order.at - clock.beats[first].starts
    beats = (*clock.beats[:first], *(beat.moved(by) for beat in clock.beats[first:]))
    return Clock(beats, is_started=True)


def _end_phase(clock: Clock, order: Order) -> Clock:
    present = _present(clock, order)
    return replace(clock, beats=_longer(clock.beats, present, order.at - present.ends))


def _present(clock: Clock, order: Order) -> Beat:
    """The phase of a clock that runs."""
    if not clock.is_started:
        raise NotNow(_("The clock was not started yet."))
    if clock.paused_at:
        raise NotNow(_("The clock is paused. Let it go on first."))
    present = clock.beat(order.at)
    if present is None:
        raise NotNow(_("The last round is over."))
    return present


def _longer(beats: Sequence[Beat], present: Beat | None, by: timedelta) -> tuple[Beat, ...]:
    """The present phase ends that much later, or earlier, and so does all that comes after it."""
    assert present
    return tuple(
        replace(beat, ends=beat.ends + by)
        if beat == present
        else beat.moved(by)
        if beat.starts >= present.ends
        else beat
        for beat in beats
    )


def _is_same_round(beat: Beat, present: Beat) -> bool:
    return (beat.rotation, beat.round) == (present.rotation, present.round) and beat.phase != Phase.BREAK


_APPLY = {
    Kind.START: _start,
    Kind.PAUSE: _pause,
    Kind.RESUME: _resume,
    Kind.EXTEND: _extend,
    Kind.RESTART_ROUND: _restart_round,
    Kind.END_PHASE: _end_phase,
}
