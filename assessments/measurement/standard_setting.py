"""Where the line between passing and failing lies: by examinees (grades, groups), by judges, by both, or by rank.

Scores are of one station or one exam, in its own units; a cut is in the same units: whoever reaches it passes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from assessments.measurement.arrays import Floats, Given, is_flat, matrix, pairs, vector
from assessments.measurement.undefined import Number, Reason, Undefined, undefined

# Below these a cut is refused, or given with a caution. A choice of ours where no source names one.
LEAST_R_SQUARED = 0.3
LEAST_BORDERLINE, FEW_BORDERLINE = 3, 10
STABLE_FROM = 50


class Caution(StrEnum):
    """What to know of a value that is given all the same. Wherever people read it, it is translated first."""

    SMALL = "Fewer than 50 candidates: another cohort could well give another cut."
    FEW_BORDERLINE = "Fewer than 10 candidates have the borderline grade: one of them moves the cut."
    EQUAL_STEPS = "The method takes the steps between grades as equally wide."


@dataclass(frozen=True)
class Cut:
    """A cut, its standard error where it has one, and the number of scores (or judges) it comes from."""

    value: Number
    standard_error: Number
    n: int
    cautions: tuple[Caution, ...] = ()


@dataclass(frozen=True)
class Regression:
    """Marks on global grades. `slope` is the inter-grade discrimination: marks gained for each grade."""

    slope: float
    intercept: float
    r_squared: Number
    residual_sd: Number
    cut: Cut


def borderline_regression(
    scores: Given, grades: Given, borderline: float, *, maximum: float | None = None
) -> Regression | Undefined:
    """Borderline regression: least squares of scores on grades; the cut is the score predicted for the borderline grade.

    `scores`, `grades`: vectors of one length n, NaN where there is none; such candidates are left out. `borderline`: the number
    of the borderline grade, which need not be given to anybody. `maximum`: the most marks there are, to refuse a cut beyond.
    SE(cut) = s·√(1/n + (x_B − x̄)²/Σ(x − x̄)²) with s² = SSE/(n − 2). The line is given also where it carries no cut: that takes
    a rising slope and an R² of .30 or more. Sources: Kramer et al. 2003; Wood et al. 2006; Hejri et al. 2013 (standard error).
    """
    y, x = pairs(scores, grades)
    n = int(y.size)
    if n < 3:
        return undefined(Reason.TOO_FEW, n=n, least=3) if n else undefined(Reason.NO_DATA)
    if is_flat(x):
        return undefined(Reason.NO_GRADE_SPREAD)
    off = x - x.mean()
    spread = float(off @ off)
    slope = float(off @ y) / spread
    intercept = float(y.mean()) - slope * float(x.mean())
    rest = y - intercept - slope * x
    total = float(((y - y.mean()) ** 2).sum())
    r_squared: Number = undefined(Reason.NO_SPREAD) if is_flat(y) else 1 - float(rest @ rest) / total
    s = float(np.sqrt(rest @ rest / (n - 2)))
    distance = borderline - float(x.mean())
    error = s * float(np.sqrt(1 / n + distance**2 / spread))
    value = _regression_cut(intercept + slope * borderline, slope, r_squared, maximum)
    return Regression(slope, intercept, r_squared, s, Cut(value, error, n, _cautions(n)))


def _regression_cut(cut: float, slope: float, r_squared: Number, maximum: float | None) -> Number:
    if isinstance(r_squared, Undefined):
        return r_squared
    if slope <= 0:
        return undefined(Reason.SLOPE)
    if r_squared < LEAST_R_SQUARED:
        return undefined(Reason.WEAK, r2=r_squared, least=LEAST_R_SQUARED)
    return within(cut, maximum)


def borderline_group(
    scores: Given, grades: Given, borderline: float, *, by_median: bool = False, maximum: float | None = None
) -> Cut:
    """The mean (or median) score of whoever has the borderline grade; at least three of them. Shapes as above.

    SE = SD/√n_B, for the mean only. Sources: Livingston & Zieky 1982; Dauphinee et al. 1997.
    """
    y, x = pairs(scores, grades)
    group = y[x == borderline]
    n = int(group.size)
    if n < LEAST_BORDERLINE:
        why = (
            undefined(Reason.FEW_BORDERLINE, n=n, least=LEAST_BORDERLINE)
            if n
            else undefined(Reason.NO_BORDERLINE)
        )
        return Cut(why, why, n)
    cautions = (Caution.FEW_BORDERLINE,) if n < FEW_BORDERLINE else ()
    value = float(np.median(group) if by_median else group.mean())
    error: Number = undefined(Reason.NO_ERROR) if by_median else float(group.std(ddof=1) / np.sqrt(n))
    return Cut(within(value, maximum), error, n, cautions)


def contrasting_groups(
    scores: Given, grades: Given, borderline: float, *, maximum: float | None = None
) -> Cut:
    """The score at which a candidate is as likely above the borderline grade as not, by logistic regression. Shapes as above.

    SE by the delta method. Where no score lies in both groups there is no such point, and the gap is named. Sources: Livingston &
    Zieky 1982; Clauser & Clyman 1994.
    """
    y, x = pairs(scores, grades)
    above = x > borderline
    n = int(y.size)
    if n == 0 or above.all() or not above.any():
        why = undefined(Reason.ONE_GROUP if n else Reason.NO_DATA)
        return Cut(why, why, n)
    low, high = y[~above], y[above]
    if low.max() <= high.min():
        why = undefined(Reason.SEPARATED, low=float(low.max()), high=float(high.min()))
        return Cut(why, why, n)
    if low.min() >= high.max() or low.mean() >= high.mean():
        why = undefined(Reason.SLOPE)
        return Cut(why, why, n)
    value, error = _even_odds(y, above)
    return Cut(within(value, maximum), error, n, _cautions(n)[:1])


def _even_odds(y: Floats, above: np.ndarray) -> tuple[float, float]:
    """Where the logistic regression crosses one half, and its standard error. Newton's method on centred scores."""
    centre, scale = float(y.mean()), float(y.std())
    design = np.column_stack([np.ones_like(y), (y - centre) / scale])
    beta = np.zeros(2)
    for _step in range(100):
        p = 1 / (1 + np.exp(-np.clip(design @ beta, -500, 500)))
        information = (design * (p * (1 - p))[:, None]).T @ design
        move = np.linalg.solve(information, design.T @ (above - p))
        beta = beta + move
        if float(np.abs(move).max()) < 1e-12:
            break
    where = -beta[0] / beta[1]
    gradient = np.array([-1 / beta[1], beta[0] / beta[1] ** 2])
    error = float(np.sqrt(gradient @ np.linalg.inv(information) @ gradient))
    return centre + scale * float(where), scale * error


