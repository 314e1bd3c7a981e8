"""What the certification suite does not send and a hostile or careless world does: X01–X25."""

import time
from datetime import timedelta
from uuid import uuid4

import jwt
import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from lti_tool import claims, jwks
from lti_tool.errors import Reason
from lti_tool.models import Deployment, LaunchToken, Person, Problem, Role
from tests.certification.launching import assert_opened, assert_rejected, form_of, launch
from tests.choosing import choose

pytestmark = pytest.mark.django_db


@pytest.mark.row("S4")
def test_X01_target_link_uri_absent(client, school):
    response = launch(client, school, "student", remove=[claims.TARGET_LINK_URI])

    assert_rejected(response, Reason.TARGET_WRONG)


@pytest.mark.row("S4", "S5")
def test_X02_foreign_target_link_uri_is_refused_and_never_followed(client, school):
    response = launch(client, school, "student", set={claims.TARGET_LINK_URI: "https://evil.example/"})
    assert_rejected(response, Reason.TARGET_WRONG)

    login = school.begin_launch(person="student")
    at_login = client.post("/lti/login/", login.params | {"target_link_uri": "https://evil.example/"})
    assert_rejected(at_login, Reason.TARGET_FOREIGN)


@pytest.mark.row("S11")
def test_X03_no_expiry_and_no_time_of_issue(client, school):
    for missing in (["exp"], ["iat"], ["exp", "iat"]):
        response = launch(client, school, "student", remove=missing)

        assert_rejected(response, Reason.TIME_MISSING)


@pytest.mark.row("S11")
def test_X04_token_that_is_ten_years_old_or_lives_ten_years(client, school):
    now, ten_years = int(time.time()), 10 * 365 * 86400
    for times in ({"iat": now - ten_years, "exp": now + 60}, {"iat": now, "exp": now + ten_years}):
        response = launch(client, school, "student", set=times)

        assert_rejected(response, Reason.TIME_WRONG)


@pytest.mark.row("S11", "M10")
def test_X05_clocks_that_differ_by_half_a_minute_are_accepted(client, school):
    now = int(time.time())
    for times in ({"iat": now + 30, "exp": now + 90}, {"iat": now - 62, "exp": now - 2}):
        response = launch(client, school, "student", set=times)

        assert response.status_code == 200


@pytest.mark.row("S10")
def test_X06_several_audiences_without_authorized_party(client, school):
    ours = school.registration["client_id"]

    response = launch(client, school, "student", set={"aud": [ours, "other"]}, remove=["azp"])

    assert_rejected(response, Reason.AUDIENCE_WRONG)


@pytest.mark.row("S10")
def test_X07_authorized_party_is_another_tool(client, school):
    response = launch(client, school, "student", set={"azp": "other"})

    assert_rejected(response, Reason.AUDIENCE_WRONG)


@pytest.mark.row("S10")
def test_X08_several_audiences_with_us_as_authorized_party(client, school):
    ours = school.registration["client_id"]

    response = launch(client, school, "student", set={"aud": ["other", ours], "azp": ours})

    assert_opened(response, Role.LEARNER)


@pytest.mark.row("S2", "S3")
def test_X09_same_token_twice_in_the_same_browser(client, school):
    form = form_of(client, school, "student")
    assert client.post("/lti/launch/", form).status_code == 200

    with time_machine.travel(timezone.now() + timedelta(seconds=11)):
        second = client.post("/lti/launch/", form)

    assert (second.status_code, second.context["rejection"].reason) == (403, Reason.REPLAYED)
    assert LaunchToken.objects.count() == 1


@pytest.mark.row("S1", "S3")
def test_X10_same_token_in_another_browser(client, school):
    form = form_of(client, school, "student")

    before = Client().post("/lti/launch/", form)
    assert before.context["rejection"].reason == Reason.BROWSER_UNPROVEN
    assert LaunchToken.objects.count() == 0

    assert client.post("/lti/launch/", form).status_code == 200
    after = Client().post("/lti/launch/", form)
    assert (after.status_code, after.context["rejection"].reason) == (403, Reason.REPLAYED)
    assert LaunchToken.objects.count() == 1


@pytest.mark.row("S2", "S7")
def test_X11_login_begun_for_one_platform_answered_by_another(client, school, other_school):
    asked = school.begin_launch(person="student")
    begun = client.post("/lti/login/", asked.params)["Location"]
    mine = school.authenticate(begun)
    nonce = jwt.decode(mine["id_token"], options={"verify_signature": False})["nonce"]
    theirs = form_of(client, other_school, "student", set={"nonce": nonce})

    response = client.post("/lti/launch/", {"id_token": theirs["id_token"], "state": mine["state"]})

    assert_rejected(response, Reason.STATE_OF_ANOTHER_PLATFORM)


