import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from lti_tool import http, jwks
from lti_tool.errors import LaunchRejected, Reason

URL = "https://lms.example/jwks"


@pytest.fixture(scope="module")
def key():
    return json.loads(
        RSAAlgorithm.to_jwk(rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key())
    )


class Platform:
    """What the key set address answers, and how often it was asked."""

    def __init__(self):
        self.document: object = {}
        self.status = 200
        self.asked = 0
        self.gate = threading.Event()
        self.gate.set()

    def request(self, method, url, **how):
        self.asked += 1
        self.gate.wait(5)
        body = self.document if isinstance(self.document, bytes) else json.dumps(self.document).encode()
        return http.Answer(self.status, "", {}, body)

    def publishes(self, *entries):
        self.document, self.status = {"keys": list(entries)}, 200


@pytest.fixture
def platform(monkeypatch):
    found = Platform()
    monkeypatch.setattr(http, "request", found.request)
    return found


@pytest.fixture
def later(monkeypatch):
    def move(seconds):
        monkeypatch.setattr(jwks, "monotonic", lambda: time.monotonic() + seconds)

    return move


def reason(kid):
    with pytest.raises(LaunchRejected) as rejection:
        jwks.public_key(URL, kid)
    return rejection.value.reason


@pytest.mark.row("S8")
def test_a_key_set_is_kept_for_an_hour_at_most(platform, later, key):
    platform.publishes(key | {"kid": "a"})
    jwks.public_key(URL, "a")

    later(3590)
    jwks.public_key(URL, "a")
    assert platform.asked == 1
    later(3610)
    jwks.public_key(URL, "a")
    assert platform.asked == 2


@pytest.mark.row("S8")
def test_an_unknown_key_makes_us_look_once_a_minute(platform, later, key):
    platform.publishes(key | {"kid": "a"})
    jwks.public_key(URL, "a")

    assert [reason("b") for _ in range(5)] == [Reason.KEY_UNKNOWN] * 5
    assert platform.asked == 1
    later(61)
    platform.publishes(key | {"kid": "b"})
    jwks.public_key(URL, "b")
    assert platform.asked == 2


@pytest.mark.row("S8")
def test_invented_keys_do_not_make_us_hammer_a_platform_that_is_down(platform, later, key):
    platform.publishes(key | {"kid": "a"})
    jwks.public_key(URL, "a")
    platform.status = 500

    later(61)
    assert reason("b") == Reason.KEYS_UNREACHABLE
    assert [reason("b") for _ in range(5)] == [Reason.KEY_UNKNOWN] * 5
    assert platform.asked == 2
    jwks.public_key(URL, "a")  # what we knew still holds


@pytest.mark.row("S8")
@pytest.mark.parametrize(
    ("status", "document"),
    [
        (500, {"keys": []}),
        (200, {"error": "no"}),
        (200, {"keys": "none"}),
        (200, ["keys"]),
        (200, b"<html>"),
        (302, {"keys": []}),
        (200, b"[" * 100_000),
    ],
)
def test_an_error_is_never_kept(platform, key, status, document):
    platform.status, platform.document = status, document
    assert reason("a") == Reason.KEYS_UNREACHABLE

    platform.publishes(key | {"kid": "a"})

    assert jwks.public_key(URL, "a")


@pytest.mark.row("S9", "M26")
@pytest.mark.parametrize(
    ("change", "is_usable"),
    [
        ({}, True),
        ({"alg": "RS256", "use": "sig"}, True),
        ({"alg": "HS256"}, False),
        ({"use": "enc"}, False),
        ({"kty": "oct", "k": "c2VjcmV0"}, False),
        ({"n": "AQAB"}, False),
        ({"n": 7}, False),
        ({"kid": 7}, False),
    ],
)
def test_only_decent_rsa_signing_keys_are_used(platform, key, change, is_usable):
    platform.publishes("junk", None, key | {"kid": "a"} | change)

    if is_usable:
        assert jwks.public_key(URL, "a").key_size >= 2048
    else:
        assert reason("a") == Reason.KEY_UNKNOWN


@pytest.mark.row("S8")
def test_launches_that_come_together_cause_one_look(platform, key):
    platform.publishes(key | {"kid": "a"})
    platform.gate.clear()

    with ThreadPoolExecutor(8) as pool:
        found = [pool.submit(jwks.public_key, URL, "a") for _ in range(8)]
        time.sleep(0.2)
        platform.gate.set()
        assert all(one.result(5) for one in found)

    assert platform.asked == 1
