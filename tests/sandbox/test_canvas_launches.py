"""Which Canvas it is: what each kind begins a launch with, and what its claims look like."""

import json
from pathlib import Path

import jwt
import pytest

from tests.sandbox_lms import NoForm

SAMPLES = Path(__file__).parent.parent / "samples" / "platforms" / "canvas"
LAUNCHES = SAMPLES.parent.parent / "launches" / "canvas"
LTI = "https://purl.imsglobal.org/spec/lti/claim/"
PLACEMENT = "https://www.instructure.com/placement"
SCHOOL_INSTRUCTOR = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Instructor"
LOGIN = json.loads((SAMPLES / "oidc.login_request.json").read_text())
ANSWER = json.loads((SAMPLES / "oidc.auth_request_and_response.json").read_text())
HEADERS = json.loads((SAMPLES / "jwt_headers.json").read_text())


@pytest.mark.parametrize("environment", ["production", "beta", "test"])
def test_hosted_canvas_says_which_environment_it_is(sandbox, environment):
    school = sandbox.school("canvas", environment=environment)
    stated = ("iss", "canvas_environment", "canvas_region", "lti_storage_target")
    wanted = {name: LOGIN[environment].get(name, LOGIN["production"][name]) for name in stated}

    params = school.begin_launch("student").params

    assert set(params) == set(LOGIN["production"])
    assert {name: params[name] for name in stated} == wanted
    token = jwt.decode(
        school.collect(school.begin_launch("student"))["id_token"], options={"verify_signature": False}
    )
    assert token["iss"] == wanted["iss"]


def test_self_hosted_canvas_says_prod_and_no_region_and_may_share_the_issuer(sandbox):
    own = sandbox.school("canvas", environment="self_hosted")
    shared = sandbox.school("canvas", environment="self_hosted", issuer="https://canvas.instructure.com")
    wanted = {name: LOGIN["self_hosted"][name] for name in ("canvas_environment", "canvas_region")}

    for school, issuer in ((own, own.url), (shared, "https://canvas.instructure.com")):
        params = school.begin_launch("student").params
        assert {name: params[name] for name in wanted} == wanted
        assert params["iss"] == issuer


def test_one_client_id_lives_under_three_issuers(sandbox):
    tool = {
        "client_id": "104400000000000217",
        "deployment_id": "4127:5f0c1d7cbb8d7c1f4e2a9d3b8e6f40a2c7d91e35",
    }
    schools = [
        sandbox.school("canvas", environment=name, tool=tool) for name in ("production", "beta", "test")
    ]

    begun = [school.begin_launch("student").params for school in schools]

    assert {params["client_id"] for params in begun} == {LOGIN["production"]["client_id"]}
    assert {params["lti_deployment_id"] for params in begun} == {LOGIN["production"]["lti_deployment_id"]}
    assert len({params["iss"] for params in begun}) == 3
    assert len({school.registration["jwks_url"] for school in schools}) == 3


def test_an_old_self_hosted_canvas_names_its_key_by_the_time_alone(sandbox):
    school = sandbox.school("canvas", environment="old_self_hosted")

    header = jwt.get_unverified_header(school.mint({"sub": "x"}))

    assert header == HEADERS["older_self_hosted_id_token"]


def test_the_form_that_canvas_posts_has_its_fields(canvas):
    form = canvas.collect(canvas.begin_launch("student"))

    assert set(form.fields) == set(ANSWER["success_form_fields"])
    fixed = ("utf8", "lti_storage_target")
    assert {name: form[name] for name in fixed} == {
        name: ANSWER["success_form_fields"][name] for name in fixed
    }


def test_what_never_reaches_the_tool_is_a_page_of_canvas(canvas):
    for change in (
        {"redirect_uri": "https://elsewhere.example/"},
        {"lti_message_hint": "unknown"},
    ):
        with pytest.raises(NoForm) as refused:
            canvas.collect(canvas.begin_launch("student"), **change)
        assert refused.value.status == 400
        words = f"Invalid {next(iter(change))} (400 page on Canvas)"
        assert words in ANSWER["never_reaches_tool"]
        assert words.partition(" (")[0] in refused.value.text


