"""Grades of work from the scores of its reviewers, and where they are in doubt. Nothing is rounded here.

The mean is the default because nothing beats it at a handful of reviews a piece (Sajjadi, Alamgir & von Luxburg 2016). A grade in
doubt is for staff to look at; it is a grade all the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from assessments.measurement.arrays import Codes, Floats, Given, vector
from assessments.measurement.intervals import Bounds
from assessments.measurement.undefined import Number, Reason, Undefined, undefined

ALMOST = 1e-9  # whoever is that little below a boundary has reached it


class Method(StrEnum):
    MEAN = "mean"
    MEDIAN = "median"
    TRIMMED = "trimmed mean"
    STAFF_WEIGHTED = "staff-weighted mean"


class Doubt(StrEnum):
    """Why staff should look at a grade. Wherever people read it, it is translated first."""

    FEW = "There are fewer reviews than this activity wants for a grade."
    SPREAD = "The reviewers differ by more than this activity takes as usual."
    BOUNDARY = "With other reviewers, the result could well be on the other side of a boundary."
    UNKNOWN = "There are too few reviews to say whether the result could be on the other side of a boundary."


@dataclass(frozen=True)
class Scheme:
    """How grades come about. Scores, `most_sd` and `boundaries` are in one unit.

    `trim`: the share (0 to below 0.5) of reviews that the trimmed mean drops at each end, rounded down to whole reviews.
    `staff_weight`: for how many peers a member of staff counts in the staff-weighted mean. `least_reviews`: with fewer, or with
    an SD above `most_sd`, a grade is in doubt; None: no such limit. `boundaries`: the pass mark and others; whoever reaches one
    is above it. `level`: of the interval (0 to 1). ValueError for values outside these.
    """

    method: Method = Method.MEAN
    trim: float = 0.2
    staff_weight: float = 2.0
    least_reviews: int = 3
    most_sd: float | None = None
    boundaries: tuple[float, ...] = ()
    level: float = 0.9

    def __post_init__(self) -> None:
        if not (0 <= self.trim < 0.5 and self.staff_weight > 0 and 0 < self.level < 1):
            raise ValueError("Trim less than half, a weight above 0 and a level between 0 and 1 are needed.")


@dataclass(frozen=True)
class WorkGrade:
    """`grade`, `sd` (with n − 1, of all reviews whatever their weight) and `interval` in the unit of the scores; n reviews."""

    n: int
    grade: Number
    sd: Number
    interval: Bounds | Undefined
    doubts: tuple[Doubt, ...] = ()

    @property
    def is_uncertain(self) -> bool:
        return bool(self.doubts)


USUAL = Scheme()


def grades(
    works: Given,
    scores: Given,
    *,
    staff: Given | None = None,
    count: int | None = None,
    scheme: Scheme = USUAL,
) -> list[WorkGrade]:
    """The grade of every work 0 … `count` − 1 (default: as far as `works` goes), also of those without a review.

    `works`, `scores`, `staff`: vectors of one length, one place a review: the number of its work, its score (NaN: none, left
    out), and whether the reviewer is staff. ValueError for other shapes and for numbers of works that are not there.

    Intervals say how far the result of other reviewers could be: Student's t for means; with weights w the standard error is
    SD·√Σw²/Σw; for the trimmed mean Yuen 1974 (winsorised SD, h − 1 degrees of freedom); for the median the order statistics of
    the sign test (Conover 1999, §3.2), which need five reviews at 90 per cent.
    """
    reviews = _Reviews.read(works, scores, staff, count, scheme)
    sd = np.sqrt(_over(reviews.squares(reviews.score), reviews.n - 1))
    if scheme.method in (Method.MEAN, Method.STAFF_WEIGHTED):
        centre, low, high = _of_means(reviews, sd, scheme.level)
    elif scheme.method == Method.TRIMMED:
        centre, low, high = _of_trimmed_means(reviews.sorted(), scheme)
    else:
        centre, low, high = _of_medians(reviews.sorted(), scheme.level)
    doubts = _doubts(reviews.n, sd, low, high, scheme)
    columns = zip(*(it.tolist() for it in (reviews.n, centre, sd, low, high, doubts)), strict=True)
    return [_in_words(*row, level=scheme.level) for row in columns]


def grade(scores: Given, *, staff: Given | None = None, scheme: Scheme = USUAL) -> WorkGrade:
    """Of one work by all its scores: what to call after an override. It looks at no other work; see `grades`."""
    given = vector(scores)
    return grades(np.zeros(given.size), given, staff=staff, count=1, scheme=scheme)[0]


@dataclass(frozen=True)
class _Reviews:
    """Those with a score. `n`: how many each work has."""

    work: Codes
    score: Floats
    weight: Floats
    n: Codes

    @classmethod
    def read(
        cls, works: Given, scores: Given, staff: Given | None, count: int | None, scheme: Scheme
    ) -> "_Reviews":
        score, work = vector(scores), np.asarray(works).astype(np.intp)
        by_staff = np.zeros(score.size, dtype=bool) if staff is None else np.asarray(staff).astype(bool)
        if not work.shape == by_staff.shape == score.shape:
            raise ValueError("Works, scores and who is staff are vectors of one length.")
        size = int(work.max(initial=-1)) + 1 if count is None else count
        if work.size and (work.min() < 0 or work.max() >= size):
            raise ValueError(f"Works are numbered from 0 to {size - 1}.")
        there = ~np.isnan(score)
        counts_more = by_staff[there] & (scheme.method == Method.STAFF_WEIGHTED)
        weight = np.where(counts_more, scheme.staff_weight, 1.0)
        return cls(work[there], score[there], weight, np.bincount(work[there], minlength=size))

    def sums(self, values: Floats) -> Floats:
        return np.bincount(self.work, weights=values, minlength=self.n.size).astype(np.float64)

    def squares(self, values: Floats) -> Floats:
        """Σ(x − x̄)² of each work."""
        return self.sums((values - _over(self.sums(values), self.n)[self.work]) ** 2)

    def sorted(self) -> "_Reviews":
        order = np.lexsort((self.score, self.work))
        return _Reviews(self.work[order], self.score[order], self.weight[order], self.n)

    def starts(self) -> Codes:
        """Of sorted reviews, where each work's begin."""
        return np.cumsum(self.n) - self.n

    def at(self, rank: Codes, there: NDArray[np.bool_]) -> Floats:
        """Of sorted reviews, the score of that rank (from 0) of each work; NaN where it is not `there`."""
        found = np.full(self.n.size, np.nan)
        found[there] = self.score[(self.starts() + rank)[there]]
        return found


