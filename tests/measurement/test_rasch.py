"""Severity against three other computations of the same data, against what was planted, and where nobody can be compared."""

import csv
import json

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from assessments.measurement import rasch, rasch_estimation, verification
from assessments.measurement.linking import linked_groups
from assessments.measurement.rasch import many_facet_rasch
from assessments.measurement.undefined import Reason, Undefined
from tests.measurement.conftest import SAMPLES
from tests.measurement.test_standard_setting import why

_ = np.nan
COLUMNS = ("measure", "within_group", "standard_error", "fair_average", "infit", "outfit")


@pytest.fixture(scope="module")
def uto():
    """30 candidates × 30 items: two examiners marked nearly everything, three a third each."""
    with (verification.TABLES / "osce_postcc_uto2024_long.csv").open() as file:
        rows = [
            [int(row[name]) for name in ("examinee", "item", "rater", "score")]
            for row in csv.DictReader(file)
        ]
    candidates, items, raters, scores = np.array(rows).T
    facets = {"examinee": candidates, "item": items, "rater": raters}
    expected = json.loads((SAMPLES / "osce_postcc_uto2024_mfrm_expected.json").read_text())
    return scores, facets, expected


def column(facet, name):
    return [getattr(element, name) for element in facet.elements]


def simulated(seed, *, candidates=300, items=6, severities=(-0.6, -0.2, 0.0, 0.3, 0.5), each=2):
    """Ratings of the model itself: `each` of the examiners at random mark every candidate on all items."""
    dice = np.random.default_rng(seed)
    abilities, difficulties = dice.normal(0.3, 1, candidates), np.linspace(-1, 1, items)
    shifts = np.array([0.0, -1.2, -1.2, 0.0])  # thresholds −1.2, 0, 1.2
    who = np.array([dice.permutation(len(severities))[:each] for _candidate in range(candidates)])
    person, item, place = (part.ravel() for part in np.indices((candidates, items, each)))
    examiner = who[person, place]
    logits = abilities[person] - difficulties[item] - np.asarray(severities)[examiner]
    weights = np.exp(np.arange(4) * logits[:, None] - shifts)
    shares = np.cumsum(weights / weights.sum(axis=1, keepdims=True), axis=1)
    scores = (shares < dice.random(logits.size)[:, None]).sum(axis=1)
    return scores, {"candidate": person, "item": item, "examiner": examiner}


def test_real_exam(uto):
    scores, facets, expected = uto

    found = many_facet_rasch(scores, facets)

    assert found.log_likelihood == pytest.approx(expected["loglik"], abs=5e-5)
    assert found.thresholds == pytest.approx(expected["thresholds"], abs=5e-5)
    assert (found.categories, found.ratings, found.used) == ((0, 1, 2, 3), 2698, 2698)
    for name, facet in found.facets.items():
        of = expected[name]
        assert column(facet, "measure") == pytest.approx(of["measure"], abs=6e-5), name
        assert column(facet, "standard_error") == pytest.approx(of["se"], abs=6e-5), name
        assert column(facet, "infit") == pytest.approx(of["infit"], abs=6e-4), name
        assert column(facet, "outfit") == pytest.approx(of["outfit"], abs=6e-4), name
        assert facet.separation == pytest.approx(of["separation"], abs=6e-4), name
        assert facet.reliability == pytest.approx(of["reliability"], abs=6e-4), name
        assert facet.fixed_chi2 == pytest.approx(of["fixed_chi2"], abs=6e-3), name
        assert (facet.df, facet.groups) == (of["df"], 1)
    assert found.facets["rater"].p == pytest.approx(5.8e-5, abs=1e-6)


def test_who_looks_severe_by_average_need_not_be(uto):
    scores, facets, _expected = uto

    raters = many_facet_rasch(scores, facets).facets["rater"].elements

    assert min(raters, key=lambda rater: rater.average).level == 2
    assert max(raters, key=lambda rater: rater.measure).level == 5
    assert min(raters, key=lambda rater: rater.fair_average).level == 5
    assert [rater.ratings for rater in raters] == [900, 301, 299, 300, 898]


