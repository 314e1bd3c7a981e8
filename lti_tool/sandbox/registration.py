"""The platform's half of Dynamic Registration: the description of itself, the pass, and what it answers to a tool.

A school has one tool: a new registration takes the place of the one before. Errors are those of the real platforms:
Moodle live (5.1.3), Canvas source (dynamic_registration_controller.rb); plain follows RFC 7591.
"""

import hashlib
import json
import secrets
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import jwt
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from lti_tool.sandbox import addresses, keys
from lti_tool.sandbox.claims import NRPS_SCOPE, SCOPES
from lti_tool.sandbox.launches import next_number
from lti_tool.sandbox.models import AccessToken, RegistrationPass, School, ToolRegistration
from lti_tool.sandbox.service import answer

TOOL_CONFIGURATION = "https://purl.imsglobal.org/spec/lti-tool-configuration"
PLATFORM_CONFIGURATION = "https://purl.imsglobal.org/spec/lti-platform-configuration"
CANVAS = "https://canvas.instructure.com/lti/"
PASS_SECONDS = 3600
RECORDED = Path(__file__).parent / "recorded"
REGISTRATION_SCOPE = "https://purl.imsglobal.org/spec/lti-reg/scope/registration.readonly"
# Where a tool stands once it has registered, and what an administrator does with it from there.
STAGES = {"plain": ("active",), "moodle": ("pending", "active"), "canvas": ("off", "on", "installed")}
PRIVACY = {"public": "all", "name_only": "names", "email_only": "email", "anonymous": "none"}

# Moodle answers with the scopes and claims in an order of its own.
MOODLE_SCOPES = [SCOPES[3], SCOPES[2], SCOPES[1], SCOPES[0], NRPS_SCOPE]
MOODLE_CLAIMS = ["sub", "iss", "name", "family_name", "given_name", "email"]
MOODLE_NEEDS = (
    "response_types",
    "initiate_login_uri",
    "redirect_uris",
    "client_name",
    "jwks_uri",
    "token_endpoint_auth_method",
    TOOL_CONFIGURATION,
)


class Refused(Exception):
    def __init__(self, status: int, body: Any) -> None:
        super().__init__(str(body))
        self.status, self.body = status, body


def issue_pass(school: School, *, renew: bool = False) -> str:
    """A token for one registration. Its subject is the client id to be; for a renewal Moodle names the tool instead."""
    client_id = school.tool.client_id if renew else _new_client_id(school)
    now = int(time.time())
    if school.profile == "canvas":
        claims = {"uuid": secrets.token_hex(16), "initiated_at": now, "exp": now + PASS_SECONDS}
        token = jwt.encode(claims, "a secret of the platform, thirty-two bytes", algorithm="HS256")
    else:
        kid, key = keys.signing(school)
        subject = school.tool.deployment_id if renew else client_id
        claims = {"sub": subject, "scope": "reg-update" if renew else "reg", "iat": now}
        claims |= {"exp": now + PASS_SECONDS, "jti": secrets.token_hex(8)}
        token = jwt.encode(claims, key, algorithm="RS256", headers={"kid": kid})
    RegistrationPass.objects.create(
        school=school,
        token=token,
        client_id=client_id,
        scope="reg-update" if renew else "reg",
        expires_at=now + PASS_SECONDS,
    )
    return token


def _new_client_id(school: School) -> str:
    if school.profile == "moodle":
        return secrets.token_urlsafe(24).replace("-", "").replace("_", "")[:15]
    return (
        str(secrets.randbelow(9 * 10**17) + 10**17) if school.profile == "canvas" else secrets.token_hex(12)
    )


def opened_with(school: School, token: str) -> dict[str, str]:
    """The query that the tool's registration address is opened with. Canvas's own address carries the pass as well."""
    url = addresses.openid_configuration(school)
    if school.profile == "canvas":
        url += "?" + urlencode({"registration_token": token})
    return {"openid_configuration": url, "registration_token": token}


@require_GET
def configuration(request: HttpRequest, school: str) -> HttpResponse:
    found = get_object_or_404(School.objects.select_related("tool"), slug=school)
    if found.profile == "canvas" and not _pass_of(found, request.GET.get("registration_token", "")):
        missing = "Access token missing (You must include the registration_token parameter)."
        return answer({"error": missing}, status=401)
    return answer(describe(found))


