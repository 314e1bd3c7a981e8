"""Agreement against independent implementations, and what is said where there is none to tell."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats import inter_rater

from assessments.measurement import agreement
from assessments.measurement.agreement import Metric, Weights
from assessments.measurement.undefined import Reason, Undefined
from tests.measurement.test_standard_setting import why

_ = np.nan


def test_percentage_agreement():
    assert agreement.percentage_agreement([1, 2, 3, _], [1, 3, 3, 4]) == pytest.approx(2 / 3)
    assert agreement.percentage_agreement([1, 2, 3], [1, 3, 5], within=1) == pytest.approx(2 / 3)
    assert why(agreement.percentage_agreement([_, 1], [1, _])) == Reason.ONE_RATER


@pytest.mark.parametrize("weights", list(Weights))
def test_kappa_is_sklearns(weights):
    dice = np.random.default_rng(4)
    first = dice.integers(0, 4, 60)
    second = np.clip(first + dice.integers(-1, 2, 60), 0, 3)

    found = agreement.cohen_kappa(agreement.cross_table(first, second), weights)

    theirs = cohen_kappa_score(first, second, weights=None if weights == Weights.NONE else weights.value)
    assert found == pytest.approx(theirs)


def test_kappa_of_one_category_and_of_nothing():
    assert why(agreement.cohen_kappa([[5.0]])) == Reason.ONE_CATEGORY
    assert why(agreement.cohen_kappa([[7, 0], [0, 0]])) == Reason.ONE_CATEGORY
    assert why(agreement.cohen_kappa(np.zeros((2, 2)))) == Reason.ONE_RATER
    with pytest.raises(ValueError, match="square"):
        agreement.cohen_kappa([[1, 2, 3], [4, 5, 6]])
    with pytest.raises(ValueError, match="from 0"):
        agreement.cohen_kappa([[1, -2], [3, 4]])


def test_fleiss_kappa_is_statsmodels():
    ratings = np.random.default_rng(6).integers(0, 4, (20, 5)).astype(float)
    counts, categories = agreement.counts_of(ratings)

    found = agreement.fleiss_kappa(counts)

    assert list(categories) == [0, 1, 2, 3]
    assert found == pytest.approx(inter_rater.fleiss_kappa(counts))


def test_fleiss_kappa_needs_as_many_ratings_of_each():
    with pytest.raises(ValueError, match="as many ratings"):
        agreement.fleiss_kappa([[2, 1], [1, 1]])
    with pytest.raises(ValueError, match="every subject"):
        agreement.counts_of([[1, _]])
    assert why(agreement.fleiss_kappa([[1, 0], [0, 1]])) == Reason.ONE_RATER
    assert why(agreement.fleiss_kappa([[3, 0], [3, 0]])) == Reason.ONE_CATEGORY
    assert why(agreement.fleiss_kappa(np.empty((0, 0)))) == Reason.NO_DATA


def test_krippendorff_of_nothing_shared():
    assert why(agreement.krippendorff_alpha([[1, _], [_, 2]])) == Reason.ONE_RATER
    assert why(agreement.krippendorff_alpha([[1, 1], [1, 1]])) == Reason.ONE_CATEGORY
    with pytest.raises(ValueError, match="from 0"):
        agreement.krippendorff_alpha([[-1, 1], [1, 1]], Metric.RATIO)


@pytest.mark.parametrize("metric", Metric)
def test_krippendorff_by_its_definition(metric):
    """α = 1 − D_o/D_e written out pair by pair, of ratings with gaps."""
    ratings = np.random.default_rng(9).integers(0, 6, (4, 15)).astype(float)
    ratings[np.random.default_rng(10).random((4, 15)) < 0.2] = _
    units = [column[~np.isnan(column)] for column in ratings.T]
    units = [unit for unit in units if unit.size > 1]
    every = np.concatenate(units)

    def apart(a, b):
        if a == b:
            return 0.0
        between = sum(min(a, b) <= value <= max(a, b) for value in every)
        ends = sum(value in (a, b) for value in every) / 2
        return {
            Metric.NOMINAL: 1.0,
            Metric.ORDINAL: (between - ends) ** 2,
            Metric.INTERVAL: (a - b) ** 2,
            Metric.RATIO: ((a - b) / (a + b)) ** 2 if metric == Metric.RATIO else 0.0,
        }[metric]

    within = (
        sum(sum(apart(a, b) for a in unit for b in unit) / (unit.size - 1) for unit in units) / every.size
    )
    between = sum(apart(a, b) for a in every for b in every) / (every.size * (every.size - 1))

    assert agreement.krippendorff_alpha(ratings, metric) == pytest.approx(1 - within / between)


def test_icc_by_analysis_of_variance():
    ratings = np.random.default_rng(11).normal(5, 1, (12, 1)) + np.random.default_rng(12).normal(
        0, 1, (12, 3)
    )
    gappy = np.vstack([ratings, [[1, _, 2]]])

    found = agreement.intraclass_correlations(gappy)

    n, k = ratings.shape
    msr = k * ratings.mean(axis=1).var(ddof=1)
    msw = ratings.var(axis=1, ddof=1).mean()
    assert found.single[0] == pytest.approx((msr - msw) / (msr + (k - 1) * msw))
    assert found.average[0] == pytest.approx((msr - msw) / msr)
    assert (found.targets, found.raters) == (n, k)


@pytest.mark.parametrize(
    ("ratings", "reason"),
    [
        ([[1], [2]], Reason.ONE_RATER),
        ([[1, 2]], Reason.TOO_FEW),
        ([[3, 3], [3, 3]], Reason.NO_SPREAD),
        ([[1, 3], [3, 1]], Reason.NOT_POSITIVE),
        ([[1, _], [_, 2]], Reason.TOO_FEW),
    ],
)
def test_icc_that_cannot_be_told(ratings, reason):
    assert why(agreement.intraclass_correlations(ratings)) == reason


def test_icc_intervals_are_those_of_r_psych():
    """Shrout & Fleiss' six targets × four judges, as the example of psych::ICC prints them."""
    judged = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]

    found = agreement.intraclass_correlations(judged)

    printed = [(-0.133, 0.72), (0.019, 0.76), (0.342, 0.95)]
    averages = [(-0.884, 0.91), (0.071, 0.93), (0.676, 0.99)]
    for limits, (low, high) in zip(
        found.single_limits + found.average_limits, printed + averages, strict=True
    ):
        assert limits == (pytest.approx(low, abs=5e-4), pytest.approx(high, abs=5e-3))