@pytest.mark.row("S1")
def test_X12_state_unknown_or_cookie_missing(client, school):
    form = form_of(client, school, "student")

    unknown = client.post("/lti/launch/", form | {"state": "never-given"})
    assert_rejected(unknown, Reason.STATE_UNKNOWN)

    client.cookies.clear()
    without_cookie = client.post("/lti/launch/", form)
    assert_rejected(without_cookie, Reason.BROWSER_UNPROVEN)
    assert 'name="opened_by" value="click"' in without_cookie.text

    # Anybody can post that field; only a browser on our own page says that it comes from there.
    forged = client.post(
        "/lti/launch/", form | {"opened_by": "click"}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert_rejected(forged, Reason.BROWSER_UNPROVEN)
    clicked = client.post(
        "/lti/launch/", form | {"opened_by": "click"}, headers={"Sec-Fetch-Site": "same-origin"}
    )
    assert_opened(clicked, Role.LEARNER)


@pytest.mark.row("S1")
def test_X12_state_too_old_or_changed_on_the_way(client, school):
    form = form_of(client, school, "student")
    carried, when, signature = form["state"].split(".")
    other = form_of(client, school, "student")["state"].split(".")[0]
    for state in (f"{other}.{when}.{signature}", f"{carried}.{when}.{signature[::-1]}", carried, ""):
        assert_rejected(client.post("/lti/launch/", form | {"state": state}), Reason.STATE_UNKNOWN)

    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        assert_rejected(client.post("/lti/launch/", form), Reason.STATE_EXPIRED)


@pytest.mark.row("C4")
def test_X13_error_response_of_the_platform(client, school):
    state = form_of(client, school, "student")["state"]

    response = client.post("/lti/launch/", {"error": "login_required", "state": state})
    assert_rejected(response, Reason.PLATFORM_REFUSED)

    without_our_state = client.post("/lti/launch/", {"error": "login_required", "state": "made-up"})
    assert_rejected(without_our_state, Reason.STATE_UNKNOWN)


@pytest.mark.row("S9")
def test_X14_unsigned_and_symmetrically_signed_tokens(client, school):
    for header in ({"alg": "none"}, {"alg": "HS256"}):
        response = launch(client, school, "student", header=header)

        assert_rejected(response, Reason.SIGNATURE_WRONG)


@pytest.mark.parametrize(
    "mode", [{"mode": "error_json"}, {"mode": "html"}, {"mode": "status", "status": 500}]
)
def test_X15_platform_keys_are_no_keys(client, school, mode):
    school.jwks_mode(**mode)

    response = launch(client, school, "student")
    assert_rejected(response, Reason.KEYS_UNREACHABLE)

    # A bad minute there is not a bad hour here.
    school.jwks_mode("ok")
    assert launch(client, school, "student").status_code == 200


def test_X15_platform_keys_never_come(client, school, settings):
    settings.LTI_HTTP_TIMEOUT_SECONDS = (1, 1)
    school.jwks_mode("hang", seconds=4)
    began = time.monotonic()

    response = launch(client, school, "student")

    assert_rejected(response, Reason.KEYS_UNREACHABLE)
    assert time.monotonic() - began < 10


def test_X16_platform_rotates_its_key_while_ours_is_cached(client, school, monkeypatch):
    assert launch(client, school, "student").status_code == 200
    school.rotate_key()

    # Unknown key, and the last look is more than a minute old: one look, then accepted.
    monkeypatch.setattr(jwks, "monotonic", lambda: time.monotonic() + 61)
    assert launch(client, school, "student").status_code == 200
    looks = school.requests("jwks")

    form = form_of(client, school, "student", header={"kid": "never-published"})
    for _ in range(3):
        assert client.post("/lti/launch/", form).context["rejection"].reason == Reason.KEY_UNKNOWN
    assert school.requests("jwks") == looks


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        (claims.RESOURCE_LINK, "a string"),
        (claims.ROLES, "a string"),
        (claims.ROLES, [1, 2]),
        ("iss", 1),
        ("nonce", ["a", "list"]),
        ("sub", 7),
        ("aud", {"no": "audience"}),
        (claims.CONTEXT, "a string"),
        (claims.CUSTOM, ["a", "list"]),
        (claims.DEPLOYMENT_ID, 1),
    ],
)
def test_X17_claims_of_the_wrong_type(client, school, claim, value):
    response = launch(client, school, "student", set={claim: value})

    assert response.status_code == 400
    assert_rejected(response, response.context["rejection"].reason)


