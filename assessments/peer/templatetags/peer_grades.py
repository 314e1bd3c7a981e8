from collections.abc import Mapping
from typing import Any

from django import template

from assessments.measurement.intervals import Bounds
from assessments.measurement.undefined import Reason, undefined
from assessments.peer.what_if import WhatIf
from assessments.results.wording import shown

register = template.Library()


@register.filter
def of(found: Mapping[Any, Any], key: Any) -> Any:
    """What a mapping has for this key; a number that is not there says so."""
    return found.get(key, undefined(Reason.NO_DATA))


@register.filter
def within(bounds: Bounds) -> str:
    """An interval on the scale of 0 to 100, in which grades lie."""
    return f"{shown(max(bounds.low, 0.0), 1)}–{shown(min(bounds.high, 100.0), 1)}"


@register.filter
def methods_of(found: WhatIf, work: int) -> list[tuple[str, Any]]:
    """Each way to a grade with what it gives."""
    return list(zip(found.methods, found.grades[work], strict=True))
