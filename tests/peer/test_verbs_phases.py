"""Phases by hand and by time: forwards, back, where reviews cannot be drawn, and for who has more time than others."""

from contextlib import suppress
from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.utils import timezone

from assessments.peer import assigning, moving, participants, phases, reviewing, setting, submitting
from assessments.peer.models import Action, PeerActivity, Response, Review, Submission
from lti_tool import worker
from tests import factories, peers

pytestmark = pytest.mark.django_db
Phase = PeerActivity.Phase


def in_days(number):
    return timezone.now() + timedelta(days=number)


def timed(**more):
    """A round that goes on by itself every day from tomorrow."""
    ends = ("submit_until", "self_until", "review_until", "respond_until", "act_until")
    dates = {name: in_days(number) for number, name in enumerate(ends, 1)}
    return peers.peer_round(people=5, reviews_each=2, **{**dates, **more})


def go_on_until_nothing_is_due():
    while moving.go_on_with_any():
        pass


def everything(peer):
    """All that people did in a round, to be the same afterwards."""
    return {
        "works": list(peer.submissions.order_by("pk").values("state", "text", "revision")),
        "reviews": list(
            peer.reviews.order_by("pk").values("pk", "state", "words", "sheet__state", "per_cent")
        ),
        "answers": list(Response.objects.order_by("pk").values("text", "review")),
        "actions": list(Action.objects.order_by("pk").values("text")),
    }


def test_going_back_and_forth_by_hand_loses_nothing():
    peer = peers.under_review(people=5)
    reviews = peers.all_review(peer)
    peer = peers.go_to(peer, Phase.RESPOND)
    peers.answer(peers.reviews_of(peer)[0], text="Thank you.")
    before = everything(peer)
    assert len(reviews) == 10

    for phase in (
        Phase.REVIEW,
        Phase.SUBMIT,
        Phase.SETUP,
        Phase.SUBMIT,
        Phase.REVIEW,
        Phase.RESPOND,
        Phase.CLOSED,
    ):
        peer = peers.go_to(peer, phase)

    assert everything(peer) == before
    assert peer.phase == Phase.CLOSED


def test_round_goes_through_its_phases_by_time():
    peer = peers.go_to(timed(), Phase.SUBMIT)
    peers.everybody_hands_in(peer)
    found = []

    for day in range(1, 6):
        with time_machine.travel(in_days(day) + timedelta(minutes=1)):
            go_on_until_nothing_is_due()
        found.append(peers.fresh(peer).phase)

    assert found == [Phase.SELF, Phase.REVIEW, Phase.RESPOND, Phase.ACT, Phase.CLOSED]
    assert peers.fresh(peer).reviews.filter(state="planned").count() == 10


def test_worker_that_was_away_goes_on_through_every_phase_that_is_over():
    peer = peers.go_to(timed(), Phase.SUBMIT)
    peers.everybody_hands_in(peer)

    with time_machine.travel(in_days(3) + timedelta(minutes=1)):
        go_on_until_nothing_is_due()

    assert peers.fresh(peer).phase == Phase.RESPOND
    assert peer.reviews.count() == 10


def test_round_that_does_not_go_on_by_itself_waits():
    peer = peers.go_to(timed(switches_itself=False), Phase.SUBMIT)

    with time_machine.travel(in_days(9)):
        go_on_until_nothing_is_due()
        assert not moving.go_on(peers.fresh(peer))

    assert peers.fresh(peer).phase == Phase.SUBMIT


def stuck():
    """Only one has handed in when the time is over, so that no reviews can be drawn."""
    peer = peers.go_to(timed(self_assesses=False), Phase.SUBMIT)
    peers.work_of(peers.people_of(peer)[0])
    with time_machine.travel(in_days(2)):
        go_on_until_nothing_is_due()
    return peers.fresh(peer)


def test_round_whose_reviews_cannot_be_drawn_stays_and_says_why():
    peer = stuck()

    assert peer.phase == Phase.SUBMIT
    assert peers.people_of(peer)[0].display_name in peer.problem
    assert not peer.reviews.exists()
    with time_machine.travel(in_days(2)):
        assert not moving.go_on_with_any()  # said once; it does not try for ever
        assert not moving.go_on(peer)


def more_work(peer):
    for person in peers.people_of(peer)[1:]:
        peers.work_of(person)


