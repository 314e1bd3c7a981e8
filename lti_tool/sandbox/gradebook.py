"""The gradebook: what teachers type, what the tool stores, and how it reads to people and to tests."""

from typing import Any

from lti_tool.sandbox import clock
from lti_tool.sandbox.models import Course, Enrolment, Grade, LineItem, Person, as_number
from lti_tool.sandbox.profiles import GRADABLE


def gradable(course: Course, sub: object, *, even_suspended: bool) -> Person | None:
    """The student with this id. Moodle live: teachers are not gradable, suspended students are.

    Canvas source: its own number and an id from before a merge of accounts do as well.
    """
    people = Person.objects.filter(
        school=course.school, enrolments__course=course, enrolments__role__in=GRADABLE
    )
    if not even_suspended:
        people = people.filter(enrolments__suspended=False)
    found = people.filter(sub=str(sub)).first()
    if found or course.school.profile != "canvas":
        return found
    return next((person for person in people if str(sub) in (str(person.pk), *person.past_subs)), None)


def grade_of(line_item: LineItem, person: Person) -> Grade:
    return Grade.objects.get_or_create(line_item=line_item, person=person)[0]


def keep_post(grade: Grade, body: dict[str, Any], moment: float) -> None:
    """Notes what the tool said, whatever the gradebook makes of it."""
    grade.posted = True
    grade.given, grade.given_maximum = body.get("scoreGiven"), body.get("scoreMaximum")
    grade.tool_timestamp, grade.tool_time = str(body.get("timestamp", "")), moment


def show(grade: Grade, score: float | None, *, by: str, at: float) -> None:
    grade.score = score
    grade.graded_by = by if score is not None else ""
    grade.state = "graded" if score is not None else ""
    grade.changed_at = at


def teacher_types(line_item: LineItem, person: Person, score: float | None, comment: str = "") -> Grade:
    """A teacher writes a grade into the gradebook, or empties the cell.

    Moodle live: in an activity's own column this overrides whatever the tool sends later; the typed comment replaces the
    tool's. Canvas adds the comment to the others.
    """
    grade = grade_of(line_item, person)
    show(grade, score, by="teacher", at=clock.now())
    grade.overridden = True
    if comment:
        entry = {"text": comment, "by": "teacher"}
        grade.comments = [*grade.comments, entry] if line_item.course.school.profile == "canvas" else [entry]
    grade.save()
    return grade


def columns(course: Course) -> list[LineItem]:
    """The columns people see. Canvas source: a second line item on a resource link is stored and never shown."""
    items = course.line_items.filter(deleted=False).select_related("link", "course__school").order_by("pk")
    if course.school.profile != "canvas":
        return list(items)
    return [item for item in items if item.is_first_of_link()]


def students(course: Course) -> list[Person]:
    enrolments = (
        Enrolment.objects.filter(course=course, role__in=GRADABLE).select_related("person").order_by("pk")
    )
    return [enrolment.person for enrolment in enrolments]


def read(course: Course) -> list[dict[str, Any]]:
    """Every grade there is, in the words of the tests."""
    shown = {item.pk for item in columns(course)}
    grades = Grade.objects.filter(line_item__course=course).select_related("line_item__link", "person")
    return [
        {
            "person": grade.person.handle,
            "user_id": grade.person.sub,
            "line_item": grade.line_item_id,
            "label": grade.line_item.label,
            "tag": grade.line_item.tag,
            "score": as_number(grade.score),
            "maximum": as_number(grade.line_item.score_maximum),
            "given": as_number(grade.given),
            "given_maximum": as_number(grade.given_maximum),
            "comments": [entry["text"] for entry in grade.comments],
            "graded_by": grade.graded_by,
            "posted": grade.posted,
            "overridden": grade.overridden,
            "state": grade.state,
            "attempts": grade.attempts,
            "submission": grade.submission,
            "timestamp": grade.tool_timestamp,
            "changed_at": grade.changed_at,
            "in_gradebook": grade.line_item_id in shown,
        }
        for grade in grades.order_by("pk")
    ]
