from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from assessments.measurement.undefined import Number, Reason, Undefined
from assessments.results.wording import part_remarks, shown

register = template.Library()


@register.filter
def statistic(value: Number, places: int = 1) -> str | SafeString:
    """A number with so many decimals; a dash where there is none."""
    if isinstance(value, Undefined):
        return format_html(
            '<span class="quiet" aria-hidden="true">–</span><span class="visually-hidden">{}</span>',
            _("none"),
        )
    return shown(value, places)


def _dash() -> SafeString:
    return format_html(
        '<span class="quiet" aria-hidden="true">–</span><span class="visually-hidden">{}</span>', _("none")
    )


@register.filter
def per_cent(value: Number, places: int = 0) -> str | SafeString:
    """A share (0 to 1) in per cent."""
    return statistic(value, places) if isinstance(value, Undefined) else f"{shown(100 * value, places)} %"


@register.filter
def is_there(value: object) -> bool:
    return not isinstance(value, Undefined)


@register.filter
def kept(value: Any, places: int = 1) -> str | SafeString:
    """A number as a trace keeps it; a dash where there is none."""
    return _dash() if value is None or isinstance(value, dict) else shown(value, places)


@register.filter
def kept_because(value: Any) -> str:
    """Why a trace has no number there; empty where it has one."""
    if not isinstance(value, dict):
        return ""
    return _(Reason[value["reason"]].value).format(**value["numbers"])


@register.filter
def remarks(part: Mapping[str, Any]) -> list[str]:
    """What was decided on a part of a trace, and what happened there, in sentences."""
    return list(part_remarks(part))


@register.filter
def because(value: Undefined) -> str:
    """Why there is no number."""
    return _(value.reason.value).format(**value.numbers)
