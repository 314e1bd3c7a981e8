"""What a rotation plan is made from: stations, circuits with their posts, candidates and times. Plain values.

Ids are the caller's own (text, numbers or UUIDs) and come back as they are; labels are for sentences only.
Every time is in whole seconds.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Literal

Id = Hashable


class Infeasible(ValueError):
    """There is no such plan. `sentences` say which station, person or number keeps it from being made."""

    def __init__(self, *sentences: str) -> None:
        super().__init__(" ".join(sentences))
        self.sentences = sentences


@dataclass(frozen=True)
class Station:
    """One stop of a circuit.

    `rounds`: how many rounds a candidate stays. A station of two rounds takes two slots and needs two rooms in
    each circuit, which candidates enter in turn, so that nobody waits for it.
    `is_linked`: candidates come to it directly from the station before it in the list.
    """

    id: Id
    label: str
    rounds: int = 1
    is_rest: bool = False
    is_linked: bool = False


@dataclass(frozen=True)
class Room:
    id: Id
    label: str


@dataclass(frozen=True)
class Examiner:
    id: Id
    label: str


@dataclass(frozen=True)
class SimulatedPatient:
    """`most_rounds`: how many rounds they play without one off; None where that does not matter."""

    id: Id
    label: str
    most_rounds: int | None = None


@dataclass(frozen=True)
class Post:
    """A station's room in one circuit and who works there.

    `examiners`: nobody (nobody watches), one for the whole session, or one for each rotation in order.
    `patients`: those who can play there; from the second on they take over when one has played enough.
    """

    station: Id
    room: Room | None = None
    examiners: tuple[Examiner, ...] = ()
    patients: tuple[SimulatedPatient, ...] = ()

    def examiner_in(self, rotation: int) -> Examiner | None:
        """`rotation` is counted from 1."""
        if len(self.examiners) > 1:
            return self.examiners[rotation - 1]
        return self.examiners[0] if self.examiners else None


@dataclass(frozen=True)
class Circuit:
    """One full set of rooms. A station of n rounds has n posts, entered in the order they have here."""

    id: Id
    label: str
    posts: tuple[Post, ...]

    def posts_of(self, station: Id) -> list[Post]:
        return [post for post in self.posts if post.station == station]


@dataclass(frozen=True)
class Candidate:
    """`extra_time` is in per cent of reading and running time: 25 for a quarter more."""

    id: Id
    label: str
    extra_time: int = 0


@dataclass(frozen=True)
class Timing:
    """Seconds. A round is reading, running (at the station) and change-over, when examiners finish the sheet.

    `warning` is rung that long before running ends; 0 for no warning. Extra time makes reading and running longer,
    nothing else. `turnover` is what it takes for the next rotation's candidates to come in. The two limits count
    rounds only, not pauses; their defaults are those of OSCE Manager.
    """

    reading: int
    running: int
    change_over: int
    warning: int = 30
    turnover: int = 600
    short_break: int = 600
    long_break: int = 1200
    lunch: int = 2700
    long_break_after: int = 150 * 60
    lunch_after: int = 360 * 60

    def stretched(self, extra_time: int) -> tuple[int, int]:
        """Reading and running with that much extra time, rounded up so that nobody gets less than granted."""
        return _more(self.reading, extra_time), _more(self.running, extra_time)

    def round_length(self, extra_time: int) -> int:
        return sum(self.stretched(extra_time)) + self.change_over


@dataclass(frozen=True)
class PlanRequest:
    """Everything a plan depends on, besides the seed.

    `rotations`: how many there may be; the plan uses as few as it can.
    `loose_rests`: rest stations that the plan may put where they spread best; else rests stand in `stations`.
    `conflicts`: (examiner id, candidate id) who must not meet; `patient_conflicts` the same with simulated patients.
    `extra_time_in`: whether candidates with extra time have circuits of their own, with bells of their own, or
    rotations of their own, in which every circuit keeps their time.
    `may_add_rounds`: whether a candidate may start on a later slot of linked or long stations, for which the rotation
    gets longer; else these starts stay empty.
    """

    stations: tuple[Station, ...]
    circuits: tuple[Circuit, ...]
    candidates: tuple[Candidate, ...]
    timing: Timing
    rotations: int = 1
    loose_rests: tuple[Station, ...] = ()
    conflicts: frozenset[tuple[Id, Id]] = frozenset()
    patient_conflicts: frozenset[tuple[Id, Id]] = frozenset()
    extra_time_in: Literal["circuit", "rotation"] = "circuit"
    may_add_rounds: bool = False

    @property
    def every_station(self) -> tuple[Station, ...]:
        """Not in the order candidates meet them, where there are loose rests."""
        return (*self.stations, *self.loose_rests)


def _more(seconds: int, extra_time: int) -> int:
    return -(-seconds * (100 + extra_time) // 100)
