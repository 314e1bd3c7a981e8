"""Who did how much of a team's work, by each other's points. Confidential and of little weight: an open points system did nothing
in a trial with medical students, and was feared (PMC6794794).

Points and ratings are members × members, whoever gives by row and whoever gets by column, NaN where nothing was given; a member
whose whole row is empty did not submit.
"""

from dataclasses import dataclass

import numpy as np

from assessments.measurement.arrays import Floats, Given, matrix
from assessments.measurement.undefined import Number, Reason, Undefined, undefined

# CATME's: no factor above the one, and none above the other is told from 1.
CATME_MOST, CATME_AS_GOOD_AS_ONE = 1.05, 0.95


@dataclass(frozen=True)
class WebPA:
    """`scores`: each member's part of the work, 1 being an equal one. `submitted`: whether they gave points."""

    scores: tuple[Number, ...]
    submitted: tuple[bool, ...]

    def grades(
        self, mark: float, *, weight: float = 1.0, penalty: float = 0.0, most: float = 100.0
    ) -> list[Number]:
        """Each member's mark from the team's: the part `weight` (0 to 1) goes by the score, the rest to all alike;
        at most `most`. Whoever did not submit loses the part `penalty` (0 to 1).
        """
        return [
            score
            if isinstance(score, Undefined)
            else min(mark * (weight * score + 1 - weight), most) * (1 if there else 1 - penalty)
            for score, there in zip(self.scores, self.submitted, strict=True)
        ]


def webpa(points: Given, *, with_self: bool = True) -> WebPA | Undefined:
    """Each giver's points as fractions of all that this person gave, added up for each member, times members ÷ givers.

    `points`: members × members, or × criteria as a third dimension, which are added up first; 0 or more, else ValueError.
    Without the points for oneself, each member's fractions are made up for by those who could give them some. Whoever gave
    everybody nothing counts as giving all alike, a choice of ours. Source: WebPA, Loughborough (Loddington et al. 2009).
    """
    given = _team(_summed(points))
    submitted = np.asarray(~np.isnan(given).all(axis=1))
    if not with_self:
        np.fill_diagonal(given, np.nan)
    missing = np.isnan(given[submitted]).sum() - (0 if with_self else submitted.sum())
    if not submitted.any():
        return undefined(Reason.NO_RATINGS)
    if missing:
        return undefined(Reason.GAPS, missing=int(missing), cells=int(submitted.sum()) * len(given))
    fractions = _fractions(given[submitted])
    givers = submitted.sum() - (0 if with_self else submitted)
    could = len(given) - (0 if with_self else 1)
    totals = np.broadcast_to(givers, len(given)).tolist()
    scores = tuple(
        total * could / n if n else undefined(Reason.NO_RATINGS)
        for total, n in zip(np.nansum(fractions, axis=0).tolist(), totals, strict=True)
    )
    return WebPA(scores, tuple(bool(it) for it in submitted))


@dataclass(frozen=True)
class Contribution:
    """In per cent, 100 being an equal part. `claims`: members × members, each giver's points made to average 100. `ratios`: the
    same without oneself. `perceived`: of each member, as the others see it. `shown`: members × members, what
    each one is shown of that, on the scale of their own points.
    """

    claims: tuple[tuple[Number, ...], ...]
    ratios: tuple[tuple[Number, ...], ...]
    perceived: tuple[Number, ...]
    shown: tuple[tuple[Number, ...], ...]


def contribution(points: Given) -> Contribution | Undefined:
    """As TEAMMATES computes it, but unrounded. `points`: 0 or more, else ValueError; single gaps are “not sure” and left out.

    Source: TEAMMATES, TeamEvalResult (GPL-2; the rule only).
    """
    given = _team(matrix(points))
    claims = _to_hundred(given)
    others = claims.copy()
    np.fill_diagonal(others, np.nan)
    ratios = _to_hundred(others)
    if np.isnan(ratios).all():
        return undefined(Reason.NO_RATINGS)
    averages = _means(ratios)
    perceived = _to_hundred(averages[None])[0]
    known = ~np.isnan(averages)
    factor = perceived[known].sum() / averages[known].sum() if averages[known].sum() else 1.0
    shown = np.array([perceived * _own_scale(row, perceived) for row in given])
    return Contribution(_rows(claims), _rows(ratios * factor), _rows(perceived[None])[0], _rows(shown))


