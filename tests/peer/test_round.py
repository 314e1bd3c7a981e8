"""A round from set-up to actions, by its verbs."""

import pytest

from assessments.audit.models import Event
from assessments.marking.models import MarkSheet
from assessments.peer import reading, responding, submitting
from assessments.peer.models import Action, PeerActivity, Review
from tests import peers

pytestmark = pytest.mark.django_db
Phase = PeerActivity.Phase


def test_whole_round_of_work():
    peer = peers.peer_round(people=6, reviews_each=2, self_assesses=True)
    peer = peers.go_to(peer, Phase.SUBMIT)
    peers.everybody_hands_in(peer)
    peer = peers.go_to(peer, Phase.SELF)
    author = peers.people_of(peer)[0]
    peers.self_assess(author)
    peer = peers.go_to(peer, Phase.REVIEW)

    reviews = peers.all_review(peer)
    assert len(reviews) == 12
    own = submitting.submission_of(peers.people_of(peer)[0])
    assert reading.readable(own, peers.people_of(peer)[0]) == []

    peer = peers.go_to(peer, Phase.RESPOND)
    author = peers.people_of(peer)[0]
    readable = reading.readable(submitting.submission_of(author), author)
    assert len(readable) == 2
    peers.answer(readable[0], author, acting="will", text="Yes.")
    responding.plan(participant=author, text="Wait for the answer.")

    assert Action.objects.get().text == "Wait for the answer."
    assert Review.objects.filter(state="done").count() == 13
    assert MarkSheet.objects.filter(state="submitted").count() == 13
    assert Event.objects.filter(verb="review.answered").count() == 1
