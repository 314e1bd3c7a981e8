"""Deep linking: sending somebody to the tool to choose, checking what comes back, and making of it what each LMS makes.

Sources: Moodle live (tests/samples/platforms/moodle/deep_linking_*.json); Canvas source (deep_linking_controller.rb and
its concerns, the assignment edit view; tests/samples/platforms/canvas/deep_linking.response.json); spec: Deep Linking 2.0.
"""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt
from django.db import transaction

from lti_tool.sandbox import addresses, launches, schools, tool_keys
from lti_tool.sandbox.claims import LTI
from lti_tool.sandbox.models import Course, Dialogue, LaunchHint, Link, Person, School

DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
CANVAS = "https://canvas.instructure.com/lti/"
PLACEMENT = "https://www.instructure.com/placement"
# The sandbox's own state: what it sends as `data`, and wants back letter for letter.
DATA = 'opaque "data" <of the LMS> & ü'


@dataclass(frozen=True)
class Placement:
    """One place of an LMS from which a tool's content is chosen."""

    words: str
    many: bool = False
    # Makes what comes back at once; else it fills a form that somebody saves.
    creates: bool = False
    auto_create: bool = False
    accepts: tuple[str, ...] = ("ltiResourceLink",)


PLACEMENTS: dict[str, dict[str, Placement]] = {
    "plain": {
        "one": Placement("Choose one activity", creates=True),
        "many": Placement("Choose activities", many=True, creates=True),
        "links_only": Placement("Choose web links", many=True, creates=True, accepts=("link",)),
    },
    "moodle": {"dialogue": Placement("Select content", many=True)},
    "canvas": {
        "assignment_selection": Placement("New assignment: find"),
        "link_selection": Placement("Add to a module", many=True, creates=True),
        "course_assignments_menu": Placement("Assignments menu", many=True, creates=True),
        "module_index_menu_modal": Placement("Modules menu", many=True, creates=True, auto_create=True),
    },
}


class Refused(Exception):
    """The LMS does not take the answer."""

    def __init__(self, body: Any, status: int = 400) -> None:
        super().__init__(str(body))
        self.body, self.status = body, status


def begin(
    *, person: Person, course: Course, placement: str, mutations: Mapping[str, Any] | None = None
) -> tuple[Dialogue, LaunchHint, dict[str, str]]:
    school = course.school
    dialogue = Dialogue.objects.create(
        school=school, course=course, person=person, placement=placement, token=secrets.token_urlsafe(24)
    )
    asked = dict(mutations or {})
    set_claims = _claims(dialogue) | asked.pop("set", {})
    removed = [
        "resource_link",
        "https://purl.imsglobal.org/spec/lti-bo/claim/basicoutcome",
        *asked.pop("remove", []),
    ]
    hint, params = launches.begin(
        school=school,
        person=person,
        course=course,
        link=None,
        mutations=asked | {"set": set_claims, "remove": removed},
    )
    return dialogue, hint, params


def placement_of(dialogue: Dialogue) -> Placement:
    return PLACEMENTS[dialogue.school.profile][dialogue.placement]


def _claims(dialogue: Dialogue) -> dict[str, Any]:
    claims: dict[str, Any] = {
        "message_type": "LtiDeepLinkingRequest",
        DL + "deep_linking_settings": _settings(dialogue),
    }
    if dialogue.school.profile == "moodle":
        claims["launch_presentation"] = {"locale": dialogue.person.locale}
    if dialogue.school.profile == "canvas":
        claims |= {
            PLACEMENT: dialogue.placement,
            "launch_presentation": {
                "document_target": "iframe",
                "return_url": addresses.course_page(dialogue.school, dialogue.person),
                "locale": dialogue.person.locale,
                "height": 600,
                "width": 900,
            },
        }
    return claims


def _settings(dialogue: Dialogue) -> dict[str, Any]:
    placement = placement_of(dialogue)
    settings: dict[str, Any] = {
        "deep_link_return_url": addresses.deep_linking_response(dialogue),
        "accept_types": list(placement.accepts),
        "accept_multiple": placement.many,
        "auto_create": placement.auto_create,
    }
    if dialogue.school.profile == "moodle":
        return settings | {
            "accept_presentation_document_targets": ["frame", "iframe", "window"],
            "accept_copy_advice": False,
            "accept_unsigned": False,
            "can_confirm": False,
            "title": dialogue.school.tool.name,
            "text": "",
        }
    if dialogue.school.profile == "canvas":
        return settings | {
            "accept_presentation_document_targets": ["iframe", "window"],
            "accept_media_types": "application/vnd.ims.lti.v1.ltilink",
        }
    return settings | {
        "accept_presentation_document_targets": ["iframe", "window"],
        "accept_lineitem": True,
        "data": DATA,
    }


