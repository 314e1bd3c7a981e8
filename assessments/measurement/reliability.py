"""How far scores of the same candidates hang together: Cronbach's alpha and the standard error of measurement."""

import numpy as np

from assessments.measurement.arrays import Floats, Given, complete_rows, is_flat, matrix
from assessments.measurement.undefined import Number, Reason, Undefined, undefined


def cronbach_alpha(scores: Given) -> Number:
    """α = k/(k − 1)·(1 − Σs²_i/s²_T) of candidates × stations (or items), with sample variances.

    Candidates with a gap are left out. Sources: Cronbach 1951; for stations Pell et al. 2010 (AMEE Guide 49).
    """
    return _alpha(complete_rows(matrix(scores)))


def alpha_if_deleted(scores: Given) -> list[Number]:
    """Alpha without each column in turn, of the candidates × stations (or items) without a gap. Source: Pell et al. 2010."""
    whole = complete_rows(matrix(scores))
    columns = range(whole.shape[1])
    return [_alpha(np.delete(whole, place, axis=1)) for place in columns]


def sem_of_total(scores: Given) -> Number:
    """The standard error of measurement of the candidates' sums: SD·√(1 − α), in marks. A negative α counts as none.

    Candidates × stations (or items); candidates with a gap are left out. Sources: Lord & Novick 1968, ch. 3; Pell et al. 2010.
    """
    whole = complete_rows(matrix(scores))
    alpha = _alpha(whole)
    if isinstance(alpha, Undefined):
        return alpha
    return float(whole.sum(axis=1).std(ddof=1) * np.sqrt(1 - max(alpha, 0.0)))


def _alpha(whole: Floats) -> Number:
    n, k = whole.shape
    if k < 2:
        return undefined(Reason.ONE_STATION if k else Reason.NO_DATA)
    if n < 2:
        return undefined(Reason.TOO_FEW, n=n, least=2)
    totals = whole.sum(axis=1)
    if is_flat(totals):
        return undefined(Reason.NO_SPREAD)
    alpha = float(k / (k - 1) * (1 - whole.var(axis=0, ddof=1).sum() / totals.var(ddof=1)))
    return min(alpha, 1.0)  # what rounding adds to 1 would make its error the root of a negative number
