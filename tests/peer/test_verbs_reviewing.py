"""From a planned review to one that is handed in: words, two tabs, leaving, declining, groups, bad networks."""

import uuid
from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from assessments.audit.models import Event
from assessments.marking import marking
from assessments.marking.conflict import Conflict
from assessments.marking.models import MarkSheet
from assessments.peer import assigning, reviewing, submitting
from assessments.peer.models import PeerActivity, Review
from tests import factories, peers
from tests.peer.requests import Visitor

pytestmark = pytest.mark.django_db
Phase = PeerActivity.Phase


@pytest.fixture
def peer():
    return peers.under_review(people=6)


@pytest.fixture
def review(peer):
    return peers.begin(peers.reviews_of(peer)[0])


def write_all(review, text=peers.WORDS):
    for step in reviewing.steps(review):
        reviewing.write(review=review, step=step.key, text=text, by=review.reviewer)


def hand_in_sheet(review):
    sheet = factories.fill(review.sheet, review.reviewer.person)
    return marking.submit(sheet=sheet, by=review.reviewer.person, revision=sheet.revision)


def fresh(review):
    return Review.objects.whole().get(pk=review.pk)


# --- words ------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "👍👍🎉", "…!?", "aaaaaaa", "1️⃣"])
def test_review_without_words_to_read_is_not_handed_in_and_stays_open(review, text):
    write_all(review, text)

    with pytest.raises(ValidationError, match="Not written yet"):
        hand_in_sheet(review)

    review = fresh(review)
    assert (review.state, review.sheet.state, review.done_at) == ("started", "draft", None)
    write_all(review)
    assert marking.submit(
        sheet=review.sheet, by=review.reviewer.person, revision=review.sheet.revision
    ).is_submitted
    assert fresh(review).state == "done"


def test_marks_alone_say_which_questions_are_not_written_yet(review):
    with pytest.raises(ValidationError) as refused:
        hand_in_sheet(review)

    assert len(refused.value.messages) == len(reviewing.unwritten(review)) > 0


def test_question_that_the_form_has_not_is_refused(review):
    with pytest.raises(ValidationError, match="not part of the form"):
        reviewing.write(review=review, step="secret", text="x", by=review.reviewer)

    assert fresh(review).words == {}


def test_words_can_be_written_before_the_sheet_is_opened(peer):
    planned = peers.reviews_of(peer)[0]
    step = reviewing.steps(planned)[0].key

    reviewing.write(review=planned, step=step, text="Already seen", by=planned.reviewer)

    assert peers.begin(planned).words == {step: "Already seen"}


def test_review_that_is_handed_in_does_not_change(peer):
    done = peers.hand_in(peers.reviews_of(peer)[0])

    with pytest.raises(ValidationError, match="handed in already"):
        reviewing.write(review=done, step=reviewing.steps(done)[0].key, text="Other", by=done.reviewer)
    with pytest.raises(ValidationError, match="nothing was changed"):
        reviewing.decline(review=done, reason="Too late", by=done.reviewer)

    assert fresh(done).words == done.words


# --- two tabs ---------------------------------------------------------------------------------


def test_two_tabs_open_one_sheet(peer):
    planned = peers.reviews_of(peer)[0]

    first, second = (reviewing.begin(review=planned, by=planned.reviewer) for _tab in range(2))

    assert first.sheet == second.sheet
    assert MarkSheet.objects.count() == 1
    assert Event.objects.filter(verb="review.begun").count() == 1


def test_second_tab_hears_that_the_first_has_handed_in(review):
    write_all(review)
    sheet = hand_in_sheet(review)

    with pytest.raises(Conflict):
        marking.submit(sheet=sheet, by=review.reviewer.person, revision=sheet.revision)

    assert Event.objects.filter(verb="review.done").count() == 1


def test_tab_in_which_a_declined_review_is_still_open_hands_nothing_in(review):
    write_all(review)
    sheet = factories.fill(review.sheet, review.reviewer.person)
    reviewing.decline(review=review, reason="I know them", by=review.reviewer)

    with pytest.raises(Conflict):
        marking.submit(sheet=sheet, by=review.reviewer.person, revision=sheet.revision)

    assert fresh(review).state == "declined"
    assert fresh(review).words  # what was written is kept


