"""Deep linking, §4.2 of the certification guide: DL1–DL7. The sandbox LMS checks every claim of the answer itself."""

import time

import jwt
import pytest

from lti_tool import claims, keys
from lti_tool.models import DeepLinkingRequest, ResourceLink, Role
from tests.choosing import choose, claims_of

pytestmark = pytest.mark.django_db
DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
SENT = 'opaque "data" <of the LMS> & ü'  # what the sandbox LMS sends, and wants back letter for letter


@pytest.fixture
def answered(client, school):
    """A teacher who made one activity: the choice, and the form that goes to the LMS."""
    choice = choose(client, school, "one")
    return choice, choice.form(choice.makes())


def test_DL1_request_is_accepted_without_a_resource_link(client, school):
    choice = choose(client, school, "one")

    assert choice.page.status_code == 200
    visit = choice.page.context["visit"]
    assert (visit.role, visit.person.sub) == (Role.INSTRUCTOR, school.sub("teacher"))
    assert DeepLinkingRequest.objects.count() == 1
    assert ResourceLink.objects.count() == 0


def test_DL2_answer_is_posted_to_the_return_address_as_the_field_JWT(answered):
    choice, form = answered

    assert form.action == DeepLinkingRequest.objects.get().return_url
    assert form.action.startswith(choice.school.url)
    assert list(form.fields) == ["JWT"]


def test_DL3_answer_is_an_RS256_JWT_with_a_key_id_and_a_list_of_items(answered):
    header = jwt.get_unverified_header(answered[1]["JWT"])

    assert (header["alg"], header["kid"]) == ("RS256", keys.signing_key().kid)
    assert [item["type"] for item in claims_of(answered[1])[DL + "content_items"]] == ["ltiResourceLink"]


def test_DL4_answer_is_fresh_and_lives_five_minutes_at_most(answered):
    choice, form = answered
    again = choice.form(choice.post("activities:picker"))
    first, second = claims_of(form), claims_of(again)

    assert abs(first["iat"] - time.time()) < 30
    assert 0 < first["exp"] - first["iat"] <= 300
    assert first["nonce"] != second["nonce"]


def test_DL5_signature_verifies_with_a_published_key(client, answered):
    published = client.get("/lti/jwks.json").json()["keys"]
    kid = jwt.get_unverified_header(answered[1]["JWT"])["kid"]
    key = next(jwt.PyJWK(row) for row in published if row["kid"] == kid)

    jwt.decode(answered[1]["JWT"], key, algorithms=["RS256"], options={"verify_aud": False})


def test_DL6_required_claims_and_data_as_it_was_sent(client, school):
    names = ("iss", "aud", claims.DEPLOYMENT_ID, claims.MESSAGE_TYPE, claims.VERSION, DL + "data")
    registered = school.registration
    expected = (
        registered["client_id"],
        [registered["issuer"]],
        registered["deployment_id"],
        "LtiDeepLinkingResponse",
        "1.3.0",
    )
    setting = f"{DL}deep_linking_settings>data"
    for bent, data in (
        ({}, SENT),
        ({"set": {setting: ""}}, ""),  # sent empty, and so it comes back
        ({"remove": [setting]}, None),
    ):
        choice = choose(client, school, "one", **bent)
        found = claims_of(choice.form(choice.makes()))

        assert tuple(found.get(name) for name in names) == (*expected, data)
        assert (DL + "data" in found) == (data is not None)


def test_DL7_answer_is_affirmed_and_so_is_a_cancelled_choice(answered, client):
    choice, form = answered
    took = choice.school.sandbox.request("POST", form.action, data=form.fields)
    assert (took.status_code, choice.came_back["made"]) == (200, 1)

    cancelled = choose(client, choice.school, "one")
    assert cancelled.returns(cancelled.post("lti_tool:deep_linking_cancel")).status_code == 200
    back = cancelled.came_back
    assert (back["state"], back["items"], back["made"]) == ("closed", [], 0)
    assert back["message"] == "Nothing was added."