def _of_means(reviews: _Reviews, sd: Floats, level: float) -> tuple[Floats, Floats, Floats]:
    weights = reviews.sums(reviews.weight)
    centre = _over(reviews.sums(reviews.weight * reviews.score), weights)
    error = sd * _over(np.sqrt(reviews.sums(reviews.weight**2)), weights)
    half = error * _student(reviews.n - 1, level)
    return centre, centre - half, centre + half


def _of_trimmed_means(reviews: _Reviews, scheme: Scheme) -> tuple[Floats, Floats, Floats]:
    dropped = np.floor(scheme.trim * reviews.n + ALMOST).astype(np.intp)
    left = reviews.n - 2 * dropped
    centre = _middle_mean(reviews, dropped)
    ends = (reviews.at(rank, reviews.n > 0) for rank in (dropped, reviews.n - dropped - 1))
    winsorised = np.clip(reviews.score, *(end[reviews.work] for end in ends))
    error = np.sqrt(_over(reviews.squares(winsorised), left * (left - 1)))
    half = error * _student(left - 1, scheme.level)
    return centre, centre - half, centre + half


def _of_medians(reviews: _Reviews, level: float) -> tuple[Floats, Floats, Floats]:
    centre = _middle_mean(reviews, (np.maximum(reviews.n, 1) - 1) // 2)
    outside = stats.binom.ppf((1 - level) / 2, np.arange(reviews.n.max(initial=0) + 1), 0.5)
    rank = np.asarray(outside).astype(np.intp)[reviews.n]
    there = (rank > 0) & (reviews.n > 0)
    return centre, reviews.at(rank - 1, there), reviews.at(reviews.n - rank, there)


def _middle_mean(reviews: _Reviews, dropped: Codes) -> Floats:
    """Of sorted reviews, the mean without so many at each end; the median when all but the middle one or two are dropped."""
    rank = np.arange(reviews.score.size) - reviews.starts()[reviews.work]
    kept = (rank >= dropped[reviews.work]) & (rank < (reviews.n - dropped)[reviews.work])
    return _over(reviews.sums(reviews.score * kept), reviews.n - 2 * dropped)


def _student(df: Codes, level: float) -> Floats:
    """The quantile for each; NaN where there are no degrees of freedom."""
    quantiles = stats.t.ppf((1 + level) / 2, np.arange(1, max(int(df.max(initial=0)), 1) + 1))
    return np.append(quantiles, np.nan)[np.where(df > 0, df - 1, -1)]


def _over(top: Floats, bottom: NDArray[np.float64 | np.intp]) -> Floats:
    """NaN where nothing is divided by."""
    found: Floats = np.divide(top, bottom, out=np.full(top.shape, np.nan), where=bottom > 0)
    return found


def _doubts(n: Codes, sd: Floats, low: Floats, high: Floats, scheme: Scheme) -> Codes:
    """One bit for each Doubt, in their order."""
    inside = np.zeros(n.size, dtype=bool)
    for boundary in scheme.boundaries:
        inside |= (low < boundary - ALMOST) & (high >= boundary - ALMOST)
    bits = {
        Doubt.FEW: n < scheme.least_reviews,
        Doubt.SPREAD: sd > (np.inf if scheme.most_sd is None else scheme.most_sd + ALMOST),
        Doubt.BOUNDARY: inside,
        Doubt.UNKNOWN: np.isnan(low) & (n > 0) & bool(scheme.boundaries),
    }
    return sum((bits[doubt].astype(np.intp) << place for place, doubt in enumerate(Doubt)), np.zeros_like(n))


def _chosen(bits: int) -> Iterator[Doubt]:
    return (doubt for place, doubt in enumerate(Doubt) if bits >> place & 1)


_DOUBTS = [tuple(_chosen(bits)) for bits in range(2 ** len(Doubt))]


def _in_words(
    n: int, grade: float, sd: float, low: float, high: float, doubts: int, *, level: float
) -> WorkGrade:
    """Whatever is NaN (the only thing that is not itself) becomes the reason."""
    if n == 0:
        why = undefined(Reason.NO_REVIEWS)
        return WorkGrade(0, why, why, why, _DOUBTS[doubts])
    spread = sd if sd == sd else undefined(Reason.TOO_FEW, n=n, least=2)
    interval = Bounds(low, high, level) if low == low else undefined(Reason.FEW_FOR_INTERVAL, n=n)
    return WorkGrade(n, grade, spread, interval, _DOUBTS[doubts])
