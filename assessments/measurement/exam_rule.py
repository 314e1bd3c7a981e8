"""From station scores to pass and fail: the total against the sum of cuts, stations passed, stations that must be passed.

Arrays are candidates × stations, with NaN for a station that a candidate has no score of. Absent is never zero: whoever lacks a
score of a counted station is not decided here.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from assessments.measurement.arrays import Floats, Given, matrix, vector
from assessments.measurement.undefined import Number, Reason, Undefined, undefined

Booleans: TypeAlias = NDArray[np.bool_]

# Of marks that are sums of decimals: a hair of floating point decides nobody's exam.
HAIR = 1e-9


@dataclass(frozen=True)
class Rule:
    """A candidate passes with a total of Σ cuts + z·SEM or more, `least_stations` passed, and every station that must be passed.

    `must_pass`: the places of those stations. Source: the conjunctive rule of the GMC's PLAB 2; SEM as in Pell et al. 2010.
    """

    z: float = 0.0
    least_stations: int = 0
    must_pass: tuple[int, ...] = ()


@dataclass(frozen=True)
class Decision:
    """Of one candidate; `passed` is None where nothing can be decided, and then `total` or the pass mark says why.

    `least_stations`: how many they had to pass, never more than they had.
    """

    total: Number
    cuts: Number
    pass_mark: Number
    stations_passed: int
    least_stations: int
    reaches_total: bool
    reaches_stations: bool
    misses_must_pass: bool
    passed: bool | None


@dataclass(frozen=True)
class Decisions:
    """In the order of the rows; `pass_mark`, in marks, for whoever has every station."""

    pass_mark: Number
    candidates: tuple[Decision, ...]


def pass_mark(cuts: list[Number], sem: Number, z: float) -> Number:
    """Σ cuts + z·SEM, in marks; with z = 0 the SEM need not be known. Source: as of Rule (PLAB 2)."""
    total = 0.0
    for cut in cuts:
        if isinstance(cut, Undefined):
            return cut
        total += cut
    if z == 0:
        return total
    return sem if isinstance(sem, Undefined) else total + z * sem


def decide(
    scores: Given,
    cuts: list[Number],
    rule: Rule,
    *,
    sem: Number,
    barred: Booleans | None = None,
    excused: Booleans | None = None,
    weights: Given | None = None,
) -> Decisions:
    """`scores` and `cuts` in the same marks, one cut for each column. Raises ValueError where they do not fit.

    `weights`: what each column's marks are multiplied by in the total, 1 without. `barred`: candidates × stations, where
    a station is not passed whatever its marks. `excused`: likewise, where a station is left out for a candidate: their other
    stations stand for the whole, in the total and in the sum of cuts, by their weights. `sem` is of the whole.
    """
    given = matrix(scores)
    k = given.shape[1]
    if len(cuts) != k:
        raise ValueError(f"{k} stations need as many cuts, not {len(cuts)}.")
    if any(not 0 <= place < k for place in rule.must_pass):
        raise ValueError("A station that must be passed is one of the exam.")
    weighing = np.ones(k) if weights is None else vector(weights)
    if weighing.shape != (k,) or (weighing < 0).any():
        raise ValueError("Every station has one weight, from 0.")
    counted = np.ones(given.shape, dtype=bool) if excused is None else ~excused
    known = np.array([np.nan if isinstance(cut, Undefined) else cut for cut in cuts])
    reached = given >= known - HAIR
    if barred is not None:
        reached &= ~barred
    return Decisions(
        pass_mark([_times(cut, weight) for cut, weight in zip(cuts, weighing, strict=True)], sem, rule.z),
        tuple(
            _decide(given[row], cuts, reached[row], counted[row], weighing, rule, sem)
            for row in range(len(given))
        ),
    )


def _times(cut: Number, weight: float) -> Number:
    return cut if isinstance(cut, Undefined) else float(cut * weight)


def _decide(
    marks: Floats,
    cuts: list[Number],
    reached: Booleans,
    counted: Booleans,
    weights: Floats,
    rule: Rule,
    sem: Number,
) -> Decision:
    places = np.flatnonzero(counted)
    share = float(weights[places].sum())
    if not share:
        nothing = undefined(Reason.NO_DATA)
        return Decision(nothing, nothing, nothing, 0, 0, False, False, False, None)
    scaled = weights * (float(weights.sum()) / share)
    missing = int(np.isnan(marks[places]).sum())
    total: Number = (
        undefined(Reason.INCOMPLETE, missing=missing) if missing else float(marks[places] @ scaled[places])
    )
    sum_of_cuts = pass_mark([_times(cuts[place], scaled[place]) for place in places], 0.0, 0)
    mark = pass_mark([sum_of_cuts], sem, rule.z)
    passed = int(reached[places].sum())
    least = min(rule.least_stations, places.size)
    misses = any(counted[place] and not reached[place] for place in rule.must_pass)
    can_decide = not isinstance(total, Undefined) and not isinstance(mark, Undefined)
    reaches_total = can_decide and total >= mark - HAIR  # type: ignore[operator]
    verdict = reaches_total and passed >= least and not misses if can_decide else None
    return Decision(total, sum_of_cuts, mark, passed, least, reaches_total, passed >= least, misses, verdict)
