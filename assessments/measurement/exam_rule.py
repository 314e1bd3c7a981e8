"""From station scores to pass and fail: the total against the sum of cuts, stations passed, stations that must be passed.

Arrays are candidates × stations, with NaN for a station that a candidate has no score of. Absent is never zero: whoever lacks a
score of a counted station is not decided here.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from assessments.measurement.arrays import Given, matrix
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
    """Of one candidate; `passed` is None where nothing can be decided, and then `total` or the pass mark says why."""

    total: Number
    stations_passed: int
    reaches_total: bool
    reaches_stations: bool
    misses_must_pass: bool
    passed: bool | None


@dataclass(frozen=True)
class Decisions:
    """In the order of the rows; `pass_mark` in marks."""

    pass_mark: Number
    candidates: tuple[Decision, ...]


def pass_mark(cuts: list[Number], sem: Number, z: float) -> Number:
    """Σ cuts + z·SEM, in marks; with z = 0 the SEM need not be known."""
    total = 0.0
    for cut in cuts:
        if isinstance(cut, Undefined):
            return cut
        total += cut
    if z == 0:
        return total
    return sem if isinstance(sem, Undefined) else total + z * sem


def decide(
    scores: Given, cuts: list[Number], rule: Rule, *, sem: Number, barred: Booleans | None = None
) -> Decisions:
    """`scores` and `cuts` in the same marks, one cut for each column. Raises ValueError where they do not fit.

    `barred`: candidates × stations, where a station is not passed whatever its marks.
    """
    given = matrix(scores)
    k = given.shape[1]
    if len(cuts) != k:
        raise ValueError(f"{k} stations need as many cuts, not {len(cuts)}.")
    if any(not 0 <= place < k for place in rule.must_pass):
        raise ValueError("A station that must be passed is one of the exam.")
    mark = pass_mark(cuts, sem, rule.z)
    known = np.array([np.nan if isinstance(cut, Undefined) else cut for cut in cuts])
    reached = given >= known - HAIR
    if barred is not None:
        reached &= ~barred
    missing = np.isnan(given).sum(axis=1)
    needed = reached[:, list(rule.must_pass)]
    return Decisions(
        mark,
        tuple(
            _decide(float(given[row].sum()), int(missing[row]), reached[row], needed[row], mark, rule)
            for row in range(len(given))
        ),
    )


def _decide(
    total: float, missing: int, reached: Booleans, needed: Booleans, mark: Number, rule: Rule
) -> Decision:
    known: Number = undefined(Reason.INCOMPLETE, missing=missing) if missing else total
    passed, misses = int(reached.sum()), not needed.all()
    reaches_total = not missing and not isinstance(mark, Undefined) and total >= mark - HAIR
    reaches_stations = passed >= rule.least_stations
    can_decide = not missing and not isinstance(mark, Undefined)
    verdict = reaches_total and reaches_stations and not misses if can_decide else None
    return Decision(known, passed, reaches_total, reaches_stations, misses, verdict)
