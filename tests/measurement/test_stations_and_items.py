"""Station metrics, reliability and items against published and independently computed numbers."""

import numpy as np
import pytest
from scipy import stats

from assessments.measurement import items, reliability, resampling, stations
from assessments.measurement.undefined import Reason, Undefined
from tests.measurement.test_standard_setting import STATIONS, why


@pytest.fixture
def marks(constructed):
    data, _expected = constructed
    return np.array([data[station]["marks"] for station in STATIONS]).T


@pytest.mark.parametrize("place", range(4))
def test_metrics_of_each_station(constructed, marks, place):
    data, expected = constructed
    station, expected = data[STATIONS[place]], expected["stations"][STATIONS[place]]

    groups = stations.between_groups(station["marks"], station["circuits"])

    assert groups.per_cent == pytest.approx(expected["between_group_pct"], abs=5e-5)
    assert groups.f == pytest.approx(expected["F"], abs=5e-5)
    assert groups.p == pytest.approx(expected["p"], abs=5e-6)
    assert stations.fail_rate(station["marks"], expected["cut_BRM"]) == pytest.approx(
        expected["fail_rate_BRM"], abs=5e-5
    )
    assert reliability.alpha_if_deleted(marks)[place] == pytest.approx(expected["alpha_if_deleted"], abs=5e-5)
    assert items.item_rest(marks)[place] == pytest.approx(expected["station_total_r"], abs=5e-5)
    rest = np.delete(marks, place, axis=1).sum(axis=1)
    assert stations.station_rest(marks[:, place], rest) == pytest.approx(
        expected["station_total_r"], abs=5e-5
    )


def test_between_groups_is_scipys_f():
    dice = np.random.default_rng(3)
    marks, groups = dice.normal(50, 9, 60), dice.integers(0, 4, 60)

    found = stations.between_groups(marks, [f"examiner {group}" for group in groups])

    f, p = stats.f_oneway(*(marks[groups == group] for group in range(4)))
    assert (found.f, found.p, found.groups) == (pytest.approx(f), pytest.approx(p), 4)


@pytest.mark.parametrize(
    ("marks", "groups", "reason"),
    [
        ([], [], Reason.NO_DATA),
        ([1, 2, 3], "AAA", Reason.ONE_GROUP),
        ([5, 5, 5], "AAB", Reason.NO_SPREAD),
        ([np.nan, 2, 3], "BAA", Reason.ONE_GROUP),
    ],
)
def test_groups_that_cannot_be_compared(marks, groups, reason):
    assert why(stations.between_groups(marks, list(groups))) == reason


def test_groups_of_one_have_a_share_and_no_test():
    found = stations.between_groups([1, 2], ["A", "B"])

    assert (found.per_cent, why(found.f)) == (pytest.approx(100), Reason.TOO_FEW)


def test_spread_and_grades():
    found = stations.spread([4, np.nan, 6])

    assert (found.n, found.mean, found.sd, found.lowest, found.highest) == (2, 5, pytest.approx(2**0.5), 4, 6)
    assert why(stations.spread([]).mean) == Reason.NO_DATA
    assert why(stations.spread([3]).sd) == Reason.TOO_FEW
    assert stations.grade_distribution([1, 1, 3, np.nan], [0, 1, 2, 3]) == {0: 0, 1: 2, 2: 0, 3: 1}
    assert why(stations.fail_rate([np.nan], 3)) == Reason.NO_DATA
    assert stations.fail_rate([49, 50, 51, np.nan], 50) == pytest.approx(
        1 / 3
    )  # whoever reaches the cut passes


def test_patients_beside_examiners():
    found = stations.patient_agreement([1, 2, 3, np.nan], [10, 20, 35, 40], unhappy=1)

    assert found.spread.n == 3
    assert found.correlation == pytest.approx(float(np.corrcoef([1, 2, 3], [10, 20, 35])[0, 1]))
    assert found.concerns == pytest.approx(1 / 3)
    nobody = stations.patient_agreement([np.nan, np.nan], [1, 2], unhappy=1)
    assert why(nobody.correlation) == Reason.TOO_FEW
    assert why(nobody.concerns) == Reason.NO_DATA


def test_alpha_leaves_out_who_has_gaps(marks):
    gappy = np.vstack([marks, [[np.nan, 1, 2, 3]]])

    assert reliability.cronbach_alpha(gappy) == reliability.cronbach_alpha(marks)