def describe(school: School) -> dict[str, Any]:
    endpoints = addresses.endpoints(school)
    document = _plain_description() if school.profile == "plain" else _recorded(school.profile)
    document |= {
        "issuer": school.issuer,
        "authorization_endpoint": endpoints["auth_url"],
        "token_endpoint": endpoints["token_url"],
        "jwks_uri": endpoints["jwks_url"],
        "registration_endpoint": addresses.registration(school),
    }
    if school.profile == "canvas":
        host = urlsplit(addresses.school(school)).netloc
        document["authorization_server"] = host
        document[PLATFORM_CONFIGURATION] |= {
            CANVAS + "account_name": school.name,
            CANVAS + "account_lti_guid": hashlib.sha256(school.slug.encode()).hexdigest()[:32]
            + ":canvas-lms",
            CANVAS + "account_domain": host,
        }
    return document


def _recorded(profile: str) -> dict[str, Any]:
    return json.loads((RECORDED / f"openid_configuration.{profile}.json").read_text())


def _plain_description() -> dict[str, Any]:
    return {
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", *SCOPES],
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "claims_supported": ["sub", "iss", "name", "given_name", "family_name", "email"],
        PLATFORM_CONFIGURATION: {
            "product_family_code": "bellringer-sandbox",
            "version": "1",
            "messages_supported": [
                {"type": "LtiResourceLinkRequest"},
                {"type": "LtiDeepLinkingRequest", "placements": ["ContentArea"]},
            ],
            "variables": ["Context.id", "Context.id.history", "ResourceLink.id", "User.id"],
        },
    }


def register(request: HttpRequest, school: str) -> HttpResponse:
    found = get_object_or_404(School.objects.select_related("tool"), slug=school)
    answering = {"moodle": _moodle, "canvas": _canvas, "plain": _plain}[found.profile]
    try:
        return answering(found, request)
    except Refused as refused:
        if isinstance(refused.body, str):  # Moodle live: a word, labelled text/html
            return HttpResponse(refused.body, status=refused.status, content_type="text/html; charset=utf-8")
        return answer(refused.body, status=refused.status)


def _token(request: HttpRequest) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if scheme == "Bearer" else ""


def _pass_of(school: School, token: str) -> RegistrationPass | None:
    return RegistrationPass.objects.filter(school=school, token=token, expires_at__gt=time.time()).first()


def _body(request: HttpRequest) -> dict[str, Any]:
    try:
        body = json.loads(request.body)
    except ValueError:
        body = None
    return body if isinstance(body, dict) else {}


def _keep(
    school: School,
    given: RegistrationPass,
    body: dict[str, Any],
    confirmed: dict[str, Any],
    scopes: list[str],
) -> None:
    """The tool as it now is: not usable before an administrator has gone through the stages."""
    tool, configured = school.tool, body[TOOL_CONFIGURATION]
    if tool.jwks_url != body["jwks_uri"]:
        tool.public_jwks = None
    tool.client_id = given.client_id
    tool.name = body["client_name"]
    tool.login_url, tool.launch_urls, tool.jwks_url = (
        body["initiate_login_uri"],
        body["redirect_uris"],
        body["jwks_uri"],
    )
    tool.target_link_uri = configured.get("target_link_uri") or body["redirect_uris"][0]
    tool.scopes = scopes
    renewed = given.scope == "reg-update"
    if not renewed:
        tool.is_on = len(STAGES[school.profile]) == 1
    tool.save()
    stage = {} if renewed else {"stage": STAGES[school.profile][0]}
    ToolRegistration.objects.update_or_create(
        tool=tool,
        defaults={"body": confirmed} | stage,
        create_defaults={"body": confirmed, "stage": "active"} | stage,
    )
    RegistrationPass.objects.filter(pk=given.pk).update(used=True)


# --- Moodle -------------------------------------------------------------------------------------


