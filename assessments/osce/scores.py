"""The marks of an exam as arrays, for measurement. The same handful of queries however many candidates."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from assessments.marking.models import Mark, MarkSheet
from assessments.measurement.arrays import Floats
from assessments.osce.models import Candidate, Encounter, EncounterSheet, Exam, SheetRole, Station
from assessments.rubrics.models import Criterion, Rubric

EXAMINERS = (SheetRole.EXAMINER, SheetRole.SECOND)


@dataclass(frozen=True)
class ExamScores:
    """Arrays are candidates × stations, NaN where nothing is submitted.

    `marks`: per cent of what the sheet could give, the mean where two examiners marked; `grades`: points of the global rating,
    likewise; `patients`: the simulated patients' sheets in per cent; `missed`: whether a critical item was missed. `circuits` and
    `examiners` name where and by whom, "" where there was no encounter. `missing` sheets are still to come.
    """

    candidates: list[Candidate]
    stations: list[Station]
    marks: Floats
    grades: Floats
    patients: Floats
    missed: Floats
    circuits: list[list[str]]
    examiners: list[list[str]]
    submitted: int
    missing: int
    states: Counter[str]

    def borderline(self, place: int) -> float | None:
        """The points of the borderline grade of a station's rubric; None where it has none."""
        rubric = self.stations[place].rubric
        rating = rubric.global_rating if rubric else None
        levels = rating.levels.all() if rating else []
        return next((float(level.points) for level in levels if level.is_borderline), None)


def read(exam: Exam) -> ExamScores:
    """Of every published session. Rests are no stations here; pilots are."""
    candidates = list(exam.candidates.present().select_related("person"))
    stations = list(
        exam.stations.exclude(kind=Station.Kind.REST)
        .select_related("rubric")
        .prefetch_related("rubric__criteria__levels")
    )
    encounters = Encounter.objects.filter(session__exam=exam, session__published_at__isnull=False)
    places = {
        row.pk: (row.candidate_id, row.station_id, row.circuit.title, row.state)
        for row in encounters.filter(post__isnull=False).select_related("circuit")
    }
    sheets = list(
        EncounterSheet.objects.filter(encounter__in=list(places))
        .exclude(role=SheetRole.SELF)
        .select_related("sheet", "staff__person")
    )
    filled = _filled([row.sheet for row in sheets if row.sheet.is_submitted])
    size = (len(candidates), len(stations))
    rows = {candidate.pk: place for place, candidate in enumerate(candidates)}
    columns = {station.pk: place for place, station in enumerate(stations)}
    kinds = {name: np.full(size, np.nan) for name in ("marks", "grades", "patients", "missed")}
    found: dict[tuple[str, int, int], list[float]] = {}
    circuits = [[""] * size[1] for _row in candidates]
    examiners = [[""] * size[1] for _row in candidates]
    missing = 0
    for row in sheets:
        candidate, station, circuit, state = places[row.encounter_id]
        if candidate not in rows or station not in columns:
            continue
        at = (rows[candidate], columns[station])
        circuits[at[0]][at[1]] = circuit
        if state != Encounter.State.PLANNED:
            continue
        if not row.sheet.is_submitted:
            missing += 1
            continue
        share, grade, is_missed = filled[row.sheet_id]
        if row.role not in EXAMINERS:
            found.setdefault(("patients", *at), []).append(share)
            continue
        if row.role == SheetRole.EXAMINER and row.staff:
            examiners[at[0]][at[1]] = row.staff.display_name
        found.setdefault(("marks", *at), []).append(share)
        found.setdefault(("missed", *at), []).append(float(is_missed))
        if grade is not None:
            found.setdefault(("grades", *at), []).append(grade)
    for (name, *place), values in found.items():
        kinds[name][tuple(place)] = max(values) if name == "missed" else sum(values) / len(values)
    states = Counter(state for *_place, state in places.values())
    submitted = sum(row.sheet.is_submitted for row in sheets)
    return ExamScores(
        candidates,
        stations,
        kinds["marks"],
        kinds["grades"],
        kinds["patients"],
        kinds["missed"],
        circuits,
        examiners,
        submitted,
        missing,
        states,
    )


def _filled(sheets: Iterable[MarkSheet]) -> dict[int, tuple[float, float | None, bool]]:
    """Of each sheet its marks in per cent, its global grade, and whether a critical item was missed: as MarkSheet has it."""
    sheets = list(sheets)
    rubrics = Rubric.objects.filter(pk__in={sheet.rubric_id for sheet in sheets}).prefetch_related(
        "criteria__levels"
    )
    criteria: dict[int, Criterion] = {row.pk: row for rubric in rubrics for row in rubric.criteria.all()}
    whole = {rubric.pk: rubric.maximum for rubric in rubrics}
    maxima = {pk: row.maximum for pk, row in criteria.items()}
    levels = {level.pk: level for row in criteria.values() for level in row.levels.all()}
    totals = {sheet.pk: Decimal(0) for sheet in sheets}
    most = {sheet.pk: whole[sheet.rubric_id] for sheet in sheets}
    grades: dict[int, float] = {}
    missed: set[int] = set()
    marks: Any = Mark.objects.filter(sheet__in=totals).values_list(
        "sheet", "criterion", "level", "is_not_applicable"
    )
    for sheet, criterion, chosen, is_not_applicable in marks.iterator(chunk_size=5_000):
        row = criteria[criterion]
        if is_not_applicable:
            most[sheet] -= maxima[criterion]
        if chosen is None:
            continue
        level = levels[chosen]
        totals[sheet] += row.points_for(level)
        if row.is_global_rating:
            grades[sheet] = float(level.points)
        elif row.is_missed_with(level):
            missed.add(sheet)
    return {
        pk: (float(100 * total / most[pk]) if most[pk] else float("nan"), grades.get(pk), pk in missed)
        for pk, total in totals.items()
    }
