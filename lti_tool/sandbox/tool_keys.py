"""How each platform gets at the tool's public keys when the tool proves who it is."""

import threading
from collections.abc import Callable
from typing import Any

import jwt
import requests

from lti_tool.sandbox.models import School

Keys = list[dict[str, Any]]
# Moodle keeps the last key set that a signature verified with, for each client.
_kept: dict[str, Keys] = {}
_lock = threading.Lock()
USER_AGENT = {"moodle": "MoodleBot/5.1 (+{issuer})"}


class UnknownKey(Exception):
    """The key set does not name the key."""


class BadSignature(Exception):
    pass


def verify(school: School, assertion: str, kid: str | None) -> None:
    """Raises UnknownKey or BadSignature."""
    if school.tool.public_jwks:
        _verify_with(school.tool.public_jwks.get("keys", []), assertion, kid)
    elif school.profile == "moodle":
        _verify_as_moodle(school, assertion, kid)
    else:
        # Canvas source: fetched at every token request.
        _verify_with(_fetched(school), assertion, kid)


def _verify_as_moodle(school: School, assertion: str, kid: str | None) -> None:
    """Moodle live (jwks_handling): the kept set first, if its keys say `alg`; whatever fails there is fetched again."""
    kept = _kept.get(school.tool.client_id, [])
    if kept and all("alg" in key for key in kept) and _holds(lambda: _verify_with(kept, assertion, kid)):
        return
    fetched = _fetched(school)
    _verify_with(fetched, assertion, kid)
    with _lock:
        _kept[school.tool.client_id] = fetched


def _holds(check: Callable[[], None]) -> bool:
    try:
        check()
    except (UnknownKey, BadSignature):
        return False
    return True


def _fetched(school: School) -> Keys:
    agent = USER_AGENT.get(school.profile, "BellringerSandbox/1").format(issuer=school.issuer)
    try:
        answer = requests.get(school.tool.jwks_url, timeout=5, headers={"User-Agent": agent})
        keys = answer.json()["keys"]
    except (requests.RequestException, ValueError, KeyError, TypeError):
        return []
    return keys if isinstance(keys, list) else []


def _verify_with(keys: Keys, assertion: str, kid: str | None) -> None:
    found = next((key for key in keys if kid is not None and key.get("kid") == kid), None)
    if found is None:
        raise UnknownKey
    options: Any = {"verify_aud": False, "verify_exp": False, "verify_iat": False, "verify_nbf": False}
    try:
        jwt.decode(assertion, jwt.PyJWK(found, algorithm="RS256"), algorithms=["RS256"], options=options)
    except jwt.PyJWTError as error:
        raise BadSignature from error
