"""The sandbox's signing keys: made once, shared by all schools, another one only when a school rotates."""

import hashlib
import json
import threading
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from lti_tool.sandbox import profiles
from lti_tool.sandbox.models import School, SigningKey

_loaded: dict[int, rsa.RSAPrivateKey] = {}
_lock = threading.Lock()


def pair(number: int) -> rsa.RSAPrivateKey:
    number %= 1000  # Canvas publishes a key from before the first
    with _lock:
        if number not in _loaded:
            _loaded[number] = _load(number)
        return _loaded[number]


def _load(number: int) -> rsa.RSAPrivateKey:
    row = SigningKey.objects.filter(number=number).first()
    if row is None:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        row, _ = SigningKey.objects.get_or_create(number=number, defaults={"pem": pem.decode()})
    loaded = serialization.load_pem_private_key(row.pem.encode(), None)
    assert isinstance(loaded, rsa.RSAPrivateKey)
    return loaded


def kid(school: School, rotation: int) -> str:
    """Shaped as the platform shapes it: Moodle 20 hex digits, Canvas the month and a UUID."""
    digest = hashlib.sha256(f"{school.slug}:{rotation}".encode()).hexdigest()
    if school.profile == "moodle":
        return digest[:20]
    if school.profile == "canvas":
        uuid = "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:32]))
        if profiles.canvas_of(school).is_old:
            return f"{2018 + rotation}-06-18T22:33:20Z"
        month = 8 + rotation  # September 2026 is the first, counted from January 2026 as 0
        return f"{2026 + month // 12}-{month % 12 + 1:02d}-01T00:00:41Z_{uuid}"
    return f"{school.slug}-{rotation}"


def signing(school: School) -> tuple[str, rsa.RSAPrivateKey]:
    return kid(school, school.rotation), pair(school.rotation)


def other_key() -> rsa.RSAPrivateKey:
    """A good key that no school publishes."""
    return pair(900)


def published(school: School) -> dict[str, Any]:
    """Canvas source: the last month's key, this month's and the next one's. The others: the last one after a change."""
    canvas, now = school.profile == "canvas", school.rotation
    first = now - 1 if school.keeps_old_key and (now or canvas) else now
    last = now + 1 if canvas else now
    without_alg = school.jwks_mode.get("mode") == "without_alg"
    return {"keys": [_jwk(school, number, without_alg) for number in range(first, last + 1)]}


def _jwk(school: School, rotation: int, without_alg: bool) -> dict[str, Any]:
    jwk = json.loads(RSAAlgorithm.to_jwk(pair(rotation).public_key()))
    named = {"kty": "RSA", "e": jwk["e"], "n": jwk["n"], "kid": kid(school, rotation), "use": "sig"}
    return named if without_alg else named | {"alg": "RS256"}


def public_pem(school: School) -> bytes:
    return (
        pair(school.rotation)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
