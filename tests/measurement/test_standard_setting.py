"""Cut scores against published and independently computed numbers, and what is said where there is none."""

import numpy as np
import pytest
import statsmodels.api as sm

from assessments.measurement import standard_setting as setting
from assessments.measurement.standard_setting import Caution, Curve
from assessments.measurement.undefined import Reason, Undefined

STATIONS = ["S1", "S2", "S3", "S4"]
LIMITS = {"lowest_cut": [55], "highest_cut": [65], "lowest_fail_rate": [0.05], "highest_fail_rate": [0.3]}


def why(value):
    assert isinstance(value, Undefined)
    assert "{" not in value.sentence
    return value.reason


@pytest.mark.parametrize("station", STATIONS)
def test_borderline_regression(constructed, station):
    data, expected = constructed
    expected = expected["stations"][station]

    found = setting.borderline_regression(data[station]["marks"], data[station]["grades"], 1)

    assert found.slope == pytest.approx(expected["slope_intergrade_discrimination"], abs=5e-5)
    assert found.intercept == pytest.approx(expected["intercept"], abs=5e-5)
    assert found.r_squared == pytest.approx(expected["R2"], abs=5e-5)
    assert found.residual_sd == pytest.approx(expected["rmse"], abs=5e-5)
    assert found.cut.value == pytest.approx(expected["cut_BRM"], abs=5e-5)
    assert found.cut.standard_error == pytest.approx(expected["se_cut"], abs=5e-5)
    assert found.cut.n == 24
    assert Caution.SMALL in found.cut.cautions


def test_borderline_regression_is_least_squares_as_statsmodels_has_it():
    dice = np.random.default_rng(5)
    grades = dice.integers(0, 5, 80).astype(float)
    marks = 30 + 7 * grades + dice.normal(0, 6, 80)
    marks[3], grades[9] = np.nan, np.nan
    there = ~(np.isnan(marks) | np.isnan(grades))

    found = setting.borderline_regression(marks, grades, 1.0)

    fitted = sm.OLS(marks[there], sm.add_constant(grades[there])).fit()
    at = fitted.get_prediction([1.0, 1.0])
    assert found.cut.value == pytest.approx(float(at.predicted_mean[0]))
    assert found.cut.standard_error == pytest.approx(float(at.se_mean[0]))
    assert found.cut.cautions == (Caution.EQUAL_STEPS,)


def test_borderline_regression_needs_nobody_at_the_borderline():
    found = setting.borderline_regression([40, 42, 60, 61, 80, 82], [0, 0, 2, 2, 4, 4], 1)

    assert found.cut.value == pytest.approx(51, abs=0.5)


@pytest.mark.parametrize(
    ("marks", "grades", "reason"),
    [
        ([], [], Reason.NO_DATA),
        ([50, 60], [1, 2], Reason.TOO_FEW),
        ([50, 60, 70], [2, 2, 2], Reason.NO_GRADE_SPREAD),
        ([np.nan, 60, 70, 80], [1, 2, np.nan, 3], Reason.TOO_FEW),
    ],
)
def test_no_line_without_grades_that_differ(marks, grades, reason):
    assert why(setting.borderline_regression(marks, grades, 1)) == reason


@pytest.mark.parametrize(
    ("marks", "grades", "reason"),
    [
        ([50, 50, 50, 50], [0, 1, 2, 3], Reason.NO_SPREAD),
        ([80, 70, 60, 50], [0, 1, 2, 3], Reason.SLOPE),
        ([50, 80, 52, 75, 57, 70], [0, 1, 2, 3, 3, 0], Reason.WEAK),
        ([10, 15, 22, 30], [2, 3, 4, 5], Reason.OUT_OF_RANGE),
    ],
)
def test_line_without_a_cut_says_why(marks, grades, reason):
    found = setting.borderline_regression(marks, grades, 0, maximum=100)

    assert why(found.cut.value) == reason
    assert np.isfinite(found.slope)


def test_cut_above_the_maximum_is_none():
    found = setting.borderline_regression([10, 14, 18, 20], [0, 1, 2, 3], 5, maximum=20)

    assert why(found.cut.value) == Reason.OUT_OF_RANGE
    assert "outside the marks that can be given (0 to 20)" in found.cut.value.sentence


@pytest.mark.parametrize("station", STATIONS)
def test_borderline_group(constructed, station):
    data, expected = constructed
    marks, grades, expected = (
        data[station]["marks"],
        data[station]["grades"],
        expected["stations"][station],
    )

    mean = setting.borderline_group(marks, grades, 1)
    median = setting.borderline_group(marks, grades, 1, by_median=True)

    assert mean.value == pytest.approx(expected["cut_BGM_mean"], abs=5e-5)
    assert median.value == pytest.approx(expected["cut_BGM_median"], abs=5e-5)
    assert mean.n == expected["n_borderline"]
    assert mean.cautions == (Caution.FEW_BORDERLINE,)
    group = [mark for mark, grade in zip(marks, grades, strict=True) if grade == 1]
    assert mean.standard_error == pytest.approx(np.std(group, ddof=1) / len(group) ** 0.5)
    assert why(median.standard_error) == Reason.NO_ERROR