def test_two_categories_are_a_logistic_regression():
    scores, facets = simulated(2, candidates=25, items=4, severities=(-0.5, 0.0, 0.5))
    passed = (scores >= 2).astype(int)
    found = many_facet_rasch(passed, facets)
    kept = ~np.isin(
        facets["candidate"], [it.level for it in found.facets["candidate"].elements if it.is_extreme]
    )
    person, item, examiner = (codes[kept] for codes in facets.values())
    columns = [(person == level).astype(float) for level in np.unique(person)]
    columns += [-((item == level).astype(float) - (item == 0)) for level in range(1, 4)]
    columns += [-((examiner == level).astype(float) - (examiner == 0)) for level in range(1, 3)]

    theirs = sm.GLM(passed[kept], np.column_stack(columns), family=sm.families.Binomial()).fit(tol=1e-12)

    people = [it.measure for it in found.facets["candidate"].elements if not it.is_extreme]
    assert 0 < len(people) < 25
    assert people == pytest.approx(theirs.params[: len(people)], abs=1e-5)
    assert column(found.facets["examiner"], "measure")[1:] == pytest.approx(theirs.params[-2:], abs=1e-5)
    assert found.log_likelihood == pytest.approx(theirs.llf)


def test_planted_severities_are_found_again():
    planted = np.array([-0.6, -0.2, 0.0, 0.3, 0.5])
    scores, facets = simulated(5, severities=planted)

    found = many_facet_rasch(scores, facets)

    examiners = found.facets["examiner"]
    errors = np.array(column(examiners, "standard_error"))
    assert np.all(np.abs(column(examiners, "measure") - planted) < 3 * errors + 0.1 * np.abs(planted))
    assert found.thresholds == pytest.approx([-1.2, 0, 1.2], abs=0.2)
    assert column(found.facets["item"], "measure") == pytest.approx(np.linspace(-1, 1, 6), abs=0.2)
    assert np.mean(column(examiners, "infit")) == pytest.approx(1, abs=0.1)
    assert examiners.p < 0.001


def test_examiners_who_are_alike_are_found_alike():
    scores, facets = simulated(6, severities=(0.0, 0.0, 0.0, 0.0))

    examiners = many_facet_rasch(scores, facets).facets["examiner"]

    assert examiners.p > 0.01
    assert examiners.reliability < 0.6


def test_an_examiner_who_marks_at_random_shows_in_the_fit():
    scores, facets = simulated(7)
    noisy = facets["examiner"] == 3
    scores[noisy] = np.random.default_rng(1).integers(0, 4, noisy.sum())

    infit = column(many_facet_rasch(scores, facets).facets["examiner"], "infit")

    assert np.argmax(infit) == 3
    assert infit[3] > 1.3


def test_the_likelihood_is_at_its_top():
    """Observed and expected sums are the same for every element: the likelihood equations."""
    scores, facets = simulated(8, candidates=40)
    ratings = rasch_estimation.Ratings(
        scores.astype(float),
        list(facets.values()),
        [np.ones(codes.max() + 1, bool) for codes in facets.values()],
    )

    assert ratings.settle()

    for codes in facets.values():
        assert np.bincount(codes, ratings.expected) == pytest.approx(np.bincount(codes, ratings.x), abs=1e-4)


def test_the_top_is_found_from_far_away():
    """Where whole steps would overshoot, they are cut short."""
    scores, facets = simulated(8, candidates=40)
    codes = list(facets.values())
    near, far = (
        rasch_estimation.Ratings(
            scores.astype(float), codes, [np.ones(code.max() + 1, bool) for code in codes]
        )
        for _start in range(2)
    )
    far.measures = [np.random.default_rng(1).normal(0, 2, measure.size) for measure in far.measures]

    assert near.settle()
    assert far.settle()

    assert far.log_likelihood == pytest.approx(near.log_likelihood)
    assert far.measures[2] == pytest.approx(near.measures[2], abs=1e-6)


