from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from lti_tool import session
from lti_tool.errors import Reason
from lti_tool.models import Deployment, LaunchToken, OneTimeCode, Role
from tests import factories
from tests.certification.launching import form_of, launch

pytestmark = pytest.mark.django_db


@pytest.fixture
def opened(client, school):
    return launch(client, school, "student").context


def bearer(opened):
    return {"Authorization": f"Bearer {opened['launch'].token}"}


@pytest.mark.row("S13")
def test_first_page_hands_out_a_token_that_the_database_does_not_hold(client, school):
    response = launch(client, school, "student")

    token = response.context["launch"].token
    assert f'<meta name="launch-token" content="{token}">' in response.text
    assert response.headers["Cache-Control"] == "no-store"
    assert token not in str(list(LaunchToken.objects.values_list()))


@pytest.mark.row("S13")
def test_later_pages_do_not_repeat_the_token(client, opened):
    page = client.get(opened["launch_path"], headers=bearer(opened))

    assert page.context["launch"].person == opened["launch"].person
    assert opened["launch"].token not in page.text


def test_plain_get_answers_the_same_shell_for_everyone(client, opened):
    pages = [Client().get(opened["launch_path"]) for _ in range(2)]

    assert [page.status_code for page in pages] == [200, 200]
    assert pages[0].content == pages[1].content
    assert "data-shell" in pages[0].text
    assert "Authorization" in pages[0].headers["Vary"]


def test_unknown_and_expired_tokens_are_told_to_open_the_activity_again(client, opened):
    path = opened["launch_path"]

    unknown = client.get(path, headers={"Authorization": "Bearer made-up"})
    with time_machine.travel(timezone.now() + timedelta(hours=8, seconds=1)):
        expired = client.get(path, headers=bearer(opened))
    without = client.post("/lti/codes/", {"path": path})

    for answer in (unknown, expired, without):
        assert answer.status_code == 401
        assert "Please open the activity again" in answer.text


@pytest.mark.row("S6", "S26")
def test_blocking_a_deployment_ends_its_sessions(client, opened):
    Deployment.objects.update(status=Deployment.Status.BLOCKED)

    assert client.get(opened["launch_path"], headers=bearer(opened)).status_code == 401


@pytest.mark.row("S12", "S13")
def test_cookies_authenticate_nothing(client, opened):
    assert client.cookies  # the login's binding is still there
    assert client.get(opened["launch_path"]).context["launch"] is None


def code_for(client, opened, path=None):
    answer = client.post("/lti/codes/", {"path": path or opened["launch_path"]}, headers=bearer(opened))
    return answer.json()["url"]


@pytest.mark.row("S15")
def test_one_time_code_opens_the_page_once_as_the_same_person_with_a_token_of_its_own(client, opened):
    url = code_for(client, opened)
    elsewhere = Client()

    first, second = elsewhere.get(url), elsewhere.get(url)

    assert first.context["launch"].person == opened["launch"].person
    assert first.context["launch"].token != opened["launch"].token
    assert first.context["launch_path"] == opened["launch_path"]
    assert second.status_code == 410
    assert OneTimeCode.objects.get().code_sha256 not in url


def test_one_time_code_is_old_after_a_minute(client, opened):
    url = code_for(client, opened)

    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        assert client.get(url).status_code == 410


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example/",
        "//evil.example/",
        "/lti/launch/",
        "/lti/codes/",
        "/nowhere/",
        "",
        "javascript:x",
    ],
)
def test_one_time_code_only_opens_pages_of_ours(client, opened, path):
    answer = client.post("/lti/codes/", {"path": path}, headers=bearer(opened))

    assert answer.status_code == 400
    assert OneTimeCode.objects.count() == 0


def test_one_time_code_needs_a_launch(client):
    assert client.post("/lti/codes/", {"path": "/"}).status_code == 401


@pytest.mark.row("S16")
def test_only_the_platform_of_the_launch_may_frame_its_pages(client, school, other_school):
    other_school_origin = "https://other.example"
    Deployment.objects.filter(registration__issuer=other_school.registration["issuer"]).update(
        origins=[other_school_origin]
    )

    page = launch(client, school, "student")
    shell = client.get(page.context["launch_path"])

    policy = page.headers["Content-Security-Policy"]
    assert "frame-ancestors 'self' http://localhost:" in policy
    assert other_school_origin not in policy
    assert other_school_origin in shell.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in page.headers