def other_settings(peer):
    peer.reviews_each = peer.least_reviews = 1
    setting.change(peer=peer, rubric=peer.activity.rubric, by=None)


def no_longer_there(peer):
    participants.drop(participant=peers.people_of(peer)[1], by=None)


@pytest.mark.parametrize("change", [more_work, other_settings, no_longer_there])
def test_round_is_tried_once_more_after_a_change(change):
    peer = stuck()

    change(peer)

    assert peers.fresh(peer).problem == ""


def test_round_goes_on_once_enough_have_handed_in():
    peer = stuck()
    with time_machine.travel(in_days(2)):
        more_work(peers.fresh(peer))

        go_on_until_nothing_is_due()

    peer = peers.fresh(peer)
    assert (peer.phase, peer.problem) == (Phase.REVIEW, "")
    assert peer.reviews.count() == 10


def test_phase_that_the_round_has_not_is_refused():
    peer = peers.peer_round(self_assesses=False)

    with pytest.raises(ValidationError, match="no such phase"):
        moving.go_to(peer=peer, phase=Phase.SELF, by=None)


def test_dates_out_of_order_are_refused_by_field():
    peer = timed(self_assesses=False)
    peer.review_until = peer.submit_until - timedelta(hours=1)

    with pytest.raises(ValidationError) as refused:
        setting.change(peer=peer, rubric=peer.activity.rubric, by=None)

    assert set(refused.value.message_dict) == {"review_until"}
    assert peers.fresh(peer).review_until > peers.fresh(peer).submit_until


def test_end_of_a_phase_that_the_round_has_not_puts_nothing_out_of_order():
    peer = timed(self_assesses=False)
    peer.self_until = in_days(90)

    setting.change(peer=peer, rubric=peer.activity.rubric, by=None)

    assert phases.in_order(peers.fresh(peer)) == []


def test_late_work_gets_its_reviewers_at_once():
    peer = peers.go_to(peers.peer_round(people=6, reviews_each=2, self_assesses=False), Phase.SUBMIT)
    *early, late = peers.people_of(peer)
    for person in early:
        peers.work_of(person)
    peers.go_to(peer, Phase.REVIEW)

    work = peers.work_of(peers.people_of(peer)[-1])

    assert work.is_late
    assert work.reviews.live().count() == 2
    assert late.given.live().count() == 2


def test_late_work_is_refused_where_the_round_takes_none_and_after_closing():
    peer = peers.under_review(takes_late=False)
    late = factories.member(peer.activity.context)
    place = participants.join(peer=peer, person=late)

    with pytest.raises(ValidationError, match="Nothing is handed in now"):
        submitting.begin(participant=place)


def test_draft_stays_readable_when_the_round_closes_over_it():
    peer = peers.go_to(peers.peer_round(people=3), Phase.SUBMIT)
    author = peers.people_of(peer)[0]
    draft = submitting.write(
        submission=submitting.begin(participant=author), by=author, text="Half of it", link="", revision=0
    )
    PeerActivity.objects.filter(pk=peer.pk).update(phase=Phase.CLOSED)

    # Also with a page that was opened while it was not closed.
    with pytest.raises(ValidationError, match="What you wrote is kept"):
        submitting.hand_in(submission=draft, by=author, attests=True, revision=draft.revision)

    assert Submission.objects.get().text == "Half of it"


def test_more_time_lets_one_person_hand_in_and_review_later_without_being_late():
    peer = peers.peer_round(people=5, reviews_each=1, least_reviews=1, self_assesses=False, takes_late=False)
    peer = peers.go_to(peer, Phase.SUBMIT)
    *others, slow = peers.people_of(peer)
    for person in others:
        peers.work_of(person)
    peer = peers.go_to(peer, Phase.REVIEW)
    participants.extend(participant=slow, by=None, submit_until=in_days(1), review_until=in_days(2))

    slow = peers.people_of(peer)[-1]
    work = peers.work_of(slow)
    peer = peers.go_to(peer, Phase.RESPOND)
    slow = peers.people_of(peer)[-1]
    review = peers.hand_in(slow.given.get(), slow)

    assert (work.is_late, review.state) == (False, "done")
    with time_machine.travel(in_days(3)):
        assert not phases.can_hand_in(peer, slow)
        assert not phases.can_review(peer, slow)


