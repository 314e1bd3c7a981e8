"""Our own keys: made on first use, encrypted at rest, published for platforms to verify us with, and changed in time.

A key is *next*, then *current*, then *retiring*. It is published a day before it signs, so that a platform that keeps our
key set knows it by then, and a week after it stopped, so that what it signed can still be verified.
"""

import base64
import hashlib
import json
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from jwt.algorithms import RSAAlgorithm

from lti_tool.models import ToolKey

PUBLISHED_BEFORE = timedelta(hours=24)
PUBLISHED_AFTER = timedelta(days=7)

# Loading a PEM private key costs 47 ms, signing with a loaded one 0.3 ms: loaded keys stay in the process.
_loaded: dict[str, rsa.RSAPrivateKey] = {}
_lock = threading.Lock()


@dataclass(frozen=True)
class SigningKey:
    kid: str
    private: rsa.RSAPrivateKey


class TooEarly(Exception):
    """The next key has not been published long enough for every platform to know it."""

    def __init__(self, ready_at: datetime) -> None:
        super().__init__(ready_at.isoformat())
        self.ready_at = ready_at


def signing_key() -> SigningKey:
    """The key to sign with now; makes the first ones. Asked of the database each time: another process may rotate."""
    row = ToolKey.objects.filter(state=ToolKey.State.CURRENT).first() or _make_first()
    return SigningKey(row.kid, _load(row))


def key_set() -> dict[str, Any]:
    """The JSON Web Key Set of every key that a platform may still meet."""
    signing_key()
    return {"keys": [_jwk(row) for row in ToolKey.objects.order_by("created_at", "pk")]}


def rotate() -> ToolKey:
    """Sign with the next key from now on, and publish the one after it. Gives the new current key.

    Raises TooEarly where the next key is not known to everybody yet.
    """
    signing_key()
    fresh = _new_key()
    with transaction.atomic():
        current, following = _locked(ToolKey.State.CURRENT), _locked(ToolKey.State.NEXT)
        ready_at = (following.created_at if following else timezone.now()) + PUBLISHED_BEFORE
        if following is None or timezone.now() < ready_at:
            if following is None:
                _publish_next(fresh)
            not_yet = TooEarly(ready_at)
        else:
            if current:
                _retire(current)
            _promote(following)
            _publish_next(fresh)
            not_yet = None
    if not_yet:
        raise not_yet
    assert following
    return following


def replace_leaked() -> ToolKey:
    """Stop signing with the current key and stop publishing it, both at once: for a private key that got out.

    Platforms that keep our key set refuse us until they read it again; Moodle does so at the first token it cannot verify.
    """
    fresh, after = _new_key(), _new_key()
    with transaction.atomic():
        for row in ToolKey.objects.select_for_update():
            row.delete()
        current = ToolKey(kid=fresh[0], private_pem=fresh[1], state=ToolKey.State.CURRENT)
        current.current_at = timezone.now()
        current.save()
        _publish_next(after)
    return current


def tidy() -> None:
    """What is due: delete keys that retired long enough ago, publish a next one, rotate when the current one is old."""
    now = timezone.now()
    ToolKey.objects.filter(state=ToolKey.State.RETIRING, retiring_at__lt=now - PUBLISHED_AFTER).delete()
    current = ToolKey.objects.filter(state=ToolKey.State.CURRENT).first()
    if current is None:
        return  # nobody has needed a key yet
    if not ToolKey.objects.filter(state=ToolKey.State.NEXT).exists():
        _publish_next(_new_key())
    if now - (current.current_at or current.created_at) >= timedelta(days=settings.LTI_KEY_DAYS):
        try:
            rotate()
        except TooEarly:
            return  # a day later, then


def encrypt_anew() -> int:
    """Encrypt every private key with the first of LTI_KEY_ENCRYPTION_KEYS; gives how many. Then the others can go."""
    with transaction.atomic():
        rows = list(ToolKey.objects.select_for_update())
        for row in rows:
            row.save(update_fields=["private_pem"])
    return len(rows)


def _locked(state: ToolKey.State) -> ToolKey | None:
    return ToolKey.objects.select_for_update().filter(state=state).first()


def _retire(row: ToolKey) -> None:
    row.state, row.retiring_at = ToolKey.State.RETIRING, timezone.now()
    row.save(update_fields=["state", "retiring_at"])


def _promote(row: ToolKey) -> None:
    row.state, row.current_at = ToolKey.State.CURRENT, timezone.now()
    row.save(update_fields=["state", "current_at"])


def _publish_next(fresh: tuple[str, str]) -> None:
    """There is one next key: where another process was faster, its stays."""
    kid, pem = fresh
    try:
        with transaction.atomic():
            ToolKey.objects.create(kid=kid, private_pem=pem, state=ToolKey.State.NEXT)
    except IntegrityError:
        return


def _make_first() -> ToolKey:
    """The first key signs at once, because nobody knows an older one; the next is published beside it."""
    kid, pem = _new_key()
    try:
        with transaction.atomic():
            row = ToolKey.objects.create(kid=kid, private_pem=pem, current_at=timezone.now())
    except IntegrityError:  # another process made it in the same moment
        return ToolKey.objects.get(state=ToolKey.State.CURRENT)
    _publish_next(_new_key())
    return row


def _new_key() -> tuple[str, str]:
    """Key id and PEM of a new 2048-bit RSA key. Made outside of transactions: it takes a moment."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return _thumbprint(private), pem.decode()


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
