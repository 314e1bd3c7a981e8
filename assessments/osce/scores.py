"""What was marked in an exam, for results. The same handful of queries however many candidates."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from assessments.activities.models import Activity
from assessments.marking.models import Mark, MarkSheet
from assessments.osce.models import Encounter, EncounterSheet, Exam, SheetRole, Station
from assessments.results.scores import Assessed, Gap, Part, Rater, Rating, Scores
from assessments.rubrics.models import Criterion, Rubric

RATERS = {
    SheetRole.EXAMINER: Rater.FIRST,
    SheetRole.SECOND: Rater.SECOND,
    SheetRole.PATIENT: Rater.PATIENT,
}


def read(activity: Activity) -> Scores:
    """Of every published session. Rests are no stations here; pilots are, and count in nothing."""
    exam = Exam.objects.get(activity=activity)
    candidates = list(exam.candidates.present().select_related("person"))
    stations = list(
        exam.stations.exclude(kind=Station.Kind.REST)
        .select_related("rubric")
        .prefetch_related("rubric__criteria__levels")
    )
    rows = {candidate.pk: place for place, candidate in enumerate(candidates)}
    columns = {station.pk: place for place, station in enumerate(stations)}
    encounters = {
        row.pk: row
        for row in Encounter.objects.filter(session__exam=exam, session__published_at__isnull=False)
        .filter(post__isnull=False, candidate__in=rows, station__in=columns)
        .select_related("circuit")
    }
    groups = [[""] * len(stations) for _row in candidates]
    gaps = {}
    for row in encounters.values():
        at = (rows[row.candidate_id], columns[row.station_id])
        groups[at[0]][at[1]] = row.circuit.title
        if row.state != Encounter.State.PLANNED:
            gaps[at] = Gap(row.state, row.reason)
    sheets = [
        row
        for row in EncounterSheet.objects.filter(
            encounter__session__exam=exam,
            encounter__session__published_at__isnull=False,
            encounter__state=Encounter.State.PLANNED,
            role__in=RATERS,
        ).select_related("sheet", "staff__person")
        if row.encounter_id in encounters
    ]
    filled = _filled([row.sheet for row in sheets if row.sheet.is_submitted])
    ratings = []
    for sheet in sheets:
        if not sheet.sheet.is_submitted:
            continue
        encounter = encounters[sheet.encounter_id]
        share, grade, misses = filled[sheet.sheet_id]
        ratings.append(
            Rating(
                candidate=rows[encounter.candidate_id],
                part=columns[encounter.station_id],
                sheet=sheet.sheet_id,
                rater=RATERS[SheetRole(sheet.role)],
                name=sheet.staff.display_name if sheet.staff else "",
                share=share,
                grade=grade,
                misses_critical=misses,
                concern=sheet.sheet.concern,
            )
        )
    return Scores(
        candidates=[Assessed(row.person, row.code, has_extra_time=row.extra_time > 0) for row in candidates],
        parts=[_part(station) for station in stations],
        ratings=ratings,
        groups=groups,
        gaps=gaps,
        missing=sum(not row.sheet.is_submitted and row.role != SheetRole.PATIENT for row in sheets),
        open=tuple(_open(exam)),
    )


def _part(station: Station) -> Part:
    rating = station.rubric.global_rating if station.rubric else None
    levels = rating.levels.all() if rating else []
    return Part(
        key=station.key,
        title=station.title,
        weight=float(station.weight),
        is_counted=station.is_counted and station.weight > 0,
        is_must_pass=station.is_must_pass,
        borderline=next((float(level.points) for level in levels if level.is_borderline), None),
    )


def _open(exam: Exam) -> Iterable[str]:
    published = exam.sessions.filter(published_at__isnull=False)
    if not published:
        yield _("No session is published yet.")
    for session in published:
        if not session.is_locked:
            yield _("The session “%(title)s” is not locked yet.") % {"title": session.title}


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
