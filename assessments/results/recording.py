"""Keeps a Result in step with what it is made of, in the transaction in which that changes."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.dispatch import receiver
from django.utils import timezone

from assessments.activities.models import Activity, Assessment
from assessments.activities.signals import activity_moved
from assessments.audit.recording import record
from assessments.marking.models import MarkSheet
from assessments.marking.signals import sheet_amended, sheet_submitted
from assessments.results import releasing
from assessments.results.columns import PER_CENT
from assessments.results.models import Result


@receiver(sheet_submitted)
@receiver(sheet_amended)
def compute(sheet: MarkSheet, by: Any, **kwargs: Any) -> None:
    """The sheet's points as they are. A released result is published again: the LMS and the candidate see one truth."""
    assessment = Assessment.objects.filter(sheet=sheet).select_related("activity").first()
    if assessment is None:
        return
    result, _ = Result.objects.update_or_create(
        activity=assessment.activity,
        candidate_id=sheet.candidate_id,
        defaults={
            "sheet": sheet,
            "total": sheet.total,
            "maximum": sheet.maximum,
            "computed_at": timezone.now(),
        },
    )
    data = {"total": str(result.total), "maximum": str(result.maximum)}
    record("result.computed", by=by, on=assessment.activity, data={**data, "candidate": sheet.candidate_id})
    if result.is_released:
        releasing.publish_again(result)


def keep(
    *, activity: Activity, candidate: Any, total: Decimal | None, computed: Mapping[str, Any], by: Any
) -> Result:
    """What a kind computed for a candidate, in per cent. Nothing is done where that is what stands there already.

    Called in the transaction of the change. A released result that changed is published again.
    """
    there = Result.objects.select_for_update().filter(activity=activity, candidate=candidate).first()
    if there and there.total == total and there.computed == dict(computed):
        return there
    result, _is_new = Result.objects.update_or_create(
        activity=activity,
        candidate=candidate,
        defaults={
            "computed": dict(computed),
            "total": total,
            "maximum": PER_CENT,
            "computed_at": timezone.now(),
        },
    )
    data = {"total": None if total is None else str(total), "candidate": result.candidate_id}
    record("result.computed", by=by, on=activity, data=data)
    if result.released_at:
        releasing.publish_again(result)
    return result


@receiver(activity_moved)
def publish_anew(activity: Activity, by: Any, **kwargs: Any) -> None:
    """What was released goes to the column of the activity's new link as well."""
    releasing.publish_released(activity)
