"""What if others of the class had reviewed this? In how many draws the result would stay on its side of every boundary."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from assessments.measurement.arrays import Codes, Floats, Given, vector
from assessments.measurement.peer_grades import ALMOST, USUAL, Method, Scheme
from assessments.measurement.undefined import Number, Reason, Undefined, undefined

# A choice of ours: fewer reviewers are no class to draw from.
LEAST_REVIEWERS = 10


@dataclass(frozen=True)
class Differences:
    """How far each review is from what the work got, in order of reviewers; `starts`, `counts`: those of each reviewer."""

    values: Floats
    starts: Codes
    counts: Codes

    def draw(self, dice: np.random.Generator, panels: int, size: int) -> Floats:
        """Panels × size: every place a reviewer by lot, and one of that reviewer's differences by lot."""
        who = dice.integers(0, self.starts.size, (panels, size))
        found: Floats = self.values[self.starts[who] + dice.integers(0, self.counts[who])]
        return found


def reviewer_differences(works: Given, reviewers: Given, scores: Given) -> Differences | Undefined:
    """Of the whole class: vectors of one length, one place a review, works and reviewers numbered from 0; NaN: no score.

    A difference from a mean of n that it is part of is too small by √((n − 1)/n) on average, and is put right by that.
    Works with one review tell nothing and are left out. ValueError for vectors of different lengths.
    """
    score = vector(scores)
    work, who = (np.asarray(it).astype(np.intp) for it in (works, reviewers))
    if not work.shape == who.shape == score.shape:
        raise ValueError("Works, reviewers and scores are vectors of one length.")
    n = np.bincount(work[~np.isnan(score)], minlength=int(work.max(initial=0)) + 1)
    there = ~np.isnan(score) & (n[work] > 1)
    work, who, score = work[there], who[there], score[there]
    there_are = np.unique(who)
    if there_are.size < LEAST_REVIEWERS:
        return undefined(Reason.TOO_FEW, n=int(there_are.size), least=LEAST_REVIEWERS)
    means = np.bincount(work, weights=score, minlength=n.size) / np.maximum(n, 1)
    values = (score - means[work]) * np.sqrt(n[work] / (n[work] - 1))
    order = np.argsort(who, kind="stable")
    starts = np.searchsorted(who[order], there_are)
    return Differences(values[order], starts, np.diff(np.append(starts, who.size)))


def stability(
    grade: float,
    staff: Given,
    differences: Differences,
    *,
    seed: int,
    scheme: Scheme = USUAL,
    draws: int = 1000,
) -> Number:
    """The share (0 to 1) of draws in which a panel of other reviewers leaves `grade` between the same boundaries. A what-if only.

    `staff`: of each review of this work, whether it is by staff; its length is the size of the panel. A draw has two panels by
    lot from the class: by how far the first is off, the work may be worth less than its grade says; by how far the second is
    off, the next result would differ from that. It takes differences for as large at one work as at another. The method is
    that of the scheme. The same seed, the same share. Source: predictive bootstrap after Efron 1979; two panels are ours.
    """
    by_staff = np.asarray(staff).astype(bool)
    if not scheme.boundaries:
        return undefined(Reason.NO_BOUNDARY)
    if by_staff.size == 0:
        return undefined(Reason.NO_REVIEWS)
    dice = np.random.default_rng(seed)
    these, others = (
        _centres(differences.draw(dice, draws, by_staff.size), by_staff, scheme) for _panel in range(2)
    )
    edges = np.sort(scheme.boundaries) - ALMOST
    now, then = (np.searchsorted(edges, value, side="right") for value in (grade, grade - these + others))
    return float((then == now).mean())


def _centres(panels: Floats, staff: NDArray[np.bool_], scheme: Scheme) -> Floats:
    if scheme.method == Method.MEDIAN:
        return np.median(panels, axis=1)
    if scheme.method == Method.TRIMMED:
        return np.asarray(stats.trim_mean(panels, scheme.trim + ALMOST, axis=1))
    weights = np.where(staff & (scheme.method == Method.STAFF_WEIGHTED), scheme.staff_weight, 1.0)
    return np.average(panels, axis=1, weights=weights)
