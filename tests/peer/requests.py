"""Asking for pages of a round as somebody, after a real launch."""

from django.test import Client
from django.urls import reverse

from tests import factories


class Visitor:
    """Somebody who launched the round's activity."""

    def __init__(self, peer, person, role=None):
        self.peer = peer
        launch = factories.launch(person, peer.activity.link, role)
        self.client = Client(headers={"Authorization": f"Bearer {launch.token}"})

    def url(self, name, *more):
        return reverse(f"peer:{name}", args=[self.peer.activity.key, *more])

    def sees(self, name, *more, **query):
        return self.client.get(self.url(name, *more), query)

    def sends(self, name, *more, **data):
        return self.client.post(self.url(name, *more), data)
