"""Comparative judgement against R's and choix's numbers and against statsmodels, and that coin tosses are not called reliable."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from assessments.measurement import comparative_judgement as cj
from assessments.measurement.undefined import Reason, Undefined
from tests.measurement.test_standard_setting import why

always = settings(max_examples=40, derandomize=True, deadline=None, database=None)


def judged(pairs, chance_of_first, *, seed):
    """Winners and losers of a design."""
    dice = np.random.default_rng(seed)
    first, second = np.array(pairs).T
    won = dice.random(first.size) < chance_of_first(first, second)
    return np.where(won, first, second), np.where(won, second, first)


def beside_first(found):
    return [it - found.measures[0] for it in found.measures[1:]]


@pytest.fixture(scope="module")
def published(golden):
    return golden("bradley_terry")


@pytest.fixture(scope="module")
def baseball(published):
    """Winners and losers by number of the team, and the teams."""
    teams = published["baseball"]["teams"]
    played = []
    for home, away, won, lost in published["baseball"]["games"]:
        played += [(home, away)] * won + [(away, home)] * lost
    return [[teams.index(game[side]) for game in played] for side in (0, 1)], teams


def test_citations_are_as_published(published):
    wins = np.array(published["citations"]["wins_i_over_j"]).astype(int)
    winners, losers = (np.repeat(side.ravel(), wins.ravel()) for side in np.indices(wins.shape))

    found = cj.bradley_terry(winners, losers, 4, virtual=False)

    assert beside_first(found) == pytest.approx(list(published["citations"]["expected"].values()), abs=5e-5)


def test_baseball_and_its_standard_errors_are_as_published(baseball, published):
    (winners, losers), teams = baseball

    found = cj.bradley_terry(winners, losers, len(teams), virtual=False)

    expected, errors = published["baseball"]["expected"], published["baseball"]["se"]
    assert beside_first(found) == pytest.approx([expected[team] for team in teams[1:]], abs=5e-5)
    assert [found.error_of_difference(place, 0) for place in range(1, 7)] == pytest.approx(
        [errors[team] for team in teams[1:]], abs=5e-5
    )


def test_choix_case_is_as_in_its_tests(published):
    winners, losers = zip(*published["choix_small"]["pairs_winner_loser"], strict=True)

    found = cj.bradley_terry(winners, losers, 3, virtual=False)

    assert found.measures == pytest.approx(published["choix_small"]["ml"], abs=1e-8)


@pytest.mark.parametrize("virtual", [False, True])
def test_measures_are_statsmodels_logistic_regression(baseball, virtual):
    (winners, losers), teams = baseball
    rows = [(one, 1) for one in winners], [(one, -1) for one in losers]
    design = np.zeros((len(winners), 7))
    for side in rows:
        for row, (item, sign) in enumerate(side):
            design[row, item] += sign
    answers = np.ones(len(winners))
    if virtual:  # everybody once beats and once loses to one of measure 0
        design = np.vstack([design, np.eye(7), np.eye(7)])
        answers = np.append(answers, [1] * 7 + [0] * 7)
    mirrored = np.vstack([design, -design]), np.append(answers, 1 - answers)
    identified = mirrored[0] if virtual else mirrored[0][:, 1:]  # without, the first is their zero
    theirs = sm.GLM(mirrored[1], identified, family=sm.families.Binomial()).fit(tol=1e-12).params
    theirs = theirs if virtual else np.append(0, theirs)

    found = cj.bradley_terry(winners, losers, 7, virtual=virtual)

    assert found.measures == pytest.approx(theirs - theirs.mean(), abs=1e-6)


def test_errors_and_reliability_by_hand():
    """Two items, three comparisons: p = 2/3, information 3·p·(1 − p)."""
    found = cj.bradley_terry([0, 0, 1], [1, 1, 0], 2, virtual=False)

    assert found.measures == pytest.approx([np.log(2) / 2, -np.log(2) / 2])
    assert found.errors == pytest.approx([np.sqrt(1.5)] * 2)
    assert found.reliability == pytest.approx(1 - 1.5 / (np.log(2) ** 2 / 2))
    assert (found.compared, found.is_enough) == ((3, 3), False)
    assert found.information.toarray() == pytest.approx(np.array([[1, -1], [-1, 1]]) * 2 / 3)


def test_virtual_comparisons_count_in_errors():
    """Each item won one of two, and one of two against the average: four comparisons with p = 1/2."""
    assert cj.bradley_terry([0, 1], [1, 0], 2).errors == pytest.approx([1, 1])


def test_what_always_won_has_a_place_only_with_a_virtual_loss():
    winners, losers = [0, 0, 1, 2], [1, 2, 2, 1]

    found = cj.bradley_terry(winners, losers, 3)

    assert why(cj.bradley_terry(winners, losers, 3, virtual=False)) == Reason.UNBEATEN
    assert found.measures[0] > found.measures[1] == pytest.approx(found.measures[2])


def test_what_was_never_compared_has_no_place():
    found = cj.bradley_terry([0, 2], [2, 0], 4)

    assert [why(found.measures[it]) for it in (1, 3)] == [Reason.NO_DATA] * 2
    assert [why(found.errors[1]), why(found.error_of_difference(0, 1))] == [Reason.NO_DATA] * 2
    assert (found.measures[0], found.compared, why(found.reliability)) == (0, (2, 0, 2, 0), Reason.NO_SPREAD)
    assert not found.is_enough
    assert why(cj.bradley_terry([], [], 3)) == Reason.NO_DATA
    assert "2 separate groups" in cj.bradley_terry([0, 2], [1, 3], 4).sentence


@pytest.mark.parametrize("wrong", [([0], [0]), ([0, 1], [1]), ([0], [9]), ([-1], [0])])
def test_what_fits_nothing_is_refused(wrong):
    with pytest.raises(ValueError, match="."):
        cj.bradley_terry(*wrong, 3)


# --- designs ---


@always
@given(st.integers(2, 40), st.integers(1, 20), st.integers(0, 5))
def test_design_has_everybody_equally_often_and_nobody_twice(items, each, seed):
    pairs = cj.pair_design(items, each, seed=seed)

    wanted = each + items * each % 2
    if items <= wanted:
        assert why(pairs) == Reason.TOO_FEW
        return
    assert Counter(it for pair in pairs for it in pair) == dict.fromkeys(range(items), wanted)
    assert len({frozenset(pair) for pair in pairs}) == len(pairs) == items * wanted // 2
    if wanted > 1:
        assert not isinstance(cj.bradley_terry(*zip(*pairs, strict=True), items), Undefined)


def test_design_is_by_lot_and_the_same_with_the_same_seed():
    pairs = cj.pair_design(50, 10, seed=1)

    assert pairs == cj.pair_design(50, 10, seed=1) != cj.pair_design(50, 10, seed=2)
    assert 90 < sum(first < second for first, second in pairs) < 160
    with pytest.raises(ValueError, match="at least once"):
        cj.pair_design(5, 0, seed=1)


# --- reliability ---


def test_coin_tosses_are_not_reliable():
    pairs = cj.pair_design(50, 10, seed=4)

    found = [cj.bradley_terry(*judged(pairs, lambda a, b: 0.5, seed=seed), 50) for seed in range(20)]

    assert np.mean([it.reliability for it in found]) < 0.15
    assert max(it.reliability for it in found) < 0.3
    assert not any(it.is_enough for it in found)
    halves = [cj.split_half(*judged(pairs, lambda a, b: 0.5, seed=seed), 50, seed=1) for seed in range(3)]
    assert np.abs(halves).max() < 0.4


def test_work_that_differs_is_put_in_order_and_the_order_is_reliable():
    worth = np.random.default_rng(1).normal(0, 2, 60)
    pairs = cj.pair_design(60, 20, seed=4)

    found = cj.bradley_terry(*judged(pairs, better(worth), seed=2), 60)

    assert np.corrcoef(found.measures, worth)[0, 1] > 0.93
    assert 0.8 < found.reliability < 0.96
    assert found.is_enough
    assert not replace(found, compared=(9, *found.compared[1:])).is_enough


def better(worth):
    return lambda first, second: 1 / (1 + np.exp(worth[second] - worth[first]))


def test_halves_of_judges_agree_unless_one_of_them_judges_upside_down():
    worth = np.random.default_rng(1).normal(0, 2, 40)
    pairs = cj.pair_design(40, 16, seed=4)
    winners, losers = judged(pairs, better(worth), seed=2)
    judges = np.arange(winners.size) % 8
    turned = judges == 3

    straight = cj.split_half(winners, losers, 40, judges=judges, seed=1)
    odd = np.where(turned, losers, winners), np.where(turned, winners, losers)

    assert 0.7 < straight < 0.9
    assert straight == cj.split_half(winners, losers, 40, judges=judges, seed=1)
    assert cj.split_half(*odd, 40, judges=judges, seed=1) < straight - 0.05
    infit = cj.judge_infit(cj.bradley_terry(*odd, 40), *odd, judges)
    assert max(infit, key=infit.get) == 3
    assert infit[3] > 1.5
    assert all(value < 1.2 for judge, value in infit.items() if judge != 3)


def test_halves_need_two_judges():
    assert why(cj.split_half([0, 1], [1, 0], 2, judges=["A", "A"], seed=1)) == Reason.ONE_RATER
    assert why(cj.split_half([], [], 2, seed=1)) == Reason.NO_DATA
    assert why(cj.split_half([0, 2], [1, 3], 4, seed=1)) == Reason.UNSTABLE
