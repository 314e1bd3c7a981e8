"""Several people do the same thing in a round in the same moment, each with a connection of their own."""

from collections import Counter

import pytest

from assessments.marking import marking
from assessments.peer import assigning, moving, participants, reviewing, submitting
from assessments.peer.models import PeerActivity, Review, Submission
from tests import factories, peers
from tests.assessments.test_at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)
Phase = PeerActivity.Phase


def failures(outcomes):
    return [outcome for outcome in outcomes if isinstance(outcome, Exception)]


def hand_in(person):
    return lambda: peers.work_of(person)


def rolling(people, **more):
    """A round in which everybody takes the next work; all have handed in."""
    peer = peers.peer_round(people=people, allocating="pull", self_assesses=False, **more)
    peer = peers.go_to(peer, Phase.SUBMIT)
    peers.everybody_hands_in(peer)
    return peers.go_to(peer, Phase.REVIEW)


def finish_all(peer):
    """As if all that were taken had been handed in, without filling sheets."""
    for review in peers.reviews_of(peer, state="planned"):
        rubric = peer.activity.rubric
        sheet = marking.open_sheet(
            rubric=rubric,
            candidate=review.submission.authors.get().person,
            assigned_to=review.reviewer.person,
            by=None,
        )
        Review.objects.filter(pk=review.pk).update(state="done", done_at=review.made_at, sheet=sheet)


def take_all(people):
    outcomes = at_once(*[lambda person=person: assigning.take_next(participant=person) for person in people])
    assert failures(outcomes) == []
    return outcomes


def received(peer):
    """Of each work how many live reviews it has, and how many are kept with it: the same."""
    counts = Counter(peer.reviews.live().values_list("submission", flat=True))
    kept = dict(peer.submissions.values_list("pk", "live_reviews"))
    assert {work: counts[work] for work in kept} == kept
    return list(kept.values())


def seniors_of(peer, number):
    """People who review without work of their own."""
    people = [factories.member(peer.activity.context) for _number in range(number)]
    participants.take_in(peer=peer, by=None)
    peer.participants.filter(person__in=people).update(hands_in=False)
    return list(peer.participants.filter(person__in=people))


def test_many_who_take_work_at_once_take_what_has_the_fewest_reviews():
    peer = rolling(10, reviews_each=3)
    seniors = seniors_of(peer, 14)

    for _round in range(3):
        assert None not in take_all(seniors)
        counts = received(peer)
        assert max(counts) - min(counts) <= 1
        finish_all(peer)

    assert sum(counts) == 42


@pytest.mark.parametrize("forbids_pairs", [False, True])
def test_many_who_take_work_at_once_never_get_one_place_twice(forbids_pairs):
    peer = rolling(12, reviews_each=2, forbids_pairs=forbids_pairs)

    for _round in range(3):
        take_all(peers.people_of(peer))
        received(peer)
        finish_all(peer)

    given = Counter(peer.reviews.live().values_list("reviewer", flat=True))
    assert set(given.values()) == {2}
    pairs = list(peer.reviews.live().values_list("reviewer", "submission"))
    assert len(set(pairs)) == len(pairs) == 24
    assert not [
        review for review in peers.reviews_of(peer) if review.reviewer in review.submission.authors.all()
    ]
    # Whoever comes last may find only their own among those with the fewest.
    assert max(received(peer)) - min(received(peer)) <= 2


def test_one_who_clicks_in_many_tabs_at_once_has_one_review():
    peer = rolling(4)
    person = peers.people_of(peer)[0]

    outcomes = at_once(*[lambda: assigning.take_next(participant=person)] * 6)

    assert failures(outcomes) == []
    assert len(set(outcomes)) == peer.reviews.count() == 1


def test_few_works_are_shared_by_many_who_wait_for_each_other():
    peer = rolling(2, forbids_pairs=False, reviews_each=1, least_reviews=1)

    outcomes = take_all(seniors_of(peer, 8))

    assert None not in outcomes
    assert [work.live_reviews for work in peer.submissions.all()] == [4, 4]


def test_decline_while_the_drawing_is_mended():
    peer = peers.under_review(people=10)
    for _round in range(4):
        leaver = peers.people_of(peer)[-1]
        participants.drop(participant=leaver, by=None)
        declined = next(row for row in peers.reviews_of(peer, state="planned") if row.reviewer != leaver)

        outcomes = at_once(
            lambda: assigning.repair(peer=peer, by=None),
            lambda declined=declined: reviewing.decline(
                review=declined, reason="I know them", by=declined.reviewer
            ),
            lambda: assigning.repair(peer=peer, by=None),
        )

        # Mending may have taken the review away first; then the decline hears so.
        assert [type(it).__name__ for it in failures(outcomes)] in ([], ["ValidationError"])
        live = peer.reviews.live()
        pairs = list(live.values_list("reviewer", "submission"))
        assert len(set(pairs)) == len(pairs)
        assert not live.filter(reviewer=leaver, state="planned").exists()
        counts = Counter(live.values_list("submission", flat=True))
        assert {work.live_reviews == counts[work.pk] for work in peer.submissions.all()} == {True}
        participants.bring_back(participant=leaver, by=None)
        assigning.repair(peer=peer, by=None)