# --- declining, leaving, withdrawing ----------------------------------------------------------


@pytest.mark.parametrize("is_begun", [False, True])
def test_declined_review_is_given_to_somebody_else(peer, is_begun):
    review = peers.reviews_of(peer)[0]
    if is_begun:
        review = peers.begin(review)

    reviewing.decline(review=review, reason="I know whose it is", by=review.reviewer)

    work = review.submission
    assert work.reviews.live().count() == 2
    assert not work.reviews.live().filter(reviewer=review.reviewer).exists()
    work.refresh_from_db()
    assert work.live_reviews == 2
    review = fresh(review)
    assert (review.state, review.ended_reason) == ("declined", "I know whose it is")
    assert review.sheet is None or review.sheet.is_closed


@pytest.mark.parametrize("reason", ["", "  "])
def test_declining_needs_a_reason(review, reason):
    with pytest.raises(ValidationError) as refused:
        reviewing.decline(review=review, reason=reason, by=review.reviewer)

    assert set(refused.value.message_dict) == {"reason"}
    assert fresh(review).state == "started"


def test_nobody_is_asked_again_for_what_they_declined():
    peer = peers.under_review(people=5)
    for review in peers.reviews_of(peer):
        reviewing.decline(review=fresh(review), reason="No", by=review.reviewer) if fresh(
            review
        ).is_open else None

    for review in Review.objects.filter(state="declined"):
        again = Review.objects.live().filter(submission=review.submission, reviewer=review.reviewer)
        assert not again.exists()


def test_who_leaves_in_the_middle_keeps_what_they_wrote_and_the_work_gets_another(review):
    step = reviewing.steps(review)[0].key
    reviewing.write(review=review, step=step, text="Half of it", by=review.reviewer)
    marked = factories.fill(review.sheet, review.reviewer.person)

    assigning.leave(participant=review.reviewer, by=None)

    review = fresh(review)
    assert (review.words[step], review.sheet.revision) == ("Half of it", marked.revision)
    others = review.submission.reviews.live().exclude(pk=review.pk)
    assert others.filter(reviewer__dropped_at=None).count() == 2


def test_review_of_work_that_was_withdrawn_cannot_be_begun_and_says_so(peer):
    planned = peers.reviews_of(peer)[0]
    PeerActivity.objects.filter(pk=peer.pk).update(phase=Phase.SUBMIT)  # in which nothing is mended
    submitting.withdraw(submission=planned.submission, by=None)
    PeerActivity.objects.filter(pk=peer.pk).update(phase=Phase.REVIEW)

    with pytest.raises(ValidationError, match="withdrawn"):
        reviewing.begin(review=planned, by=planned.reviewer)


def test_review_that_was_taken_back_meanwhile_cannot_be_begun_and_says_so(peer):
    planned = peers.reviews_of(peer)[0]
    assigning.take_away(review=planned, by=None)

    with pytest.raises(ValidationError, match="taken back"):
        reviewing.begin(review=planned, by=planned.reviewer)

    assert not MarkSheet.objects.exists()


def test_teacher_takes_back_no_review_that_is_begun(review):
    with pytest.raises(ValidationError, match="begun"):
        assigning.take_away(review=review, by=None)


# --- groups -----------------------------------------------------------------------------------


@pytest.fixture
def groups():
    """Eight groups of two that hand in and review together."""
    peer = peers.peer_round(
        people=16, reviews_each=2, self_assesses=False, is_group_work=True, groups_review=True
    )
    for number, pair in enumerate(zip(*[iter(peers.people_of(peer))] * 2, strict=True)):
        group = peer.groups.create(name=f"Ward {number}")
        for person in pair:
            person.group = group
            person.save()
    peer = peers.go_to(peer, Phase.SUBMIT)
    for person in peers.people_of(peer)[::2]:
        peers.work_of(person)
    return peers.go_to(peer, Phase.REVIEW)


