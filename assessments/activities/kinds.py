"""The kinds of activity there are. A feature registers its own when its app is ready; only what works is offered.

Everything that differs between kinds is asked for here: where a launch lands, which fields begin a new one while
somebody chooses in the LMS, and what a copied course takes over.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise


@dataclass(frozen=True, kw_only=True)
class Kind:
    slug: str
    name: Promise
    # What it is for, in a sentence.
    sentence: Promise
    # Name of the URL that shows it; takes the activity's key.
    home: str
    # The template with its fields, and what the template needs, by course.
    form: str
    choices: Callable[[Any], Mapping[str, Any]]
    # Fills a new Activity from those fields, as they were posted. Raises ValidationError by field.
    begin: Callable[..., None]
    # Fills a new Activity in another course from the set-up of `source`: never people, never marks.
    copy: Callable[..., None]


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    _kinds[kind.slug] = kind


def find(slug: str) -> Kind:
    return _kinds[slug]


def offered() -> list[Kind]:
    """In the order in which they were registered."""
    return list(_kinds.values())


def is_known(slug: str) -> bool:
    return slug in _kinds