def test_the_phone_apps_name_no_storage(canvas):
    params = canvas.begin_launch("student", login={"lti_storage_target": None}).params

    assert set(params) == set(LOGIN["production"]) - {"lti_storage_target"}


def recorded(name):
    return json.loads((LAUNCHES / f"id_token.{name}.json").read_text())


def launched(school, person, **how):
    form = school.collect(school.begin_launch(person, **how))
    return jwt.decode(form["id_token"], options={"verify_signature": False})


def members(claims):
    """Which claims there are and what they have inside; custom parameters are the tool's own choice."""
    return {
        name: set(value) if isinstance(value, dict) else None
        for name, value in claims.items()
        if name != LTI + "custom"
    }


@pytest.mark.parametrize(
    ("role", "recording"),
    [
        ("teacher", "instructor.course_navigation"),
        ("designer", "designer.course_navigation"),
        ("admin", "account_admin_not_enrolled.course_navigation"),
    ],
)
def test_a_launch_from_the_course_menu_is_the_captured_one(sandbox, role, recording):
    people = [{"handle": role, "name": "Ingrid Nord", "role": role}]
    wanted = recorded(recording)

    claims = launched(sandbox.school("canvas", people=people), role, link=0)

    assert members(claims) == members(wanted)
    assert (claims[PLACEMENT], claims[LTI + "roles"]) == (wanted[PLACEMENT], wanted[LTI + "roles"])
    assert claims[LTI + "resource_link"]["id"] == claims[LTI + "context"]["id"]


def test_a_learner_who_teaches_elsewhere_has_the_roles_of_the_school_too(sandbox):
    wanted = recorded("student.who_teaches_elsewhere")
    school = sandbox.school("canvas")
    school.change("person", {"extra_roles": [SCHOOL_INSTRUCTOR]}, person="student")

    claims = launched(school, "student")

    assert claims[LTI + "roles"] == wanted[LTI + "roles"]
    assert claims[PLACEMENT] is wanted[PLACEMENT] is None


def test_without_sis_ids_variables_arrive_as_their_names_and_a_family_name_may_be_empty(sandbox):
    wanted = recorded("no_sis_no_family_name_rtl_locale")
    people = [{"handle": "observer", "name": "Olivia", "role": "observer", "locale": wanted["locale"]}]
    school = sandbox.school("canvas", people=people)
    school.change("person", {"has_sis_id": False}, person="observer")
    school.change("course", {"has_sis_id": False})

    claims = launched(school, "observer", link=0)

    same = (LTI + "lis", LTI + "roles", "family_name", "locale", PLACEMENT)
    assert {name: claims[name] for name in same} == {name: wanted[name] for name in same}


def test_speedgrader_opens_the_stored_address_without_column_or_placement(canvas):
    wanted = recorded("instructor.speedgrader_retrieve")["id_token"]
    address = "http://127.0.0.1:8000/lti/launch/?activity=osce-42&review=x"

    form = canvas.collect(canvas.begin_retrieve("teacher", address), redirect_uri=address)

    claims = jwt.decode(form["id_token"], options={"verify_signature": False})
    ags = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
    for name in (ags, LTI + "resource_link"):
        assert set(claims[name]) == set(wanted[name])
    assert claims[PLACEMENT] is wanted[PLACEMENT] is None
    assert claims[LTI + "target_link_uri"] == address


def test_a_course_level_install_has_a_deployment_of_its_own(sandbox):
    wanted = recorded("instructor.course_level_install")
    course = sandbox.school("canvas")
    course.change("tool", {"deployment_id": wanted[LTI + "deployment_id"]})

    begun = course.begin_launch("teacher", link=0)

    assert begun.params["lti_deployment_id"] == wanted[LTI + "deployment_id"]
    assert launched(course, "teacher", link=0)[LTI + "deployment_id"] == wanted[LTI + "deployment_id"]
