"""Grades of work against scipy and by hand, when they are in doubt, and what other reviewers might have made of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from assessments.measurement import decision_confidence as confidence
from assessments.measurement.intervals import Bounds
from assessments.measurement.peer_grades import Doubt, Method, Scheme, grade, grades
from assessments.measurement.undefined import Reason, Undefined
from tests.measurement.test_standard_setting import why

_ = np.nan
always = settings(max_examples=60, derandomize=True, deadline=None, database=None)
marks = st.lists(st.integers(0, 20).map(float), min_size=1, max_size=12)


def scheme(method, **more):
    return Scheme(method=method, **more)


# --- the four methods ---


def test_mean_and_interval_are_scipys():
    scores = [62, 70, 55, 81, 66.5]

    found = grade(scores)

    low, high = stats.ttest_1samp(scores, 0).confidence_interval(0.9)
    assert (found.n, found.grade, found.sd) == (5, np.mean(scores), pytest.approx(np.std(scores, ddof=1)))
    assert (found.interval.low, found.interval.high) == (pytest.approx(low), pytest.approx(high))
    assert found.interval.level == 0.9


@pytest.mark.parametrize("n", [5, 6, 9, 14])
def test_median_and_interval_are_scipys(n):
    scores = np.random.default_rng(n).normal(60, 9, n)

    found = grade(scores, scheme=scheme(Method.MEDIAN))

    theirs = stats.quantile_test(scores, q=0, p=0.5).confidence_interval(0.9)
    assert found.grade == pytest.approx(np.median(scores))
    assert found.interval == Bounds(theirs.low, theirs.high, 0.9)


@pytest.mark.parametrize("n", [5, 7, 10, 11])
def test_trimmed_mean_and_interval_are_scipys(n):
    scores = np.random.default_rng(n).normal(60, 9, n)

    found = grade(scores, scheme=scheme(Method.TRIMMED))

    dropped = n // 5
    theirs = stats.mstats.trimmed_mean_ci(scores, (0.2, 0.2), alpha=0.1)
    assert found.grade == pytest.approx(stats.trim_mean(scores, 0.2))
    # scipy takes (1 − 2α)·√n for what Yuen writes as √(h(h − 1)/(n − 1)).
    yuen = np.sqrt((n - 2 * dropped) * (n - 2 * dropped - 1) / (n - 1)) / (0.6 * np.sqrt(n))
    assert (found.interval.high - found.grade) * yuen == pytest.approx(theirs[1] - found.grade)


def test_staff_count_for_as_many_peers_as_the_scheme_says():
    found = grade([50, 60, 90], staff=[0, 0, 1], scheme=scheme(Method.STAFF_WEIGHTED, staff_weight=3))

    half = stats.t.ppf(0.95, 2) * np.std([50, 60, 90], ddof=1) * np.sqrt(11) / 5
    assert found.grade == pytest.approx((50 + 60 + 3 * 90) / 5)
    assert found.interval.high - found.grade == pytest.approx(half)
    assert grade([50, 60, 90], staff=[0, 0, 1]).grade == pytest.approx(200 / 3)


@pytest.mark.parametrize(("alpha", "n", "left"), [(0.29, 100, 42), (0.2, 5, 3), (0.2, 4, 4), (0.4, 3, 1)])
def test_whole_reviews_are_trimmed(alpha, n, left):
    scores = np.zeros(n)
    scores[(n - left) // 2 : (n + left) // 2] = 1

    found = grade(np.cumsum(scores > 0) + 0.0, scheme=scheme(Method.TRIMMED, trim=alpha))

    ordered = np.sort(np.cumsum(scores > 0))
    assert found.grade == pytest.approx(ordered[(n - left) // 2 : (n + left) // 2].mean())


def test_ora2_rounds_up_where_we_do_not(golden):
    theirs = golden("ora2")

    for scores, rounded in theirs["median"]:
        ours = grade(scores, scheme=scheme(Method.MEDIAN)).grade
        assert rounded == 0 and why(ours) == Reason.NO_REVIEWS if not scores else np.ceil(ours) == rounded
    for scores, rounded in theirs["mean"]:
        assert np.ceil(grade(scores).grade) == rounded
    assert grade([2, 3], scheme=scheme(Method.MEDIAN)).grade == 2.5
    assert grade([5, 6, 12, 16, 22, 53]).grade == 19
    assert grade([5, 6, 12, 16, 22, 53, 102]).grade == pytest.approx(216 / 7)


# --- all works at once ---


@pytest.mark.parametrize("method", list(Method))
def test_all_works_at_once_are_what_each_is_alone(method):
    dice = np.random.default_rng(8)
    works = dice.integers(0, 60, 240)
    scores = np.where(dice.random(240) < 0.1, _, dice.integers(0, 21, 240))
    staff = dice.random(240) < 0.2
    asked = scheme(method, boundaries=(10, 14), most_sd=5)

    together = grades(works, scores, staff=staff, count=70, scheme=asked)

    alone = [grade(scores[works == it], staff=staff[works == it], scheme=asked) for it in range(70)]
    assert [(one.n, one.doubts) for one in together] == [(one.n, one.doubts) for one in alone]
    for one, other in zip(together, alone, strict=True):
        assert flat(one) == pytest.approx(flat(other))
    assert {one.n for one in together} > {0, 1, 2, 3}


def flat(found):
    ends = (found.interval.low, found.interval.high) if found.interval else ()
    return [it for it in (found.grade, found.sd, *ends) if not isinstance(it, Undefined)]


def test_work_without_reviews_has_a_reason_and_no_number():
    (none, one) = grades([1, 0], [7, _], count=2, scheme=Scheme(boundaries=(5,)))

    assert (none.n, none.doubts) == (0, (Doubt.FEW,))
    assert [why(it) for it in (none.grade, none.sd, none.interval)] == [Reason.NO_REVIEWS] * 3
    assert (one.n, one.grade, one.doubts) == (1, 7, (Doubt.FEW, Doubt.UNKNOWN))
    assert (why(one.sd), why(one.interval)) == (Reason.TOO_FEW, Reason.FEW_FOR_INTERVAL)
    assert grades([], []) == []


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: grades([0, 1], [1]),
        lambda: grades([0, 1], [1, 2], count=1),
        lambda: grades([-1], [1]),
        lambda: grades([0], [np.inf]),
        lambda: grades([0], [1], staff=[0, 1]),
        lambda: Scheme(trim=0.5),
        lambda: Scheme(level=1),
    ],
)
def test_what_fits_nothing_is_refused(wrong):
    with pytest.raises(ValueError, match="."):
        wrong()


# --- doubts ---


@pytest.mark.parametrize(
    ("scores", "more", "doubts"),
    [
        ([60, 61, 62], {}, ()),
        ([60, 61], {}, (Doubt.FEW,)),
        ([60, 61, 62], {"boundaries": (50,)}, ()),
        ([60, 61, 62], {"boundaries": (61.5,)}, (Doubt.BOUNDARY,)),
        ([60, 61, 62], {"boundaries": (50, 60)}, (Doubt.BOUNDARY,)),
        ([40, 60, 80], {"most_sd": 20}, ()),
        ([40, 60, 80], {"most_sd": 19}, (Doubt.SPREAD,)),
        ([40, 80], {"most_sd": 9, "boundaries": (50,)}, (Doubt.FEW, Doubt.SPREAD, Doubt.BOUNDARY)),
        ([50, 50, 50], {"boundaries": (50,)}, ()),
        ([0.1, 0.1, 0.1], {"boundaries": (0.1,), "most_sd": 0}, ()),
        ([49, 49, 49], {"boundaries": (50,)}, ()),
    ],
)
def test_doubts(scores, more, doubts):
    found = grade(scores, scheme=Scheme(**more))

    assert (found.doubts, found.is_uncertain) == (doubts, bool(doubts))


@pytest.mark.parametrize(
    ("boundary", "doubts"), [(50, ()), (51, (Doubt.BOUNDARY,)), (60, (Doubt.BOUNDARY,)), (61, ())]
)
def test_whoever_reaches_a_boundary_is_above_it(boundary, doubts):
    """The interval is from 50 to 60: at 50 nobody would be below, at 60 some would still reach it."""
    found = grade([50, 52, 54, 56, 60], scheme=scheme(Method.MEDIAN, boundaries=(boundary,)))

    assert (found.interval, found.doubts) == (Bounds(50, 60, 0.9), doubts)


def test_median_of_fewer_than_five_cannot_be_told_from_a_boundary():
    found = grade([60, 61, 62, 63], scheme=scheme(Method.MEDIAN, boundaries=(50,)))

    assert (found.grade, found.doubts) == (61.5, (Doubt.UNKNOWN,))
    assert "(4)" in found.interval.sentence


@always
@given(marks, st.sampled_from(Method), st.randoms())
def test_grade_lies_among_its_scores_in_any_order(scores, method, lot):
    found = grade(scores, scheme=scheme(method))
    mixed = scores.copy()
    lot.shuffle(mixed)

    assert min(scores) - 1e-9 <= found.grade <= max(scores) + 1e-9
    assert flat(grade(mixed, scheme=scheme(method))) == pytest.approx(flat(found))
    assert not any(np.isnan(it) for it in flat(found))


@always
@given(marks, st.sampled_from(Method), st.integers(-50, 50))
def test_adding_points_to_every_review_adds_them_to_the_grade(scores, method, more):
    found = grade(scores, scheme=scheme(method))
    moved = grade(np.array(scores) + more, scheme=scheme(method))

    assert moved.grade == pytest.approx(found.grade + more)
    assert (moved.sd == pytest.approx(found.sd)) if found.n > 1 else why(moved.sd) == Reason.TOO_FEW


def test_a_larger_interval_holds_the_true_mean_as_often_as_it_says():
    dice = np.random.default_rng(5)
    works = np.repeat(np.arange(2000), 5)

    found = grades(works, dice.normal(60, 8, works.size))

    held = np.mean([one.interval.low <= 60 <= one.interval.high for one in found])
    assert held == pytest.approx(0.9, abs=0.02)


# --- what if others had reviewed ---


@pytest.fixture(scope="module")
def school():
    """200 works, five reviews each, an SD of 8 within them."""
    dice = np.random.default_rng(11)
    works = np.repeat(np.arange(200), 5)
    reviewers = (works + np.tile([1, 4, 9, 20, 61], 200)) % 200
    scores = dice.normal(60, 10, 200)[works] + dice.normal(0, 8, works.size)
    return confidence.reviewer_differences(works, reviewers, scores)


@pytest.mark.parametrize("away", [0, 2, 6, 12])
def test_stability_is_what_the_normal_distribution_says(school, away):
    found = confidence.stability(
        60 + away, [False] * 5, school, seed=1, scheme=Scheme(boundaries=(60,)), draws=20_000
    )

    assert school.values.std() == pytest.approx(8, rel=0.05)
    apart = school.values.std() * np.sqrt(2 / 5)
    assert found == pytest.approx(stats.norm.cdf(away / apart), abs=0.015)


def test_stability_is_the_same_with_the_same_seed_and_less_with_fewer_reviews(school):
    asked = Scheme(boundaries=(60, 80))

    one, again, other, fewer = (
        confidence.stability(66, [False] * n, school, seed=seed, scheme=asked)
        for n, seed in ((5, 1), (5, 1), (5, 2), (2, 1))
    )

    assert one == again != other
    assert one > fewer


@pytest.mark.parametrize("method", list(Method))
def test_stability_follows_the_method(school, method):
    asked = scheme(method, boundaries=(60,), staff_weight=8)

    found = confidence.stability(66, [1, 0, 0, 0, 0], school, seed=3, scheme=asked, draws=4000)

    plain = confidence.stability(
        66, [1, 0, 0, 0, 0], school, seed=3, scheme=Scheme(boundaries=(60,)), draws=4000
    )
    assert 0.5 < found <= plain
    assert (found == plain) == (method == Method.MEAN)


def test_stability_that_cannot_be_told(school):
    bounded = Scheme(boundaries=(60,))

    assert why(confidence.stability(66, [0] * 5, school, seed=1)) == Reason.NO_BOUNDARY
    assert why(confidence.stability(66, [], school, seed=1, scheme=bounded)) == Reason.NO_REVIEWS
    few = confidence.reviewer_differences([0, 0, 1, 1, 2], [1, 2, 0, 2, 3], [5, 6, _, 7, 8])
    assert "2 of the 10" in few.sentence


def test_differences_of_reviewers_are_of_their_own_reviews():
    works, reviewers = np.repeat(np.arange(12), 2), np.tile(np.arange(12), 2)
    scores = np.arange(24.0) % 7

    found = confidence.reviewer_differences(works, reviewers, scores)

    means = scores.reshape(12, 2).mean(axis=1)[works]
    expected = [np.sqrt(2) * (scores - means)[reviewers == who] for who in range(12)]
    assert found.values == pytest.approx(np.concatenate(expected))
    assert (found.starts.tolist(), found.counts.tolist()) == (list(range(0, 24, 2)), [2] * 12)
