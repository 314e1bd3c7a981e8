"""The id_token's claims, shaped as each platform shapes them."""

import hashlib
import json
import secrets
from typing import Any
from urllib.parse import urlencode

from lti_tool.sandbox import addresses, clock, profiles, variables
from lti_tool.sandbox.models import Course, Enrolment, Link, Person, School, ToolRegistration

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
NRPS = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
AGS_SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/"
PLACEMENT = "https://www.instructure.com/placement"
BASIC_OUTCOME = "https://purl.imsglobal.org/spec/lti-bo/claim/basicoutcome"
NRPS_SCOPE = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
SCOPES = [
    AGS_SCOPE + "lineitem",
    AGS_SCOPE + "lineitem.readonly",
    AGS_SCOPE + "result.readonly",
    AGS_SCOPE + "score",
    NRPS_SCOPE,
]
NOTICES_SCOPE = "https://purl.imsglobal.org/spec/lti/scope/noticehandlers"
NOTICE_TYPES = ("LtiHelloWorldNotice", "LtiContextCopyNotice")
PRODUCT = {"plain": "bellringer-sandbox", "moodle": "moodle", "canvas": "canvas"}


def legacy_id(person: Person) -> str:
    """Canvas's older id of a person: its login_hint, and lti11_legacy_user_id in claims and roster."""
    return hashlib.sha1(f"{person.school.slug}:{person.sub}".encode(), usedforsecurity=False).hexdigest()


def build(
    school: School, person: Person, course: Course, link: Link | None, *, nonce: str, document_target: str
) -> dict[str, Any]:
    claims = _of_every_platform(school, person, course, link, document_target)
    if school.profile == "moodle":
        claims |= _of_moodle(school, person, course, link, document_target)
    if school.profile == "canvas":
        claims |= _of_canvas(school, person, course, link)
    return claims | _times(school) | {"nonce": nonce}


def _times(school: School) -> dict[str, int]:
    now = int(clock.now())
    return {"iat": now, "exp": now + profiles.of(school).id_token_seconds}


def _of_every_platform(
    school: School, person: Person, course: Course, link: Link | None, document_target: str
) -> dict[str, Any]:
    profile, tool = profiles.of(school), school.tool
    claims: dict[str, Any] = {
        "iss": school.issuer,
        "aud": tool.client_id,
        "sub": person.sub,
        LTI + "deployment_id": tool.deployment_id,
        LTI + "target_link_uri": (link and link.url) or tool.target_link_uri,
        LTI + "message_type": "LtiResourceLinkRequest",
        LTI + "version": "1.3.0",
        LTI + "roles": roles(school, person, course),
        LTI + "context": {
            "id": course.context_id,
            "label": course.label,
            "title": course.title,
            "type": [profile.context_type],
        },
        LTI + "resource_link": _resource_link(course, link),
        LTI + "launch_presentation": {
            "document_target": document_target,
            "return_url": addresses.course_page(school, person),
            "locale": person.locale,
        },
        LTI + "tool_platform": _platform(school),
    }
    if profile.has_azp:
        claims["azp"] = tool.client_id
    if custom := _custom(school, person, course, link):
        claims[LTI + "custom"] = custom
    return claims | personal(school, person) | services(school, course, link)


def roles(school: School, person: Person, course: Course) -> list[str]:
    enrolment = Enrolment.objects.filter(course=course, person=person).first()
    own = profiles.of(school).launch_roles[enrolment.role] if enrolment else []
    return sorted({*own, *person.extra_roles})


def _resource_link(course: Course, link: Link | None) -> dict[str, str]:
    """Canvas launches from the course menu with the course as the resource link."""
    if link is None:
        return {"id": course.context_id, "title": course.title}
    named = {"id": link.resource_link_id, "title": link.title}
    return named | ({"description": link.description} if link.description else {})


