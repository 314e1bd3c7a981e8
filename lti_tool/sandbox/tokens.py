"""The platform's published keys, and access tokens for tools that prove who they are with a signed assertion."""

import json
import secrets
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import jwt
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404

from lti_tool.sandbox import addresses, clock, keys, tool_keys
from lti_tool.sandbox.models import AccessToken, School

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
TOKEN_SECONDS = 3600
ACCESS_TOKEN_SECRET = "opaque to tools, so it need not be one"  # noqa: S105
# Canvas source: key sets say how long they may be kept; how long is not pinned.
CANVAS_JWKS_SECONDS = 864_000


class TokenRefused(Exception):
    def __init__(self, error: str, description: str = "") -> None:
        super().__init__(error)
        self.body = {"error": error} | ({"error_description": description} if description else {})


def jwks(request: HttpRequest, school: str) -> HttpResponse:
    found = get_object_or_404(School, slug=school)
    mode = found.jwks_mode.get("mode", "ok")
    if mode == "error_json":
        return JsonResponse({"error": "temporarily_unavailable"})
    if mode == "html":
        return HttpResponse("<!DOCTYPE html><title>Maintenance</title>", status=200)
    if mode == "hang":
        time.sleep(found.jwks_mode.get("seconds", 30))
    if mode == "status":
        return HttpResponse("error", status=found.jwks_mode.get("status", 500))
    # Moodle live: no word on keeping it.
    cached = {"Cache-Control": f"max-age={CANVAS_JWKS_SECONDS}"} if found.profile == "canvas" else {}
    content_type = "application/json; charset=utf-8"
    return HttpResponse(json.dumps(keys.published(found)), content_type=content_type, headers=cached)


def token(request: HttpRequest, school: str) -> HttpResponse:
    found = get_object_or_404(School.objects.select_related("tool"), slug=school)
    try:
        text, status = json.dumps(_grant(found, request)), 200
    except TokenRefused as refused:
        text, status = _refusal(found, refused), 400
    # Moodle live: JSON labelled text/html.
    content_type = "text/html; charset=utf-8" if found.profile == "moodle" else "application/json"
    answer = HttpResponse(text, status=status, content_type=content_type)
    answer["Cache-Control"] = "no-store"
    return answer


def _refusal(school: School, refused: TokenRefused) -> str:
    """Moodle live: written by hand, so that quotes in the reason break the JSON."""
    if school.profile == "moodle":
        return f"""{{\n  "error" : "{refused.body["error"]}"\n}}"""
    return json.dumps(refused.body)


def _grant(school: School, request: HttpRequest) -> dict[str, Any]:
    form = request.POST
    needed = ("grant_type", "client_assertion_type", "client_assertion", "scope")
    if request.method != "POST" or not all(form.get(name) for name in needed):
        raise TokenRefused("invalid_request")
    if form["grant_type"] != "client_credentials":
        raise TokenRefused("unsupported_grant_type")
    if form["client_assertion_type"] != JWT_BEARER:
        raise TokenRefused("invalid_request")
    _verify(school, form["client_assertion"])
    scopes = _granted(school, form["scope"].split())
    expires_at = clock.now() + TOKEN_SECONDS
    row = AccessToken.objects.create(
        school=school, token=_access_token(school, scopes), scopes=scopes, expires_at=expires_at
    )
    return {
        "access_token": row.token,
        "token_type": "Bearer",
        "expires_in": TOKEN_SECONDS,
        "scope": " ".join(scopes),
    }


def _granted(school: School, asked: list[str]) -> list[str]:
    """Moodle live: what the tool may not have is left out in silence. Canvas source: it is an error."""
    refused = [scope for scope in asked if scope not in school.tool.scopes]
    if school.profile == "canvas" and refused:
        raise TokenRefused("invalid_scope", " ".join(refused))
    granted = [scope for scope in asked if scope in school.tool.scopes]
    if not granted:
        raise TokenRefused("invalid_scope")
    return granted