@pytest.mark.parametrize(
    "token", ["x", "a.b", "a.b.c", "....", "e30.e30.e30", "W10.W10.W10", "é.é.é", "x" * 70_000]
)
def test_X17_things_that_are_no_token(client, school, token):
    form = form_of(client, school, "student")

    response = client.post("/lti/launch/", form | {"id_token": token})

    assert_rejected(response, Reason.TOKEN_MALFORMED)


def _deep_linking(school, **settings):
    asked = {
        "accept_types": ["ltiResourceLink"],
        "accept_presentation_document_targets": ["iframe"],
        "deep_link_return_url": f"{school.url}/return",
    } | settings
    return {
        "set": {claims.MESSAGE_TYPE: claims.DEEP_LINKING_REQUEST, claims.DEEP_LINKING_SETTINGS: asked},
        "remove": [claims.RESOURCE_LINK],
    }


def test_X18_deep_linking_request_without_return_url(client, school):
    response = launch(client, school, "teacher", **_deep_linking(school, deep_link_return_url=None))

    assert_rejected(response, Reason.DEEP_LINKING_INCOMPLETE)


def test_X18_return_url_that_is_not_the_platforms_own(client, school):
    """S5: signed or not, a choice goes back to the platform that asked for it and nowhere else."""
    for elsewhere in (
        "https://evil.example/return",
        "javascript:alert(1)",
        f"{school.sandbox.url}@evil.example/",
    ):
        response = launch(client, school, "teacher", **_deep_linking(school, deep_link_return_url=elsewhere))

        known = elsewhere.startswith("http")
        assert_rejected(response, Reason.DEEP_LINKING_FOREIGN if known else Reason.DEEP_LINKING_INCOMPLETE)
    assert Problem.objects.get(code=Reason.DEEP_LINKING_FOREIGN).times == 2


def test_X18_deep_linking_request_without_a_course_or_with_data_that_is_no_text(client, school):
    bent = _deep_linking(school)
    without_course = launch(client, school, "teacher", **bent | {"remove": [*bent["remove"], "context"]})
    assert_rejected(without_course, Reason.DEEP_LINKING_NOWHERE)

    response = launch(client, school, "teacher", **_deep_linking(school, data={"is": "an object"}))
    assert_rejected(response, Reason.MESSAGE_INVALID)


def test_X19_deep_linking_request_that_takes_only_links(client, school):
    response = launch(client, school, "teacher", **_deep_linking(school, accept_types=["link"]))

    assert response.status_code == 200
    assert "Bellringer cannot be added here" in response.text

    choice = choose(client, school, "links_only")
    assert "Bellringer cannot be added here" in choice.page.text
    assert "Bellringer cannot be added here" in choice.makes(key=str(uuid4())).text  # nothing is made either
    assert choice.returns(choice.post("lti_tool:deep_linking_cancel")).status_code == 200
    back = choice.came_back
    assert (back["state"], back["items"]) == ("closed", [])
    assert back["error_message"] == "Bellringer adds activities only; this place takes other content."


@pytest.mark.row("S6")
def test_X20_unknown_deployment_is_refused_and_put_before_the_administrator(client, school):
    response = launch(client, school, "student", set={claims.DEPLOYMENT_ID: "new-course"})

    assert_rejected(response, Reason.DEPLOYMENT_UNKNOWN)
    assert Deployment.objects.get(deployment_id="new-course").status == Deployment.Status.PENDING

    again = launch(client, school, "student", set={claims.DEPLOYMENT_ID: "new-course"})
    assert_rejected(again, Reason.DEPLOYMENT_UNKNOWN)

    Deployment.objects.filter(deployment_id="new-course").update(status=Deployment.Status.ACTIVE)
    approved = launch(client, school, "student", set={claims.DEPLOYMENT_ID: "new-course"})
    assert_opened(approved, Role.LEARNER)


