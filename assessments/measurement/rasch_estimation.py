"""Where the likelihood of the many-facet rating-scale model has its maximum: Newton's method on all its parameters together."""

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assessments.measurement.arrays import Codes, Floats

STEPS = 25
SETTLED = 1e-5  # logits: the largest change of any rating's η − F_k by the last step
LEAP = 4.0  # logits: from far away a whole step would go beyond the top, and the next one further
FAR = 12.0  # logits: a threshold or a rating's η beyond this, with no end in sight, is on its way to infinity
ROWS = 1 << 14  # ratings looked at together: what fits a processor's cache


class Ratings:
    """The likelihood of N ratings without extremes, and where its maximum is.

    `measures`: one array a facet, in logits; `thresholds` (K). Of each rating, as they are: `x` (N), the number of its category
    from 0, `expected` and `variance` of it. Once settled, of each facet's elements: `errors`, `infit`, `outfit`.
    """

    def __init__(self, marks: Floats, codes: list[Codes], regular: list[NDArray[np.bool_]]) -> None:
        self.categories, x = np.unique(marks, return_inverse=True)
        self.x = x.astype(np.float64)
        self.codes = [(np.cumsum(kept) - 1)[code] for kept, code in zip(regular, codes, strict=True)]
        self.sizes = [int(kept.sum()) for kept in regular]
        self.signs = [1.0, *[-1.0] * (len(codes) - 1)]
        given = np.bincount(x).astype(np.float64)
        # Where to start: the thresholds where they would be if all measures were 0.
        self.thresholds: Floats = np.log(given[:-1] / given[1:])
        self.reached = np.cumsum(given[::-1])[::-1][1:]
        self.sums = [added(code, self.x) for code in self.codes]
        self.pairs = Pairs(self.codes, self.sizes)
        self.measures = [
            sign * self._log_odds(code, total)
            for sign, code, total in zip(self.signs, self.codes, self.sums, strict=True)
        ]
        self.steps = 0

    def _log_odds(self, code: Codes, total: Floats) -> Floats:
        """Where to start: how far an element's share of the highest mark is from the share of all, on the scale of measures."""
        most = np.bincount(code) * self.thresholds.size
        share = total.sum() / most.sum()
        odds = np.log((total + 0.5) / (most - total + 0.5)) - np.log(share / (1 - share))
        return np.asarray(
            odds * (share * (1 - share) * self.thresholds.size / self.x.var()), dtype=np.float64
        )

    def settle(self) -> bool:
        """Newton's steps, none of more than `LEAP`. Whether they came to rest."""
        self._expect()
        while self.steps < STEPS:
            self.steps += 1
            move = self._newton()
            if move is None:
                return False
            largest = self._change(move)
            share = min(1.0, LEAP / max(largest, SETTLED))
            *self.measures, self.thresholds = [
                old + share * part for old, part in zip([*self.measures, self.thresholds], move, strict=True)
            ]
            self._expect()
            if largest < SETTLED:
                self._centre()
                self._describe()
                return True
        return False

    @property
    def ran_away(self) -> bool:
        """Whether the likelihood rises without end: where marks separate elements, or categories, perfectly."""
        logits = self._summed(self.measures, slice(None))
        return float(max(np.abs(logits).max(), np.abs(self.thresholds).max())) > FAR

    def _expect(self) -> None:
        """Of each rating: expectation, variance, covariance with reaching each category; and the log-likelihood of all."""
        places = np.arange(self.categories.size, dtype=np.float64)[:, None]
        shifts = np.concatenate([[0.0], np.cumsum(self.thresholds)])[:, None]
        total = self.x.size
        self.expected, self.variance = np.empty(total), np.empty(total)
        self.covariance = np.empty((self.thresholds.size, total))
        self.beyond = np.zeros(self.thresholds.size)
        self.beyond_both = np.zeros((self.thresholds.size, self.thresholds.size))
        self.log_likelihood = -float(self.reached @ self.thresholds)
        for first in range(0, total, ROWS):
            part = slice(first, first + ROWS)
            logits = self._summed(self.measures, part)
            weights = places * logits - shifts
            top = weights.max(axis=0)
            np.exp(weights - top, out=weights)
            whole = weights.sum(axis=0)
            weights /= whole
            # P(X ≥ k) for k from 1; the expectation is their sum, and E(X²) that of (2k − 1)·P(X ≥ k).
            beyond = weights[1:]
            for k in range(len(beyond) - 2, -1, -1):
                beyond[k] += beyond[k + 1]
            mean = beyond.sum(axis=0)
            square = np.zeros(mean.size)
            further = np.zeros(mean.size)
            # E(X·[X ≥ k]) = k·P(X ≥ k) + Σ_{l>k} P(X ≥ l).
            for k in range(len(beyond), 0, -1):
                reaching = beyond[k - 1]
                square += (2 * k - 1) * reaching
                self.covariance[k - 1, part] = (k - mean) * reaching + further
                further += reaching
            self.expected[part] = mean
            self.variance[part] = square - mean**2
            self.beyond += beyond.sum(axis=1)
            self.beyond_both += np.einsum("kn,ln->kl", beyond, beyond)
            self.log_likelihood += float((self.x[part] * logits - np.log(whole) - top).sum())
        np.maximum(self.variance, 1e-12, out=self.variance)

    def _summed(self, measures: list[Floats], part: slice) -> Floats:
        """What measures of each facet make of some of the ratings."""
        logits: Floats = np.zeros(self.x[part].size)
        for sign, code, measure in zip(self.signs, self.codes, measures, strict=True):
            logits += sign * measure[code[part]]
        return logits

    def _change(self, move: list[Floats]) -> float:
        """The largest change of η − F_k; what moves all measures together and changes no expectation is not counted."""
        *measures, thresholds = move
        logits = self._summed(measures, slice(None))
        return float(max(logits.max() - thresholds.min(), thresholds.max() - logits.min()))

    def _newton(self) -> list[Floats] | None:
        """Where the quadratic through here has its top: the measures' moves facet by facet, then the thresholds'."""
        gradients: list[Floats] = [
            sign * (total - added(code, self.expected))
            for sign, code, total in zip(self.signs, self.codes, self.sums, strict=True)
        ]
        crossed: list[Floats] = [
            -sign * np.stack([added(code, row) for row in self.covariance], axis=1)
            for sign, code in zip(self.signs, self.codes, strict=True)
        ]
        # Cov([X ≥ k], [X ≥ l]) is P(X ≥ the greater) less the product, summed over the ratings.
        places = np.arange(self.thresholds.size)
        among = self.beyond[np.maximum.outer(places, places)] - self.beyond_both
        information = self.pairs.information(self.variance, self.signs, crossed, among)
        return information.solved([*gradients, self.beyond - self.reached])

    def _centre(self) -> None:
        """All but the first facet, and the thresholds, to mean 0, the first taking up what they lose."""
        for place in range(1, len(self.measures)):
            middle = self.measures[place].mean()
            self.measures[place] -= middle
            self.measures[0] -= middle
        middle = self.thresholds.mean()
        self.thresholds = self.thresholds - middle
        self.measures[0] -= middle

    def _describe(self) -> None:
        """`errors` (1/√ΣV, the other facets' measures taken as known), `infit` and `outfit`: one array a facet."""
        squared = (self.x - self.expected) ** 2
        standardised = squared / self.variance
        information = [added(code, self.variance) for code in self.codes]
        self.errors = [1 / np.sqrt(each) for each in information]
        self.infit = [added(code, squared) / each for code, each in zip(self.codes, information, strict=True)]
        self.outfit = [added(code, standardised) / np.bincount(code) for code in self.codes]

    def average_mark(self, logits: Floats) -> Floats:
        """The mark to be expected at each of some places on the scale."""
        shifts = np.concatenate([[0.0], np.cumsum(self.thresholds)])
        weights = np.outer(logits, np.arange(self.categories.size)) - shifts
        weights = np.exp(weights - weights.max(axis=1, keepdims=True))
        marks: Floats = weights @ self.categories / weights.sum(axis=1)
        return marks


