"""Variance components against Brennan's tables, an independent implementation and planted ones; and what cannot be told."""

import numpy as np
import pandas as pd
import pytest
from generalizit import GeneralizIT
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from assessments.measurement import verification
from assessments.measurement.generalizability import (
    P_BY_I,
    P_BY_I_BY_O,
    P_BY_R_BY_S,
    P_BY_R_IN_S,
    P_BY_S,
    g_study,
    g_study_of_anova,
    g_study_of_ratings,
)
from assessments.measurement.undefined import Reason, Undefined
from tests.measurement.test_standard_setting import why

_ = np.nan


def table(name):
    return verification._numbers(f"gtheory_brennan_{name}.csv")[:, 1:]


def estimates(found):
    return {name: component.estimate for name, component in found.components.items()}


def synthetic_1():
    return g_study(P_BY_I, table("synthetic1_pxi"))


def synthetic_4():
    return g_study(P_BY_R_IN_S, table("synthetic4_pxr_in_s").reshape(10, 3, 4).transpose(0, 2, 1))


def test_candidates_by_items():
    found = synthetic_1()

    assert estimates(found) == pytest.approx({"p": 0.0574, "i": 0.0754, "pi": 0.1269}, abs=5e-5)
    assert [part.sum_of_squares for part in found.components.values()] == pytest.approx(
        [7.3417, 9.6917, 12.5583], abs=5e-5
    )
    assert [part.df for part in found.components.values()] == [9, 11, 99]
    assert [part.mean_square for part in found.components.values()] == pytest.approx(
        [0.8157, 0.8811, 0.1269], abs=5e-5
    )
    assert (found.is_complete, found.candidates, found.conditions) == (True, 10, {"i": 12})


@pytest.mark.parametrize(
    ("items", "generalizability", "dependability"),
    [(5, 0.6935, 0.5866), (10, 0.819, 0.7395), (12, 0.8445, 0.773), (15, 0.8716, 0.8098), (20, 0.9005, 0.8502)],
)  # fmt: skip
def test_more_or_fewer_items(items, generalizability, dependability):
    planned = synthetic_1().d_study(i=items)

    assert planned.generalizability == pytest.approx(generalizability, abs=5e-5)
    assert planned.dependability == pytest.approx(dependability, abs=5e-5)


def test_standard_errors_of_measurement():
    observed = synthetic_1().observed

    assert observed.sem_relative == pytest.approx(0.1028, abs=5e-5)
    assert observed.sem_absolute == pytest.approx(0.1298, abs=5e-5)
    assert observed.sem_absolute == pytest.approx(synthetic_1().d_study(i=12).sem_absolute)


def test_stations_count_as_items_do():
    found = g_study(P_BY_S, table("synthetic1_pxi"))

    assert list(estimates(found).values()) == list(estimates(synthetic_1()).values())
    assert found.d_study(s=12).dependability == synthetic_1().d_study(i=12).dependability


def test_candidates_by_items_by_occasions():
    found = g_study(P_BY_I_BY_O, table("synthetic3_pxixo").reshape(10, 2, 4).transpose(0, 2, 1))

    published = {
        "p": 0.5528,
        "i": 0.4417,
        "o": 0.0074,
        "pi": 0.575,
        "po": 0.1009,
        "io": 0.1565,
        "pio": 0.9352,
    }
    assert estimates(found) == pytest.approx(published, abs=5.1e-5)
    assert found.observed.generalizability == pytest.approx(0.6399, abs=5e-5)
    assert found.observed.dependability == pytest.approx(0.5541, abs=5e-5)


def test_examiners_within_stations():
    found = synthetic_4()

    published = {"p": 0.4731, "s": 0.3252, "r:s": 0.6475, "ps": 0.5596, "pr:s": 2.3802}
    assert estimates(found) == pytest.approx(published, abs=5e-5)
    squares = {name: part.sum_of_squares for name, part in found.components.items()}
    assert squares == pytest.approx(
        {"p": 92.6667, "s": 48.2, "r:s": 79.7, "ps": 83.1333, "pr:s": 192.8}, abs=5e-5
    )
    assert found.observed.generalizability == pytest.approx(0.5514, abs=5e-5)
    assert found.observed.dependability == pytest.approx(0.4637, abs=5e-5)
    assert found.conditions == {"r": 4, "s": 3}


