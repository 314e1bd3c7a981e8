"""Reports, concerns, unmasking, and what is hidden until somebody of staff has looked."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from assessments.audit.models import Event
from assessments.peer import moderating
from assessments.peer.models import ConductConcern, PeerActivity, Report, Unmasking
from assessments.peer.permissions import is_lead
from assessments.results.models import Result
from lti_tool.models import Role
from tests import factories, peers

pytestmark = pytest.mark.django_db
Kind = Report.Kind


@pytest.fixture
def peer():
    return peers.under_review(people=5)


@pytest.fixture
def teacher(peer):
    return factories.member(peer.activity.context, Role.INSTRUCTOR)


@pytest.fixture
def review(peer):
    return peers.hand_in(peers.reviews_of(peer)[0])


def report(review, kind=Kind.UNKIND, text="", *, work=False):
    about = {"submission": review.submission} if work else {"review": review}
    by = peers.people_of(review.peer)[1]
    return moderating.report(peer=review.peer, by=by, kind=kind, text=text, **about)


def settle(made, outcome, reason="We looked at it"):
    return moderating.settle(report=made, outcome=outcome, reason=reason, by=None)


def is_hidden(review, *, work=False):
    thing = review.submission if work else review
    thing.refresh_from_db()
    return thing.hidden_at is not None


@pytest.mark.parametrize("work", [False, True])
@pytest.mark.parametrize(
    ("kind", "hides"),
    [
        (Kind.UNKIND, False),
        (Kind.MISCONDUCT, False),
        (Kind.OTHER, False),
        (Kind.UNSAFE, True),
        (Kind.CONFIDENTIALITY, True),
    ],
)
def test_what_could_do_harm_is_hidden_at_once_and_nothing_else(review, kind, hides, work):
    report(review, kind, "Look at it", work=work)

    assert is_hidden(review, work=work) is hides
    assert is_hidden(review, work=not work) is False


@pytest.mark.parametrize(
    ("kind", "text", "field"),
    [("gossip", "x", "kind"), (Kind.OTHER, " ", "text"), (Kind.UNKIND, "x" * 2_001, "text")],
)
def test_report_that_says_nothing_is_refused(review, kind, text, field):
    with pytest.raises(ValidationError) as refused:
        report(review, kind, text)

    assert set(refused.value.message_dict) == {field}
    assert not Report.objects.exists()


@pytest.mark.parametrize(
    ("kind", "outcome", "hides"),
    [
        (Kind.UNSAFE, "shown", False),
        (Kind.UNSAFE, "withheld", True),
        (Kind.UNKIND, "withheld", True),
        (Kind.UNKIND, "removed", True),
        (Kind.UNKIND, "shown", False),
    ],
)
def test_settled_report_decides_whether_it_is_read(review, kind, outcome, hides):
    made = settle(report(review, kind), outcome)

    assert is_hidden(review) is hides
    assert (made.outcome, made.settled_reason) == (outcome, "We looked at it")


def test_decision_can_be_taken_again(review):
    made = settle(report(review), "withheld")
    assert is_hidden(review)

    settle(made, "shown")

    assert not is_hidden(review)
    assert Event.objects.filter(verb="peer.settled").count() == 2


@pytest.mark.parametrize("other", ["waits", "withheld"])
def test_what_another_report_hides_stays_hidden(review, other):
    first, second = report(review, Kind.UNSAFE), report(review, Kind.CONFIDENTIALITY)
    if other == "withheld":
        settle(second, "withheld")

    settle(first, "shown")

    assert is_hidden(review)


def test_what_a_teacher_withheld_stays_so_when_a_report_is_about_something_else(review):
    moderating.withhold(review=review, reason="It names a patient", by=None)

    settle(report(review, Kind.UNKIND), "shown")

    assert is_hidden(review)


@pytest.mark.parametrize(
    ("outcome", "reason", "field"), [("burnt", "x", "outcome"), ("shown", " ", "reason")]
)
def test_settling_needs_an_outcome_and_a_reason(review, outcome, reason, field):
    made = report(review, Kind.UNSAFE)

    with pytest.raises(ValidationError) as refused:
        settle(made, outcome, reason)

    assert set(refused.value.message_dict) == {field}
    made.refresh_from_db()
    assert (made.outcome, made.settled_at) == ("", None)
    assert is_hidden(review)


def test_unmasking_is_kept_with_who_and_why_and_holds_for_that_person_and_review_alone(peer, review, teacher):
    other = factories.member(peer.activity.context, Role.INSTRUCTOR)
    another = peers.reviews_of(peer)[1]

    moderating.unmask(review=review, reason="A complaint", by=teacher)

    assert moderating.is_unmasked(review, teacher)
    assert not moderating.is_unmasked(review, other)
    assert not moderating.is_unmasked(another, teacher)
    assert [(row.by, row.reason) for row in Unmasking.objects.all()] == [(teacher, "A complaint")]
    assert Event.objects.filter(verb="review.unmasked").count() == 1


def test_unmasking_without_a_reason_is_refused(review, teacher):
    with pytest.raises(ValidationError):
        moderating.unmask(review=review, reason="  ", by=teacher)

    assert not Unmasking.objects.exists()


def test_concern_is_for_the_lead_alone(peer, review, teacher):
    lead = factories.member(peer.activity.context, Role.INSTRUCTOR)
    visits = {
        who: factories.launch(who, peer.activity.link)
        for who in (lead, teacher, factories.member(peer.activity.context, Role.TEACHING_ASSISTANT))
    }
    assert [is_lead(visit, peer) for visit in visits.values()] == [True, True, False]

    peer.lead = lead

    assert [is_lead(visit, peer) for visit in visits.values()] == [True, False, False]


def test_concern_changes_no_grade_and_hides_nothing_and_its_words_are_in_no_log(peer, review):
    PeerActivity.objects.update(counts=True)
    by, before = peers.people_of(peer)[1], Result.objects.count()

    concern = moderating.raise_concern(peer=peer, by=by, text="He laughed at the patient", review=review)
    moderating.settle_concern(concern=concern, reason="We have talked", by=None)

    assert ConductConcern.objects.get().settled_reason == "We have talked"
    assert not is_hidden(review)
    assert Result.objects.count() == before
    assert not [event for event in Event.objects.all() if "laughed" in str(event.data)]


@pytest.mark.parametrize("text", ["", " ", "x" * 2_001])
def test_concern_that_says_nothing_or_too_much_is_refused(peer, review, text):
    with pytest.raises(ValidationError):
        moderating.raise_concern(peer=peer, by=peers.people_of(peer)[1], text=text, review=review)

    assert not ConductConcern.objects.exists()


def test_removing_reported_work_removes_its_files_and_keeps_the_reviews(peer, review):
    submission = review.submission
    file = submission.files.create(place=1, content="", extension="txt", media_type="text/plain", size=1)

    settle(report(review, Kind.CONFIDENTIALITY, work=True), "removed")

    file.refresh_from_db()
    assert file.removed_at <= timezone.now()
    assert is_hidden(review, work=True)
    assert submission.reviews.done().count() == 1


# --- the same again ---------------------------------------------------------------------------


def test_same_report_twice_is_one(review):
    report(review, Kind.UNKIND, "It hurts.")

    with pytest.raises(ValidationError, match="already"):
        report(review, Kind.UNKIND, "It hurts!")
    report(review, Kind.UNSAFE)

    assert Report.objects.count() == 2


def test_what_somebody_looked_at_is_not_hidden_once_more_by_the_same_person(review):
    settle(report(review, Kind.UNSAFE, work=True), "shown")

    report(review, Kind.CONFIDENTIALITY, "Look again", work=True)

    assert not is_hidden(review, work=True)
    assert Report.objects.filter(outcome="").count() == 1
