"""How far raters say the same: percentage agreement, the kappas, Krippendorff's alpha, the intraclass correlations."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy.stats import f

from assessments.measurement.arrays import Floats, Given, complete_rows, is_flat, matrix, pairs
from assessments.measurement.undefined import Number, Reason, Undefined, undefined


class Weights(StrEnum):
    NONE = "none"
    LINEAR = "linear"
    QUADRATIC = "quadratic"


class Metric(StrEnum):
    """What a difference between two values means to Krippendorff's alpha."""

    NOMINAL = "nominal"
    ORDINAL = "ordinal"
    INTERVAL = "interval"
    RATIO = "ratio"


def percentage_agreement(first: Given, second: Given, *, within: float = 0.0) -> Number:
    """The share (0 to 1) of candidates whose two ratings differ by `within` at most, in the ratings' unit.

    Vectors of one length, NaN for none; candidates with one rating are left out. ValueError for other lengths. p_o of Cohen 1960.
    """
    x, y = pairs(first, second)
    return float((np.abs(x - y) <= within + 1e-12).mean()) if x.size else undefined(Reason.ONE_RATER)


def cross_table(first: Given, second: Given) -> Floats:
    """How often each pair of categories was given: rows the first rater's, columns the second's, in the order of the values.

    Vectors of one length, NaN for none (left out); gives a square array of counts. ValueError for other lengths. Cohen 1960.
    """
    x, y = pairs(first, second)
    values = np.unique(np.concatenate([x, y]))
    table = np.zeros((values.size, values.size))
    np.add.at(table, (np.searchsorted(values, x), np.searchsorted(values, y)), 1.0)
    return table


def cohen_kappa(table: Given, weights: Weights | Given = Weights.NONE) -> Number:
    """κ of a square table of counts or shares; weighted κ_w = 1 − Σv·p/Σv·e with disagreement weights v.

    `weights`: linear |i − j|, quadratic (i − j)², or a table of disagreements (zero where two say the same). Cohen 1960, 1968.
    """
    given = matrix(table)
    if given.shape[0] != given.shape[1]:
        raise ValueError("Both raters use the same categories: a square table is needed.")
    if np.isnan(given).any() or (given < 0).any():
        raise ValueError("A table holds counts or shares, from 0.")
    if not given.sum():
        return undefined(Reason.ONE_RATER)
    observed = given / given.sum()
    expected = np.outer(observed.sum(axis=1), observed.sum(axis=0))
    apart = _disagreement(given.shape[0], weights)
    chance = float((apart * expected).sum())
    if chance <= 1e-15:
        return undefined(Reason.ONE_CATEGORY)
    return 1 - float((apart * observed).sum()) / chance


def _disagreement(size: int, weights: Weights | Given) -> Floats:
    if not isinstance(weights, Weights):
        return matrix(weights)
    steps = np.abs(np.subtract.outer(np.arange(size), np.arange(size))).astype(np.float64)
    if weights == Weights.NONE:
        apart: Floats = (steps > 0).astype(np.float64)
        return apart
    return steps if weights == Weights.LINEAR else steps**2


def fleiss_kappa(counts: Given) -> Number:
    """Fleiss' κ of subjects × categories: how many raters gave each; as many raters for every subject.

    Raises ValueError where the numbers of raters differ. Source: Fleiss 1971.
    """
    given = matrix(counts)
    if given.size == 0:
        return undefined(Reason.NO_DATA)
    raters = given.sum(axis=1)
    if not np.all(raters == raters[0]):
        raise ValueError("Every subject needs as many ratings as the others.")
    k = float(raters[0])
    if k < 2:
        return undefined(Reason.ONE_RATER)
    agreed = float((((given**2).sum(axis=1) - k) / (k * (k - 1))).mean())
    shares = given.sum(axis=0) / given.sum()
    chance = float((shares**2).sum())
    if 1 - chance <= 1e-15:
        return undefined(Reason.ONE_CATEGORY)
    return (agreed - chance) / (1 - chance)


def krippendorff_alpha(ratings: Given, metric: Metric = Metric.INTERVAL) -> Number:
    """α = 1 − D_o/D_e of raters × units, NaN where a rater did not rate; units with one rating say nothing and are left out.

    `Metric.RATIO` needs values that are not negative. Source: Krippendorff 2011, Computing Krippendorff's alpha-reliability.
    """
    given = matrix(ratings)
    rated = (~np.isnan(given)).sum(axis=0)
    given = given[:, rated >= 2]
    if given.shape[1] == 0:
        return undefined(Reason.ONE_RATER)
    values, places = np.unique(given[~np.isnan(given)], return_inverse=True)
    if values.size < 2:
        return undefined(Reason.ONE_CATEGORY)
    units = np.nonzero(~np.isnan(given))[1]
    counts = np.zeros((given.shape[1], values.size))
    np.add.at(counts, (units, places), 1.0)
    each = counts.sum(axis=1)
    # How often two ratings of one unit made each pair of values, each unit counting as often as it was rated.
    scaled = counts / (each - 1)[:, None]
    pairs_of = scaled.T @ counts - np.diag(scaled.sum(axis=0))
    totals = pairs_of.sum(axis=1)
    apart = _apart(values, totals, metric)
    expected = float((np.outer(totals, totals) * apart).sum()) / (float(totals.sum()) - 1)
    return 1 - float((pairs_of * apart).sum()) / expected


