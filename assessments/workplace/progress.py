"""What the assessments of learners come to, as it is shown: never a mean, because levels of supervision are no numbers."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from assessments.marking.models import Mark
from assessments.rubrics.models import Criterion
from assessments.workplace.models import AssessmentRequest, Workplace
from lti_tool.port import Role, members

State = AssessmentRequest.State


@dataclass(frozen=True)
class Row:
    """One criterion and what each assessment says of it; None where it was not answered."""

    criterion: Criterion
    marks: list[Mark | None]


@dataclass(frozen=True)
class Table:
    """Criteria × submitted assessments, the newest first. Criteria of older versions of the form stand below those of now."""

    requests: list[AssessmentRequest]
    rows: list[Row]

    @property
    def assessors(self) -> int:
        return len({request.assessor_id for request in self.requests})


@dataclass(frozen=True)
class Standing:
    """Where one learner stands. `is_here`: whether they are in the course still."""

    person: Any
    is_here: bool
    counts: Counter[str]
    assessors: int
    newest: date | None

    @property
    def submitted(self) -> int:
        return self.counts[State.SUBMITTED]

    @property
    def waiting(self) -> int:
        return self.counts[State.WAITING] + self.counts[State.BEGUN]

    @property
    def unanswered(self) -> int:
        return self.counts[State.EXPIRED] + self.counts[State.DECLINED]


def of_learner(workplace: Workplace, person: Any) -> list[AssessmentRequest]:
    """All their requests, the newest work first."""
    return list(workplace.requests.whole().filter(learner=person))


def table(requests: Iterable[AssessmentRequest], *, for_learner: bool = False) -> Table:
    """`requests` as of_learner gives them. The same number of queries however many there are.

    `for_learner`: without the criteria that the form hides from them.
    """
    done = [request for request in requests if request.state == State.SUBMITTED]
    sheets = {request.sheet_id: place for place, request in enumerate(done)}
    marks = (
        Mark.objects.filter(sheet__in=sheets)
        .select_related("criterion__rubric", "level")
        .order_by("-criterion__rubric__version", "criterion__position", "criterion__pk")
    )
    rows: dict[str, Row] = {}
    for mark in marks:
        if for_learner and not mark.criterion.is_shown_to_student:
            continue
        row = rows.setdefault(mark.criterion.title, Row(mark.criterion, [None] * len(done)))
        row.marks[sheets[mark.sheet_id]] = mark if mark.is_answered else None
    return Table(done, list(rows.values()))


def standings(workplace: Workplace) -> list[Standing]:
    """Every learner of the course, and whoever left it with assessments; by name. A handful of queries."""
    found: dict[int, list[AssessmentRequest]] = {}
    people = {
        row.person.pk: (row.person, row.is_active)
        for row in members(workplace.activity.context, Role.LEARNER)
        if not row.is_test_student
    }
    for request in workplace.requests.select_related("learner", "sheet"):
        found.setdefault(request.learner_id, []).append(request)
        people.setdefault(request.learner_id, (request.learner, False))
    shown = [
        _standing(person, is_here, found.get(pk, []))
        for pk, (person, is_here) in people.items()
        if is_here or pk in found
    ]
    return sorted(shown, key=lambda row: row.person.display_name.casefold())


def _standing(person: Any, is_here: bool, requests: list[AssessmentRequest]) -> Standing:
    done = [request for request in requests if request.state == State.SUBMITTED]
    return Standing(
        person,
        is_here,
        Counter(request.state for request in requests),
        len({request.assessor_id for request in done}),
        max((request.observed_on for request in done), default=None),
    )
