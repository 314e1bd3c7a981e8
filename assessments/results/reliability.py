"""How far an exam's marks would come out the same, and with other numbers of stations and examiners."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from assessments.measurement import resampling
from assessments.measurement.arrays import Floats
from assessments.measurement.generalizability import (
    P_BY_R_IN_S,
    P_BY_S,
    GStudy,
    g_study,
    g_study_of_ratings,
)
from assessments.measurement.resampling import Interval
from assessments.measurement.undefined import Number, Undefined
from assessments.results.standing import SEED, Standing

# Each takes a study of everybody: fewer than for a cut, so that the page is there at once.
DRAWS = 400
# From fewer encounters, what belongs to examiners would be little more than a guess: a choice of ours.
LEAST_DOUBLY = 10


@dataclass(frozen=True)
class Reliability:
    """`study`: candidates × stations, of the marks that count. `interval`: of its Φ, candidates drawn again, stations the same.

    `examiners`: candidates × examiners within stations, from single examiners' marks; None where fewer than LEAST_DOUBLY
    encounters were marked by two, Undefined where those do not tell them from the stations. `doubly`: how many were.
    """

    study: GStudy | Undefined
    interval: Interval | Undefined
    examiners: GStudy | Undefined | None
    doubly: int


def reliability(standing: Standing) -> Reliability:
    marks = standing.marks[:, standing.counted]
    study = g_study(P_BY_S, marks)
    interval = (
        study if isinstance(study, Undefined) else resampling.interval(marks, _phi, seed=SEED, draws=DRAWS)
    )
    doubly = sum(part in standing.counted for _candidate, part in standing.double_marks)
    return Reliability(study, interval, _of_examiners(standing) if doubly >= LEAST_DOUBLY else None, doubly)


def _phi(marks: Floats) -> Number:
    study = g_study(P_BY_S, marks)
    return study if isinstance(study, Undefined) else study.observed.dependability


def _of_examiners(standing: Standing) -> GStudy | Undefined:
    candidates, parts, names, shares = [], [], [], []
    for (candidate, part), ratings in standing.scores.of_place.items():
        if part not in standing.counted:
            continue
        seen: Counter[str] = Counter()
        for row in ratings:
            seen[row.name] += 1  # two of one name stay two
            candidates.append(candidate)
            parts.append(part)
            names.append(f"{row.name}/{seen[row.name]}")
            shares.append(row.share)
    examiners = np.unique(names, return_inverse=True)[1]
    levels = {"p": np.array(candidates), "r": examiners, "s": np.array(parts)}
    return g_study_of_ratings(P_BY_R_IN_S, shares, levels)