def test_borderline_group_needs_three():
    assert why(setting.borderline_group([50, 60], [2, 3], 1).value) == Reason.NO_BORDERLINE
    few = setting.borderline_group([50, 60, 70], [1, 1, 3], 1)
    assert why(few.value) == Reason.FEW_BORDERLINE
    assert few.value.sentence == "The borderline grade was given to 2 only; at least 3 are needed."


@pytest.mark.parametrize("station", ["S1", "S2", "S4"])
def test_contrasting_groups(constructed, station):
    data, expected = constructed
    marks, grades = np.array(data[station]["marks"]), np.array(data[station]["grades"])

    found = setting.contrasting_groups(marks, grades, 1)

    assert found.value == pytest.approx(expected["stations"][station]["cut_contrasting_logit"], abs=5e-4)
    fitted = sm.Logit((grades > 1).astype(float), sm.add_constant(marks)).fit(disp=False)
    b0, b1 = fitted.params
    gradient = np.array([-1 / b1, b0 / b1**2])
    assert found.standard_error == pytest.approx(
        float(np.sqrt(gradient @ fitted.cov_params() @ gradient)), rel=1e-4
    )


def test_groups_that_do_not_overlap_have_a_gap_and_no_cut(constructed):
    data, _expected = constructed

    touching = setting.contrasting_groups(data["S3"]["marks"], data["S3"]["grades"], 1)
    apart = setting.contrasting_groups([40, 45, 70, 80], [0, 1, 2, 3], 1)

    assert why(touching.value) == Reason.SEPARATED
    assert why(apart.value) == Reason.SEPARATED
    assert "less than 70, nobody else more than 45" in apart.value.sentence


@pytest.mark.parametrize(
    ("marks", "grades", "reason"),
    [
        ([], [], Reason.NO_DATA),
        ([50, 60], [2, 3], Reason.ONE_GROUP),
        ([50, 60], [0, 1], Reason.ONE_GROUP),
        ([80, 85, 40, 45], [0, 1, 2, 3], Reason.SLOPE),
        ([80, 40, 40, 75, 39], [0, 1, 2, 3, 3], Reason.SLOPE),
    ],
)
def test_no_contrast_is_said(marks, grades, reason):
    assert why(setting.contrasting_groups(marks, grades, 1).value) == reason


def test_angoff(examples):
    given = examples["angoff"]

    found = setting.angoff(given["judges_by_items"])

    assert found.judge_cuts == pytest.approx(given["judge_cuts"])
    assert found.cut.value == pytest.approx(given["cut_mean"])
    assert 100 * found.share == pytest.approx(given["cut_pct"])
    assert found.cut.standard_error == pytest.approx(given["se_judges"], abs=5e-5)
    assert found.median == pytest.approx(given["median"])
    assert found.items == pytest.approx(np.mean(given["judges_by_items"], axis=0))


def test_angoff_with_gaps_or_one_judge():
    assert why(setting.angoff([[0.5, np.nan]])) == Reason.GAPS
    assert why(setting.angoff(np.empty((0, 0)))) == Reason.NO_DATA
    one = setting.angoff([[0.5, 0.7]])
    assert (one.cut.value, why(one.cut.standard_error)) == (pytest.approx(1.2), Reason.TOO_FEW)
    with pytest.raises(ValueError, match="between 0 and 1"):
        setting.angoff([[50, 70]])


def test_angoff_in_two_rounds(examples):
    first = np.array(examples["angoff"]["judges_by_items"])
    second = (first + first.mean(axis=0)) / 2  # half of the way to the others

    found = setting.angoff_in_two_rounds(first, second)

    assert (found.first, found.second) == (setting.angoff(first), setting.angoff(second))
    assert found.second.cut.value == pytest.approx(found.first.cut.value)
    assert found.judges_moved == pytest.approx((second - first).sum(axis=1))
    assert found.items_moved == pytest.approx([0] * 5)
    sd = first.sum(axis=1).std(ddof=1)
    assert found.spread == pytest.approx((sd, sd / 2))


def test_second_round_that_is_not_of_the_same_judges_and_items():
    with pytest.raises(ValueError, match="same judges and items"):
        setting.angoff_in_two_rounds([[0.5, 0.6]], [[0.5]])
    assert why(setting.angoff_in_two_rounds([[0.5]], [[np.nan]])) == Reason.GAPS
    assert why(setting.angoff_in_two_rounds([[np.nan]], [[0.5]])) == Reason.GAPS
    alone = setting.angoff_in_two_rounds([[0.5, 0.6]], [[0.4, 0.6]])
    assert [why(value) for value in alone.spread] == [Reason.TOO_FEW] * 2


