"""The authentication endpoint: checks the tool's request as the platform would, and posts it an id_token or an error."""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import jwt
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods

from lti_tool.sandbox import claims, clock, keys, profiles
from lti_tool.sandbox.launches import HINT_SECONDS
from lti_tool.sandbox.models import Enrolment, LaunchHint, School
from lti_tool.sandbox.mutations import mutate

CANVAS_NEEDS = (
    "client_id",
    "login_hint",
    "lti_message_hint",
    "nonce",
    "prompt",
    "redirect_uri",
    "response_mode",
    "response_type",
    "scope",
)


class Refused(Exception):
    """The platform shows a page of its own; the tool hears nothing."""

    def __init__(self, words: str, status: int) -> None:
        super().__init__(words)
        self.words, self.status = words, status


class Told(Exception):
    """The platform posts an error to the tool's redirect URI."""

    def __init__(self, error: str, description: str = "") -> None:
        super().__init__(error)
        self.form = {"error": error} | ({"error_description": description} if description else {})


@require_http_methods(["GET", "POST"])
def auth(request: HttpRequest, school: str) -> HttpResponse:
    found = get_object_or_404(School.objects.select_related("tool"), slug=school)
    asked = (request.POST if request.method == "POST" else request.GET).dict()
    check = {"moodle": _moodle, "canvas": _canvas, "plain": _plain}[found.profile]
    try:
        form = _answer(found, asked, check(found, asked))
    except Refused as refused:
        return render(request, "sandbox/refused.html", {"words": refused.words}, status=refused.status)
    except Told as told:
        form = told.form | {"state": _state(found, asked)}
    return render(
        request, "sandbox/form_post.html", {"action": asked.get("redirect_uri", ""), "fields": form}
    )


def _answer(school: School, asked: Mapping[str, str], hint: LaunchHint) -> dict[str, str]:
    form = {"id_token": id_token(school, hint, asked["nonce"]), "state": _state(school, asked)}
    if school.profile == "canvas":
        form |= {"utf8": "✓", "authenticity_token": "sandbox", "lti_storage_target": profiles.STORAGE_FRAME}
    for name, value in hint.mutations.get("form", {}).items():
        if value is None:
            form.pop(name, None)
        else:
            form[name] = value
    return form


def id_token(school: School, hint: LaunchHint, nonce: str) -> str:
    body = claims.build(
        school, hint.person, hint.course, hint.link, nonce=nonce, document_target=hint.document_target
    )
    return sign(school, mutate(body, hint.mutations), hint.mutations)


def sign(school: School, body: Mapping[str, Any], how: Mapping[str, Any]) -> str:
    """RS256 with the school's key, unless the test asks for something a tool must refuse."""
    kid, key = keys.signing(school)
    headers: dict[str, Any] = {"kid": kid} | how.get("header", {})
    algorithm = headers.pop("alg", how.get("alg", "RS256"))
    if headers.get("kid") is None:
        headers.pop("kid", None)
    if algorithm == "HS256":
        return _signed_with_public_pem(school, body, headers)
    chosen = keys.other_key() if how.get("sign_with_other_key") else key
    # PyJWS signs any bytes; PyJWT would look at the claims and refuse some that a tool must refuse by itself.
    payload = json.dumps(dict(body)).encode()
    return jwt.PyJWS().encode(payload, None if algorithm == "none" else chosen, algorithm, headers)


def _signed_with_public_pem(school: School, body: Mapping[str, Any], headers: dict[str, Any]) -> str:
    """The old confusion: the public key taken for a shared secret. PyJWT will not do it, so it is done by hand."""

    def part(value: bytes) -> bytes:
        return jwt.utils.base64url_encode(value)

    signed = b".".join(
        part(json.dumps(value).encode()) for value in ({"typ": "JWT", "alg": "HS256"} | headers, dict(body))
    )
    mac = hmac.new(keys.public_pem(school), signed, hashlib.sha256).digest()
    return (signed + b"." + part(mac)).decode()


def _state(school: School, asked: Mapping[str, str]) -> str:
    """Moodle live: tags are stripped from state; a missing one comes back empty."""
    state = asked.get("state", "")
    return re.sub(r"<[^>]*>", "", state) if school.profile == "moodle" else state


