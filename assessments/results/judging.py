"""What a panel's judges expected of one part, beside what candidates did, and how far they moved between rounds."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError

from assessments.measurement.standard_setting import AngoffRounds
from assessments.measurement.undefined import Number, Undefined
from assessments.results import panels
from assessments.results.models import PartRuling


@dataclass(frozen=True)
class Judged:
    """`expected`: of each item, the share (0 to 1) of borderline candidates who would do it. The rest in per cent.

    `cut_before`: of the first round, None where there was but one. `spreads`: SD of the judges' cuts before and after.
    """

    expected: Sequence[float]
    cut_before: float | None
    spreads: tuple[Number, Number] | None


def judged(ruling: PartRuling) -> Judged | None:
    """None where the cut is not by Angoff."""
    if ruling.method != PartRuling.Method.ANGOFF:
        return None
    try:
        found = panels.judged(ruling.panel)
    except ValidationError:  # the form had let nothing of the kind through
        return None
    if isinstance(found, Undefined):
        return None
    if not isinstance(found, AngoffRounds):
        return Judged(found.items, None, None)
    scale = 100 / len(found.second.items)
    before, after = (value if isinstance(value, Undefined) else value * scale for value in found.spread)
    return Judged(found.second.items, 100 * found.first.share, (before, after))
