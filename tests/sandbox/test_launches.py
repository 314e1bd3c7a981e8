"""Launches beside the recorded ones: the same members, the same roles, the same errors."""

import base64
import json
import time
from pathlib import Path

import jwt
import pytest

from tests.sandbox_lms import NoForm

SAMPLES = Path(__file__).parent.parent / "samples"
LTI = "https://purl.imsglobal.org/spec/lti/claim/"
ROLES = LTI + "roles"
# An intro is text of the activity; the sandbox's links have none unless a test gives one.
CANVAS_LAUNCHES = {
    "teacher": "instructor.assignment",
    "ta": "ta.assignment",
    "student": "student.assignment",
    "observer": "observer.assignment",
}
MOODLE_LAUNCHES = {
    "teacher": "launch_teacher_graded",
    "ta": "launch_nonediting_teacher_graded",
    "student": "launch_student_graded",
    "both": "launch_teacher_and_student_graded",
    "admin": "launch_admin_graded",
}


def canvas_recording(name):
    return json.loads((SAMPLES / "launches" / "canvas" / f"id_token.{name}.json").read_text())


def moodle_recording(name):
    return json.loads((SAMPLES / "launches" / "moodle" / f"{name}.json").read_text())["steps"][-1]


def claims_of(form):
    return jwt.decode(form["id_token"], options={"verify_signature": False})


def launched(school, person):
    return claims_of(school.collect(school.begin_launch(person)))


def shape(value):
    """The members of an object, the claims a platform fills freely left out."""
    return {
        name: set(inner) if isinstance(inner, dict) else None
        for name, inner in value.items()
        if name != LTI + "custom"
    }


def everybody(sandbox, profile, **how):
    roles = ("teacher", "ta", "student", "observer", "designer", "test_student", "both", "admin")
    people = [{"handle": role.replace("_", "-"), "name": f"Role {role}", "role": role} for role in roles]
    school = sandbox.school(profile, people=people, activity=False, **how)
    school.link(description="An INTRO with html")
    return school


@pytest.mark.parametrize(("role", "recording"), MOODLE_LAUNCHES.items())
def test_a_moodle_launch_has_the_recorded_members_and_roles(sandbox, role, recording):
    school = everybody(sandbox, "moodle")
    wanted = moodle_recording(recording)["claims"]

    claims = launched(school, role)

    assert shape(claims) == shape(wanted)
    assert sorted(claims[ROLES]) == sorted(wanted[ROLES])
    assert claims["exp"] - claims["iat"] == 60
    assert claims[LTI + "context"]["type"] == wanted[LTI + "context"]["type"]


@pytest.mark.parametrize(("role", "recording"), CANVAS_LAUNCHES.items())
def test_a_canvas_launch_has_the_members_and_roles_of_canvas(sandbox, role, recording):
    school = everybody(sandbox, "canvas")
    wanted = canvas_recording(recording)

    claims = launched(school, role)

    assert shape(claims) == shape(wanted)
    assert claims[ROLES] == wanted[ROLES]
    assert claims["exp"] - claims["iat"] == 3600
    assert claims["aud"] == claims["azp"]
    assert claims["iss"] == wanted["iss"]


@pytest.mark.parametrize(
    ("privacy", "recording"), [("none", "anonymous"), ("email", "email_only"), ("names", "name_only")]
)
def test_canvas_tells_what_the_privacy_level_allows(sandbox, privacy, recording):
    school = everybody(sandbox, "canvas", privacy=privacy)

    claims = launched(school, "student")

    assert shape(claims) == shape(canvas_recording(f"student.assignment.privacy_{recording}"))


def test_canvas_test_student_is_marked(sandbox):
    school = everybody(sandbox, "canvas")

    assert launched(school, "test-student")[ROLES] == canvas_recording("test_student.assignment")[ROLES]


def test_moodle_begins_a_login_with_the_recorded_parameters(sandbox):
    school = everybody(sandbox, "moodle")

    params = school.begin_launch("student").params

    assert list(params) == list(moodle_recording("launch_student_graded")["login"])
    assert params["login_hint"] == school.sub("student")


def test_canvas_begins_a_login_with_its_parameters(sandbox):
    school = everybody(sandbox, "canvas")
    recorded = json.loads((SAMPLES / "platforms" / "canvas" / "oidc.login_request.json").read_text())

    params = school.begin_launch("student").params

    assert set(params) == set(recorded["production"])
    assert len(params["login_hint"]) == 40


OIDC_ERRORS = json.loads((SAMPLES / "platforms" / "moodle" / "oidc_errors.json").read_text())
OIDC_CASES = [case for case in OIDC_ERRORS if case["auth_by"] == "GET"]


@pytest.mark.parametrize("case", OIDC_CASES, ids=[case["case"] for case in OIDC_CASES])
def test_moodle_answers_an_authentication_request_as_recorded(sandbox, case):
    school = everybody(sandbox, "moodle")
    told = case["tool_got"][0] if case["tool_got"] else None
    override = dict(case["override"])
    if "redirect_uri" in override:
        override["redirect_uri"] = "http://127.0.0.1:8000/lti/launch/?x=1"

    def ask():
        return school.collect(school.begin_launch("student"), **override)

    if told is None:
        with pytest.raises(NoForm) as refused:
            ask()
        assert refused.value.status == 404
    elif told["kind"] == "launch_error":
        assert ask().fields == told["form"] | {"state": "state"}
    else:
        form = ask()
        assert set(form.fields) == {"id_token", "state"}
        if "state" in case["override"]:
            assert form["state"] == told["form_keys"]["state"]


