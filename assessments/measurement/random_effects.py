"""What if strict and lenient reviewers were told apart? Scores of work as y = μ + s + b + e: the work, its reviewer, the rest.

A what-if beside the grade, not a grade: with a few reviews a piece it corrects for the luck of the draw, and it draws every work
towards the mean of all, which nobody has agreed to be graded by.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph
from scipy.sparse.linalg import cg

from assessments.measurement.arrays import Codes, Floats, Given, is_flat, vector
from assessments.measurement.undefined import Number, Reason, Undefined, undefined

MOST_STEPS = 5000
SETTLED = 1e-10  # of the standard deviation of all scores


@dataclass(frozen=True)
class Variances:
    """Between works, between reviewers, and of the rest, in squared marks; one that comes out below 0 counts as 0."""

    works: float
    reviewers: float
    rest: float

    def share(self, component: float) -> float:
        """λ = σ²_e/σ²: how many reviews' worth of doubt an effect is drawn in by; infinite where it has no variance."""
        return self.rest / component if component > 0 else np.inf


@dataclass(frozen=True)
class RandomEffects:
    """`works`: μ + s of each, in marks. `severities`: −b of each reviewer, in marks below what others give."""

    mean: float
    works: tuple[Number, ...]
    severities: tuple[Number, ...]
    variances: Variances
    steps: int


def random_effects(
    works: Given, reviewers: Given, scores: Given, *, variances: Variances | None = None
) -> RandomEffects | Undefined:
    """Of vectors of one length, one place a review: its work and reviewer, both numbered from 0, and its score (NaN: left out).

    s = Σ(y − μ − b)/(n + σ²_e/σ²_s) over the reviews of a work, b likewise over those of a reviewer, in turn until nothing moves
    (Gauss–Seidel on Henderson's mixed model equations; Henderson 1975). `variances`: where they are known; else `variances_of`.
    A number that nobody reviewed, or who reviewed nothing, has no effect but a reason. ValueError for other shapes, or when
    somebody reviews a work twice.
    """
    reviews = _Reviews.read(works, reviewers, scores)
    found = variances or _variances(reviews)
    if isinstance(found, Undefined):
        return found
    if reviews.score.size == 0:
        return undefined(Reason.NO_REVIEWS)
    return _solved(reviews, found)


def variances_of(works: Given, reviewers: Given, scores: Given) -> Variances | Undefined:
    """Henderson's method III (Henderson 1953; Searle 1971, ch. 10): by fitting works and reviewers as fixed, and each alone.

    With N reviews of n works by m reviewers in c unconnected groups, E[SSE] = (N − n − m + c)·σ²_e, and what works explain
    beyond reviewers is (n − c)·σ²_e + (N − m)·σ²_s on average; for reviewers the same the other way round. Where everybody
    reviews everything it is the analysis of variance, and REML too while no estimate is below 0. Arguments as above.
    """
    return _variances(_Reviews.read(works, reviewers, scores))


@dataclass(frozen=True)
class _Reviews:
    """`sizes`: how many works and reviewers are numbered, whether there are reviews or not."""

    work: Codes
    reviewer: Codes
    score: Floats
    sizes: tuple[int, int]

    @classmethod
    def read(cls, works: Given, reviewers: Given, scores: Given) -> "_Reviews":
        score = vector(scores)
        work, who = (np.asarray(it).astype(np.intp) for it in (works, reviewers))
        if not work.shape == who.shape == score.shape:
            raise ValueError("Works, reviewers and scores are vectors of one length.")
        if min(work.min(initial=0), who.min(initial=0)) < 0:
            raise ValueError("Works and reviewers are numbered from 0.")
        sizes = int(work.max(initial=-1)) + 1, int(who.max(initial=-1)) + 1
        there = ~np.isnan(score)
        if np.unique(work[there] * sizes[1] + who[there]).size < there.sum():
            raise ValueError("Nobody reviews a work twice.")
        return cls(work[there], who[there], score[there], sizes)

    def counts(self) -> tuple[Codes, Codes]:
        works, reviewers = self.sizes
        return np.bincount(self.work, minlength=works), np.bincount(self.reviewer, minlength=reviewers)

    def table(self) -> sparse.csr_array:
        """Works × reviewers, with a 1 where there is a review."""
        return sparse.csr_array((np.ones(self.score.size), (self.work, self.reviewer)), shape=self.sizes)