@pytest.mark.parametrize(
    ("scores", "reason"),
    [
        ([[1, 2]], Reason.TOO_FEW),
        ([[1], [2]], Reason.ONE_STATION),
        ([[3, 3], [3, 3]], Reason.NO_SPREAD),
        ([[1, 3], [3, 1]], Reason.NO_SPREAD),  # the sums are the same
        (np.empty((0, 0)), Reason.NO_DATA),
    ],
)
def test_alpha_that_cannot_be_computed(scores, reason):
    assert why(reliability.cronbach_alpha(scores)) == reason
    assert why(reliability.sem_of_total(scores)) == reason


def test_two_stations_have_no_alpha_without_one():
    assert [why(value) for value in reliability.alpha_if_deleted([[1, 2], [2, 4]])] == [
        Reason.ONE_STATION
    ] * 2


def test_negative_alpha_counts_as_none_for_the_error():
    scores = np.array([[1, 9, 2], [9, 1, 3], [2, 8, 2]])
    assert reliability.cronbach_alpha(scores) < 0

    assert reliability.sem_of_total(scores) == pytest.approx(scores.sum(axis=1).std(ddof=1))


def test_stations_that_say_the_same_leave_no_error():
    """Rounding may make alpha a hair more than 1, and 1 − alpha the square of nothing."""
    for place in range(200):
        scores = np.repeat(np.random.default_rng(place).random((5, 1)) / 3, 3, axis=1)

        assert reliability.cronbach_alpha(scores) <= 1
        assert reliability.sem_of_total(scores) == pytest.approx(0, abs=1e-6)


def test_item_without_points_has_no_facility_and_no_discrimination():
    scores = [[0, 1], [0, 0], [0, 1], [0, 0]]

    for found in (items.facility(scores, [0, 1]), items.upper_lower(scores, [0, 1])):
        assert why(found[0]) == Reason.NO_DATA
        assert np.isfinite(found[1])


def test_facility_and_discrimination():
    scores = [[2, 1], [1, 0], [0, 1], [2, np.nan]]

    assert items.facility(scores, [2, 1]) == pytest.approx([5 / 8, 2 / 3])
    assert why(items.facility([[np.nan]], [1])[0]) == Reason.NO_DATA
    assert [why(value) for value in items.upper_lower([[1, 1]], [1, 1])] == [Reason.TOO_FEW] * 2
    assert items.upper_lower([[0, 1], [1, 1], [2, 1]], [2, 1]) == [1, 0]
    # Of equal sums the row that comes first counts as the weaker one.
    tied = [[place % 2, 1 - place % 2] for place in range(40)]
    assert items.upper_lower(tied, [1, 1]) == pytest.approx([1 / 11, -1 / 11])


def test_correlation_is_pearsons():
    dice = np.random.default_rng(1)
    x, y = dice.normal(size=(2, 30))
    x[4] = np.nan
    there = ~np.isnan(x)

    assert items.correlation(x, y) == pytest.approx(stats.pearsonr(x[there], y[there]).statistic)
    assert items.correlation([1, 2, 3], [2, 4, 6]) == 1
    assert why(items.correlation([1, 1], [1, 2])) == Reason.NO_SPREAD
    assert why(items.correlation([1], [1])) == Reason.TOO_FEW


def test_interval_covers_what_it_estimates_and_can_be_redrawn(marks):
    first = resampling.interval(marks, reliability.cronbach_alpha, seed=7, draws=300)
    again = resampling.interval(marks, reliability.cronbach_alpha, seed=7, draws=300)
    other = resampling.interval(marks, reliability.cronbach_alpha, seed=8, draws=300)

    assert first == again != other
    assert first.low < reliability.cronbach_alpha(marks) < first.high
    assert (first.level, first.draws) == (0.95, 300)


def test_interval_of_a_mean_is_near_the_textbooks():
    rows = np.random.default_rng(2).normal(50, 10, (200, 1))

    found = resampling.interval(rows, lambda drawn: float(drawn.mean()), seed=1, draws=2000)

    half = 1.96 * rows.std(ddof=1) / 200**0.5
    assert (found.low, found.high) == (
        pytest.approx(rows.mean() - half, abs=0.15),
        pytest.approx(rows.mean() + half, abs=0.15),
    )


def test_interval_of_what_is_rarely_defined_is_refused():
    rows = [[1, 1], [1, 1], [1, 1], [1, 1], [1, 1], [9, 2]]

    assert why(resampling.interval(rows, reliability.cronbach_alpha, seed=1, draws=200)) == Reason.UNSTABLE
    assert why(resampling.interval([[1, 1]], reliability.cronbach_alpha, seed=1)) == Reason.TOO_FEW
    assert isinstance(resampling.interval([[1, 1]], reliability.cronbach_alpha, seed=1), Undefined)