def _moodle(school: School, request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        raise Refused(400, "Unsupported operation")
    token = _token(request)
    if not token:
        raise Refused(401, "missing_registration_token")
    given = _pass_of(school, token)
    if given is None:
        raise Http404  # Moodle live: an exception page of its own
    if given.used:
        raise Refused(401, "token_already_used")
    body = _body(request)
    _moodle_check(body)
    configured = body[TOOL_CONFIGURATION]
    asked = str(body.get("scope", "")).split()
    scopes = [scope for scope in MOODLE_SCOPES if scope in asked]
    if given.scope == "reg":
        school.tool.deployment_id = _next_type(school)
    confirmed = _moodle_answer(school, given, body, scopes)
    claims = set(configured.get("claims", []))
    school.privacy = {(True, True): "all", (True, False): "names", (False, True): "email"}.get(
        ("name" in claims, "email" in claims), "none"
    )
    school.save()
    _keep(school, given, body, confirmed, scopes)
    return answer(confirmed)


def _next_type(school: School) -> str:
    """Tool types are numbered; the first one came with the school."""
    return (
        str(int(school.tool.deployment_id) + 1)
        if school.tool.deployment_id.isdecimal()
        else next_number(school)
    )


def _moodle_check(body: dict[str, Any]) -> None:
    """Moodle source (registration_helper.php): presence, then domain, then the fixed values."""
    for name in MOODLE_NEEDS:
        if not body.get(name):
            raise Refused(400, f"missing required attribute {name}")
    configured = body[TOOL_CONFIGURATION]
    domain = configured.get("domain")
    if not domain:
        raise Refused(400, "missing_domain")
    if domain != urlsplit(configured.get("target_link_uri") or f"https://{domain}").netloc:
        raise Refused(400, "domain_targetlinkuri_mismatch")
    if "id_token" not in body["response_types"]:
        raise Refused(400, "invalid_response_types")
    if body["token_endpoint_auth_method"] != "private_key_jwt":
        raise Refused(400, "invalid_token_endpoint_auth_method")
    if body.get("application_type", "web") != "web":
        raise Refused(400, "invalid_application_type")


def _moodle_answer(
    school: School, given: RegistrationPass, body: dict[str, Any], scopes: list[str]
) -> dict[str, Any]:
    """Moodle live: of the messages only deep linking is echoed, contacts and policies are dropped."""
    configured = body[TOOL_CONFIGURATION]
    target = configured.get("target_link_uri")
    chooses = [m for m in configured.get("messages", []) if m.get("type") == "LtiDeepLinkingRequest"]
    messages = [{name: m[name] for name in ("type", "target_link_uri") if m.get(name)} for m in chooses[:1]]
    claims = [
        name for name in MOODLE_CLAIMS if name in ("sub", "iss") or name in configured.get("claims", [])
    ]
    return {
        "client_id": given.client_id,
        "response_types": ["id_token"],
        "jwks_uri": body["jwks_uri"],
        "initiate_login_uri": body["initiate_login_uri"],
        "grant_types": ["client_credentials", "implicit"],
        "redirect_uris": body["redirect_uris"],
        "application_type": "web",
        "token_endpoint_auth_method": "private_key_jwt",
        "client_name": body["client_name"],
        "logo_uri": body.get("logo_uri", ""),
        "scope": " ".join(scopes),
        TOOL_CONFIGURATION: {
            "version": "1.3.0",
            "deployment_id": school.tool.deployment_id,
            "target_link_uri": target,
            "domain": configured["domain"],
            "description": configured.get("description", ""),
            "messages": messages,
            "custom_parameters": configured.get("custom_parameters", {}),
            "claims": claims,
        },
    }  # fmt: skip


# --- Canvas -------------------------------------------------------------------------------------

CANVAS_DROPS = ("client_uri", "policy_uri", "tos_uri", "contacts")


def _canvas(school: School, request: HttpRequest) -> HttpResponse:
    given = _pass_of(school, _token(request))
    if given is None or given.used:
        raise Refused(401, {"errorMessage": "JWT did not include expected contents"})
    body = _body(request)
    _canvas_check(school, body)
    scopes = body["scope"].split()
    digest = hashlib.sha256(f"{school.slug}:{given.client_id}".encode()).hexdigest()
    if given.scope == "reg":
        school.tool.deployment_id = f"4127:{digest[:40]}"
    level = body[TOOL_CONFIGURATION].get(CANVAS + "privacy_level") or _inferred(body[TOOL_CONFIGURATION])
    school.privacy = PRIVACY[level]
    school.save()
    configured = body[TOOL_CONFIGURATION] | {
        CANVAS + "registration_config_url": addresses.kept_registration(school) + "/view"
    }
    echoed = {name: value for name, value in body.items() if name not in CANVAS_DROPS}
    confirmed = {"client_id": given.client_id} | echoed | {TOOL_CONFIGURATION: configured}
    confirmed["deployment_id"] = school.tool.deployment_id
    _keep(school, given, body, confirmed, scopes)
    return answer(confirmed)


def _inferred(configured: dict[str, Any]) -> str:
    claims = set(configured.get("claims", []))
    if "picture" in claims or {"name", "email"} <= claims:
        return "public"
    return "name_only" if "name" in claims else "email_only" if "email" in claims else "anonymous"


def _canvas_check(school: School, body: dict[str, Any]) -> None:
    grants, auth_method = set(body.get("grant_types", [])), body.get("token_endpoint_auth_method")
    wrong = [
        (
            not {"client_credentials", "implicit"} <= grants,
            "grant_types",
            "Must include client_credentials, implicit",
        ),
        ("id_token" not in body.get("response_types", []), "response_types", "Must include id_token"),
        (auth_method != "private_key_jwt", "token_endpoint_auth_method", "Must be 'private_key_jwt'"),
        (body.get("application_type") != "web", "application_type", "Must be 'web'"),
    ]
    for is_wrong, field, message in wrong:
        if is_wrong:
            raise Refused(422, {"errors": [{"field": field, "message": message}]})
    if "scope" not in body:
        raise Refused(
            500, {"errors": [{"message": "An error occurred.", "error_code": "internal_server_error"}]}
        )
    description = describe(school)
    unknown = set(body["scope"].split()) - set(description["scopes_supported"])
    if unknown:
        raise Refused(
            422, {"errors": [{"field": "scopes", "message": f"Invalid scopes: {', '.join(sorted(unknown))}"}]}
        )
    _canvas_check_schema(description, body.get(TOOL_CONFIGURATION) or {})


def _canvas_check_schema(description: dict[str, Any], configured: dict[str, Any]) -> None:
    offered = {
        m["type"]: m.get("placements", []) for m in description[PLATFORM_CONFIGURATION]["messages_supported"]
    }
    problems = [
        f"{name} is required"
        for name in ("domain", "claims", "messages", "target_link_uri")
        if not configured.get(name)
    ]
    problems += ["domain must not have a protocol"] if "://" in str(configured.get("domain", "")) else []
    if any(not isinstance(value, str) for value in configured.get("custom_parameters", {}).values()):
        problems.append("custom_parameters must be strings")
    for message in configured.get("messages", []):
        kind = message.get("type")
        if kind not in offered:
            problems.append(f"{kind} is not a message type")
            continue
        known = {name.removeprefix(CANVAS) for name in offered[kind]}
        places = {place.removeprefix(CANVAS) for place in message.get("placements", [])}
        problems += [f"{place} is not a placement" for place in sorted(places - known)]
    if problems:
        raise Refused(
            422, {"errors": [{"field": "lti_tool_configuration", "message": text} for text in problems]}
        )


@require_GET
def kept(request: HttpRequest, school: str, number: int) -> HttpResponse:
    """Canvas docs: what Canvas keeps about the tool, for the tool itself."""
    found = get_object_or_404(School.objects.select_related("tool"), slug=school, pk=number, profile="canvas")
    row = AccessToken.objects.filter(school=found, token=_token(request), expires_at__gt=time.time()).first()
    if row is None or REGISTRATION_SCOPE not in row.scopes:
        return answer({"errorMessage": "Invalid or expired access token"}, status=401)
    stored = get_object_or_404(ToolRegistration, tool=found.tool)
    return answer(stored.body | {"registration_client_uri": addresses.kept_registration(found)})


# --- plain --------------------------------------------------------------------------------------


def _plain(school: School, request: HttpRequest) -> HttpResponse:
    given = _pass_of(school, _token(request))
    if given is None or given.used:
        raise Refused(401, {"error": "invalid_token"})
    body = _body(request)
    missing = [name for name in MOODLE_NEEDS if not body.get(name)]
    if missing or body["token_endpoint_auth_method"] != "private_key_jwt":
        described = f"missing: {', '.join(missing)}" if missing else "token_endpoint_auth_method"
        raise Refused(400, {"error": "invalid_client_metadata", "error_description": described})
    scopes = [scope for scope in str(body.get("scope", "")).split() if scope in SCOPES]
    claims = set(body[TOOL_CONFIGURATION].get("claims", []))
    school.privacy = PRIVACY[_inferred({"claims": list(claims)})]
    school.save()
    confirmed = body | {"client_id": given.client_id, "scope": " ".join(scopes)}
    confirmed[TOOL_CONFIGURATION] = body[TOOL_CONFIGURATION] | {"deployment_id": school.tool.deployment_id}
    _keep(school, given, body, confirmed, scopes)
    return answer(confirmed, status=201)
