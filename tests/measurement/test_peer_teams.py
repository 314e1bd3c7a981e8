"""Team contribution against the numbers of WebPA and TEAMMATES, and CATME's factor by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from assessments.measurement.team_contribution import (
    Adjustment,
    catme_adjustment,
    contribution,
    sapa,
    spa,
    webpa,
)
from assessments.measurement.undefined import Reason, Undefined
from tests.measurement.test_standard_setting import why

_ = np.nan
always = settings(max_examples=60, derandomize=True, deadline=None, database=None)
teams = st.integers(2, 6).flatmap(lambda n: arrays(float, (n, n), elements=st.integers(0, 9).map(float)))


@pytest.fixture(scope="module")
def loughborough(golden):
    """The worked example's points (members × members × criteria), names and expected numbers; Elaine did not submit."""
    example = golden("webpa")
    names = list(example["given"])
    points = [[example["given"][one].get(other, [_, _]) for other in names] for one in names]
    return np.array(points), names, example["expected"]


@pytest.mark.parametrize("case", range(3))
def test_webpa_is_loughboroughs_worked_example(loughborough, case):
    points, names, expected = loughborough
    asked = expected[case]

    found = webpa(points)

    grades = found.grades(asked["mark"], weight=asked["weight"], penalty=asked["penalty"])
    assert found.submitted == (True, True, True, True, False)
    assert found.scores == pytest.approx([asked["ours_scores"][name] for name in names], abs=5e-5)
    assert grades == pytest.approx([asked["ours_grades"][name] for name in names], abs=5e-5)
    assert grades == pytest.approx([asked["grades"][name] for name in names], abs=0.005)


def test_webpa_without_self_leaves_every_member_an_equal_chance():
    points = np.array([[9, 2, 2], [1, 9, 1], [4, 4, 0]], dtype=float)

    assert webpa(points, with_self=False).scores == pytest.approx([1, 1, 1])
    assert webpa(points).scores[0] > webpa(points).scores[2]


def test_webpa_without_self_when_one_did_not_submit():
    points = np.array([[5, 3, 1], [6, 5, 2], [_, _, _]])

    found = webpa(points, with_self=False)

    assert found.scores == pytest.approx([(6 / 8) * 2, (3 / 4) * 2, (1 / 4 + 2 / 8) * 2 / 2])


def test_webpa_of_points_that_say_nothing():
    nobody = np.full((3, 3), _)

    assert why(webpa(nobody)) == Reason.NO_RATINGS
    assert why(webpa([[1, _], [1, 1]])) == Reason.GAPS
    assert webpa([[0, 0], [0, 0]]).scores == (1, 1)
    alone = webpa([[2, 3], [_, _]], with_self=False)
    assert (why(alone.scores[0]), alone.scores[1]) == (Reason.NO_RATINGS, 1)
    assert alone.grades(60)[1] == 60
    assert isinstance(alone.grades(60)[0], Undefined)


@always
@given(teams, st.randoms())
def test_webpa_scores_average_one_whoever_is_named_first(points, lot):
    order = list(range(len(points)))
    lot.shuffle(order)

    found = webpa(points)

    assert np.mean(found.scores) == pytest.approx(1)
    assert webpa(points[np.ix_(order, order)]).scores == pytest.approx([found.scores[it] for it in order])
    assert webpa(points * 3).scores == pytest.approx(found.scores)


def test_contribution_is_teammates(golden):
    theirs = golden("teammates_contribution")

    found = contribution(theirs["given"])

    assert rounded(found.claims[3]) == theirs["normalized_claimed_row4"]
    assert rounded(found.ratios[3]) == theirs["peer_ratio_row4"]
    assert rounded(found.perceived) == theirs["perceived"]
    assert [rounded(row) for row in found.shown] == theirs["shown_to_each_student"]
    assert found.perceived[0] == pytest.approx(100 * (2 + 210 / 260) / 3)


def rounded(row):
    return [None if isinstance(it, Undefined) else round(it) for it in row]


