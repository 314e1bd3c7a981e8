"""Rounds of peer feedback with people, work and reviews in them, without clicking them together."""

from assessments.activities import activities
from assessments.marking import marking
from assessments.peer import assigning, moving, participants, responding, reviewing, submitting
from assessments.peer.models import PeerActivity, Review, Submission
from tests import factories

Phase = PeerActivity.Phase
WORDS = "When you asked about the pain, Mrs A leaned back. Next time, wait for her answer before the next question."


def peer_round(resource_link=None, *, by=None, people=0, form=None, **settings):
    """A round with so many learners, all of them taken in."""
    link = resource_link or factories.ResourceLinkFactory()
    made = activities.begin(resource_link=link, kind="peer", form=form or {}, by=by)
    PeerActivity.objects.filter(activity=made).update(**settings)
    for number in range(people):
        factories.member(link.context, name=f"Learner {number:02d}")
    peer = fresh(made.peer)
    participants.take_in(peer=peer, by=by)
    return peer


def fresh(peer):
    return PeerActivity.objects.whole().get(pk=peer.pk)


def people_of(peer):
    return list(peer.participants.select_related("person", "group", "peer__activity").order_by("pk"))


def go_to(peer, phase, by=None):
    return fresh(moving.go_to(peer=peer, phase=phase, by=by))


def work_of(participant, text="What I did on the ward, and why."):
    """Work that is handed in."""
    submission = submitting.begin(participant=participant)
    submission = submitting.write(
        submission=submission, by=participant, text=text, link="", revision=submission.revision
    )
    return submitting.hand_in(
        submission=submission, by=participant, attests=True, revision=submission.revision
    )


def everybody_hands_in(peer):
    return [work_of(person) for person in people_of(peer)]


def under_review(people=6, **settings):
    """A round in which everybody has handed in and reviews are drawn."""
    settings = {"reviews_each": 2, "self_assesses": False, **settings}
    peer = peer_round(people=people, **settings)
    peer = go_to(peer, Phase.SUBMIT if peer.has_submissions else Phase.REVIEW)
    if peer.has_submissions:
        everybody_hands_in(peer)
        peer = go_to(peer, Phase.REVIEW)
    return peer


def begin(review, by=None):
    return reviewing.begin(review=review, by=by or review.reviewer)


def hand_in(review, by=None, *, words=WORDS, place=-1):
    """Written and marked, and handed in."""
    by = by or review.reviewer
    review = reviewing.begin(review=review, by=by) if not review.is_self else review
    for step in reviewing.steps(review):
        reviewing.write(review=review, step=step.key, text=words, by=by)
    sheet = factories.fill(review.sheet, by.person, place=place)
    marking.submit(sheet=sheet, by=by.person, revision=sheet.revision)
    return Review.objects.whole().get(pk=review.pk)


def self_assess(participant, *, place=-1):
    review = reviewing.begin_self(submission=submitting.submission_of(participant), by=participant)
    return hand_in(review, participant, place=place)


def reviews_of(peer, **which):
    return list(peer.reviews.of_peers().whole().filter(**which).order_by("pk"))


def all_review(peer, *, place=-1):
    return [hand_in(review, place=place) for review in reviews_of(peer, state="planned")]


def answer(review, author=None, **said):
    author = author or review.submission.authors.select_related("person", "peer__activity").first()
    said = {"is_specific": True, "is_actionable": True, "is_kind": True, **said}
    return responding.respond(review=review, by=author, **said)


def submission(peer, place=0):
    return Submission.objects.filter(peer=peer).order_by("pk")[place]


def draw(peer, by=None, seed=1):
    return assigning.draw(peer=peer, by=by, seed=seed)
