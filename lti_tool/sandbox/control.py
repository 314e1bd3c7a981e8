"""The tests' way in: make schools, prepare launches, break things, look inside. Served only with --control.

Every call is a POST with a JSON object and answers JSON; a call that cannot be done answers 400 with the reason.
"""

import json
from collections.abc import Callable
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError, transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

from lti_tool.sandbox import (
    addresses,
    clock,
    copies,
    deep_linking,
    faults,
    gradebook,
    launches,
    mutations,
    notices,
    oidc,
    registration,
    schools,
)
from lti_tool.sandbox import keys as signing_keys
from lti_tool.sandbox import throttle as throttle_buckets
from lti_tool.sandbox.models import (
    AccessToken,
    Course,
    Enrolment,
    Grade,
    LineItem,
    Link,
    Person,
    School,
    ToolRegistration,
)
from lti_tool.sandbox.timestamps import milliseconds

Asked = dict[str, Any]
Verb = Callable[[School, Asked], Any]
ENROLLED = ("role", "suspended", "concluded", "sections", "groups")


def new_school(request: HttpRequest) -> HttpResponse:
    return _guarded(lambda: _everything(schools.create(**json.loads(request.body))))


def do(request: HttpRequest, school: str, verb: str) -> HttpResponse:
    asked = json.loads(request.body or "{}")
    return _guarded(lambda: VERBS[verb](School.objects.select_related("tool").get(slug=school), asked))


def _guarded(work: Callable[[], Any]) -> HttpResponse:
    try:
        with transaction.atomic():
            return JsonResponse({"ok": work()})
    except (ObjectDoesNotExist, DatabaseError, KeyError, TypeError, ValueError) as error:
        return JsonResponse({"error": f"{type(error).__name__}: {error}"}, status=400)


def _everything(school: School) -> dict[str, Any]:
    return {
        "slug": school.slug,
        "profile": school.profile,
        "registration": schools.registration(school),
        "people": {person.handle: _person(person) for person in school.people.all()},
        "courses": [_course(course) for course in school.courses.order_by("pk")],
    }


def _course(course: Course) -> dict[str, Any]:
    return {
        "number": course.pk,
        "context_id": course.context_id,
        "label": course.label,
        "title": course.title,
        "lineitems_url": addresses.line_items(course),
        "memberships_url": addresses.memberships(course),
        "links": [_link(link) for link in course.links.order_by("pk")],
    }


def _person(person: Person) -> dict[str, Any]:
    return {
        "handle": person.handle,
        "sub": person.sub,
        "name": person.name,
        "given_name": person.given_name,
        "family_name": person.family_name,
        "email": person.email,
    }


def _link(link: Link) -> dict[str, Any]:
    own = link.line_items.filter(deleted=False, coupled=True).first()
    return {
        "number": link.pk,
        "resource_link_id": link.resource_link_id,
        "title": link.title,
        "published": link.published,
        "custom": link.custom,
        "url": link.url,
        "description": link.description,
        "dates": link.dates,
        "line_item": _line_item(own) if own else None,
    }


def _line_item(item: LineItem) -> dict[str, Any]:
    return {
        "number": item.pk,
        "id": addresses.line_item(item),
        "label": item.label,
        "score_maximum": item.score_maximum,
        "resource_id": item.resource_id,
        "tag": item.tag,
        "resource_link_id": item.link.resource_link_id if item.link else "",
        "coupled": item.coupled,
        "locked": item.locked,
    }


def _course_of(school: School, asked: Asked) -> Course:
    courses = school.courses.select_related("school").order_by("pk")
    return courses.get(pk=asked["course"]) if asked.get("course") else courses[0]


def _item_of(school: School, asked: Asked) -> LineItem:
    items = LineItem.objects.filter(course__school=school, deleted=False).select_related(
        "course__school", "link"
    )
    if asked.get("line_item"):
        return items.get(pk=asked["line_item"])
    return items.order_by("pk")[0]


def _link_of(school: School, asked: Asked) -> Link | None:
    return Link.objects.get(course__school=school, pk=asked["link"]) if asked.get("link") else None


def _who(school: School, asked: Asked) -> Person:
    return school.people.get(Q(handle=asked["person"]) | Q(sub=asked["person"]))


def read(school: School, asked: Asked) -> Any:
    return _everything(school)


