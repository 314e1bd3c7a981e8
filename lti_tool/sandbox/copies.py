"""Copying a course: new ids for the course and its links, the same custom values, columns made anew; no students, no grades.

Sources: Moodle live (tests/samples/launches/moodle/course_copy.json). Of Canvas, the new ids and `$Context.id.history` are
documented; that custom, tag and resourceId go along is known from others, not from its source.
"""

from django.db import transaction

from lti_tool.sandbox import launches, profiles, schools
from lti_tool.sandbox.models import Course, Enrolment, LineItem, Link


@transaction.atomic
def copy(course: Course, *, title: str = "") -> Course:
    made = schools.add_course(
        course.school,
        label=f"{course.label}_1",
        title=title or f"{course.title} copy 1",
        history=_longer(course.context_id, course.history),
    )
    staff = course.enrolments.filter(role__in=profiles.STAFF).order_by("pk")
    Enrolment.objects.bulk_create(Enrolment(course=made, person=row.person, role=row.role) for row in staff)
    for link in course.links.order_by("pk"):
        _copy_link(link, made)
    if course.school.profile == "moodle":
        for item in course.line_items.filter(link=None, deleted=False).order_by("pk"):
            _copy_column(item, made, None)
    return made


def _longer(newest: str, history: str) -> str:
    return f"{newest},{history}" if history else newest


def _copy_link(link: Link, course: Course) -> Link:
    made = Link.objects.create(
        course=course,
        resource_link_id=launches.new_resource_link_id(course.school),
        title=link.title,
        description=link.description,
        custom=link.custom,
        url=link.url,
        published=link.published,
        dates=link.dates,
        history=_longer(link.resource_link_id, link.history),
    )
    for item in link.line_items.filter(deleted=False).order_by("pk"):
        _copy_column(item, course, made)
    return made


def _copy_column(item: LineItem, course: Course, link: Link | None) -> None:
    """Moodle live: a column without a resourceId gets the activity's id number as one."""
    resource_id = item.resource_id
    if not resource_id and link and course.school.profile == "moodle":
        resource_id = f"CMID-{link.title}"
    LineItem.objects.create(
        course=course,
        link=link,
        coupled=item.coupled,
        label=item.label,
        score_maximum=item.score_maximum,
        resource_id=resource_id,
        tag=item.tag,
        extra=item.extra,
    )
