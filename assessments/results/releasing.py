"""Giving results to their candidates and to the LMS's gradebook. The only caller of port.publish_score."""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.activities.models import Activity
from assessments.audit.recording import record
from assessments.marking.conflict import Conflict
from assessments.results.columns import TAG, Column, columns
from assessments.results.models import Moderation, Result
from lti_tool import port
from lti_tool.port import ensure_line_item, publish_score, retry

# So many grades go to the outbox in one transaction.
BATCH = 100


@transaction.atomic
def release(
    *,
    activity: Activity,
    by: Any,
    seen: str | None = None,
    at: datetime | None = None,
    with_parts: bool | None = None,
) -> list[Result]:
    """Show every computed result to its candidate and send it to the gradebook. Who has no result gets nothing.

    `seen` is the fingerprint of the results somebody looked at before deciding; Conflict when they differ by now. `at`: a time
    ahead at which it is to happen. `with_parts`: whether each station of an exam has a column as well. The first grades go to
    the outbox at once; what is more than BATCH goes with the worker.
    """
    activity = Activity.objects.select_for_update().get(pk=activity.pk)
    # Lock first, read after: an amendment that was under way must not leave its old comment in a join.
    locked = list(Result.objects.unreleased().filter(activity=activity).select_for_update())
    if not locked:
        raise ValidationError(
            _("Nothing to release: every submitted sheet is released already."), code="none"
        )
    if seen is not None and seen != fingerprint(locked):
        raise Conflict(
            _("A sheet was submitted or amended since you looked. Nothing was released; please look again.")
        )
    now = timezone.now()
    if at is not None and at <= now:
        raise ValidationError({"at": _("That time is over. Choose one ahead, or release at once.")})
    rows = Result.objects.filter(pk__in=[row.pk for row in locked])
    rows.filter(handed_over_at__isnull=False).update(handed_over_at=None)
    rows.update(released_at=at or now, released_by=by)
    if with_parts is not None:
        Moderation.objects.filter(activity=activity).update(sends_parts=with_parts)
    released = [row.candidate_id for row in locked]
    data = {"candidates": released} | ({"at": at.isoformat()} if at else {})
    record("results.released", by=by, on=activity, data=data)
    hand_over(activity)
    return list(rows.select_related("candidate", "sheet"))


@transaction.atomic
def take_back(*, activity: Activity, reason: str, by: Any) -> int:
    """Results are no longer shown, and their grades are taken out of the gradebook; gives how many. Nothing is deleted here."""
    activity = Activity.objects.select_for_update().get(pk=activity.pk)
    if not (reason := " ".join(reason.replace("\x00", "").split())):
        raise ValidationError({"reason": _("Write down why: it stays with the decision.")})
    rows = Result.objects.filter(activity=activity, released_at__isnull=False)
    locked = list(rows.select_for_update().values_list("candidate", flat=True))
    if not locked:
        raise ValidationError(_("Nothing is released, so nothing can be taken back."), code="none")
    rows.update(released_at=None, released_by=None)
    data = {"candidates": locked, "reason": reason}
    record("results.taken_back", by=by, on=activity, data=data)
    hand_over(activity)
    return len(locked)


@transaction.atomic
def hand_over(activity: Activity, *, most: int = BATCH) -> int:
    """Give the outbox up to `most` grades that it should have, and take out those it should not; gives how many.

    How far it has got stands in the rows: whoever calls it again goes on.
    """
    most = max(most // len(columns(activity)), 1)
    rows = Result.objects.to_hand_over().filter(activity=activity).order_by("pk")
    locked = [row.pk for row in rows.select_for_update(skip_locked=True)[:most]]
    if not locked:
        return 0
    results = Result.objects.filter(pk__in=locked).select_related("candidate", "sheet", "outcome")
    for column in columns(activity):
        _hand_over(activity, column, results)
    done = Result.objects.filter(pk__in=locked)
    done.filter(released_at=None).update(handed_over_at=None)
    done.filter(released_at__isnull=False).update(handed_over_at=timezone.now())
    return len(locked)


def go_on() -> bool:
    """For the worker: hand over the next grades of any activity. Whether there were some."""
    linked = Result.objects.to_hand_over().filter(activity__resource_link__isnull=False)
    row = linked.select_related("activity__resource_link").order_by("pk").first()
    return row is not None and hand_over(row.activity) > 0


def _hand_over(activity: Activity, column: Column, results: Iterable[Result]) -> None:
    """Of one column: grades go in, and out again where a result was taken back or comes to nothing any more."""
    ensure_line_item(activity.link, tag=column.tag, label=column.label, score_maximum=column.maximum)
    given = {row: column.grade(row) if row.released_at else None for row in results}
    sent = port.deliveries(activity.link, tag=column.tag) if None in given.values() else {}
    for result, points in given.items():
        if points is not None:
            publish_score(
                activity.link,
                line_item_tag=column.tag,
                member=result.candidate,
                given=points,
                graded_at=result.computed_at,
                comment=column.comment(result),
            )
        elif result.candidate_id in sent:
            port.withdraw_score(activity.link, line_item_tag=column.tag, member=result.candidate)


def fingerprint(results: Iterable[Result]) -> str:
    """Tells two sets of results apart: whose they are and what they come to."""
    told = sorted(
        f"{row.candidate_id}:{row.total}/{row.maximum:f}@{row.computed_at.timestamp()}" for row in results
    )
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:32]


def publish_released(activity: Activity) -> None:
    """Hand every released result to the outbox again, for the column of the link that opens the activity now."""
    released = Result.objects.released().filter(activity=activity)
    if released.update(handed_over_at=None):
        hand_over(activity)


def publish_again(result: Result) -> None:
    """A released result that has changed: the LMS and the candidate see one truth."""
    Result.objects.filter(pk=result.pk).update(handed_over_at=None)
    hand_over(result.activity)


@transaction.atomic
def send_again(*, activity: Activity, by: Any) -> int:
    """Queue again what the gradebook has not taken; gives how many."""
    count = sum(retry(activity.link, tag=column.tag) for column in columns(activity))
    record("results.sent_again", by=by, on=activity, data={"count": count})
    return count


@transaction.atomic
def send_anyway(*, activity: Activity, candidate: Any, seen: str, by: Any, tag: str = TAG) -> None:
    """Let our grade replace what the gradebook shows, which is what `seen` says. Conflict when it is something else by now."""
    with _decision_is_current():
        port.send_anyway(activity.link, tag=tag, member=candidate, seen=seen)
    record(
        "results.sent_anyway",
        by=by,
        on=activity,
        data={"candidate": candidate.pk, "tag": tag, "instead_of": seen},
    )


@transaction.atomic
def keep_theirs(*, activity: Activity, candidate: Any, seen: str, by: Any, tag: str = TAG) -> None:
    """Leave in the gradebook what stands there, for good. Conflict when it is something else by now."""
    with _decision_is_current():
        port.keep_theirs(activity.link, tag=tag, member=candidate, seen=seen)
    record(
        "results.kept_theirs", by=by, on=activity, data={"candidate": candidate.pk, "tag": tag, "kept": seen}
    )


@contextmanager
def _decision_is_current() -> Iterator[None]:
    try:
        yield
    except port.ChangedSince:
        raise Conflict(
            _(
                "The gradebook has changed since you looked. Nothing was done; please look at this grade again."
            )
        ) from None
