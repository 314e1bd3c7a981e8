"""What single items do: how hard they are, and whether they go with the rest."""

import numpy as np

from assessments.measurement.arrays import Floats, Given, is_flat, matrix, pairs
from assessments.measurement.undefined import Number, Reason, undefined

SHARE = 0.27  # Kelley 1939: the tails that tell most


def correlation(first: Given, second: Given) -> Number:
    """Pearson's r (−1 to 1) of two vectors of one length, where both have a value. ValueError for other lengths. Pearson 1896."""
    x, y = pairs(first, second)
    if x.size < 2:
        return undefined(Reason.TOO_FEW, n=int(x.size), least=2)
    if is_flat(x) or is_flat(y):
        return undefined(Reason.NO_SPREAD)
    x, y = x - x.mean(), y - y.mean()
    return float(np.clip((x @ y) / np.sqrt((x @ x) * (y @ y)), -1.0, 1.0))


def facility(scores: Given, maxima: Given) -> list[Number]:
    """The mean share (0 to 1) of its marks that each item gives. Candidates × items, NaN for none; `maxima`: the most of each.

    Source: Lord & Novick 1968, ch. 15, who call it difficulty.
    """
    given, most = matrix(scores), np.asarray(maxima, dtype=np.float64)
    found: list[Number] = []
    for column, maximum in zip(given.T, most, strict=True):
        there = column[~np.isnan(column)]
        found.append(
            float(there.mean() / maximum) if there.size and maximum > 0 else undefined(Reason.NO_DATA)
        )
    return found


def item_rest(scores: Given) -> list[Number]:
    """The corrected point-biserial: r of each column with the sum of the others, where a candidate has them all.

    Candidates × items. Source: Henrysson 1963; for items of more than two points the same formula.
    """
    given = matrix(scores)
    totals = given.sum(axis=1)  # NaN wherever something is missing, and so left out
    return [correlation(column, totals - column) for column in given.T]


def item_total(scores: Given) -> list[Number]:
    """The uncorrected r of each column with the sum of all: higher, because the item is part of the sum.

    Candidates × items, those with a gap left out. Source: Lord & Novick 1968, ch. 15.
    """
    given = matrix(scores)
    return [correlation(column, given.sum(axis=1)) for column in given.T]


def upper_lower(scores: Given, maxima: Given, *, share: float = SHARE) -> list[Number]:
    """Discrimination D: facility among the best less facility among the weakest, of 27 % of the candidates each, rounded.

    Candidates × items. By the sum of all; of equal sums the candidate that comes first in the rows counts as the weaker one: a
    choice of ours. Source: Kelley 1939.
    """
    given = matrix(scores)
    whole: Floats = given[~np.isnan(given).any(axis=1)]
    size = max(1, round(share * len(whole)))
    if len(whole) < 2 * size or len(whole) < 2:
        return [undefined(Reason.TOO_FEW, n=len(whole), least=2) for _column in given.T]
    order = np.argsort(whole.sum(axis=1), kind="stable")
    weakest, best = whole[order[:size]], whole[order[-size:]]
    differences, most = best.mean(axis=0) - weakest.mean(axis=0), np.asarray(maxima, dtype=np.float64)
    return [
        float(difference / maximum) if maximum > 0 else undefined(Reason.NO_DATA)
        for difference, maximum in zip(differences, most, strict=True)
    ]
