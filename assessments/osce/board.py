"""The exam-day board: every post of a session, what is there now, before and next; and what needs the coordinator.

In the same number of queries for any number of candidates.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import formats, timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from assessments.marking import presence
from assessments.marking.presence import Unsynced
from assessments.osce import running, timetable
from assessments.osce.master_clock import Beat, Clock, Phase
from assessments.osce.models import (
    Circuit,
    Encounter,
    HelpRequest,
    Post,
    Session,
    SheetRole,
)

EXPECTED = (SheetRole.EXAMINER, SheetRole.SECOND)
# Of a long list this many are shown; all are counted.
MOST_SHOWN = 30

WORDS = {
    "expected": _("expected"),
    "present": _("now"),
    "begun": _("in progress"),
    "submitted": _("submitted"),
    "unsynced": _("not all here yet"),
    "missing": _("missing"),
    "absent": _("absent"),
    "void": _("void"),
}
# How sure an eye is without colour: a filled, a half, an empty mark, or a warning.
MARKS = {
    "submitted": "state-done",
    "begun": "state-half",
    "present": "state-half",
    "missing": "state-problem",
    "unsynced": "state-problem",
}


@dataclass(frozen=True)
class Cell:
    encounter: Encounter
    state: str
    # Whose devices may hold marks that are not here.
    unsynced: list[str] = field(default_factory=list)

    @property
    def raters(self) -> list[str]:
        """Whose sheet is not submitted yet."""
        rows = (row for row in self.encounter.sheets.all() if row.role in EXPECTED)
        return [str(row.staff) for row in rows if not row.sheet.is_submitted]

    @property
    def words(self) -> Any:
        return WORDS[self.state]

    @property
    def mark(self) -> str:
        return MARKS.get(self.state, "")


@dataclass(frozen=True)
class Row:
    """One post and its cells, one for each round that is shown; None where nobody comes."""

    post: Post
    cells: list[Cell | None]


@dataclass(frozen=True)
class CircuitBoard:
    circuit: Circuit
    clock: Clock
    # Rotation and round of each column, and which of them it is now.
    columns: list[tuple[int, int]]
    now: tuple[int, int] | None
    rows: list[Row]


@dataclass(frozen=True)
class Board:
    session: Session
    circuits: list[CircuitBoard]
    missing: list[Cell]
    unsynced: list[Cell]
    help_requests: list[HelpRequest]
    submitted: int
    expected: int

    @property
    def needs_somebody(self) -> bool:
        return bool(self.missing or self.unsynced or self.help_requests)


def board(session: Session, *, shows_all: bool = False) -> Board:
    """`shows_all`: every round of the present rotation instead of the last, the present and the next."""
    return _Reading(session).board(shows_all)


def present_round(clock: Clock, now: datetime) -> tuple[int, int] | None:
    """Rotation and round by the clock; in a break, and before the start, the next one. None after the end."""
    present = clock.beat(now)
    if present is not None and present.phase != Phase.BREAK:
        return present.rotation, present.round
    moment = clock.paused_at or now
    coming = (beat for beat in clock.beats if beat.phase != Phase.BREAK)
    if clock.is_started:
        coming = (beat for beat in coming if beat.starts >= moment)
    following = next(coming, None)
    return (following.rotation, following.round) if following else None


def is_over(clock: Clock, encounter: Encounter, now: datetime) -> bool:
    """Whether the last round of the encounter is over by the clock."""
    if not clock.is_started or encounter.round is None:
        return False
    last = encounter.round + encounter.rounds - 1
    beats = [beat for beat in clock.beats if _is_of(beat, encounter.rotation, last)]
    return bool(beats) and beats[-1].ends <= (clock.paused_at or now)


class _Reading:
    """Everything of a session, read once, at one moment."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.now = timezone.now()
        self.clocks = running.clocks(session)
        self.posts = list(session.posts.select_related("station").prefetch_related("duties__staff__person"))
        rows = session.encounters.exclude(post=None).exclude(round=None)
        rows = rows.select_related("candidate__person", "station", "circuit", "post")
        self.encounters: list[Any] = list(rows.prefetch_related("sheets__sheet", "sheets__staff__person"))
        sheets = [row.sheet for encounter in self.encounters for row in encounter.sheets.all()]
        self.unsynced = presence.unsynced(sheets)
        self.cells = {row.pk: self._cell(row) for row in self.encounters}

    def board(self, shows_all: bool) -> Board:
        examined = [self.cells[row.pk] for row in self.encounters if row.state == Encounter.State.PLANNED]
        circuits: dict[Any, Circuit] = {row.pk: row for row in self.session.exam.circuits.all()}
        asked = self.session.help_requests.filter(answered_at=None)
        return Board(
            self.session,
            [self._circuit(circuits[pk], clock, shows_all) for pk, clock in self.clocks.items()],
            [cell for cell in examined if cell.state == "missing"],
            [cell for cell in examined if cell.unsynced],
            list(asked.select_related("post__station", "post__circuit", "by")),
            sum(cell.state in ("submitted", "unsynced") for cell in examined),
            len(examined),
        )

    def _cell(self, encounter: Any) -> Cell:
        state = self._state(encounter)
        named = [it for row in encounter.sheets.all() for it in self.unsynced.get(row.sheet_id, [])]
        is_not_all = bool(named) and state == "submitted"
        return Cell(encounter, "unsynced" if is_not_all else state, [_said_of(it) for it in named])

    def _state(self, encounter: Any) -> str:
        if encounter.state != Encounter.State.PLANNED:
            return encounter.state
        clock = self.clocks[encounter.circuit_id]
        sheets = [row.sheet for row in encounter.sheets.all() if row.role in EXPECTED]
        if sheets and all(sheet.is_submitted for sheet in sheets):
            return "submitted"
        if is_over(clock, encounter, self.now):
            return "missing"
        if any(sheet.revision for sheet in sheets):
            return "begun"
        present = present_round(clock, self.now) if clock.is_started else None
        rounds = {(encounter.rotation, encounter.round + part) for part in range(encounter.rounds)}
        return "present" if present in rounds else "expected"

    def _circuit(self, circuit: Circuit, clock: Clock, shows_all: bool) -> CircuitBoard:
        rounds = [
            (it.rotation, it.number) for it in timetable.rounds(self.session) if it.circuit == circuit.pk
        ]
        present = present_round(clock, self.now)
        columns = _columns(rounds, present, shows_all)
        at = {
            (row.post_id, row.rotation, row.round + part): self.cells[row.pk]
            for row in self.encounters
            for part in range(row.rounds)
        }
        posts = [post for post in self.posts if post.circuit_id == circuit.pk]
        rows = [Row(post, [at.get((post.pk, *column)) for column in columns]) for post in posts]
        return CircuitBoard(circuit, clock, columns, present, rows)


def _said_of(device: Unsynced) -> str:
    words = {"who": device.by.display_name, "n": device.waiting}
    words["time"] = formats.time_format(timezone.localtime(device.heard_at), "TIME_FORMAT")
    if not device.waiting:
        return str(_("%(who)s's device, not heard since %(time)s, may hold marks.")) % words
    return ngettext(
        "%(who)s's device, last heard at %(time)s, holds a mark that is not here yet.",
        "%(who)s's device, last heard at %(time)s, holds %(n)s marks that are not here yet.",
        device.waiting,
    ) % words  # fmt: skip


def _columns(
    rounds: list[tuple[int, int]], present: tuple[int, int] | None, shows_all: bool
) -> list[tuple[int, int]]:
    if not rounds:
        return []
    now = present or rounds[-1]
    if shows_all:
        return [row for row in rounds if row[0] == now[0]]
    at = rounds.index(now) if now in rounds else 0
    return rounds[max(0, at - 1) : at + 2]


def _is_of(beat: Beat, rotation: int, number: int) -> bool:
    return (beat.rotation, beat.round) == (rotation, number) and beat.phase != Phase.BREAK
