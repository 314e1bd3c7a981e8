"""A session's plan as people read it: who is where, with names, rooms and times of day."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from assessments.osce import timetable
from assessments.osce.models import Candidate, Circuit, Session, Station
from assessments.osce.rotations import timetables


@dataclass(frozen=True)
class Line:
    """One round of a circuit, or the pause after it."""

    rotation: int
    round: int
    starts_at: datetime
    cells: list[Candidate | None]
    pause: timetables.Pause | None = None


@dataclass(frozen=True)
class Grid:
    circuit: Circuit
    stations: list[Station]
    lines: list[Line]


def grids(session: Session) -> list[Grid]:
    """The master grid of each circuit, in the same number of queries for any number of candidates."""
    plan = timetable.read(session)
    stations: dict[Any, Station] = {row.pk: row for row in session.exam.stations.all()}
    candidates: dict[Any, Candidate] = {
        row.pk: row for row in session.exam.candidates.select_related("person")
    }
    rows = timetables.grid(plan)
    found = []
    for circuit in session.exam.circuits.all():
        lines = [
            Line(
                row.rotation,
                row.round,
                session.at(row.starts),
                [candidates[cell] if cell is not None else None for cell in row.cells],
            )
            for row in rows
            if row.circuit == circuit.pk
        ]
        lines += [
            Line(it.rotation, it.round, session.at(it.starts), [], it)
            for it in plan.pauses
            if it.circuit == circuit.pk and it.kind != "turnover"
        ]
        if lines:
            lines.sort(key=lambda line: line.starts_at)
            found.append(Grid(circuit, [stations[slot.station] for slot in plan.slots], lines))
    return found
