"""A plan, and how each reader sees it: the master grid, a candidate's way, an examiner's day, the sheet of a room.

Rotations and rounds are counted from 1. Times are in seconds from the start of the session.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from assessments.osce.rotations.circuits import Id, PlanRequest, Post
from assessments.osce.rotations.slots import Slot

PauseKind = Literal["turnover", "break", "long break", "lunch"]


@dataclass(frozen=True, slots=True)
class Encounter:
    """A candidate at a station from round `round`, for `rounds` of them. At a rest nobody else is there."""

    candidate: Id
    station: Id
    circuit: Id
    rotation: int
    round: int
    rounds: int = 1
    room: Id | None = None
    examiner: Id | None = None
    patient: Id | None = None


@dataclass(frozen=True, slots=True)
class Round:
    circuit: Id
    rotation: int
    number: int
    starts: int
    reading: int
    running: int
    change_over: int

    @property
    def ends(self) -> int:
        return self.starts + self.reading + self.running + self.change_over


@dataclass(frozen=True, slots=True)
class Pause:
    """After that round; a turnover is the time between two rotations when it is nothing more."""

    circuit: Id
    rotation: int
    round: int
    kind: PauseKind
    starts: int
    seconds: int

    @property
    def ends(self) -> int:
        return self.starts + self.seconds


@dataclass(frozen=True)
class Plan:
    """`slots` in the order that candidates pass them; the rest in the order of circuits, rotations and rounds."""

    request: PlanRequest
    seed: int
    slots: tuple[Slot, ...]
    rounds: tuple[Round, ...]
    pauses: tuple[Pause, ...]
    encounters: tuple[Encounter, ...]


@dataclass(frozen=True)
class GridRow:
    """`cells`: for each slot of the plan, the candidate there, or None."""

    circuit: Id
    rotation: int
    round: int
    starts: int
    cells: tuple[Id | None, ...]


@dataclass(frozen=True)
class Entry:
    """One line of somebody's day. Without encounter and pause, nobody comes: a break-candidate, or a wait."""

    starts: int
    ends: int
    encounter: Encounter | None = None
    pause: Pause | None = None


def grid(plan: Plan) -> list[GridRow]:
    """Who is where in every round of every circuit; a long station has a column for each of its rounds."""
    column = {(slot.station, slot.part): number for number, slot in enumerate(plan.slots)}
    cells: dict[tuple[Id, int, int], list[Id | None]] = {
        (row.circuit, row.rotation, row.number): [None] * len(plan.slots) for row in plan.rounds
    }
    for it in plan.encounters:
        for part in range(it.rounds):
            cells[it.circuit, it.rotation, it.round + part][column[it.station, part]] = it.candidate
    return [
        GridRow(
            row.circuit,
            row.rotation,
            row.number,
            row.starts,
            tuple(cells[row.circuit, row.rotation, row.number]),
        )
        for row in plan.rounds
    ]


def of_candidate(plan: Plan, candidate: Id) -> list[Entry]:
    """From where they have to be present to their last encounter, rests and pauses included."""
    own = [it for it in plan.encounters if it.candidate == candidate]
    at = {(it.circuit, it.rotation, it.round + part): it for it in own for part in range(it.rounds)}
    rotations = {(it.circuit, it.rotation) for it in own}
    last = max((it.round + it.rounds - 1 for it in own), default=0)
    rounds = [row for row in plan.rounds if (row.circuit, row.rotation) in rotations and row.number <= last]
    return _day(plan, rounds, lambda row: at.get((row.circuit, row.rotation, row.number)))


def of_examiner(plan: Plan, examiner: Id) -> list[Entry]:
    """All rounds of the rotations they examine in, those without a candidate too."""

    def is_theirs(post: Post, rotation: int) -> bool:
        found = post.examiner_in(rotation)
        return found is not None and found.id == examiner

    return of_posts(plan, is_theirs)


def of_room(plan: Plan, room: Id) -> list[Entry]:
    """All rounds of the circuit the room is in, those without a candidate too."""
    return of_posts(plan, lambda post, rotation: post.room is not None and post.room.id == room)


def of_posts(plan: Plan, is_wanted: Callable[[Post, int], bool]) -> list[Entry]:
    """All rounds, those without a candidate too, of the posts that are wanted in a rotation (counted from 1)."""
    rotations = {row.rotation for row in plan.rounds}
    rooms = {
        (circuit.id, rotation): post.room.id
        for circuit in plan.request.circuits
        for post in circuit.posts
        for rotation in rotations
        if post.room and is_wanted(post, rotation)
    }
    at = {
        (it.circuit, it.rotation, it.round + part): it
        for it in plan.encounters
        for part in range(it.rounds)
        if it.room is not None and rooms.get((it.circuit, it.rotation)) == it.room
    }
    rounds = [row for row in plan.rounds if (row.circuit, row.rotation) in rooms]
    return _day(plan, rounds, lambda row: at.get((row.circuit, row.rotation, row.number)))


def _day(plan: Plan, rounds: Iterable[Round], met_in: Callable[[Round], Encounter | None]) -> list[Entry]:
    entries: list[Entry] = []
    circuits = set()
    for row in sorted(rounds, key=lambda row: row.starts):
        circuits.add(row.circuit)
        met = met_in(row)
        if met and entries and entries[-1].encounter == met:
            entries[-1] = Entry(entries[-1].starts, row.ends, met)
        else:
            entries.append(Entry(row.starts, row.ends, met))
    if not entries:
        return []
    first, last = entries[0].starts, entries[-1].ends
    # Circuits that share their bells have the same pauses.
    pauses = {it.starts: it for it in plan.pauses if it.circuit in circuits and first < it.starts < last}
    entries += [Entry(it.starts, it.ends, pause=it) for it in pauses.values()]
    return sorted(entries, key=lambda entry: entry.starts)
