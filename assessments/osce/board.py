"""The exam-day board: every post of a session, what is there now, before and next; and what needs the coordinator.

In the same number of queries for any number of candidates.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils import formats, timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from assessments.marking import presence
from assessments.marking.models import MarkSheet
from assessments.marking.presence import Device
from assessments.osce import running, timetable
from assessments.osce.master_clock import Clock, Phase
from assessments.osce.models import (
    Circuit,
    Encounter,
    EncounterSheet,
    HelpRequest,
    Post,
    Session,
    SheetRole,
)

EXPECTED = (SheetRole.EXAMINER, SheetRole.SECOND)
# Of a long list this many are shown; all are counted.
MOST_SHOWN = 30
MOST_MISSING = 10

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
    # Whose devices may hold marks that are not here; and those that nobody waits for any more.
    unsynced: list[str] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)

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
    # The first of them, and how many there are in all.
    missing: list[Cell]
    missing_count: int
    # Said to be absent, and marked: one of the two is wrong.
    contradicted: list[Cell]
    unsynced: list[Cell]
    settled: list[Cell]
    help_requests: list[HelpRequest]
    submitted: int
    expected: int

    @property
    def needs_somebody(self) -> bool:
        return bool(self.missing or self.unsynced or self.contradicted or self.help_requests)


def board(session: Session, *, shows_all: bool = False) -> Board:
    """`shows_all`: every round of the present rotation instead of the last, the present and the next."""
    return _Reading(session).board(shows_all)


def contradicted(session: Session) -> QuerySet[EncounterSheet]:
    """The sheets with marks of candidates who are said to be absent there."""
    rows = EncounterSheet.objects.filter(
        encounter__session=session, encounter__state=Encounter.State.ABSENT
    ).marked()
    rows = rows.select_related("encounter__candidate", "encounter__station", "staff__person")
    return rows.order_by("encounter__rotation", "encounter__round", "pk")


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


class _Reading:
    """A session at one moment: of every encounter how far it is, and the rows of those that are shown."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.now = timezone.now()
        self.clocks = running.clocks(session)
        self.present = {pk: present_round(clock, self.now) for pk, clock in self.clocks.items()}
        self.ends = {
            (pk, beat.rotation, beat.round): beat.ends
            for pk, clock in self.clocks.items()
            for beat in clock.beats
            if beat.phase != Phase.BREAK
        }
        self.unsynced, self.settled = self._devices()
        self.standings = list(self._standings())
        self.states = {row.pk: self._state(row) for row in self.standings}

    def board(self, shows_all: bool) -> Board:
        taking_place = [row for row in self.standings if row.state == Encounter.State.PLANNED]
        missing = [row for row in taking_place if self.states[row.pk] == "missing"]
        # Marks may be on their way also where somebody is said to be absent, or a station to be void.
        unsynced = [row for row in self.standings if row.pk in self.unsynced]
        settled = [row for row in self.standings if row.pk in self.settled]
        marked = set(contradicted(self.session).values_list("encounter", flat=True))
        doubtful = [row for row in self.standings if row.pk in marked]
        columns = {pk: self._columns(pk, shows_all) for pk in self.clocks}
        seen = [row for row in self.standings for it in _rounds_of(row) if it in columns[row.circuit_id]]
        shown = (missing[:MOST_MISSING], *(rows[:MOST_SHOWN] for rows in (unsynced, settled, doubtful)))
        listed = [row for rows in shown for row in rows]
        cells = self._cells([*seen, *listed])
        asked = self.session.help_requests.filter(answered_at=None)
        return Board(
            self.session,
            self._circuits(columns, cells, seen),
            [cells[row.pk] for row in missing[:MOST_MISSING]],
            len(missing),
            [cells[row.pk] for row in doubtful[:MOST_SHOWN]],
            [cells[row.pk] for row in unsynced[:MOST_SHOWN]],
            [cells[row.pk] for row in settled[:MOST_SHOWN]],
            list(asked.select_related("post__station", "post__circuit", "by")),
            sum(self.states[row.pk] in ("submitted", "unsynced") for row in taking_place),
            len(taking_place),
        )

    def _standings(self) -> Any:
        """Of every encounter no more than its state hangs on: there may be thousands."""
        expected = Q(sheets__role__in=EXPECTED)
        rows = (
            self.session.encounters.exclude(post=None).exclude(round=None).order_by("rotation", "round", "pk")
        )
        return rows.annotate(
            sheets_in_all=Count("sheets", filter=expected),
            not_submitted=Count("sheets", filter=expected & Q(sheets__sheet__state=MarkSheet.State.DRAFT)),
            begun=Count("sheets", filter=expected & Q(sheets__sheet__revision__gt=0)),
        ).values_list(
            "pk",
            "circuit_id",
            "post_id",
            "rotation",
            "round",
            "rounds",
            "state",
            "sheets_in_all",
            "not_submitted",
            "begun",
            named=True,
        )

    def _devices(self) -> tuple[dict[int, list[str]], dict[int, list[str]]]:
        """By encounter, whose devices may hold marks that are not here, in words; and those that were settled."""
        found = presence.devices(MarkSheet.objects.filter(encounter_sheet__encounter__session=self.session))
        waited_for: dict[int, list[str]] = {}
        settled: dict[int, list[str]] = {}
        for row in EncounterSheet.objects.filter(sheet__in=found).order_by("pk"):
            for device in found[row.sheet_id]:
                of_its_kind = settled if device.is_settled else waited_for
                of_its_kind.setdefault(row.encounter_id, []).append(said_of(device))
        return waited_for, settled

    def _state(self, row: Any) -> str:
        if row.state != Encounter.State.PLANNED:
            return row.state
        if row.sheets_in_all and not row.not_submitted:
            return "unsynced" if row.pk in self.unsynced else "submitted"
        clock = self.clocks[row.circuit_id]
        if clock.is_started and self._is_over(row, clock):
            return "missing"
        if row.begun:
            return "begun"
        return (
            "present" if clock.is_started and self.present[row.circuit_id] in _rounds_of(row) else "expected"
        )

    def _is_over(self, row: Any, clock: Clock) -> bool:
        ends = self.ends.get((row.circuit_id, *_rounds_of(row)[-1]))
        return ends is not None and ends <= (clock.paused_at or self.now)

    def _columns(self, circuit: int, shows_all: bool) -> list[tuple[int, int]]:
        rounds = [(it.rotation, it.number) for it in timetable.rounds(self.session) if it.circuit == circuit]
        now = self.present[circuit] or rounds[-1]
        if shows_all:
            return [row for row in rounds if row[0] == now[0]]
        at = rounds.index(now) if now in rounds else 0
        return rounds[max(0, at - 1) : at + 2]

    def _cells(self, rows: list[Any]) -> dict[int, Cell]:
        sheets = EncounterSheet.objects.select_related("staff__person", "sheet")
        found = Encounter.objects.select_related("candidate__person", "station").prefetch_related(
            Prefetch("sheets", sheets)
        )
        wanted = found.in_bulk({row.pk for row in rows})
        return {
            pk: Cell(row, self.states[pk], self.unsynced.get(pk, []), self.settled.get(pk, []))
            for pk, row in wanted.items()
        }

    def _circuits(
        self, columns: dict[int, list[tuple[int, int]]], cells: dict[int, Cell], seen: list[Any]
    ) -> list[CircuitBoard]:
        at = {(row.post_id, *it): cells[row.pk] for row in seen for it in _rounds_of(row)}
        circuits = {row.pk: row for row in self.session.exam.circuits.all()}
        rows: dict[int, list[Row]] = {}
        for post in self.session.posts.select_related("station"):
            found = [at.get((post.pk, *column)) for column in columns.get(post.circuit_id, ())]
            rows.setdefault(post.circuit_id, []).append(Row(post, found))
        return [
            CircuitBoard(circuits[pk], clock, columns[pk], self.present[pk], rows.get(pk, []))
            for pk, clock in self.clocks.items()
        ]


def _rounds_of(row: Any) -> list[tuple[int, int]]:
    """Rotation and round of each round that an encounter lasts."""
    return [(row.rotation, row.round + part) for part in range(row.rounds)]


def said_of(device: Device) -> str:
    """What is known of a device that may hold marks, in a sentence or two."""
    words = {"who": device.by.display_name, "n": device.waiting}
    words["time"] = formats.time_format(timezone.localtime(device.heard_at), "TIME_FORMAT")
    said = str(_("%(who)s's device, not heard since %(time)s, may hold marks.")) % words
    if device.waiting:
        said = ngettext(
            "%(who)s's device, last heard at %(time)s, holds a mark that is not here yet.",
            "%(who)s's device, last heard at %(time)s, holds %(n)s marks that are not here yet.",
            device.waiting,
        ) % words  # fmt: skip
    if device.settled_at is None:
        return said
    settled = str(_("Nobody waits for it since %(time)s (%(who)s): %(reason)s")) % {
        "time": formats.time_format(timezone.localtime(device.settled_at), "TIME_FORMAT"),
        "who": device.settled_by.display_name if device.settled_by else "–",
        "reason": device.reason,
    }
    return f"{said} {settled}"