@dataclass(frozen=True)
class Adjustment:
    """CATME's adjustment factor: `raw` up to 1.05, and `shown` with all above 0.95 as 1."""

    raw: float
    shown: float


def catme_adjustment(ratings: Given, *, with_self: bool = True) -> list[Adjustment | Undefined]:
    """Each member's mean rating over the mean of these means. `ratings`: means over categories, above 0, else ValueError.

    Source: CATME, instructor help, “Adjustment factor”.
    """
    given = _team(matrix(ratings))
    if not with_self:
        np.fill_diagonal(given, np.nan)
    means = _means(given)
    known = means[~np.isnan(means)]
    if known.size and known.min() <= 0:
        raise ValueError("Ratings are above 0.")
    return [
        _adjustment(mean / known.mean()) if mean == mean else undefined(Reason.NO_RATINGS)
        for mean in means.tolist()
    ]


def _adjustment(factor: float) -> Adjustment:
    raw = float(min(factor, CATME_MOST))
    return Adjustment(raw, 1.0 if raw > CATME_AS_GOOD_AS_ONE else raw)


def spa(ratings: Given) -> list[Number]:
    """Self and peer assessment factor: √(a member's total ÷ the mean total). 0 or more, else ValueError; gaps leave a giver out.

    Source: Willey & Gardner 2009 as recalled, not read again: check before anything depends on it.
    """
    given = _team(matrix(ratings))
    whole = given[~np.isnan(given).any(axis=1)]
    totals = whole.sum(axis=0)
    if not totals.any():
        return [undefined(Reason.NO_RATINGS)] * len(given)
    return [float(value) for value in np.sqrt(totals / totals.mean())]


def sapa(ratings: Given) -> list[Number]:
    """Self assessment to peer assessment: √(own rating ÷ the peers' mean). Above 1 they think more of themselves than others do.

    Source: Willey & Gardner 2009 as recalled, not read again: check before anything depends on it.
    """
    given = _team(matrix(ratings))
    own = given.diagonal().tolist()
    np.fill_diagonal(given, np.nan)
    peers = _means(given).tolist()
    return [_self_to_peers(mine, theirs) for mine, theirs in zip(own, peers, strict=True)]


def _self_to_peers(own: float, peers: float) -> Number:
    if own != own:
        return undefined(Reason.NO_SELF)
    return float(np.sqrt(own / peers)) if peers > 0 else undefined(Reason.NO_RATINGS)


def _summed(points: Given) -> Floats:
    given = np.asarray(points, dtype=np.float64)
    return given.sum(axis=2) if given.ndim == 3 else matrix(given)


def _team(given: Floats) -> Floats:
    """A copy that may be changed."""
    if given.shape[0] != given.shape[1]:
        raise ValueError("A team's points have a row and a column for each member.")
    if np.isinf(given).any() or (given[~np.isnan(given)] < 0).any():
        raise ValueError("Points are finite numbers from 0.")
    return given.copy()


def _fractions(given: Floats) -> Floats:
    totals = np.nansum(given, axis=1, keepdims=True)
    alike = np.where(np.isnan(given), np.nan, 1.0)
    even = alike / np.maximum(np.nansum(alike, axis=1, keepdims=True), 1)
    return np.divide(given, totals, out=even, where=totals > 0)


def _to_hundred(given: Floats) -> Floats:
    """Each row made to average 100; a row without points stays."""
    totals = np.nansum(given, axis=1, keepdims=True)
    counts = (~np.isnan(given)).sum(axis=1, keepdims=True)
    return given * np.divide(100.0 * counts, totals, out=np.ones_like(totals), where=totals > 0)


def _means(given: Floats) -> Floats:
    """Of each column, without gaps; NaN for one that is nothing else."""
    counts = (~np.isnan(given)).sum(axis=0)
    return np.divide(np.nansum(given, axis=0), counts, out=np.full(len(given), np.nan), where=counts > 0)


def _own_scale(row: Floats, perceived: Floats) -> float:
    both = ~(np.isnan(row) | np.isnan(perceived))
    own, theirs = float(row[both].sum()), float(perceived[both].sum())
    return own / theirs if own > 0 and theirs > 0 else 1.0


def _rows(table: Floats) -> tuple[tuple[Number, ...], ...]:
    none = undefined(Reason.NO_RATINGS)
    return tuple(tuple(value if value == value else none for value in row) for row in table.tolist())
