"""The other ways: the administrator's form, the commands, the configuration that Canvas reads."""

import io
import json
import re
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from lti_tool import tool_configuration
from lti_tool.models import Deployment, Invite, Registration, Status
from tests.administration.conftest import administration, administrator  # noqa: F401
from tests.certification.launching import launch

pytestmark = pytest.mark.django_db
ADD = "/admin/lti_tool/registration/add/"
SAMPLE = Path(__file__).parent.parent / "samples/platforms/canvas/registration.manual_json_configuration.json"


def typed(school, **changes):
    told = school.registration
    form = {name: told[name] for name in ("issuer", "client_id", "auth_url", "token_url", "jwks_url")}
    form |= {"name": "Northfield", "platform_family": told["platform_family"], "token_audience": ""}
    return form | {"deployment_ids": told["deployment_id"], "allowed_origins": ""} | changes


def page_of(row):
    return reverse("admin:lti_tool_registration_change", args=[row.pk])


def test_every_value_to_copy_is_on_the_page(administration):  # noqa: F811
    text = administration.get(ADD).content.decode()

    base = "http://127.0.0.1:8000"
    for value in (
        f"{base}/lti/launch/",
        f"{base}/lti/login/",
        f"{base}/lti/jwks.json",
        f"{base}/lti/canvas.json",
    ):
        assert f"<code>{value}</code>" in text
    for parameters in tool_configuration.CUSTOM.values():
        for name, variable in parameters.items():
            assert f"{name}={variable}" in text
    assert "https://sso.beta.canvaslms.com/login/oauth2/token" in text


