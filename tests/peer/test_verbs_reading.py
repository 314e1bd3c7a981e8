"""When an author reads a review, by how the round releases them; what they answer, and what they plan."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from assessments.marking import marking
from assessments.peer import feedback, moderating, participants, reading, responding, reviewing, submitting
from assessments.peer.models import Action, PeerActivity, Response
from lti_tool.models import Role
from tests import factories, peers
from tests.peer.requests import Visitor

pytestmark = pytest.mark.django_db
Phase = PeerActivity.Phase


def read_by(person, peer):
    """How many reviews they read now."""
    person = peer.participants.select_related("person", "peer__activity").get(pk=person.pk)
    return len(reading.readable(submitting.submission_of(person), person))


def one_author(peer, *, done):
    """An author so many of whose reviews are handed in."""
    author = peers.people_of(peer)[0]
    for review in peers.reviews_of(peer, submission__authors=author)[:done]:
        if review.is_open:
            peers.hand_in(review)
    return author


# While one review is in, while both are, and in later phases with both.
RELEASES = {
    "at_once": [1, 2, 2, 2, 2],
    "after_k": [0, 2, 2, 2, 2],
    "at_date": [0, 0, 2, 2, 2],
    "approved": [0, 0, 0, 0, 0],
}


@pytest.mark.parametrize("releasing", RELEASES)
def test_reviews_are_read_as_the_round_releases_them(releasing):
    peer = peers.under_review(people=6, releasing=releasing, least_reviews=2)
    found = []

    author = one_author(peer, done=1)
    found.append(read_by(author, peer))
    one_author(peer, done=2)
    found.append(read_by(author, peer))
    for phase in (Phase.RESPOND, Phase.ACT, Phase.CLOSED):
        peer = peers.go_to(peer, phase)
        found.append(read_by(author, peer))

    assert found == RELEASES[releasing]


def test_approved_review_is_read_and_the_other_not_yet():
    peer = peers.under_review(people=6, releasing="approved")
    author = one_author(peer, done=2)
    first, _second = peers.reviews_of(peer, submission__authors=author)

    assert moderating.approve(reviews=[first], by=None) == 1

    assert read_by(author, peer) == 1
    assert moderating.approve(reviews=[first], by=None) == 0


def test_review_that_is_not_handed_in_is_approved_by_nobody():
    peer = peers.under_review(people=6, releasing="approved")
    planned = peers.reviews_of(peer)[0]

    assert moderating.approve(reviews=[planned], by=None) == 0


def test_own_work_is_assessed_before_others_are_read():
    peer = peers.under_review(people=6, releasing="at_once", self_assesses=True)
    author = one_author(peer, done=2)
    own = submitting.submission_of(author)
    assert read_by(author, peer) == 0
    assert "First assess your own" in reading.why_nothing(own, author)

    peers.self_assess(peers.people_of(peer)[0])

    assert read_by(author, peer) == 2


def test_review_cannot_be_answered_or_reported_before_it_may_be_read():
    peer = peers.under_review(people=6, releasing="at_once", self_assesses=True)
    author = one_author(peer, done=2)
    page, review = Visitor(peer, author.person), peers.reviews_of(peer, submission__authors=author)[0]
    assert page.sends("report_review", review.key, kind="unkind").status_code == 404

    peers.self_assess(peers.people_of(peer)[0])

    assert page.sends("report_review", review.key, kind="unkind").status_code == 303


def test_who_never_assessed_themself_reads_once_that_time_is_over():
    peer = peers.under_review(people=6, releasing="at_once", self_assesses=True)
    author = one_author(peer, done=2)

    peer = peers.go_to(peer, Phase.RESPOND)

    assert read_by(author, peer) == 2
    with pytest.raises(ValidationError, match="time is over"):
        author = peers.people_of(peer)[0]
        reviewing.begin_self(submission=submitting.submission_of(author), by=author)


def test_own_assessment_is_no_review_of_ones_work():
    peer = peers.under_review(people=6, releasing="at_once", self_assesses=True)
    peers.self_assess(peers.people_of(peer)[0])

    assert read_by(peers.people_of(peer)[0], peer) == 0


def sources(people, **more):
    return peers.under_review(
        people=people,
        mode="sources",
        least_sources=3,
        reviews_each=4,
        releasing="at_once",
        forbids_pairs=False,
        **more,
    )


def test_of_sources_nothing_is_shown_while_others_still_answer():
    peer = sources(6)
    author = one_author(peer, done=4)

    assert read_by(author, peer) == 0

    assert read_by(author, peers.go_to(peer, Phase.RESPOND)) == 4


@pytest.mark.parametrize(("done", "shown"), [(2, 0), (3, 3)])
def test_of_too_few_sources_nothing_is_ever_shown(done, shown):
    peer = sources(6)
    author = one_author(peer, done=done)

    for phase in (Phase.RESPOND, Phase.ACT, Phase.CLOSED):
        peer = peers.go_to(peer, phase)
        assert read_by(author, peer) == shown


def test_withheld_answer_and_a_teachers_own_make_no_sources():
    peer = sources(6)
    author = one_author(peer, done=3)
    work = submitting.submission_of(peers.people_of(peer)[0])
    teacher = factories.member(peer.activity.context, Role.INSTRUCTOR)
    own = reviewing.begin_as_teacher(submission=work, by=teacher)
    sheet = factories.fill(own.sheet, teacher)
    reviewing.marking.submit(sheet=sheet, by=teacher, revision=sheet.revision)
    peer = peers.go_to(peer, Phase.RESPOND)
    assert read_by(author, peer) == 4

    review = peers.reviews_of(peer, submission=work, staff=None, state="done")[0]
    moderating.withhold(review=review, reason="It names a patient", by=teacher)

    assert read_by(author, peer) == 0
    assert "3 people" in reading.why_nothing(submitting.submission_of(author), peers.people_of(peer)[0])


def test_what_a_team_says_of_its_members_is_read_by_none_of_them():
    peer = peers.peer_round(people=3, mode="team", self_assesses=False, releasing="at_once")
    peer.participants.update(group=peer.groups.create(name="Team 1"))
    peer = peers.go_to(peer, Phase.REVIEW)
    assert len(peers.all_review(peer)) == 6

    for phase in (Phase.REVIEW, Phase.CLOSED):
        peer = peers.go_to(peer, phase)
        assert [read_by(person, peer) for person in peers.people_of(peer)] == [0, 0, 0]


def test_what_one_source_wrote_to_two_questions_cannot_be_put_together():
    """Each question's answers have an order of their own."""
    peer = sources(8)
    author = peers.people_of(peer)[0]
    for number, review in enumerate(peers.reviews_of(peer, submission__authors=author)):
        review = peers.begin(review)
        for step in reviewing.steps(review):
            text = f"{number if step == reviewing.steps(review)[0] else 9 - number} was done well."
            reviewing.write(review=review, step=step.key, text=text, by=review.reviewer)
        sheet = factories.fill(review.sheet, review.reviewer.person)
        marking.submit(sheet=sheet, by=review.reviewer.person, revision=sheet.revision)
    peer = peers.go_to(peer, Phase.RESPOND)
    author = peers.people_of(peer)[0]

    told = feedback.of(submitting.submission_of(author), author).words

    first, second = [[text[0] for text in texts] for _step, texts in told][:2]
    assert (first, second) == (["0", "1", "2", "3"], ["6", "7", "8", "9"])


