"""What of a round's settings can be changed when, and what a copy of it takes along."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from assessments.peer import assigning, kind, setting
from assessments.peer.models import PeerActivity
from tests import factories, peers

pytestmark = pytest.mark.django_db
Phase = PeerActivity.Phase


def change(peer, **settings):
    peer = peers.fresh(peer)
    for name, value in settings.items():
        setattr(peer, name, value)
    return setting.change(peer=peer, rubric=peer.activity.rubric, by=None)


def refusal(peer, **settings):
    with pytest.raises(ValidationError) as refused:
        change(peer, **settings)
    return set(refused.value.message_dict)


PROMISES = {"anonymity": "named", "mode": "performance", "is_group_work": True}


@pytest.mark.parametrize("name", PROMISES)
def test_promise_is_free_until_somebody_hands_in_and_fixed_from_then(name):
    peer = peers.go_to(peers.peer_round(people=3), Phase.SUBMIT)
    change(peer, **{name: PROMISES[name]})
    change(peer, **{name: getattr(PeerActivity(), name)})

    peers.work_of(peers.people_of(peer)[0])

    assert refusal(peer, **{name: PROMISES[name]}) == {name}
    assert getattr(peers.fresh(peer), name) == getattr(PeerActivity(), name)


def test_fewer_sources_than_promised_are_never_enough():
    peer = peers.under_review(people=8, mode="sources", reviews_each=6, forbids_pairs=False, least_sources=5)

    assert refusal(peer, least_sources=4) == {"least_sources"}
    assert change(peer, least_sources=6).least_sources == 6


def test_promise_is_fixed_by_the_first_drawing_where_nothing_is_handed_in():
    peer = peers.peer_round(people=5, mode="performance", self_assesses=False, reviews_each=2)
    peer = peers.go_to(peer, Phase.REVIEW)

    assert refusal(peer, anonymity="named") == {"anonymity"}


def test_promise_is_fixed_by_the_first_review_that_is_taken():
    peer = peers.peer_round(people=5, mode="performance", self_assesses=False, allocating="pull")
    peer = peers.go_to(peer, Phase.REVIEW)
    assert not setting.is_locked(peer)

    assert assigning.take_next(participant=peers.people_of(peer)[0])

    assert setting.is_locked(peers.fresh(peer))


@pytest.mark.parametrize(
    ("wishes", "fields"),
    [
        ({"reviews_each": 2, "least_reviews": 3}, {"least_reviews"}),
        ({"takes_text": False, "takes_files": False}, {"takes_text"}),
        ({"mode": "sources", "counts": True}, {"counts"}),
        ({"groups_review": True}, {"groups_review"}),
        ({"mode": "team", "is_group_work": True}, {"is_group_work"}),
        ({"is_group_work": True, "groups_review": True, "allocating": "pull"}, {"allocating"}),
    ],
)
def test_settings_that_contradict_each_other_are_refused_by_field(wishes, fields):
    peer = peers.peer_round()

    assert refusal(peer, **wishes) == fields
    assert peers.fresh(peer).reviews_each == 3


def test_form_stays_once_somebody_has_begun_to_review():
    peer = peers.under_review(people=5)
    rubric = factories.published(peer.activity.context)
    setting.change(peer=peer, rubric=rubric, by=None)
    peers.begin(peers.reviews_of(peer)[0])

    with pytest.raises(ValidationError) as refused:
        setting.change(peer=peer, rubric=factories.published(peer.activity.context), by=None)

    assert set(refused.value.message_dict) == {"rubric"}
    assert peers.fresh(peer).activity.rubric == rubric


@pytest.mark.parametrize("what", ["another course", "draft"])
def test_form_of_another_course_and_a_draft_are_refused(what):
    peer = peers.peer_round()
    context = factories.ContextFactory() if what == "another course" else peer.activity.context
    rubric = factories.draft(context) if what == "draft" else factories.published(context)

    with pytest.raises(ValidationError, match=what):
        setting.change(peer=peer, rubric=rubric, by=None)


def test_form_that_was_open_while_the_round_went_on_does_not_put_it_back():
    peer = peers.peer_round(people=3)
    open_form = peers.fresh(peer)
    peers.go_to(peer, Phase.SUBMIT)
    PeerActivity.objects.update(drops_answers=True)

    open_form.instructions = "Hand in your reflection."
    setting.change(peer=open_form, rubric=open_form.activity.rubric, by=None)

    peer = peers.fresh(peer)
    assert (peer.phase, peer.drops_answers) == (Phase.SUBMIT, True)
    assert peer.instructions == "Hand in your reflection."


def test_copy_takes_the_settings_and_never_people_dates_or_the_key():
    soon = timezone.now() + timedelta(days=1)
    source = peers.under_review(
        people=5,
        anonymity="authors",
        scoring="median",
        instructions="As usual",
        review_until=soon,
        drops_answers=True,
    )
    target = factories.activity()

    kind.copy(activity=target, source=source.activity, by=None)

    made = target.peer
    assert [getattr(made, name) for name in ("anonymity", "scoring", "instructions", "reviews_each")] == [
        "authors",
        "median",
        "As usual",
        2,
    ]
    assert made.secret != source.secret
    assert (made.phase, made.review_until, made.anonymity_locked_at, made.drops_answers) == (
        "setup",
        None,
        None,
        False,
    )
    assert not made.participants.exists() and not made.submissions.exists() and not made.reviews.exists()
    assert target.rubric != source.activity.rubric or target.context == source.activity.context


def test_every_setting_is_either_copied_or_named_as_not():
    """A new field is decided about: what says where a round stands, or who is in it, is no setting."""
    assert {"secret", "phase", "lead", "problem"} <= kind.NOT_COPIED
    assert not {name for name in kind.COPIED if name.endswith(("_until", "_at", "_since"))}
