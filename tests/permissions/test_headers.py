"""The headers of every answer: lti.md S16 and S28 as one table over every URL, with a launch and without, and over errors."""

import pytest
from django.test import Client
from django.urls import path, reverse

from config import headers
from lti_tool import claims
from lti_tool.models import Registration
from tests import factories
from tests.certification.launching import form_of, launch
from tests.permissions.test_truth_table import TABLE, ask_and_undo, ids
from tests.permissions.world import ROLES

pytestmark = [pytest.mark.django_db, pytest.mark.row("S28")]

OWN = "https://lms.example"  # of the world's school


@pytest.fixture(autouse=True)
def other_school():
    """Somebody else's platform, which must frame nothing of ours."""
    urls = dict.fromkeys(("auth_url", "token_url", "jwks_url"), "https://other.example/lti")
    return factories.RegistrationFactory(issuer="https://other.example", **urls)


def policy(response):
    """The directives of the Content-Security-Policy, by name."""
    return dict(part.strip().partition(" ")[::2] for part in response["Content-Security-Policy"].split(";"))


def assert_headers(response, framed_by):
    """What every answer says. `framed_by` are the origins that may frame a page; other answers, nobody may."""
    said = response.headers
    assert said["X-Content-Type-Options"] == "nosniff"
    assert said["Referrer-Policy"] in ("no-referrer", "same-origin")
    assert said["Permissions-Policy"] == headers.PERMISSIONS
    assert "X-Frame-Options" not in said
    assert not [name for name in said if name.startswith("Cross-Origin-")]
    rules = policy(response)
    assert rules["default-src"] == rules["object-src"] == rules["base-uri"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == "'self'"
    is_page = said["Content-Type"].startswith("text/html") and "Location" not in said
    assert rules["frame-ancestors"] == (" ".join(["'self'", *framed_by]) if is_page else "'none'")
    assert "Access-Control-Allow-Origin" not in said
    if (
        "Authorization" in said.get("Vary", "")
        and response.status_code < 400
        and not said["Cache-Control"].startswith("public")
    ):
        assert "no-store" in said["Cache-Control"]


@pytest.mark.parametrize("row", TABLE, ids=ids)
def test_every_url_says_who_may_frame_it_and_what_it_may_do(client, own, row):
    for role in (role for role in ROLES if role != "nobody"):
        response = ask_and_undo(client, row, own.keys, own.launch(row[1], row[2], role))
        assert_headers(response, [OWN])


# Whoever holds an invitation is framed by the LMS that it is for: tests/registration.
PAGES = [row for row in TABLE if row[0] == "GET" and row[1] != "lti_tool:register"]


@pytest.mark.parametrize("row", PAGES, ids=ids)
def test_page_for_nobody_may_be_framed_by_the_platform_that_asks(own, row):
    asked_by = Client(headers={"Referer": f"{OWN}/courses/7"})

    response = ask_and_undo(asked_by, row, own.keys, None)

    assert_headers(response, [OWN])


def test_page_for_nobody_whom_nobody_asks_may_be_framed_by_any_registered_platform(client, own):
    response = client.get(reverse("activities:start"))

    assert_headers(response, [OWN, "https://other.example"])


@pytest.mark.row("S16")
def test_what_is_not_there_is_framed_by_its_platform_too(client, own):
    token = {"Authorization": f"Bearer {own.launches['instructor'].token}"}

    assert_headers(client.get("/nowhere/", headers=token), [OWN])
    assert_headers(client.get("/nowhere/", headers={"Origin": OWN}), [OWN])
    assert_headers(client.put(reverse("activities:start"), headers=token), [OWN])


def _breaks(request):
    raise RuntimeError


class Breaking:
    urlpatterns = [path("", _breaks)]


@pytest.mark.row("S16")
def test_error_of_ours_is_framed_by_its_platform_too(own, settings):
    settings.ROOT_URLCONF = Breaking
    client = Client(raise_request_exception=False)

    response = client.get("/", headers={"Authorization": f"Bearer {own.launches['learner'].token}"})

    assert response.status_code == 500
    assert_headers(response, [OWN])


@pytest.mark.row("S16")
@pytest.mark.parametrize(
    "bent",
    [
        {"remove": [claims.ROLES]},
        {"iat": 11111, "expires": 22222},
        {"sign_with_other_key": True},
        {"remove": ["sub"]},
        {"set": {claims.DEPLOYMENT_ID: "another"}},
    ],
)
def test_rejected_launch_is_framed_by_its_platform(client, school, bent):
    form = form_of(client, school, "teacher", **bent)

    response = client.post("/lti/launch/", form, headers={"Origin": school.sandbox.url})

    assert 400 <= response.status_code < 500
    assert_headers(response, [school.sandbox.url])


@pytest.mark.row("S16")
def test_lms_that_nobody_registered_sees_our_words(client):
    login = {
        "iss": "https://new.example",
        "login_hint": "1",
        "target_link_uri": "http://127.0.0.1:8000/lti/launch/",
    }

    response = client.post("/lti/login/", login, headers={"Origin": "https://new.example"})

    assert response.status_code == 404
    assert_headers(response, ["https://new.example"])


@pytest.mark.row("S16")
def test_launch_is_framed_by_its_own_deployment_alone(client, school):
    opened = launch(client, school, "teacher")

    assert_headers(opened, [school.sandbox.url])
    assert Registration.objects.count() > 1


def test_transport_is_strict_in_production(settings, client):
    settings.SECURE_HSTS_SECONDS = 31_536_000

    response = client.get(reverse("activities:start"), secure=True)

    assert response["Strict-Transport-Security"] == "max-age=31536000"
