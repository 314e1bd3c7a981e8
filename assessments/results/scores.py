"""What was marked in an activity of several parts, as its feature hands it over: a station of an exam is a part.

Results know nothing of stations and encounters; whoever does registers how to read them.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from math import isnan
from typing import Any
from uuid import UUID

from django.utils.functional import cached_property


class Rater(StrEnum):
    """By whom a sheet was filled. Examiners' marks count; simulated patients' stand beside them."""

    FIRST = "first"
    SECOND = "second"
    PATIENT = "patient"


@dataclass(frozen=True)
class Part:
    """`weight`: its share against the other parts'. `borderline`: the points of the borderline grade, None without one."""

    key: UUID
    title: str
    weight: float = 1.0
    is_counted: bool = True
    is_must_pass: bool = False
    borderline: float | None = None


@dataclass(frozen=True)
class Assessed:
    """A candidate, by the number that stands for them."""

    person: Any
    code: str
    has_extra_time: bool = False


@dataclass(frozen=True)
class Rating:
    """A submitted sheet. `candidate`, `part`: places in the lists.

    `share`: per cent of what it could give, NaN where nothing was applicable.
    """

    candidate: int
    part: int
    sheet: int
    rater: Rater
    name: str
    share: float
    grade: float | None
    misses_critical: bool
    concern: str = ""


@dataclass(frozen=True)
class Gap:
    """Where a candidate was to be marked and was not: absent or void, and why."""

    state: str
    reason: str = ""


@dataclass(frozen=True)
class Scores:
    """`groups`: by candidate and part, the circuit, "" where nothing took place. `missing`: examiners' sheets still to come.

    `open`: sentences that say why marks may still change; none once everything is locked.
    """

    candidates: list[Assessed]
    parts: list[Part]
    ratings: list[Rating]
    groups: list[list[str]]
    gaps: dict[tuple[int, int], Gap] = field(default_factory=dict)
    missing: int = 0
    open: tuple[str, ...] = ()

    @cached_property
    def of_place(self) -> dict[tuple[int, int], list[Rating]]:
        """The examiners' ratings by candidate and part, the first examiner's first."""
        found: dict[tuple[int, int], list[Rating]] = {}
        for row in sorted(self.ratings, key=lambda row: row.rater):
            if row.rater != Rater.PATIENT and not isnan(row.share):
                found.setdefault((row.candidate, row.part), []).append(row)
        return found

    @cached_property
    def of_patients(self) -> dict[tuple[int, int], list[Rating]]:
        found: dict[tuple[int, int], list[Rating]] = {}
        for row in self.ratings:
            if row.rater == Rater.PATIENT and not isnan(row.share):
                found.setdefault((row.candidate, row.part), []).append(row)
        return found

    @cached_property
    def sheets_of(self) -> Counter[str]:
        """How many sheets each examiner submitted, by name."""
        return Counter(row.name for row in self.ratings if row.rater != Rater.PATIENT)

    def part(self, key: UUID) -> int:
        """The place of a part. KeyError where there is none."""
        return self._parts[key]

    def candidate(self, person_id: int) -> int:
        """The place of a candidate. KeyError where there is none."""
        return self._candidates[person_id]

    @cached_property
    def _parts(self) -> dict[UUID, int]:
        return {part.key: place for place, part in enumerate(self.parts)}

    @cached_property
    def _candidates(self) -> dict[int, int]:
        return {row.person.pk: place for place, row in enumerate(self.candidates)}


_readers: dict[str, Callable[[Any], Scores]] = {}


def register(kind: str, read: Callable[[Any], Scores]) -> None:
    """Activities of this kind have parts, and `read` gives what was marked in one."""
    _readers[kind] = read


def kinds() -> list[str]:
    return list(_readers)


def read(activity: Any) -> Scores:
    return _readers[activity.kind](activity)
