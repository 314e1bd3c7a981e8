"""Setting up what a link opens, and taking up its candidates."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import QueryDict
from django.utils.translation import gettext as _

from assessments.activities import kinds, single
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
        defaults={
            "context_id": resource_link.context_id,
            "title": title,
            "rubric": rubric,
            "is_set_up": True,
            "created_by": by,
        },
    )
    if activity.kind != single.KIND.slug:
        raise ValidationError(_("This link opens another kind of activity already."), code="kind")
    if not is_new and activity.rubric_id != rubric.pk:
        if activity.has_begun:
            raise ValidationError(
                _("Marking has begun with the rubric “%(title)s”, so it stays for this activity."),
                code="begun",
                params={"title": activity.rubric},
            )
        activity.rubric, activity.is_set_up = rubric, True
        activity.save(update_fields=["rubric", "is_set_up"])
    record("activity.set_up", by=by, on=activity, data={"rubric": rubric.pk})
    return activity


@transaction.atomic
def begin(*, resource_link: Any, kind: str, form: QueryDict, by: Any) -> Activity:
    """Make the link open a new activity of that kind, from its form. The one there is, if it can be opened already."""
    # The lock lets two who begin at once meet on one activity.
    type(resource_link).objects.select_for_update().get(pk=resource_link.pk)
    there = Activity.objects.filter(resource_link=resource_link).first()
    if there and (there.is_set_up or there.has_begun):
        return there
    if not kinds.is_known(kind):
        raise ValidationError({"kind": _("Choose what kind of activity it is.")})
    made = there or Activity(resource_link=resource_link, context=resource_link.context, created_by=by)
    made.kind = kind
    made.title = (resource_link.title or str(kinds.find(kind).name))[:TITLE_MAX]
    kinds.find(kind).begin(activity=made, form=form, by=by)
    record("activity.begun", by=by, on=made, data={"kind": kind})
    return made


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
