"""Cuts from a panel of judges, whose numbers are typed or pasted: a line each, with spaces, commas or tabs between."""

import re

import numpy as np
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from assessments.measurement.arrays import Floats
from assessments.measurement.standard_setting import (
    Angoff,
    AngoffRounds,
    Cut,
    Hofstee,
    angoff,
    angoff_in_two_rounds,
    ebel,
    hofstee,
)
from assessments.measurement.undefined import Reason, Undefined, undefined
from assessments.results.models import PartRuling

Method = PartRuling.Method
_BETWEEN = re.compile(r"[\s;,]+")
_DASHES = re.compile(r"^\s*-{2,}\s*$", re.MULTILINE)
MOST_CELLS = 2_000


def rows(text: str) -> list[list[float]]:
    """The numbers, line by line. Raises ValidationError that names the line."""
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        cells = [cell for cell in _BETWEEN.split(line.strip()) if cell]
        if not cells:
            continue
        try:
            values = [float(cell.removesuffix("%")) for cell in cells]
        except ValueError:
            values = [float("nan")]
        if not np.isfinite(values).all():
            raise ValidationError(
                _("Line %(n)d is not all numbers. Write decimals with a point.") % {"n": number}
            )
        found.append(values)
    if len({len(row) for row in found}) > 1:
        raise ValidationError(_("Every line needs as many numbers as the first one."))
    if sum(map(len, found)) > MOST_CELLS:
        raise ValidationError(_("More than %(n)d numbers are not possible.") % {"n": MOST_CELLS})
    return found


def cut(method: str, text: str, marks: Floats) -> Cut:
    """The panel's cut in per cent. `marks`: the station's, in per cent, for Hofstee. Raises ValidationError."""
    if method == Method.ANGOFF:
        return _angoff_cut(judged(text))
    table = _table(text)
    return _ebel(table) if method == Method.EBEL else _hofstee(table, marks)


def judged(text: str) -> Angoff | AngoffRounds | Undefined:
    """A line for each judge, a number for each item: out of 100 borderline candidates, how many do it.

    Where judges rated twice, a line of dashes stands between the rounds; the second counts. Raises ValidationError.
    """
    tables = [_table(part) for part in _DASHES.split(text)]
    if any(table.min() < 0 or table.max() > 100 for table in tables):
        raise ValidationError(_("Angoff's numbers are per cent, 0 to 100: a line a judge, a number an item."))
    if len(tables) == 1:
        return angoff(tables[0] / 100)
    if len(tables) > 2 or tables[0].shape != tables[1].shape:
        raise ValidationError(
            _("Two rounds are of the same judges and items, with one line of dashes between them.")
        )
    return angoff_in_two_rounds(tables[0] / 100, tables[1] / 100)


def _table(text: str) -> Floats:
    table = np.array(rows(text), dtype=np.float64)
    if table.size == 0:
        raise ValidationError(_("Write down the panel's numbers."))
    return table


def _angoff_cut(found: Angoff | AngoffRounds | Undefined) -> Cut:
    if isinstance(found, Undefined):
        return Cut(found, found, 0)
    last = found.second if isinstance(found, AngoffRounds) else found
    error = last.cut.standard_error
    scale = 100 / len(last.items)
    return Cut(100 * last.share, error if isinstance(error, Undefined) else error * scale, last.cut.n)


def _ebel(table: Floats) -> Cut:
    """A line for each cell of relevance and difficulty: how many items, and what per cent of them a borderline candidate does."""
    if table.shape[1] != 2 or table.min() < 0 or table[:, 1].max() > 100 or not table[:, 0].sum():
        raise ValidationError(
            _("Ebel needs two numbers a line: how many items, and per cent of them, 0 to 100.")
        )
    found = ebel(table[:, 0], table[:, 1] / 100)
    assert not isinstance(found.value, Undefined)
    return Cut(100 * found.value / float(table[:, 0].sum()), found.standard_error, found.n)


def _hofstee(table: Floats, marks: Floats) -> Cut:
    """A line for each judge: lowest and highest cut, lowest and highest share who fail, all in per cent."""
    problem = ValidationError(
        _(
            "Hofstee needs four numbers a line, all per cent: the lowest and the highest cut, the lowest and the highest fail "
            "rate; on average the lowest below the highest."
        )
    )
    if table.shape[1] != 4 or table.min() < 0 or table.max() > 100:
        raise problem
    low, high, fewest, most = table.T
    if low.mean() >= high.mean() or fewest.mean() >= most.mean():
        raise problem
    found: Hofstee = hofstee(
        marks, lowest_cut=low, highest_cut=high, lowest_fail_rate=fewest / 100, highest_fail_rate=most / 100
    )
    return Cut(found.cut, undefined(Reason.NO_ERROR), len(table))
