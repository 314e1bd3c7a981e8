"""Who can be compared with whom: what the marks of a design can tell apart."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from assessments.measurement.arrays import Codes, Floats, numbered
from assessments.measurement.rasch_estimation import Pairs

RIDGE = 1e-8
# Vectors that differ by less are the same but for rounding and for what the ridge leaves of other directions.
ALIKE = 1e-4


def linked_groups(facets: Mapping[str, Any]) -> dict[str, dict[int, int]]:
    """For each facet, each level's group: two can be compared if, and only if, they are of one group.

    `facets`: by name, whole numbers (N), as `many_facet_rasch` takes them; groups are numbered from 0 in the order of the levels.
    Two can be compared where their difference is the same in every direction in which no mark's expectation changes: a chain of
    shared candidates is not enough when each examiner sees but one station.
    Raises ValueError for one facet, or different lengths.
    Source: Eccleston & Hedayat 1974 (estimable contrasts); Weeks & Williams 1964 is the sufficient condition FACETS goes by.
    """
    given = [np.asarray(codes) for codes in facets.values()]
    if len(given) < 2 or any(codes.shape != given[0].shape for codes in given):
        raise ValueError("At least two facets are needed, and as many codes in each.")
    read = [numbered(codes) for codes in given]
    grouped = groups([codes for _levels, codes in read], [levels.size for levels, _codes in read])
    return {
        name: dict(zip(levels.tolist(), of.tolist(), strict=True))
        for name, (levels, _codes), of in zip(facets, read, grouped, strict=True)
    }


def groups(codes: list[Codes], sizes: list[int]) -> list[Codes]:
    """Of each facet, the group of each element (sizes[facet]); `codes`: 0 to sizes[facet] − 1, each of them used.

    Random vectors are brought into the null space of the design (what no rating tells) by inverse iteration. Elements of one
    facet that can only move together have the same values there, others do not but by chance, which four vectors rule out.
    """
    dice = np.random.default_rng(1960)
    ratings = [np.bincount(code)[:, None] for code in codes]
    start: list[Floats] = [RIDGE * number * dice.normal(size=(number.size, 4)) for number in ratings]
    information = Pairs(codes, sizes).information(np.ones(codes[0].size), [1.0] * len(codes))
    silent = information.solved(start, ridge=RIDGE, times=3)
    if silent is None:
        raise ArithmeticError("A matrix of counts is always an information matrix.")
    return [_alike(part) for part in silent[: len(sizes)]]


def _alike(values: Floats) -> Codes:
    """Rows that are the same have the same number, counted in the order of their first."""
    numbers = np.full(len(values), -1, dtype=np.intp)
    number = 0
    for place in range(len(values)):
        if numbers[place] < 0:
            same = np.abs(values - values[place]).max(axis=1) < ALIKE
            numbers[same & (numbers < 0)] = number
            number += 1
    return numbers
