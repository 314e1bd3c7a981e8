"""Who takes part: from the course, late, gone, back again."""

import pytest
from django.core.exceptions import ValidationError

from assessments.audit.models import Event
from assessments.peer import assigning, groups, pairing, participants, reviewing, submitting
from assessments.peer.models import PairRule, PeerActivity
from lti_tool.models import Membership
from tests import factories, peers

pytestmark = pytest.mark.django_db
Phase = PeerActivity.Phase


def in_lms_groups(context, person, *names):
    Membership.objects.filter(context=context, person=person).update(groups=list(names))


def test_everybody_of_the_course_gets_a_place_but_the_test_student_and_who_left():
    peer = peers.peer_round()
    context = peer.activity.context
    ann, bob = factories.member(context, name="Ann"), factories.member(context, name="Bob")
    factories.member(context, is_test_student=True)
    factories.member(context, is_active=False)
    factories.member(context, "instructor")

    assert participants.take_in(peer=peer, by=None) == 2
    assert participants.take_in(peer=peer, by=None) == 0
    assert {row.person for row in peers.people_of(peer)} == {ann, bob}


def test_test_student_who_comes_gets_no_place():
    peer = peers.peer_round()
    nobody = factories.member(peer.activity.context, is_test_student=True)

    assert participants.join(peer=peer, person=nobody) is None
    assert not peer.participants.exists()


def test_group_comes_from_the_lms_where_there_is_exactly_one():
    peer = peers.peer_round()
    context = peer.activity.context
    people = [factories.member(context, name=name) for name in ("Ann", "Bob", "Cem")]
    in_lms_groups(context, people[0], "Ward 1")
    in_lms_groups(context, people[1], "Ward 1", "Ward 2")

    participants.take_in(peer=peer, by=None)

    groups = {row.person.name: row.group and row.group.name for row in peers.people_of(peer)}
    assert groups == {"Ann": "Ward 1", "Bob": None, "Cem": None}
    assert peer.groups.count() == 1


def test_who_comes_late_gets_reviews_and_reviewers_once_their_work_is_in():
    peer = peers.under_review(people=5)
    late = participants.join(peer=peer, person=factories.member(peer.activity.context))
    assert late.given.count() == 0

    work = peers.work_of(peers.people_of(peer)[-1])

    assert (late.given.live().count(), work.reviews.live().count()) == (2, 2)


def test_who_comes_late_to_a_round_without_work_is_in_it_at_once():
    peer = peers.under_review(people=5, mode="performance")

    late = participants.join(peer=peer, person=factories.member(peer.activity.context))

    assert late.given.live().count() == 2
    assert late.submissions.get().reviews.live().count() == 2


def test_who_is_put_into_a_team_late_looks_at_its_members_and_they_at_them():
    peer = peers.peer_round(people=4, mode="team", self_assesses=False)
    team = peer.groups.create(name="Team 1")
    first, *_two, last = peers.people_of(peer)
    peer.participants.exclude(pk=last.pk).update(group=team)
    peer = peers.go_to(peer, Phase.REVIEW)
    assert peer.reviews.count() == 6

    participants.describe(participant=last, by=None, hands_in=True, reviews=True, stratum="", group="Team 1")

    assert peer.reviews.live().count() == 12
    assert first.given.live().filter(submission__authors=last).count() == 1


def test_last_of_a_team_can_leave_too():
    peer = peers.peer_round(people=2, mode="team", self_assesses=False)
    peer.participants.update(group=peer.groups.create(name="Team 1"))
    peer = peers.go_to(peer, Phase.REVIEW)

    for person in peers.people_of(peer):
        assigning.leave(participant=person, by=None)

    assert peer.participants.taking_part().count() == 0
    assert peer.reviews.live().count() == 0


def received(peer):
    """Of each work that counts, the reviews done and those that can still come."""
    works = peer.submissions.handed_in().filter(authors__dropped_at=None)
    can_come = {"reviewer__dropped_at": None}
    return [
        work.reviews.filter(state="done").count()
        + work.reviews.filter(state__in=["planned", "started"], **can_come).count()
        for work in works.order_by("pk")
    ]


def test_who_leaves_gives_their_reviews_to_others_and_keeps_what_is_done():
    peer = peers.under_review(people=8)
    done, begun = peers.reviews_of(peer)[0], None
    peers.hand_in(done)
    leaver = done.reviewer
    begun = leaver.given.exclude(pk=done.pk).get()
    begun = peers.begin(begun, leaver)
    reviewing.write(review=begun, step=reviewing.steps(begun)[0].key, text="Half of it", by=leaver)

    assigning.leave(participant=leaver, by=None, reason="Ill")

    begun.refresh_from_db()
    assert (begun.state, list(begun.words.values())) == ("started", ["Half of it"])
    assert leaver.given.filter(state="done").count() == 1
    assert received(peer) == [2] * 7
    assert Event.objects.filter(verb="peer.dropped").count() == 1


@pytest.mark.parametrize("mode", ["performance", "sources"])
def test_nobody_is_asked_any_more_about_somebody_who_left(mode):
    peer = peers.under_review(people=8, mode=mode)
    leaver = peers.people_of(peer)[0]
    assert leaver.submissions.get().reviews.live().count() == 2

    assigning.leave(participant=leaver, by=None)

    assert leaver.submissions.get().reviews.live().count() == 0
    assert received(peer) == [2] * 7


def test_nobody_takes_somebody_who_left():
    peer = peers.under_review(people=2, mode="performance", allocating="pull")
    ann, bob = peers.people_of(peer)
    assigning.leave(participant=bob, by=None)

    assert assigning.take_next(participant=ann) is None