def _access_token(school: School, scopes: list[str]) -> str:
    """Canvas: a JWT that is nobody's business. The others: random digits."""
    if school.profile != "canvas":
        return secrets.token_hex(16)
    url, now = addresses.endpoints(school)["token_url"], int(clock.now())
    claims = {
        "iss": "https://canvas.instructure.com",
        "sub": school.tool.client_id,
        "aud": [url, urlsplit(url).netloc],
        "iat": now,
        "exp": now + TOKEN_SECONDS,
        "jti": secrets.token_hex(16),
        "scopes": " ".join(scopes),
        "canvas.instructure.com": {"account_uuid": school.slug},
    }
    return jwt.encode(claims, ACCESS_TOKEN_SECRET, algorithm="HS256")


def _verify(school: School, assertion: str) -> None:
    try:
        kid = jwt.get_unverified_header(assertion).get("kid")
        claimed = jwt.decode(assertion, options={"verify_signature": False})
    except jwt.InvalidTokenError as error:
        raise TokenRefused("invalid_request", "JWS signature invalid.") from error
    client_id = school.tool.client_id
    if claimed.get("sub") != client_id or (claimed.get("iss") != client_id and school.profile != "canvas"):
        raise _stranger(school)
    _verify_signature(school, assertion, kid)
    check = {"moodle": _moodle_claims, "canvas": _canvas_claims, "plain": _plain_claims}[school.profile]
    check(school, claimed)


def _stranger(school: School) -> TokenRefused:
    """Canvas source: an unknown client reads like a bad signature."""
    if school.profile == "canvas":
        return TokenRefused("invalid_request", "JWS signature invalid.")
    return TokenRefused("invalid_client")


def _verify_signature(school: School, assertion: str, kid: str | None) -> None:
    try:
        tool_keys.verify(school, assertion, kid)
    except tool_keys.UnknownKey as error:
        reason = '"kid" invalid, unable to lookup correct key'
        if school.profile == "moodle":
            raise TokenRefused(reason) from error
        raise (
            _stranger(school) if school.profile == "canvas" else TokenRefused("invalid_client", reason)
        ) from error
    except tool_keys.BadSignature as error:
        if school.profile == "moodle":
            raise TokenRefused("Signature verification failed") from error
        raise TokenRefused("invalid_request", "JWS signature invalid.") from error


def _audiences(claimed: Mapping[str, Any]) -> list[str]:
    audience = claimed.get("aud", [])
    return audience if isinstance(audience, list) else [audience]


def _moodle_claims(school: School, claimed: Mapping[str, Any]) -> None:
    """Moodle live: aud and jti are not looked at."""
    now = clock.now()
    if claimed.get("exp", 0) <= now:
        raise TokenRefused("Expired token")
    if claimed.get("iat", 0) > now + 1:
        raise TokenRefused("Cannot handle token with iat prior to " + _iso(claimed["iat"]))


def _iso(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S+0000", time.gmtime(seconds))


def _canvas_claims(school: School, claimed: Mapping[str, Any]) -> None:
    """Canvas source (lib/canvas/security/jwt_validator.rb)."""
    missing = [name for name in ("iss", "sub", "aud", "exp", "iat", "jti") if not claimed.get(name)]
    if missing:
        raise TokenRefused("invalid_request", f"the following assertions are missing: {','.join(missing)}")
    if addresses.endpoints(school)["token_url"] not in _audiences(claimed):
        raise TokenRefused("invalid_request", "the 'aud' is invalid")
    now = clock.now()
    if claimed["exp"] <= now:
        raise TokenRefused("invalid_request", "the JWT has expired")
    if claimed["iat"] < now - 300:
        raise TokenRefused("invalid_request", "the 'iat' must be less than 300 seconds old")
    if claimed["iat"] > now + 30:
        raise TokenRefused("invalid_request", "the 'iat' must not be in the future")


def _plain_claims(school: School, claimed: Mapping[str, Any]) -> None:
    """The security framework 4.1.1; audiences: the token endpoint or the issuer."""
    missing = [name for name in ("aud", "exp", "iat", "jti") if not claimed.get(name)]
    if missing:
        raise TokenRefused("invalid_request", f"missing: {', '.join(missing)}")
    known = {addresses.endpoints(school)["token_url"], school.issuer}
    if not known.intersection(_audiences(claimed)):
        raise TokenRefused("invalid_client", "aud is not this token endpoint")
    now = clock.now()
    if claimed["exp"] <= now or claimed["iat"] > now + 60:
        raise TokenRefused("invalid_client", "the assertion is not valid now")
