"""Keeps a Result in step with its sheet, in the transaction in which the sheet is submitted or amended."""

from typing import Any

from django.dispatch import receiver
from django.utils import timezone

from assessments.activities.models import Activity, Assessment
from assessments.activities.signals import activity_moved
from assessments.audit.recording import record
from assessments.marking.models import MarkSheet
from assessments.marking.signals import sheet_amended, sheet_submitted
from assessments.results import releasing
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


@receiver(activity_moved)
def publish_anew(activity: Activity, by: Any, **kwargs: Any) -> None:
    """What was released goes to the column of the activity's new link as well."""
    releasing.publish_released(activity)
