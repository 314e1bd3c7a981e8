"""Setting up what a link opens, and taking up its candidates."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from assessments.activities.models import TITLE_MAX, Activity, Assessment
from assessments.audit.recording import record
from assessments.marking import marking
from assessments.rubrics.models import Rubric


@transaction.atomic
def set_up(*, resource_link: Any, rubric: Rubric, by: Any) -> Activity:
    """Assess the candidates of this link with a published rubric; with another one as long as nobody is being marked."""
    if rubric.context_id != resource_link.context_id:
        raise ValidationError(_("This rubric belongs to another course."), code="context")
    if rubric.is_draft:
        raise ValidationError(_("This rubric is still a draft. Publish it first."), code="state")
    title = (resource_link.title or rubric.title)[:TITLE_MAX]
    activity, is_new = Activity.objects.select_for_update().get_or_create(
        resource_link=resource_link,
        defaults={"context_id": resource_link.context_id, "title": title, "rubric": rubric, "created_by": by},
    )
    if not is_new and activity.rubric_id != rubric.pk:
        if activity.assessments.exists():
            raise ValidationError(
                _("Marking has begun with the rubric “%(title)s”, so it stays for this activity."),
                code="begun",
                params={"title": activity.rubric},
            )
        activity.rubric = rubric
        activity.save(update_fields=["rubric"])
    record("activity.set_up", by=by, on=activity, data={"rubric": rubric.pk})
    return activity


@transaction.atomic
def assess(*, activity: Activity, candidate: Any, by: Any) -> Assessment:
    """The candidate's assessment, begun now unless somebody has begun it."""
    # The lock lets two examiners who start the same candidate at once meet on one sheet.
    activity = Activity.objects.select_for_update().get(pk=activity.pk)
    if activity.rubric is None:
        raise ValidationError(_("This activity has no rubric yet."), code="rubric")
    begun = activity.assessments.select_related("sheet").filter(candidate=candidate).first()
    if begun:
        return begun
    sheet = marking.open_sheet(rubric=activity.rubric, candidate=candidate, by=by)
    return Assessment.objects.create(activity=activity, candidate=candidate, sheet=sheet)
