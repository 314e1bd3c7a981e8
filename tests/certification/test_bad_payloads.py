"""1EdTech LTI Advantage certification, §6.1.1: each of these is rejected in words, and nothing is kept."""

import pytest

from lti_tool import claims
from lti_tool.errors import Reason
from tests.certification.launching import assert_rejected, launch

pytestmark = pytest.mark.django_db


def test_B01_no_kid_passed_in_jwt_header(client, school):
    response = launch(client, school, "student", header={"kid": None})

    assert_rejected(response, Reason.KEY_MISSING)


def test_B02_incorrect_kid_in_jwt_header(client, school):
    response = launch(client, school, "student", header={"kid": "imstester_66067"})

    assert_rejected(response, Reason.KEY_UNKNOWN)


def test_B03_wrong_lti_version(client, school):
    for version in ("11.3", "1.2.0"):
        response = launch(client, school, "student", set={claims.VERSION: version})

        assert_rejected(response, Reason.VERSION_WRONG)


def test_B04_no_lti_version(client, school):
    response = launch(client, school, "student", remove=[claims.VERSION])

    assert_rejected(response, Reason.VERSION_WRONG)


def test_B05_invalid_lti_message(client, school):
    response = launch(client, school, "student", claims_replace={"name": "badltilaunch"})

    assert_rejected(response, Reason.TOKEN_MALFORMED)


def test_B06_missing_lti_claims(client, school):
    response = launch(
        client, school, "student", remove=["aud", "iss", "sub", claims.DEPLOYMENT_ID, claims.ROLES]
    )

    assert_rejected(response, Reason.TOKEN_MALFORMED)


def test_B07_timestamps_incorrect(client, school):
    response = launch(client, school, "student", set={"iat": 11111, "exp": 22222})

    assert_rejected(response, Reason.TIME_WRONG)


def test_B08_message_type_claim_missing(client, school):
    response = launch(client, school, "student", remove=[claims.MESSAGE_TYPE])

    assert_rejected(response, Reason.MESSAGE_INVALID)


def test_B09_role_claim_missing(client, school):
    response = launch(client, school, "student", remove=[claims.ROLES])

    assert_rejected(response, Reason.ROLES_MISSING)


def test_B10_deployment_id_claim_missing(client, school):
    response = launch(client, school, "student", remove=[claims.DEPLOYMENT_ID])

    assert_rejected(response, Reason.MESSAGE_INVALID)


def test_B11_resource_link_id_claim_missing(client, school):
    for change in ({"remove": [claims.RESOURCE_LINK]}, {"set": {claims.RESOURCE_LINK: {"title": "No id"}}}):
        response = launch(client, school, "student", **change)

        assert_rejected(response, Reason.RESOURCE_LINK_MISSING)


def test_B12_user_claim_missing(client, school):
    response = launch(client, school, "student", remove=["sub"])

    assert_rejected(response, Reason.ANONYMOUS)
    assert "sign in to your course first" in response.text
