"""Substitution variables that differ from person to person and from link to link, as each platform writes them.

Canvas source (lib/lti/variable_expander.rb): section names are a JSON text, group ids have commas between, a variable
inside a longer text is replaced too; numbers become texts, but not in an old Canvas; true, false and null stay what they
are. Moodle live: group ids with commas between; a name with capitals arrives in small letters as well. What a platform
does not know stays as it was asked for.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from lti_tool.sandbox.models import Enrolment, Link

# Canvas expands only some variables for each member of a roster (names_and_roles_controller.rb).
ON_CANVAS_ROSTERS = frozenset(
    {"$com.instructure.User.sectionNames", "$Canvas.group.contextIds", "$User.id", "$Person.name.full"}
)

# What Canvas' own theme says (npm @instructure/canvas-theme 11.7.7) under the names of its brand variables.
BRAND = {
    "ic-brand-primary": "#2B7ABC",
    "ic-brand-font-color-dark": "#273540",
    "ic-link-color": "#0E68B3",
    "ic-link-decoration": "none",
    "ic-brand-button--primary-bgd": "#2B7ABC",
    "ic-brand-button--primary-text": "#FFFFFF",
    "ic-brand-button--secondary-bgd": "#273540",
    "ic-brand-global-nav-bgd": "#334451",
}


def of_person(profile: str, enrolment: Enrolment | None) -> dict[str, Any]:
    sections = enrolment.sections if enrolment else []
    groups = enrolment.groups if enrolment else []
    if profile == "canvas":
        high_contrast = bool(enrolment and enrolment.person.high_contrast)
        return {
            "$com.instructure.User.sectionNames": json.dumps(sections),
            "$Canvas.group.contextIds": ",".join(groups),
            "$Canvas.user.prefersHighContrast": str(high_contrast).lower(),
            "$Canvas.user.sisSourceId": None,
        } | ({"$Canvas.user.id": enrolment.person.pk} if enrolment else {})
    return {"$Moodle.Person.userGroupIds": ",".join(groups)} if profile == "moodle" else {}


def of_link(profile: str, link: Link | None) -> dict[str, Any]:
    """Canvas, of an assignment. A date that is not set stays the name of its variable."""
    own = link.line_items.filter(deleted=False).order_by("pk").first() if link else None
    if profile != "canvas" or link is None or own is None:
        return {}
    dates = {"unlock_at": "unlockAt", "lock_at": "lockAt", "due_at": "dueAt"}
    return {
        "$Canvas.assignment.id": link.pk,
        "$Canvas.assignment.title": link.title,
        "$Canvas.assignment.pointsPossible": own.score_maximum,
        "$Canvas.assignment.published": link.published,
        "$com.instructure.Assignment.anonymous_grading": False,
    } | {
        f"$Canvas.assignment.{variable}.iso8601": link.dates[name]
        for name, variable in dates.items()
        if link.dates.get(name)
    }


def expanded(
    asked: Mapping[str, Any], values: Mapping[str, Any], *, profile: str, is_old: bool = False
) -> dict[str, Any]:
    found = {
        name: values.get(value, value) if isinstance(value, str) else value for name, value in asked.items()
    }
    if profile == "canvas":
        return {name: _as_canvas(value, values, is_old) for name, value in found.items()}
    if profile == "moodle":
        return {
            spelt: value for name, value in found.items() for spelt in dict.fromkeys((name.lower(), name))
        }
    return found


def _as_canvas(value: Any, values: Mapping[str, Any], is_old: bool) -> Any:
    if isinstance(value, str):
        longest_first = sorted(values, key=len, reverse=True)
        known = "|".join(re.escape(name) for name in longest_first)
        return re.sub(known, lambda found: _as_text(values[found[0]]), value) if known else value
    if isinstance(value, (int, float)) and not isinstance(value, bool) and not is_old:
        return _as_text(value)
    return value


def _as_text(value: Any) -> str:
    """20 rather than 20.0."""
    is_whole = isinstance(value, float) and value.is_integer()
    return "" if value is None else str(int(value) if is_whole else value)
