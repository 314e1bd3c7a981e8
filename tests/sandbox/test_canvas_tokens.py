"""Canvas's token endpoint, its key set and its signatures, beside what its source and documents say."""

import json
import re
from pathlib import Path

import jwt
import pytest

from tests.sandbox.key_host import KeyHost
from tests.sandbox.services import AGS, ALL, JWKS, assertion

SAMPLES = Path(__file__).parent.parent / "samples" / "platforms" / "canvas"
TOKEN = json.loads((SAMPLES / "token.json").read_text())
SCORE = f"{AGS}score"


def said(wanted):
    """The row of the table of errors with this description."""
    (row,) = [e for e in TOKEN["errors"] if e["body"].get("error_description", "").startswith(wanted)]
    return row["status"], row["body"]


def answered(response):
    return response.status_code, response.json()


@pytest.mark.parametrize(
    ("changes", "description"),
    [
        ({"kid": "unknown"}, "JWS signature invalid."),
        ({"sub": "nobody", "iss": "nobody"}, "JWS signature invalid."),
        ({"aud": "https://elsewhere.example/"}, "the 'aud' is invalid"),
        ({"age": 301}, "the 'iat' must be less than 300 seconds old"),
        ({"age": -31}, "the 'iat' must not be in the future"),
        ({"exp": 1}, "the JWT has expired"),
        ({"jti": None}, "the following assertions are missing: jti"),
    ],
)
def test_an_assertion_is_refused_in_canvas_words(canvas, changes, description):
    if "age" in changes:
        now = jwt.decode(assertion(canvas), options={"verify_signature": False})["iat"]
        changes = {"iat": now - changes["age"], "exp": now + 60}

    assert answered(canvas.ask_token(assertion(canvas, **changes), SCORE)) == said(description)


@pytest.mark.parametrize("age", [295, -25])
def test_a_clock_that_is_a_little_off_is_fine(canvas, age):
    now = jwt.decode(assertion(canvas), options={"verify_signature": False})["iat"]

    answer = canvas.ask_token(assertion(canvas, iat=now - age, exp=now + 60), SCORE)

    assert answer.status_code == 200


def test_the_audience_may_be_a_list_and_an_assertion_is_good_twice(canvas):
    several = assertion(canvas, aud=["https://elsewhere.example/", canvas.registration["token_url"]])

    assert canvas.ask_token(several, SCORE).status_code == 200
    assert canvas.ask_token(several, SCORE).status_code == 200


def test_a_scope_that_the_key_lacks_refuses_the_whole_request(canvas):
    status, body = answered(canvas.ask_token(assertion(canvas), f"{SCORE} urn:not:a:scope"))

    assert (status, body["error"]) == (400, "invalid_scope")
    assert "urn:not:a:scope" in body["error_description"]
    wrong = canvas.ask_token(assertion(canvas), SCORE, grant_type="password")
    assert answered(wrong) == (400, {"error": "unsupported_grant_type"})


def test_an_access_token_is_a_jwt_for_an_hour_with_the_members_seen_in_canvas(canvas):
    answer = canvas.ask_token(assertion(canvas), ALL).json()

    assert set(answer) == set(TOKEN["response"])
    assert (answer["token_type"], answer["expires_in"], answer["scope"]) == ("Bearer", 3600, ALL)
    inside = jwt.decode(answer["access_token"], options={"verify_signature": False})
    assert set(inside) == set(TOKEN["access_token_payload_seen"])
    assert inside["exp"] - inside["iat"] == 3600
    headers = json.loads((SAMPLES / "jwt_headers.json").read_text())
    assert jwt.get_unverified_header(answer["access_token"]) == headers["service_access_token"]


def test_canvas_fetches_our_keys_for_every_token(sandbox):
    with KeyHost(JWKS["keys"]) as host:
        school = sandbox.school("canvas", jwks_url=host.url)
        for _ in range(3):
            assert school.ask_token(assertion(school), SCORE).status_code == 200

    assert len(host.asked) == 3


def test_the_key_set_has_the_last_months_key_this_months_and_the_next_ones(canvas):
    answer = canvas.call("GET", canvas.registration["jwks_url"])

    shape = json.loads((SAMPLES / "jwks.shape.json").read_text())["keys"]
    keys = answer.json()["keys"]
    assert [set(key) for key in keys] == [set(key) for key in shape]
    assert [key["kid"][:8] for key in keys] == [key["kid"][:8] for key in shape]
    assert len({key["n"] for key in keys}) == 3
    assert answer.headers["Cache-Control"].startswith("max-age=")


def test_a_token_names_its_key_with_colons_and_the_next_month_is_known_in_advance(canvas):
    before = {key["kid"] for key in canvas.call("GET", canvas.registration["jwks_url"]).json()["keys"]}
    seen = jwt.get_unverified_header(canvas.mint({"sub": "x"}))
    wanted = json.loads((SAMPLES / "jwt_headers.json").read_text())["id_token"]

    assert {name: seen[name] for name in ("typ", "alg")} == {name: wanted[name] for name in ("typ", "alg")}
    pattern = r"\d{4}-\d\d-01T\d\d:\d\d:\d\dZ_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    assert re.fullmatch(pattern, seen["kid"])
    assert re.fullmatch(pattern, wanted["kid"])
    assert canvas.rotate_key() in before
