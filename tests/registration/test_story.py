"""From an invitation to the first launch, on each kind of LMS; then again, elsewhere, and renewed."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from lti_tool import approval, claims, http, limits
from lti_tool.errors import Obstacle, Reason
from lti_tool.models import Deployment, Invite, Registration, Role, Status
from lti_tool.tool_configuration import TOOL_CONFIGURATION
from tests.certification.launching import assert_opened, assert_rejected, launch

pytestmark = pytest.mark.django_db
PROFILES = ["plain", "moodle", "canvas"]
STEPS = {
    "plain": "where your LMS lists external tools",
    "moodle": "press Activate",
    "canvas": "Switch the key on",
}


@pytest.mark.row("M24", "C24")
@pytest.mark.row("S18", "C24", "M24")
@pytest.mark.parametrize("profile", PROFILES)
def test_invited_registered_approved_and_launched(client, lms, invited, profile):
    school = lms(profile)
    _, path = invited()

    asked = school.opens(client, path)
    done = school.registers(client, path)

    assert (asked.status_code, done.status_code) == (200, 200)
    for page in (asked, done):
        assert STEPS[profile] in page.text
    assert "data-close-frame" in done.text
    row = Registration.objects.get()
    told = school.school.refresh().registration
    assert {
        name: getattr(row, name) for name in ("issuer", "client_id", "auth_url", "token_url", "jwks_url")
    } == {name: told[name] for name in ("issuer", "client_id", "auth_url", "token_url", "jwks_url")}
    assert (row.platform_family, row.status) == (told["platform_family"], Status.PENDING)
    assert [d.deployment_id for d in row.deployments.all()] == [told["deployment_id"]]
    school.switches_on()
    waiting = launch_refused(client, school)
    assert_rejected(waiting, Reason.REGISTRATION_WAITING)
    assert school.school.sandbox.url in waiting.headers["Content-Security-Policy"]

    approval.decide_registration(row, status=Status.ACTIVE)

    assert_opened(launch(client, school.school, "student"), Role.LEARNER)


def launch_refused(client, school):
    return client.post("/lti/login/", school.school.begin_launch(person="student").params)


def test_an_invitation_that_approves_needs_nobody_else(client, lms, invited):
    school = lms()
    _, path = invited(approves=True)

    done = school.registers(client, path)

    assert "registered with Bellringer and approved" in done.text
    assert_opened(launch(client, school.school, "teacher"), Role.INSTRUCTOR)


def test_services_asked_for_are_granted_and_work(client, lms, invited):
    """The scopes of the registration are what the token is given for."""
    from lti_tool.connector import PlatformConnector

    school = lms("moodle")
    _, path = invited(approves=True)
    school.registers(client, path)
    school.switches_on()
    launch(client, school.school, "teacher")

    connector = PlatformConnector(Deployment.objects.get())

    assert connector.get_access_token([claims.SCOPE_SCORE, claims.SCOPE_NRPS])


@pytest.mark.parametrize("profile", PROFILES)
def test_only_what_the_platform_offers_is_asked(client, lms, invited, profile):
    school = lms(profile)
    offered = school.description()
    offered["scopes_supported"] = [claims.SCOPE_SCORE]
    platform = offered["https://purl.imsglobal.org/spec/lti-platform-configuration"]
    platform["messages_supported"] = [
        m for m in platform["messages_supported"] if m["type"] == claims.RESOURCE_LINK_REQUEST
    ]
    platform["variables"] = ["Context.id.history"]
    school.lies(offered)

    _, path = invited()
    body = school.opens(client, path).context["body"]

    assert body["scope"] == claims.SCOPE_SCORE
    assert body[TOOL_CONFIGURATION]["custom_parameters"] == {"context_history": "$Context.id.history"}
    assert {message["type"] for message in body[TOOL_CONFIGURATION]["messages"]} == {
        claims.RESOURCE_LINK_REQUEST
    }


def test_scope_is_sent_even_when_it_is_empty(client, lms, invited):
    """Canvas ends in a 500 without it."""
    school = lms("canvas")
    school.lies(school.description() | {"scopes_supported": []})
    _, path = invited()

    assert school.opens(client, path).context["body"]["scope"] == ""
    assert school.registers(client, path).status_code == 200


def test_canvas_gets_its_placements_and_privacy(client, lms, invited):
    school = lms("canvas")
    _, path = invited(privacy_level="name_only")

    school.registers(client, path)

    kept = Registration.objects.get()
    tool = kept.configuration[TOOL_CONFIGURATION]
    assert tool["https://canvas.instructure.com/lti/privacy_level"] == "name_only"
    shown = {place for message in tool["messages"] for place in message["placements"]}
    assert {place.rpartition("/")[2] for place in shown} == {
        "course_navigation",
        "assignment_selection",
        "link_selection",
        "module_index_menu_modal",
        "course_assignments_menu",
    }
    menu = next(m for m in tool["messages"] if "course_navigation" in m["placements"][0])
    assert menu["https://canvas.instructure.com/lti/course_navigation/default_enabled"] is False
    assert tool["custom_parameters"]["section_names"] == "$com.instructure.User.sectionNames"
    assert kept.platform_guid.endswith(":canvas-lms")
    assert re.fullmatch(rf"{school.school.url}/api/lti/registrations/\d+", kept.configuration_url)


@pytest.mark.row("C23")
@pytest.mark.parametrize(
    ("invitation", "address", "level"),
    [
        ("", "", "public"),
        ("", "anonymous", "anonymous"),
        ("anonymous", "", "anonymous"),
        ("anonymous", "public", "anonymous"),
        ("public", "name_only", "name_only"),
        ("name_only", "email_only", "anonymous"),
        ("", "everything", "public"),
    ],
)
def test_privacy_can_be_asked_in_the_address_but_never_for_more(
    client, lms, invited, invitation, address, level
):
    school = lms("canvas")
    _, path = invited(privacy_level=invitation)

    page = school.opens(client, path, privacy=address)

    assert page.context["asked"].privacy == level


@pytest.mark.parametrize("profile", PROFILES)
def test_people_stay_without_names_where_the_invitation_says_so(client, lms, invited, profile):
    school = lms(profile)
    _, path = invited(privacy_level="anonymous", approves=True)

    school.registers(client, path)
    school.switches_on()

    opened = launch(client, school.school, "student").context["launch"]
    assert (opened.person.name, opened.person.email) == ("", "")


def test_opening_the_page_changes_nothing_and_asks_for_nothing_of_the_lms(client, lms, invited):
    """A preview of the address, a reload, two windows: only the button registers."""
    school = lms("moodle")
    row, path = invited()

    for _ in range(3):
        assert school.opens(client, path).status_code == 200
    assert client.get(path).status_code == 200

    row.refresh_from_db()
    assert (row.used_at, Registration.objects.count()) == (None, 0)
    assert school.school.requests("registration") == 0
    assert school.registers(client, path).status_code == 200


def test_invitation_is_only_kept_as_a_hash(client, lms, invited):
    row, path = invited()
    code = path.strip("/").rpartition("/")[2]

    kept = Invite.objects.values().get()

    assert code not in str(kept)
    assert len(code) >= 43
    assert kept["expires_at"] - kept["created_at"] == timedelta(hours=1)
    assert row.created_by == "ada"


def refused(answer, obstacle):
    assert answer.status_code >= 400
    assert answer.context["refusal"].obstacle == obstacle
    assert str(answer.context["refusal"].what_happened) in answer.text
    return answer


def test_an_invitation_opens_once(client, lms, invited):
    first, second = lms(), lms()
    _, path = invited()
    first.registers(client, path)

    refused(second.opens(client, path), Obstacle.INVITE_USED)
    refused(client.post(path, second.opened_with), Obstacle.INVITE_USED)

    assert Registration.objects.count() == 1


def test_an_invitation_ends_after_an_hour(client, lms, invited):
    school = lms()
    _, path = invited()

    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        refused(school.opens(client, path), Obstacle.INVITE_EXPIRED)
        refused(client.post(path, school.opened_with), Obstacle.INVITE_EXPIRED)

    assert Registration.objects.count() == 0


def test_an_address_that_nobody_gave_out_opens_nothing_and_calls_nobody(client, lms):
    school = lms()

    refused(school.opens(client, "/lti/register/made-up/"), Obstacle.INVITE_UNKNOWN)

    assert school.school.requests("configuration") == 0


def test_while_one_window_registers_another_waits(client, lms, invited):
    school = lms()
    row, path = invited()
    Invite.objects.update(used_at=timezone.now())

    refused(client.post(path, school.opened_with), Obstacle.INVITE_IN_USE)

    with time_machine.travel(timezone.now() + timedelta(minutes=3)):  # the process of the first one died
        assert school.registers(client, path).status_code == 200


@pytest.mark.row("C1", "S7")
def test_a_second_school_on_the_same_issuer_is_a_registration_of_its_own(client, lms, invited, sandbox):
    schools = [lms("canvas"), lms("canvas")]
    shared = schools[0].school.registration["issuer"]
    schools[1].school.change("school", {"issuer": shared})

    for number, school in enumerate(schools):
        assert (
            school.registers(client, invited(label=f"School {number}", approves=True)[1]).status_code == 200
        )
        school.switches_on()

    assert Registration.objects.filter(issuer=shared).count() == 2
    launched = [launch(client, school.school, "student").context["launch"] for school in schools]
    assert launched[0].registration != launched[1].registration


def test_an_lms_cannot_take_over_a_registration_that_is_there(client, lms, invited):
    """Another school answers with the issuer and client id of one we know."""
    mine, other = lms("plain"), lms("plain")
    mine.registers(client, invited(approves=True)[1])
    there = Registration.objects.get()
    other.school.change("school", {"issuer": there.issuer})
    answer = {"client_id": there.client_id}
    other.lies(answer, endpoint="registration", status=201)
    row, path = invited(label="Somebody else")

    refused(other.registers(client, path), Obstacle.ALREADY_REGISTERED)

    assert Registration.objects.get().name == "Northfield"
    row.refresh_from_db()
    assert (row.registration, row.used_at, row.refused_code) == (None, None, "already-registered")


@pytest.mark.row("M24")
def test_moodle_updates_its_registration_and_people_stay(client, lms, invited):
    school = lms("moodle")
    school.registers(client, invited(approves=True)[1])
    school.switches_on()
    before = launch(client, school.school, "student").context["launch"]
    row = Registration.objects.get()
    school.new_pass(renew=True)

    school.registers(client, invited(renews=row, privacy_level="anonymous")[1])

    assert Registration.objects.get() == row
    row.refresh_from_db()
    assert row.status == Status.ACTIVE
    assert "name" not in row.configuration[TOOL_CONFIGURATION]["claims"]
    assert launch(client, school.school, "student").context["launch"].person == before.person


@pytest.mark.row("M25")
def test_a_site_that_moved_is_renewed_in_place_and_waits_for_approval(client, lms, invited, sandbox):
    school = lms("moodle")
    school.registers(client, invited(approves=True)[1])
    row = Registration.objects.get()
    Registration.objects.update(
        issuer="https://old.example",
        auth_url="https://old.example/auth",
        token_url="https://old.example/token",
        jwks_url="https://old.example/jwks",
    )
    school.new_pass(renew=True)

    done = school.registers(client, invited(renews=row)[1])

    row.refresh_from_db()
    assert row.issuer == school.school.registration["issuer"]
    assert row.status == Status.PENDING
    assert "once the person who runs Bellringer has approved it" in done.text


def test_a_blocked_registration_is_not_opened_by_renewing_it(client, lms, invited):
    school = lms("moodle")
    school.registers(client, invited(approves=True)[1])
    row = approval.decide_registration(Registration.objects.get(), status=Status.BLOCKED)
    school.new_pass(renew=True)

    school.registers(client, invited(renews=row, approves=True)[1])

    row.refresh_from_db()
    assert row.status == Status.BLOCKED


@pytest.mark.row("S6")
def test_several_deployments_of_one_client_each_wait_for_approval(client, lms, invited):
    school = lms("canvas")
    school.registers(client, invited(approves=True)[1])
    school.switches_on()
    school.school.change("tool", {"deployment_id": "4128:another"})

    assert launch(client, school.school, "student").status_code == 403

    waiting = Deployment.objects.get(deployment_id="4128:another")
    assert waiting.status == Status.PENDING
    approval.decide_deployment(waiting, status=Status.ACTIVE)
    assert_opened(launch(client, school.school, "student"), Role.LEARNER)
    assert Deployment.objects.count() == 2


@pytest.mark.row("S16")
def test_page_with_the_button_is_framed_by_the_checked_platform_only(client, lms, invited):
    school = lms()
    other = Registration.objects.create(
        name="Other", issuer="https://other.example", client_id="1", auth_url="https://other.example/a",
        token_url="https://other.example/t", jwks_url="https://other.example/j",
    )  # fmt: skip
    _, path = invited()

    policy = school.opens(client, path).headers["Content-Security-Policy"]

    assert f"frame-ancestors 'self' {school.school.sandbox.url};" in policy + ";"
    assert other.issuer not in policy


@pytest.mark.row("S16")
def test_refusal_can_be_read_in_the_frame(client, lms, invited):
    policy = lms().opens(client, "/lti/register/made-up/").headers["Content-Security-Policy"]

    assert "http://localhost:" in policy
    assert "https://*.instructure.com" in policy


def test_configuration_is_asked_letter_for_letter_and_with_the_pass(client, lms, invited, monkeypatch):
    """Canvas reads the pass in the query of its own address, others in the header."""
    school = lms("canvas")
    _, path = invited()
    asked, ask = [], http.request
    monkeypatch.setattr(http, "request", lambda *args, **how: asked.append((args, how)) or ask(*args, **how))

    school.registers(client, path)

    gets = [(args[1], how["headers"]["Authorization"]) for args, how in asked if args[0] == "GET"]
    bearer = f"Bearer {school.opened_with['registration_token']}"
    assert gets == [(school.opened_with["openid_configuration"], bearer)] * 2
    assert "?registration_token=" in gets[0][0]


@pytest.mark.row("S23")
def test_what_the_lms_calls_itself_is_only_text(client, lms, invited):
    school = lms("canvas")
    described = school.description()
    named = "https://canvas.instructure.com/lti/account_name"
    described["https://purl.imsglobal.org/spec/lti-platform-configuration"][named] = (
        "<script>alert(1)</script>"
    )
    school.lies(described)
    _, path = invited()

    asked, done = school.opens(client, path), school.registers(client, path)

    for page in (asked, done):
        assert "&lt;script&gt;alert(1)" in page.text
        assert "<script>alert(1)" not in page.text


@pytest.mark.row("S25")
def test_logs_hold_neither_pass_nor_invitation(client, lms, invited, caplog):
    caplog.set_level("DEBUG")
    school = lms("moodle")
    _, path = invited()
    for _ in range(2):
        school.opens(client, path)
        client.post(path, school.opened_with)

    assert "registered" in caplog.text
    assert "registration refused" in caplog.text
    for secret in (school.opened_with["registration_token"], path.split("/")[3]):
        assert secret not in caplog.text


@pytest.mark.row("S24")
def test_guessing_addresses_comes_to_an_end(client, lms, invited, monkeypatch):
    monkeypatch.setattr(limits.rejections, "per_minute", 3)
    school = lms()
    _, path = invited()
    for _ in range(3):
        refused(school.opens(client, "/lti/register/made-up/"), Obstacle.INVITE_UNKNOWN)

    refused(school.opens(client, path), Obstacle.TOO_MANY)

    assert school.school.requests("configuration") == 0
