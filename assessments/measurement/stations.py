"""What a station's marks and grades say about the station: AMEE Guide 49 (Pell, Fuller, Homer & Roberts 2010)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from assessments.measurement.arrays import Given, is_flat, pairs, vector
from assessments.measurement.items import correlation
from assessments.measurement.undefined import Number, Reason, undefined


@dataclass(frozen=True)
class Spread:
    """How many, their mean and SD, in marks; SD with n − 1."""

    n: int
    mean: Number
    sd: Number
    lowest: Number
    highest: Number


@dataclass(frozen=True)
class BetweenGroups:
    """Of the variance of marks, how much lies between groups (circuits, examiners, sites), in per cent, with its F test."""

    per_cent: float
    f: Number
    p: Number
    groups: int


@dataclass(frozen=True)
class PatientAgreement:
    """Simulated patients' ratings beside the examiner's marks. `concerns`: the share (0 to 1) at or below what is unhappy."""

    spread: Spread
    correlation: Number
    concerns: Number


def spread(scores: Given) -> Spread:
    """Of a vector of scores, NaN for none. Reported of each station by Pell et al. 2010."""
    marks = vector(scores)
    marks = marks[~np.isnan(marks)]
    if marks.size == 0:
        why = undefined(Reason.NO_DATA)
        return Spread(0, why, why, why, why)
    sd: Number = float(marks.std(ddof=1)) if marks.size > 1 else undefined(Reason.TOO_FEW, n=1, least=2)
    return Spread(int(marks.size), float(marks.mean()), sd, float(marks.min()), float(marks.max()))


def fail_rate(scores: Given, cut: float) -> Number:
    """The share (0 to 1) of those with a score who are below the cut.

    `scores`: vector in the cut's unit, NaN for none. Source: Pell et al. 2010.
    """
    marks = vector(scores)
    marks = marks[~np.isnan(marks)]
    return float((marks < cut - 1e-9).mean()) if marks.size else undefined(Reason.NO_DATA)


def between_groups(scores: Given, groups: Sequence[Any]) -> BetweenGroups | Number:
    """100·SS_between/SS_total of a vector of scores, and the one-way F. `groups`: one label for each score.

    Scores of NaN are left out; ValueError where a score has no group. Sources: Pell et al. 2010; F as in Fisher 1925.
    """
    marks = vector(scores)
    if len(groups) != marks.size:
        raise ValueError("Every score belongs to a group.")
    there = ~np.isnan(marks)
    marks = marks[there]
    labels = np.unique([str(label) for label in groups], return_inverse=True)[1][there]
    if marks.size == 0:
        return undefined(Reason.NO_DATA)
    sizes = np.bincount(labels)
    used = np.flatnonzero(sizes)
    if used.size < 2:
        return undefined(Reason.ONE_GROUP)
    if is_flat(marks):
        return undefined(Reason.NO_SPREAD)
    means = np.bincount(labels, weights=marks)[used] / sizes[used]
    total = float(((marks - marks.mean()) ** 2).sum())
    between = float((sizes[used] * (means - marks.mean()) ** 2).sum())
    inside = max(total - between, 0.0)
    df_between, df_inside = used.size - 1, marks.size - used.size
    share = 100 * between / total
    if df_inside < 1 or inside <= 1e-12 * total:
        why = undefined(Reason.TOO_FEW, n=int(marks.size), least=int(used.size) + 1)
        return BetweenGroups(share, why, why, int(used.size))
    f = (between / df_between) / (inside / df_inside)
    return BetweenGroups(share, f, float(stats.f.sf(f, df_between, df_inside)), int(used.size))


def grade_distribution(grades: Given, scale: Sequence[float]) -> dict[float, int]:
    """How many have each grade of the scale, those that nobody has too. `grades`: vector, NaN for none. Pell et al. 2010."""
    given = vector(grades)
    return {grade: int((given == grade).sum()) for grade in scale}


def station_rest(scores: Given, others: Given) -> Number:
    """r of the station with the sum of the candidate's other stations; vectors of one length, NaN for none. Henrysson 1963."""
    return correlation(scores, others)


def patient_agreement(patients: Given, examiners: Given, *, unhappy: float) -> PatientAgreement:
    """`patients`: the simulated patients' ratings, `examiners`: the marks of the same candidates; NaN where there is none.

    Vectors of one length. `unhappy`: the rating at or below which a patient counts as unhappy. Source: Pell et al. 2010.
    """
    ratings = vector(patients)
    rated = ratings[~np.isnan(ratings)]
    concerns: Number = float((rated <= unhappy).mean()) if rated.size else undefined(Reason.NO_DATA)
    return PatientAgreement(spread(patients), correlation(*pairs(patients, examiners)), concerns)