def test_fair_average_is_the_mark_to_expect_of_the_average(uto):
    scores, facets, _expected = uto
    found = many_facet_rasch(scores, facets)

    steps = np.concatenate([[0], np.cumsum(found.thresholds)])
    middle = np.mean(column(found.facets["examinee"], "measure"))
    rater = found.facets["rater"].elements[0]
    weights = np.exp(np.arange(4) * (middle - rater.measure) - steps)
    assert rater.fair_average == pytest.approx(np.arange(4) @ weights / weights.sum())


def test_marks_that_skip_a_number_are_as_many_categories():
    scores, facets = simulated(9, candidates=40)
    skipping = np.array([0, 1, 3, 5])[scores]

    found, skipped = many_facet_rasch(scores, facets), many_facet_rasch(skipping, facets)

    assert skipped.categories == (0, 1, 3, 5)
    assert skipped.thresholds == pytest.approx(found.thresholds)
    assert column(skipped.facets["examiner"], "measure") == pytest.approx(
        column(found.facets["examiner"], "measure")
    )
    assert max(column(skipped.facets["examiner"], "fair_average")) > 3


def test_ratings_that_are_missing_are_left_out():
    scores, facets = simulated(10, candidates=40)
    gappy = np.concatenate([scores.astype(float), [_, _]])
    more = {name: np.concatenate([codes, [0, 999]]) for name, codes in facets.items()}

    found, whole = many_facet_rasch(gappy, more), many_facet_rasch(scores, facets)

    assert found == whole


def parallel_circuits(seed):
    """Two circuits with examiners and candidates of their own; the stations are the same."""
    scores, facets = simulated(
        seed, candidates=60, items=5, severities=(-0.5, 0.0, 0.5, 0.0, -0.3, 0.6), each=1
    )
    candidate, item = facets["candidate"], facets["item"]
    examiner = (candidate % 2) * 3 + (candidate // 2 + item) % 3
    return scores, {"candidate": candidate, "item": item, "examiner": examiner}


def test_examiners_of_circuits_with_nothing_in_common_are_not_compared():
    found = many_facet_rasch(*parallel_circuits(11))

    examiners = found.facets["examiner"]
    assert examiners.groups == 2
    assert column(examiners, "linked_group") == [0, 0, 0, 1, 1, 1]
    assert {why(value) for value in column(examiners, "measure")} == {Reason.UNLINKED}
    assert {why(value) for value in column(examiners, "fair_average")} == {Reason.UNLINKED}
    assert {why(getattr(examiners, name)) for name in ("separation", "reliability", "fixed_chi2", "p")} == {
        Reason.UNLINKED
    }
    assert "2 separate groups" in examiners.separation.sentence
    # Within a circuit they are.
    assert np.sum(column(examiners, "within_group")[:3]) == pytest.approx(0)
    # All circuits have the same items, so these can be compared.
    assert found.facets["item"].groups == 1
    assert isinstance(found.facets["item"].elements[0].measure, float)
    assert found.facets["candidate"].groups == 2


def test_one_examiner_who_marks_in_both_circuits_links_them():
    scores, facets = parallel_circuits(11)
    facets["examiner"] = np.where(facets["examiner"] == 5, 2, facets["examiner"])

    found = many_facet_rasch(scores, facets)

    assert {facet.groups for facet in found.facets.values()} == {1}
    assert all(isinstance(value, float) for value in column(found.facets["examiner"], "measure"))


def test_examiners_who_each_see_one_station_are_compared_within_it_alone():
    scores, facets = simulated(12, candidates=80, items=4, severities=(0,), each=1)
    facets["examiner"] = facets["item"] * 2 + np.random.default_rng(3).integers(0, 2, scores.size)

    found = many_facet_rasch(scores, facets)

    assert found.facets["examiner"].groups == 4
    assert column(found.facets["examiner"], "linked_group") == [0, 0, 1, 1, 2, 2, 3, 3]
    assert {why(value) for value in column(found.facets["item"], "within_group")} == {Reason.ALONE}
    within = column(found.facets["examiner"], "within_group")
    assert within[0] == pytest.approx(-within[1])


def estimable(facets):
    """Which two can be compared, by linear algebra: their contrast is in the row space of the design."""
    levels = {name: np.unique(codes) for name, codes in facets.items()}
    design = np.hstack([codes[:, None] == levels[name] for name, codes in facets.items()]).astype(float)
    space = np.linalg.pinv(design) @ design
    first, answer = 0, {}
    for name, own in levels.items():
        for one in range(own.size):
            for other in range(own.size):
                contrast = np.zeros(design.shape[1])
                contrast[first + one] += 1
                contrast[first + other] -= 1
                answer[name, own[one], own[other]] = np.abs(contrast @ space - contrast).max() < 1e-6
        first += own.size
    return answer


@settings(max_examples=150)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3), st.integers(0, 4)), min_size=1, max_size=25))
def test_linked_are_those_whose_difference_can_be_estimated(rows):
    facets = dict(zip(("candidate", "station", "examiner"), np.array(rows).T, strict=True))

    groups = linked_groups(facets)

    for (name, one, other), is_comparable in estimable(facets).items():
        assert (groups[name][one] == groups[name][other]) == is_comparable