@pytest.mark.parametrize("mode", ["team", "sources"])
def test_who_said_what_of_people_is_never_told_by_name(mode):
    assert PeerActivity(mode=mode, anonymity="named").hides_reviewers


def test_withheld_review_is_not_read_and_can_be_shown_again():
    peer = peers.under_review(people=6, releasing="at_once")
    author = one_author(peer, done=2)
    review = peers.reviews_of(peer, submission__authors=author)[0]

    moderating.withhold(review=review, reason="Unkind", by=None)
    assert read_by(author, peer) == 1
    moderating.withhold(review=review, reason="After all", by=None, is_hidden=False)

    assert read_by(author, peer) == 2


# --- answering, acting ------------------------------------------------------------------------


@pytest.fixture
def answering():
    peer = peers.under_review(people=6)
    one_author(peer, done=2)
    return peers.go_to(peer, Phase.RESPOND)


def first_review(peer):
    return peers.reviews_of(peer, state="done")[0]


def test_later_answer_takes_the_place_of_the_first(answering):
    peers.answer(first_review(answering), acting="will", text="Yes")
    peers.answer(first_review(answering), acting="will_not", text="It was asked for", is_kind=False)

    answer = Response.objects.get()
    assert (answer.acting, answer.text, answer.is_kind) == ("will_not", "It was asked for", False)


