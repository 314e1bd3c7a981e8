"""Pass and fail by a conjunctive rule."""

import numpy as np
import pytest

from assessments.measurement import exam_rule, reliability, standard_setting
from assessments.measurement.exam_rule import Rule, decide
from assessments.measurement.undefined import Reason, Undefined, undefined


@pytest.fixture
def exam(constructed):
    data, expected = constructed
    marks = np.array([station["marks"] for station in data.values()]).T
    cuts = [
        standard_setting.borderline_regression(station["marks"], station["grades"], 1).cut.value
        for station in data.values()
    ]
    return marks, cuts, expected["exam"]


def passing(decisions):
    return sum(row.passed for row in decisions.candidates)


def test_rule_of_the_constructed_exam(exam):
    """There the total is the mean of four stations; here it is their sum."""
    marks, cuts, expected = exam
    sem = reliability.sem_of_total(marks)

    at_cut = decide(marks, cuts, Rule(), sem=sem)
    with_sem = decide(marks, cuts, Rule(z=1), sem=sem)
    both = decide(marks, cuts, Rule(z=1, least_stations=3), sem=sem)

    assert reliability.cronbach_alpha(marks) == pytest.approx(expected["alpha"], abs=5e-5)
    assert sem / 4 == pytest.approx(expected["SEM"], abs=5e-5)
    assert at_cut.pass_mark / 4 == pytest.approx(expected["cut"], abs=5e-5)
    assert with_sem.pass_mark / 4 == pytest.approx(expected["cut_plus_1SEM"], abs=5e-5)
    assert passing(at_cut) == expected["pass_at_cut"]
    assert passing(with_sem) == expected["pass_at_cut_plus_SEM"]
    assert passing(both) == expected["conjunctive_cutSEM_and_3of4"]
    counts = np.bincount([row.stations_passed for row in at_cut.candidates])
    assert {str(n): int(count) for n, count in enumerate(counts)} == expected["stations_passed_distribution"]


def test_each_condition_fails_by_itself():
    cuts = [5.0, 5.0, 5.0]
    marks = [[5, 5, 5], [4, 10, 10], [10, 3, 3], [5, 5, 4.9]]

    rows = decide(marks, cuts, Rule(least_stations=2, must_pass=(0,)), sem=0.0).candidates

    assert [row.passed for row in rows] == [True, False, False, False]
    told = [(row.reaches_total, row.reaches_stations, row.misses_must_pass) for row in rows]
    assert told == [(True, True, False), (True, True, True), (True, False, False), (False, True, False)]


def test_barred_station_is_not_passed_whatever_its_marks():
    barred = np.array([[True, False], [False, False]])

    rows = decide([[9, 9], [9, 9]], [5.0, 5.0], Rule(must_pass=(0,)), sem=0.0, barred=barred).candidates

    assert [(row.passed, row.stations_passed) for row in rows] == [(False, 1), (True, 2)]


def test_absent_is_never_zero():
    [row, whole] = decide([[9, np.nan], [9, 9]], [5.0, 5.0], Rule(), sem=0.0).candidates

    assert row.passed is None
    assert (row.total.reason, row.stations_passed) == (Reason.INCOMPLETE, 1)
    assert row.total.sentence == "1 of the counted stations have no mark, so nothing is decided yet."
    assert whole.passed is True


def test_nobody_is_decided_without_a_cut_or_its_error():
    no_cut = decide([[9, 9]], [5.0, undefined(Reason.SLOPE)], Rule(), sem=1.0)
    no_sem = decide([[9, 9]], [5.0, 5.0], Rule(z=1), sem=undefined(Reason.ONE_STATION))

    assert (no_cut.pass_mark.reason, no_cut.candidates[0].passed) == (Reason.SLOPE, None)
    assert (no_sem.pass_mark.reason, no_sem.candidates[0].passed) == (Reason.ONE_STATION, None)
    without = decide([[9, 9]], [5.0, 5.0], Rule(z=0), sem=undefined(Reason.ONE_STATION))
    assert without.candidates[0].passed is True


def test_floating_point_decides_nobodys_exam():
    [row] = decide([[0.1, 0.2]], [0.15, 0.15], Rule(), sem=0.0).candidates
    assert 0.1 + 0.2 != 0.3

    assert row.passed is True


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="as many cuts"):
        decide([[1, 2]], [1.0], Rule(), sem=0.0)
    with pytest.raises(ValueError, match="one of the exam"):
        decide([[1, 2]], [1.0, 1.0], Rule(must_pass=(2,)), sem=0.0)


def test_nobody_sat_the_exam():
    found = decide(np.empty((0, 2)), [1.0, 1.0], Rule(), sem=0.0)

    assert found.candidates == ()
    assert exam_rule.pass_mark([], 0.0, 0) == 0
    assert not isinstance(found.pass_mark, Undefined)
