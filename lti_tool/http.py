"""The one HTTP client to platforms: checked addresses, time and size limits, no redirects, bearer tokens kept at home."""

import ipaddress
import json
import re
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

import requests
from django.conf import settings

from lti_tool.errors import Kind, ServiceError
from lti_tool.models import Deployment, Registration

MAX_ANSWER_BYTES = 5 * 1024 * 1024
USER_AGENT = (
    "Bellringer/0.1 (LTI 1.3 Advantage tool)"  # Canvas and some Moodles refuse requests that name no agent.
)

# Origins end up in a security policy: a host is letters, digits, dots and dashes, or an IPv6 address, and nothing else.
_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]*:[0-9a-f:.]*")

_local = threading.local()


class Unreachable(ServiceError):
    """No answer at all: the platform, or the way to it, is down."""

    def __init__(self, said: str) -> None:
        super().__init__(Kind.TRANSIENT, said=said)


@dataclass(frozen=True)
class Answer:
    status: int
    reason: str
    headers: Mapping[str, str]
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON; raises ServiceError where it is something else (a login page, an error page)."""
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError):
            raise ServiceError(Kind.TRANSIENT, status=self.status, said="not JSON") from None


def origin(url: str) -> str:
    """`https://host[:port]` of a URL, lower-cased, default port left out; empty for anything that is no web address."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.hostname or not _HOST.fullmatch(parts.hostname):
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    is_default = port is None or port == {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + ("" if is_default else f":{port}")


def origins_of(registration: Registration, deployment: Deployment | None = None) -> set[str]:
    """Every origin that belongs to the platform: its endpoints, what an admin added, what its launches named.

    With a deployment only what the launches of that one named: on a client id that schools share, each stays apart.
    """
    urls = [registration.issuer, registration.auth_url, registration.token_url, registration.jwks_url]
    urls += registration.allowed_origins
    for row in [deployment] if deployment else registration.deployments.all():
        urls += row.origins if row.status != Deployment.Status.BLOCKED else []
    return {found for found in map(origin, urls) if found}


def at_home(deployment: Deployment, url: str) -> str:
    """The URL, if it is on an origin of the deployment; ServiceError otherwise. A bearer token never leaves these.

    Self-hosted Canvas behind a TLS proxy names http:// addresses of an https:// host: those are lifted to https.
    """
    home = origins_of(deployment.registration, deployment)
    if origin(url) in home:
        return url
    lifted = "https://" + url.removeprefix("http://")
    if url.startswith("http://") and origin(lifted) in home:
        return lifted
    raise ServiceError(Kind.NEEDS_ADMIN, said="an address outside this platform")


def check_address(url: str) -> None:
    """Refuse what must not be called: no https, credentials in the URL, private, loopback and metadata addresses.

    The name is resolved here and again by the connection; binding the two is still to come.
    """
    parts = urlsplit(url)
    if parts.username or parts.password or not parts.hostname:
        raise ServiceError(Kind.NEEDS_ADMIN, said="not a usable address")
    addresses = _resolve(parts)
    if settings.LTI_ALLOW_LOOPBACK and all(address.is_loopback for address in addresses):
        return
    if parts.scheme != "https":
        raise ServiceError(Kind.NEEDS_ADMIN, said="not an https address")
    if not all(address.is_global for address in addresses):
        raise ServiceError(Kind.NEEDS_ADMIN, said="an address inside our own network")


def _resolve(parts: SplitResult) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Unreachable("the host name was not found") from None
    return [ipaddress.ip_address(entry[4][0].split("%")[0]) for entry in found]  # type: ignore[union-attr]


def request(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | Mapping[str, str] | None = None,
    max_bytes: int = MAX_ANSWER_BYTES,
) -> Answer:
    """One request, one answer of whatever status. Raises ServiceError when there is none (network, time, size)."""
    check_address(url)
    deadline = time.monotonic() + 2 * settings.LTI_HTTP_TIMEOUT_SECONDS[1]
    try:
        with _session().request(
            method,
            url,
            headers={"User-Agent": USER_AGENT, **(headers or {})},
            data=body,
            timeout=settings.LTI_HTTP_TIMEOUT_SECONDS,
            allow_redirects=False,
            stream=True,
        ) as response:
            return Answer(
                response.status_code,
                response.reason or "",
                response.headers,
                _read(response, max_bytes, deadline),
            )
    except requests.RequestException as error:
        raise Unreachable(type(error).__name__) from None


def _session() -> requests.Session:
    """A session per thread: connections are reused, nothing is shared. It keeps no cookies and reads no netrc."""
    if not hasattr(_local, "session"):
        _local.session = requests.Session()
        _local.session.trust_env = False
    _local.session.cookies.clear()
    return _local.session


def _read(response: requests.Response, max_bytes: int, deadline: float) -> bytes:
    received = bytearray()
    for chunk in response.iter_content(65536):
        received += chunk
        if len(received) > max_bytes:
            raise ServiceError(Kind.TRANSIENT, status=response.status_code, said="the answer is too large")
        if time.monotonic() > deadline:
            raise ServiceError(Kind.TRANSIENT, status=response.status_code, said="the answer took too long")
    return bytes(received)
