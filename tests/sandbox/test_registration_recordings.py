"""Registrations that were recorded with a real Moodle, or pinned from Canvas, played again against the sandbox."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.services import JWKS
from tests.sandbox_lms import JSON, Sandbox, School

SAMPLES = Path(__file__).parent.parent / "samples" / "platforms"
TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"
CANVAS = "https://canvas.instructure.com/lti/"


def sample(name: str) -> Any:
    return json.loads((SAMPLES / name).read_text())


def self_hosted(sandbox: Sandbox, profile: str) -> School:
    school = sandbox.school(profile, public_jwks=JWKS)
    school.change("school", {"issuer": school.url})
    return school


def endpoint(school: School) -> str:
    return f"{school.url}/lti/registration"


def post(school: School, body: Any, token: str, method: str = "POST") -> Any:
    return school.call(method, endpoint(school), token=token, content_type="application/json", body=body)


def fresh(school: School, **how: Any) -> str:
    return school.registration_pass(**how)["registration_token"]


# Moodle 5.1.3, live.

NEW, UPDATE = (sample(f"moodle/dynamic_registration{name}.json")["events"] for name in ("", "_update"))


def there(school: School, value: Any, origin: str) -> Any:
    """The sandbox's addresses written as the recording's."""
    pairs = {f"{school.url}/lti/": f"{origin}/mod/lti/", school.url: origin}
    text = json.dumps(value)
    for here, recorded in pairs.items():
        text = text.replace(here, recorded)
    return json.loads(text)


def test_moodle_describes_itself_as_recorded(sandbox):
    school = self_hosted(sandbox, "moodle")
    recorded = NEW[1]["openid_configuration"]

    answer = school.sandbox.request("GET", school.registration_pass()["openid_configuration"])

    described = there(school, answer.json(), recorded["issuer"])
    named = {"token_endpoint": "token.php", "jwks_uri": "certs.php", "authorization_endpoint": "auth.php"}
    named["registration_endpoint"] = "openid-registration.php"
    for name, script in named.items():
        described[name] = f"{recorded['issuer']}/mod/lti/{script}"
    assert described == recorded
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"


@pytest.mark.parametrize("events", [NEW, UPDATE], ids=["new", "update"])
def test_moodle_answers_a_registration_as_recorded(sandbox, events):
    school = self_hosted(sandbox, "moodle")
    recorded = events[-1]
    renews = recorded["token_claims"]["scope"] == "reg-update"
    before = school.registration["client_id"]

    answer = post(school, recorded.get("request") or events[1]["request"], fresh(school, renew=renews))

    body = answer.json()
    client_id, place = body["client_id"], body[TOOL]["deployment_id"]
    assert (answer.status_code, len(client_id)) == (
        recorded["status"],
        len(recorded["response"]["client_id"]),
    )
    assert (client_id == before) is renews
    body["client_id"] = recorded["response"]["client_id"]
    body[TOOL]["deployment_id"] = recorded["response"][TOOL]["deployment_id"]
    assert body == recorded["response"]
    assert list(body) == list(recorded["response"])
    told = school.refresh().registration
    assert (told["client_id"], told["deployment_id"]) == (client_id, place)


ERRORS = sample("moodle/registration_errors.json")


@pytest.mark.parametrize("exchange", ERRORS, ids=[exchange["name"] for exchange in ERRORS])
def test_moodle_refuses_a_registration_as_recorded(sandbox, exchange):
    school = self_hosted(sandbox, "moodle")
    name, request = exchange["name"], exchange["request"]
    token = {"register: no token": "", "register: garbage token": "abc"}.get(name, fresh(school))
    if name == "register: used token":
        assert post(school, NEW[1]["request"], token).status_code == 200

    answer = post(school, request["body"], token, request["method"])

    recorded = exchange["body"]
    assert (answer.status_code, answer.reason) == (exchange["status"], exchange["reason"])
    if exchange["status"] == 200:
        assert answer.json()[TOOL]["target_link_uri"] == json.loads(request["body"])[TOOL]["target_link_uri"]
    elif recorded.startswith("<!DOCTYPE"):
        assert "html" in answer.headers["Content-Type"]
    else:
        assert (answer.text, answer.headers["Content-Type"]) == (
            recorded,
            exchange["headers"]["Content-Type"],
        )


# Canvas, from its source and captures.

FLOW = sample("canvas/registration.flow_and_errors.json")
REQUEST, RESPONSE = sample("canvas/registration.request.json"), sample("canvas/registration.response.json")


def test_canvas_describes_itself_as_captured(sandbox):
    school = self_hosted(sandbox, "canvas")
    captured = sample("canvas/registration.openid_configuration.self_hosted.json")

    described = school.sandbox.request("GET", school.registration_pass()["openid_configuration"]).json()

    own = {
        "issuer",
        "authorization_endpoint",
        "registration_endpoint",
        "jwks_uri",
        "token_endpoint",
        "authorization_server",
    }
    platform = "https://purl.imsglobal.org/spec/lti-platform-configuration"
    of_the_school = {CANVAS + name for name in ("account_name", "account_lti_guid", "account_domain")}
    assert set(described) == set(captured)
    assert set(described[platform]) == set(captured[platform])
    for name in set(captured) - own - {platform}:
        assert described[name] == captured[name]
    for name in set(captured[platform]) - of_the_school:
        assert described[platform][name] == captured[platform][name]


def test_canvas_wants_its_pass_in_the_query(sandbox):
    school = self_hosted(sandbox, "canvas")
    address = school.registration_pass()["openid_configuration"].partition("?")[0]
    missing = FLOW["openid_configuration_fetch"]["missing_token"]

    answer = school.sandbox.request("GET", address, headers={"Authorization": f"Bearer {fresh(school)}"})

    assert (answer.status_code, answer.json()) == (missing["status"], missing["body"])


def test_canvas_answers_a_registration_as_captured(sandbox):
    school = self_hosted(sandbox, "canvas")

    answer = post(school, REQUEST, fresh(school))

    body = answer.json()
    assert answer.status_code == 200
    assert set(body) == set(RESPONSE)
    assert body["client_id"].isdecimal()
    assert len(body["client_id"]) >= 14
    assert body["deployment_id"].startswith("4127:")
    own = {"client_id", "deployment_id", TOOL}
    assert {n: v for n, v in body.items() if n not in own} == {
        n: v for n, v in RESPONSE.items() if n not in own
    }
    config_url = body[TOOL].pop(CANVAS + "registration_config_url")
    assert config_url.startswith(school.url)
    assert config_url.endswith("/view")
    assert body[TOOL] == {
        n: v for n, v in RESPONSE[TOOL].items() if not n.endswith("registration_config_url")
    }


def test_canvas_takes_a_pass_once(sandbox):
    school = self_hosted(sandbox, "canvas")
    token = fresh(school)
    post(school, REQUEST, token)

    for spent in (token, "garbage", ""):
        answer = post(school, REQUEST, spent)
        assert {"status": answer.status_code, "body": answer.json()} == FLOW["errors"][0]


def without(body: JSON, name: str, value: Any = None) -> JSON:
    changed = {n: v for n, v in body.items() if n != name}
    return changed if value is None else changed | {name: value}


FIELD_ERRORS = [error for error in FLOW["errors"] if error["status"] == 422]


@pytest.mark.parametrize("error", FIELD_ERRORS, ids=lambda error: error["body"]["errors"][0]["field"])
def test_canvas_names_the_field_it_refuses(sandbox, error):
    school = self_hosted(sandbox, "canvas")
    field = error["body"]["errors"][0]["field"]
    wrong = ["nothing"] if isinstance(REQUEST[field], list) else "nothing"

    answer = post(school, without(REQUEST, field, wrong), fresh(school))

    assert {"status": answer.status_code, "body": answer.json()} == error


def tool(**changes: Any) -> JSON:
    return REQUEST | {TOOL: REQUEST[TOOL] | changes}


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (
            REQUEST | {"scope": "https://purl.imsglobal.org/spec/lti-gs/scope/contextgroup.readonly"},
            422,
            "Invalid scopes:",
        ),
        (tool(messages=[{"type": "LtiSubmissionReviewRequest"}]), 422, "LtiSubmissionReviewRequest"),
        (tool(messages=[{"type": "LtiDeepLinkingRequest", "placements": ["nowhere"]}]), 422, "nowhere"),
        (tool(custom_parameters={"a": 1}), 422, "strings"),
        (tool(domain="https://tool.example"), 422, "protocol"),
        (without(REQUEST, "scope"), 500, "An error occurred"),
    ],
)
def test_canvas_refuses_what_it_does_not_know(sandbox, body, status, words):
    school = self_hosted(sandbox, "canvas")

    answer = post(school, body, fresh(school))

    assert answer.status_code == status
    assert words in answer.text


@pytest.mark.parametrize(
    ("claims", "names", "email"),
    [
        (["sub", "name", "email"], True, True),
        (["sub", "picture"], True, True),
        (["sub", "name"], True, False),
        (["sub", "email"], False, True),
        (["sub"], False, False),
    ],
)
def test_canvas_infers_privacy_from_the_claims(sandbox, claims, names, email):
    school = self_hosted(sandbox, "canvas")
    configured = without(REQUEST[TOOL], CANVAS + "privacy_level") | {"claims": claims}
    post(school, REQUEST | {TOOL: configured}, fresh(school))
    school.change("tool", {"is_on": True})
    school.link()

    import jwt

    begun = school.begin_launch()
    token = school.collect(begun, redirect_uri=REQUEST["redirect_uris"][0])["id_token"]
    body = jwt.decode(token, options={"verify_signature": False})

    assert ("name" in body, "email" in body) == (names, email)


def test_canvas_shows_what_it_keeps_to_the_tool_alone(sandbox):
    school = self_hosted(sandbox, "canvas")
    url = post(school, REQUEST, fresh(school)).json()[TOOL][CANVAS + "registration_config_url"]
    refused = sample("canvas/registration.update.json")["unauthorised"]

    answer = school.call("GET", url.removesuffix("/view") + "/configuration", token="made up")

    assert {"status": answer.status_code, "body": answer.json()} == refused


# Plain: RFC 7591.


def test_plain_answers_201_and_refuses_with_a_code(sandbox):
    school = self_hosted(sandbox, "plain")
    token = fresh(school)

    refused = post(school, without(REQUEST, "jwks_uri"), token)
    made = post(school, REQUEST, token)
    again = post(school, REQUEST, token)

    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_client_metadata")
    assert (made.status_code, made.json()[TOOL]["deployment_id"]) == (
        201,
        school.registration["deployment_id"],
    )
    assert (again.status_code, again.json()) == (401, {"error": "invalid_token"})


def test_a_pass_ends_after_an_hour(sandbox):
    school = self_hosted(sandbox, "moodle")
    import time

    import jwt

    token = fresh(school)
    claims = jwt.decode(token, options={"verify_signature": False})

    assert (claims["scope"], claims["exp"] - claims["iat"]) == ("reg", 3600)
    assert abs(claims["iat"] - time.time()) < 60
    assert set(claims) >= set(NEW[-1]["token_claims"])


@pytest.mark.parametrize(
    ("profile", "buttons"),
    [("plain", []), ("moodle", ["Activate"]), ("canvas", ["Switch the key on", "Install"])],
)
def test_an_administrator_switches_the_tool_on_step_by_step(sandbox, profile, buttons):
    school = self_hosted(sandbox, profile)
    school.link()
    post(school, REQUEST, fresh(school))
    page = f"{school.url}/admin/"
    course = f"{school.url}/as/teacher/links/{school.links[0]['number']}/"

    for button in buttons:
        assert f">{button}<" in school.sandbox.request("GET", page).text
        assert school.sandbox.request("GET", course).status_code == 403
        school.sandbox.request("POST", f"{page}next/")

    assert 'action="' + f"/{school.slug}/admin/next/" not in school.sandbox.request("GET", page).text
    assert school.sandbox.request("GET", course).status_code == 200
