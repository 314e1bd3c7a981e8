"""The Platform Notification Service as Canvas has it: one handler for each type, signed notices, posted once.

Source: Canvas docs (doc/api/pns.md), in the shape of tests/samples/platforms/canvas/pns.json.
"""

import contextlib
import datetime
import secrets
import time
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from django.http import HttpRequest, HttpResponse, JsonResponse

from lti_tool.sandbox import oidc
from lti_tool.sandbox.claims import LTI, NOTICE_TYPES, NOTICES_SCOPE
from lti_tool.sandbox.models import Course, NoticeHandler, School
from lti_tool.sandbox.profiles import PROFILES
from lti_tool.sandbox.service import open_call

COPY = "LtiContextCopyNotice"


def handlers(request: HttpRequest, school: str, number: int) -> HttpResponse:
    """PUT sets the handler of one type, "" takes it away; GET lists them."""
    call = open_call(request, school, 0)
    if not call.may(NOTICES_SCOPE):
        return JsonResponse(
            {"errors": {"type": "unauthorized", "message": "Insufficient permissions"}}, status=401
        )
    if call.method == "GET":
        return JsonResponse(_listed(call.school))
    asked = call.json()
    if call.method != "PUT" or not isinstance(asked, dict):
        return _bad("invalid request")
    if asked.get("notice_type") not in NOTICE_TYPES:
        return _bad("notice_type is not supported")
    handler = asked.get("handler")
    if not isinstance(handler, str) or (handler and not _is_of_tool(call.school, handler)):
        return _bad("handler must be a valid URL of the tool's domain")
    NoticeHandler.objects.update_or_create(
        school=call.school, notice_type=asked["notice_type"], defaults={"handler": handler}
    )
    return JsonResponse({"notice_type": asked["notice_type"], "handler": handler})


def _bad(message: str) -> JsonResponse:
    return JsonResponse({"errors": {"type": "bad_request", "message": message}}, status=400)


def _is_of_tool(school: School, url: str) -> bool:
    return urlsplit(url).hostname == urlsplit(school.tool.login_url).hostname


def _listed(school: School) -> dict[str, Any]:
    kept = dict(school.notice_handlers.values_list("notice_type", "handler"))
    return {
        "client_id": school.tool.client_id,
        "deployment_id": school.tool.deployment_id,
        "notice_handlers": [{"notice_type": name, "handler": kept.get(name, "")} for name in NOTICE_TYPES],
    }


def of_copy(course: Course, *, how: str = "sent") -> list[str]:
    """The notices of a course copy, if anybody wants them: none when lost, two alike when doubled, one ill-signed when forged."""
    school = course.school
    wanted = NoticeHandler.objects.filter(school=school, notice_type=COPY).exclude(handler="")
    if how == "lost" or not wanted.exists():
        return []
    claims = {
        LTI + "context": {
            "id": course.context_id,
            "label": course.label,
            "title": course.title,
            "type": [PROFILES[school.profile].context_type],
        },
        LTI + "origin_contexts": [course.history.split(",")[0]],
    }
    signed = oidc.sign(school, claims_of(school, COPY, claims), {"sign_with_other_key": how == "forged"})
    return [signed] * (2 if how == "doubled" else 1)


def claims_of(school: School, notice_type: str, claims: Mapping[str, Any]) -> dict[str, Any]:
    """Like an id_token, without anybody in it."""
    now = int(time.time())
    at = datetime.datetime.fromtimestamp(now, datetime.UTC).isoformat().replace("+00:00", "Z")
    return {
        "iss": school.issuer,
        "aud": school.tool.client_id,
        "azp": school.tool.client_id,
        "iat": now,
        "exp": now + 3600,
        "nonce": secrets.token_urlsafe(16),
        LTI + "version": "1.3.0",
        LTI + "deployment_id": school.tool.deployment_id,
        LTI + "notice": {"id": str(uuid.uuid4()), "timestamp": at, "type": notice_type},
        **claims,
    }


def post(school: School, notices: list[str]) -> None:
    """Canvas docs: tried once. Nobody hears of a notice that did not arrive."""
    handler = (
        NoticeHandler.objects.filter(school=school, notice_type=COPY)
        .values_list("handler", flat=True)
        .first()
    )
    for notice in notices if handler else []:
        with contextlib.suppress(requests.RequestException):
            requests.post(str(handler), json={"notices": [{"jwt": notice}]}, timeout=5)
