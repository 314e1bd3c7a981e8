"""Registrations as a file: out, in again, what it would change, and where it differs."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from lti_tool import keys
from lti_tool.models import Deployment, Registration
from tests import factories

pytestmark = pytest.mark.django_db


def run(*command):
    out = io.StringIO()
    call_command("registrations", *command, stdout=out, stderr=out)
    return out.getvalue()


@pytest.fixture
def file(tmp_path):
    return tmp_path / "registrations.json"


@pytest.fixture
def exported(file):
    row = factories.RegistrationFactory(name="Northfield", issuer="https://lms.example", client_id="c")
    factories.DeploymentFactory(registration=row, deployment_id="1:a")
    run("export", str(file))
    return file


def change(file, **fields):
    document = json.loads(file.read_text())
    document["registrations"][0] |= fields
    file.write_text(json.dumps(document))


def test_what_goes_out_comes_in_again(exported):
    document = json.loads(exported.read_text())
    Registration.objects.all().delete()

    assert run("import", str(exported)) == "Northfield: registration: nothing -> new\n1 changed.\n"

    again = exported.with_name("again.json")
    run("export", str(again))
    assert json.loads(again.read_text()) == document
    assert document["registrations"][0]["deployments"] == {"1:a": "active"}


def test_import_twice_changes_nothing_the_second_time(exported):
    assert run("import", str(exported)) == "Nothing to change.\n"


def test_file_holds_no_secret(exported):
    keys.key_set()
    Registration.objects.update(configuration={"client_secret": "s3cret"})
    run("export", str(exported))

    assert "s3cret" not in exported.read_text()
    assert "PRIVATE" not in exported.read_text()


def test_import_says_what_it_changes_and_a_rehearsal_changes_nothing(exported):
    change(exported, token_url="https://lms.example/token2", deployments={"1:a": "blocked"})
    said = "Northfield: token_url: https://lms.example/token -> https://lms.example/token2\n"
    said += "Northfield: deployment 1:a: active -> blocked\n"

    assert run("import", str(exported), "--dry-run") == said + "Nothing was changed: this was a rehearsal.\n"
    assert Registration.objects.get().token_url == "https://lms.example/token"

    assert run("import", str(exported)) == said + "2 changed.\n"
    assert Registration.objects.get().token_url == "https://lms.example/token2"
    assert Deployment.objects.get().status == "blocked"


def test_import_leaves_alone_what_the_file_does_not_name(exported):
    row = Registration.objects.get()
    Deployment.objects.create(registration=row, deployment_id="2:b", status="active")
    factories.RegistrationFactory(name="Other")

    assert run("import", str(exported)) == "Nothing to change.\n"
    assert (Registration.objects.count(), Deployment.objects.count()) == (2, 2)


def test_drift_is_shown_both_ways_and_fails(exported):
    assert run("drift", str(exported)) == "No difference.\n"
    factories.RegistrationFactory(name="Other")
    Registration.objects.filter(name="Northfield").update(status="blocked")
    out = io.StringIO()

    with pytest.raises(CommandError, match="2 differences") as error:
        call_command("registrations", "drift", str(exported), stdout=out)

    assert error.value.returncode == 1
    assert out.getvalue() == (
        "Northfield: status: blocked -> active\nOther: registration: only in the database -> nothing\n"
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is not JSON"),
        ("[]", "no list of registrations"),
        ('{"registrations": 1}', "no list of registrations"),
        ('{"registrations": ["x"]}', "Registration 1 is no object"),
        ('{"registrations": [{"name": "A"}]}', "issuer is missing"),
    ],
)
def test_a_file_that_is_none_changes_nothing(file, text, words):
    file.write_text(text)

    with pytest.raises(CommandError, match=words):
        run("import", str(file))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"status": "open"}, "status is one of"),
        ({"platform_family": "sakai"}, "platform_family is one of"),
        ({"token_url": "file:///etc/passwd"}, "token_url is not a usable address"),
        ({"client_id": ["a"]}, "client_id is missing or not what"),
        ({"name": "x" * 500}, "name is missing or not what"),
        ({"allowed_origins": ["https://a.example/path"]}, "allowed_origins are"),
        ({"deployments": {"1": "open"}}, "deployments are ids"),
        ({"private_key": "x"}, "private_key is not known"),
    ],
)
def test_an_entry_that_cannot_be_changes_nothing(exported, fields, words):
    change(exported, **fields)

    with pytest.raises(CommandError, match=words):
        run("import", str(exported))

    assert Registration.objects.get().token_url == "https://lms.example/token"


def test_the_same_platform_twice_is_refused(exported):
    document = json.loads(exported.read_text())
    exported.write_text(json.dumps({"registrations": document["registrations"] * 2}))

    with pytest.raises(CommandError, match="there twice"):
        run("import", str(exported))


def test_drift_asks_canvas_what_it_keeps(client, lms, invited, file):
    school = lms("canvas")
    school.registers(client, invited(approves=True)[1])
    school.switches_on()
    run("export", str(file))
    assert run("drift", str(file)) == "No difference.\n"

    kept = school.school.do("tool_keeps", scope="", privacy_level="anonymous")

    assert kept
    out = io.StringIO()
    with pytest.raises(CommandError, match="2 differences"):
        call_command("registrations", "drift", str(file), stdout=out)
    assert "Northfield" in out.getvalue() or school.school.slug in out.getvalue()
    assert "privacy_level: public -> anonymous" in out.getvalue()
    assert run("drift", str(file), "--no-platforms") == "No difference.\n"


def test_a_platform_that_says_nothing_is_named(client, lms, invited, file):
    school = lms("canvas")
    school.registers(client, invited(approves=True)[1])
    run("export", str(file))
    school.school.fault(
        "token", times=None, status=401, body='{"error":"invalid_client"}', content_type="application/json"
    )

    assert "could not be asked: 401" in run("drift", str(file))