def _apart(values: Floats, totals: Floats, metric: Metric) -> Floats:
    """The squared difference between each two values."""
    if metric == Metric.NOMINAL:
        unlike: Floats = 1.0 - np.eye(values.size)
        return unlike
    if metric == Metric.INTERVAL:
        return np.subtract.outer(values, values) ** 2
    if metric == Metric.RATIO:
        if values.min() < 0:
            raise ValueError("Ratios need values from 0.")
        sums = np.add.outer(values, values)
        return (
            np.divide(np.subtract.outer(values, values), sums, out=np.zeros_like(sums), where=sums > 0) ** 2
        )
    # The ratings between two values, and half of those of the two themselves.
    middles = np.cumsum(totals) - totals / 2
    return np.subtract.outer(middles, middles) ** 2


@dataclass(frozen=True)
class IntraclassCorrelations:
    """Shrout & Fleiss' models 1 to 3: each target its own raters, raters drawn at random, these ones. Of one, of the mean.

    `…_limits`: low and high end of the confidence interval of each. Model 2's rest on Satterthwaite's approximation.
    """

    single: tuple[float, ...]
    average: tuple[Number, ...]
    single_limits: tuple[tuple[float, float], ...]
    average_limits: tuple[tuple[Number, Number], ...]
    level: float
    targets: int
    raters: int


def intraclass_correlations(ratings: Given, *, level: float = 0.95) -> IntraclassCorrelations | Undefined:
    """All six of targets × raters, with intervals of confidence `level`; targets with a gap are left out.

    Sources: Shrout & Fleiss 1979; McGraw & Wong 1996, tables 4 and 7. Averages are single ones stepped up by Spearman and Brown.
    """
    if not 0 < level < 1:
        raise ValueError("A level of confidence is between 0 and 1.")
    given = matrix(ratings)
    if given.shape[1] < 2:
        return undefined(Reason.ONE_RATER)
    whole = complete_rows(given)
    n, k = whole.shape
    if n < 2:
        return undefined(Reason.TOO_FEW, n=n, least=2)
    if is_flat(whole.ravel()):
        return undefined(Reason.NO_SPREAD)
    mean = whole.mean()
    rows = k * float(((whole.mean(axis=1) - mean) ** 2).sum())
    columns = n * float(((whole.mean(axis=0) - mean) ** 2).sum())
    total = float(((whole - mean) ** 2).sum())
    msr, msc = rows / (n - 1), columns / (k - 1)
    msw = (total - rows) / (n * (k - 1))
    mse = max(total - rows - columns, 0.0) / ((n - 1) * (k - 1))
    if msr <= 1e-15 * total:
        return undefined(Reason.NOT_POSITIVE)
    single = (
        _two_squares(msr, msw, k),
        _absolute(msr, msc, mse, n, k),
        _two_squares(msr, mse, k),
    )
    between, crossed = n - 1, (n - 1) * (k - 1)
    freedom = _satterthwaite(max(single[1], 0.0), msc, mse, n, k)
    low, high = (1 - level) / 2, (1 + level) / 2
    # At each end the error's mean squares are as many times what they are as F may have made them.
    ends = [
        (
            _two_squares(msr, msw * f.isf(tail, between, n * (k - 1)), k),
            _absolute(msr, msc * times, mse * times, n, k),
            _two_squares(msr, mse * f.isf(tail, between, crossed), k),
        )
        for tail, times in ((tail, float(f.isf(tail, between, freedom))) for tail in (low, high))
    ]
    stepped = [[_stepped_up(one, k) for one in end] for end in ends]
    return IntraclassCorrelations(
        single,
        tuple(_stepped_up(one, k) for one in single),
        tuple(zip(*ends, strict=True)),
        tuple(zip(*stepped, strict=True)),
        level,
        n,
        k,
    )


def _two_squares(rows: float, error: float, k: int) -> float:
    return float((rows - error) / (rows + (k - 1) * error))


def _absolute(rows: float, columns: float, error: float, n: int, k: int) -> float:
    return float((rows - error) / (rows + (k - 1) * error + k * (columns - error) / n))


def _satterthwaite(correlation: float, columns: float, error: float, n: int, k: int) -> float:
    """Degrees of freedom of model 2's error: Shrout & Fleiss 1979, p. 424."""
    one = k * correlation * columns
    other = (n * (1 + (k - 1) * correlation) - k * correlation) * error
    if one + other <= 0:
        return float((n - 1) * (k - 1))
    return (one + other) ** 2 / (one**2 / (k - 1) + other**2 / ((n - 1) * (k - 1)))


def _stepped_up(one: float, k: int) -> Number:
    """Of the mean of k, by Spearman and Brown; model 2's can be so far below 0 that there is none."""
    share = 1 + (k - 1) * one
    return k * one / share if share > 1e-12 else undefined(Reason.NOT_POSITIVE)


def counts_of(ratings: Given) -> tuple[Floats, NDArray[np.float64]]:
    """Subjects × categories as fleiss_kappa takes them, and the categories, from subjects × raters.

    Raises ValueError for gaps. Source: Fleiss 1971.
    """
    given = matrix(ratings)
    if np.isnan(given).any():
        raise ValueError("Every rater rates every subject.")
    values = np.unique(given)
    return np.stack([(given == value).sum(axis=1) for value in values], axis=1).astype(np.float64), values
