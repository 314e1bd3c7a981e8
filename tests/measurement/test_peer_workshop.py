"""Moodle Workshop's numbers, digit for digit; and why they grade nobody here."""

import numpy as np
import pytest

from assessments.measurement import workshop_grades as workshop
from assessments.measurement.undefined import Reason
from tests.measurement.test_standard_setting import why


@pytest.fixture(scope="module")
def moodle(golden):
    return golden("moodle_workshop")


def best(case):
    lowest, highest = zip(*case["minmax"], strict=True)
    weights = case["dim_weights"], case["assessment_weights"]
    return workshop.best(case["grades"], lowest, highest, *weights, comparison=case["comparison"])


@pytest.mark.parametrize("place", range(15))
def test_best_is_moodles(moodle, place):
    case = moodle["cases"][place]

    found = best(case)

    expected = case["out"]
    assert found.averages == pytest.approx(expected["avg"], abs=1e-9)
    assert found.variances == pytest.approx(expected["var"])
    assert found.distances == pytest.approx(expected["dist"], abs=1e-9)
    assert [place for place, is_best in enumerate(found.is_best) if is_best] == expected["best"]
    assert found.grades == pytest.approx(expected["gradinggrade"], abs=1e-9)
    assert len(moodle["cases"]) == 15


def test_parts_of_best_are_those_of_moodles_unit_tests(moodle):
    unit = moodle["unit"]

    for dimension in unit["weighted_variance"].values():
        column = np.array(dimension["values"])[:, None]
        assert workshop.weighted_variance(column, dimension["weights"]) == pytest.approx(dimension["var"])
    scale, points = unit["normalize"]["dim3 (1..3)"], unit["normalize"]["dim4 (0..20)"]
    normal = workshop.normalised(np.array([scale["in"], points["in"]]).T, [1, 0], [3, 20])
    assert normal.T.tolist() == [scale["out"], points["out"]]
    equal = unit["distance_equal"]
    away = workshop.distances(
        [equal["a1"], equal["a2"]], equal["ref"], equal["var"], [1, 1], equal["comparison"]
    )
    assert away.tolist() == equal["ours"]


def test_average_assessment_is_weighted_as_in_moodles_unit_test(moodle):
    unit = moodle["unit"]["average_different_weights"]

    found = workshop.best(unit["rows"], [0] * 3, [100] * 3, [1] * 3, unit["weights"])

    assert found.averages == pytest.approx(unit["expected"], abs=1e-9)


@pytest.mark.parametrize("place", range(4))
def test_numerrors_is_moodles(moodle, place):
    case = moodle["unit"]["numerrors"][place]
    failed = [number in case["errors_at"] for number in range(3)]

    found = workshop.numerrors(
        failed, case["weights"], {int(errors): grade for errors, grade in case["map"].items()}
    )

    assert found == case["out"]


@pytest.mark.parametrize(
    ("errors", "grade"), [(0, 100), (1, 100), (2, 80), (3, 60), (4, 60), (5, 30), (6, 0)]
)
def test_a_gap_in_the_mapping_keeps_the_grade_before_it(errors, grade):
    failed = [number < errors for number in range(6)]

    assert workshop.numerrors(failed, [1] * 6, {2: 80, 3: 60, 5: 30, 6: 0}) == grade


def test_accumulative_weighs_points_and_places_of_scales():
    found = workshop.accumulative([8, 2, 5, 3], [0, 1, 0, 0], [10, 4, 10, 0], [3, 1, 0, 2])

    assert found == pytest.approx(round(100 * (3 * 0.8 + 1 / 3) / 4, 5), abs=1e-9)
    assert workshop.accumulative([1], [0], [3], [1]) == 33.33333


def test_rubric_takes_the_lowest_levels_off():
    assert workshop.rubric([3, 2], [1, 0], [4, 4]) == pytest.approx(57.14286, abs=1e-9)
    assert workshop.rubric([1, 0], [1, 0], [4, 4]) == 0


def test_halves_are_rounded_up_as_php_does():
    assert workshop.rubric([1], [0], [64000 * 100]) == 0.00002  # 0.000015625
    assert workshop.accumulative([0.000125], [0], [10], [1]) == 0.00125
    assert workshop.accumulative([0.0000125], [0], [10], [1]) == 0.00013  # numpy says 0.00012


@pytest.mark.parametrize(
    "found",
    [
        lambda: workshop.accumulative([], [], [], []),
        lambda: workshop.accumulative([4], [0], [5], [0]),
        lambda: workshop.rubric([], [], []),
        lambda: workshop.rubric([1], [1], [1]),
        lambda: workshop.numerrors([], [], {}),
        lambda: workshop.best(np.zeros((0, 2)), [0, 0], [1, 1], [1, 1], []),
        lambda: workshop.best([[1]], [0], [1], [1], [0]),
        lambda: workshop.best([[1]], [0], [1], [0], [1]),
    ],
)
def test_what_moodle_has_no_grade_for_has_a_reason(found):
    assert why(found()) == Reason.NO_DATA


def test_two_who_flatly_disagree_are_both_the_best_and_so_is_whoever_is_alone():
    """The warning: this is why it grades nobody."""
    for comparison in (9, 7, 5, 3, 1):
        two = workshop.best([[10], [0]], [0], [10], [1], [1, 1], comparison=comparison)
        one = workshop.best([[3]], [0], [10], [1], [1], comparison=comparison)
        assert (two.grades, one.grades) == ((100, 100), (100,))
    assert "Warning" in workshop.__doc__
