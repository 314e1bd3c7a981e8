"""Service calls to a platform with a bearer token: fetched once, kept per registration, renewed once on a 401."""

import threading
import time
import uuid
from collections.abc import Sequence
from typing import Any

import jwt
from pylti1p3.service_connector import ServiceConnector, TServiceConnectorResponse

from lti_tool import http, keys, links
from lti_tool.claims import storable
from lti_tool.errors import Kind, ServiceError
from lti_tool.http import Answer
from lti_tool.models import Deployment
from lti_tool.platforms import classify

ASSERTION_SECONDS = 300
RENEW_BEFORE = 60.0
MAX_SAID = 300

# (registration, token URL, scopes) → (token, end). Never by issuer: all hosted Canvas schools share one.
_tokens: dict[tuple[int, str, str, str], tuple[str, float]] = {}
_lock = threading.Lock()


class PlatformConnector(ServiceConnector):
    """PyLTI1p3's connector over our HTTP client and our token cache."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.registration = deployment.registration

    def get_access_token(self, scopes: Sequence[str]) -> str:
        key = self._cache_key(scopes)
        token, ends = _tokens.get(key, ("", 0.0))
        return token if time.monotonic() < ends else self._renew(key, scopes)

    def call(
        self,
        method: str,
        url: str,
        scopes: Sequence[str],
        *,
        accept: str = "application/json",
        content_type: str = "",
        body: bytes | None = None,
    ) -> Answer:
        """One call with the registration's token; a 401 renews the token once. Gives the answer of whatever status."""
        url = http.at_home(self.deployment, url)
        headers = {"Accept": accept} | ({"Content-Type": content_type} if content_type else {})
        answer = self._call_with_token(method, url, scopes, headers, body)
        if answer.status == 401 and classify(answer) == Kind.TOKEN:
            _tokens.pop(self._cache_key(scopes), None)
            answer = self._call_with_token(method, url, scopes, headers, body)
        return answer

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
        """PyLTI1p3's way to call; raises ServiceError for anything but success."""
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
        self, method: str, url: str, scopes: Sequence[str], headers: dict[str, str], body: bytes | None
    ) -> Answer:
        bearer = {"Authorization": f"Bearer {self.get_access_token(scopes)}"}
        return http.request(method, url, headers=headers | bearer, body=body)

    def _cache_key(self, scopes: Sequence[str]) -> tuple[int, str, str, str]:
        row = self.registration
        return (row.pk, row.client_id, row.token_url, " ".join(sorted(scopes)))

    def _renew(self, key: tuple[int, str, str, str], scopes: Sequence[str]) -> str:
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
        if not isinstance(granted, dict) or not isinstance(granted.get("access_token"), str):
            raise ServiceError(Kind.TRANSIENT, status=answer.status, said="no token in the answer")
        try:
            lifetime = float(granted.get("expires_in") or 0)
        except (TypeError, ValueError):
            lifetime = 0.0
        with _lock:
            _tokens[key] = (granted["access_token"], time.monotonic() + min(lifetime, 3600) - RENEW_BEFORE)
        return str(granted["access_token"])

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


def check(answer: Answer) -> None:
    """Raise what an unsuccessful answer means."""
    kind = classify(answer)
    if kind != Kind.OK:
        raise ServiceError(kind, status=answer.status, said=said(answer), retry_after=retry_after(answer))


def said(answer: Answer) -> str:
    """The platform's own words, shortened. Moodle puts them (and our whole message) in the status line."""
    if "html" in answer.headers.get("Content-Type", ""):
        return f"{answer.status} with a web page"
    text = answer.text.strip()
    if text in ("", "[]"):
        text = answer.reason.split("{")[0]
    return storable(" ".join(f"{answer.status} {text}".split()))[:MAX_SAID]


def retry_after(answer: Answer) -> float | None:
    value = answer.headers.get("Retry-After", "")
    return min(float(value), 3600.0) if value.isdigit() else None


def forget_tokens() -> None:
    _tokens.clear()
