"""A person's browser on a round of peer feedback, by a real launch."""

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from lti_tool.models import Role
from tests import factories


class Browser:
    def __init__(self, peer, person, role=None):
        self.peer, self.person = peer, person
        token = factories.launch(person, peer.activity.link, role).token
        self.client = Client(headers={"Authorization": f"Bearer {token}"})

    def url(self, name, *arguments):
        return reverse(f"peer:{name}", args=[self.peer.activity.key, *arguments])

    def get(self, name, *arguments, **query):
        return self.client.get(self.url(name, *arguments), query)

    def post(self, name, *arguments, **sent):
        return self.client.post(self.url(name, *arguments), sent)

    def follow(self, answer):
        assert answer.status_code == 303, answer.text
        return self.client.get(answer.headers["Location"])

    def queries(self, name, *arguments, **query):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            answer = self.get(name, *arguments, **query)
        assert answer.status_code == 200
        return len(asked)


def member(peer, role, name):
    return factories.member(peer.activity.context, role, name=name)


def teacher(peer, name="Tara Teacher"):
    return Browser(peer, member(peer, Role.INSTRUCTOR, name))


def assistant(peer, name="Tom Tutor"):
    return Browser(peer, member(peer, Role.TEACHING_ASSISTANT, name))


def learner(participant):
    return Browser(participant.peer, participant.person)
