import io
import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from lti_tool import claims, doctor, problems
from lti_tool.models import Deployment, Problem, Registration, Score, Status
from tests.certification.launching import launch
from tests.factories import DeploymentFactory, RegistrationFactory
from tests.grades import Column
from tests.schools import enrol


def deployment_of(school) -> Deployment:
    rows = Deployment.objects.select_related("registration")
    return rows.get(
        registration__client_id=school.registration["client_id"],
        deployment_id=school.registration["deployment_id"],
    )


def levels(school) -> dict[str, str]:
    """The worst level of each check."""
    order = [doctor.OK, doctor.NOTICE, doctor.UNTRIED, doctor.WRONG]
    found = {}
    for finding in doctor.examine(deployment_of(school)):
        found[finding.check] = max(found.get(finding.check, doctor.OK), finding.level, key=order.index)
    return found


def finding(school, check):
    return next(f for f in doctor.examine(deployment_of(school)) if f.check == check)


@pytest.fixture
def opened(client, school):
    launch(client, school, "teacher")
    return school


@pytest.mark.parametrize("profile", ["plain", "moodle", "canvas"])
def test_a_healthy_deployment_is_well_on_every_platform(
    client, sandbox, tool_key, live_server, settings, profile
):
    school = enrol(sandbox, profile)
    launch(client, school, "teacher")
    launch(Client(), school, "student")
    settings.TOOL_URL = live_server.url

    findings = doctor.examine(deployment_of(school))

    assert doctor.is_well(findings), [f for f in findings if f.level not in (doctor.OK, doctor.NOTICE)]
    assert {f.check for f in findings} == {
        "address", "worker", "approval", "keys", "clock", "token.roster", "token.scores", "token.results",
        "token.columns", "launches", "personal_data", "roster", "gradebook", "grades",
    }  # fmt: skip


def test_looking_changes_nothing_in_the_lms(sandbox, tool_key):
    column = Column.of_new_school(sandbox, "moodle")
    column.publish(14)
    column.work()
    before = (column.school.posts, column.school.line_items(), column.school.gradebook())

    doctor.examine(deployment_of(column.school))

    assert (column.school.posts, column.school.line_items(), column.school.gradebook()) == before


def test_a_place_that_nobody_approved_is_named(opened):
    registration = Registration.objects.get()
    DeploymentFactory(registration=registration, status=Status.PENDING)
    assert levels(opened)["approval"] == doctor.NOTICE

    Deployment.objects.filter(pk=deployment_of(opened).pk).update(status=Status.BLOCKED)

    assert finding(opened, "approval").who == "whoever runs Bellringer"
    assert levels(opened)["approval"] == doctor.WRONG


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ({"mode": "status", "status": 503}, "503"),
        ({"mode": "html"}, "not JSON"),
        ({"mode": "error_json"}, "200"),
    ],
)
def test_keys_that_cannot_be_read_are_the_lms_administrators(opened, mode, words):
    opened.jwks_mode(**mode)

    found = finding(opened, "keys")

    assert (found.level, found.who) == (doctor.WRONG, "the LMS administrator")
    assert words in found.sentence


@pytest.mark.parametrize(("seconds", "level"), [(0, "ok"), (30, "notice"), (90, "wrong"), (-90, "wrong")])
def test_clocks_that_differ_are_found(opened, monkeypatch, seconds, level):
    there = timezone.now() + timedelta(seconds=seconds)
    monkeypatch.setattr(doctor.timezone, "now", lambda: there)

    assert finding(opened, "clock").level == level


@pytest.mark.row("C18", "C24", "S20")
@pytest.mark.profile("canvas")
def test_a_key_that_was_switched_off_is_the_lms_administrators(opened):
    opened.switch_off_tool()

    found = finding(opened, "roster")

    assert (found.level, found.who) == (doctor.WRONG, "the LMS administrator")