# --- what comes back ---


@transaction.atomic
def take(dialogue: Dialogue, text: str) -> None:
    """Check the tool's answer and do with it what this LMS does. Raises Refused."""
    body = {"moodle": _moodle, "canvas": _canvas, "plain": _plain}[dialogue.school.profile](dialogue, text)
    dialogue.answers += 1
    dialogue.items = body.get(DL + "content_items") or []
    dialogue.message = str(body.get(DL + "msg") or "")
    dialogue.error_message = str(body.get(DL + "errormsg") or "")
    dialogue.module_name = str(body.get(CANVAS + "module_name") or "")
    placement = placement_of(dialogue)
    # Moodle live: an empty list or an errormsg closes the dialogue, and nothing is shown.
    if not dialogue.items or (dialogue.school.profile == "moodle" and dialogue.error_message):
        dialogue.items, dialogue.state = [], "closed"
    elif placement.creates:
        dialogue.state = "closed"
        dialogue.errors = _create_at_once(dialogue)
    else:
        dialogue.state = "filled"
    dialogue.save()


@transaction.atomic
def save(dialogue: Dialogue, *, title: str = "", points: str = "", published: bool = True) -> list[Link]:
    """What the person's Save makes of the filled form. One item may be changed in it; several are taken as they came."""
    if dialogue.state != "filled":
        return []
    changed = [dict(item) for item in dialogue.items]
    if len(changed) == 1:
        changed[0]["title"] = title or _name(dialogue, changed[0])
        if points:
            changed[0]["lineItem"] = dict(changed[0].get("lineItem") or {}) | {"scoreMaximum": float(points)}
    made = [_make(dialogue, item, published=published, with_dates=False) for item in changed]
    dialogue.state = "closed"
    dialogue.made = [*dialogue.made, *(link.pk for link in made)]
    dialogue.save()
    return made


def form(dialogue: Dialogue) -> list[dict[str, Any]]:
    """The form's fields as the LMS fills them."""
    return [
        {"title": _name(dialogue, item), "points": (item.get("lineItem") or {}).get("scoreMaximum", 100)}
        for item in dialogue.items
    ]


def _name(dialogue: Dialogue, item: Mapping[str, Any]) -> str:
    """Moodle live: lineItem.label is not used. Canvas source: it wins."""
    label = (item.get("lineItem") or {}).get("label") if dialogue.school.profile == "canvas" else ""
    return str(label or item.get("title") or dialogue.school.tool.name)


def _create_at_once(dialogue: Dialogue) -> list[Any]:
    """Canvas source: each bad item is named; the good ones are made. What is posted twice is made twice (K)."""
    errors: list[Any] = []
    for item in dialogue.items:
        if item.get("type") != "ltiResourceLink":
            errors.append({"errors": {"type": "not supported here"}})
        elif "lineItem" in item and not isinstance((item["lineItem"] or {}).get("scoreMaximum"), int | float):
            errors.append({"errors": {"lineItem.scoreMaximum": "lineItem.scoreMaximum is a required field"}})
        else:
            made = _make(dialogue, item, published=dialogue.school.profile != "canvas", with_dates=True)
            dialogue.made = [*dialogue.made, made.pk]
    return errors


def _make(dialogue: Dialogue, item: Mapping[str, Any], *, published: bool, with_dates: bool) -> Link:
    school, column = dialogue.school, item.get("lineItem") or {}
    # Moodle live, "accept grades: always": an activity without a lineItem gets a column of 100 points.
    has_column = bool(column) or school.profile == "moodle"
    link = schools.add_link(
        dialogue.course,
        title=_name(dialogue, item),
        line_item=has_column,
        score_maximum=column.get("scoreMaximum", 100),
        description=str(item.get("text") or ""),
        custom=_custom(school, item),
        url=str(item.get("url") or ""),
        published=published,
        dates=_dates(item) if with_dates and school.profile != "moodle" else {},
    )
    if own := link.line_items.first():
        own.resource_id = str(column.get("resourceId") or "")
        own.tag = str(column.get("tag") or "")
        if column.get("submissionReview") and school.profile != "canvas":
            own.extra = {"submissionReview": column["submissionReview"]}
        own.save()
    return link


