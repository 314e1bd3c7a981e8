"""The third-party login that begins every launch (1EdTech Security Framework 1.0 §5.1.1.1).

It never changes who is signed in and keeps nothing: it only sends the browser to the platform, with a state and a nonce.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse

from lti_tool import http, logins
from lti_tool.claims import is_storable
from lti_tool.digests import new_secret
from lti_tool.errors import LaunchRejected, Reason
from lti_tool.kept_queries import Given, KeptQuery
from lti_tool.logins import Login
from lti_tool.models import ID_LENGTH, URL_LENGTH, Registration

MAX_HINT = 8000


@dataclass(frozen=True)
class BegunLogin:
    """Where to send the browser, and the secret by which this browser proves at the launch that it was sent."""

    registration: Registration
    platform_url: str
    login: Login
    binding: str


def redirect_uri() -> str:
    return settings.TOOL_URL + reverse("lti_tool:launch")


def begin(params: Mapping[str, str]) -> BegunLogin:
    """A login that the platform is asked to answer. Raises LaunchRejected."""
    registration = _find_registration(params)
    target = params.get("target_link_uri", "")
    if http.origin(target) != http.origin(settings.TOOL_URL) or len(target) > URL_LENGTH:
        rejection = LaunchRejected(Reason.TARGET_FOREIGN, http.origin(target)[:100])
        rejection.registration = registration
        raise rejection
    binding = new_secret()
    login = logins.begin(
        registration.pk,
        binding=binding,
        target_link_uri=target,
        storage_target=params.get("lti_storage_target", "")[:255],
    )
    query = _authentication_request(registration, params, login)
    separator = "&" if "?" in registration.auth_url else "?"
    platform_url = f"{registration.auth_url}{separator}{urlencode(query)}"
    return BegunLogin(registration, platform_url, login, binding)


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
    found = _of_client(issuer=issuer, client_id=client_id) if client_id else _of_issuer(issuer=issuer)
    if not found:
        raise _not_in_service(issuer, client_id)
    if len(found) > 1:
        raise LaunchRejected(Reason.REGISTRATION_AMBIGUOUS)
    return found[0]


_active = Registration.objects.filter(status=Registration.Status.ACTIVE)
_of_issuer = KeptQuery(lambda: _active.filter(issuer=Given("issuer"))[:2])
_of_client = KeptQuery(lambda: _active.filter(issuer=Given("issuer"), client_id=Given("client_id"))[:2])


def _not_in_service(issuer: str, client_id: str) -> LaunchRejected:
    """A platform that waits for approval hears so, inside its own frame."""
    rows = Registration.objects.filter(issuer=issuer, status=Registration.Status.PENDING)
    waiting = (rows.filter(client_id=client_id) if client_id else rows).first()
    rejection = LaunchRejected(Reason.REGISTRATION_WAITING if waiting else Reason.REGISTRATION_UNKNOWN)
    rejection.registration = waiting
    return rejection


def _authentication_request(
    registration: Registration, params: Mapping[str, str], login: Login
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
        "state": login.state,
        "nonce": login.nonce,
    }
    if params.get("lti_message_hint"):
        request["lti_message_hint"] = params["lti_message_hint"]
    return request
