"""How an exam did: its marks as arrays, its stations, and who would pass by a rule."""

from decimal import Decimal

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assessments.marking import marking
from assessments.measurement.undefined import Undefined
from assessments.osce import on_the_day
from assessments.osce.models import EncounterSheet, Exam, SheetRole
from assessments.osce.quality import quality
from assessments.osce.scores import read
from assessments.rubrics.models import Criterion
from lti_tool.models import Role
from tests import exams, factories
from tests.assessments.test_exam_pages import Planner

pytestmark = pytest.mark.django_db


def session_of(exam):
    return exams.published(exam)


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


# Levels give 0, 1 and 2 points; grades are fail 0, borderline 1, pass 2, excellent 3.
PATTERN = [
    [(0, 0, 0), (0, 1, 0)],
    [(1, 0, 1), (1, 0, 1)],
    [(1, 1, 1), (1, 1, 2)],
    [(2, 1, 2), (1, 2, 2)],
    [(2, 2, 3), (2, 2, 3)],
]
MARKS = [[0, 25], [25, 25], [50, 50], [75, 75], [100, 100]]


@pytest.fixture
def session():
    return session_of(exams.exam(stations=2, candidates=5))


def test_marks_and_grades_of_every_station(session):
    fill(session, PATTERN)

    scores = read(session.exam)

    assert [row.number for row in scores.candidates] == [1, 2, 3, 4, 5]
    assert scores.marks.tolist() == MARKS
    assert scores.grades.tolist() == [[0, 0], [1, 1], [1, 2], [2, 2], [3, 3]]
    assert (scores.submitted, scores.missing) == (10, 0)
    assert scores.borderline(0) == 1
    assert scores.circuits == [["Circuit A", "Circuit A"]] * 5
    assert {row[0] for row in scores.examiners} == {"Examiner A1"}


def test_marks_are_those_of_the_sheets(session):
    """Weights, and what was not applicable: computed here for all at once, on the sheet for itself."""
    first, second, _rating = Criterion.objects.all()
    Criterion.objects.filter(pk=first.pk).update(weight=Decimal("2.5"))
    Criterion.objects.filter(pk=second.pk).update(allows_not_applicable=True)
    fill(session, [[(2, "na", 2), (1, 2, 2)]] + [[(1, 1, 1), (0, 2, 1)]] * 4)

    scores = read(session.exam)

    for row, candidate in enumerate(scores.candidates):
        for column, station in enumerate(scores.stations):
            sheet = exams.sheet_of(session, candidate, station)
            assert scores.marks[row, column] == pytest.approx(float(100 * sheet.total / sheet.maximum))
    assert scores.marks[0, 0] == 100


def test_missing_absent_and_void_are_no_zeros(session):
    exam = session.exam
    fill(session, [[None, (2, 2, 3)], [None, None], *PATTERN[2:]])
    on_the_day.mark_absent(candidate=exam.candidates.get(number=2), by=None)

    scores = read(exam)

    assert np.isnan(scores.marks[:2, 0]).all()
    assert (scores.missing, scores.states["absent"]) == (1, 2)
    found = quality(scores, z=0, least_stations=0)
    decided = [line.decision for line in found.lines]
    assert [row.passed is None for row in decided] == [True, True, False, False, False]
    assert found.undecided == 2


def test_two_examiners_count_as_their_mean(session):
    exam = session.exam
    encounter = session.encounters.get(candidate__number=1, station=exam.stations.first())
    second = exams.staff(exam, "Second")
    [sheet] = marking.open_sheets(
        rubric=exam.stations.first().rubric, places=[(encounter.candidate.person, second.person)], by=None
    )
    EncounterSheet.objects.create(encounter=encounter, role=SheetRole.SECOND, staff=second, sheet=sheet)
    fill(session, PATTERN)
    hand_in(sheet, 2, 2, grade=3)

    scores = read(exam)

    assert (scores.marks[0, 0], scores.grades[0, 0]) == (50, 1.5)
    assert scores.examiners[0][0] == "Examiner A1"


def test_simulated_patients_stand_beside_and_count_in_nothing(session):
    exam = session.exam
    encounter = session.encounters.get(candidate__number=1, station=exam.stations.first())
    played = exams.staff(exam, "Pat")
    [sheet] = marking.open_sheets(
        rubric=exam.stations.first().rubric, places=[(encounter.candidate.person, played.person)], by=None
    )
    EncounterSheet.objects.create(encounter=encounter, role=SheetRole.PATIENT, staff=played, sheet=sheet)
    fill(session, PATTERN)
    hand_in(sheet, 2, 2, grade=3)

    scores = read(exam)

    assert (scores.marks[0, 0], scores.patients[0, 0]) == (0, 100)
    assert quality(scores, z=0, least_stations=0).rows[0].patients.spread.n == 1