def test_who_was_dropped_and_comes_back_can_hand_in_and_review_again():
    peer = peers.under_review(people=6)
    person = peers.people_of(peer)[0]
    assigning.leave(participant=person, by=None)
    with pytest.raises(ValidationError):
        submitting.begin(participant=peers.people_of(peer)[0])

    participants.bring_back(participant=person, by=None)
    work = peers.work_of(peers.people_of(peer)[0])

    assert work.reviews.live().count() == 2
    assert person.given.live().count() == 2
    verbs = list(
        Event.objects.filter(verb__in=["peer.dropped", "peer.brought_back"]).values_list("verb", flat=True)
    )
    assert sorted(verbs) == ["peer.brought_back", "peer.dropped"]


def test_dropping_twice_says_when_it_was_first():
    peer = peers.peer_round(people=1)
    person = participants.drop(participant=peers.people_of(peer)[0], by=None)

    assert participants.drop(participant=person, by=None).dropped_at == person.dropped_at
    assert Event.objects.filter(verb="peer.dropped").count() == 1


def test_group_that_has_handed_in_keeps_its_members():
    peer = peers.peer_round(people=2, is_group_work=True)
    peer.participants.update(group=peer.groups.create(name="Ward 1"))
    peer = peers.go_to(peer, Phase.SUBMIT)
    person = peers.people_of(peer)[0]
    peers.work_of(person)

    with pytest.raises(ValidationError, match="stay in it"):
        participants.describe(
            participant=person, by=None, hands_in=True, reviews=True, stratum="", group="Ward 2"
        )

    assert peers.people_of(peer)[0].group.name == "Ward 1"


def test_who_moves_to_another_group_leaves_the_draft_of_the_first():
    peer = peers.peer_round(people=3, is_group_work=True)
    peer.participants.update(group=peer.groups.create(name="Ward 1"))
    peer = peers.go_to(peer, Phase.SUBMIT)
    mover, *others = peers.people_of(peer)
    draft = submitting.begin(participant=mover)

    participants.describe(participant=mover, by=None, hands_in=True, reviews=True, stratum="", group="Ward 2")

    assert set(draft.authors.all()) == set(others)
    assert submitting.begin(participant=peers.people_of(peer)[0]) != draft


def test_near_peer_without_own_work_reviews_and_hands_in_nothing():
    peer = peers.peer_round(people=7, reviews_each=2, least_reviews=1, self_assesses=False)
    senior = peers.people_of(peer)[0]
    participants.describe(participant=senior, by=None, hands_in=False, reviews=True, stratum="", group="")
    peer = peers.go_to(peer, Phase.SUBMIT)
    for person in peers.people_of(peer)[1:]:
        peers.work_of(person)
    peer = peers.go_to(peer, Phase.REVIEW)

    with pytest.raises(ValidationError):
        submitting.begin(participant=peers.people_of(peer)[0])
    assert senior.given.live().count() == 2


def test_who_must_not_review_somebody_never_does():
    peer = peers.peer_round(people=6, reviews_each=2, self_assesses=False)
    ann, bob, *_others = peers.people_of(peer)
    PairRule.objects.create(peer=peer, reviewer=ann, author=bob, kind="must_not")
    peer = peers.go_to(peer, Phase.SUBMIT)
    peers.everybody_hands_in(peer)

    for seed in range(5):
        peers.draw(peer, seed=seed)
        assert not ann.given.live().filter(submission__authors=bob).exists()


def test_places_are_made_in_as_many_statements_for_thirty_as_for_one(
    django_assert_num_queries, django_assert_max_num_queries
):
    peer = peers.peer_round()
    factories.member(peer.activity.context)
    with django_assert_max_num_queries(30) as one:
        participants.take_in(peer=peer, by=None)
    for _number in range(30):
        factories.member(peer.activity.context)

    with django_assert_num_queries(len(one)):
        participants.take_in(peer=peer, by=None)


def test_who_is_moved_with_many_others_leaves_the_draft_of_the_first_group_too():
    peer = peers.go_to(peers.peer_round(people=2, is_group_work=True), Phase.SUBMIT)
    peer.participants.update(group=peer.groups.create(name="Ward 1"))
    stays, moves = peers.people_of(peers.fresh(peer))
    draft = submitting.begin(participant=stays)

    groups.put(peer=peer, wanted={moves.pk: "Ward 2"}, by=None)

    assert list(draft.authors.all()) == [stays]
    assert submitting.submission_of(moves) is None


def test_teams_that_are_put_together_anew_look_at_each_other_at_once():
    peer = peers.peer_round(people=3, mode="team", self_assesses=False)
    peer.participants.update(group=peer.groups.create(name="Team 1"))
    peer = peers.go_to(peer, Phase.REVIEW)
    leaver = peers.people_of(peer)[2]

    groups.put(peer=peer, wanted={leaver.pk: "Team 2"}, by=None)

    assert leaver.given.live().count() == 0
    assert peer.reviews.live().count() == 2


def test_who_must_not_review_somebody_any_more_loses_the_review_that_nobody_has_begun():
    peer = peers.under_review(people=8)
    planned, begun = peers.reviews_of(peer)[0], peers.begin(peers.reviews_of(peer)[2])

    for review in (planned, begun):
        author = review.submission.authors.select_related("person").get()
        pairing.rule(peer=peer, reviewer=review.reviewer, author=author, kind=PairRule.Kind.MUST_NOT, by=None)

    states = {review.pk: review.state for review in peer.reviews.filter(pk__in=[planned.pk, begun.pk])}
    assert states == {planned.pk: "cancelled", begun.pk: "started"}
    assert {work.reviews.live().count() for work in peer.submissions.all()} == {2}
    assert not planned.submission.reviews.live().filter(reviewer=planned.reviewer).exists()
