"""Service calls to a platform with a bearer token: fetched once, kept per registration, renewed once on a 401."""

import re
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import jwt
from pylti1p3.service_connector import ServiceConnector, TServiceConnectorResponse

from lti_tool import http, keys, links, pace
from lti_tool.claims import storable
from lti_tool.errors import Kind, ServiceError
from lti_tool.http import Answer
from lti_tool.models import Deployment
from lti_tool.platforms import classify

ASSERTION_SECONDS = 300
RENEW_BEFORE = 60.0
MAX_SAID = 300
MAX_PAGES = 1000

MAX_TOKEN = 16_384


@dataclass(frozen=True)
class AccessToken:
    """What a platform granted: the token, until when we use it (`time.monotonic`), and for which scopes."""

    value: str
    ends_at: float
    scopes: frozenset[str]


# By registration, client, token URL and scopes. Never by issuer: all hosted Canvas schools share one.
_Key = tuple[int, str, str, str]
_tokens: dict[_Key, AccessToken] = {}
# One renewal at a time for each: a token costs a third of what Canvas lets us do in a minute.
_renewals: defaultdict[_Key, threading.Lock] = defaultdict(threading.Lock)
# RFC 6750 §2.1: what a bearer token is made of, and so what may stand in a header.
_B64TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")


class PlatformConnector(ServiceConnector):
    """PyLTI1p3's connector over our HTTP client and our token cache."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.registration = deployment.registration

    def get_access_token(self, scopes: Sequence[str]) -> str:
        return self.token(scopes).value

    def token(self, scopes: Sequence[str]) -> AccessToken:
        """A token for these scopes that is still good, from the cache or the platform."""
        key = self._cache_key(scopes)
        if (kept := _tokens.get(key)) and time.monotonic() < kept.ends_at:
            return kept
        with _renewals[key]:
            if (kept := _tokens.get(key)) and time.monotonic() < kept.ends_at:
                return kept  # another thread has just fetched it
            _tokens[key] = self.fetch_token(scopes)
            return _tokens[key]

    def call(
        self,
        method: str,
        url: str,
        scopes: Sequence[str],
        *,
        accept: str = "application/json",
        content_type: str = "",
        body: bytes | None = None,
        max_bytes: int = http.MAX_ANSWER_BYTES,
    ) -> Answer:
        """One call with the registration's token; a 401 renews the token once. Gives the answer of whatever status."""
        url = http.at_home(self.deployment, url)
        headers = {"Accept": accept} | ({"Content-Type": content_type} if content_type else {})
        token = self.token(scopes)
        answer = self._call_with_token(token, method, url, headers, body, max_bytes)
        if answer.status == 401 and classify(answer) == Kind.TOKEN:
            self._drop(token, scopes)
            answer = self._call_with_token(self.token(scopes), method, url, headers, body, max_bytes)
        return answer

    def pages(self, url: str, scopes: Sequence[str], *, accept: str) -> Iterator[Any]:
        """Every page of a list, as decoded JSON, one after another by `Link: rel="next"`.

        Raises ServiceError for an answer that is no success or no JSON, and for pages that lead in a circle or never end.
        """
        seen: set[str] = set()
        following: str | None = url
        while following:
            if following in seen or len(seen) == MAX_PAGES:
                raise ServiceError(Kind.TRANSIENT, said="the pages of a list do not end")
            seen.add(following)
            answer = self.call("GET", following, scopes, accept=accept)
            check(answer)
            yield answer.json()
            following = links.next_page(answer.headers.get("Link", ""))

    def make_service_request(
        self,
        scopes: Sequence[str],
        url: str,
        is_post: bool = False,
        data: str | None = None,
        content_type: str = "application/json",
        accept: str = "application/json",
        case_insensitive_headers: bool = False,
    ) -> TServiceConnectorResponse:
        """PyLTI1p3's way to call; raises ServiceError for anything but success.

        Nothing of ours calls it. Without it, PyLTI1p3's own would be there: no address checked, no limit kept.
        """
        answer = self.call(
            "POST" if is_post else "GET",
            url,
            scopes,
            accept=accept,
            content_type=content_type if is_post else "",
            body=data.encode() if data else None,
        )
        check(answer)
        return {
            "headers": dict(answer.headers),
            "body": answer.json() if answer.content else None,
            "next_page_url": links.next_page(answer.headers.get("Link", "")),
        }

    def _call_with_token(
        self,
        token: AccessToken,
        method: str,
        url: str,
        headers: dict[str, str],
        body: bytes | None,
        max_bytes: int,
    ) -> Answer:
        bearer = {"Authorization": f"Bearer {token.value}"}
        if seconds := pace.pause(self.registration.pk):
            time.sleep(seconds)
        answer = http.request(method, url, headers=headers | bearer, body=body, max_bytes=max_bytes)
        pace.saw(self.registration.pk, answer.headers)
        return answer

    def _cache_key(self, scopes: Sequence[str]) -> _Key:
        row = self.registration
        return (row.pk, row.client_id, row.token_url, " ".join(sorted(scopes)))

    def _drop(self, token: AccessToken, scopes: Sequence[str]) -> None:
        """Forget a token that was refused, unless another thread has renewed it already."""
        key = self._cache_key(scopes)
        with _renewals[key]:
            if _tokens.get(key) is token:
                del _tokens[key]

    def fetch_token(self, scopes: Sequence[str]) -> AccessToken:
        """A new token by client assertion (RFC 7523; Security Framework §4.1)."""
        answer = http.request(
            "POST",
            self.registration.token_url,
            headers={"Accept": "application/json"},
            body={
                "grant_type": "client_credentials",
                "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                "client_assertion": self._assertion(),
                "scope": " ".join(sorted(scopes)),
            },
        )
        if 400 <= answer.status < 500 and classify(answer) != Kind.RATE:
            raise ServiceError(Kind.NEEDS_ADMIN, status=answer.status, said=said(answer))
        check(answer)
        granted: Any = answer.json()
        value = granted.get("access_token") if isinstance(granted, dict) else None
        if not isinstance(value, str) or len(value) > MAX_TOKEN or not _B64TOKEN.fullmatch(value):
            raise ServiceError(Kind.TRANSIENT, status=answer.status, said="no token in the answer")
        ends_at = time.monotonic() + _lifetime(granted.get("expires_in")) - RENEW_BEFORE
        return AccessToken(value, ends_at, _granted(granted.get("scope"), scopes))

    def _assertion(self) -> str:
        row, key, now = self.registration, keys.signing_key(), int(time.time())
        return jwt.encode(
            {
                "iss": row.client_id,
                "sub": row.client_id,
                "aud": row.token_audience or row.token_url,
                "iat": now - 5,  # platforms refuse an assertion from the future, even by a second
                "exp": now + ASSERTION_SECONDS,
                "jti": str(uuid.uuid4()),
            },
            key.private,
            algorithm="RS256",
            headers={"kid": key.kid},
        )