def _hint(school: School, asked: Mapping[str, str]) -> LaunchHint | None:
    hints = LaunchHint.objects.select_related("person__school", "course", "link")
    return hints.filter(school=school, message_hint=asked.get("lti_message_hint", "")).first()


def _used_up(hint: LaunchHint) -> bool:
    """True once the launch was collected; the first caller wins even when two come together."""
    if clock.now() - hint.begun_at > HINT_SECONDS:
        return True
    return not LaunchHint.objects.filter(pk=hint.pk, used=False).update(used=True)


def _may_enter(hint: LaunchHint) -> bool:
    return not Enrolment.objects.filter(course=hint.course, person=hint.person, suspended=True).exists()


def _registered(school: School, uri: str) -> bool:
    if profiles.of(school).redirect_ignores_query:
        uri = urlsplit(uri)._replace(query="").geturl()
    return uri in school.tool.launch_urls


def _moodle(school: School, asked: Mapping[str, str]) -> LaunchHint:
    """Moodle live (oidc_errors): most faults end in its own 404 page, and the launch is spent by the first look."""
    hint = _hint(school, asked)
    wanted = asked.get("scope") == "openid" and asked.get("response_type") == "id_token"
    complete = all(asked.get(name) for name in ("client_id", "login_hint", "nonce", "redirect_uri"))
    if hint is None or not wanted or not complete or _used_up(hint):
        raise Refused("Invalid request", 404)
    if not _may_enter(hint):
        raise Refused("You cannot enrol yourself in this course.", 200)
    if asked["client_id"] != school.tool.client_id:
        raise Told("unauthorized_client")
    if asked["login_hint"] != hint.login_hint:
        raise Told("access_denied")
    if not _registered(school, asked["redirect_uri"]):
        raise Refused("Invalid request", 404)
    if asked.get("response_mode") != "form_post":
        raise Told("invalid_request", "Invalid response_mode")
    if asked.get("prompt", "none") != "none":
        raise Told("invalid_request", "Invalid prompt")
    return hint


def _canvas(school: School, asked: Mapping[str, str]) -> LaunchHint:
    """Canvas source (authentication_controller.rb): nine parameters present, scope openid, the rest unread."""
    if (
        not _registered(school, asked.get("redirect_uri", ""))
        or asked.get("client_id") != school.tool.client_id
    ):
        raise Refused("Invalid redirect_uri", 400)
    missing = [name for name in CANVAS_NEEDS if not asked.get(name)]
    if missing:
        raise Told("invalid_request_object", f"The following parameters are missing: {','.join(missing)}")
    if asked["scope"] != "openid":
        raise Told("invalid_request_object", "The 'scope' must be 'openid'")
    hint = _hint(school, asked)
    if hint is None:
        raise Refused("Invalid lti_message_hint", 400)
    if asked["login_hint"] != hint.login_hint:
        raise Told("login_required", "Must have an active user session")
    if not school.tool.is_on or not _may_enter(hint):
        raise Told("unauthorized_client", "Client not authorized in requested context")
    if _used_up(hint):
        raise Told("launch_no_longer_valid", "The launch has either expired or already been consumed")
    return hint


def _plain(school: School, asked: Mapping[str, str]) -> LaunchHint:
    """OpenID Connect Core 3.1.2 with the values that the LTI security framework fixes."""
    if asked.get("client_id") != school.tool.client_id or not _registered(
        school, asked.get("redirect_uri", "")
    ):
        raise Refused("The tool is not registered with this client_id and redirect_uri.", 400)
    fixed = {"scope": "openid", "response_type": "id_token", "response_mode": "form_post", "prompt": "none"}
    for name, value in fixed.items():
        if asked.get(name) != value:
            raise Told("invalid_request", f"{name} must be {value}")
    if not asked.get("nonce"):
        raise Told("invalid_request", "nonce is missing")
    hint = _hint(school, asked)
    if hint is None or asked.get("login_hint") != hint.login_hint:
        raise Told("login_required")
    if not _may_enter(hint):
        raise Told("access_denied")
    return hint