def test_ebel(examples):
    cells = list(examples["ebel"]["cells"].values())
    counts, shares = [cell[0] for cell in cells], [cell[1] for cell in cells]

    found = setting.ebel(counts, shares)

    assert (found.value, found.n) == (pytest.approx(examples["ebel"]["cut"]), examples["ebel"]["n_items"])
    assert why(found.standard_error) == why(setting.fixed(0.6, 20).standard_error) == Reason.JUDGED
    assert why(setting.ebel([0, 0], [0.5, 0.5]).value) == Reason.NO_DATA
    with pytest.raises(ValueError, match="Every cell"):
        setting.ebel([1, 2], [0.5])
    with pytest.raises(ValueError, match="counted from 0"):
        setting.ebel([1, 2], [0.5, 1.5])


def test_hofstee(examples):
    given = examples["hofstee"]

    step = setting.hofstee(given["scores"], **LIMITS)
    line = setting.hofstee(given["scores"], curve=Curve.INTERPOLATED, **LIMITS)

    assert step.cut == pytest.approx(given["cut_step"])
    assert step.fail_rate == pytest.approx(given["fail_rate"], abs=5e-5)
    assert line.cut == pytest.approx(given["cut_interpolated"], abs=5e-5)
    assert (step.curve, line.curve) == (Curve.STEP, Curve.INTERPOLATED)
    whole = setting.hofstee(given["scores"], step=1, **LIMITS)
    assert whole.cut == 59  # in whole marks: whoever has 58 fails


def test_hofstee_beyond_the_highest_mark_everybody_fails():
    found = setting.hofstee([56, 57, 58], curve=Curve.INTERPOLATED, **(LIMITS | {"highest_fail_rate": [0.9]}))

    # A third of the way from 57, where 1 of 3 fails, to 58: there 2 of 3 do; the line falls from 0.9 by 0.085 a mark.
    assert found.cut == pytest.approx(57.9482, abs=5e-5)
    late = setting.hofstee(
        [50, 51, 52.5],
        lowest_cut=[40],
        highest_cut=[60],
        lowest_fail_rate=[0.89],
        highest_fail_rate=[0.9],
        curve=Curve.INTERPOLATED,
        step=5,
    )
    assert 52.5 < late.cut < 57.5


def test_hofstee_takes_the_judges_means(examples):
    limits = {
        "lowest_cut": [54, 56],
        "highest_cut": [64, 66],
        "lowest_fail_rate": [0, 0.1],
        "highest_fail_rate": [0.2, 0.4],
    }

    assert setting.hofstee(examples["hofstee"]["scores"], **limits).cut == pytest.approx(58.01)


@pytest.mark.parametrize("scores", [[90, 91, 95], [10, 20, 30]])
@pytest.mark.parametrize("curve", list(Curve))
def test_hofstee_without_a_crossing_says_so(scores, curve):
    found = setting.hofstee(scores, curve=curve, **LIMITS)

    assert why(found.cut) == Reason.NO_CROSSING


def test_hofstee_refuses_limits_the_wrong_way_round():
    with pytest.raises(ValueError, match="lowest cut"):
        setting.hofstee([1, 2], lowest_cut=[5], highest_cut=[4], lowest_fail_rate=[0], highest_fail_rate=[1])
    assert why(setting.hofstee([np.nan], **LIMITS).cut) == Reason.NO_DATA


def test_cohen(examples):
    given = examples["cohen"]

    assert setting.cohen_from(given["P95"], chance=given["C"]) == pytest.approx(given["expected"])
    scores = np.arange(101.0)
    assert setting.cohen(scores, chance=20).value == pytest.approx(20 + 0.6 * 75)
    assert setting.cohen(scores, share=0.65, percentile=90).value == pytest.approx(0.65 * 90)
    assert why(setting.cohen([]).value) == Reason.NO_DATA


def test_fixed_and_norm_referenced():
    assert setting.fixed(0.6, 20).value == 12
    assert setting.norm_referenced([50, 60, 70]).value == 50
    assert why(setting.norm_referenced([50]).value) == Reason.TOO_FEW
    with pytest.raises(ValueError, match="share"):
        setting.fixed(60, 20)


def test_scores_are_finite_and_of_one_length():
    with pytest.raises(ValueError, match="finite"):
        setting.norm_referenced([np.inf, 1])
    with pytest.raises(ValueError, match="one length"):
        setting.borderline_regression([1, 2, 3], [1, 2], 1)
