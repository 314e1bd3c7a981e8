"""Course list, launches and gradebook side by side: one row a person, filtered and in pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import ceil
from urllib.parse import urlencode

from django.utils.functional import Promise

from assessments.activities.models import Activity
from assessments.people import differences
from assessments.people.differences import Difference
from assessments.results.models import Result
from assessments.results.releasing import TAG
from lti_tool.port import Delivery, Member, deliveries, members

PAGE = 100


@dataclass(frozen=True)
class Chosen:
    """What somebody chose to see; empty for everything."""

    kind: str = ""
    section: str = ""
    group: str = ""
    page: int = 1

    @classmethod
    def read(cls, query: Mapping[str, str]) -> "Chosen":
        page = query.get("page", "")
        return cls(
            kind=query.get("kind", "") if query.get("kind", "") in differences.KINDS else "",
            section=query.get("section", "")[:200],
            group=query.get("group", "")[:200],
            page=int(page[:6]) if page.isascii() and page.isdecimal() and int(page[:6]) else 1,
        )

    def query(self, **changes: object) -> str:
        """The query string of the same choice with changes; without a page where that is the first."""
        values = {
            "kind": self.kind,
            "section": self.section,
            "group": self.group,
            "page": self.page,
        } | changes
        return urlencode(
            {name: value for name, value in values.items() if value and (name, value) != ("page", 1)}
        )


@dataclass(frozen=True)
class Row:
    member: Member
    delivery: Delivery | None
    differences: list[Difference]

    @property
    def needs_words(self) -> list[Difference]:
        return [found for found in self.differences if found.sentence]


@dataclass(frozen=True)
class Comparison:
    every_row: list[Row]
    chosen: Chosen

    @cached_property
    def kinds(self) -> list[tuple[str, Promise, int]]:
        return differences.counted({row.member.person.pk: row.differences for row in self.every_row})

    @cached_property
    def sections(self) -> list[str]:
        return sorted({name for row in self.every_row for name in row.member.sections}, key=str.casefold)

    @cached_property
    def groups(self) -> list[str]:
        return sorted({name for row in self.every_row for name in row.member.groups}, key=str.casefold)

    @cached_property
    def matching(self) -> list[Row]:
        chosen = self.chosen
        return [
            row
            for row in self.every_row
            if (not chosen.kind or any(found.kind == chosen.kind for found in row.differences))
            and (not chosen.section or chosen.section in row.member.sections)
            and (not chosen.group or chosen.group in row.member.groups)
        ]

    @property
    def pages(self) -> int:
        return max(1, ceil(len(self.matching) / PAGE))

    @property
    def page(self) -> int:
        return min(self.chosen.page, self.pages)

    @property
    def rows(self) -> list[Row]:
        return self.matching[(self.page - 1) * PAGE : self.page * PAGE]

    @property
    def first(self) -> int:
        return (self.page - 1) * PAGE + 1

    @property
    def last(self) -> int:
        return min(self.page * PAGE, len(self.matching))

    @property
    def candidates(self) -> int:
        """Here now, real, and counted."""
        return sum(_is_candidate(row.member) for row in self.every_row)

    @property
    def have_opened(self) -> int:
        return sum(_is_candidate(row.member) and row.member.launched_at is not None for row in self.every_row)

    @property
    def has_names(self) -> bool:
        return any(row.member.person.name for row in self.every_row)


def _is_candidate(member: Member) -> bool:
    return member.is_learner and member.is_active and not member.is_test_student


def compare(activity: Activity, chosen: Chosen, *, list_was_read: bool) -> Comparison:
    """The same number of queries for one person as for ten thousand."""
    everybody = members(activity.context)
    sent = deliveries(activity.link, tag=TAG)
    marked = set(Result.objects.filter(activity=activity).values_list("candidate_id", flat=True))
    twice = differences.twice(everybody)
    rows = []
    for member in everybody:
        number = member.person.pk
        found = differences.of(
            member,
            list_was_read=list_was_read,
            is_marked=number in marked,
            delivery=sent.get(number),
            is_twice=number in twice,
        )
        rows.append(Row(member, sent.get(number), found))
    return Comparison(rows, chosen)
