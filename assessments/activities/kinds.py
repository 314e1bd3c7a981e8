"""The kinds of activity there are. A feature registers its own when its app is ready; only what works is offered.

Everything that differs between kinds is asked for here: where a launch lands, which fields begin a new one, when it has
begun for somebody, what its column in the gradebook is worth, and what a copied course takes over.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
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
    # Sets a new Activity up from those fields, as they were posted, and keeps it. Raises ValidationError by field.
    begin: Callable[..., None]
    # Sets an Activity up as `source` is, in this course or another, and keeps it: never people, never marks.
    copy: Callable[..., None]
    # Takes the set-up of an Activity away that has not begun.
    clear: Callable[..., None]
    # Whether somebody is being assessed, or has been: from then on its set-up stays.
    has_begun: Callable[[Any], bool]
    # What it is made of, in a few words.
    describe: Callable[[Any], str]
    # The points that its column in the gradebook is worth; None: it has none.
    maximum: Callable[[Any], Decimal | None]
    # Name of the URL of one candidate's page, for launches from the gradebook; takes the activity's key and the person's.
    candidate_page: str = ""
    # Name of the URL on which its rubrics are chosen, for whoever just published one; takes the activity's key, and `rubric`.
    rubric_page: str = ""


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