@pytest.mark.parametrize(
    ("said", "field"), [({"acting": "will_not"}, "text"), ({"acting": "perhaps"}, "acting")]
)
def test_answer_that_says_too_little_is_refused_and_none_is_kept(answering, said, field):
    with pytest.raises(ValidationError) as refused:
        peers.answer(first_review(answering), **said)

    assert set(refused.value.message_dict) == {field}
    assert not Response.objects.exists()


@pytest.mark.parametrize("phase", [Phase.REVIEW, Phase.CLOSED])
def test_reviews_are_answered_in_their_time_only(answering, phase):
    peer = peers.go_to(answering, phase)

    with pytest.raises(ValidationError, match="not answered now"):
        peers.answer(first_review(peer))


def test_reviewer_finds_the_answers(answering):
    review = first_review(answering)
    peers.answer(review, text="Thank you")

    assert [row.text for row in responding.responses_to(review.reviewer)[review.pk]] == ["Thank you"]


def test_up_to_three_actions_are_kept_and_one_can_go_for_another(answering):
    author = peers.people_of(answering)[0]
    made = [responding.plan(participant=author, text=f"Ask {number}") for number in range(3)]

    with pytest.raises(ValidationError, match="Three actions"):
        responding.plan(participant=author, text="Ask once more")
    responding.take_away(action=made[0], by=author)
    responding.plan(participant=author, text="Ask once more")

    assert list(author.actions.values_list("text", flat=True)) == ["Ask 1", "Ask 2", "Ask once more"]


@pytest.mark.parametrize("text", ["", " \n ", "x" * 501])
def test_action_that_is_none_is_refused(answering, text):
    with pytest.raises(ValidationError) as refused:
        responding.plan(participant=peers.people_of(answering)[0], text=text)

    assert set(refused.value.message_dict) == {"text"}


def test_action_comes_back_in_the_next_round_of_the_course_until_it_is_done(answering):
    author = peers.people_of(answering)[0]
    action = responding.plan(participant=author, text="Wait for the answer")
    link = factories.ResourceLinkFactory(context=answering.activity.context)
    later = peers.peer_round(link)
    place = participants.join(peer=later, person=author.person)
    elsewhere = peers.peer_round(people=1)
    assert responding.carried_over(place) == [action]
    assert responding.carried_over(peers.people_of(elsewhere)[0]) == []

    responding.finish(action=action, by=place, evidence="Did it on Tuesday")

    assert responding.carried_over(place) == []
    assert Action.objects.get().evidence == "Did it on Tuesday"


def test_first_reading_is_kept(answering):
    author = peers.people_of(answering)[0]
    responding.acknowledge(participant=author)
    author.refresh_from_db()
    first = author.acknowledged_at

    responding.acknowledge(participant=author)

    author.refresh_from_db()
    assert author.acknowledged_at == first
    assert timezone.now() - first < timedelta(minutes=5)