def test_stations_buy_more_than_examiners():
    one, two = synthetic_4().d_study(s=12, r=1), synthetic_4().d_study(s=12, r=2)

    assert (one.generalizability, one.dependability) == pytest.approx((0.6589, 0.5920), abs=5e-5)
    assert (two.generalizability, two.dependability) == pytest.approx((0.7644, 0.7030), abs=5e-5)
    assert synthetic_4().d_study(s=24, r=1).dependability > two.dependability


def unbalanced():
    """Three stations with two, four and two examiners."""
    stations = [0, 0, 1, 1, 1, 1, 2, 2]
    people, places = np.meshgrid(np.arange(8), np.arange(8), indexing="ij")
    return {"p": people.ravel(), "s": np.take(stations, places).ravel(), "r": places.ravel()}


def test_stations_with_more_and_fewer_examiners():
    found = g_study_of_ratings(P_BY_R_IN_S, table("unbalanced_pxr_in_s").ravel(), unbalanced())

    published = {"p": 1.2014, "s": 2.9161, "r:s": 0.2946, "ps": 0.9913, "pr:s": 0.8429}
    # .9913 is what rounding on the way made of .99143.
    assert estimates(found) == pytest.approx(published, abs=1.5e-4)
    assert found.observed.generalizability == pytest.approx(0.716, abs=5e-4)
    assert found.observed.dependability == pytest.approx(0.4277, abs=5e-5)
    assert not found.is_complete
    assert found.conditions == pytest.approx({"s": 3, "r": 2.4})


def test_real_exam_from_its_published_analysis_of_variance(examples):
    park = examples["park2021_gstudy_pxi"]

    found = g_study_of_anova(
        P_BY_I,
        sizes={"p": park["n_p"], "i": park["n_i"]},
        sums_of_squares=dict(zip(["p", "i", "pi"], park["SS"], strict=True)),
    )

    assert list(estimates(found).values()) == pytest.approx(park["var"], abs=6e-6)
    assert [part.mean_square for part in found.components.values()] == pytest.approx(park["MS"], abs=6e-6)
    assert [part.df for part in found.components.values()] == park["df"]
    total = sum(estimates(found).values())
    assert [100 * value / total for value in estimates(found).values()] == pytest.approx(
        park["pct"], abs=6e-3
    )


@pytest.mark.parametrize("design", [P_BY_S, P_BY_I_BY_O, P_BY_R_BY_S, P_BY_R_IN_S], ids=lambda it: it.name)
def test_analysis_of_variance_gives_what_the_ratings_give(design):
    shape = (6, 3, 4)[: len(design.facets)]
    direct = g_study(design, np.random.default_rng(3).integers(0, 9, shape).astype(float))

    of_table = g_study_of_anova(
        design,
        sizes=dict(zip(design.facets, shape, strict=True)),
        sums_of_squares={name: part.sum_of_squares for name, part in direct.components.items()},
    )

    assert estimates(of_table) == pytest.approx(estimates(direct))
    assert of_table.observed.dependability == pytest.approx(direct.observed.dependability)
    assert [part.df for part in of_table.components.values()] == [
        part.df for part in direct.components.values()
    ]


ORACLE = {"ps": "p x s", "r:s": "r:s", "pr:s": "p x (r:s)", "p": "p", "s": "s", "r": "r", "pr": "p x r", "rs": "r x s",
          "prs": "p x r x s", "i": "i", "pi": "p x i"}  # fmt: skip


@pytest.mark.filterwarnings("ignore:The inplace keyword")
@pytest.mark.parametrize("gaps", [0.0, 0.2], ids=["whole", "with gaps"])
@pytest.mark.parametrize("design", [P_BY_S, P_BY_R_BY_S, P_BY_R_IN_S], ids=lambda it: it.name)
def test_components_are_generalizits(design, gaps, capsys):
    dice = np.random.default_rng(8)
    shape = (9, 3, 4) if len(design.facets) == 3 else (9, 4)
    scores = dice.normal(5, 1, shape) + 2 * dice.normal(0, 1, (9,) + (1,) * (len(shape) - 1))
    scores[dice.random(shape) < gaps] = _
    places = np.nonzero(~np.isnan(scores))
    rows = pd.DataFrame(dict(zip(design.facets, places, strict=True)) | {"mark": scores[places]})
    theirs = GeneralizIT(rows, design.name.replace("×", "x"), "mark")

    found = g_study(design, scores)

    theirs.calculate_anova()
    expected = theirs.design.anova_table["Variance"]
    for name, estimate in estimates(found).items():
        # Theirs rounds its sums to four decimals on the way.
        assert estimate == pytest.approx(expected[ORACLE[name]], abs=2e-3), name
    if gaps:
        return
    theirs.calculate_g_coefficients()
    coefficients = theirs.design.g_coeffs_table.loc["p"]
    assert found.observed.generalizability == pytest.approx(coefficients["rho^2"], abs=2e-3)
    assert found.observed.dependability == pytest.approx(coefficients["phi^2"], abs=2e-3)