@dataclass(frozen=True)
class Angoff:
    """One round of judgements. `judge_cuts`: of each judge, in items; `items`: the mean probability of each item."""

    cut: Cut
    share: float
    median: float
    judge_cuts: tuple[float, ...]
    items: tuple[float, ...]


def angoff(ratings: Given) -> Angoff | Undefined:
    """Modified Angoff: the mean over judges of the sum of their probabilities that a borderline candidate does each item.

    `ratings`: judges × items, each 0 to 1 (ValueError otherwise); every judge rates every item. Cut in items, `share` of them.
    SE = SD of the judges' cuts/√J. Sources: Angoff 1971; McKinley & Norcini 2014 (AMEE Guide 85).
    """
    given = matrix(ratings)
    if given.size == 0:
        return undefined(Reason.NO_DATA)
    gaps = int(np.isnan(given).sum())
    if gaps:
        return undefined(Reason.GAPS, missing=gaps, cells=given.size)
    if given.min() < 0 or given.max() > 1:
        raise ValueError("Probabilities lie between 0 and 1.")
    sums = given.sum(axis=1)
    judges, count = given.shape
    error: Number = (
        float(sums.std(ddof=1) / np.sqrt(judges)) if judges > 1 else undefined(Reason.TOO_FEW, n=1, least=2)
    )
    cut = float(sums.mean())
    return Angoff(
        Cut(cut, error, judges),
        cut / count,
        float(np.median(sums)),
        tuple(map(float, sums)),
        tuple(map(float, given.mean(axis=0))),
    )


