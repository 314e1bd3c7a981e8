"""Requests of people of a round, each through a real launch."""

from html import unescape

from django.test import Client
from django.urls import reverse

from tests import factories


def url(peer, name, *arguments):
    return reverse(f"peer:{name}", args=[peer.activity.key, *arguments])


def headers(person, peer, **more):
    return {"Authorization": f"Bearer {factories.launch(person, peer.activity.resource_link, **more).token}"}


def get(person, peer, name, /, *arguments, **query):
    return Client().get(url(peer, name, *arguments), query, headers=headers(person, peer))


def post(person, peer, name, /, *arguments, **sent):
    return Client().post(url(peer, name, *arguments), sent, headers=headers(person, peer))


def words(answer):
    """As somebody reads it: without the escaping."""
    return " ".join(unescape(answer.content.decode()).split())
