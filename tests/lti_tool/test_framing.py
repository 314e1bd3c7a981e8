"""Who may frame an answer, and that the header stays small."""

import pytest
from django.test import RequestFactory

from lti_tool import framing
from lti_tool.models import Registration
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.row("S16")]


def registered(host, **more):
    urls = dict.fromkeys(("auth_url", "token_url", "jwks_url"), f"https://{host}/lti")
    return factories.RegistrationFactory(issuer=f"https://{host}", **urls, **more)


def asked(**headers):
    return RequestFactory().get("/", headers=headers)


def test_whoever_asks_picks_the_registration_that_is_theirs():
    registered("a.example")
    hosted = registered("canvas.example")
    factories.DeploymentFactory(registration=hosted, origins=["https://school.canvas.example"])

    assert framing.ancestors(asked(Referer="https://school.canvas.example/courses/1")) == [
        "https://school.canvas.example",
        "https://canvas.example",
    ]
    assert framing.ancestors(asked(Origin="https://a.example")) == ["https://a.example"]


@pytest.mark.parametrize(
    "claimed", ["https://evil.example/", "null", "", "javascript:1", "https://a.example.evil.example"]
)
def test_whoever_is_not_registered_picks_nothing(claimed):
    registered("a.example")

    assert framing.ancestors(asked(Origin=claimed, Referer=claimed)) == ["https://a.example"]


def test_platform_that_waits_or_is_blocked_frames_nothing():
    registered("a.example")
    registered("b.example", status=Registration.Status.BLOCKED)
    registered("c.example", status=Registration.Status.PENDING)

    assert framing.ancestors(asked(Origin="https://b.example")) == ["https://a.example"]


def test_header_stays_small_however_many_platforms_there_are():
    for number in range(200):
        registered(f"a-rather-long-name-of-a-school-{number:03d}.lms.example")

    without = framing.ancestors(asked())
    last = framing.ancestors(asked(Referer="https://a-rather-long-name-of-a-school-199.lms.example/"))

    assert 10 < len(without) <= framing.MOST_ORIGINS
    assert len(" ".join(without)) <= framing.MOST_CHARACTERS
    assert last == ["https://a-rather-long-name-of-a-school-199.lms.example"]


def test_client_that_many_schools_share_names_the_school_that_asks_first():
    hosted = registered("canvas.example")
    for number in range(200):
        factories.DeploymentFactory(registration=hosted, origins=[f"https://s{number:03d}.canvas.example"])
    request = asked(Origin="https://s150.canvas.example")
    request.framed_by = hosted

    found = framing.ancestors(request)

    assert found[0] == "https://s150.canvas.example"
    assert len(found) == framing.MOST_ORIGINS