def test_a_chain_of_a_thousand_links_holds():
    """Each examiner shares one candidate with the next."""
    examiner = np.repeat(np.arange(1000), 2)
    candidate = examiner + np.tile([0, 1], 1000)

    assert set(linked_groups({"candidate": candidate, "examiner": examiner})["examiner"].values()) == {0}
    broken = np.where(candidate == 500, np.where(examiner == 500, 5000, candidate), candidate)
    assert set(linked_groups({"candidate": broken, "examiner": examiner})["examiner"].values()) == {0, 1}


def test_links_of_nothing_and_of_one_facet():
    assert linked_groups({"candidate": [], "examiner": []}) == {"candidate": {}, "examiner": {}}
    with pytest.raises(ValueError, match="as many"):
        linked_groups({"candidate": [1, 2], "examiner": [1]})
    with pytest.raises(ValueError, match="At least two"):
        linked_groups({})


def test_a_candidate_with_nothing_but_the_highest_marks():
    scores, facets = simulated(13, candidates=40)
    scores[facets["candidate"] == 4] = 3
    scores[facets["candidate"] == 9] = 0

    found = many_facet_rasch(scores, facets)

    candidates = found.facets["candidate"]
    for place in (4, 9):
        element = candidates.elements[place]
        assert element.is_extreme
        assert {why(getattr(element, name)) for name in COLUMNS} == {Reason.EXTREME}
        assert element.linked_group == -1
    assert candidates.elements[4].average == 3
    left_out = 12 * sum(column(candidates, "is_extreme"))
    assert found.used == found.ratings - left_out
    without = ~np.isin(facets["candidate"], [it.level for it in candidates.elements if it.is_extreme])
    rest = many_facet_rasch(scores[without], {name: codes[without] for name, codes in facets.items()})
    assert column(rest.facets["examiner"], "measure") == pytest.approx(
        column(found.facets["examiner"], "measure")
    )


def test_two_candidates():
    found = many_facet_rasch(
        [2, 1, 0, 1, 1, 2], {"candidate": [1, 1, 1, 2, 2, 2], "item": [1, 2, 3, 1, 2, 3]}
    )

    assert isinstance(found.facets["candidate"].separation, float)
    assert 0 <= found.facets["candidate"].p <= 1


