"""Feedback from many sides (MSF, 360°): nothing before enough people have answered, then means with intervals, self beside them.

Raters stay unknown only if results are shown once, when all are in: whoever sees the mean of eight and then of nine knows the
ninth. Whoever is rated should not be the only one who chooses the raters (Lurie et al. 2006).
"""

import random
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from assessments.measurement import intervals
from assessments.measurement.arrays import Floats, Given, matrix, vector
from assessments.measurement.intervals import Bounds
from assessments.measurement.undefined import Number, Reason, Undefined, undefined

# Eight gave ±0.6 on six points (Archer et al. 2008); five for words is a choice of ours.
LEAST_FOR_SCORES, LEAST_FOR_TEXT = 8, 5


@dataclass(frozen=True)
class Item:
    """Mean of n raters and its interval, and what the person said of themselves; in the units of the scale."""

    mean: Number
    interval: Bounds | Undefined
    own: Number
    n: int


def item_scores(
    ratings: Given, own: Given | None = None, *, least: int = LEAST_FOR_SCORES, level: float = 0.95
) -> list[Item] | Undefined:
    """`ratings`: raters × items without the person's own, NaN for “cannot say”; `own`: one value an item. Whoever answered
    nothing is no rater. Not defined, as a whole or for an item, below `least` raters. ValueError for other shapes.
    Source: Archer et al. 2008; Student's t interval.
    """
    given = matrix(ratings)
    mine = np.full(given.shape[1], np.nan) if own is None else vector(own)
    if mine.size != given.shape[1]:
        raise ValueError("One value of one's own for each item.")
    raters = int((~np.isnan(given)).any(axis=1).sum())
    if raters < least:
        return undefined(Reason.FEW_RATERS, n=raters, least=least)
    return [_item(column, value, least, level) for column, value in zip(given.T, mine.tolist(), strict=True)]


def _item(column: Floats, own: float, least: int, level: float) -> Item:
    marks = column[~np.isnan(column)]
    mine: Number = own if own == own else undefined(Reason.NO_SELF)
    if marks.size < max(least, 1):
        why = undefined(Reason.FEW_RATERS, n=int(marks.size), least=max(least, 1))
        return Item(why, why, mine, int(marks.size))
    return Item(float(marks.mean()), intervals.of_mean(marks, level), mine, int(marks.size))


def shown_texts(
    comments: Mapping[Hashable, Sequence[str]], *, seed: int, least: int = LEAST_FOR_TEXT
) -> list[str] | Undefined:
    """All comments, by rater, as one list by lot: no order tells whose they are, and the same seed gives the same order.

    Blank ones are left out, and so is whoever wrote nothing else. Not defined below `least` raters.
    """
    written = [[text for text in texts if text.strip()] for texts in comments.values()]
    raters = sum(1 for texts in written if texts)
    if raters < least:
        return undefined(Reason.FEW_RATERS, n=raters, least=least)
    shown = sorted(text for texts in written for text in texts)
    random.Random(seed).shuffle(shown)
    return shown
