"""How far one group's marks are from another's, with an interval."""

from dataclasses import dataclass

from scipy import stats

from assessments.measurement.arrays import Given, is_flat, vector
from assessments.measurement.undefined import Reason, Undefined, undefined


@dataclass(frozen=True)
class Difference:
    """Mean of the first less mean of the second, in marks, with its 95 per cent interval."""

    value: float
    low: float
    high: float
    n: int

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves out no difference at all."""
        return self.low > 0 or self.high < 0


def mean_difference(first: Given, second: Given) -> Difference | Undefined:
    """Of two vectors, gaps left out; at least two values in each. Welch's interval, for unequal variances. Source: Welch 1947."""
    one, other = (values[values == values] for values in (vector(first), vector(second)))
    if min(one.size, other.size) < 2:
        return undefined(Reason.TOO_FEW, n=int(min(one.size, other.size)), least=2)
    if is_flat(one) and is_flat(other):
        return undefined(Reason.NO_SPREAD)
    interval = stats.ttest_ind(one, other, equal_var=False).confidence_interval(0.95)
    return Difference(
        float(one.mean() - other.mean()), float(interval.low), float(interval.high), int(one.size)
    )
