"""The sheets of encounters as their raters meet them: my stations today, and what stands around each sheet."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from assessments.marking.models import MarkSheet
from assessments.marking.surroundings import Surroundings
from assessments.osce import running, timetable
from assessments.osce.models import Encounter, EncounterSheet, Exam, HelpRequest, Session, SheetRole
from lti_tool.port import Launch

ROWS = (
    "sheet",
    "encounter__candidate__person",
    "encounter__station",
    "encounter__circuit",
    "encounter__post",
    "encounter__session__exam__activity",
)


CANDIDATES_PAPERS = ("candidate_instructions",)
# What each rater may read of the station beside the sheet. Candidates read theirs at the door, and not before.
PAPERS = {
    SheetRole.EXAMINER: ("examiner_instructions", *CANDIDATES_PAPERS, "patient_script", "equipment"),
    SheetRole.SECOND: ("examiner_instructions", *CANDIDATES_PAPERS, "patient_script", "equipment"),
    SheetRole.PATIENT: ("patient_script", *CANDIDATES_PAPERS),
    SheetRole.SELF: (),
}


@dataclass(frozen=True)
class Line:
    """One sheet to fill. `starts_at` as planned; on the day the clock says when it is."""

    row: EncounterSheet
    starts_at: datetime | None

    @property
    def state(self) -> str:
        encounter, sheet = self.row.encounter, self.row.sheet
        if encounter.state != Encounter.State.PLANNED:
            return encounter.state
        return "submitted" if sheet.is_submitted else "begun" if sheet.revision else "expected"


@dataclass(frozen=True)
class Part:
    """One session of somebody's, in the order of time."""

    session: Session
    lines: list[Line]

    @property
    def next_line(self) -> Line | None:
        return next((line for line in self.lines if line.state in ("begun", "expected")), None)

    @property
    def submitted(self) -> int:
        return sum(line.state == "submitted" for line in self.lines)


def parts(exam: Exam, person: Any) -> list[Part]:
    """Every sheet of the exam that is this person's to fill now, session by session; of published ones only."""
    rows = _rows().filter(encounter__session__exam=exam, sheet__assigned_to=person)
    found: dict[Session, list[EncounterSheet]] = {}
    over: dict[Session, bool] = {}
    for row in rows.order_by("encounter__session__starts_at", "encounter__session", *_ORDER):
        session = row.encounter.session
        if row.role == SheetRole.SELF:
            if session not in over:
                over[session] = running.is_over(session)
            if not over[session]:
                continue
        found.setdefault(session, []).append(row)
    return [Part(session, _lines(session, listed)) for session, listed in found.items()]


def surroundings(sheet: MarkSheet, launch: Launch) -> Surroundings | None:
    """For a sheet of an encounter: its station, its candidate, the clock, and who comes next to the same rater."""
    row = _rows().filter(sheet=sheet).first()
    if row is None:
        return None
    encounter = row.encounter
    activity = encounter.session.exam.activity
    # An exam is reached through its own link only; from any other the sheet stands by itself.
    is_here = activity.resource_link_id == launch.resource_link.pk
    is_rater = sheet.assigned_to_id == launch.person.pk
    following = _following(row) if is_rater and is_here else None
    mine = reverse("osce:my_stations", args=[activity.key]) if is_here else ""
    board = activity.get_absolute_url() if is_here else ""
    return Surroundings(
        template="osce/_sheet_head.html",
        context={
            "row": row,
            "encounter": encounter,
            "next": following,
            "is_rater": is_rater,
            "papers": encounter.station.papers(PAPERS[SheetRole(row.role)]),
            "is_self": row.role == SheetRole.SELF,
            "has_clock": is_here and row.role != SheetRole.SELF,
            "help": HelpRequest.Kind.choices if is_rater else [],
        },
        back_url=mine if is_rater else board,
        back_words=_("My stations") if is_rater else str(activity),
        done_url=following.sheet.get_absolute_url() if following else f"{mine}?done=submitted",
        submit_words=_("Submit and next") if following else _("Submit"),
    )


_ORDER = ("encounter__rotation", "encounter__round", "pk")


def _rows() -> Any:
    return EncounterSheet.objects.select_related(*ROWS)


def _following(row: EncounterSheet) -> EncounterSheet | None:
    """The next of the same rater in the same session that nobody has submitted and that takes place."""
    encounter = row.encounter
    if encounter.round is None:
        return None
    others = _rows().filter(
        encounter__session=encounter.session,
        encounter__state=Encounter.State.PLANNED,
        sheet__assigned_to=row.sheet.assigned_to_id,
        sheet__state=MarkSheet.State.DRAFT,
    )
    later = others.filter(encounter__rotation=encounter.rotation, encounter__round__gt=encounter.round)
    later |= others.filter(encounter__rotation__gt=encounter.rotation)
    return later.order_by(*_ORDER).first()


def _lines(session: Session, rows: Iterable[EncounterSheet]) -> list[Line]:
    starts = {(it.circuit, it.rotation, it.number): session.at(it.starts) for it in timetable.rounds(session)}
    return [
        Line(row, starts.get((row.encounter.circuit_id, row.encounter.rotation, row.encounter.round or 0)))
        for row in rows
    ]


def why_withheld(sheet: MarkSheet) -> str:
    """Candidates rate themselves when nobody is examined any more: the sheet shows what examiners look for."""
    rows = EncounterSheet.objects.filter(sheet=sheet, role=SheetRole.SELF)
    row = rows.select_related("encounter__session__exam").first()
    if row is None or running.is_over(row.encounter.session):
        return ""
    return _("You rate yourself here once the session is over, and not before.")


def has_any(exam: Exam, person: Any) -> bool:
    """Whether something of the exam is this person's to fill."""
    return EncounterSheet.objects.filter(encounter__session__exam=exam, sheet__assigned_to=person).exists()
