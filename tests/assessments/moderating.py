"""A teacher's browser on the results of an exam, and marks to decide on."""

from django.urls import reverse

from assessments.marking import marking
from assessments.osce import publishing
from assessments.osce.models import EncounterSheet, SheetRole
from tests import exams
from tests.assessments.test_exam_pages import Planner

# Levels give 0, 1 and 2 points; grades are fail 0, borderline 1, pass 2, excellent 3.
PATTERN = [
    [(0, 0, 0), (0, 1, 0)],
    [(1, 0, 1), (1, 0, 1)],
    [(1, 1, 1), (1, 1, 2)],
    [(2, 1, 2), (1, 2, 2)],
    [(2, 2, 3), (2, 2, 3)],
]
MARKS = [[0, 25], [25, 25], [50, 50], [75, 75], [100, 100]]


class Moderator(Planner):
    def url(self, name, *arguments):
        return reverse(f"results:{name}", args=[self.exam.activity.key, *arguments])


def hand_in(sheet, *levels, grade=None):
    """The criteria in their order get the levels at these places; the global rating the one at `grade`."""
    counted = [row for row in sheet.rubric.criteria.all() if not row.is_global_rating]
    chosen = dict(zip(counted, levels, strict=True))
    if grade is not None:
        chosen[sheet.rubric.global_rating] = grade
    for criterion, place in chosen.items():
        answer = (
            {"is_not_applicable": True} if place == "na" else {"level": list(criterion.levels.all())[place]}
        )
        sheet = marking.mark(sheet=sheet, criterion=criterion, by=sheet.assigned_to, **answer)
    return marking.submit(sheet=sheet, by=sheet.assigned_to, revision=sheet.revision)


def fill(session, pattern):
    """`pattern`: by candidate and station in their order, the two levels and the grade; None leaves the sheet open."""
    exam = session.exam
    for candidate, row in zip(exam.candidates.all(), pattern, strict=True):
        for station, cell in zip(exam.stations.all(), row, strict=True):
            if cell is not None:
                *levels, grade = cell
                hand_in(exams.sheet_of(session, candidate, station), *levels, grade=grade)


def add_second(session, number, place=0, *, role=SheetRole.SECOND, name="Second"):
    """Another rater's open sheet on the encounter of a candidate at a station."""
    station = session.exam.stations.get(place=place)
    encounter = session.encounters.get(candidate__number=number, station=station)
    staff = exams.staff(session.exam, name)
    [sheet] = marking.open_sheets(
        rubric=station.rubric, places=[(encounter.candidate.person, staff.person)], by=None
    )
    EncounterSheet.objects.create(encounter=encounter, role=role, staff=staff, sheet=sheet)
    return sheet


def locked_exam(pattern=PATTERN, **more):
    """An exam of two stations whose session is marked by the pattern and locked."""
    session = exams.published(exams.exam(stations=2, candidates=len(pattern), **more))
    fill(session, pattern)
    publishing.lock(session=session, by=None)
    return session.exam