class Pairs:
    """Which elements of each two facets met, to add up what belongs to each meeting."""

    def __init__(self, codes: list[Codes], sizes: list[int]) -> None:
        self.codes, self.sizes = codes, sizes
        self.largest = int(np.argmax(sizes))
        self.met = {
            (one, other): codes[one] * sizes[other] + codes[other]
            for one, other in combinations(range(len(codes)), 2)
        }

    def information(
        self,
        weights: Floats,
        signs: list[float],
        crossed: list[Floats] | None = None,
        among: Floats | None = None,
    ) -> "Information":
        """Σ of the weights in each element and each meeting, with the thresholds' rows if there are any."""
        extra = 0 if among is None else len(among)
        rest = [place for place in range(len(self.sizes)) if place != self.largest]
        starts = dict(zip(rest, np.cumsum([0, *[self.sizes[place] for place in rest]]), strict=False))
        width = sum(self.sizes[place] for place in rest)
        dense = np.zeros((width + extra, width + extra))
        across = np.zeros((self.sizes[self.largest], width + extra))
        for place in rest:
            own = slice(starts[place], starts[place] + self.sizes[place])
            dense[own, own] = np.diag(added(self.codes[place], weights))
        for (one, other), met in self.met.items():
            shape = (self.sizes[one], self.sizes[other])
            block = added(met, weights, shape[0] * shape[1]).reshape(shape)
            block = block * (signs[one] * signs[other])
            if other == self.largest:
                one, other, block = other, one, block.T
            columns = slice(starts[other], starts[other] + self.sizes[other])
            if one == self.largest:
                across[:, columns] = block
                continue
            rows = slice(starts[one], starts[one] + self.sizes[one])
            dense[rows, columns], dense[columns, rows] = block, block.T
        if crossed is not None and among is not None:
            across[:, width:] = crossed[self.largest]
            for place in rest:
                own = slice(starts[place], starts[place] + self.sizes[place])
                dense[own, width:], dense[width:, own] = crossed[place], crossed[place].T
            dense[width:, width:] = among
        diagonal = added(self.codes[self.largest], weights)
        return Information(
            diagonal, across, dense, self.largest, [*[self.sizes[place] for place in rest], extra]
        )