def test_contribution_with_gaps_counts_what_there_is():
    found = contribution([[100, 120, _], [100, 100, 50], [_, _, _]])

    assert [why(it) for it in found.claims[2]] == [Reason.NO_RATINGS] * 3
    assert rounded(found.ratios[1]) == [133, None, 67]
    assert sum(found.perceived) == pytest.approx(300)
    assert rounded(found.shown[2]) == rounded(found.perceived)
    assert sum(found.shown[1]) == pytest.approx(250)


def test_ratios_tally_with_what_is_perceived_when_some_were_not_sure():
    found = contribution([[100, 120, _], [100, 100, 50], [90, _, 90]])

    factor = 300 / ((400 / 3 + 100) / 2 + 100 + 200 / 3)
    assert found.ratios[1][::2] == pytest.approx((factor * 400 / 3, factor * 200 / 3))
    assert found.perceived[0] == pytest.approx((found.ratios[1][0] + found.ratios[2][0]) / 2)


def test_whoever_gave_nobody_anything_is_shown_what_the_team_sees():
    found = contribution([[100, 100, 100], [0, 0, 0], [100, 50, 150]])

    assert found.shown[1] == pytest.approx(found.perceived)
    assert sum(found.perceived) == pytest.approx(300)


def test_contribution_without_anybody_elses_points():
    alone = contribution([[90, _], [_, 110]])

    assert why(alone) == Reason.NO_RATINGS
    assert contribution(np.zeros((3, 3))).perceived == (0, 0, 0)


@always
@given(teams.map(lambda points: points + 1))
def test_contribution_averages_a_hundred_and_own_claims_never_count(points):
    found = contribution(points)
    np.fill_diagonal(points, 50)

    assert np.mean(found.perceived) == pytest.approx(100)
    assert contribution(points).perceived == pytest.approx(found.perceived)


def test_catme_factor_is_capped_and_nearly_one_is_shown_as_one():
    ratings = np.array([[5, 4, 4, 2], [5, 4, 3.8, 2], [5, 4, 3.9, 2], [5, 4, 3.9, 2]])

    found = catme_adjustment(ratings)

    mean = (5 + 4 + 3.9 + 2) / 4
    assert found[0] == Adjustment(1.05, 1)
    assert found[1] == Adjustment(1.05, 1)
    assert found[3] == Adjustment(pytest.approx(2 / mean), pytest.approx(2 / mean))
    (close, _other) = catme_adjustment([[3.9, 4.1], [3.9, 4.1]])
    assert close == Adjustment(0.975, 1)


def test_catme_factor_without_self_forgets_what_people_say_of_themselves():
    ratings = np.array([[5, 3, 3], [3, 5, 3], [2, 2, 5]])

    found = catme_adjustment(ratings, with_self=False)

    assert [one.raw for one in found] == pytest.approx([2.5 / (8 / 3), 2.5 / (8 / 3), 1.05])
    assert why(catme_adjustment([[4, _], [_, _]], with_self=False)[0]) == Reason.NO_RATINGS


def test_spa_and_sapa():
    ratings = np.array([[4, 2, 2], [4, 4, 2], [4, 2, 1]])

    assert spa(ratings) == pytest.approx(np.sqrt(np.array([12, 8, 5]) / (25 / 3)))
    assert sapa(ratings) == pytest.approx(np.sqrt([4 / 4, 4 / 2, 1 / 2]))
    assert why(spa([[_, 1], [0, _]])[0]) == Reason.NO_RATINGS


def test_sapa_without_self_or_peers():
    no_self, of_peers = sapa([[_, 1], [0, 4]])
    no_peers, _other = sapa([[3, 1], [_, _]])

    assert (why(no_self), of_peers, why(no_peers)) == (Reason.NO_SELF, 2, Reason.NO_RATINGS)


@pytest.mark.parametrize("method", [webpa, contribution, catme_adjustment, spa, sapa])
def test_what_fits_nothing_is_refused(method):
    with pytest.raises(ValueError, match="row and a column"):
        method([[1, 2, 3], [1, 2, 3]])
    with pytest.raises(ValueError, match="from 0"):
        method([[1, -2], [1, 2]])
