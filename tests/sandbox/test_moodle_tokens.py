"""Moodle's token endpoint as it was recorded, and how it comes by a tool's keys."""

import json
import time
from email.utils import parsedate_to_datetime
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.sandbox.key_host import KeyHost
from tests.sandbox.services import AGS, ALL, JWKS, KEY, assertion

RECORDINGS = Path(__file__).parent.parent / "samples" / "platforms" / "moodle"
TOOL_SETTINGS = "https://purl.imsglobal.org/spec/lti-ts/scope/toolsetting"
SCORE = f"{AGS}score"
EXCHANGES = json.loads((RECORDINGS / "token_endpoint.json").read_text())
*HANDLING, FETCHES = json.loads((RECORDINGS / "jwks_handling.json").read_text())
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
KID = {"tool-key-1": "tool"}


def signed_again(recorded, school, later):
    """The recorded assertion for this school, `later` seconds after it was made."""
    made = recorded["request"]["assertion"]
    claims, header = made["claims"], made["header"]
    client_id = school.registration["client_id"] if claims["iss"] != "nobody" else "nobody"
    times = {name: claims[name] + later for name in ("iat", "exp")}
    ours = {name: value for name, value in claims.items() if value is not None} | times
    key = OTHER_KEY if recorded["name"] == "token signed by another key" else KEY
    headers = {"kid": KID.get(header["kid"], header["kid"])}
    return jwt.encode(ours | {"iss": client_id, "sub": client_id}, key, algorithm="RS256", headers=headers)


def play(school, recorded, later):
    request = recorded["request"]
    if "assertion" not in request:
        headers = {"Content-Type": request["content_type"]} if request["content_type"] else {}
        body = "{}" if request["method"] == "POST" else None
        url = school.registration["token_url"]
        return school.sandbox.request(request["method"], url, headers=headers, data=body)
    form = request["form"] | {"client_assertion": signed_again(recorded, school, later)}
    return school.sandbox.request("POST", school.registration["token_url"], data=form)


def body_of(answer):
    """Moodle's answers are JSON, but for one."""
    try:
        return answer.json()
    except ValueError:
        return answer.text


def without_the_token(body):
    if isinstance(body, dict) and "access_token" in body:
        return body | {"access_token": len(body["access_token"])}
    return body


@pytest.fixture
def moodle(sandbox):
    scopes = [*ALL.split(), f"{AGS}lineitem.readonly", TOOL_SETTINGS]
    return sandbox.school("moodle", public_jwks=JWKS, tool={"scopes": scopes})


@pytest.mark.parametrize("recorded", EXCHANGES, ids=[exchange["name"] for exchange in EXCHANGES])
def test_a_token_is_granted_or_refused_as_moodle_did(moodle, recorded):
    then = int(parsedate_to_datetime(recorded["date"]).timestamp())
    later = int(time.time()) - then

    answer = play(moodle, recorded, later)

    wanted = recorded["body"]
    if "iat prior to" in str(wanted):
        moment = time.strftime("%Y-%m-%dT%H:%M:%S+0000", time.gmtime(then + 120 + later))
        wanted = {"error": f"Cannot handle token with iat prior to {moment}"}
    assert (answer.status_code, answer.reason) == (recorded["status"], recorded["reason"])
    assert answer.headers["Content-Type"] == recorded["headers"]["Content-Type"]
    assert without_the_token(body_of(answer)) == without_the_token(wanted)


def test_one_refusal_of_a_key_is_no_json():
    """What a tool must survive: it is in the recording that the sandbox follows."""
    (unknown_kid,) = [e for e in EXCHANGES if e["name"] == "token unknown kid"]

    with pytest.raises(ValueError, match="delimiter"):
        json.loads(unknown_kid["body"])


def test_moodle_keeps_a_key_set_that_names_its_algorithm_and_fetches_any_other_each_time(sandbox):
    with_alg = JWKS["keys"]
    without_alg = [{name: value for name, value in key.items() if name != "alg"} for key in with_alg]
    with KeyHost(without_alg) as host:
        school = sandbox.school("moodle", jwks_url=host.url)

        def fetches():
            before = len(host.asked)
            assert school.ask_token(assertion(school), SCORE).status_code == 200
            return len(host.asked) - before

        seen = {"no alg first": fetches(), "no alg second": fetches()}
        host.keys = with_alg
        seen |= {"alg first": fetches(), "alg second": fetches()}

    # Here the set without `alg` was already kept when it changed; there each half had a client of its own.
    assert seen == FETCHES["jwks fetches by Moodle"]
    assert [exchange["status"] for exchange in HANDLING] == [200] * 4
    asked = {name: host.asked[0][name] for name in ("Accept", "User-Agent")}
    there, here = "https://moodle.localhost:8443", school.registration["issuer"]
    assert asked == {name: value.replace(there, here) for name, value in FETCHES["headers"].items()}


def test_moodle_asks_again_when_a_kept_key_does_not_fit_and_keeps_each_clients_set_apart(sandbox):
    with KeyHost(JWKS["keys"]) as host:
        school, other = (sandbox.school("moodle", jwks_url=host.url) for _ in range(2))
        assert school.ask_token(assertion(school), SCORE).status_code == 200

        assert school.ask_token(assertion(school, key=OTHER_KEY), SCORE).status_code == 400
        assert len(host.asked) == 2
        assert school.ask_token(assertion(school), SCORE).status_code == 200
        assert len(host.asked) == 2
        assert other.ask_token(assertion(other), SCORE).status_code == 200
        assert len(host.asked) == 3
