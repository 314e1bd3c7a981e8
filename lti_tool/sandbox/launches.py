"""Beginning a launch: the parameters of the login initiation, and the hint that its id_token waits under."""

import json
import secrets
import uuid
from typing import Any

from lti_tool.sandbox import clock, profiles
from lti_tool.sandbox.claims import PLACEMENT, legacy_id
from lti_tool.sandbox.models import Course, LaunchHint, LineItem, Link, Person, School

HINT_SECONDS = 300


def begin(
    *,
    school: School,
    person: Person,
    course: Course,
    link: Link | None,
    mutations: dict[str, Any] | None = None,
    document_target: str = "iframe",
) -> tuple[LaunchHint, dict[str, str]]:
    hint = LaunchHint.objects.create(
        school=school,
        person=person,
        course=course,
        link=link,
        mutations=mutations or {},
        document_target=document_target,
        message_hint=_message_hint(school, link),
        login_hint=_login_hint(school, person),
        begun_at=clock.now(),
    )
    params = _login_params(school, hint)
    for name, value in (mutations or {}).get("login", {}).items():
        if value is None:
            params.pop(name, None)
        else:
            params[name] = value
    return hint, params


def begin_review(
    *, school: School, person: Person, column: LineItem, of: Person | None, document_target: str = "iframe"
) -> tuple[LaunchHint, dict[str, str]]:
    """From a cell of the gradebook, or from a column's head without `of`. Submission Review 1.0.

    Moodle live (submission_review.json): signed for whoever asks and whomever they name, a student another student too;
    the target is the column's submissionReview.url if it has one; `for_user` holds the id only.
    """
    claims: dict[str, Any] = {"message_type": "LtiSubmissionReviewRequest"}
    if of:
        claims["for_user"] = {"user_id": of.sub}
    url = (column.extra.get("submissionReview") or {}).get("url") or ""
    return begin(
        school=school,
        person=person,
        course=column.course,
        link=column.link,
        mutations=_aimed_at(url, claims),
        document_target=document_target,
    )


def begin_retrieve(
    *, school: School, person: Person, course: Course, url: str, document_target: str = "iframe"
) -> tuple[LaunchHint, dict[str, str]]:
    """Canvas opens an address that a tool stored with a submission: a launch of the course, for whoever asks.

    Canvas, measured by others (speedgrader_retrieve.json): no column, no placement, the course as the resource link.
    """
    aimed = _aimed_at(url, {PLACEMENT: None})
    return begin(
        school=school,
        person=person,
        course=course,
        link=None,
        mutations=aimed,
        document_target=document_target,
    )


def _aimed_at(url: str, claims: dict[str, Any]) -> dict[str, Any]:
    if not url:
        return {"set": claims}
    return {"set": claims | {"target_link_uri": url}, "login": {"target_link_uri": url}}


def _login_hint(school: School, person: Person) -> str:
    """Moodle live: the user id itself. Canvas docs: the legacy id, never the sub."""
    if school.profile == "moodle":
        return person.sub
    return legacy_id(person) if school.profile == "canvas" else f"login-{person.handle}"


def _message_hint(school: School, link: Link | None) -> str:
    if school.profile == "moodle":
        number = link.pk if link else 0
        launch_id = f"ltilaunch{number}_{secrets.randbelow(10**15)}"
        return json.dumps({"cmid": number, "launchid": launch_id}, separators=(",", ":"))
    if school.profile == "canvas":
        return f"eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.{secrets.token_urlsafe(60)}.{secrets.token_urlsafe(32)}"
    return secrets.token_urlsafe(24)


def _login_params(school: School, hint: LaunchHint) -> dict[str, str]:
    tool = school.tool
    params = {
        "iss": school.issuer,
        "target_link_uri": (hint.link and hint.link.url) or tool.target_link_uri,
        "login_hint": hint.login_hint,
        "lti_message_hint": hint.message_hint,
        "client_id": tool.client_id,
        "lti_deployment_id": tool.deployment_id,
    }
    if school.profile == "canvas":
        kind = profiles.canvas_of(school)
        params |= {"canvas_environment": kind.environment, "canvas_region": kind.region}
    if profiles.of(school).has_storage:
        params["lti_storage_target"] = profiles.STORAGE_FRAME
    return params


def new_resource_link_id(school: School) -> str:
    """Canvas: a UUID. The others: a number."""
    return str(uuid.uuid4()) if school.profile == "canvas" else next_number(school)


def next_number(school: School) -> str:
    """The next small number of this school, as Moodle numbers people and activities."""
    number = School.objects.values_list("next_number", flat=True).get(pk=school.pk)
    School.objects.filter(pk=school.pk).update(next_number=number + 1)
    return str(number)
