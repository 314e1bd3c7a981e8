"""The sections and groups of a course that somebody is in, from the custom values of a launch or of a roster entry.

Canvas writes the names of sections as a JSON text and the ids of groups with commas between; Moodle knows groups only, by
number. A variable that the platform did not fill in arrives as its own name and says nothing.
"""

import json
from collections.abc import Mapping
from typing import Any

from lti_tool.claims import storable

SECTIONS, GROUPS = "section_names", "group_ids"
MOST, LONGEST = 100, 200


def told(custom: Mapping[str, Any]) -> dict[str, list[str]]:
    """`sections` and `groups` as far as they were told; an empty list where somebody is known to be in none."""
    found = {"sections": _list(custom.get(SECTIONS)), "groups": _list(custom.get(GROUPS))}
    return {field: value for field, value in found.items() if value is not None}


def _list(value: object) -> list[str] | None:
    """None where nothing was said. Numbers count as text: one group alone arrives as a number."""
    if isinstance(value, int) and not isinstance(value, bool):
        return [str(value)]
    if isinstance(value, str):
        return None if value.startswith("$") else _names(_split(value))
    return _names(value) if isinstance(value, list) else None


def _split(text: str) -> list[Any]:
    """A JSON list, else what stands between the commas."""
    if text.lstrip().startswith("["):
        try:
            found = json.loads(text)
            return found if isinstance(found, list) else []
        except (ValueError, RecursionError):
            return []
    return text.split(",")


def _names(values: list[Any]) -> list[str]:
    texts = [storable(str(value)).strip()[:LONGEST] for value in values if isinstance(value, str | int)]
    return list(dict.fromkeys(text for text in texts if text and not text.startswith("$")))[:MOST]
