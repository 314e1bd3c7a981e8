from decimal import Decimal

from django import template
from django.utils.formats import number_format

from assessments.rubrics.models import Criterion, Level

register = template.Library()


@register.filter
def points(value: Decimal | str | None) -> str:
    """A number of points without idle zeros, in the reader's notation: 12.50 → 12.5 or 12,5. What was typed stays."""
    if value is None or isinstance(value, str):
        return value or ""
    text = f"{value:f}"
    return number_format(text.rstrip("0").rstrip(".") if "." in text else text)


@register.filter
def points_for(criterion: Criterion, level: Level) -> Decimal:
    """What the level adds to the total, with the criterion's weight."""
    return criterion.points_for(level)