def test_time_given_after_the_release_lets_a_review_be_handed_in_and_read():
    peer = peers.under_review(people=5)
    peer = peers.go_to(peer, Phase.RESPOND)
    review = peers.reviews_of(peer)[0]
    with pytest.raises(ValidationError, match="time for reviews is over"):
        reviewing.begin(review=review, by=review.reviewer)

    participants.extend(participant=review.reviewer, by=None, submit_until=None, review_until=in_days(1))
    review = peers.reviews_of(peer)[0]
    review = peers.hand_in(review)

    assert review.state == "done"
    assert review.submission.reviews.done().count() == 1


# --- few people -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("people", "wishes"),
    [
        (1, {}),
        (2, {}),  # nobody reviews their own reviewer
        (4, {"reviews_each": 6, "least_reviews": 6}),
    ],
)
def test_round_of_too_few_people_is_refused_in_a_sentence_and_nothing_is_lost(people, wishes):
    peer = peers.peer_round(people=people, **{"reviews_each": 2, "self_assesses": False, **wishes})
    peer = peers.go_to(peer, Phase.SUBMIT)
    peers.everybody_hands_in(peer)

    with pytest.raises(ValidationError) as refused:
        peers.go_to(peer, Phase.REVIEW)

    assert "Learner 00" in " ".join(refused.value.messages)
    peer = peers.fresh(peer)
    assert peer.phase == Phase.SUBMIT
    assert peer.submissions.handed_in().count() == people
    assert not peer.reviews.exists()
    assert not peer.allocations.exists()


def test_two_people_review_each_other_where_the_round_lets_them():
    peer = peers.under_review(people=2, reviews_each=1, least_reviews=1, forbids_pairs=False)

    assert len(peers.all_review(peer)) == 2


@pytest.mark.parametrize("mode", [PeerActivity.Mode.WORK, PeerActivity.Mode.TEAM])
def test_round_of_nobody_is_refused_in_a_sentence(mode):
    peer = peers.peer_round(people=0, mode=mode, self_assesses=False)

    with pytest.raises(ValidationError) as refused:
        peers.go_to(peer, Phase.REVIEW)

    assert refused.value.messages
    assert peers.fresh(peer).phase == Phase.SETUP


def test_everybody_in_one_group_cannot_review_across_groups_and_hears_so():
    peer = peers.peer_round(people=5, reviews_each=2, self_assesses=False, grouping="never_same")
    peer.participants.update(group=peer.groups.create(name="Ward 1"))
    peer = peers.go_to(peer, Phase.SUBMIT)
    peers.everybody_hands_in(peer)

    with pytest.raises(ValidationError, match="Learner 00"):
        peers.go_to(peer, Phase.REVIEW)

    assert peers.fresh(peer).phase == Phase.SUBMIT
    assert Review.objects.count() == 0


def test_reviews_given_by_hand_before_the_drawing_leave_everybody_enough():
    peer = peers.go_to(peers.peer_round(people=6, reviews_each=2, self_assesses=False), Phase.SUBMIT)
    works = peers.everybody_hands_in(peer)
    assigning.give(peer=peer, reviewer=peers.people_of(peer)[0], submission=works[1], by=None)

    peer = peers.go_to(peer, Phase.REVIEW)

    assert [work.reviews.live().count() for work in works] == [2] * 6


def test_round_that_stumbles_holds_up_no_other_round_and_no_lease(monkeypatch):
    """Whatever keeps one from going on, also what nobody thought of."""
    stumbles, other = timed(), timed()
    for peer in (stumbles, other):
        peers.go_to(peer, Phase.SUBMIT)
        peers.everybody_hands_in(peers.fresh(peer))
    lent = peers.under_review(people=5, allocating="pull", lease_hours=1)
    assigning.take_next(participant=peers.people_of(lent)[0])
    go_on = moving.go_on

    def stumble(peer):
        if peer.pk == stumbles.pk:
            raise RuntimeError
        return go_on(peer)

    monkeypatch.setattr(moving, "go_on", stumble)
    with time_machine.travel(in_days(1) + timedelta(minutes=5)):
        for _time in range(60):
            with suppress(RuntimeError):
                worker._do_chores(None)

    assert [peers.fresh(peer).phase for peer in (stumbles, other)] == [Phase.SUBMIT, Phase.SELF]
    assert lent.reviews.get().state == "expired"
