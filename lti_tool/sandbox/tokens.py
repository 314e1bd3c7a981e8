"""The platform's published keys, and access tokens for tools that prove who they are with a signed assertion."""

import json
import secrets
import threading
import time
from collections.abc import Mapping
from typing import Any

import jwt
import requests
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404

from lti_tool.sandbox import addresses, keys
from lti_tool.sandbox.models import AccessToken, School

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
TOKEN_SECONDS = 3600
_fetched: dict[str, dict[str, Any]] = {}
_lock = threading.Lock()


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
    return JsonResponse(keys.published(found))


def token(request: HttpRequest, school: str) -> HttpResponse:
    found = get_object_or_404(School.objects.select_related("tool"), slug=school)
    # Moodle live: JSON labelled text/html.
    content_type = "text/html; charset=utf-8" if found.profile == "moodle" else "application/json"
    try:
        body, status = _grant(found, request), 200
    except TokenRefused as refused:
        body, status = refused.body, 400
    answer = HttpResponse(json.dumps(body), status=status, content_type=content_type)
    answer["Cache-Control"] = "no-store"
    return answer


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
    scopes = [scope for scope in form["scope"].split() if scope in school.tool.scopes]
    if not scopes or (school.profile == "canvas" and len(scopes) < len(form["scope"].split())):
        raise TokenRefused("invalid_scope")
    row = AccessToken.objects.create(
        school=school, token=secrets.token_hex(24), scopes=scopes, expires_at=time.time() + TOKEN_SECONDS
    )
    return {
        "access_token": row.token,
        "token_type": "Bearer",
        "expires_in": TOKEN_SECONDS,
        "scope": " ".join(scopes),
    }


def _verify(school: School, assertion: str) -> None:
    try:
        kid = jwt.get_unverified_header(assertion).get("kid")
        claimed = jwt.decode(assertion, options={"verify_signature": False})
    except jwt.InvalidTokenError as error:
        raise TokenRefused("invalid_request", "JWS signature invalid.") from error
    client_id = school.tool.client_id
    if claimed.get("sub") != client_id or claimed.get("iss") != client_id:
        raise TokenRefused("invalid_client")
    _verify_signature(school, assertion, kid)
    check = {"moodle": _moodle_claims, "canvas": _canvas_claims, "plain": _plain_claims}[school.profile]
    check(school, claimed)


def _verify_signature(school: School, assertion: str, kid: str | None) -> None:
    found = _tool_key(school, kid)
    if found is None:
        reason = '"kid" invalid, unable to lookup correct key'
        raise TokenRefused(reason) if school.profile == "moodle" else TokenRefused("invalid_client", reason)
    options: Any = {"verify_aud": False, "verify_exp": False, "verify_iat": False}
    try:
        jwt.decode(assertion, found, algorithms=["RS256"], options=options)
    except jwt.InvalidTokenError as error:
        if school.profile == "moodle":
            raise TokenRefused("Signature verification failed") from error
        raise TokenRefused("invalid_request", "JWS signature invalid.") from error


def _tool_key(school: School, kid: str | None) -> jwt.PyJWK | None:
    key_set = school.tool.public_jwks or _published_by_tool(school, kid)
    for key in key_set.get("keys", []):
        if key.get("kid") == kid and kid is not None:
            return jwt.PyJWK(key, algorithm="RS256")
    return None


def _published_by_tool(school: School, kid: str | None) -> dict[str, Any]:
    """Canvas source: fetched at every token request. Moodle live: kept, and fetched again for a key it lacks."""
    url = school.tool.jwks_url
    kept = _fetched.get(url, {})
    if school.profile == "moodle" and any(key.get("kid") == kid for key in kept.get("keys", [])):
        return kept
    try:
        fetched = requests.get(url, timeout=5, headers={"User-Agent": "BellringerSandbox/1"}).json()
    except (requests.RequestException, ValueError):
        return {}
    with _lock:
        _fetched[url] = fetched
    return fetched


def _audiences(claimed: Mapping[str, Any]) -> list[str]:
    audience = claimed.get("aud", [])
    return audience if isinstance(audience, list) else [audience]


def _moodle_claims(school: School, claimed: Mapping[str, Any]) -> None:
    """Moodle live: aud and jti are not looked at."""
    now = time.time()
    if claimed.get("exp", 0) <= now:
        raise TokenRefused("Expired token")
    if claimed.get("iat", 0) > now + 1:
        raise TokenRefused("Cannot handle token with iat prior to " + _iso(claimed["iat"]))


def _iso(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S+0000", time.gmtime(seconds))


def _canvas_claims(school: School, claimed: Mapping[str, Any]) -> None:
    """Canvas source (lib/canvas/security/jwt_validator.rb)."""
    missing = [name for name in ("sub", "aud", "exp", "iat", "jti") if not claimed.get(name)]
    if missing:
        raise TokenRefused("invalid_request", f"the following assertions are missing: {','.join(missing)}")
    if addresses.endpoints(school)["token_url"] not in _audiences(claimed):
        raise TokenRefused("invalid_request", "the 'aud' is invalid")
    now = time.time()
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
    now = time.time()
    if claimed["exp"] <= now or claimed["iat"] > now + 60:
        raise TokenRefused("invalid_client", "the assertion is not valid now")
