"""Names and Role Provisioning Services 2.0: who is in the course, as each platform tells it."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse

from lti_tool.sandbox import addresses, ags_canvas, ags_moodle, ags_plain, clock, columns, profiles, variables
from lti_tool.sandbox.canvas_errors import bad_request
from lti_tool.sandbox.claims import (
    BASIC_OUTCOME,
    LTI,
    NRPS_SCOPE,
    basic_outcome,
    custom_of_tool,
    legacy_id,
    personal,
)
from lti_tool.sandbox.models import Enrolment, Link, Person
from lti_tool.sandbox.service import Call, answer, open_call

MEDIA_TYPE = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"


def memberships(request: HttpRequest, school: str, course: int) -> HttpResponse:
    call = open_call(request, school, course)
    return {"plain": _plain, "moodle": _moodle, "canvas": _canvas}[call.school.profile](call)


def _members(call: Call) -> list[dict[str, Any]]:
    """Nobody lists the suspended: they are missing, not marked (Moodle live, Canvas source)."""
    enrolments = (
        Enrolment.objects.filter(course=call.course, suspended=False, concluded=False)
        .select_related("person__school")
        .order_by("pk")
    )
    members = [_member(call, enrolment) for enrolment in enrolments]
    return [member for member in members if member["roles"]]


def _member(call: Call, enrolment: Enrolment) -> dict[str, Any]:
    person = enrolment.person
    member: dict[str, Any] = {
        "status": "Active",
        "roles": profiles.roster_roles(call.school.profile, enrolment.role),
        "user_id": person.sub,
    } | personal(call.school, person)
    if call.school.profile == "moodle":
        member["lis_person_sourcedid"] = f"ID-{person.handle.upper()}"
        if "name" in member:
            member["ext_user_username"] = person.handle
    if call.school.profile == "canvas":
        member["lti11_legacy_user_id"] = legacy_id(person)
        if "name" in member and person.has_sis_id:
            member["lis_person_sourcedid"] = f"SIS-{person.handle}"
    return member


def _container(call: Call, identifier: str, members: list[dict[str, Any]]) -> dict[str, Any]:
    course = call.course
    context = {"id": course.context_id, "label": course.label, "title": course.title}
    return {"id": identifier, "context": context, "members": members}


def _plain(call: Call) -> HttpResponse:
    refusal = ags_plain.refused(call, (NRPS_SCOPE,))
    if refusal:
        return refusal
    members = _with_role(_members(call), call.query.get("role", ""))
    size, page = columns.page_numbers(call, None)
    url = addresses.memberships(call.course)
    start = (page - 1) * (size or 0)
    shown = members[start : start + size] if size else members
    response = answer(_container(call, url, shown), content_type=MEDIA_TYPE)
    if size and start + size < len(members):
        query = {name: value for name, value in call.query.items() if name == "role"}
        following = f"{url}?{urlencode(query | {'limit': size, 'page': page + 1})}"
        response["Link"] = f'<{following}>; rel="next"'
    return response


def _with_role(members: list[dict[str, Any]], role: str) -> list[dict[str, Any]]:
    return [member for member in members if not role or role in member["roles"]]


def _moodle(call: Call) -> HttpResponse:
    """`*/*` is accepted here, application/json is not. Paging only with `limit`; its next link loses `role`."""
    path = f"/CourseSection/{call.course.pk if call.course else 0}/bindings/1/memberships"
    if call.accept not in (MEDIA_TYPE, "*/*"):
        return ags_moodle.problem(call, 400, f"No handler found for {path} {call.accept}", " ")
    refusal = ags_moodle.refused(call, (NRPS_SCOPE,))
    if refusal:
        return refusal
    link = call.query.get("rlid")
    asked_for = call.course.links.filter(resource_link_id=link).first() if link else None
    if link and asked_for is None:
        return ags_moodle.problem(call, 404, f"Not Found: LTI link {link} doesn't exist")
    members = _moodle_role(_members(call), call.query.get("role", ""))
    if asked_for:
        members = [member | {"message": [_moodles_message(call, asked_for, member)]} for member in members]
    url = addresses.memberships(call.course)
    limit, start = call.query.get("limit", ""), call.query.get("from", "0")
    if not limit.isdigit() or int(limit) == 0:
        return answer(_container(call, url, members), content_type=MEDIA_TYPE)
    size, first = int(limit), int(start) if start.isdigit() else 0
    response = answer(_container(call, url, members[first : first + size]), content_type=MEDIA_TYPE)
    if first + size < len(members):
        following = {"limit": size, "from": first + size} | ({"rlid": link} if link else {})
        response["Link"] = f'<{url}?{urlencode(following)}>; rel="next"'
    return response


def _moodles_message(call: Call, link: Link, member: dict[str, Any]) -> dict[str, Any]:
    """No custom parameters, only the way of LTI 1.1 to send a grade."""
    person = Person(school=call.school, sub=member["user_id"])
    outcome = basic_outcome(call.school, person, link)
    return {LTI + "message_type": "LtiResourceLinkRequest", BASIC_OUTCOME: outcome}


def _moodle_role(members: list[dict[str, Any]], role: str) -> list[dict[str, Any]]:
    """Learner and Instructor filter, short or in full; any other role is ignored."""
    short = role.rpartition("#")[2]
    known = (
        {"Learner": "Learner", "Instructor": "Instructor"}.get(short) if "/Instructor#" not in role else None
    )
    return _with_role(members, known or "")


def _canvas(call: Call) -> HttpResponse:
    refusal = ags_canvas.refused(call, (NRPS_SCOPE,))
    if refusal:
        return refusal
    link = call.query.get("rlid")
    links = call.course.links.filter(resource_link_id=link) if link else None
    if links is not None and link != call.course.context_id and not links.exists():
        return bad_request("Invalid 'rlid' parameter")
    if links is not None and links.filter(of_other_tool=True).exists():
        return bad_request("Tool does not have access to rlid or rlid does not exist")
    members = _canvas_members(call, links.first() if links is not None else None, link or "")
    members = _with_role(members, call.query.get("role", ""))
    size, page = columns.page_numbers(call, 50)
    size = min(size or 50, 50)
    url = addresses.memberships(call.course)
    start = (page - 1) * size
    shown = members[start : start + size]
    response = answer(_container(call, call.request.build_absolute_uri(), shown), content_type=MEDIA_TYPE)
    response["Link"] = ags_canvas.link_header(url, len(members), size, page, ags_canvas.filters(call))
    return response


def _canvas_members(call: Call, link: Link | None, asked_for: str) -> list[dict[str, Any]]:
    """For a link, with what its launches would say of each; for an assignment, of the students only its own."""
    if not asked_for:
        return _members(call)
    enrolments = Enrolment.objects.filter(course=call.course).select_related("person", "course__school")
    by_sub = {enrolment.person.sub: enrolment for enrolment in enrolments}
    asked = custom_of_tool(call.school) | (link.custom if link else {})
    listed = [member for member in _members(call) if _is_assigned(link, by_sub[member["user_id"]])]
    return [
        member | {"message": [_message(asked_for, _custom(asked, by_sub[member["user_id"]]))]}
        for member in listed
    ]


def _is_assigned(link: Link | None, enrolment: Enrolment) -> bool:
    is_for_all = link is None or link.assigned is None
    return is_for_all or enrolment.role not in profiles.GRADABLE or enrolment.person.handle in link.assigned


def _custom(asked: dict[str, Any], enrolment: Enrolment) -> dict[str, Any]:
    values = variables.of_person("canvas", enrolment) | {
        "$User.id": enrolment.person.sub,
        "$Person.name.full": enrolment.person.name,
    }
    allowed = {name: value for name, value in values.items() if name in variables.ON_CANVAS_ROSTERS}
    is_old = profiles.canvas_of(enrolment.course.school).is_old
    return variables.expanded(asked, allowed, profile="canvas", is_old=is_old)


def _message(link: str, custom: dict[str, Any]) -> dict[str, Any]:
    return {
        LTI + "message_type": "LtiResourceLinkRequest",
        LTI + "version": "1.3.0",
        LTI + "resource_link": {"id": link},
        "locale": "en",
        "iat": int(clock.now()),
    } | ({LTI + "custom": custom} if custom else {})