@pytest.mark.parametrize(
    ("shape", "alone", "several"),
    [({"items": 1, "each": 3}, "item", "examiner"), ({"severities": (0,), "each": 1}, "examiner", "item")],
)
def test_one_station_and_one_examiner_are_nobody_to_compare_with(shape, alone, several):
    found = many_facet_rasch(*simulated(14, candidates=60, **shape))

    facet = found.facets[alone]
    assert {why(it) for it in (facet.elements[0].measure, facet.separation, facet.p)} == {Reason.ALONE}
    assert all(isinstance(value, float) for value in column(found.facets[several], "measure"))
    assert found.facets[several].groups == 1


def test_a_rater_with_one_sheet():
    scores, facets = simulated(15, candidates=60)
    own = facets["candidate"] == 17
    facets["examiner"] = np.where(
        own & (facets["examiner"] == facets["examiner"][own][0]), 44, facets["examiner"]
    )

    examiners = many_facet_rasch(scores, facets).facets["examiner"].elements

    assert (examiners[-1].level, examiners[-1].ratings) == (44, 6)
    errors = [examiner.standard_error for examiner in examiners]
    assert errors[-1] > 3 * max(errors[:-1])


@pytest.mark.parametrize(
    ("scores", "candidates", "reason"),
    [
        ([], [], Reason.NO_DATA),
        ([_, _], [1, 2], Reason.NO_DATA),
        ([1, 2], [1, 1], Reason.TOO_FEW),
        ([2, 2, 2, 2], [1, 1, 2, 2], Reason.NO_SPREAD),
        ([0, 0, 3, 3], [1, 1, 2, 2], Reason.EXTREME),
    ],
)
def test_marks_that_say_nothing(scores, candidates, reason):
    items = np.arange(len(scores)) % 2

    assert why(many_facet_rasch(scores, {"candidate": np.array(candidates, int), "item": items})) == reason


def test_marks_that_separate_perfectly():
    """The better half fails the hard item and passes the easy ones, the others never get beyond the lower two marks."""
    better, worse = [[2, 3, 2], [3, 2, 3], [2, 2, 3], [3, 3, 2]], [[0, 1, 0], [1, 0, 1], [0, 0, 1], [1, 1, 0]]
    scores = np.array(better + worse)
    candidate, item = np.indices(scores.shape)

    assert (
        why(many_facet_rasch(scores.ravel(), {"candidate": candidate.ravel(), "item": item.ravel()}))
        == Reason.DIVIDED
    )


def is_separated(scores, codes):
    """Albert & Anderson 1984, by linear programming: some change of the measures makes no rating less likely, and one more."""
    _levels, scores = np.unique(scores, return_inverse=True)
    most = scores.max()
    rows = []
    for rating, score in enumerate(scores):
        for other in set(range(most + 1)) - {score}:
            parts = [np.zeros(code.max() + 1) for code in codes] + [np.zeros(most)]
            for place, code in enumerate(codes):
                parts[place][code[rating]] = (1 if place == 0 else -1) * (score - other)
            parts[-1][other:score], parts[-1][score:other] = -1, 1
            rows.append(np.concatenate(parts))
    gains = np.array(rows)
    return -linprog(-gains.sum(axis=0), A_ub=-gains, b_ub=np.zeros(len(gains)), bounds=(-1, 1)).fun > 1e-7


def test_perfect_separation_is_said_where_there_is_some_and_nowhere_else():
    said = []
    for seed in range(80):
        dice = np.random.default_rng(seed)
        candidate, item = (part.ravel() for part in np.indices((9, 4)))
        examiner = dice.integers(0, 3, 36)
        logits = dice.normal(0, 1.2, 9)[candidate] - dice.normal(0, 1, 4)[item]
        scores = np.clip(np.round(1.5 + 0.9 * logits + dice.normal(0, 0.6, 36)), 0, 3)
        codes = [candidate, item, examiner]
        found = many_facet_rasch(scores, dict(zip(("candidate", "item", "examiner"), codes, strict=True)))
        kept, _regular = rasch._without_extremes(scores, codes, [9, 4, 3])

        told = isinstance(found, Undefined)
        assert not told or why(found) == Reason.DIVIDED
        assert told == is_separated(
            scores[kept], [np.unique(code[kept], return_inverse=True)[1] for code in codes]
        ), seed
        said.append(told)

    assert 10 < sum(said) < 70


