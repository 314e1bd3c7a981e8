"""Intervals where no formula gives one: candidates are drawn again and again, with the same seed the same ones."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from assessments.measurement.arrays import Floats, Given, matrix
from assessments.measurement.undefined import Number, Reason, Undefined, undefined

# Of all draws, as many must give a value for an interval to mean something.
LEAST_SHARE = 0.9


@dataclass(frozen=True)
class Interval:
    """The middle `level` of the statistic over the draws (percentile bootstrap, Efron 1979)."""

    low: float
    high: float
    level: float
    draws: int


def interval(
    rows: Given,
    statistic: Callable[[Floats], Number],
    *,
    seed: int,
    draws: int = 1000,
    level: float = 0.95,
) -> Interval | Undefined:
    """`rows`: candidates × whatever the statistic takes. Draws in which it is undefined are left out, a tenth at most.

    Raises ValueError for anything but two dimensions. Source: Efron 1979; percentiles as in Efron & Tibshirani 1993, ch. 13.
    """
    given = matrix(rows)
    if len(given) < 2:
        return undefined(Reason.TOO_FEW, n=len(given), least=2)
    dice = np.random.default_rng(seed)
    found = []
    for _draw in range(draws):
        value = statistic(given[dice.integers(0, len(given), len(given))])
        if not isinstance(value, Undefined):
            found.append(value)
    if len(found) < LEAST_SHARE * draws:
        return undefined(Reason.UNSTABLE, n=len(found), draws=draws)
    low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high), level, draws)
