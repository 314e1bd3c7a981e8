"""How far a mean could be from that of other raters."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from assessments.measurement.arrays import Given, vector
from assessments.measurement.undefined import Reason, Undefined, undefined


@dataclass(frozen=True)
class Bounds:
    """`level`: the share (0 to 1) of such intervals that hold what they are about."""

    low: float
    high: float
    level: float


def of_mean(values: Given, level: float = 0.95) -> Bounds | Undefined:
    """Student's t interval of the mean of a vector, gaps left out; at least two values. Source: Student 1908."""
    given = vector(values)
    given = given[~np.isnan(given)]
    if given.size < 2:
        return undefined(Reason.TOO_FEW, n=int(given.size), least=2)
    half = stats.t.ppf((1 + level) / 2, given.size - 1) * given.std(ddof=1) / np.sqrt(given.size)
    return Bounds(float(given.mean() - half), float(given.mean() + half), level)
