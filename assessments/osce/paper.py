"""Paper sheets for exactly what is not marked yet, as one PDF. It prints what a tablet shows: no weights, nobody else's marks."""

from typing import Any

from django.utils.translation import get_language

from assessments.activities.printing import printed
from assessments.marking.models import MarkSheet
from assessments.osce import timetable
from assessments.osce.models import Circuit, Encounter, EncounterSheet, Session, SheetRole
from assessments.rubrics.outline import by_kind, outline

PRINTED = (SheetRole.EXAMINER, SheetRole.SECOND, SheetRole.PATIENT)


def unmarked(session: Session, circuit: Circuit | None = None) -> list[EncounterSheet]:
    """The sheets that are not submitted, of encounters that take place, in the order of rooms and time."""
    rows = EncounterSheet.objects.filter(
        encounter__session=session,
        encounter__state=Encounter.State.PLANNED,
        role__in=PRINTED,
        sheet__state=MarkSheet.State.DRAFT,
    )
    if circuit:
        rows = rows.filter(encounter__circuit=circuit)
    order = (
        "encounter__circuit__place",
        "encounter__station__place",
        "encounter__rotation",
        "encounter__round",
        "pk",
    )
    return list(
        rows.select_related(
            "encounter__candidate__person",
            "encounter__station",
            "encounter__circuit",
            "encounter__post",
            "staff__person",
            "sheet__rubric",
        )
        .prefetch_related("sheet__rubric__criteria__levels", "sheet__rubric__statements")
        .order_by(*order)
    )


def pdf(session: Session, rows: list[EncounterSheet]) -> bytes:
    """Each sheet begins on a page of its own. About a tenth of a second a sheet: ask for one circuit at a time."""
    starts = {(it.circuit, it.rotation, it.number): session.at(it.starts) for it in timetable.rounds(session)}
    pages = [_page(row, starts) for row in rows]
    told = {"session": session, "pages": pages, "language": get_language()}
    return printed("osce/paper_sheets.html", told)


def _page(row: EncounterSheet, starts: dict[Any, Any]) -> dict[str, Any]:
    rubric = row.sheet.rubric
    encounter = row.encounter
    return {
        "row": row,
        "encounter": encounter,
        "starts_at": starts.get((encounter.circuit_id, encounter.rotation, encounter.round)),
        "outline": outline(rubric.criteria.all(), lambda criterion: criterion),
        "statements": by_kind(rubric.statements.all()),
    }