def test_review_of_a_group_is_theirs_who_first_begins_it(groups):
    review = peers.reviews_of(groups)[0]
    first, second = review.group.participants.select_related("person", "peer__activity")
    pages = [Visitor(groups, row.person) for row in (first, second)]
    assert [page.sees("review", review.key).status_code for page in pages] == [200, 200]

    begun = reviewing.begin(review=review, by=first)

    assert begun.reviewer == first
    with pytest.raises(ValidationError, match="theirs to write"):
        reviewing.begin(review=review, by=second)
    assert [page.sees("review", review.key).status_code for page in pages] == [200, 404]
    assert fresh(review).reviewer == first


def test_group_never_reviews_its_own_work_and_each_work_gets_its_share(groups):
    assert all(row.group_id != row.submission.group_id for row in peers.reviews_of(groups))
    assert {work.reviews.live().count() for work in groups.submissions.all()} == {2}


def test_one_member_who_leaves_changes_nothing_for_the_group(groups):
    before = set(groups.reviews.live().values_list("group", "submission"))
    person = peers.people_of(groups)[0]

    assigning.leave(participant=person, by=None)

    assert set(groups.reviews.live().values_list("group", "submission")) == before


# --- the time is over -------------------------------------------------------------------------


def taps_of(review, *taps):
    """What a device sends that was without network."""
    launch = factories.launch(review.reviewer.person, review.peer.activity.link)
    client = Client(headers={"Authorization": f"Bearer {launch.token}"})
    rows = [
        {"sequence": number, "field": field, "value": value, "seen": 0}
        for number, (field, value) in enumerate(taps, 1)
    ]
    body = {"log": str(uuid.uuid4()), "taps": rows}
    return client.post(f"/api/sheets/{review.sheet.key}/taps/", body, content_type="application/json")


def levels_of(review):
    return [(f"level:{row.pk}", row.levels.last().pk) for row in review.sheet.rubric.criteria.all()]


@pytest.mark.parametrize("phase", [Phase.RESPOND, Phase.CLOSED])
def test_taps_that_arrive_after_the_phase_are_kept_and_a_hand_in_still_counts(peer, review, phase):
    write_all(review)
    peers.go_to(peer, phase)

    answer = taps_of(review, *levels_of(review), ("submit", None))

    assert answer.status_code == 200
    assert {row["outcome"] for row in answer.json()["taken"]} == {"applied"}
    review = fresh(review)
    assert (review.state, review.sheet.is_submitted, review.per_cent) == ("done", True, 100.0)


def test_hand_in_that_arrives_without_words_leaves_its_taps_and_says_what_is_missing(review):
    answer = taps_of(review, *levels_of(review), ("submit", None))

    *marks, handed_in = answer.json()["taken"]
    assert {row["outcome"] for row in marks} == {"applied"}
    assert handed_in["outcome"] != "applied"
    assert "Not written yet" in str(handed_in)
    assert (fresh(review).state, fresh(review).sheet.is_submitted) == ("started", False)
    assert fresh(review).sheet.unanswered() == []


def test_words_after_the_phase_are_refused_and_those_before_stay(peer, review):
    write_all(review)
    peers.go_to(peer, Phase.RESPOND)

    with pytest.raises(ValidationError, match="What you wrote is kept"):
        reviewing.write(review=review, step=reviewing.steps(review)[0].key, text="Late", by=review.reviewer)

    assert set(fresh(review).words.values()) == {peers.WORDS}


# --- taking one by one ------------------------------------------------------------------------


@pytest.fixture
def rolling():
    return peers.under_review(people=5, allocating="pull", lease_hours=24, forbids_pairs=False)


def test_nobody_has_reviews_before_they_take_one(rolling):
    assert not rolling.reviews.exists()


