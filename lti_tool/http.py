"""The one HTTP client to platforms: checked addresses, time and size limits, no redirects, bearer tokens kept at home."""

import json
import random
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from urllib3.exceptions import HTTPError

from lti_tool import network
from lti_tool.errors import Kind, ServiceError
from lti_tool.models import Deployment, Registration
from lti_tool.network import Unreachable

MAX_ANSWER_BYTES = 5 * 1024 * 1024
# Canvas and some Moodles refuse requests that name no agent.
USER_AGENT = f"Bellringer/0.1 (LTI 1.3 Advantage tool; +{settings.TOOL_URL})"
# Reading again does no harm: a GET that met a bad moment is tried twice more, a little later.
READ_TRIES = 3
LONGEST_PAUSE = 2.0
_BAD_MOMENTS = frozenset({502, 503, 504})

# Origins end up in a security policy: a host is letters, digits, dots and dashes, or an IPv6 address, and nothing else.
_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]*:[0-9a-f:.]*")


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


@lru_cache(maxsize=512)  # a launch asks a dozen times, for the same few addresses
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

    For addresses that somebody entered, so that they hear of it at once. The connection judges again for itself.
    """
    host, port, secure = _parts(url)
    for address in network.resolve(host, port):
        network.judge(address, host=host, secure=secure)


def check_form(url: str) -> None:
    """Refuse what cannot be a platform's address, whatever the name leads to."""
    _parts(url)


def _parts(url: str) -> tuple[str, int, bool]:
    """Host, port and whether it is https. Raises ServiceError for what is no address of a platform."""
    if not origin(url):
        raise ServiceError(Kind.NEEDS_ADMIN, said="not a usable address")
    parts = urlsplit(url)
    if parts.username or parts.password or not parts.hostname:
        raise ServiceError(Kind.NEEDS_ADMIN, said="not a usable address")
    secure = parts.scheme == "https"
    if not secure and not settings.LTI_ALLOW_LOOPBACK:
        raise ServiceError(Kind.NEEDS_ADMIN, said="not an https address")
    return parts.hostname, parts.port or (443 if secure else 80), secure


def request(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | Mapping[str, str] | None = None,
    max_bytes: int = MAX_ANSWER_BYTES,
    within: float | None = None,
) -> Answer:
    """One question, one answer of whatever status. Raises ServiceError when there is none (network, time, size).

    `within` seconds for everything, tries included; twice the read timeout where nothing is said.
    """
    _parts(url)
    deadline = time.monotonic() + (within or 2 * settings.LTI_HTTP_TIMEOUT_SECONDS[1])
    tries = READ_TRIES if method == "GET" else 1
    for number in range(1, tries + 1):
        try:
            answer = _once(method, url, headers or {}, body, max_bytes, deadline)
        except Unreachable:
            if number == tries or not _rest(number, deadline, None):
                raise
            continue
        bad_moment = answer.status in _BAD_MOMENTS
        if not bad_moment or number == tries or not _rest(number, deadline, retry_after(answer)):
            return answer
    raise AssertionError("a try either answers or raises")


def retry_after(answer: Answer) -> float | None:
    """Seconds that the platform asks us to wait, at most an hour; None where it says nothing we understand."""
    value = answer.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdecimal():
        return min(float(value[:9]), 3600.0)
    try:
        seconds = parsedate_to_datetime(value).timestamp() - time.time()
    except (TypeError, ValueError, OverflowError):
        return None
    return min(max(seconds, 0.0), 3600.0)


def _rest(number: int, deadline: float, asked: float | None) -> bool:
    """Pause before the next try, by chance so that many do not come back at once; False where there is no time left."""
    pause = asked if asked is not None else random.uniform(0.1, 0.3 * 2**number)
    if pause > LONGEST_PAUSE or time.monotonic() + pause >= deadline:
        return False
    time.sleep(pause)
    return True


def _once(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes | Mapping[str, str] | None,
    max_bytes: int,
    deadline: float,
) -> Answer:
    connect, read = settings.LTI_HTTP_TIMEOUT_SECONDS
    left = max(deadline - time.monotonic(), 0.1)
    network.end_at(deadline)
    try:
        with network.session().request(
            method,
            url,
            headers={"User-Agent": USER_AGENT, **headers},
            data=body,
            timeout=(min(connect, left), min(read, left)),
            allow_redirects=False,
            stream=True,
        ) as response:
            content = _read(response, max_bytes, deadline)
            return Answer(response.status_code, response.reason or "", response.headers, content)
    except (requests.RequestException, HTTPError, UnicodeError) as error:
        raise Unreachable(type(error).__name__) from None


def _read(response: requests.Response, max_bytes: int, deadline: float) -> bytes:
    """The body, as it comes in: whatever is there is taken at once, so that a trickle is noticed."""
    received = bytearray()
    while chunk := response.raw.read1(65536, decode_content=True):
        received += chunk
        if len(received) > max_bytes:
            raise ServiceError(Kind.TRANSIENT, status=response.status_code, said="the answer is too large")
        if time.monotonic() > deadline:
            raise ServiceError(Kind.TRANSIENT, status=response.status_code, said="the answer took too long")
    return bytes(received)