def _custom(school: School, item: Mapping[str, Any]) -> dict[str, Any]:
    """Moodle live: joined as lines of `name=value` and read again, so that a line break makes another parameter."""
    custom = item.get("custom") or {}
    if school.profile != "moodle":
        return dict(custom)
    lines = "\n".join(f"{name}={value}" for name, value in custom.items()).splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def _dates(item: Mapping[str, Any]) -> dict[str, str]:
    available, submission = item.get("available") or {}, item.get("submission") or {}
    named = {
        "unlock_at": available.get("startDateTime"),
        "lock_at": available.get("endDateTime"),
        "due_at": submission.get("endDateTime"),
    }
    return {name: value for name, value in named.items() if value}


# --- checks ---


def _decoded(dialogue: Dialogue, text: str, invalid: Any, unknown: Any) -> dict[str, Any]:
    """The body, if the tool's published key signed it; raises Refused with these bodies."""
    try:
        kid = jwt.get_unverified_header(text).get("kid")
        body = jwt.decode(text, options={"verify_signature": False})
    except jwt.InvalidTokenError:
        raise Refused(invalid[0]) from None
    if body.get("iss") != dialogue.school.tool.client_id:
        raise Refused(unknown)
    try:
        tool_keys.verify(dialogue.school, text, kid)
    except (tool_keys.UnknownKey, tool_keys.BadSignature):
        raise Refused(invalid[1]) from None
    return body


def _canvas(dialogue: Dialogue, text: str) -> dict[str, Any]:
    """Canvas source: deployment_id, message_type, version and data are not looked at; the nonce has to be there."""
    failure = {"jwt": ["JWT verification failure"]}
    invalid = ({"jwt": ["JWT format is invalid"]}, failure)
    body = _decoded(dialogue, text, invalid, {"jwt": ["Client not found"]})
    if not dialogue.school.tool.is_on:
        raise Refused({"developer_key": ["Developer key inactive in context"]})
    now = time.time()
    if not all(body.get(name) for name in ("iss", "aud", "exp", "iat", "nonce")):
        raise Refused(failure)
    if dialogue.school.issuer not in _list(body["aud"]):
        raise Refused(failure)
    if body["exp"] <= now or not now - 300 <= body["iat"] <= now + 30:
        raise Refused(failure)
    return body


def _moodle(dialogue: Dialogue, text: str) -> dict[str, Any]:
    """Moodle live: issuer, signature, times; the tool's page shows Moodle's own error otherwise."""
    body = _decoded(
        dialogue, text, ("Invalid token", "Signature verification failed"), "Consumer key is incorrect"
    )
    if body.get("exp", 0) <= time.time():
        raise Refused("Expired token")
    if not isinstance(body.get(DL + "content_items", []), list):
        raise Refused("Invalid content items")
    return body


def _plain(dialogue: Dialogue, text: str) -> dict[str, Any]:
    """spec: every claim of Deep Linking 2.0 §4, with what was sent as data."""
    body = _decoded(dialogue, text, ("not a JWT", "not signed by the tool"), "another tool")
    now, wanted = time.time(), _settings(dialogue)
    rules = {
        "aud": dialogue.school.issuer in _list(body.get("aud")),
        "exp": now < body.get("exp", 0) <= now + 600,
        "iat": now - 300 <= body.get("iat", 0) <= now + 60,
        "nonce": bool(body.get("nonce")),
        "deployment_id": body.get(LTI + "deployment_id") == dialogue.school.tool.deployment_id,
        "message_type": body.get(LTI + "message_type") == "LtiDeepLinkingResponse",
        "version": body.get(LTI + "version") == "1.3.0",
        "data": body.get(DL + "data") == wanted.get("data"),
        "content_items": isinstance(body.get(DL + "content_items"), list),
    }
    if broken := [name for name, holds in rules.items() if not holds]:
        raise Refused(f"wrong: {', '.join(broken)}")
    items = body[DL + "content_items"]
    if len(items) > 1 and not wanted["accept_multiple"]:
        raise Refused("more than one item")
    if any(item.get("type") not in wanted["accept_types"] for item in items):
        raise Refused("a type that was not asked for")
    return body


def _list(audience: Any) -> list[str]:
    return audience if isinstance(audience, list) else [audience]