def test_what_the_lms_shows_is_typed_and_works(administration, client, lms):  # noqa: F811
    school = lms("moodle").school

    answer = administration.post(ADD, typed(school))

    assert answer.status_code == 302, answer.content.decode()
    assert Registration.objects.get().status == Status.ACTIVE
    assert launch(client, school, "teacher").status_code == 200


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"auth_url": "https://10.0.0.1/auth"}, "an address inside our own network"),
        ({"token_url": "javascript:alert(1)"}, "not a usable address"),
        ({"jwks_url": ""}, "required"),
        ({"issuer": ""}, "required"),
        ({"allowed_origins": "https://lms.example/path"}, "is not https://host[:port]"),
        ({"deployment_ids": "x" * 300}, "at most 255"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(administration, lms, change, words):  # noqa: F811
    answer = administration.post(ADD, typed(lms().school, **change))

    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert Registration.objects.count() == 0


def test_the_same_pair_cannot_be_typed_twice(administration, lms):  # noqa: F811
    school = lms().school
    administration.post(ADD, typed(school))

    answer = administration.post(ADD, typed(school, name="Again"))

    assert "already exists" in answer.content.decode()
    assert Registration.objects.get().name == "Northfield"


@pytest.mark.parametrize("status", Status.values)
def test_a_change_by_hand_keeps_the_status(administration, lms, status):  # noqa: F811
    school = lms().school
    administration.post(ADD, typed(school))
    row = Registration.objects.get()
    Registration.objects.update(status=status, configuration={"kept": True}, platform_guid="g")

    answer = administration.post(
        page_of(row), typed(school, name="New name", allowed_origins="https://files.example")
    )

    assert answer.status_code == 302, answer.content.decode()
    row.refresh_from_db()
    assert (row.name, row.status, row.allowed_origins) == ("New name", status, ["https://files.example"])
    assert (row.configuration, row.platform_guid) == ({"kept": True}, "g")
    assert "https://files.example</textarea>" in administration.get(page_of(row)).content.decode()


def test_an_administrator_invites_and_sees_the_address_once(administration, client, lms):  # noqa: F811
    form = {"label": "Northfield", "minutes": "60", "privacy_level": "anonymous", "renews": ""}

    answer = administration.post("/admin/lti_tool/invite/add/", form)

    address = re.search(r'value="(http[^"]*/lti/register/[^"]+)"', answer.content.decode())[1]
    row = Invite.objects.get()
    assert (row.created_by, row.privacy_level, row.approves) == ("ada", "anonymous", False)
    assert "no-store" in answer.headers["Cache-Control"]
    for url in (
        reverse("admin:lti_tool_invite_changelist"),
        reverse("admin:lti_tool_invite_change", args=[row.pk]),
    ):
        text = administration.get(url).content.decode()
        assert "Northfield" in text
        assert address.split("/")[-2] not in text
    school = lms()
    assert school.registers(client, address.removeprefix("http://127.0.0.1:8000")).status_code == 200


def test_a_withdrawn_invitation_opens_nothing(administration, client, lms, invited):  # noqa: F811
    row, path = invited()

    administration.post(
        reverse("admin:lti_tool_invite_changelist"), {"action": "withdraw", "_selected_action": [row.pk]}
    )

    assert lms().opens(client, path).status_code == 410


def run(*command, **options):
    out = io.StringIO()
    call_command(*command, stdout=out, stderr=io.StringIO(), **options)
    return out.getvalue()


def test_invite_platform_prints_the_address(client, lms):
    address = run("invite_platform", "--label", "Northfield", "--approve", "--privacy", "name_only").strip()

    row = Invite.objects.get()
    assert (row.label, row.approves, row.privacy_level) == ("Northfield", True, "name_only")
    school = lms("canvas")
    assert school.registers(client, address.removeprefix("http://127.0.0.1:8000")).status_code == 200
    assert Registration.objects.get().status == Status.ACTIVE


def test_invite_platform_renews_what_is_there():
    with pytest.raises(CommandError, match="no registration of that number"):
        run("invite_platform", "--label", "x", "--renews", "99")


def register(school, **changes):
    told = school.registration | changes
    command = ["register_platform", "--name", "By command", "--family", told["platform_family"]]
    for name in ("issuer", "client_id", "auth_url", "token_url", "jwks_url", "deployment_id"):
        command += [f"--{name.replace('_', '-')}", told[name]]
    return run(*command)


def test_register_platform_registers_and_changes(client, lms):
    school = lms("moodle").school

    assert register(school) == "Registered By command.\n"
    assert register(school) == "Updated By command.\n"

    assert launch(client, school, "student").status_code == 200
    assert (Registration.objects.count(), Deployment.objects.get().status) == (1, Status.ACTIVE)


@pytest.mark.parametrize(
    "address", ["ftp://lms.example/x", "nonsense", "https://a:b@lms.example/", "https://[x/"]
)
def test_register_platform_refuses_what_is_no_address(lms, address):
    with pytest.raises(CommandError, match="not a usable address"):
        register(lms().school, token_url=address)

    assert Registration.objects.count() == 0


def shape(value):
    """The members and types of a JSON value, whatever it says."""
    if isinstance(value, dict):
        return {name: shape(entry) for name, entry in value.items()}
    return [shape(value[0])] if isinstance(value, list) and value else type(value).__name__


def test_canvas_reads_its_configuration(client):
    recorded = json.loads(SAMPLE.read_text())

    answer = client.get("/lti/canvas.json", {"privacy": "name_only"})

    document = answer.json()
    assert answer.headers["Content-Type"] == "application/json"
    assert set(document) <= set(recorded)
    needed = {"title", "description", "oidc_initiation_url", "target_link_uri", "public_jwk_url"}
    assert needed <= set(document)
    assert shape(document["scopes"]) == shape(recorded["scopes"])
    assert all(isinstance(value, str) for value in document["custom_fields"].values())
    extension, sample = document["extensions"][0], recorded["extensions"][0]
    assert set(extension) == set(sample)
    assert (extension["platform"], extension["privacy_level"], extension["domain"]) == (
        "canvas.instructure.com",
        "name_only",
        "127.0.0.1:8000",
    )
    placements = {entry["placement"]: entry for entry in extension["settings"]["placements"]}
    assert set(placements) == {entry["placement"] for entry in sample["settings"]["placements"]}
    assert placements["course_navigation"]["default"] == "disabled"
    assert [
        name for name, entry in placements.items() if entry["message_type"] == "LtiResourceLinkRequest"
    ] == ["course_navigation"]


@pytest.mark.parametrize(
    ("asked", "level"), [("", "public"), ("anonymous", "anonymous"), ("everything", "public")]
)
def test_canvas_configuration_by_privacy(client, asked, level):
    document = client.get("/lti/canvas.json", {"privacy": asked}).json()

    assert document["extensions"][0]["privacy_level"] == level
