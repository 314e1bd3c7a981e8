"""A trace in sentences."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from django.template.defaultfilters import floatformat
from django.utils.translation import gettext as _

from assessments.results.models import Moderation, PartRuling


def shown(value: float, places: int = 1) -> str:
    """Rounded half up, in the reader's language; what floating point adds to a decimal plays no part."""
    return str(floatformat(Decimal(repr(round(float(value), 9))), places))


def part_remarks(part: Mapping[str, Any]) -> Iterator[str]:
    """What was decided on one part of a trace, and what happened there."""
    if part["is_pilot"]:
        yield _("A pilot: marked, not counted.")
    if part["dropped"] is not None:
        yield _("Dropped for everybody: %(reason)s") % {"reason": part["dropped"]}
    if part["gap"]:
        yield _gap(part["gap"])
    if part["excused"] is not None:
        yield _("Left out for this candidate: %(reason)s") % {"reason": part["excused"]}
    if part["examiners"] and len(part["examiners"]["marks"]) > 1:
        yield from _two_examiners(part)
    if part["added"]:
        points = shown(part["added"], 2)
        yield _("%(points)s per cent added for everybody: %(reason)s") % {
            "points": points,
            "reason": part["added_because"],
        }
    if part["cut_because"] is not None:
        yield _("Cut by another method (%(method)s): %(reason)s") % {
            "method": PartRuling.Method(part["method"]).label,
            "reason": part["cut_because"],
        }
    if part["misses_critical"]:
        yield _("Something critical was missed, so the station is not passed.")
    if part["is_must_pass"]:
        yield _("This station must be passed.")


def _gap(gap: Mapping[str, Any]) -> str:
    said = _("Absent: not a zero.") if gap["state"] == "absent" else _("The station was void.")
    return f"{said} {gap['reason']}".strip()


def _two_examiners(part: Mapping[str, Any]) -> Iterator[str]:
    told = part["examiners"]
    marks = " / ".join(shown(mark, 1) for mark in told["marks"])
    if told["resolved"] is not None:
        yield _("Two examiners gave %(marks)s; decided on %(mark)s: %(reason)s") % {
            "marks": marks,
            "mark": shown(part["given"], 1),
            "reason": told["resolved"],
        }
    elif told["resolving"]:
        yield _("Two examiners gave %(marks)s, further apart than allowed: %(rule)s.") % {
            "marks": marks,
            "rule": Moderation.Resolving(told["resolving"]).label,
        }
    else:
        yield _("Two examiners gave %(marks)s: their mean counts.") % {"marks": marks}