def _platform(school: School) -> dict[str, str]:
    guid = hashlib.sha256(school.slug.encode()).hexdigest()[:32]
    platform = {"product_family_code": PRODUCT[school.profile], "guid": guid, "name": school.name}
    if school.profile == "moodle":
        return platform | {"version": "2025100603", "description": school.name}
    if school.profile == "canvas":
        return platform | {"version": "cloud", "guid": f"{guid}:canvas-lms"}
    return platform | {"version": "1"}


def personal(school: School, person: Person) -> dict[str, str]:
    """What the school tells about a person; empty values are left out, as they are when somebody has none."""
    names = {"name": person.name, "given_name": person.given_name, "family_name": person.family_name}
    shown: dict[str, str] = {}
    if school.privacy in ("names", "all"):
        shown |= names
    if school.privacy in ("email", "all"):
        shown["email"] = person.email
    if school.privacy == "all" and school.profile != "moodle":
        shown["picture"] = person.picture
    # Canvas, captured: somebody without a family name has an empty one.
    kept = ("family_name",) if school.profile == "canvas" else ()
    return {name: value for name, value in shown.items() if value or name in kept}


def services(school: School, course: Course, link: Link | None) -> dict[str, Any]:
    """AGS and NRPS. `lineitem` is there when the link has exactly one column (Moodle live); Canvas names the first."""
    granted = [scope for scope in school.tool.scopes if scope.startswith(AGS_SCOPE)]
    claims: dict[str, Any] = {}
    if granted:
        claims[AGS] = {"scope": granted, "lineitems": addresses.line_items(course)}
        columns = list(link.line_items.filter(deleted=False).order_by("pk")) if link else []
        if len(columns) == 1 or (columns and school.profile == "canvas"):
            claims[AGS]["lineitem"] = addresses.line_item(columns[0])
    if NRPS_SCOPE in school.tool.scopes:
        versions = ["1.0", "2.0"] if school.profile == "moodle" else ["2.0"]
        claims[NRPS] = {
            "context_memberships_url": addresses.memberships(course),
            "service_versions": versions,
        }
    return claims


def _custom(school: School, person: Person, course: Course, link: Link | None) -> dict[str, Any]:
    values: dict[str, Any] = {
        "$Context.id": course.context_id,
        "$Context.id.history": course.history,
        "$ResourceLink.id": link.resource_link_id if link else course.context_id,
        "$ResourceLink.title": link.title if link else course.title,
        "$User.id": person.sub,
        "$Person.name.full": person.name,
    }
    # Canvas has a name of its own for it; Moodle has none. Who does not know a name sends it as it is.
    of_link = {"plain": "$ResourceLink.id.history", "canvas": "$Activity.id.history"}.get(school.profile)
    if of_link:
        values[of_link] = link.history if link else ""
    enrolment = Enrolment.objects.filter(course=course, person=person).select_related("person").first()
    values |= variables.of_person(school.profile, enrolment) | variables.of_link(school.profile, link)
    if school.profile == "canvas":
        values["$Canvas.course.id"] = course.pk
        values["$com.instructure.brandConfigJSON"] = json.dumps(variables.BRAND | school.brand)
    # A variable that the platform does not know arrives as its literal name (Canvas and Moodle alike).
    expanded = variables.expanded(
        custom_of_tool(school) | (link.custom if link else {}),
        values,
        profile=school.profile,
        is_old=profiles.canvas_of(school).is_old,
    )
    if school.profile == "moodle":
        return {
            "context_id": course.context_id,
            "context_title": course.title,
            "context_label": course.label,
            "context_id_history": course.history,
            "resourcelink_id": values["$ResourceLink.id"],
            "user_id": person.sub,
            "context_memberships_url": addresses.memberships(course),
        } | expanded
    if school.profile == "canvas":
        return {
            "canvas_course_id": str(course.pk),
            "masquerading_user_id": "$Canvas.masqueradingUser.id",
        } | expanded
    return expanded