def _lifetime(expires_in: object) -> float:
    """Seconds, at most an hour; none for what is no number of seconds."""
    is_number = isinstance(expires_in, int | float) or (
        isinstance(expires_in, str) and expires_in.isdecimal()
    )
    seconds = float(expires_in) if is_number else 0.0  # type: ignore[arg-type]
    return min(seconds, 3600.0) if seconds > 0 else 0.0


def _granted(scope: object, asked: Sequence[str]) -> frozenset[str]:
    """The scopes that the token is good for: Moodle leaves out what it does not give. Silence means all (RFC 6749 §5.1)."""
    return frozenset(scope.split() if isinstance(scope, str) and scope.strip() else asked)


def check(answer: Answer) -> None:
    """Raise what an unsuccessful answer means."""
    kind = classify(answer)
    if kind != Kind.OK:
        raise ServiceError(
            kind, status=answer.status, said=said(answer), retry_after=http.retry_after(answer)
        )


def said(answer: Answer) -> str:
    """The platform's own words, shortened. Moodle puts them (and our whole message) in the status line."""
    if "html" in answer.headers.get("Content-Type", ""):
        return f"{answer.status} with a web page"
    text = answer.text.strip()
    if text in ("", "[]"):
        text = answer.reason.split("{")[0]
    return storable(" ".join(f"{answer.status} {text}".split()))[:MAX_SAID]


def forget_tokens() -> None:
    _tokens.clear()
