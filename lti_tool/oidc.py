"""The third-party login that begins every launch (1EdTech Security Framework 1.0 §5.1.1.1).

It never changes who is signed in: it only keeps a state and a nonce and sends the browser to the platform.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from lti_tool import http
from lti_tool.claims import is_storable
from lti_tool.digests import digest, new_secret
from lti_tool.errors import LaunchRejected, Reason
from lti_tool.models import ID_LENGTH, URL_LENGTH, Login, Registration

MAX_HINT = 8000


@dataclass(frozen=True)
class BegunLogin:
    """Where to send the browser, and the secret by which this browser proves at the launch that it was sent."""

    registration: Registration
    platform_url: str
    state: str
    binding: str
    storage_target: str

    @property
    def cookie_name(self) -> str:
        return cookie_name(self.state)


def cookie_name(state: str) -> str:
    """A cookie per login, so that two launches begun at once do not disturb each other."""
    return f"bellringer-{digest(state)[:16]}"


def redirect_uri() -> str:
    return settings.TOOL_URL + reverse("lti_tool:launch")


def begin(params: Mapping[str, str]) -> BegunLogin:
    """Keep a state and nonce for this login initiation. Raises LaunchRejected, with nothing stored."""
    registration = _find_registration(params)
    target = params.get("target_link_uri", "")
    if http.origin(target) != http.origin(settings.TOOL_URL) or len(target) > URL_LENGTH:
        rejection = LaunchRejected(Reason.TARGET_FOREIGN, http.origin(target)[:100])
        rejection.registration = registration
        raise rejection
    state, nonce, binding = new_secret(), new_secret(), new_secret()
    storage_target = params.get("lti_storage_target", "")[:255]
    now = timezone.now()
    Login.objects.create(
        registration=registration,
        state_sha256=digest(state),
        nonce_sha256=digest(nonce),
        binding_sha256=digest(binding),
        target_link_uri=target,
        storage_target=storage_target,
        created_at=now,
        expires_at=now + timedelta(minutes=settings.LTI_LOGIN_MINUTES),
    )
    query = _authentication_request(registration, params, state=state, nonce=nonce)
    separator = "&" if "?" in registration.auth_url else "?"
    return BegunLogin(
        registration, f"{registration.auth_url}{separator}{urlencode(query)}", state, binding, storage_target
    )


def _find_registration(params: Mapping[str, str]) -> Registration:
    issuer, client_id = params.get("iss", ""), params.get("client_id", "")
    if not issuer or not params.get("login_hint") or not params.get("target_link_uri"):
        raise LaunchRejected(Reason.LOGIN_INCOMPLETE)
    if not all(map(is_storable, params.values())):
        raise LaunchRejected(Reason.LOGIN_INCOMPLETE)
    if (
        len(issuer) > ID_LENGTH
        or len(client_id) > ID_LENGTH
        or any(len(params.get(name, "")) > MAX_HINT for name in ("login_hint", "lti_message_hint"))
    ):
        raise LaunchRejected(Reason.LOGIN_INCOMPLETE)
    return find_registration(issuer, client_id)


def find_registration(issuer: str, client_id: str) -> Registration:
    """The active registration of issuer and client id. Without a client id only an issuer with a single one will do."""
    rows = Registration.objects.filter(issuer=issuer)
    if client_id:
        rows = rows.filter(client_id=client_id)
    found = list(rows.filter(status=Registration.Status.ACTIVE)[:2])
    if not found:
        raise _not_in_service(rows)
    if len(found) > 1:
        raise LaunchRejected(Reason.REGISTRATION_AMBIGUOUS)
    return found[0]


def _not_in_service(rows: QuerySet[Registration]) -> LaunchRejected:
    """A platform that waits for approval hears so, inside its own frame."""
    waiting = rows.filter(status=Registration.Status.PENDING).first()
    rejection = LaunchRejected(Reason.REGISTRATION_WAITING if waiting else Reason.REGISTRATION_UNKNOWN)
    rejection.registration = waiting
    return rejection


def _authentication_request(
    registration: Registration, params: Mapping[str, str], *, state: str, nonce: str
) -> dict[str, str]:
    """All nine parameters that Canvas wants to be present; Moodle takes them too."""
    request = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": registration.client_id,
        "redirect_uri": redirect_uri(),
        "login_hint": params["login_hint"],
        "state": state,
        "nonce": nonce,
    }
    if params.get("lti_message_hint"):
        request["lti_message_hint"] = params["lti_message_hint"]
    return request
