"""Giving results to their candidates and to the LMS's gradebook. The only caller of port.publish_score."""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.activities.models import Activity
from assessments.audit.recording import record
from assessments.marking.conflict import Conflict
from assessments.results.models import Result
from lti_tool import port
from lti_tool.port import ensure_line_item, publish_score, retry

TAG = "result"
GRADEBOOK_COMMENT_MAX = 4500


@transaction.atomic
def release(*, activity: Activity, by: Any, seen: str | None = None) -> list[Result]:
    """Show every computed result to its candidate and send it to the gradebook. Who has no result gets nothing.

    `seen` is the fingerprint of the results somebody looked at before deciding; Conflict when they differ by now.
    """
    activity = Activity.objects.select_for_update().get(pk=activity.pk)
    # Lock first, read after: an amendment that was under way must not leave its old comment in a join.
    locked = list(Result.objects.unreleased().filter(activity=activity).select_for_update())
    results = list(
        Result.objects.filter(pk__in=[row.pk for row in locked]).select_related("candidate", "sheet")
    )
    if not results:
        raise ValidationError(
            _("Nothing to release: every submitted sheet is released already."), code="none"
        )
    if seen is not None and seen != fingerprint(results):
        raise Conflict(
            _("A sheet was submitted or amended since you looked. Nothing was released; please look again.")
        )
    column = _ensure_column(activity)
    now = timezone.now()
    for result in results:
        result.activity = activity
        result.released_at, result.released_by = now, by
        result.save(update_fields=["released_at", "released_by"])
        publish(result, column)
    released = [result.candidate_id for result in results]
    record("results.released", by=by, on=activity, data={"candidates": released})
    return results


def fingerprint(results: Iterable[Result]) -> str:
    """Tells two sets of results apart: whose they are and what they come to."""
    told = sorted(
        f"{row.candidate_id}:{row.total:f}/{row.maximum:f}@{row.computed_at.timestamp()}" for row in results
    )
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:32]


def publish_released(activity: Activity) -> None:
    """Hand every released result to the outbox, for the column of the link that opens the activity now."""
    released = list(
        Result.objects.released()
        .filter(activity=activity)
        .select_related("candidate", "sheet")
        .order_by("pk")
    )
    for result in released:
        result.activity = activity
    column = _ensure_column(activity) if released else Decimal(0)
    for result in released:
        publish(result, column)


def _ensure_column(activity: Activity) -> Decimal:
    """Gives its maximum, which is the rubric's: what was not applicable to one candidate changes nobody's column."""
    assert activity.rubric
    maximum = activity.rubric.maximum
    ensure_line_item(activity.link, tag=TAG, label=activity.title, score_maximum=maximum)
    return maximum


def grade(result: Result, column: Decimal) -> Decimal:
    """The points on the column's scale: the share of what was applicable to the candidate. Rounded here and nowhere else."""
    if result.maximum == column:
        return result.total
    return (result.total / result.maximum * column).quantize(Decimal("0.001"), ROUND_HALF_UP)


def publish(result: Result, column: Decimal) -> None:
    """Hand the released result to the outbox; `column` is the column's maximum.

    Call it in the transaction that changes the result.
    """
    publish_score(
        result.activity.link,
        line_item_tag=TAG,
        member=result.candidate,
        given=grade(result, column),
        graded_at=result.computed_at,
        comment=gradebook_comment(result.sheet.overall_comment),
    )


@transaction.atomic
def send_again(*, activity: Activity, by: Any) -> int:
    """Queue again what the gradebook has not taken; gives how many."""
    count = retry(activity.link, tag=TAG)
    record("results.sent_again", by=by, on=activity, data={"count": count})
    return count


@transaction.atomic
def send_anyway(*, activity: Activity, candidate: Any, seen: str, by: Any) -> None:
    """Let our grade replace what the gradebook shows, which is what `seen` says. Conflict when it is something else by now."""
    with _decision_is_current():
        port.send_anyway(activity.link, tag=TAG, member=candidate, seen=seen)
    record("results.sent_anyway", by=by, on=activity, data={"candidate": candidate.pk, "instead_of": seen})


@transaction.atomic
def keep_theirs(*, activity: Activity, candidate: Any, seen: str, by: Any) -> None:
    """Leave in the gradebook what stands there, for good. Conflict when it is something else by now."""
    with _decision_is_current():
        port.keep_theirs(activity.link, tag=TAG, member=candidate, seen=seen)
    record("results.kept_theirs", by=by, on=activity, data={"candidate": candidate.pk, "kept": seen})


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


def gradebook_comment(text: str) -> str:
    """The overall comment as the gradebook gets it: whole, or cut at a word with a sentence where the rest is."""
    if len(text) <= GRADEBOOK_COMMENT_MAX:
        return text
    rest = _("… The whole comment is in the activity.")
    head = text[: GRADEBOOK_COMMENT_MAX - len(rest)]
    return (head.rsplit(None, 1)[0] if " " in head else head) + rest