@dataclass(frozen=True)
class AngoffRounds:
    """The same judges before and after they talked and saw how candidates did; the second round's cut is the cut.

    `judges_moved`: of each judge, cut after less cut before, in items. `items_moved`: of each item, mean probability after less
    before. `spread`: SD of the judges' cuts in each round, in items: it falls where they came closer.
    """

    first: Angoff
    second: Angoff
    judges_moved: tuple[float, ...]
    items_moved: tuple[float, ...]
    spread: tuple[Number, Number]


def angoff_in_two_rounds(first: Given, second: Given) -> AngoffRounds | Undefined:
    """Modified Angoff in two rounds: each as `angoff` takes it, the same judges × items in the same order.

    Raises ValueError where they are not of one shape. Source: McKinley & Norcini 2014 (AMEE Guide 85): judges rate, see
    the items' facility and each other's ratings, and rate again.
    """
    if matrix(first).shape != matrix(second).shape:
        raise ValueError("Both rounds are of the same judges and items.")
    before, after = angoff(first), angoff(second)
    if isinstance(before, Undefined) or isinstance(after, Undefined):
        return before if isinstance(before, Undefined) else after  # type: ignore[return-value]
    return AngoffRounds(
        before,
        after,
        _less(after.judge_cuts, before.judge_cuts),
        _less(after.items, before.items),
        (_spread(before), _spread(after)),
    )


