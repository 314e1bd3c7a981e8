"""Grades for reviewing, the check on answers, self beside peers, and feedback from many sides."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from assessments.measurement.intervals import Bounds, of_mean
from assessments.measurement.multi_source import item_scores, shown_texts
from assessments.measurement.reviewing_grades import (
    Quality,
    Shares,
    feedback_quality,
    retaliation,
    reviewing_grade,
)
from assessments.measurement.self_gap import self_gaps
from assessments.measurement.undefined import Reason, Undefined, undefined
from tests.measurement.test_standard_setting import why

_ = np.nan
NO_ANSWERS = undefined(Reason.NO_ANSWERS)
always = settings(max_examples=60, derandomize=True, deadline=None, database=None)


# --- reviewing ---


def test_completion_and_quality_are_combined_sixty_to_forty():
    quality = feedback_quality([[1, 1, 1], [1, 0, 1]], [4, 5])

    found = reviewing_grade(done=4, asked=5, quality=quality)

    assert quality == Quality(pytest.approx(5 / 6), 0.9, pytest.approx((5 / 6 + 0.9) / 2))
    assert (found.completion, found.grade) == (0.8, pytest.approx(0.6 * 0.8 + 0.4 * quality.together))
    assert not found.is_completion_alone


def test_shares_are_parameters():
    shares = Shares(completion=1, quality=3, staff=0.25)
    quality = feedback_quality([[1, 1, 0]], [5], shares=shares)

    found = reviewing_grade(done=1, asked=2, quality=quality, shares=shares)

    assert quality.together == pytest.approx(0.25 + 0.75 * 2 / 3)
    assert found.grade == pytest.approx((0.5 + 3 * quality.together) / 4)


def test_missing_quality_is_said_and_is_no_zero():
    found = reviewing_grade(done=3, asked=4, quality=feedback_quality([], []))

    assert found.quality == Quality(NO_ANSWERS, NO_ANSWERS, NO_ANSWERS)
    assert (found.completion, found.grade, found.is_completion_alone) == (0.75, 0.75, True)
    assert feedback_quality([[_, _, _]], [_]) == found.quality


def test_one_source_of_quality_is_enough():
    assert feedback_quality([], [4]) == Quality(NO_ANSWERS, 0.8, 0.8)
    assert feedback_quality([[1, 0, _], [_, _, _]], []) == Quality(0.5, NO_ANSWERS, 0.5)


def test_an_answered_comment_counts_the_same_with_one_question_as_with_three():
    assert feedback_quality([[1, _, _], [0, 0, 0]], []).authors == 0.5


def test_more_reviews_than_asked_are_all_and_none_asked_is_no_grade():
    none = reviewing_grade(done=2, asked=0, quality=feedback_quality([], [5]))

    assert reviewing_grade(done=7, asked=5, quality=feedback_quality([], [])).grade == 1
    assert (why(none.completion), why(none.grade)) == (Reason.NOT_ASKED, Reason.NOT_ASKED)
    assert (none.quality.together, none.is_completion_alone) == (1, False)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: feedback_quality([[1, 2, 0]], []),
        lambda: feedback_quality([], [5.5]),
        lambda: feedback_quality([], [-1]),
        lambda: reviewing_grade(done=-1, asked=3, quality=feedback_quality([], [])),
        lambda: Shares(completion=0, quality=0),
        lambda: Shares(quality=-1),
        lambda: Shares(staff=1.5),
        lambda: self_gaps([1], [[1, 2]]),
        lambda: item_scores([[1, 2]], [1]),
    ],
)
def test_what_fits_nothing_is_refused(wrong):
    with pytest.raises(ValueError, match="."):
        wrong()


@always
@given(
    st.integers(0, 9),
    st.integers(1, 9),
    arrays(float, st.tuples(st.integers(0, 6), st.just(3)), elements=st.sampled_from([0, 1, _])),
    st.lists(st.integers(0, 5).map(float), max_size=4),
)
def test_grade_for_reviewing_is_a_share_and_more_reviews_never_lower_it(done, asked, answers, samples):
    quality = feedback_quality(answers, samples)

    found = reviewing_grade(done=done, asked=asked, quality=quality)

    assert 0 <= found.grade <= 1
    assert found.grade <= reviewing_grade(done=done + 1, asked=asked, quality=quality).grade
    assert isinstance(quality.together, Undefined) == (np.isnan(answers).all() and not samples)


# --- retaliation ---


def test_retaliation_is_scipys_pearson_with_its_interval():
    dice = np.random.default_rng(2)
    scores = dice.normal(60, 10, 40)
    useful = 0.08 * scores + dice.normal(0, 0.9, 40)

    found = retaliation(useful, scores)

    theirs = stats.pearsonr(useful, scores)
    assert (found.r, found.n) == (pytest.approx(theirs.statistic), 40)
    assert (found.low, found.high) == pytest.approx(tuple(theirs.confidence_interval(0.95)))
    assert found.is_dropped


@pytest.mark.parametrize(("slope", "dropped"), [(0, False), (0.02, False), (0.3, True), (-0.3, True)])
def test_answers_that_follow_the_score_are_dropped_either_way(slope, dropped):
    dice = np.random.default_rng(6)
    scores = dice.normal(60, 10, 200)

    found = retaliation(slope * scores + dice.normal(0, 2, 200), scores)

    assert found.is_dropped == dropped
    assert retaliation(slope * scores + dice.normal(0, 2, 200), scores, limit=1).is_dropped is False


def test_least_pairs_are_where_a_correlation_at_the_limit_can_be_told_from_none():
    line = np.linspace(-1, 1, 25)
    noise = np.cos(np.arange(25) * 2.4)
    noise -= (noise @ line) / (line @ line) * line + noise.mean()
    at_limit = 0.41 * line / np.std(line) + np.sqrt(1 - 0.41**2) * noise / np.std(noise)

    found = retaliation(at_limit, line)

    assert found.r == pytest.approx(0.41, abs=0.01)
    assert found.low > 0
    assert "useful they were: 24." in retaliation(at_limit[1:], line[1:]).sentence
    assert why(retaliation([*at_limit[1:], _], line)) == Reason.FEW_PAIRS


def test_retaliation_that_cannot_be_told_or_is_total():
    scores = np.arange(30.0)

    assert why(retaliation(np.ones(30), scores)) == Reason.NO_SPREAD
    assert why(retaliation([], [])) == Reason.FEW_PAIRS
    assert retaliation(scores, scores).high == pytest.approx(1)


# --- self beside peers ---


def test_gap_is_self_less_peers_with_scipys_interval():
    peers = np.array([[3, 4, _], [2, 5, _], [4, 5, 3]])

    over, none, single, unknown = self_gaps([5, _, 2, 4], np.column_stack([peers, [_, _, _]]))

    low, high = stats.ttest_1samp([3, 2, 4], 5).confidence_interval(0.95)
    assert (over.value, over.n) == (2, 3)
    assert (over.interval.low, over.interval.high) == (pytest.approx(5 - high), pytest.approx(5 - low))
    assert (why(none), why(unknown)) == (Reason.NO_SELF, Reason.NO_REVIEWS)
    assert (single.value, single.n, why(single.interval), single.is_clear) == (-1, 1, Reason.TOO_FEW, False)


@pytest.mark.parametrize(("own", "clear"), [(1, True), (3, False), (5, True)])
def test_gap_is_clear_when_the_interval_leaves_none_out(own, clear):
    (found,) = self_gaps([own], [[3], [3.2], [2.8], [3.1]])

    assert found.is_clear == clear


# --- many sides ---

EIGHT = np.array([[4, 5, _], [3, 5, 2], [4, 6, _], [5, 5, _], [4, 4, 1], [2, 5, _], [4, 5, _], [5, 6, _]])


def test_eight_raters_give_means_with_intervals_beside_self():
    first, second, third = item_scores(EIGHT, [6, _, 3])

    low, high = stats.ttest_1samp(EIGHT[:, 0], 0).confidence_interval(0.95)
    assert (first.mean, first.own, first.n) == (EIGHT[:, 0].mean(), 6, 8)
    assert (first.interval.low, first.interval.high) == (pytest.approx(low), pytest.approx(high))
    assert (second.mean, why(second.own)) == (5.125, Reason.NO_SELF)
    assert (why(third.mean), why(third.interval), third.own) == (Reason.FEW_RATERS, Reason.FEW_RATERS, 3)


def test_nothing_is_shown_of_seven_raters_and_an_empty_sheet_is_no_rater():
    empty = np.vstack([EIGHT[:7], [_, _, _]])

    assert "Answers so far: 7." in item_scores(EIGHT[:7]).sentence
    assert why(item_scores(empty)) == Reason.FEW_RATERS
    assert len(item_scores(EIGHT[:7], least=7)) == 3
    assert isinstance(item_scores(EIGHT), list)


def test_texts_of_five_are_shown_in_an_order_that_tells_nothing():
    comments = {f"rater {n}": [f"first of {n}", f"second of {n}", " "] for n in range(5)}

    shown = shown_texts(comments, seed=4)

    assert sorted(shown) == sorted(text for texts in comments.values() for text in texts if text != " ")
    assert shown == shown_texts(dict(reversed(comments.items())), seed=4)
    assert shown != shown_texts(comments, seed=5)
    comments["rater 0"] = ["", "\n"]
    assert "Answers so far: 4." in shown_texts(comments, seed=4).sentence
    assert len(shown_texts(comments, seed=4, least=4)) == 8


# --- intervals ---


def test_interval_of_a_mean_needs_two():
    assert of_mean([4, 4, _]) == Bounds(4, 4, 0.95)
    assert why(of_mean([4, _])) == Reason.TOO_FEW
    assert isinstance(of_mean([]), Undefined)