def test_exam_is_weighed_and_decided(session):
    exam = session.exam
    first, second = exam.stations.all()
    first.weight, second.is_must_pass = 3, True
    first.save()
    second.save()
    fill(session, PATTERN)

    found = quality(read(exam), z=0, least_stations=2)

    totals = [line.decision.total for line in found.lines]
    assert totals == pytest.approx([0.75 * a + 0.25 * b for a, b in MARKS])
    cuts = [row.cut for row in found.rows]
    assert found.decisions.pass_mark == pytest.approx(0.75 * cuts[0] + 0.25 * cuts[1])
    assert [line.decision.passed for line in found.lines] == [False, False, True, True, True]
    assert (found.passing, found.failing) == (3, 2)
    stricter = quality(read(exam), z=2, least_stations=2)
    assert stricter.decisions.pass_mark == pytest.approx(found.decisions.pass_mark + 2 * found.sem)


def test_pilot_has_a_row_and_counts_in_nothing(session):
    exam = session.exam
    fill(session, PATTERN)
    whole = quality(read(exam), z=0, least_stations=0)
    exam.stations.filter(place=1).update(is_pilot=True)

    found = quality(read(exam), z=0, least_stations=0)

    assert [line.decision.total for line in found.lines] == [a for a, _b in MARKS]
    assert found.rows[1].cut == whole.rows[1].cut
    assert isinstance(found.alpha, Undefined)  # one station alone


def test_missed_critical_item_bars_the_station(session):
    exam = session.exam
    Criterion.objects.filter(position=0, rubric=exam.stations.first().rubric).update(is_critical=True)
    fill(session, [*PATTERN[:4], [(0, 2, 3), (2, 2, 3)]])

    found = quality(read(exam), z=0, least_stations=0)

    assert [line.decision.stations_passed for line in found.lines][-1] == 1
    assert found.lines[3].decision.stations_passed == 2


def test_page_says_what_is_there_and_why_not(client, session):
    planner = Planner(client, session.exam)
    empty = planner.get("quality")
    fill(session, [*PATTERN[:4], [None, (2, 2, 3)]])

    page = planner.get("quality")
    wrong = planner.get("quality", z="9", least="x")
    tried = planner.get("quality", z="0", least="2")

    assert "Nothing is marked yet." in empty.text
    assert "1 sheet is not submitted yet: everything below may still change." in page.text
    assert "1 of the counted stations have no mark, so nothing is decided yet." in page.text
    assert "There is only one group, so groups cannot be compared." in page.text
    assert "nan" not in page.text.replace("Finance", "")
    assert (page.status_code, wrong.status_code, tried.status_code) == (200, 400, 200)
    assert tried.context["found"].decisions.pass_mark < page.context["found"].decisions.pass_mark
    assert planner.get("quality").content == page.content  # it changes nothing


def test_rubric_without_a_borderline_has_no_cut(client):
    exam = exams.exam(stations=2, candidates=3)
    rubric = factories.published(exam.activity.context, factories.criterion(), title="Plain")
    exam.stations.update(rubric=rubric)
    session = session_of(exam)
    for row in EncounterSheet.objects.all():
        exams.hand_in(row.sheet)

    page = Planner(client, session.exam).get("quality").text

    assert "The rubric has no global rating with a borderline grade" in page
    assert "There is no pass mark, so nobody is decided. 2 stations that count have no cut" in page
    assert "Station 1, Station 2" in page


def test_same_number_of_queries_however_many_candidates():
    def queries(candidates):
        session = session_of(exams.exam(stations=2, candidates=candidates))
        for row in EncounterSheet.objects.filter(encounter__session=session):
            exams.hand_in(row.sheet)
        exam = Exam.objects.select_related("activity").get(pk=session.exam_id)
        with CaptureQueriesContext(connection) as seen:
            read(exam)
        return len(seen)

    assert queries(2) == queries(8) <= 12


def test_quality_is_for_teachers(client, session):
    assert Planner(client, session.exam, Role.TEACHING_ASSISTANT).get("quality").status_code == 403