@pytest.mark.row("M27", "M28")
def test_a_scope_that_was_not_granted_says_what_will_not_work(client, sandbox, tool_key):
    granted = [claims.SCOPE_SCORE, claims.SCOPE_NRPS, claims.SCOPE_RESULT]
    school = enrol(sandbox, "moodle", tool={"scopes": granted})
    launch(client, school, "teacher")

    found = finding(school, "token.columns")

    assert found.level == doctor.WRONG
    assert "only to columns that the LMS made" in found.sentence
    assert levels(school)["token.scores"] == doctor.OK


@pytest.mark.row("C23")
def test_what_is_really_told_of_people_is_counted(client, sandbox, tool_key):
    school = enrol(sandbox, "canvas", privacy="none")
    launch(client, school, "teacher")
    launch(Client(), school, "student")

    found = finding(school, "personal_data")

    assert found.level == doctor.NOTICE
    assert "Of 2 people who opened it lately, names came for 0 and e-mail addresses for 0." in found.sentence


def test_a_roster_that_is_refused_is_told(opened):
    opened.fault("memberships", status=403, body="no", times=None)

    found = finding(opened, "roster")

    assert (found.level, found.who) == (doctor.WRONG, "the LMS administrator")


def test_a_column_that_is_gone_is_the_teachers(sandbox, tool_key):
    column = Column.of_new_school(sandbox, "moodle")
    column.publish(14)
    column.work()
    column.school.delete_column()

    found = finding(column.school, "gradebook")

    assert (found.level, found.who) == (doctor.WRONG, "the course's teacher")


def test_grades_that_wait_for_nobody_mean_that_the_worker_is_off(sandbox, tool_key):
    column = Column.of_new_school(sandbox, "plain")
    column.publish(14)
    assert levels(column.school)["worker"] == doctor.OK

    Score.objects.update(not_before=timezone.now() - timedelta(minutes=6))

    assert finding(column.school, "worker").level == doctor.WRONG


def test_problems_of_this_place_are_listed_and_those_of_others_are_not(opened):
    registration = Registration.objects.get()
    problems.note(registration, area=Problem.Area.LAUNCH, code="signature-wrong", said="alg")
    problems.note(registration, area=Problem.Area.GRADES, code="gone_user", said="Ada Lovelace is no student")
    problems.note(RegistrationFactory(), area=Problem.Area.LAUNCH, code="time-wrong")

    listed = " ".join(f.sentence for f in doctor.examine(deployment_of(opened)) if f.check == "problems")

    assert "signature-wrong (alg)" in listed
    assert "gone_user" in listed
    assert "Ada" not in listed
    assert "time-wrong" not in listed


def test_the_support_bundle_holds_no_secret_and_no_name(sandbox, tool_key, tmp_path):
    column = Column.of_new_school(sandbox, "canvas")
    column.publish(Decimal("13.7"), comment="Spoke kindly.")
    column.work()
    person = column.people[0]
    problems.note(
        column.link.deployment.registration, area=Problem.Area.GRADES, code="gone_user", said=person.name
    )
    file = tmp_path / "bundle.json"

    with pytest.raises(CommandError):  # our own address does not answer in this test
        call_command("lti_doctor", bundle=file, stdout=io.StringIO())

    text = file.read_text()
    assert json.loads(text)[0]["registration"]["client_id"] == column.school.registration["client_id"]
    for secret in (
        person.name, person.sub, person.email, "13.7", "Spoke kindly", "PRIVATE", tool_key.private_pem[:20],
        column.link.title, column.link.context.title,
    ):  # fmt: skip
        assert secret
        assert secret not in text


def test_the_command_says_what_is_wrong_and_ends_with_an_error(opened, capsys):
    opened.jwks_mode("status", status=503)

    with pytest.raises(CommandError, match="mended"):
        call_command("lti_doctor", client_id=opened.registration["client_id"])

    out = capsys.readouterr().out
    assert "WRONG" in out
    assert "→ the LMS administrator" in out


def test_the_command_says_when_there_is_nothing_to_check(db):
    with pytest.raises(CommandError, match="no such deployment"):
        call_command("lti_doctor")
