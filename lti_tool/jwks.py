"""The keys that platforms publish: kept for at most an hour, asked for again once a minute when a key is unknown.

An answer that is no key set is never kept, so a bad minute at the platform does not become a bad hour here. One request
at a time goes to each platform: launches that come meanwhile wait for it and use what it brought.
"""

import threading
from collections import defaultdict
from dataclasses import dataclass
from time import monotonic
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from lti_tool import http
from lti_tool.errors import LaunchRejected, Reason, ServiceError

MAX_AGE = 3600.0
REFETCH_AFTER = 60.0
MAX_BYTES = 256 * 1024
MAX_KEYS = 100
FETCH_SECONDS = 10.0  # somebody is waiting in front of the page
MIN_RSA_BITS = 2048
ALGORITHM = "RS256"


@dataclass(frozen=True)
class _KeySet:
    fetched_at: float
    keys: dict[str, RSAPublicKey]


_cache: dict[str, _KeySet] = {}
_asked_at: dict[str, float] = {}
_fetching: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)


def public_key(jwks_url: str, kid: str) -> RSAPublicKey:
    """The platform's RS256 key with this id. Raises LaunchRejected where it has none or cannot be asked."""
    known = _fresh(jwks_url)
    if known is None or (kid not in known.keys and _may_ask_again(jwks_url)):
        known = _refreshed(jwks_url, known)
    if kid not in known.keys:
        raise LaunchRejected(Reason.KEY_UNKNOWN)
    return known.keys[kid]


def _fresh(jwks_url: str) -> _KeySet | None:
    known = _cache.get(jwks_url)
    return known if known and monotonic() - known.fetched_at < MAX_AGE else None


def _may_ask_again(jwks_url: str) -> bool:
    """Failed requests count too: tokens with invented key ids must not make us hammer a platform that is down."""
    return monotonic() - _asked_at.get(jwks_url, -REFETCH_AFTER) >= REFETCH_AFTER


def _refreshed(jwks_url: str, before: _KeySet | None) -> _KeySet:
    with _fetching[jwks_url]:
        known = _fresh(jwks_url)
        if known is not None and known is not before:
            return known  # somebody else fetched it while we waited
        _asked_at[jwks_url] = monotonic()
        _cache[jwks_url] = _fetch(jwks_url)
        return _cache[jwks_url]


def forget() -> None:
    """Drop every key set (tests travel in time and between platforms)."""
    _cache.clear()
    _asked_at.clear()


def _fetch(jwks_url: str) -> _KeySet:
    try:
        answer = http.request(
            "GET", jwks_url, headers={"Accept": "application/json"}, max_bytes=MAX_BYTES, within=FETCH_SECONDS
        )
        document = answer.json() if answer.status == 200 else None
    except ServiceError as error:
        raise LaunchRejected(Reason.KEYS_UNREACHABLE, error.said) from None
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise LaunchRejected(Reason.KEYS_UNREACHABLE, f"status {answer.status}")
    return _KeySet(monotonic(), dict(filter(None, map(_usable, entries[:MAX_KEYS]))))


def _usable(entry: Any) -> tuple[str, RSAPublicKey] | None:
    """(kid, key) of an RSA signing key of decent size; None for anything else. Moodle may leave `alg` out."""
    if not isinstance(entry, dict) or not isinstance(entry.get("kid"), str):
        return None
    if (
        entry.get("kty") != "RSA"
        or entry.get("alg", ALGORITHM) != ALGORITHM
        or entry.get("use", "sig") != "sig"
    ):
        return None
    try:
        key = jwt.PyJWK(entry, algorithm=ALGORITHM).key
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    return (entry["kid"], key) if isinstance(key, RSAPublicKey) and key.key_size >= MIN_RSA_BITS else None
