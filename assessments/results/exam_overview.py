"""Where everybody's signed result is: seen by its candidate or not, its grade in the gradebook or on the way."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from assessments.results.columns import TAG, Column, columns
from assessments.results.models import Reply, Result
from lti_tool.port import Delivery, deliveries


@dataclass(frozen=True)
class Row:
    result: Result
    delivery: Delivery | None

    @property
    def needs_somebody(self) -> bool:
        """Whether the grade has not arrived and a person may have to act."""
        return self.delivery is not None and (self.delivery.can_retry or self.delivery.can_keep_theirs)


@dataclass(frozen=True)
class PartRow(Row):
    """A grade of a station's own column that needs somebody."""

    column: Column


@dataclass(frozen=True)
class ExamOverview:
    """`rows`: whoever needs somebody first, then by name. `scheduled_at`: when results are to be released.

    `part_rows`: of stations' columns only what needs somebody; `parts_waiting`: how many of theirs are on their way.
    """

    rows: list[Row]
    part_rows: list[PartRow]
    parts_waiting: int
    released: int
    unreleased: int
    to_hand_over: int
    scheduled_at: datetime | None
    open_replies: int = 0

    @property
    def delivered(self) -> int:
        return sum(row.delivery is not None and row.delivery.state == "delivered" for row in self.rows)

    @property
    def is_on_the_way(self) -> bool:
        """Whether grades are being sent just now, so that looking again soon makes sense."""
        waiting = any(row.delivery is not None and row.delivery.state == "waiting" for row in self.rows)
        return waiting or self.to_hand_over > 0 or self.parts_waiting > 0

    @property
    def troubled(self) -> list[Delivery]:
        rows = [*self.rows, *self.part_rows]
        return [row.delivery for row in rows if row.needs_somebody and row.delivery]

    @property
    def reasons(self) -> list[str]:
        """Why grades have not arrived, each sentence once."""
        return list(dict.fromkeys(delivery.sentence for delivery in self.troubled))

    @property
    def can_send_all_again(self) -> bool:
        return any(delivery.can_retry for delivery in self.troubled)


def overview(activity: Any) -> ExamOverview:
    """The same number of queries for one candidate as for thousands."""
    held = Result.objects.filter(activity=activity)
    sent = deliveries(activity.link, tag=TAG)
    results = list(held.select_related("candidate", "outcome"))
    rows = [Row(row, sent.get(row.candidate_id)) for row in results]
    of_parts = [
        PartRow(row, delivered[row.candidate_id], column)
        for column in columns(activity)[1:]
        for delivered in [deliveries(activity.link, tag=column.tag)]
        for row in results
        if row.candidate_id in delivered
    ]
    rows.sort(key=lambda row: (not row.needs_somebody, row.result.candidate.display_name.casefold()))
    next_release = held.scheduled().order_by("released_at").first()
    return ExamOverview(
        rows,
        part_rows=[row for row in of_parts if row.needs_somebody],
        parts_waiting=sum(row.delivery is not None and row.delivery.state == "waiting" for row in of_parts),
        released=held.released().count(),
        unreleased=held.unreleased().count(),
        to_hand_over=held.to_hand_over().count(),
        scheduled_at=next_release.released_at if next_release else None,
        open_replies=Reply.objects.filter(result__activity=activity, answered_at=None)
        .exclude(kind=Reply.Kind.READ)
        .count(),
    )


def verdicts(results: Iterable[Result]) -> dict[str, int]:
    """How many of each verdict."""
    found: dict[str, int] = {}
    for row in results:
        assert row.outcome
        found[row.outcome.verdict] = found.get(row.outcome.verdict, 0) + 1
    return found