def _variances(reviews: _Reviews) -> Variances | Undefined:
    if is_flat(reviews.score):
        return undefined(Reason.NO_SPREAD if reviews.score.size else Reason.NO_REVIEWS)
    of_work, of_reviewer = reviews.counts()
    works, reviewers, total = int((of_work > 0).sum()), int((of_reviewer > 0).sum()), reviews.score.size
    table = reviews.table()
    groups = _groups(table)
    df = total - works - reviewers + groups
    if df < 1 or total <= max(works, reviewers):
        return undefined(Reason.FEW_SHARED)
    severities = _fixed(table, reviews)
    if isinstance(severities, Undefined):
        return severities
    unexplained = _inside(reviews.work, of_work, reviews.score - severities[reviews.reviewer])
    rest = unexplained / df
    by_works = _inside(reviews.reviewer, of_reviewer, reviews.score) - unexplained
    by_reviewers = _inside(reviews.work, of_work, reviews.score) - unexplained
    return Variances(
        (by_works - (works - groups) * rest) / (total - reviewers),
        (by_reviewers - (reviewers - groups) * rest) / (total - works),
        rest,
    )


def _groups(table: sparse.csr_array) -> int:
    """How many sets of reviewers have no work in common, directly or through others."""
    together = table.T @ table
    label = csgraph.connected_components(together, directed=False)[1]
    return np.unique(label[together.diagonal() > 0]).size


def _fixed(table: sparse.csr_array, reviews: _Reviews) -> Floats | Undefined:
    """Reviewers' effects by least squares, works having been taken out: the normal equations are those of a net of reviewers."""
    of_work, of_reviewer = reviews.counts()
    means = np.bincount(reviews.work, weights=reviews.score, minlength=of_work.size) / np.maximum(of_work, 1)
    left = np.bincount(
        reviews.reviewer, weights=reviews.score - means[reviews.work], minlength=of_reviewer.size
    )
    if np.abs(left).max(initial=0) <= SETTLED * float(reviews.score.std()):
        # Nobody is stricter than another: what is left is rounding, in which there is nothing to search for.
        return np.zeros(of_reviewer.size)
    shared = table.T @ sparse.diags_array(1 / np.maximum(of_work, 1)) @ table
    found, failed = cg(
        sparse.diags_array(of_reviewer.astype(np.float64)) - shared, left, rtol=1e-10, maxiter=MOST_STEPS
    )
    return undefined(Reason.NOT_CONVERGED, steps=MOST_STEPS) if failed else np.asarray(found)


def _inside(place: Codes, n: Codes, score: Floats) -> float:
    """The sum of squares within the groups."""
    means = np.bincount(place, weights=score, minlength=n.size) / np.maximum(n, 1)
    return float(((score - means[place]) ** 2).sum())


def _solved(reviews: _Reviews, variances: Variances) -> RandomEffects | Undefined:
    """Effects are kept at a sum of 0, as those of the solution are: without it μ creeps."""
    counts = reviews.counts()
    places = reviews.work, reviews.reviewer
    doubts = variances.share(variances.works), variances.share(variances.reviewers)
    effects = [np.zeros(size) for size in reviews.sizes]
    mean, enough = float(reviews.score.mean()), SETTLED * float(reviews.score.std())
    for step in range(1, MOST_STEPS + 1):
        moved = 0.0
        for own, other in ((0, 1), (1, 0)):
            left = reviews.score - mean - effects[other][places[other]]
            sums = np.bincount(places[own], weights=left, minlength=counts[own].size)
            fresh = np.asarray(sums / np.where(counts[own] > 0, counts[own] + doubts[own], 1))
            fresh[counts[own] > 0] -= fresh[counts[own] > 0].mean()
            moved = max(moved, float(np.abs(fresh - effects[own]).max()))
            effects[own] = fresh
        mean = float((reviews.score - effects[0][places[0]] - effects[1][places[1]]).mean())
        if moved <= enough:
            works = _or_why(mean + effects[0], counts[0])
            return RandomEffects(mean, works, _or_why(-effects[1], counts[1]), variances, step)
    return undefined(Reason.NOT_CONVERGED, steps=MOST_STEPS)


def _or_why(values: Floats, counts: Codes) -> tuple[Number, ...]:
    none = undefined(Reason.NO_REVIEWS)
    return tuple(value if n else none for value, n in zip(values.tolist(), counts.tolist(), strict=True))
