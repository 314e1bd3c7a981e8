"""How a rubric is laid out to be read: criteria under the headings of their sections, statements by their kind."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Generic, TypeVar

from django.utils.translation import gettext as _

from assessments.rubrics.wording import Kind, StatementKind

Row = TypeVar("Row")


@dataclass(frozen=True)
class Section(Generic[Row]):
    title: str  # empty for criteria that come before any heading
    rows: list[Row]


@dataclass(frozen=True)
class Outline(Generic[Row]):
    sections: list[Section[Row]]
    global_rating: Row | None


def outline(rows: Iterable[Row], criterion_of: Callable[[Row], Any] = lambda row: row) -> Outline[Row]:
    """`rows` in the rubric's order. `criterion_of` gives a row's criterion, as a database row or as its wording."""
    listed = list(rows)
    counted = [row for row in listed if criterion_of(row).kind != Kind.GLOBAL]
    apart = next((row for row in listed if criterion_of(row).kind == Kind.GLOBAL), None)
    sections: list[Section[Row]] = []
    for title, found in groupby(counted, key=lambda row: criterion_of(row).section):
        # Under no heading of their own, they would look like a part of the section before.
        sections.append(Section(title or (_("Further criteria") if sections else ""), list(found)))
    return Outline(sections, apart)


def by_kind(statements: Iterable[Row]) -> dict[str, list[Row]]:
    """Strengths first. Rows or wordings; a kind without statements has an empty list."""
    listed = list(statements)
    return {kind.value: [row for row in listed if row.kind == kind] for kind in StatementKind}  # type: ignore[attr-defined]
