"""The keys that platforms publish: kept for at most an hour, asked for again once a minute when a key is unknown.

An answer that is no key set is never kept, so a bad minute at the platform does not become a bad hour here.
"""

import threading
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
MIN_RSA_BITS = 2048
ALGORITHM = "RS256"


@dataclass(frozen=True)
class _KeySet:
    fetched_at: float
    keys: dict[str, RSAPublicKey]


_cache: dict[str, _KeySet] = {}
_lock = threading.Lock()


def public_key(jwks_url: str, kid: str) -> RSAPublicKey:
    """The platform's RS256 key with this id. Raises LaunchRejected where it has none or cannot be asked."""
    now = monotonic()
    known = _cache.get(jwks_url)
    if known and kid in known.keys and now - known.fetched_at < MAX_AGE:
        return known.keys[kid]
    if known is None or now - known.fetched_at >= REFETCH_AFTER:
        known = _fetch(jwks_url, now)
    if kid not in known.keys:
        raise LaunchRejected(Reason.KEY_UNKNOWN)
    return known.keys[kid]


def forget() -> None:
    """Drop every key set (tests travel in time and between platforms)."""
    _cache.clear()


def _fetch(jwks_url: str, now: float) -> _KeySet:
    try:
        answer = http.request("GET", jwks_url, headers={"Accept": "application/json"}, max_bytes=MAX_BYTES)
        document = answer.json() if answer.status == 200 else None
    except ServiceError as error:
        raise LaunchRejected(Reason.KEYS_UNREACHABLE, error.said) from None
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise LaunchRejected(Reason.KEYS_UNREACHABLE, f"status {answer.status}")
    key_set = _KeySet(now, dict(filter(None, map(_usable, entries))))
    with _lock:
        _cache[jwks_url] = key_set
    return key_set


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