def course(school: School, asked: Asked) -> Any:
    return _course(schools.add_course(school, **asked))


def people(school: School, asked: Asked) -> Any:
    return [_person(person) for person in schools.add_people(_course_of(school, asked), asked["people"])]


def enrol(school: School, asked: Asked) -> Any:
    """Sets role, suspended, concluded, sections, groups; `role` null takes the person out of the course."""
    in_course = Enrolment.objects.filter(course=_course_of(school, asked), person=_who(school, asked))
    if "role" in asked and asked["role"] is None:
        in_course.delete()
        return None
    changes = {name: asked[name] for name in ENROLLED if name in asked}
    if not in_course.update(**changes):
        Enrolment.objects.create(course=_course_of(school, asked), person=_who(school, asked), **changes)


def link(school: School, asked: Asked) -> Any:
    return _link(
        schools.add_link(_course_of(school, asked), **{k: v for k, v in asked.items() if k != "course"})
    )


def change(school: School, asked: Asked) -> Any:
    """Sets fields of the school, its tool, a person, a course, a link or a line item, whatever `what` says."""
    fields = asked["fields"]
    row = {
        "school": lambda: school,
        "tool": lambda: school.tool,
        "person": lambda: _who(school, asked),
        "course": lambda: _course_of(school, asked),
        "link": lambda: _link_of(school, asked),
        "line_item": lambda: _item_of(school, asked),
    }[asked["what"]]()
    for name, value in fields.items():
        row._meta.get_field(name)
        setattr(row, name, value)
    row.save()


def line_items(school: School, asked: Asked) -> Any:
    items = (
        _course_of(school, asked).line_items.filter(deleted=False).select_related("link", "course__school")
    )
    return [_line_item(item) for item in items.order_by("pk")]


def launch(school: School, asked: Asked) -> Any:
    bent = {
        name: value for name, value in asked.items() if name not in ("person", "course", "link", "target")
    }
    link = _link_of(school, asked)
    begun = launches.begin(
        school=school,
        person=_who(school, asked),
        course=link.course if link else _course_of(school, asked),
        link=link,
        mutations=bent,
        document_target=asked.get("target", "iframe"),
    )
    return _begun(school, begun)


def deep_link(school: School, asked: Asked) -> Any:
    """Send somebody to the tool to choose, from a placement of the profile; the rest bends the launch."""
    bent = {name: value for name, value in asked.items() if name not in ("person", "course", "placement")}
    dialogue, hint, params = deep_linking.begin(
        person=_who(school, asked),
        course=_course_of(school, asked),
        placement=asked["placement"],
        mutations=bent,
    )
    return _begun(school, (hint, params)) | {"dialogue": dialogue.pk}


def dialogue(school: School, asked: Asked) -> Any:
    found = school.dialogues.get(pk=asked["dialogue"])
    return {
        "state": found.state,
        "items": found.items,
        "errors": found.errors,
        "message": found.message,
        "error_message": found.error_message,
        "module_name": found.module_name,
        "answers": found.answers,
        "form": deep_linking.form(found),
        "links": [_link(link) for link in Link.objects.filter(pk__in=found.made).order_by("pk")],
        "made": len(found.made),
        "return_url": addresses.deep_linking_response(found),
    }


def save_dialogue(school: School, asked: Asked) -> Any:
    found = school.dialogues.get(pk=asked.pop("dialogue"))
    return [_link(link) for link in deep_linking.save(found, **asked)]


def copy_course(school: School, asked: Asked) -> Any:
    """The course once more, as the LMS copies it, and the notices that it sends about that (or keeps to itself).

    `notice`: sent, lost, doubled, forged; `deliver`: really posted to the tool's handler, not only given here.
    """
    copied = copies.copy(_course_of(school, asked), title=asked.get("title", ""))
    sent = notices.of_copy(copied, how=asked.get("notice", "sent"))
    if asked.get("deliver"):
        notices.post(school, sent)
    return {"course": _course(copied), "notices": sent}


def notice(school: School, asked: Asked) -> Any:
    """One notice of any type with any claims, signed as the bending says; given, not posted."""
    claims = notices.claims_of(school, asked.pop("type"), asked.pop("claims", {}))
    return oidc.sign(school, mutations.mutate(claims, asked), asked)