def _less(after: tuple[float, ...], before: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(new - old for new, old in zip(after, before, strict=True))


def _spread(found: Angoff) -> Number:
    error = found.cut.standard_error
    return error if isinstance(error, Undefined) else error * float(np.sqrt(found.cut.n))


def ebel(counts: Given, proportions: Given) -> Cut:
    """Ebel: over the cells of relevance × difficulty, Σ items in the cell · share of them that a borderline candidate does.

    Two arrays of one shape, whatever it is; cut in items. Raises ValueError outside 0 to 1 or for negative counts. Ebel 1972.
    """
    items, shares = np.asarray(counts, dtype=np.float64), np.asarray(proportions, dtype=np.float64)
    if items.shape != shares.shape:
        raise ValueError("Every cell has a number of items and a proportion.")
    if items.size == 0 or not items.sum():
        why = undefined(Reason.NO_DATA)
        return Cut(why, why, 0)
    if (
        np.isnan(items).any()
        or np.isnan(shares).any()
        or items.min() < 0
        or shares.min() < 0
        or shares.max() > 1
    ):
        raise ValueError("Items are counted from 0, proportions lie between 0 and 1.")
    return Cut(float((items * shares).sum()), undefined(Reason.JUDGED), int(round(items.sum())))


class Curve(StrEnum):
    """How the share of candidates who fail is read between two scores."""

    STEP = "step"  # of those with a score below the cut, the cut moving by the smallest step of the marks
    INTERPOLATED = "interpolated"  # on the straight lines between those shares at the scores that occur


@dataclass(frozen=True)
class Hofstee:
    cut: Number
    fail_rate: Number
    curve: Curve


def hofstee(
    scores: Given,
    *,
    lowest_cut: Given,
    highest_cut: Given,
    lowest_fail_rate: Given,
    highest_fail_rate: Given,
    curve: Curve = Curve.STEP,
    step: float = 0.01,
) -> Hofstee:
    """Hofstee's compromise: where the curve of failing meets the line from (k_min, f_max) to (k_max, f_min).

    `scores`: vector; the four limits: one value from each judge, of which means are taken; fail rates as shares 0 to 1. Whoever
    is below the cut fails. `step`: the smallest step of the marks, for Curve.STEP; then the cut is the first on that grid from
    k_min on at which as many fail as the line says, or more. Says so where line and curve do not meet. Source: Hofstee 1983.
    """
    marks = vector(scores)
    marks = np.sort(marks[~np.isnan(marks)])
    given = (lowest_cut, highest_cut, lowest_fail_rate, highest_fail_rate)
    k_min, k_max, f_min, f_max = (float(np.mean(vector(limit))) for limit in given)
    if not (k_min < k_max and 0 <= f_min < f_max <= 1):
        raise ValueError("The lowest cut is below the highest, and the lowest fail rate below the highest.")
    if marks.size == 0:
        why = undefined(Reason.NO_DATA)
        return Hofstee(why, why, curve)
    if curve == Curve.STEP:
        places = k_min + step * np.arange(int(np.floor((k_max - k_min) / step + 1e-9)) + 1)
        failing = np.searchsorted(marks, places - step * 1e-6, side="left") / marks.size
    else:
        at = np.unique(marks)
        shares = np.append(np.searchsorted(marks, at, side="left") / marks.size, 1.0)
        at = np.append(at, at[-1] + step)
        places = np.concatenate([[k_min], at[(at > k_min) & (at < k_max)], [k_max]])
        failing = np.interp(places, at, shares, left=0.0, right=1.0)
    line = f_max + (f_min - f_max) * (places - k_min) / (k_max - k_min)
    over = np.flatnonzero(failing >= line)
    if over.size == 0 or failing[0] > line[0]:
        why = undefined(Reason.NO_CROSSING)
        return Hofstee(why, why, curve)
    first = int(over[0])
    if curve == Curve.STEP or first == 0:
        return Hofstee(float(places[first]), float(failing[first]), curve)
    before, after = first - 1, first
    gap = (line - failing)[[before, after]]
    share = gap[0] / (gap[0] - gap[1])
    cut = places[before] + share * (places[after] - places[before])
    rate = failing[before] + share * (failing[after] - failing[before])
    return Hofstee(float(cut), float(rate), curve)


def cohen(scores: Given, *, chance: float = 0.0, share: float = 0.6, percentile: float = 95.0) -> Cut:
    """Cohen's method: chance + 60 % of the way from there to what the best do, the 95th percentile (linear interpolation).

    `scores`: vector. Source: Cohen-Schotanus & van der Vleuten 2010; with another `share` and no chance Taylor 2011.
    """
    marks = vector(scores)
    marks = marks[~np.isnan(marks)]
    if marks.size == 0:
        why = undefined(Reason.NO_DATA)
        return Cut(why, why, 0)
    return Cut(
        cohen_from(float(np.percentile(marks, percentile)), chance=chance, share=share),
        undefined(Reason.NO_ERROR),
        int(marks.size),
        _cautions(int(marks.size))[:1],
    )


def cohen_from(best: float, *, chance: float = 0.0, share: float = 0.6) -> float:
    """The same from the score of the best, in its units, as it is published (2010)."""
    return chance + share * (best - chance)


def fixed(share: float, maximum: float) -> Cut:
    """The same share (0 to 1) of the marks every year, to compare with: what Cohen-Schotanus & van der Vleuten 2010 call
    an absolute standard. Cut in marks. Raises ValueError outside 0 to 1.
    """
    if not 0 <= share <= 1 or maximum <= 0:
        raise ValueError("A fixed cut is a share, 0 to 1, of marks above 0.")
    return Cut(share * maximum, undefined(Reason.JUDGED), 0)


def norm_referenced(scores: Given) -> Cut:
    """Mean − 1 SD, only to compare with: it fails a share of every cohort, however good. Source: Park 2021."""
    marks = vector(scores)
    marks = marks[~np.isnan(marks)]
    if marks.size < 2:
        why = undefined(Reason.TOO_FEW, n=int(marks.size), least=2)
        return Cut(why, why, int(marks.size))
    return Cut(float(marks.mean() - marks.std(ddof=1)), undefined(Reason.NO_ERROR), int(marks.size))


def within(cut: float, maximum: float | None) -> Number:
    """The cut, unless it is outside the marks that can be given."""
    if cut < 0 or (maximum is not None and cut > maximum):
        return undefined(
            Reason.OUT_OF_RANGE, cut=cut, maximum=maximum if maximum is not None else float("inf")
        )
    return cut


def _cautions(n: int) -> tuple[Caution, ...]:
    return (Caution.SMALL, Caution.EQUAL_STEPS) if n < STABLE_FROM else (Caution.EQUAL_STEPS,)


def sum_of(cuts: Sequence[Number]) -> Number:
    """Of all stations' cuts; the first that is not there says why there is none."""
    for cut in cuts:
        if isinstance(cut, Undefined):
            return cut
    return float(sum(cut for cut in cuts if not isinstance(cut, Undefined)))
