"""Strict and lenient reviewers told apart, against statsmodels' REML and against dense matrices."""

import warnings

import numpy as np
import pytest
import statsmodels.api as sm

from assessments.measurement.random_effects import Variances, random_effects, variances_of
from assessments.measurement.undefined import Reason, Undefined
from tests.measurement.test_standard_setting import why

_ = np.nan


def peers(works, reviewers, each, *, seed, sds=(10, 5, 6)):
    """Every work by `each` reviewers by lot."""
    dice = np.random.default_rng(seed)
    work = np.repeat(np.arange(works), each)
    reviewer = np.concatenate([dice.permutation(reviewers)[:each] for _work in range(works)])
    of_work, of_reviewer = dice.normal(0, sds[0], works), dice.normal(0, sds[1], reviewers)
    scores = 60 + of_work[work] + of_reviewer[reviewer] + dice.normal(0, sds[2], work.size)
    return work, reviewer, scores


def reml(work, reviewer, scores):
    """statsmodels' estimates with crossed components: mean, works, reviewers, rest, and both effects."""
    formulas = sm.regression.mixed_linear_model.VCSpec(
        ["r", "w"],
        [
            [[f"r{it}" for it in range(reviewer.max() + 1)]],
            [[f"w{it}" for it in range(work.max() + 1)]],
        ],
        [[np.eye(reviewer.max() + 1)[reviewer]], [np.eye(work.max() + 1)[work]]],
    )
    model = sm.MixedLM(scores, np.ones((scores.size, 1)), np.ones(scores.size), exog_vc=formulas)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        found = model.fit(reml=True, method="powell", ftol=1e-14, xtol=1e-10)
        effects = np.asarray(found.random_effects[1.0])
    split = reviewer.max() + 1
    return found.fe_params[0], found.vcomp[1], found.vcomp[0], found.scale, effects[split:], effects[:split]


def test_everybody_reviewing_everything_gives_statsmodels_reml():
    work, reviewer, scores = peers(9, 6, 6, seed=2)

    found = random_effects(work, reviewer, scores)

    mean, of_works, of_reviewers, rest, works, reviewers = reml(work, reviewer, scores)
    assert found.variances.works == pytest.approx(of_works, rel=2e-4)
    assert found.variances.reviewers == pytest.approx(of_reviewers, rel=2e-4)
    assert found.variances.rest == pytest.approx(rest, rel=2e-4)
    assert found.mean == pytest.approx(mean)
    assert found.works == pytest.approx(mean + works, abs=2e-3)
    assert found.severities == pytest.approx(-reviewers, abs=2e-3)


def test_a_few_reviews_each_give_statsmodels_effects_with_its_variances():
    work, reviewer, scores = peers(14, 10, 4, seed=5)
    mean, of_works, of_reviewers, rest, works, reviewers = reml(work, reviewer, scores)

    found = random_effects(work, reviewer, scores, variances=Variances(of_works, of_reviewers, rest))

    assert found.mean == pytest.approx(mean, abs=1e-6)
    assert found.works == pytest.approx(mean + works, abs=1e-6)
    assert found.severities == pytest.approx(-reviewers, abs=1e-6)


