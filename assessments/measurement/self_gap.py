"""How far people see themselves from how their peers see them. For them to think about; never a grade for guessing right."""

from dataclasses import dataclass

import numpy as np

from assessments.measurement import intervals
from assessments.measurement.arrays import Given, matrix, vector
from assessments.measurement.intervals import Bounds
from assessments.measurement.undefined import Reason, Undefined, undefined


@dataclass(frozen=True)
class Gap:
    """Self − mean of n peers, in marks: above 0 they think more of themselves. `interval`: what other peers might say."""

    value: float
    interval: Bounds | Undefined
    n: int

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves out no gap at all; False where there is none."""
        return not isinstance(self.interval, Undefined) and (self.interval.low > 0 or self.interval.high < 0)


def self_gaps(own: Given, peers: Given, *, level: float = 0.95) -> list[Gap | Undefined]:
    """Of each criterion. `own`: one mark a criterion; `peers`: reviewers × criteria; NaN where there is none.

    The self-assessment is taken as it is; the interval is Student's t of the peers' mean. ValueError where the numbers of
    criteria differ. Ask for the self-assessment before the peers' is seen. Peers saw it more as
    trainers did than people themselves (Evans et al. 2007).
    """
    mine, theirs = vector(own), matrix(peers)
    if theirs.shape[1] != mine.size:
        raise ValueError("Self and peers are marked on the same criteria.")
    return [_gap(one, column, level) for one, column in zip(mine.tolist(), theirs.T, strict=True)]


def _gap(own: float, peers: Given, level: float) -> Gap | Undefined:
    marks = vector(peers)
    marks = marks[~np.isnan(marks)]
    if own != own:
        return undefined(Reason.NO_SELF)
    if marks.size == 0:
        return undefined(Reason.NO_REVIEWS)
    around = intervals.of_mean(marks, level)
    if not isinstance(around, Undefined):
        around = Bounds(own - around.high, own - around.low, level)
    return Gap(float(own - marks.mean()), around, int(marks.size))