@pytest.mark.row("S7")
def test_X21_unknown_issuer_or_client(client, school):
    params = school.begin_launch(person="student").params
    for change in ({"iss": "https://nobody.example"}, {"client_id": "nobody"}):
        response = client.post("/lti/login/", params | change)

        assert_rejected(response, Reason.REGISTRATION_UNKNOWN)
        assert response.status_code == 404

    at_launch = launch(client, school, "student", set={"iss": "https://nobody.example"})
    assert_rejected(at_launch, Reason.REGISTRATION_UNKNOWN)


def test_X22_double_click_shows_the_same_page_twice(client, school):
    form = form_of(client, school, "student")

    first, second = (client.post("/lti/launch/", form) for _ in range(2))

    assert (first.status_code, second.status_code) == (200, 200)
    assert first.context["launch"].person == second.context["launch"].person
    # Each answer carries a token of its own that works.
    for answer in (first, second):
        token = answer.context["launch"].token
        path = answer.context["launch_path"]
        assert client.get(path, headers={"Authorization": f"Bearer {token}"}).context["launch"] is not None


@pytest.mark.row("C3", "M11")
def test_X23_reload_of_the_launch_page_leads_back_to_the_course(client, school):
    form = form_of(client, school, "student")
    return_url = client.post("/lti/launch/", form).context["launch"].return_url
    assert return_url

    with time_machine.travel(timezone.now() + timedelta(seconds=30)):
        reload = client.post("/lti/launch/", form)

    assert reload.status_code == 403
    assert "Please open the activity again from your course" in reload.text
    assert f'href="{return_url}"' in reload.text


@pytest.mark.row("S12", "S22")
def test_X24_another_person_in_the_same_browser_gets_only_their_own(client, school):
    teacher = launch(client, school, "teacher").context["launch"]
    student = launch(client, school, "student").context["launch"]

    assert (teacher.role, student.role) == (Role.INSTRUCTOR, Role.LEARNER)
    page = client.get(student_path(client, school), headers={"Authorization": f"Bearer {student.token}"})
    assert page.context["launch"].person == student.person
    # Cookies of the browser say nothing: without the header there is only the shell.
    shell = client.get(student_path(client, school))
    assert shell.context["launch"] is None


def student_path(client, school):
    return launch(client, school, "student").context["launch_path"]


@pytest.mark.row("S23")
def test_X25_names_titles_and_addresses_are_escaped(client, school):
    nasty = '</script><img src=x onerror=alert(1)>"'
    form = form_of(
        client,
        school,
        "student",
        set={
            "name": nasty,
            claims.RESOURCE_LINK: {"id": "1", "title": nasty},
            claims.CONTEXT: {"id": "1", "title": nasty},
            claims.LAUNCH_PRESENTATION: {"return_url": f"https://lms.example/?{nasty}"},
        },
    )
    response = client.post("/lti/launch/", form)
    assert response.status_code == 200
    assert Person.objects.get().name == nasty
    assert "<img src=x" not in response.text

    with time_machine.travel(timezone.now() + timedelta(seconds=30)):
        rejected = client.post("/lti/launch/", form)
    assert "<img src=x" not in rejected.text
    assert "&lt;img src=x" in rejected.text

    scripted = launch(
        client, school, "student", set={claims.LAUNCH_PRESENTATION: {"return_url": "javascript:alert(1)"}}
    )
    assert scripted.context["launch"].return_url == ""


def test_wrong_key_signs_a_token_with_a_published_kid(client, school):
    response = launch(client, school, "student", sign_with_other_key=True)

    assert_rejected(response, Reason.SIGNATURE_WRONG)


def test_every_row_has_a_test():
    import re
    from pathlib import Path

    text = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    found = set(re.findall(r"def test_([BTSX]\d\d)_", text))
    wanted = {
        f"{row}{n:02}"
        for row, last in (("B", 12), ("T", 10), ("S", 10), ("X", 25))
        for n in range(1, last + 1)
    }

    assert found == wanted


@pytest.mark.parametrize("text", ["a\x00b", "half \ud800"])
def test_texts_that_no_database_takes_are_refused_in_words(client, school, text):
    at_launch = launch(client, school, "student", set={"nonce": text})

    assert_rejected(at_launch, Reason.TOKEN_MALFORMED)


def test_login_with_a_nul_is_refused_in_words(client, school):
    params = school.begin_launch(person="student").params

    assert_rejected(client.post("/lti/login/", params | {"iss": "a\x00b"}), Reason.LOGIN_INCOMPLETE)


def test_time_beyond_all_numbers_is_no_time(client, school):
    response = launch(client, school, "student", set={"exp": 10**400})

    assert_rejected(response, Reason.TIME_MISSING)