@pytest.mark.row("S23")
def test_policy_allows_no_inline_code_and_no_foreign_source(client, school):
    policy = launch(client, school, "student").headers["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


@pytest.mark.row("S14", "S15")
def test_state_cookie_is_partitioned_in_a_frame_only(client, school):
    params = school.begin_launch(person="student").params

    framed = client.post("/lti/login/", params, headers={"Sec-Fetch-Dest": "iframe"})
    (cookie,) = framed.cookies.values()
    attributes = cookie.OutputString()
    for attribute in ("Secure", "HttpOnly", "SameSite=None", "Partitioned", "Path=/lti/"):
        assert attribute in attributes

    top_level = Client().post("/lti/login/", params, headers={"Sec-Fetch-Dest": "document"})
    (cookie,) = top_level.cookies.values()
    assert "Partitioned" not in cookie.OutputString()


@pytest.mark.row("M12")
def test_login_goes_on_with_a_redirect_because_moodle_needs_one(client, moodle):
    answer = client.post("/lti/login/", moodle.begin_launch(person="student").params)

    assert answer.status_code == 302
    for name in (
        "scope=openid",
        "response_type=id_token",
        "response_mode=form_post",
        "prompt=none",
        "nonce=",
    ):
        assert name in answer["Location"]


def test_platform_with_storage_gets_a_page_that_uses_it(client, canvas):
    answer = client.post("/lti/login/", canvas.begin_launch(person="student").params)

    assert answer.status_code == 200
    assert 'data-storage="put"' in answer.text


@pytest.mark.row("S25")
def test_logs_hold_no_name_no_token_and_no_subject(client, school, caplog):
    caplog.set_level("DEBUG")
    form = form_of(client, school, "student")
    page = client.post("/lti/launch/", form)
    client.post("/lti/launch/", form | {"id_token": form["id_token"][:-5]})

    person = page.context["launch"].person
    logged = caplog.text
    assert "launch" in logged
    for secret in (person.name, person.sub, person.email, form["id_token"][:40], form["state"]):
        assert secret not in logged


def test_ended_visit_is_over_in_every_tab_and_nowhere_else(client, db):
    link = factories.ResourceLinkFactory()
    person = factories.member(link.context, Role.INSTRUCTOR)
    tablet, elsewhere = factories.launch(person, link), factories.launch(person, link)
    tab = session.begin_like(tablet.row)
    code = session.issue_code(tablet, "/activities/start/")

    answer = client.post("/lti/end/", headers={"Authorization": f"Bearer {tablet.token}"})

    assert (answer.status_code, "Your visit has ended" in answer.text) == (200, True)
    assert "End this visit" not in answer.text
    assert session.find(tablet.token) is session.find(tab.token) is session.redeem_code(code) is None
    assert (
        session.find(elsewhere.token) is not None
    )  # another launch of the same person, on a device of their own
    again = client.post("/lti/end/", headers={"Authorization": f"Bearer {tablet.token}"})
    assert again.status_code == 200
    assert (
        client.get("/activities/start/", headers={"Authorization": f"Bearer {tablet.token}"}).status_code
        == 401
    )


def test_launch_form_of_an_ended_visit_opens_nothing(client, school):
    form = form_of(client, school, "teacher")
    opened = client.post("/lti/launch/", form)
    token = opened.context["launch"].token
    client.post("/lti/end/", headers={"Authorization": f"Bearer {token}"})

    again = client.post("/lti/launch/", form)  # Back, and “send again”

    assert again.status_code == 403
    assert again.context["rejection"].reason == Reason.REPLAYED


@pytest.mark.row("S24")
def test_login_door_writes_nothing(client, school, django_assert_num_queries):
    begun = school.begin_launch(person="student").params

    with django_assert_num_queries(1) as asked:
        assert client.post("/lti/login/", begun).status_code == 302

    assert asked[0]["sql"].startswith("SELECT")


def test_launch_is_kept_for_as_long_as_its_login_could_be_tried_again(client, school):
    form = form_of(client, school, "teacher", set={"exp": int(timezone.now().timestamp()) + 1800})
    opened = client.post("/lti/launch/", form)
    client.post("/lti/end/", headers={"Authorization": f"Bearer {opened.context['launch'].token}"})

    with time_machine.travel(timezone.now() + timedelta(minutes=9)):
        session.forget_expired()
        again = client.post("/lti/launch/", form)
    assert again.context["rejection"].reason == Reason.REPLAYED

    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        session.forget_expired()
        again = client.post("/lti/launch/", form)
    assert again.context["rejection"].reason == Reason.STATE_EXPIRED
    assert not LaunchToken.objects.exists()
