"""Our keys change while grades go home: nobody in the LMS has to do anything, and nothing is refused on the way."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from lti_tool import claims, connector, keys
from lti_tool.connector import PlatformConnector
from lti_tool.models import Deployment, ToolKey
from tests.certification.launching import launch
from tests.schools import enrol

SCOPES = [claims.SCOPE_NRPS]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def live_key_set(live_server, tool_key):
    """The sandbox LMS reads our key set over HTTP: Moodle keeps it for each client, Canvas asks for every token."""
    return {"public_jwks": None, "jwks_url": f"{live_server.url}/lti/jwks.json"}


def platform_of(school):
    connector.forget_tokens()
    return PlatformConnector(Deployment.objects.get(deployment_id=school.registration["deployment_id"]))


def a_day_later(school):
    school.clear_faults()  # in a day Canvas's bucket is empty again
    ToolKey.objects.update(created_at=timezone.now() - timedelta(hours=25))


def is_accepted(school, assertion):
    return school.ask_token(assertion, SCOPES[0]).status_code == 200


@pytest.mark.row("S19", "C6", "M26")
@pytest.mark.parametrize("profile", ["plain", "moodle", "canvas"])
def test_old_and_new_keys_verify_during_the_overlap(sandbox, live_key_set, profile):
    school = enrol(sandbox, profile, tool=live_key_set)
    keys.tidy()
    platform = platform_of(school)
    assert platform.get_access_token(SCOPES)
    signed_before = [platform._assertion() for _ in range(3)]

    a_day_later(school)
    new = keys.rotate()

    assert platform_of(school).get_access_token(SCOPES)
    assert keys.signing_key().kid == new.kid
    assert is_accepted(school, signed_before[0])

    # A week after it stopped signing, the old key is gone; the new one goes on.
    school.clear_faults()
    ToolKey.objects.filter(state="retiring").update(retiring_at=timezone.now() - timedelta(days=8))
    keys.tidy()
    assert platform_of(school).get_access_token(SCOPES)
    if profile != "moodle":  # Moodle keeps what it read, until it meets a key that it does not know
        assert not is_accepted(school, signed_before[1])


@pytest.mark.row("S19")
@pytest.mark.parametrize("profile", ["moodle", "canvas"])
def test_a_leaked_key_is_refused_and_the_new_one_works_at_once(sandbox, live_key_set, profile):
    school = enrol(sandbox, profile, tool=live_key_set)
    stolen = [platform_of(school)._assertion() for _ in range(2)]
    assert is_accepted(school, stolen[0])

    keys.replace_leaked()

    assert platform_of(school).get_access_token(SCOPES)
    assert not is_accepted(school, stolen[1])


def test_launches_do_not_depend_on_our_keys(sandbox, live_key_set):
    school = enrol(sandbox, "moodle", tool=live_key_set)

    keys.replace_leaked()

    assert launch(Client(), school, "student").status_code == 200