@pytest.mark.parametrize("gaps", [0.0, 0.3], ids=["whole", "with gaps"])
def test_planted_components_are_found_again(gaps):
    dice = np.random.default_rng(12)
    planted = {"p": 1.0, "s": 0.5, "r:s": 0.4, "ps": 0.8, "pr:s": 1.5}
    found = []
    for _cohort in range(40):
        scores = (
            dice.normal(0, 1.0, (60, 1, 1))
            + dice.normal(0, 0.5**0.5, (1, 1, 12))
            + dice.normal(0, 0.4**0.5, (1, 3, 12))
            + dice.normal(0, 0.8**0.5, (60, 1, 12))
            + dice.normal(0, 1.5**0.5, (60, 3, 12))
        )
        scores[dice.random(scores.shape) < gaps] = _
        found.append(estimates(g_study(P_BY_R_IN_S, scores)))

    for name, value in planted.items():
        each = [one[name] for one in found]
        assert np.mean(each) == pytest.approx(value, abs=3.5 * np.std(each) / len(each) ** 0.5), name


def test_negative_component_is_shown_and_counts_as_none():
    found = g_study(P_BY_S, [[1, 5, 3], [3, 1, 5], [5, 3, 1.5], [2, 4, 3]])

    component = found.components["p"]
    assert component.was_negative
    assert component.estimate < 0 == component.used
    assert found.observed.universe_score_variance == 0
    assert why(found.observed.generalizability) == Reason.NOT_POSITIVE
    assert why(found.observed.dependability) == Reason.NOT_POSITIVE
    assert found.observed.sem_relative > 0


def test_a_negative_error_component_counts_as_none_in_a_d_study():
    # Stations of the same mean: what they differ by is less than chance would bring.
    found = g_study(P_BY_S, [[1, 2, 3], [4, 3, 3], [3, 5, 4], [6, 4, 4]])

    assert found.components["s"].estimate < 0
    assert found.observed.absolute_error_variance == found.observed.relative_error_variance


def test_marks_far_from_zero_lose_no_digits():
    marks = table("synthetic1_pxi")

    assert estimates(g_study(P_BY_I, marks + 1e9)) == pytest.approx(estimates(synthetic_1()), rel=1e-6)


def test_no_residual_is_none_and_not_a_little_below():
    found = g_study(P_BY_S, np.add.outer([0.1, 0.7, 1.3, 2.9], [0.3, 0.4, 1.1]))

    assert estimates(found)["ps"] == 0
    assert found.observed.generalizability == 1
    assert found.observed.dependability < 1


def test_two_candidates_are_enough_to_compute_with():
    found = g_study(P_BY_S, [[1, 2, 3], [3, 5, 4]])

    assert [part.df for part in found.components.values()] == [1, 2, 2]
    assert 0 < found.observed.dependability < 1


@pytest.mark.parametrize(
    ("design", "scores", "reason"),
    [
        (P_BY_S, [[1], [2]], Reason.ONE_STATION),
        (P_BY_S, [[1, 2, 3]], Reason.TOO_FEW),
        (P_BY_S, [[_, 2], [_, 3]], Reason.ONE_STATION),
        (P_BY_S, [[4, 4], [4, 4], [4, 4]], Reason.NO_SPREAD),
        (P_BY_S, [[_, _], [_, _]], Reason.NO_DATA),
        (P_BY_S, np.empty((0, 3)), Reason.NO_DATA),
        (P_BY_S, [[1, _], [_, 3]], Reason.CONFOUNDED),
        (P_BY_I, [[1], [2]], Reason.ONE_ITEM),
        (P_BY_I_BY_O, [[[1], [2]], [[3], [5]]], Reason.ONE_OCCASION),
        (P_BY_R_IN_S, [[[1, 3]], [[2, 5]]], Reason.ONE_EXAMINER),
    ],
)
def test_a_design_that_says_nothing(design, scores, reason):
    assert why(g_study(design, scores)) == reason


def test_one_examiner_at_each_station_cannot_be_told_from_the_station():
    people, stations = np.divmod(np.arange(40), 4)
    marks = np.random.default_rng(1).normal(5, 1, 40)

    assert (
        why(g_study_of_ratings(P_BY_R_IN_S, marks, {"p": people, "s": stations, "r": stations + 50}))
        == Reason.CONFOUNDED
    )