def test_marks_out_of_ninety_settle_too():
    """A station's totals: dozens of categories, some of them given once."""
    scores, facets = simulated(17, candidates=150, items=8)
    dice = np.random.default_rng(18)
    totals = np.clip(np.round(45 + 14 * (scores - 1.5) + dice.normal(0, 9, scores.size)), 0, 90)

    found = many_facet_rasch(totals, facets)

    assert len(found.categories) > 60
    severities = np.array(column(found.facets["examiner"], "measure"))
    assert np.corrcoef(severities, [-0.6, -0.2, 0.0, 0.3, 0.5])[0, 1] > 0.97


def test_a_computation_that_does_not_settle_reports_nothing(monkeypatch):
    monkeypatch.setattr(rasch_estimation, "STEPS", 1)

    assert why(many_facet_rasch(*simulated(16, candidates=30))) == Reason.NOT_CONVERGED


def test_what_a_caller_must_not_give():
    codes = {"candidate": [1, 2], "item": [1, 1]}
    for scores in ([-1, 2], [0.5, 1]):
        with pytest.raises(ValueError, match="whole numbers from 0"):
            many_facet_rasch(scores, codes)
    with pytest.raises(ValueError, match="finite"):
        many_facet_rasch([1, np.inf], codes)
    with pytest.raises(ValueError, match="two facets"):
        many_facet_rasch([1, 2], {"candidate": [1, 2]})
    with pytest.raises(ValueError, match="as many"):
        many_facet_rasch([1, 2], {"candidate": [1, 2], "item": [1]})
    with pytest.raises(ValueError, match="whole numbers"):
        many_facet_rasch([1, 2], {"candidate": [1, 2], "item": [1.5, 2]})


def numbers(found):
    yield from (*found.thresholds, found.log_likelihood)
    for facet in found.facets.values():
        yield from (facet.separation, facet.reliability, facet.fixed_chi2, facet.p)
        for element in facet.elements:
            yield element.average
            yield from (getattr(element, name) for name in COLUMNS)


rating = st.tuples(st.integers(0, 6), st.integers(0, 3), st.integers(0, 3), st.sampled_from([_, 0, 1, 2, 3]))


@settings(max_examples=300)
@given(st.lists(rating, min_size=1, max_size=60))
def test_whatever_is_rated_a_number_or_words_come_out(rows):
    candidate, item, examiner, scores = np.array(rows, dtype=float).T
    facets = {"candidate": candidate.astype(int), "item": item.astype(int), "examiner": examiner.astype(int)}

    found = many_facet_rasch(scores, facets)

    for value in [found] if isinstance(found, Undefined) else numbers(found):
        assert isinstance(value, Undefined) or np.isfinite(value)
        assert not isinstance(value, Undefined) or "{" not in value.sentence


@settings(max_examples=30)
@given(st.randoms(use_true_random=False), st.integers(0, 50))
def test_the_order_of_ratings_does_not_matter(dice, seed):
    scores, facets = simulated(seed, candidates=20)
    order = list(range(scores.size))
    dice.shuffle(order)

    found = many_facet_rasch(scores, facets)
    shuffled = many_facet_rasch(scores[order], {name: codes[order] for name, codes in facets.items()})

    assert column(shuffled.facets["examiner"], "measure") == pytest.approx(
        column(found.facets["examiner"], "measure"), abs=1e-6
    )
