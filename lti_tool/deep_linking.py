"""Deep Linking 2.0: what goes back when somebody has chosen, signed; and that it goes back once.

A choice is made inside one transaction with the note that the request was answered. Whatever comes after it (a second
click, Back, a lost answer) sends the same items again, freshly signed, and makes nothing.
"""

import html
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import jwt
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django_htmx.http import HttpResponseClientRedirect

from lti_tool import claims, keys, outbox, session, tool_configuration
from lti_tool.claims import CANVAS
from lti_tool.digests import new_secret
from lti_tool.models import DeepLinkingRequest, Registration
from lti_tool.platforms import habits
from lti_tool.session import DeepLinking

LIVES_SECONDS = 300
CLAIM = "https://purl.imsglobal.org/spec/lti-dl/claim/"
TITLE_MAX = 255
# Sent along with every link, so that a copy of it says what it is a copy of, whatever the registration asks for.
_LINEAGE = ("context_history", "link_history")


@dataclass(frozen=True, kw_only=True)
class Item:
    """One new link: what it is called in the course, and what it brings back at each launch.

    `custom` comes back with every launch of the link and of its copies. `resource_id` names the thing in the gradebook;
    `score_maximum` None asks for no column. Platforms leave out what they do not know.
    """

    title: str
    resource_id: str
    text: str = ""
    custom: Mapping[str, str] = field(default_factory=dict)
    score_maximum: Decimal | None = None
    available_from: datetime | None = None
    available_until: datetime | None = None
    due_at: datetime | None = None
    in_new_tab: bool = False

    def __post_init__(self) -> None:
        # Moodle joins custom parameters line by line: a line break in one would set another.
        if any("\n" in part or "\r" in part for pair in self.custom.items() for part in pair):
            raise ValueError("a custom parameter with a line break")


def answer(
    request: HttpRequest, choose: Callable[[], Sequence[Item]], *, message: str = "", problem: str = ""
) -> HttpResponse:
    """Send a choice back to the platform. `choose` gives the items, none to cancel; it is called once per request.

    `message` is what the platform may show the person; `problem` says that something went wrong. What `choose` raises
    undoes everything.
    """
    visit: DeepLinking = request.deep_linking  # type: ignore[attr-defined]
    with transaction.atomic():
        row = DeepLinkingRequest.objects.select_for_update().get(pk=visit.asked.pk)
        if row.answered_at is None:
            items = list(choose())
            if len(items) > 1 and not visit.takes_many:
                raise ValueError("the platform takes one item")
            row.answer = _claims(visit, items, message, problem, getattr(request, "correlation_id", ""))
            row.answered_at = timezone.now()
            row.save(update_fields=["answer", "answered_at"])
    return _to_return_page(request, visit)


def _to_return_page(request: HttpRequest, visit: DeepLinking) -> HttpResponse:
    """To the page that posts the answer: a whole new document, because this one's policy would not let it go."""
    code = session.issue_code(visit, reverse("lti_tool:deep_linking_return"))
    where = reverse("lti_tool:open", args=[code])
    is_htmx = getattr(request, "htmx", False)
    return HttpResponseClientRedirect(where) if is_htmx else HttpResponseRedirect(where, status=303)


def response(visit: DeepLinking) -> str:
    """The answer that was kept, as a JWT signed now (Deep Linking 2.0 §4; Security Framework 1.0 §4.1)."""
    row, key, now = visit.asked, keys.signing_key(), int(time.time())
    body = {
        "iss": visit.registration.client_id,
        "aud": [visit.registration.issuer],
        "iat": now - 5,  # Canvas refuses a message from the future; clocks differ
        "exp": now + LIVES_SECONDS - 5,
        "nonce": new_secret(),
        claims.DEPLOYMENT_ID: visit.context.deployment.deployment_id,
        claims.MESSAGE_TYPE: claims.DEEP_LINKING_RESPONSE,
        claims.VERSION: "1.3.0",
        **(row.answer or {}),
    }
    if row.data is not None:
        body[CLAIM + "data"] = row.data
    return jwt.encode(body, key.private, algorithm="RS256", headers={"kid": key.kid})


def _claims(
    visit: DeepLinking, items: Sequence[Item], message: str, problem: str, trace: str
) -> dict[str, Any]:
    """The part of the answer that stays the same, however often it is signed. Nothing chosen is a list too, never null."""
    said = {"msg": message, "errormsg": problem, "errorlog" if problem else "log": f"bellringer {trace}"}
    found: dict[str, Any] = {CLAIM + "content_items": [_content_item(visit, item) for item in items]}
    found |= {CLAIM + name: str(text) for name, text in said.items() if text}
    if items and visit.registration.platform_family == Registration.Family.CANVAS:
        found[CANVAS + "module_name"] = _one_line(items[0].title)
    return found


def _content_item(visit: DeepLinking, item: Item) -> dict[str, Any]:
    platform = habits(visit.registration)
    made: dict[str, Any] = {
        "type": "ltiResourceLink",
        "title": _one_line(item.title),
        "custom": {**_lineage(visit.registration), **item.custom},
        "icon": {"url": settings.TOOL_URL + static("lti_tool/icon.svg"), "width": 64, "height": 64},
        "iframe": {"width": 1000, "height": 800},
    }
    if item.text:
        made["text"] = html.escape(item.text) if platform.reads_text_as_html else item.text
    if platform.takes_address_with_links:
        made["url"] = settings.TOOL_URL + reverse("lti_tool:launch")
    if item.in_new_tab and visit.takes_windows:
        made["window"] = {"targetName": "_blank"}
    if item.score_maximum is not None and visit.takes_columns:
        made["lineItem"] = _line_item(item)
    if platform.takes_dates_with_links:
        made |= _dates(item)
    if visit.registration.platform_family == Registration.Family.CANVAS:
        # A name that the teacher has typed already stays.
        made[CANVAS + "preserveExistingAssignmentName"] = True
    return made


def _lineage(registration: Registration) -> dict[str, str]:
    asked = tool_configuration.CUSTOM[Registration.Family(registration.platform_family)]
    return {name: asked[name] for name in _LINEAGE}


def _line_item(item: Item) -> dict[str, Any]:
    """The link's own column. Where the gradebook may link a person's grade to us, it is told where we are."""
    assert item.score_maximum is not None
    maximum = item.score_maximum
    return {
        "label": _one_line(item.title),
        "scoreMaximum": int(maximum) if maximum == maximum.to_integral_value() else float(maximum),
        "resourceId": item.resource_id,
        "tag": outbox.OWN_COLUMN_TAG,
        "submissionReview": {"url": settings.TOOL_URL + reverse("lti_tool:launch")},
    }


def _dates(item: Item) -> dict[str, Any]:
    available = {"startDateTime": item.available_from, "endDateTime": item.available_until}
    named = {"available": available, "submission": {"endDateTime": item.due_at}}
    kept = {name: {key: _moment(at) for key, at in times.items() if at} for name, times in named.items()}
    return {name: times for name, times in kept.items() if times}


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _one_line(text: str) -> str:
    return " ".join(claims.storable(text).split())[:TITLE_MAX]