def test_next_work_is_one_of_others_with_the_fewest_reviews(rolling):
    for _round in range(2):
        for person in peers.people_of(rolling):
            others = rolling.submissions.exclude(authors=person).exclude(reviews__reviewer=person)
            fewest = min(work.reviews.count() for work in others)

            review = assigning.take_next(participant=person)

            assert review.submission not in person.submissions.all()
            assert review.submission.reviews.count() == fewest + 1
            peers.hand_in(peers.reviews_of(rolling, pk=review.pk)[0])

    assert [person.given.done().count() for person in peers.people_of(rolling)] == [2] * 5
    assert all(assigning.take_next(participant=person) is None for person in peers.people_of(rolling))


def test_second_click_gives_the_review_that_is_open(rolling):
    person = peers.people_of(rolling)[0]

    first, second = (assigning.take_next(participant=person) for _click in range(2))

    assert first == second


def test_declined_work_is_taken_by_somebody_else_and_not_offered_again(rolling):
    person = peers.people_of(rolling)[0]
    review = assigning.take_next(participant=person)
    reviewing.decline(review=review, reason="I know them", by=person)

    others = {assigning.take_next(participant=person).submission_id}

    assert review.submission_id not in others
    assert rolling.reviews.live().count() == 1  # nobody is given any: each takes their own


def test_work_that_was_taken_and_not_touched_is_free_again_after_its_time(rolling):
    person = peers.people_of(rolling)[0]
    review = assigning.take_next(participant=person)

    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        assert assigning.expire_leases()
        assert not assigning.expire_leases()

    review = fresh(review)
    assert (review.state, review.submission.live_reviews) == ("expired", 0)


def test_what_somebody_wrote_stays_theirs_after_the_time_and_the_work_is_free_for_one_more(rolling):
    person = peers.people_of(rolling)[0]
    review = peers.begin(assigning.take_next(participant=person), person)
    write_all(fresh(review))

    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        assert assigning.expire_leases()
        assert not assigning.expire_leases()

    review = fresh(review)
    assert (review.state, review.lease_until, review.submission.live_reviews) == ("started", None, 0)
    assert peers.hand_in(review).state == "done"


def test_hidden_and_withdrawn_work_is_not_taken(rolling):
    hidden, withdrawn, *_others = rolling.submissions.order_by("pk")
    hidden.hidden_at = timezone.now()
    hidden.save()
    submitting.withdraw(submission=withdrawn, by=None)

    for person in peers.people_of(rolling):
        assert assigning.take_next(participant=person).submission not in (hidden, withdrawn)


# --- what was typed is not lost ---------------------------------------------------------------


def typed(review):
    reviewing.write(review=review, step=reviewing.steps(review)[0].key, text="Half of it", by=review.reviewer)
    return fresh(review)


def test_review_whose_words_are_typed_is_begun_so_that_no_drawing_or_repair_takes_it_away(peer):
    review = typed(peers.reviews_of(peer)[0])

    with pytest.raises(ValidationError, match="begun"):
        peers.draw(peer)
    with pytest.raises(ValidationError, match="begun"):
        assigning.take_away(review=review, by=None)
    submitting.withdraw(submission=review.submission, by=None)

    assert (fresh(review).state, list(fresh(review).words.values())) == ("started", ["Half of it"])


def test_work_that_was_taken_stays_with_whoever_typed_only_words():
    peer = peers.under_review(people=5, allocating="pull")
    review = typed(assigning.take_next(participant=peers.people_of(peer)[0]))

    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        assert assigning.expire_leases()

    assert fresh(review).state == "started"


def test_nothing_typed_begins_no_review(peer):
    planned = peers.reviews_of(peer)[0]

    reviewing.write(review=planned, step=reviewing.steps(planned)[0].key, text=" ", by=planned.reviewer)

    assert fresh(planned).state == "planned"


@pytest.mark.parametrize("state", ["declined", "cancelled", "expired"])
def test_work_is_not_read_any_more_by_whoever_does_not_review_it(peer, review, state):
    web = Visitor(peer, review.reviewer.person)
    assert "What I did on the ward" in web.sees("review", review.key).text

    Review.objects.filter(pk=review.pk).update(state=state)

    assert "What I did on the ward" not in web.sees("review", review.key).text
