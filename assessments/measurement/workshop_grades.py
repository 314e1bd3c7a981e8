"""Moodle Workshop's own numbers, digit for digit, for moving courses in and out. No grade of ours is made by them.

Warning: `best` grades reviewers by closeness to the crowd. Two who flatly disagree both get 100, a lone reviewer always does, and
whoever differs from two others falls off a cliff, cubic in the difference, right or not.

Rounding is Moodle's: half up, to five places where it keeps a grade and to four for distances. Where a sum lies a hair below a
half, PHP before 8.4 rounds it up and later ones do not; this is as the later ones.
Source: Moodle, mod/workshop: form/accumulative, form/rubric, form/numerrors and eval/best (GPL-3; the rules only).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from assessments.measurement.arrays import Floats, Given, matrix, vector
from assessments.measurement.undefined import Number, Reason, Undefined, undefined

# Strictness as Moodle names it: 9 very lax, 7 lax, 5 fair, 3 strict, 1 very strict.
FAIR = 5
LEAST_VARIANCE = 0.01


def accumulative(grades: Given, lowest: Given, highest: Given, weights: Given) -> Number:
    """0 to 100: Σw·(g − min)/(max − min)·100/Σw. Vectors of one length, one place an aspect: points from 0 to their most, places
    of a scale from 1 to their number. Aspects without weight or width do not count; where none does, Moodle says 0, we say why.
    """
    given, least, most, weight = (vector(it) for it in (grades, lowest, highest, weights))
    counted = (weight > 0) & (most > least) & ~np.isnan(given)
    if not counted.any():
        return undefined(Reason.NO_DATA)
    shares = (given - least)[counted] / (most - least)[counted]
    return _rounded(float(weight[counted] @ shares * 100 / weight[counted].sum()), 5)


def rubric(levels: Given, lowest: Given, highest: Given) -> Number:
    """0 to 100: 100·(Σlevels − Σmin)/(Σmax − Σmin), unweighted. Vectors of one length, one place a criterion."""
    given, least, most = (vector(it) for it in (levels, lowest, highest))
    width = float(most.sum() - least.sum())
    if given.size == 0 or width <= 0 or np.isnan(given).any():
        return undefined(Reason.NO_DATA)
    return _rounded(float(100 * (given.sum() - least.sum()) / width), 5)


def numerrors(failed: Sequence[bool], weights: Given, mapping: Mapping[int, float]) -> Number:
    """0 to 100: the grade mapped to the summed weights of failed assertions, or to the next lower that is mapped; else 100."""
    if len(failed) == 0:
        return undefined(Reason.NO_DATA)
    errors = vector(weights)[np.asarray(failed, dtype=bool)].sum()
    reached = [number for number in mapping if 1 <= number <= errors]
    return _rounded(float(np.clip(mapping[max(reached)], 0, 100)), 5) if reached else 100.0


@dataclass(frozen=True)
class Best:
    """Of each aspect: mean and population variance, normalised to 0 to 100. Of each review: distance from the mean, whether it is
    among the nearest, and the grade for it, 0 to 100.
    """

    averages: tuple[float, ...]
    variances: tuple[float, ...]
    distances: tuple[float, ...]
    is_best: tuple[bool, ...]
    grades: tuple[float, ...]


def best(
    grades: Given,
    lowest: Given,
    highest: Given,
    aspect_weights: Given,
    review_weights: Given,
    *,
    comparison: float = FAIR,
) -> Best | Undefined:
    """“Comparison with the best assessment” of one work's reviews: for import and export only; see the warning above.

    `grades`: reviews × aspects, complete. `comparison`: Moodle's strictness, from 9 to 1.
    """
    given, reviews, aspects = matrix(grades), vector(review_weights), vector(aspect_weights)
    if given.size == 0 or np.isnan(given).any() or reviews.sum() == 0 or aspects.sum() == 0:
        return undefined(Reason.NO_DATA)
    normal = normalised(given, lowest, highest)
    averages = _rounded_all((reviews[:, None] * normal).sum(axis=0) / reviews.sum(), 5)
    variances = weighted_variance(normal, reviews)

    def from_(reference: Floats) -> Floats:
        return distances(normal, reference, variances, aspects, comparison)

    away = from_(averages)
    nearest = away == away.min()
    to_nearest = np.min([from_(normal[place]) for place in np.flatnonzero(nearest)], axis=0)
    found = (averages, variances, away, nearest, _rounded_all(np.clip(100 - to_nearest, 0, 100), 5))
    return Best(*(tuple(it.tolist()) for it in found))


def normalised(grades: Given, lowest: Given, highest: Given) -> Floats:
    """Reviews × aspects on 0 to 100; an aspect without width keeps its one value."""
    given, least, most = matrix(grades), vector(lowest), vector(highest)
    width = most - least
    shares = np.divide((given - least) * 100, width, out=np.tile(most, (len(given), 1)), where=width > 0)
    return _rounded_all(shares, 5)


def weighted_variance(values: Given, weights: Given) -> Floats:
    """Population variance of each column; rows by weight, those of weight 0 not at all. Source: as West 1979, in one go."""
    given, weight = matrix(values), vector(weights)
    mean = weight @ given / weight.sum()
    found: Floats = weight @ (given - mean) ** 2 / weight.sum()
    return found


def distances(values: Given, reference: Given, variances: Given, weights: Given, comparison: float) -> Floats:
    """Of each row from the reference: Σw·|a − r|·(a − r)²/(c·max(variance, 0.01))/Σw, to four places."""
    apart = np.abs(matrix(values) - vector(reference))
    weight = vector(weights)
    scaled = apart**3 / (comparison * np.maximum(vector(variances), LEAST_VARIANCE))
    return _rounded_all(scaled @ weight / weight.sum(), 4)


def _rounded_all(values: Floats, places: int) -> Floats:
    """Half up; all values here are 0 or more."""
    found: Floats = np.floor(values * 10.0**places + 0.5) / 10.0**places
    return found


def _rounded(value: float, places: int) -> float:
    return float(_rounded_all(np.array([value]), places)[0])
