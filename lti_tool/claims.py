"""Claim URIs, scopes and role names of LTI 1.3, and `Claims`: a frozen reading of a verified id_token.

Source: LTI Core 1.3 §5 and appendix A, LTI-AGS 2.0, LTI-NRPS 2.0. Nothing here decides whether a token is genuine.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lti_tool.models import ID_LENGTH, Registration, Role

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
MESSAGE_TYPE = LTI + "message_type"
VERSION = LTI + "version"
DEPLOYMENT_ID = LTI + "deployment_id"
TARGET_LINK_URI = LTI + "target_link_uri"
RESOURCE_LINK = LTI + "resource_link"
ROLES = LTI + "roles"
CONTEXT = LTI + "context"
CUSTOM = LTI + "custom"
TOOL_PLATFORM = LTI + "tool_platform"
LAUNCH_PRESENTATION = LTI + "launch_presentation"
FOR_USER = LTI + "for_user"
AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
NRPS = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
DEEP_LINKING_SETTINGS = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"
NOTICES = LTI + "platformnotificationservice"
NOTICE = LTI + "notice"
ORIGIN_CONTEXTS = LTI + "origin_contexts"

RESOURCE_LINK_REQUEST = "LtiResourceLinkRequest"
DEEP_LINKING_REQUEST = "LtiDeepLinkingRequest"
SUBMISSION_REVIEW_REQUEST = "LtiSubmissionReviewRequest"
DEEP_LINKING_RESPONSE = "LtiDeepLinkingResponse"

SCOPE_LINEITEM = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"
SCOPE_LINEITEM_READONLY = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem.readonly"
SCOPE_RESULT = "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly"
SCOPE_SCORE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
# Before every name of its own that Canvas adds to a message.
CANVAS = "https://canvas.instructure.com/lti/"

SCOPE_NOTICES = "https://purl.imsglobal.org/spec/lti/scope/noticehandlers"
SCOPE_NRPS = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"

CONTEXT_COPY_NOTICE = "LtiContextCopyNotice"

# Custom parameters that name what a course or a link was copied from: ours, and what Moodle sends of itself.
CONTEXT_HISTORY = ("context_history", "context_id_history")
LINK_HISTORY = ("link_history", "resourcelink_id_history")
MAX_HISTORY = 100

MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"
TEST_USER = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"

# Context roles only; institution and system roles never decide. Sub-roles stand before their principal role.
_ROLE_OF_NAME: dict[str, Role] = {
    "Instructor#TeachingAssistant": Role.TEACHING_ASSISTANT,
    "Instructor#TeachingAssistantGroup": Role.TEACHING_ASSISTANT,
    "Instructor#TeachingAssistantOffering": Role.TEACHING_ASSISTANT,
    "Instructor#TeachingAssistantSection": Role.TEACHING_ASSISTANT,
    "Instructor#TeachingAssistantSectionAssociation": Role.TEACHING_ASSISTANT,
    "Instructor#TeachingAssistantTemplate": Role.TEACHING_ASSISTANT,
    "Instructor#Grader": Role.TEACHING_ASSISTANT,
    "Instructor#GuestInstructor": Role.TEACHING_ASSISTANT,
    "TeachingAssistant": Role.TEACHING_ASSISTANT,
    "Instructor": Role.INSTRUCTOR,
    "Administrator": Role.INSTRUCTOR,
    "ContentDeveloper": Role.DESIGNER,
    "Mentor": Role.OBSERVER,
    "Learner": Role.LEARNER,
}
# Whoever holds several context roles gets the first of these; a teaching assistant also carries plain Instructor.
_STRONGEST_FIRST = (Role.TEACHING_ASSISTANT, Role.INSTRUCTOR, Role.DESIGNER, Role.LEARNER, Role.OBSERVER)


def _context_role_name(uri: str) -> str | None:
    """`Instructor#TeachingAssistant`, `Learner`, … for a context role (full or short form); None for any other role."""
    if uri.startswith(MEMBERSHIP + "#"):
        return uri.removeprefix(MEMBERSHIP + "#")
    if uri.startswith(MEMBERSHIP + "/"):
        return uri.removeprefix(MEMBERSHIP + "/")
    if "#" not in uri and ":" not in uri and "/" not in uri:
        return uri
    return None


def _known_role(name: str) -> Role | None:
    principal = name.split("#")[0]
    return _ROLE_OF_NAME.get(name) or _ROLE_OF_NAME.get(principal)


def decide_role(roles: Sequence[str]) -> Role:
    """The role in this course. Only context roles decide, sub-roles first; anything unknown is a visitor.

    A plain Instructor beside a TeachingAssistant sub-role is a teaching assistant (Canvas sends both).
    """
    names = [name for name in map(_context_role_name, roles) if name]
    held = {role for role in map(_known_role, names) if role}
    return next((role for role in _STRONGEST_FIRST if role in held), Role.VISITOR)


def learns(roles: Sequence[str]) -> bool:
    """Whether Learner is among the context roles, whatever else is."""
    return any((_context_role_name(uri) or "").split("#")[0] == "Learner" for uri in roles)


def text(value: object, limit: int = 500) -> str:
    """A claim as text. Absent, non-text and unresolved `$Variable` values are empty (Canvas sends them literally)."""
    if not isinstance(value, str) or value.startswith("$"):
        return ""
    return storable(value)[:limit]


def storable(value: str) -> str:
    """Without what no database takes: NUL, and halves of surrogate pairs that JSON lets through."""
    return value.replace("\x00", "").encode("utf-8", "ignore").decode()


def is_storable(value: object) -> bool:
    """Whether everything in a decoded JSON value can be stored as it is."""
    if isinstance(value, str):
        return storable(value) == value
    if isinstance(value, Mapping):
        return all(is_storable(key) and is_storable(entry) for key, entry in value.items())
    return all(map(is_storable, value)) if isinstance(value, list) else True


def ids(values: Iterable[object]) -> list[str]:
    """The LTI ids among the values, each once, in their order; at most MAX_HISTORY."""
    texts = (value.strip() for value in values if isinstance(value, str))
    good = (text for text in texts if 0 < len(text) <= ID_LENGTH and storable(text) == text)
    return list(dict.fromkeys(good))[:MAX_HISTORY]


def history(custom: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    """The ids in the first of these custom parameters that says anything, nearest first.

    Canvas ends a long list with `truncated` and writes `timed out` when it could not find out; a platform that does not
    know the variable sends its name. None of these is an id.
    """
    for name in names:
        value = custom.get(name)
        if isinstance(value, str) and not value.startswith("$"):
            found = [entry for entry in ids(value.split(",")) if entry not in ("truncated", "timed out")]
            if found:
                return found
    return []


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


@dataclass(frozen=True, kw_only=True)
class Claims:
    """What one verified id_token says. Absent things are empty, never None."""

    issuer: str
    client_id: str
    deployment_id: str
    message_type: str
    target_link_uri: str
    sub: str
    roles: tuple[str, ...]
    name: str = ""
    given_name: str = ""
    family_name: str = ""
    email: str = ""
    locale: str = ""
    context_id: str = ""
    context_label: str = ""
    context_title: str = ""
    resource_link_id: str = ""
    resource_link_title: str = ""
    return_url: str = ""
    document_target: str = ""
    platform_family: str = Registration.Family.OTHER
    custom: Mapping[str, Any] = field(default_factory=dict)
    lineitems_url: str = ""
    lineitem_url: str = ""
    ags_scopes: tuple[str, ...] = ()
    memberships_url: str = ""
    deep_linking: Mapping[str, Any] = field(default_factory=dict)
    # Whose work a gradebook asks for. Moodle signs whatever id its user put into the address: it proves nothing.
    for_user: str = ""
    # Where the platform lets us ask for its notices; empty where it has none that we use.
    notices_url: str = ""

    @property
    def history(self) -> list[str]:
        """The ids of the courses this one was copied from, nearest first; empty where the launch does not say."""
        return history(self.custom, CONTEXT_HISTORY)

    @property
    def role(self) -> Role:
        return decide_role(self.roles)

    @property
    def is_learner(self) -> bool:
        return learns(self.roles)

    @property
    def is_test_student(self) -> bool:
        return TEST_USER in self.roles

    @property
    def wants_high_contrast(self) -> bool:
        return str(self.custom.get("high_contrast", "")).lower() == "true"

    @classmethod
    def read(cls, body: Mapping[str, Any], *, client_id: str) -> "Claims":
        """Read a token body whose required claims have been checked (lti_tool.launch)."""
        context = _mapping(body.get(CONTEXT))
        link = _mapping(body.get(RESOURCE_LINK))
        presentation = _mapping(body.get(LAUNCH_PRESENTATION))
        ags = _mapping(body.get(AGS))
        nrps = _mapping(body.get(NRPS))
        platform = _mapping(body.get(TOOL_PLATFORM))
        scopes = ags.get("scope")
        return cls(
            issuer=str(body["iss"]),
            client_id=client_id,
            deployment_id=str(body[DEPLOYMENT_ID]),
            message_type=str(body[MESSAGE_TYPE]),
            target_link_uri=str(body[TARGET_LINK_URI]),
            sub=str(body.get("sub", "")),
            roles=tuple(role for role in body.get(ROLES, ()) if isinstance(role, str)),
            name=text(body.get("name")),
            given_name=text(body.get("given_name"), 255),
            family_name=text(body.get("family_name"), 255),
            email=text(body.get("email"), 320),
            locale=text(presentation.get("locale") or body.get("locale"), 35),
            context_id=str(context.get("id") or ""),
            context_label=text(context.get("label"), 255),
            context_title=text(context.get("title")),
            resource_link_id=str(link.get("id") or ""),
            resource_link_title=text(link.get("title")),
            return_url=text(presentation.get("return_url"), 2000),
            document_target=text(presentation.get("document_target")),
            platform_family=_family(platform),
            custom=dict(_mapping(body.get(CUSTOM))),
            lineitems_url=text(ags.get("lineitems"), 2000),
            lineitem_url=text(ags.get("lineitem"), 2000),
            ags_scopes=tuple(scopes) if isinstance(scopes, list) else (),
            memberships_url=text(nrps.get("context_memberships_url"), 2000),
            deep_linking=dict(_mapping(body.get(DEEP_LINKING_SETTINGS))),
            for_user=str(_mapping(body.get(FOR_USER)).get("user_id") or ""),
            notices_url=_notices_url(_mapping(body.get(NOTICES))),
        )


def _notices_url(notices: Mapping[str, Any]) -> str:
    scopes, types = notices.get("scope"), notices.get("notice_types_supported")
    is_offered = isinstance(scopes, list) and SCOPE_NOTICES in scopes
    is_useful = isinstance(types, list) and CONTEXT_COPY_NOTICE in types
    return text(notices.get("platform_notification_service_url"), 2000) if is_offered and is_useful else ""


def _family(platform: Mapping[str, Any]) -> str:
    code = str(platform.get("product_family_code", "")).lower()
    return (
        code
        if code in (Registration.Family.CANVAS, Registration.Family.MOODLE)
        else Registration.Family.OTHER
    )