def test_moodle_answers_a_launch_once_and_then_with_a_page_of_its_own(sandbox):
    school = everybody(sandbox, "moodle")
    begun = school.begin_launch("student")
    school.collect(begun, post=True)

    with pytest.raises(NoForm) as refused:
        school.collect(begun)
    assert (refused.value.status, "Invalid request" in refused.value.text) == (404, True)


def canvas_errors():
    text = (SAMPLES / "platforms" / "canvas" / "oidc.auth_request_and_response.json").read_text()
    return {error["error_description"]: error["error"] for error in json.loads(text)["error_form_fields"]}


@pytest.mark.parametrize(
    ("change", "description"),
    [
        (
            {"prompt": None, "response_mode": None},
            "The following parameters are missing: prompt,response_mode",
        ),
        ({"scope": "openid profile"}, "The 'scope' must be 'openid'"),
        ({"login_hint": "somebody else"}, "Must have an active user session"),
    ],
)
def test_canvas_posts_its_errors_to_the_tool(sandbox, change, description):
    school = everybody(sandbox, "canvas")

    form = school.collect(school.begin_launch("student"), **change)

    assert form.fields == {
        "error": canvas_errors()[description],
        "error_description": description,
        "state": "state",
    }


def test_canvas_says_that_a_launch_is_no_longer_valid_and_that_a_key_is_off(sandbox):
    school = everybody(sandbox, "canvas")
    begun = school.begin_launch("student")
    answer = school.collect(begun, redirect_uri="http://127.0.0.1:8000/lti/launch/?activity=7")
    assert set(answer.fields) == {"id_token", "state", "utf8", "authenticity_token", "lti_storage_target"}

    assert school.collect(begun)["error"] == "launch_no_longer_valid"
    school.switch_off_tool()
    assert school.collect(school.begin_launch("student"))["error"] == "unauthorized_client"


def test_a_plain_platform_lets_a_launch_be_collected_again(sandbox):
    school = everybody(sandbox, "plain")
    begun = school.begin_launch("student")

    assert claims_of(school.collect(begun))["sub"] == claims_of(school.collect(begun))["sub"]


# Bending launches


def test_a_launch_can_be_bent_in_every_way_a_tool_must_refuse(sandbox):
    school = everybody(sandbox, "plain")
    begun = school.begin_launch(
        "student",
        set={"resource_link>id": "another", "roles": [], "iss": 1},
        remove=["sub", "context>title"],
        expires=5,
        header={"kid": None},
        login={"client_id": None, "extra": "1"},
        form={"extra": "1", "state": None},
    )

    form = school.collect(begun, client_id=school.registration["client_id"])

    claims = claims_of_any(form["id_token"])
    assert (claims[LTI + "resource_link"]["id"], claims[ROLES], claims["iss"]) == ("another", [], 1)
    assert ("sub" in claims, "title" in claims[LTI + "context"], claims["exp"]) == (False, False, 5)
    assert "kid" not in jwt.get_unverified_header(form["id_token"])
    assert ("client_id" in begun.params, begun.params["extra"]) == (False, "1")
    assert set(form.fields) == {"id_token", "extra"}


def claims_of_any(token):
    """The claims, also those that a library would refuse to read."""
    body = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_a_token_can_be_unsigned_or_signed_with_the_public_key(sandbox, algorithm):
    school = everybody(sandbox, "plain")

    token = school.mint({"sub": "x"}, header={"alg": algorithm})

    assert jwt.get_unverified_header(token)["alg"] == algorithm
    assert claims_of_any(token) == {"sub": "x"}


def published_keys(school):
    return school.call("GET", school.registration["jwks_url"]).json()["keys"]


def verifies(school, token):
    kid = jwt.get_unverified_header(token)["kid"]
    for key in published_keys(school):
        if key["kid"] == kid:
            try:
                jwt.decode(token, jwt.PyJWK(key, algorithm="RS256"), algorithms=["RS256"])
                return True
            except jwt.InvalidSignatureError:
                return False
    return False


def test_tokens_verify_with_the_published_key_and_rotation_changes_it(sandbox):
    school = everybody(sandbox, "plain")
    old = school.mint({"sub": "x"})
    assert verifies(school, old)
    assert not verifies(school, school.mint({"sub": "x"}, sign_with_other_key=True))

    school.rotate_key()
    assert verifies(school, old)
    assert verifies(school, school.mint({"sub": "x"}))

    school.rotate_key(keep_old=False)
    assert not verifies(school, old)
    assert len(published_keys(school)) == 1


def test_the_key_set_can_be_out_of_order(sandbox):
    school = everybody(sandbox, "plain")
    seen = []
    for mode in ("error_json", "html", "status", "without_alg", "ok"):
        school.jwks_mode(mode)
        answer = school.call("GET", school.registration["jwks_url"])
        seen.append((answer.status_code, "keys" in answer.text, '"alg"' in answer.text))

    assert seen == [
        (200, False, False),
        (200, False, False),
        (500, False, False),
        (200, True, False),
        (200, True, True),
    ]
    assert school.requests("jwks") == 5


def test_a_course_menu_launch_in_canvas_has_the_course_as_its_link(sandbox):
    school = everybody(sandbox, "canvas")

    claims = claims_of(school.collect(school.begin_launch("teacher", link=0)))

    assert claims[LTI + "resource_link"]["id"] == claims[LTI + "context"]["id"]
    assert "lineitem" not in claims["https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"]
    assert claims["iat"] <= time.time()