@pytest.mark.parametrize("sections", [1, 2])
@pytest.mark.parametrize("seed", range(3))
def test_variances_of_a_few_reviews_each_are_hendersons_by_dense_matrices(seed, sections):
    """Also where two sections have no reviewer and no work in common."""
    parts = [peers(20 // sections, 16 // sections, 3, seed=seed + 10 * part) for part in range(sections)]
    work, reviewer, scores = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    work += np.repeat(np.arange(sections) * (20 // sections), 60 // sections)
    reviewer += np.repeat(np.arange(sections) * (16 // sections), 60 // sections)
    of_works, of_reviewers = np.eye(20)[work], np.eye(16)[reviewer]

    found = variances_of(work, reviewer, scores)

    everything = onto(np.hstack([of_works, of_reviewers]))
    df = scores.size - np.linalg.matrix_rank(everything)
    rest = scores @ (np.eye(scores.size) - everything) @ scores / df
    assert found.rest == pytest.approx(rest)
    for component, own, other in (
        (found.works, of_works, of_reviewers),
        (found.reviewers, of_reviewers, of_works),
    ):
        more = everything - onto(other)
        expected = (scores @ more @ scores - np.trace(more) * rest) / np.trace(own.T @ more @ own)
        assert component == pytest.approx(expected)


def onto(columns):
    return columns @ np.linalg.pinv(columns)


def test_variances_are_right_on_average():
    found = [variances_of(*peers(40, 40, 5, seed=seed)) for seed in range(60)]

    assert np.mean([it.works for it in found]) == pytest.approx(100, rel=0.1)
    assert np.mean([it.reviewers for it in found]) == pytest.approx(25, rel=0.15)
    assert np.mean([it.rest for it in found]) == pytest.approx(36, rel=0.05)


def test_strict_reviewers_pull_work_down_less_than_in_the_mean():
    """Two equal works, one seen by the strict half of the class only."""
    dice = np.random.default_rng(1)
    work, reviewer = (
        np.repeat(np.arange(40), 4),
        np.concatenate([dice.permutation(20)[:4] for _w in range(40)]),
    )
    reviewer[:8] = [0, 1, 2, 3, 10, 11, 12, 13]
    strict = np.where(reviewer < 10, 6.0, 0)
    worth = np.append([60.0, 60], dice.normal(60, 8, 38))
    scores = worth[work] - strict + dice.normal(0, 2, work.size)

    found = random_effects(work, reviewer, scores)

    means = scores.reshape(40, 4).mean(axis=1)
    assert abs(means[0] - means[1]) > 4
    assert abs(found.works[0] - found.works[1]) < 2
    assert min(found.severities[:10]) > max(found.severities[10:])
    assert np.std(found.works) < np.std(means)


def test_numbers_nobody_reviewed_have_a_reason():
    work, reviewer, scores = peers(12, 8, 4, seed=3)
    work, reviewer = np.where(work == 11, 13, work), np.where(reviewer == 7, 9, reviewer)

    found = random_effects(np.append(work, 11), np.append(reviewer, 8), np.append(scores, _))

    assert [why(found.works[it]) for it in (11, 12)] == [Reason.NO_REVIEWS] * 2
    assert [why(found.severities[it]) for it in (7, 8)] == [Reason.NO_REVIEWS] * 2
    assert sum(isinstance(it, Undefined) for it in (*found.works, *found.severities)) == 4
    there = [it for it in found.works if not isinstance(it, Undefined)]
    assert np.mean(there) == pytest.approx(found.mean)


def test_no_variance_between_reviewers_leaves_shrunken_means():
    work, reviewer, scores = peers(12, 8, 4, seed=3)

    found = random_effects(work, reviewer, scores, variances=Variances(9, -1, 12))

    means = scores.reshape(12, 4).mean(axis=1)
    expected = means.mean() + (means - means.mean()) * 4 / (4 + 12 / 9)
    assert found.works == pytest.approx(expected)
    assert found.severities == pytest.approx([0] * 8)


def test_marks_that_add_up_exactly_are_taken_apart_exactly():
    work, reviewer = (part.ravel() for part in np.indices((5, 4)))

    found = random_effects(work, reviewer, 3.0 * work - 2 * reviewer)

    assert found.variances.rest == pytest.approx(0, abs=1e-12)
    assert found.works == pytest.approx(3 * np.arange(5) - 3)
    assert found.severities == pytest.approx(2 * np.arange(4) - 3)


@pytest.mark.parametrize(
    ("works", "reviewers", "scores", "reason"),
    [
        ([], [], [], Reason.NO_REVIEWS),
        ([0, 1], [0, 1], [_, _], Reason.NO_REVIEWS),
        ([0, 0, 1, 1], [0, 1, 0, 1], [5, 5, 5, 5], Reason.NO_SPREAD),
        ([0, 1, 2], [0, 1, 2], [5, 6, 7], Reason.FEW_SHARED),
        ([0, 0, 1, 1], [0, 1, 2, 3], [5, 6, 7, 8], Reason.FEW_SHARED),
        ([0, 0, 1, 1, 2, 2], [0, 1, 1, 2, 2, 3], [5, 6, 7, 8, 5, 6], Reason.FEW_SHARED),
    ],
)
def test_what_cannot_be_told_apart(works, reviewers, scores, reason):
    assert why(random_effects(works, reviewers, scores)) == reason


def test_large_differences_between_works_need_few_steps():
    work, reviewer, scores = peers(300, 300, 5, seed=4, sds=(40, 20, 2))

    assert random_effects(work, reviewer, scores).steps < 100


def test_known_variances_do_not_make_reviews():
    assert why(random_effects([], [], [], variances=Variances(1, 1, 1))) == Reason.NO_REVIEWS


@pytest.mark.parametrize(
    "wrong", [([0, 0], [1, 1], [5, 6]), ([0], [1, 2], [5, 6]), ([-1, 0], [0, 1], [5, 6])]
)
def test_what_fits_nothing_is_refused(wrong):
    with pytest.raises(ValueError, match="."):
        random_effects(*wrong)
