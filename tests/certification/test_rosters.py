"""1EdTech LTI Advantage certification, Names and Role Provisioning Services: what the tool asks, and what it makes of it."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from lti_tool import claims, connector, http, port, worker
from lti_tool.models import Context
from tests.certification.launching import launch

pytestmark = pytest.mark.django_db
CONTAINER = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"


class Conversation:
    """Every question about members, and the scopes of the token that came with it."""

    def __init__(self, context):
        self.context = context
        self.calls = []
        self.scopes_of = {}

    @property
    def first(self):
        return self.calls[0]

    def scopes(self, call):
        return self.scopes_of[call["headers"]["Authorization"].removeprefix("Bearer ")]


@pytest.fixture
def told(client, school, monkeypatch):
    """All that was said while one roster was read after one launch of a teacher."""
    school.add_students(3)
    context = launch(client, school, "teacher").context["launch"].context
    context.memberships_url += "?limit=3&kept=yes"  # a query of the platform's own
    context.save()
    conversation = Conversation(context)
    pass_on, fetch = http.request, connector.PlatformConnector.fetch_token

    def request(method, url, **how):
        answer = pass_on(method, url, **how)
        if "/memberships" in url:
            conversation.calls.append({"method": method, "url": url, "answer": answer, **how})
        return answer

    def fetch_token(self, scopes):
        token = fetch(self, scopes)
        conversation.scopes_of[token.value] = token.scopes
        return token

    monkeypatch.setattr(http, "request", request)
    monkeypatch.setattr(connector.PlatformConnector, "fetch_token", fetch_token)
    port.roster_status(context, refresh=True)
    worker.work_once()
    return conversation


def test_NR1_the_address_is_called_as_it_was_given(told):
    assert (told.first["method"], told.first["url"]) == ("GET", told.context.memberships_url)


def test_NR2_the_media_type(told):
    assert [call["headers"]["Accept"] for call in told.calls] == [CONTAINER] * len(told.calls)


def test_NR3_a_bearer_token_that_the_platform_accepts(told):
    for call in told.calls:
        assert call["headers"]["Authorization"].startswith("Bearer ")
        assert call["answer"].status == 200


def test_NR4_its_scope(told):
    assert told.scopes(told.first) == {claims.SCOPE_NRPS}


def test_NR5_every_page_and_no_status_means_active(told, client, school):
    asked = [parse_qs(urlsplit(call["url"]).query).get("page", ["1"]) for call in told.calls]
    assert asked == [["1"], ["2"], ["3"]]

    body = {"members": [{"user_id": "silent", "roles": ["Learner"]}]}
    school.fault("memberships", status=200, body=json.dumps(body), content_type=CONTAINER)
    port.roster_status(told.context, refresh=True)
    worker.work_once()

    (silent,) = [m for m in port.members(told.context) if m.person.sub == "silent"]
    assert silent.is_active


def test_NR6_the_people_are_shown(told, client, school):
    opened = launch(client, school, "teacher")

    assert Context.objects.get(pk=told.context.pk).roster_swept_at is not None
    listed = {member.person.display_name for member in port.members(told.context)}
    assert {person.name for person in school.people.values()} <= listed
    assert opened.status_code == 200