def test_names_of_levels_do_not_matter():
    levels = unbalanced()
    marks = table("unbalanced_pxr_in_s").ravel()
    named = {
        "p": np.array([f"candidate {8 - p}" for p in levels["p"]]),
        "s": levels["s"] * 7 + 3,
        "r": np.array([0, 1, 0, 1, 2, 3, 0, 1])[levels["r"]],  # numbered anew at each station
    }

    found = g_study_of_ratings(P_BY_R_IN_S, marks, named)

    assert estimates(found) == pytest.approx(estimates(g_study_of_ratings(P_BY_R_IN_S, marks, levels)))


def test_what_a_caller_must_not_give():
    with pytest.raises(ValueError, match="axis"):
        g_study(P_BY_S, [1, 2, 3])
    with pytest.raises(ValueError, match="finite"):
        g_study(P_BY_S, [[1, np.inf], [2, 3]])
    with pytest.raises(ValueError, match="As many"):
        g_study_of_ratings(P_BY_S, [1, 2], {"p": [0, 1]})
    with pytest.raises(ValueError, match="As many"):
        g_study_of_ratings(P_BY_S, [1, 2], {"p": [0, 1], "s": [0]})
    with pytest.raises(ValueError, match="two ratings"):
        g_study_of_ratings(P_BY_S, [1, 2, 3, 4], {"p": [0, 0, 1, 1], "s": [0, 0, 1, 1]})
    with pytest.raises(ValueError, match="each of s"):
        g_study(P_BY_S, [[1, 2], [3, 5]]).d_study(r=1)
    for number in (0, _, np.inf):
        with pytest.raises(ValueError, match="each of s"):
            g_study(P_BY_S, [[1, 2], [3, 5]]).d_study(s=number)
    with pytest.raises(ValueError, match="size"):
        g_study_of_anova(P_BY_S, sizes={"p": 4}, sums_of_squares={"p": 1, "s": 1, "ps": 1})
    with pytest.raises(ValueError, match="finite"):
        g_study_of_anova(P_BY_S, sizes={"p": 4, "s": 3}, sums_of_squares={"p": _, "s": 1, "ps": 1})


def test_a_table_that_says_nothing():
    squares = {"p": 1.0, "s": 1.0, "ps": 1.0}
    assert (
        why(g_study_of_anova(P_BY_S, sizes={"p": 4, "s": 1}, sums_of_squares=squares)) == Reason.ONE_STATION
    )
    assert why(g_study_of_anova(P_BY_S, sizes={"p": 1, "s": 4}, sums_of_squares=squares)) == Reason.TOO_FEW
    nothing = dict.fromkeys(squares, 0.0)
    assert why(g_study_of_anova(P_BY_S, sizes={"p": 4, "s": 3}, sums_of_squares=nothing)) == Reason.NO_SPREAD


def numbers(found):
    """Every number of a study."""
    planned = found.d_study(**dict.fromkeys(found.conditions, 3))
    yield from found.conditions.values()
    for part in found.components.values():
        yield from (part.estimate, part.used, part.sum_of_squares, part.mean_square)
    for study in (found.observed, planned):
        yield from (study.generalizability, study.dependability, study.sem_relative, study.sem_absolute)


cells = st.one_of(st.just(_), st.integers(0, 3).map(float))


@pytest.mark.parametrize("design", [P_BY_S, P_BY_R_BY_S, P_BY_R_IN_S], ids=lambda it: it.name)
@given(draw=st.data())
def test_whatever_is_rated_a_number_or_words_come_out(design, draw):
    shape = st.tuples(*[st.integers(1, 4)] * len(design.facets))
    scores = draw.draw(arrays(np.float64, shape, elements=cells))

    found = g_study(design, scores)

    values = [found] if isinstance(found, Undefined) else list(numbers(found))
    for value in values:
        assert isinstance(value, Undefined) or np.isfinite(value)
        assert not isinstance(value, Undefined) or "{" not in value.sentence


@given(
    arrays(np.float64, st.tuples(st.integers(3, 6), st.integers(2, 5)), elements=cells), st.floats(0.5, 40)
)
def test_marks_out_of_another_maximum_scale_the_components_squared(scores, factor):
    found, scaled = g_study(P_BY_S, scores), g_study(P_BY_S, scores * factor)

    if isinstance(found, Undefined):
        assert found == scaled
    else:
        for name, value in estimates(found).items():
            assert estimates(scaled)[name] == pytest.approx(value * factor**2, abs=1e-9 * factor**2)
