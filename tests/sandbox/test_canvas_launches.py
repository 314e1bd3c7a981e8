"""Which Canvas it is: what each kind begins a launch with, and what its claims look like."""

import json
from pathlib import Path

import jwt
import pytest

from tests.sandbox_lms import NoForm

SAMPLES = Path(__file__).parent.parent / "samples" / "platforms" / "canvas"
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
