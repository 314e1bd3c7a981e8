"""Making schools and what belongs to them. The seed, the control API and the course page all come through here."""

import hashlib
import secrets
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.db import transaction

from lti_tool.sandbox import addresses, claims, launches, profiles
from lti_tool.sandbox.models import Course, Enrolment, LineItem, Link, Person, School, Tool

PEOPLE = (
    {"handle": "teacher", "name": "Tina Teacher", "role": "teacher"},
    {"handle": "ta", "name": "Evan Examiner", "role": "ta"},
    {"handle": "student", "name": "Ádám Student", "role": "student"},
    {"handle": "student2", "name": "Bea Student", "role": "student"},
    {"handle": "observer", "name": "Olivia Parent", "role": "observer"},
)


@transaction.atomic
def create(
    *,
    slug: str,
    profile: str,
    tool: Mapping[str, Any],
    name: str = "",
    issuer: str = "",
    environment: str = "production",
    privacy: str = "all",
    people: Iterable[Mapping[str, Any]] = PEOPLE,
    course: Mapping[str, Any] | None = None,
) -> School:
    """A school with one course, its people in it, and the tool registered."""
    known = profiles.CANVASES[environment].issuer if profile == "canvas" else ""
    school = School.objects.create(
        slug=slug,
        name=name or slug,
        profile=profile,
        issuer=issuer or known or f"{settings.BASE_URL}/{slug}",
        environment=environment,
        privacy=privacy,
    )
    Tool.objects.create(school=school, **(_tool_defaults(school) | dict(tool)))
    made = add_course(school, **(course or {}))
    add_people(made, people)
    return school


def _tool_defaults(school: School) -> dict[str, Any]:
    """Client and deployment ids in the shape that the platform gives them."""
    digest = hashlib.sha256(school.slug.encode()).hexdigest()
    shaped = {
        "plain": (f"bellringer-{school.slug}", "1"),
        "moodle": (secrets.token_hex(8)[:15], "1"),
        "canvas": (str(secrets.randbelow(9 * 10**17) + 10**17), f"4127:{digest[:40]}"),
    }
    client_id, deployment_id = shaped[school.profile]
    scopes = claims.SCOPES + ([claims.NOTICES_SCOPE] if school.profile == "canvas" else [])
    return {"client_id": client_id, "deployment_id": deployment_id, "scopes": scopes}


def add_course(
    school: School, *, label: str = "OSCE-3", title: str = "Clinical Skills Year 3", **more: Any
) -> Course:
    course = Course.objects.create(school=school, context_id="", label=label, title=title, **more)
    shaped = {"moodle": str(course.pk), "plain": f"course-{course.pk}"}
    hashed = hashlib.sha256(f"{school.slug}:{course.pk}".encode()).hexdigest()[:40]
    course.context_id = shaped.get(school.profile, hashed)
    course.save()
    return course


@transaction.atomic
def add_people(course: Course, people: Iterable[Mapping[str, Any]]) -> list[Person]:
    """Each with handle, name and role; suspended, sections, groups, email, locale, sub where a test wants them."""
    wanted = [dict(person) for person in people]
    places = [
        {
            "role": person.pop("role", "student"),
            "suspended": person.pop("suspended", False),
            "sections": person.pop("sections", []),
            "groups": person.pop("groups", []),
        }
        for person in wanted
    ]
    school = course.school
    made = Person.objects.bulk_create(
        Person(school=school, **_described(school, person)) for person in wanted
    )
    Enrolment.objects.bulk_create(
        Enrolment(course=course, person=person, **place) for person, place in zip(made, places, strict=True)
    )
    return made


def _described(school: School, person: dict[str, Any]) -> dict[str, Any]:
    given, _, family = person["name"].partition(" ")
    handle = person["handle"]
    sub = str(uuid.uuid4()) if school.profile == "canvas" else launches.next_number(school)
    if school.profile == "plain":
        sub = f"{handle}-{sub}"
    described = {"given_name": given, "family_name": family, "sub": sub} | person
    described.setdefault("email", f"{handle}@{school.slug}.example")
    if school.profile != "moodle":
        described.setdefault("picture", f"{settings.BASE_URL}/static/sandbox/person.svg")
    return described


@transaction.atomic
def add_link(
    course: Course,
    *,
    title: str = "OSCE circuit",
    line_item: bool = True,
    score_maximum: float = 100,
    **more: Any,
) -> Link:
    """An activity that opens the tool, with the column that the LMS couples to it unless told otherwise."""
    more.setdefault("resource_link_id", launches.new_resource_link_id(course.school))
    link = Link.objects.create(course=course, title=title, **more)
    if line_item:
        LineItem.objects.create(
            course=course, link=link, coupled=True, label=title, score_maximum=score_maximum
        )
    return link


def registration(school: School) -> dict[str, str]:
    """What the tool must know of this school."""
    return {
        "name": school.name,
        "issuer": school.issuer,
        "client_id": school.tool.client_id,
        "deployment_id": school.tool.deployment_id,
        "platform_family": profiles.of(school).family,
    } | addresses.endpoints(school)