def custom_of_tool(school: School) -> dict[str, Any]:
    """What the tool asked for with every launch, when it registered itself or by hand."""
    kept = ToolRegistration.objects.filter(tool=school.tool).first()
    configured = kept.body.get("https://purl.imsglobal.org/spec/lti-tool-configuration", {}) if kept else {}
    return school.tool.custom | configured.get("custom_parameters", {})


def _of_moodle(
    school: School, person: Person, course: Course, link: Link | None, document_target: str
) -> dict[str, Any]:
    names = {"user_username": person.handle} if school.privacy in ("names", "all") else {}
    return {
        LTI + "lis": {
            "person_sourcedid": f"ID-{person.handle.upper()}",
            "course_section_sourcedid": f"SIS-{course.label}",
        },
        LTI + "ext": names | {"lms": "moodle-2"},
        LTI + "launch_presentation": {
            "locale": person.locale,
            "document_target": document_target,
            "return_url": _moodles_return_url(school, person, course, link, document_target),
        },
        BASIC_OUTCOME: basic_outcome(school, person, link),
    }


def _moodles_return_url(
    school: School, person: Person, course: Course, link: Link | None, document_target: str
) -> str:
    """Moodle live: it carries the key of the person's session, which is nobody else's business."""
    query = {
        "course": course.context_id,
        "launch_container": 4 if document_target == "window" else 3,
        "instanceid": link.resource_link_id if link else "",
        "sesskey": secrets.token_urlsafe(8)[:10],
    }
    return f"{addresses.course_page(school, person)}?{urlencode(query)}"


def basic_outcome(school: School, person: Person, link: Link | None) -> dict[str, str]:
    """Moodle live: LTI 1.1's way to send grades, in launches and in rosters of a link."""
    sourced = {
        "instanceid": link.resource_link_id if link else "",
        "userid": person.sub,
        "typeid": "1",
        "launchid": secrets.randbelow(10**9),
    }
    return {
        "lis_result_sourcedid": json.dumps(
            {"data": sourced, "hash": secrets.token_hex(32)}, separators=(",", ":")
        ),
        "lis_outcome_service_url": f"{addresses.school(school)}/lti/service",
    }


def _of_canvas(school: School, person: Person, course: Course, link: Link | None) -> dict[str, Any]:
    """Opened as an assignment there is no placement; from the course menu there is one."""
    base, number = addresses.school(school), school.pk
    legacy = legacy_id(person)
    claims: dict[str, Any] = {
        "locale": person.locale,
        LTI + "lti11_legacy_user_id": legacy,
        LTI + "lti1p1": {"user_id": legacy},
        LTI + "platformnotificationservice": {
            "service_versions": ["1.0"],
            "platform_notification_service_url": f"{base}/api/lti/notice-handlers/{number}",
            "scope": [NOTICES_SCOPE],
            "notice_types_supported": list(NOTICE_TYPES),
        },
        LTI + "eulaservice": {
            "url": f"{base}/api/lti/asset_processor_eulas/{number}",
            "scope": [
                "https://purl.imsglobal.org/spec/lti/scope/eula/user",
                "https://purl.imsglobal.org/spec/lti/scope/eula/deployment",
            ],
        },
        PLACEMENT: None if link else "course_navigation",
    }
    if school.privacy in ("names", "all"):
        claims[LTI + "lis"] = {
            "person_sourcedid": f"SIS-{person.handle}" if person.has_sis_id else "$Person.sourcedId",
            "course_offering_sourcedid": f"SIS-C-{course.label}"
            if course.has_sis_id
            else "$CourseSection.sourcedId",
        }
    if school.privacy == "all" and _is_observer(course, person):
        watched = Enrolment.objects.filter(course=course, role="student").select_related("person").first()
        claims[LTI + "role_scope_mentor"] = [watched.person.sub] if watched else []
    return claims


def _is_observer(course: Course, person: Person) -> bool:
    return Enrolment.objects.filter(course=course, person=person, role="observer").exists()
