"""How far two examiners of the same encounters agree: to look at beside what has to be decided."""

from dataclasses import dataclass

import numpy as np

from assessments.measurement import agreement, resampling
from assessments.measurement.agreement import IntraclassCorrelations, Metric
from assessments.measurement.arrays import Floats
from assessments.measurement.resampling import Interval
from assessments.measurement.undefined import Number, Undefined
from assessments.results.standing import SEED, Standing


@dataclass(frozen=True)
class Agreement:
    """`within`: the share (0 to 1) of encounters whose first two marks are no further apart than the rule allows.

    `correlations`: of the marks, of which the first (each encounter its own two examiners) is the one that holds here. `grades`:
    Krippendorff's alpha of the global grades, ordinal, with the `interval` of encounters drawn again.
    """

    n: int
    within: Number
    correlations: IntraclassCorrelations | Undefined
    grades: Number
    interval: Interval | Undefined


def agreed(standing: Standing) -> Agreement | None:
    """None where nothing was marked by two."""
    pairs = [row.ratings[:2] for row in standing.double_marks.values()]
    if not pairs:
        return None
    marks = np.array([[row.share for row in pair] for pair in pairs])
    grades = np.array(
        [[np.nan if row.grade is None else row.grade for row in pair] for pair in pairs], dtype=np.float64
    )
    threshold = float(standing.rulings.moderation.threshold)
    return Agreement(
        len(pairs),
        agreement.percentage_agreement(marks[:, 0], marks[:, 1], within=threshold),
        agreement.intraclass_correlations(marks),
        _alpha(grades),
        resampling.interval(grades, _alpha, seed=SEED),
    )


def _alpha(grades: Floats) -> Number:
    return agreement.krippendorff_alpha(grades.T, Metric.ORDINAL)
