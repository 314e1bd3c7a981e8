"""How an exam did: its marks as arrays, its stations, and who would pass by a rule."""

from decimal import Decimal

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assessments.measurement.undefined import Undefined
from assessments.osce import on_the_day
from assessments.osce.models import EncounterSheet, Exam, SheetRole
from assessments.osce.scores import read
from assessments.results import moderating
from assessments.results.quality import quality
from assessments.rubrics.models import Criterion
from lti_tool.models import Role
from tests import exams, factories
from tests.assessments.moderating import MARKS, PATTERN, Moderator, add_second, fill, hand_in

pytestmark = pytest.mark.django_db


def session_of(exam):
    return exams.published(exam)


def look(exam, *, z=0, least_stations=0):
    """How the exam did under this rule."""
    moderating.set_rule(activity=exam.activity, by=None, z=Decimal(z), least_parts=least_stations)
    return quality(moderating.standing(exam.activity))


def stand(exam):
    return moderating.standing(exam.activity)


@pytest.fixture
def session():
    return session_of(exams.exam(stations=2, candidates=5))


def test_marks_and_grades_of_every_station(session):
    fill(session, PATTERN)

    found = stand(session.exam)

    assert [row.code for row in found.scores.candidates] == [f"C-00{n}" for n in range(1, 6)]
    assert found.marks.tolist() == MARKS
    assert found.grades.tolist() == [[0, 0], [1, 1], [1, 2], [2, 2], [3, 3]]
    assert (len(found.scores.ratings), found.scores.missing) == (10, 0)
    assert found.scores.parts[0].borderline == 1
    assert found.scores.groups == [["Circuit A", "Circuit A"]] * 5
    assert found.scores.sheets_of == {"Examiner A1": 5, "Examiner A2": 5}


def test_marks_are_those_of_the_sheets(session):
    """Weights, and what was not applicable: computed here for all at once, on the sheet for itself."""
    first, second, _rating = Criterion.objects.all()
    Criterion.objects.filter(pk=first.pk).update(weight=Decimal("2.5"))
    Criterion.objects.filter(pk=second.pk).update(allows_not_applicable=True)
    fill(session, [[(2, "na", 2), (1, 2, 2)]] + [[(1, 1, 1), (0, 2, 1)]] * 4)

    marks = stand(session.exam).marks

    for row, candidate in enumerate(session.exam.candidates.all()):
        for column, station in enumerate(session.exam.stations.all()):
            sheet = exams.sheet_of(session, candidate, station)
            assert marks[row, column] == pytest.approx(float(100 * sheet.total / sheet.maximum))
    assert marks[0, 0] == 100


def test_missing_absent_and_void_are_no_zeros(session):
    exam = session.exam
    fill(session, [[None, (2, 2, 3)], [None, None], *PATTERN[2:]])
    on_the_day.mark_absent(candidate=exam.candidates.get(number=2), by=None)

    standing = stand(exam)

    assert np.isnan(standing.marks[:2, 0]).all()
    assert standing.scores.missing == 1
    assert [gap.state for gap in standing.scores.gaps.values()] == ["absent", "absent"]
    found = look(exam)
    decided = [line.decision for line in found.lines]
    assert [row.passed is None for row in decided] == [True, True, False, False, False]
    assert found.undecided == 2


def test_two_examiners_count_as_their_mean(session):
    exam = session.exam
    sheet = add_second(session, 1)
    fill(session, PATTERN)
    hand_in(sheet, 2, 2, grade=3)

    moderating.set_rule(activity=exam.activity, by=None, resolving="mean")
    found = stand(exam)

    assert (found.marks[0, 0], found.grades[0, 0]) == (50, 1.5)
    assert [row.name for row in found.scores.of_place[0, 0]] == ["Examiner A1", "Second"]


def test_simulated_patients_stand_beside_and_count_in_nothing(session):
    exam = session.exam
    sheet = add_second(session, 1, role=SheetRole.PATIENT)
    fill(session, PATTERN)
    hand_in(sheet, 2, 2, grade=3)

    found = stand(exam)

    assert (found.marks[0, 0], found.patients[0, 0]) == (0, 100)
    assert look(exam).rows[0].patients.spread.n == 1


def test_exam_is_weighed_and_decided(session):
    exam = session.exam
    first, second = exam.stations.all()
    first.weight, second.is_must_pass = 3, True
    first.save()
    second.save()
    fill(session, PATTERN)

    found = look(exam, least_stations=2)

    totals = [line.decision.total for line in found.lines]
    assert totals == pytest.approx([0.75 * a + 0.25 * b for a, b in MARKS])
    cuts = [row.cut.value for row in found.rows]
    assert found.pass_mark == pytest.approx(0.75 * cuts[0] + 0.25 * cuts[1])
    assert [line.decision.passed for line in found.lines] == [False, False, True, True, True]
    assert (found.passing, found.failing) == (3, 2)
    stricter = look(exam, z=2, least_stations=2)
    assert stricter.pass_mark == pytest.approx(found.pass_mark + 2 * found.sem)


def test_pilot_has_a_row_and_counts_in_nothing(session):
    exam = session.exam
    fill(session, PATTERN)
    whole = look(exam)
    exam.stations.filter(place=1).update(is_pilot=True)

    found = look(exam)

    assert [line.decision.total for line in found.lines] == [a for a, _b in MARKS]
    assert found.rows[1].cut == whole.rows[1].cut
    assert isinstance(found.alpha, Undefined)  # one station alone


def test_missed_critical_item_bars_the_station(session):
    exam = session.exam
    Criterion.objects.filter(position=0, rubric=exam.stations.first().rubric).update(is_critical=True)
    fill(session, [*PATTERN[:4], [(0, 2, 3), (2, 2, 3)]])

    found = look(exam)

    assert [line.decision.stations_passed for line in found.lines][-1] == 1
    assert found.lines[3].decision.stations_passed == 2


def test_page_says_what_is_there_and_why_not(client, session):
    planner = Moderator(client, session.exam)
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
    assert tried.context["found"].pass_mark < page.context["found"].pass_mark
    assert planner.get("quality").content == page.content  # it changes nothing


def test_rubric_without_a_borderline_has_no_cut(client):
    exam = exams.exam(stations=2, candidates=3)
    rubric = factories.published(exam.activity.context, factories.criterion(), title="Plain")
    exam.stations.update(rubric=rubric)
    session = session_of(exam)
    for row in EncounterSheet.objects.all():
        exams.hand_in(row.sheet)

    page = Moderator(client, session.exam).get("quality").text

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
            read(exam.activity)
        return len(seen)

    assert queries(2) == queries(8) <= 12


def test_quality_is_for_teachers(client, session):
    assert Moderator(client, session.exam, Role.TEACHING_ASSISTANT).get("quality").status_code == 403