def test_icc_intervals_hold_the_truth_as_often_as_they_say():
    """Ratings with a known correlation, raters at random: .5 of one, .75 of the mean of three."""
    dice = np.random.default_rng(21)
    held = np.zeros(3)
    for _study in range(400):
        ratings = dice.normal(0, 1, (20, 1)) + dice.normal(0, 1, (20, 3))
        found = agreement.intraclass_correlations(ratings, level=0.8)
        held += [low <= 0.5 <= high for low, high in found.single_limits]
        assert [low <= 0.75 <= high for low, high in found.average_limits] == [
            low <= 0.5 <= high for low, high in found.single_limits
        ]

    assert held / 400 == pytest.approx([0.8] * 3, abs=0.07)


def test_icc_intervals_at_the_edge():
    alike = agreement.intraclass_correlations([[1, 1], [2, 2], [5, 5]])
    assert alike.single_limits == ((1, 1),) * 3
    opposed = agreement.intraclass_correlations([[1, 4, 3], [3, 2, 2], [4, 1, 3.1]])
    assert all(
        low < one < high for one, (low, high) in zip(opposed.single, opposed.single_limits, strict=True)
    )
    assert why(opposed.average[1]) == why(opposed.average_limits[1][0]) == Reason.NOT_POSITIVE
    with pytest.raises(ValueError, match="between 0 and 1"):
        agreement.intraclass_correlations([[1, 2], [2, 4]], level=95)


cells = st.one_of(st.just(np.nan), st.integers(0, 4).map(float))


@given(arrays(np.float64, st.tuples(st.integers(1, 5), st.integers(1, 8)), elements=cells))
def test_whatever_is_rated_a_number_or_words_come_out(ratings):
    found = [agreement.krippendorff_alpha(ratings, metric) for metric in Metric]
    iccs = agreement.intraclass_correlations(ratings)
    if not isinstance(iccs, Undefined):
        found += [*iccs.single, *iccs.average]
        found += [end for limits in (*iccs.single_limits, *iccs.average_limits) for end in limits]

    for value in found:
        assert isinstance(value, Undefined) or np.isfinite(value)
        assert not isinstance(value, Undefined) or "{" not in value.sentence


@given(arrays(np.float64, st.tuples(st.integers(2, 4), st.integers(2, 8)), elements=cells))
def test_agreement_does_not_depend_on_the_order_of_raters_or_units(ratings):
    found = agreement.krippendorff_alpha(ratings, Metric.ORDINAL)
    turned = agreement.krippendorff_alpha(ratings[::-1, ::-1], Metric.ORDINAL)

    assert found == turned if isinstance(found, Undefined) else turned == pytest.approx(found)
