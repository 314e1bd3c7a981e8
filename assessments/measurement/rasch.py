"""Marks freed of who examined and what was asked: the many-facet rating-scale Rasch model (Linacre 1989; Andrich 1978).

ln(P_k / P_k−1) = B_n − D_i − C_j − … − F_k, measures in logits: B ability of a candidate, D difficulty of an item or station,
C severity of an examiner, F_k the threshold from category k − 1 to k.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from assessments.measurement.arrays import Codes, Floats, Given, is_flat, numbered, vector
from assessments.measurement.linking import groups
from assessments.measurement.rasch_estimation import STEPS, Ratings, added
from assessments.measurement.undefined import Number, Reason, Undefined, undefined


@dataclass(frozen=True)
class Element:
    """One candidate, item or examiner. `level`: as given. `ratings`, `average`: of all its ratings, in marks.

    `measure`: in logits, with `standard_error` given the other facets' measures (1/√ΣV). `linked_group`: only those of one group
    can be compared (−1 for extremes); `within_group` is the measure from its group's mean. `fair_average`: the mark to be
    expected with everything else average. `infit`, `outfit`: mean squares, 1 where marks vary as the model expects.
    `is_extreme`: every rating the lowest, or the highest, there is; it and its ratings were left out of everything else.
    """

    level: int
    ratings: int
    average: float
    is_extreme: bool
    linked_group: int
    measure: Number
    within_group: Number
    standard_error: Number
    fair_average: Number
    infit: Number
    outfit: Number


@dataclass(frozen=True)
class Facet:
    """`separation`: SD of the measures without error over their error; `reliability`: the share of variance that is no error.

    `fixed_chi2`, `df`, `p`: whether all are the same but for error. `groups`: how many linked groups there are; above 1,
    nothing here is comparable. Extreme elements count nowhere but in `elements`.
    """

    name: str
    elements: tuple[Element, ...]
    groups: int
    separation: Number
    reliability: Number
    fixed_chi2: Number
    df: int
    p: Number


@dataclass(frozen=True)
class Rasch:
    """`categories`: the marks that were given; `thresholds`: between each two of them, mean 0, in logits.

    `used`: how many of the `ratings` were not of an extreme element. `steps`: of Newton's method until it settled.
    """

    facets: Mapping[str, Facet]
    categories: tuple[int, ...]
    thresholds: tuple[float, ...]
    log_likelihood: float
    ratings: int
    used: int
    steps: int


def many_facet_rasch(scores: Given, facets: Mapping[str, Any]) -> Rasch | Undefined:
    """Joint maximum likelihood estimates from single ratings, without correction for bias.

    `scores` (N): whole marks from 0, NaN for none (left out). `facets`: two or more by name, whole numbers (N) that say whose
    each rating is; the first raises the mark (candidates), the others lower it. All but the first, and the thresholds, are
    centred at 0; a mark nobody was given does not count as a step (0, 1, 3 are three categories). Elements with nothing but the
    lowest or nothing but the highest mark are left out, again and again until none is left.

    The likelihood is concave, so where Newton's method settles is its maximum: no logit changed by 10⁻⁵ in the last step.
    Raises ValueError for marks that are negative or not whole, for one facet, for codes that are not whole, or other lengths.
    Sources: Linacre 1989, ch. 5 and 8; Wright & Masters 1982 (fit, separation).
    """
    marks = vector(scores)
    given = {name: np.asarray(codes) for name, codes in facets.items()}
    if len(given) < 2 or any(codes.shape != marks.shape for codes in given.values()):
        raise ValueError("At least two facets are needed, and as many codes as scores in each.")
    if any(not np.issubdtype(codes.dtype, np.integer) for codes in given.values()):
        raise ValueError("Facets are whole numbers.")
    there = ~np.isnan(marks)
    marks = marks[there]
    if marks.size == 0:
        return undefined(Reason.NO_DATA)
    if (marks < 0).any() or (marks != np.floor(marks)).any():
        raise ValueError("Marks are whole numbers from 0.")
    levels, codes = [], []
    for name in given:
        level, code = numbered(given[name][there])
        levels.append(level)
        codes.append(code)
    if levels[0].size < 2:
        return undefined(Reason.TOO_FEW, n=levels[0].size, least=2)
    if is_flat(marks):
        return undefined(Reason.NO_SPREAD)
    kept, regular = _without_extremes(marks, codes, [level.size for level in levels])
    if not kept.any():
        return undefined(Reason.EXTREME)
    found = Ratings(marks[kept], [code[kept] for code in codes], regular)
    if not found.settle():
        return undefined(Reason.DIVIDED) if found.ran_away else undefined(Reason.NOT_CONVERGED, steps=STEPS)
    described = _described(list(given), levels, codes, marks, found, regular)
    return Rasch(
        facets=described,
        categories=tuple(int(value) for value in found.categories),
        thresholds=tuple(float(value) for value in found.thresholds),
        log_likelihood=found.log_likelihood,
        ratings=int(marks.size),
        used=int(kept.sum()),
        steps=found.steps,
    )


def _without_extremes(
    marks: Floats, codes: list[Codes], sizes: list[int]
) -> tuple[NDArray[np.bool_], list[NDArray[np.bool_]]]:
    """The ratings to use, and of each facet the elements that have some of them."""
    kept = np.ones(marks.size, dtype=np.bool_)
    while kept.any():
        low, high = marks[kept].min(), marks[kept].max()
        extreme = np.zeros(marks.size, dtype=np.bool_)
        for code, size in zip(codes, sizes, strict=True):
            number = np.bincount(code[kept], minlength=size)
            lowest = added(code[kept], marks[kept] == low, size)
            highest = added(code[kept], marks[kept] == high, size)
            extreme |= ((lowest == number) | (highest == number))[code]
        if not (extreme & kept).any():
            break
        kept &= ~extreme
    regular = [np.bincount(code[kept], minlength=size) > 0 for code, size in zip(codes, sizes, strict=True)]
    return kept, regular


def _described(
    names: list[str],
    levels: list[NDArray[Any]],
    codes: list[Codes],
    marks: Floats,
    found: Ratings,
    regular: list[NDArray[np.bool_]],
) -> dict[str, Facet]:
    linked = groups(found.codes, found.sizes)
    most_groups = max(int(group.max()) + 1 for group in linked)
    facets = {}
    for place, name in enumerate(names):
        number = np.bincount(codes[place])
        average = added(codes[place], marks) / number
        elements = [
            Element(level, n, mean, True, -1, *[undefined(Reason.EXTREME)] * 6)
            for level, n, mean in zip(levels[place].tolist(), number.tolist(), average.tolist(), strict=True)
        ]
        rows = np.flatnonzero(regular[place]).tolist()
        for row, columns in zip(rows, _columns(found, place, linked[place], most_groups), strict=True):
            elements[row] = replace(elements[row], is_extreme=False, **columns)
        facets[name] = _facet(name, tuple(elements), found, place, linked[place])
    return facets


def _columns(found: Ratings, place: int, linked: Codes, most_groups: int) -> Iterator[dict[str, Any]]:
    """What is told of each element of a facet that is not extreme; `most_groups`: of any facet."""
    measures = found.measures[place]
    members = np.bincount(linked)
    within = measures - (added(linked, measures) / members)[linked]
    # Everything else average: the other facets are centred at 0, the first at its mean.
    fair = found.average_mark(measures if place == 0 else found.measures[0].mean() - measures)
    alone = undefined(Reason.ALONE)
    for row, group in enumerate(linked.tolist()):
        measure: Number = float(measures[row])
        if members.size > 1:
            measure = undefined(Reason.UNLINKED, groups=members.size)
        elif measures.size == 1 and place > 0:
            measure = alone  # its 0 is only where the scale begins
        yield {
            "linked_group": group,
            "measure": measure,
            "within_group": float(within[row]) if members[group] > 1 else alone,
            "standard_error": float(found.errors[place][row]),
            "fair_average": float(fair[row])
            if most_groups == 1
            else undefined(Reason.UNLINKED, groups=most_groups),
            "infit": float(found.infit[place][row]),
            "outfit": float(found.outfit[place][row]),
        }


def _facet(name: str, elements: tuple[Element, ...], found: Ratings, place: int, linked: Codes) -> Facet:
    measures, count = found.measures[place], int(linked.max()) + 1
    summary: tuple[Number, Number, Number, Number]
    if count > 1:
        summary = (undefined(Reason.UNLINKED, groups=count),) * 4
    elif measures.size < 2:
        summary = (undefined(Reason.ALONE),) * 4
    else:
        summary = _summary(measures, found.errors[place])
    return Facet(name, elements, count, *summary[:3], df=measures.size - 1, p=summary[3])


def _summary(measures: Floats, errors: Floats) -> tuple[Number, Number, Number, Number]:
    """Separation, reliability, fixed χ² and its p. Wright & Masters 1982, 5.6; Linacre 1989, ch. 8."""
    error = float((errors**2).mean())
    observed = float(measures.var(ddof=1))
    true = max(observed - error, 0.0)
    weights = errors**-2
    fixed = float(weights @ measures**2 - (weights @ measures) ** 2 / weights.sum())
    reliability = true / observed if true else 0.0
    return float(np.sqrt(true / error)), reliability, fixed, float(chi2.sf(fixed, measures.size - 1))