def launch_review(school: School, asked: Asked) -> Any:
    of = _who(school, asked | {"person": asked["of"]}) if asked.get("of") else None
    column = _item_of(school, asked)
    return _begun(
        school, launches.begin_review(school=school, person=_who(school, asked), column=column, of=of)
    )


def launch_retrieve(school: School, asked: Asked) -> Any:
    course = _course_of(school, asked)
    return _begun(
        school,
        launches.begin_retrieve(school=school, person=_who(school, asked), course=course, url=asked["url"]),
    )


def _begun(school: School, begun: tuple[Any, dict[str, str]]) -> Any:
    hint, params = begun
    return {"login_url": school.tool.login_url, "params": params, "hint": hint.message_hint}


def registration_pass(school: School, asked: Asked) -> Any:
    """What the tool's registration address is opened with."""
    token = registration.issue_pass(school, renew=asked.get("renew", False))
    return registration.opened_with(school, token)


def tool_keeps(school: School, asked: Asked) -> Any:
    """An administrator (Canvas) lays other scopes or another privacy level over what the tool registered."""
    row = ToolRegistration.objects.get(tool=school.tool)
    configured = row.body[registration.TOOL_CONFIGURATION]
    configured = configured | {registration.CANVAS + "privacy_level": asked["privacy_level"]}
    row.body |= {"scope": asked["scope"], registration.TOOL_CONFIGURATION: configured}
    row.save()
    return row.body


def mint(school: School, asked: Asked) -> Any:
    """Signs whatever claims it is given; the bending is that of launches."""
    return oidc.sign(school, mutations.mutate(asked["claims"], asked), asked)


def rotate_key(school: School, asked: Asked) -> Any:
    school.rotation, school.keeps_old_key = school.rotation + 1, asked.get("keep_old", True)
    school.save()
    return signing_keys.signing(school)[0]


def fault(school: School, asked: Asked) -> Any:
    if asked["endpoint"] not in faults.ENDPOINTS:
        raise ValueError(f"no endpoint {asked['endpoint']}")
    faults.add(school.slug, faults.Fault(**asked))


def clear_faults(school: School, asked: Asked) -> Any:
    faults.clear(school.slug)
    throttle_buckets.empty(school.slug)


def set_clock(school: School, asked: Asked) -> Any:
    """All schools of this process are so many seconds ahead of real time."""
    clock.set_ahead(asked["ahead"])


def throttle(school: School, asked: Asked) -> Any:
    throttle_buckets.fill(school.slug, asked["level"])


def forget_tokens(school: School, asked: Asked) -> Any:
    """Every access token expires now, as when an administrator resets the key."""
    AccessToken.objects.filter(school=school).update(expires_at=0)


def teacher_types(school: School, asked: Asked) -> Any:
    gradebook.teacher_types(
        _item_of(school, asked), _who(school, asked), asked["score"], asked.get("comment", "")
    )


def override(school: School, asked: Asked) -> Any:
    Grade.objects.filter(line_item=_item_of(school, asked), person=_who(school, asked)).update(
        overridden=asked["on"]
    )


def delete_line_item(school: School, asked: Asked) -> Any:
    LineItem.objects.filter(pk=_item_of(school, asked).pk).update(deleted=True)


def grades(school: School, asked: Asked) -> Any:
    return gradebook.read(_course_of(school, asked))


def posts(school: School, asked: Asked) -> Any:
    return [
        {
            "line_item": post.line_item_number,
            "body": post.text,
            "json": _as_json(post.text),
            "status": post.status,
            "answer": post.answer,
            "at": milliseconds(post.at),
        }
        for post in school.posts.order_by("pk")
    ]


def _as_json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def counts(school: School, asked: Asked) -> Any:
    return faults.counts(school.slug)


VERBS: dict[str, Verb] = {
    verb.__name__: verb
    for verb in (
        read, course, people, enrol, link, change, line_items, launch, launch_review, launch_retrieve,
        registration_pass, tool_keeps, mint, rotate_key, fault, clear_faults, throttle, set_clock, forget_tokens,
        teacher_types, override, delete_line_item, grades, posts, counts, deep_link, dialogue, save_dialogue,
        copy_course, notice,
    )
}  # fmt: skip
URLS = [
    path("schools", new_school, name="control-school"),
    path("schools/<slug:school>/<slug:verb>", do, name="control"),
]
