"""What those who mark see of an activity: each candidate, how far they are, and what comes next."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.activities.models import Activity, Assessment
from assessments.marking.models import MarkSheet
from assessments.results.columns import TAG
from assessments.results.models import Result
from lti_tool.port import Delivery, Member, deliveries, members


@dataclass(frozen=True)
class Row:
    """One candidate. Of the viewer's own row, nothing is given that they may not know before the release."""

    person: Any
    is_active: bool
    is_test_student: bool
    is_viewer: bool
    # Whether they still count as one: a teacher may have decided otherwise since they were begun.
    is_candidate: bool = True
    sheet: MarkSheet | None = None
    answered: int = 0
    result: Result | None = None
    delivery: Delivery | None = None

    @property
    def is_marked(self) -> bool:
        return self.result is not None

    @property
    def is_released(self) -> bool:
        return self.result is not None and self.result.is_released

    @property
    def needs_somebody(self) -> bool:
        """Whether the grade has not arrived and a person may have to act."""
        return self.delivery is not None and (self.delivery.can_retry or self.delivery.can_keep_theirs)


@dataclass(frozen=True)
class Overview:
    rows: list[Row]
    test_rows: list[Row]

    @property
    def counted(self) -> list[Row]:
        """The candidates that counts speak of: here now, or marked before they left. Never the test student."""
        return [row for row in self.rows if (row.is_active and row.is_candidate) or row.is_marked]

    @property
    def every_row(self) -> list[Row]:
        return [*self.rows, *self.test_rows]

    @property
    def unmarked(self) -> list[Row]:
        return [row for row in self.counted if not row.is_marked]

    @property
    def next_to_mark(self) -> Row | None:
        """A sheet already begun first, then by name."""
        return min(
            (row for row in self.unmarked if not row.is_viewer),
            key=lambda row: row.sheet is None,
            default=None,
        )

    @property
    def releasable(self) -> list[Row]:
        return [row for row in self.every_row if row.is_marked and not row.is_released]

    @property
    def undelivered(self) -> list[Row]:
        """Released, but the gradebook has not taken it and somebody may have to act."""
        return [row for row in self.every_row if row.needs_somebody]

    @property
    def can_send_all_again(self) -> bool:
        """Whether one click for all does anything: what was changed in the gradebook is decided one by one."""
        return any(row.delivery and row.delivery.can_retry for row in self.undelivered)

    @property
    def reasons(self) -> list[str]:
        """Why, each sentence once."""
        return list(dict.fromkeys(row.delivery.sentence for row in self.undelivered if row.delivery))

    @property
    def is_on_the_way(self) -> bool:
        """Whether a grade is being sent just now, so that looking again soon makes sense."""
        return any(row.delivery and row.delivery.state == "waiting" for row in self.every_row)

    @property
    def sentence(self) -> str:
        counted = self.counted
        marked = sum(row.is_marked for row in counted)
        released = sum(row.is_released for row in counted)
        if not counted:
            return _("No candidates yet.")
        numbers = {"marked": marked, "all": len(counted), "released": released}
        if not released:
            return _("%(marked)d of %(all)d marked, nothing released.") % numbers
        if released == len(counted):
            return (
                ngettext("The result is released.", "All %(all)d results are released.", len(counted))
                % numbers
            )
        return _("%(marked)d of %(all)d marked, %(released)d released.") % numbers


def overview(activity: Activity, viewer: Any) -> Overview:
    """The same number of queries for one candidate as for hundreds."""
    begun = {row.candidate_id: row for row in _assessments(activity)}
    results = {row.candidate_id: row for row in Result.objects.filter(activity=activity)}
    sent = deliveries(activity.link, tag=TAG)
    everybody = {row.person.pk: row for row in members(activity.context)}
    learners = {person_id: row for person_id, row in everybody.items() if row.is_learner}
    rows = []
    for person_id, person in _people(learners, begun).items():
        member = everybody.get(person_id)
        assessment = begun.get(person_id)
        if not assessment and member and not member.is_active:
            continue
        is_viewer = person_id == viewer.pk
        result = results.get(person_id)
        rows.append(
            Row(
                person=person,
                is_active=bool(member and member.is_active),
                is_test_student=person.is_test_student,
                is_viewer=is_viewer,
                is_candidate=person_id in learners,
                sheet=assessment.sheet if assessment and not is_viewer else None,
                answered=assessment.answered if assessment and not is_viewer else 0,
                result=result if result and (result.is_released or not is_viewer) else None,
                delivery=sent.get(person_id),
            )
        )
    return Overview(
        [row for row in rows if not row.is_test_student], [row for row in rows if row.is_test_student]
    )


def _assessments(activity: Activity) -> Iterable[Any]:
    answered = Count("sheet__marks", filter=Q(sheet__marks__level__isnull=False))
    return (
        Assessment.objects.filter(activity=activity)
        .select_related("candidate", "sheet__rater")
        .annotate(answered=answered)
    )


def _people(learners: dict[int, Member], begun: dict[int, Any]) -> dict[int, Any]:
    """By name, the learners first, then those who were marked and are no longer among them."""
    people = {person_id: row.person for person_id, row in learners.items()}
    gone = [row.candidate for person_id, row in begun.items() if person_id not in people]
    return people | {
        person.pk: person for person in sorted(gone, key=lambda person: person.display_name.casefold())
    }
