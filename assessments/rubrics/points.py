"""Points as people type them."""

import re
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

MAX_DIGITS = 7
PLACES = 2
MOST = Decimal(1000)
MOST_WEIGHT = Decimal(100)

WEIGHT_PLACES = 1
_WEIGHT = re.compile(r"(\d{1,4})(?:[.,\u066b](\d))?")
_SHAPE = re.compile(r"(\d+)(?:[.,\u066b](\d{1,2}))?")


def read_points(typed: Decimal | str) -> Decimal:
    """A number of points from "2", "1.5" or "1,5", exact. Raises ValidationError with the reason in words."""
    text = str(typed).strip()
    if not text:
        raise ValidationError(_("Write how many points this level gives; 0 is fine."), code="points")
    if text[0] in "-\u2212" and _SHAPE.fullmatch(text[1:].strip()):
        raise ValidationError(
            _("Points cannot be below zero: %(text)s."), code="points", params={"text": text}
        )
    match = _SHAPE.fullmatch(text)
    if match is None:
        raise ValidationError(
            _("“%(text)s” is not a number of points. Write it like 2 or 1.5, with at most two decimals."),
            code="points",
            params={"text": text[:40]},
        )
    whole, fraction = match.groups()
    points = Decimal(f"{whole}.{fraction}" if fraction else whole) if len(whole) <= MAX_DIGITS else MOST + 1
    if points > MOST:
        raise ValidationError(
            _("A level can give at most %(most)s points."), code="points", params={"most": MOST}
        )
    return points


def read_weight(typed: Decimal | str) -> Decimal:
    """How many times a criterion's points count, exact; nothing typed is once. Raises ValidationError in words."""
    text = str(typed).strip() or "1"
    match = _WEIGHT.fullmatch(text)
    weight = Decimal(".".join(part for part in match.groups() if part)) if match else None
    if weight is None or not 0 < weight <= MOST_WEIGHT:
        raise ValidationError(
            _(
                "“%(text)s” is not a weight. Write a number above 0 and up to %(most)s with at most one decimal, like 2 or 0.5."
            ),
            code="weight",
            params={"text": text[:40], "most": MOST_WEIGHT},
        )
    return weight
