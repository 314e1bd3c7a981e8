"""Which activity a link opens: the one it was made for, or a copy of its set-up in a copied course.

A link made by deep linking carries the key of its activity in every launch; so does a copy of the link, in this course or
in another. The key says what is meant, never that it may be had: it is believed only inside the course, and inside the
courses that the platform says this one was copied from.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from assessments.activities import kinds
from assessments.activities.models import TITLE_MAX, Activity
from assessments.activities.signals import activity_moved
from assessments.audit.recording import record
from lti_tool.port import Launch, copied_contexts, copied_links

# The custom parameter of a link that names its activity.
KEY = "activity"


@dataclass(frozen=True)
class Origin:
    """What a link without an activity was probably copied from."""

    activity: Activity
    is_same_course: bool


def named_key(resource_link: Any) -> UUID | None:
    try:
        return UUID(str(resource_link.custom.get(KEY, "")))
    except ValueError:
        return None


def open_activity(launch: Launch) -> Activity | None:
    """The activity of the launch's link. One that was made for this link and never opened is tied to it now."""
    found = next(iter(Activity.objects.visible_to(launch)), None)  # one at most: it needs no order
    return found or _tie(launch)


def _tie(launch: Launch) -> Activity | None:
    key = named_key(launch.resource_link)
    if key is None:
        return None
    with transaction.atomic():
        made = Activity.objects.select_for_update().filter(key=key, context=launch.context).first()
        if made is None or made.resource_link_id not in (None, launch.resource_link.pk):
            return None
        if made.resource_link_id is None:
            made.resource_link = launch.resource_link
            made.save(update_fields=["resource_link"])
            record("activity.linked", by=launch.person, on=made, data={"link": launch.resource_link.pk})
        return made


def origin(launch: Launch) -> Origin | None:
    """What this link was copied from, where its own parameters say so and the platform says the same of the course."""
    return _by_key(launch) or _by_link(launch)


def _by_key(launch: Launch) -> Origin | None:
    key = named_key(launch.resource_link)
    if key is None:
        return None
    for course in [launch.context, *copied_contexts(launch.context)]:
        meant = Activity.objects.set_up().called(key).filter(context=course).order_by("pk")
        if found := _best(list(meant), launch):
            return Origin(found, is_same_course=course == launch.context)
    return None


def _by_link(launch: Launch) -> Origin | None:
    for link in copied_links(launch.resource_link):
        if found := Activity.objects.set_up().filter(resource_link=link).first():
            return Origin(found, is_same_course=link.context_id == launch.context.pk)
    return None


def _best(found: list[Activity], launch: Launch) -> Activity | None:
    """Of several in one course the one that is called like the link."""
    title = launch.resource_link.title.casefold()
    return min(found, key=lambda row: row.title.casefold() != title, default=None)


def offered(launch: Launch) -> list[Activity]:
    """What a teacher may bring over by hand into a link that says nothing: the set-ups of the courses this one was copied from.

    Nearest course first; what is called like the link before the rest of its course.
    """
    title = launch.resource_link.title.casefold()
    found: list[Activity] = []
    for course in copied_contexts(launch.context):
        rows = Activity.objects.set_up().filter(context=course).select_related("rubric", "context")
        found += sorted(rows, key=lambda row: (row.title.casefold() != title, row.title.casefold(), row.pk))
    return found


@transaction.atomic
def copy(*, source: Activity, resource_link: Any, by: Any) -> Activity:
    """The set-up of `source` for another link: its rubric and its kind, never people or marks. The one there is, if any."""
    # The lock lets two who copy at once meet on one copy.
    source = Activity.objects.select_for_update().get(pk=source.pk)
    there = Activity.objects.filter(resource_link=resource_link).first()
    if there and (there.is_set_up or there.has_begun):
        return there
    made = there or Activity(resource_link=resource_link, context=resource_link.context, created_by=by)
    made.kind = source.kind
    made.title = (resource_link.title or source.title)[:TITLE_MAX]
    made.copied_from = source
    made.root = source.link_key
    kinds.find(source.kind).copy(activity=made, source=source, by=by)
    record("activity.copied", by=by, on=made, data={"from": source.pk})
    return made


@transaction.atomic
def start_empty(*, activity: Activity, by: Any) -> Activity:
    """Drop a copied set-up that nobody has been assessed with. Its rubrics stay in the course."""
    activity = Activity.objects.select_for_update().get(pk=activity.pk)
    if activity.copied_from_id is None or activity.has_begun:
        raise ValidationError(_("Marking has begun, so the activity stays as it is."), code="begun")
    kinds.find(activity.kind).clear(activity=activity, by=by)
    record("activity.emptied", by=by, on=activity)
    return activity


@transaction.atomic
def move(*, activity: Activity, resource_link: Any, by: Any) -> Activity:
    """Open the activity from another link of its course from now on; what is released goes to that link's column too.

    What the old link's column holds stays there.
    """
    activity = Activity.objects.select_for_update().get(pk=activity.pk)
    if activity.context_id != resource_link.context_id:
        raise ValidationError(_("That activity belongs to another course."), code="context")
    taken = Activity.objects.filter(resource_link=resource_link).exclude(pk=activity.pk)
    if taken.set_up().exists():
        raise ValidationError(_("This link opens another activity already."), code="taken")
    taken.delete()
    was, activity.resource_link = activity.resource_link_id, resource_link
    activity.save(update_fields=["resource_link"])
    record("activity.moved", by=by, on=activity, data={"from_link": was, "to_link": resource_link.pk})
    activity_moved.send(sender=Activity, activity=activity, by=by)
    return activity