def test_beginning_and_declining_and_handing_in_the_same_review_at_once_ends_in_one_of_them():
    peer = peers.under_review(people=6)
    for review in peers.reviews_of(peer)[:4]:
        begun = peers.begin(review)
        for step in reviewing.steps(begun):
            reviewing.write(review=begun, step=step.key, text=peers.WORDS, by=begun.reviewer)
        sheet = factories.fill(begun.sheet, begun.reviewer.person)

        outcomes = at_once(
            lambda sheet=sheet, begun=begun: marking.submit(
                sheet=sheet, by=begun.reviewer.person, revision=sheet.revision
            ),
            lambda begun=begun: reviewing.decline(review=begun, reason="I know them", by=begun.reviewer),
        )

        assert [type(it).__name__ for it in failures(outcomes)] in (["ValidationError"], ["Conflict"])
        begun = Review.objects.whole().get(pk=begun.pk)
        assert (begun.state == "done") == begun.sheet.is_submitted
        assert (begun.state == "declined") == begun.sheet.is_closed


def group_draft():
    peer = peers.peer_round(people=3, is_group_work=True)
    peer.participants.update(group=peer.groups.create(name="Ward 1"))
    peer = peers.go_to(peer, Phase.SUBMIT)
    return peers.people_of(peer)


def test_group_that_begins_at_once_has_one_draft():
    people = group_draft()

    outcomes = at_once(*[lambda person=person: submitting.begin(participant=person) for person in people])

    assert outcomes == [Submission.objects.get()] * 3


def test_two_of_a_group_hand_in_at_once_and_it_is_handed_in_once():
    people = group_draft()
    draft = submitting.begin(participant=people[0])
    draft = submitting.write(submission=draft, by=people[0], text="Ours", link="", revision=0)

    outcomes = at_once(
        *[
            lambda person=person: submitting.hand_in(submission=draft, by=person, attests=True, revision=1)
            for person in people[:2]
        ]
    )

    assert sorted(type(it).__name__ for it in outcomes) == ["Submission", "ValidationError"]
    assert "handed in already" in str(failures(outcomes)[0])
    assert Submission.objects.get().text == "Ours"


def test_two_members_who_begin_the_review_of_their_group_at_once_open_one_sheet():
    people = group_draft()
    peer = people[0].peer
    work = Submission.objects.create(peer=peer, state="handed_in", handed_in_at=peer.phase_since)
    work.authors.add(participants.join(peer=peer, person=factories.member(peer.activity.context)))
    PeerActivity.objects.update(groups_review=True, phase=Phase.REVIEW)
    review = Review.objects.create(peer=peer, submission=work, group=people[0].group, source="manual")

    outcomes = at_once(
        *[lambda person=person: reviewing.begin(review=review, by=person) for person in people[:2]]
    )

    assert sorted(type(it).__name__ for it in outcomes) == ["Review", "ValidationError"]
    assert "theirs to write" in str(failures(outcomes)[0])


def test_many_late_works_at_once_all_get_their_reviewers():
    peer = peers.peer_round(people=10, reviews_each=2, self_assesses=False)
    peer = peers.go_to(peer, Phase.SUBMIT)
    for person in peers.people_of(peer)[:6]:
        peers.work_of(person)
    peer = peers.go_to(peer, Phase.REVIEW)

    outcomes = at_once(*[hand_in(person) for person in peers.people_of(peer)[6:]])

    assert failures(outcomes) == []
    assert {work.reviews.live().count() for work in peer.submissions.all()} == {2}


def test_round_goes_on_once_however_many_open_its_page():
    peer = peers.peer_round(people=6, reviews_each=2, self_assesses=False)
    peer = peers.go_to(peer, Phase.SUBMIT)
    peers.everybody_hands_in(peer)
    PeerActivity.objects.update(submit_until=peer.phase_since, review_until=None)
    peer = peers.fresh(peer)

    outcomes = at_once(*[lambda: moving.go_on(peer)] * 5)

    assert sorted(outcomes) == [False, False, False, False, True]
    assert peer.allocations.count() == 1
    assert peer.reviews.count() == 12