@dataclass(frozen=True)
class Information:
    """A symmetric matrix: the largest facet's part is diagonal, so it is taken out of the equations first."""

    diagonal: Floats
    across: Floats
    dense: Floats
    largest: int
    sizes: list[int]

    def solved(self, right: list[Floats], *, ridge: float = 1e-8, times: int = 1) -> list[Floats] | None:
        """x of (A + ridge·diag A) x = right: the ridge holds what the ratings leave open. None where A is no information matrix.

        With `times`, again and again with ridge·diag(A)·x in place of right.
        """
        heavy = self.diagonal * (1 + ridge)
        reduced = self.dense - self.across.T @ (self.across / heavy[:, None])
        own = np.diag(self.dense)
        reduced[np.diag_indices_from(reduced)] += ridge * own
        first = right[self.largest]
        others = np.concatenate([part for place, part in enumerate(right) if place != self.largest])
        for turn in range(times):
            if turn:
                first, others = (ridge * (first.T * self.diagonal).T, ridge * (others.T * own).T)
            scaled = (first.T / heavy).T
            try:
                others = np.linalg.solve(reduced, others - self.across.T @ scaled)
            except np.linalg.LinAlgError:
                return None
            first = scaled - ((self.across @ others).T / heavy).T
        parts = np.split(others, np.cumsum(self.sizes)[:-1])
        parts.insert(self.largest, first)
        return parts


def added(codes: Codes, values: NDArray[Any], size: int = 0) -> Floats:
    """The sum of the values of each code; `size`: of how many codes at least."""
    return np.asarray(np.bincount(codes, weights=values, minlength=size), dtype=np.float64)
