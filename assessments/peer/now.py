"""What somebody does now in a round, and by when: the first thing that they read."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.peer import phases, reading
from assessments.peer.models import Participant, PeerActivity, Review, Submission

Phase = PeerActivity.Phase


@dataclass(frozen=True)
class Task:
    """`url`: where it is done; empty where there is only to wait. `asked`: the same, when a teacher asks for it."""

    sentence: str
    url: str = ""
    button: str = ""
    until: datetime | None = None
    asked: str = ""


def tasks(me: Participant, submission: Submission | None, given: list[Review]) -> list[Task]:
    """The most urgent first; what waits for others is a sentence. Never empty."""
    found = list(_tasks(me, submission, given))
    return found or [Task(_waiting(me.peer))]


def nudge(me: Participant, tasks: list[Task]) -> str:
    """What a teacher asks of them, as long as it is still to be done in the phase in which they were asked."""
    if me.nudged_at is None or me.nudged_at < me.peer.phase_since or not tasks[0].url:
        return ""
    return tasks[0].asked or _("Your teacher asks you to look at what is to be done here.")


def _tasks(me: Participant, submission: Submission | None, given: list[Review]) -> Iterator[Task]:
    peer, key = me.peer, me.peer.activity.key
    if me.dropped_at:
        yield Task(_("You take no part in this round any more. Ask your teacher if that is a mistake."))
        return
    is_handed_in = submission is not None and submission.is_handed_in
    if peer.has_submissions and not is_handed_in and phases.can_hand_in(peer, me):
        yield Task(
            _("Hand in your work.")
            if not phases.is_late(peer, me)
            else _("Your work is late. It can still be handed in."),
            reverse("peer:work", args=[key]),
            _("Go on with your work") if submission else _("Begin"),
            me.submit_until or peer.submit_until,
            _("Your teacher asks you to hand in your work."),
        )
    if submission and submission.is_handed_in and reading.owes_self_assessment(submission, me):
        yield Task(
            _("Assess your own work, before you read what others say."),
            reverse("peer:self", args=[key]),
            _("Assess your own work"),
            peer.self_until,
            _("Your teacher asks you to assess your own work."),
        )
    open_reviews = [row for row in given if row.is_open]
    if open_reviews and phases.can_review(peer, me):
        n = len(open_reviews)
        yield Task(
            ngettext("%(n)d review waits for you.", "%(n)d reviews wait for you.", n) % {"n": n},
            open_reviews[0].get_absolute_url(),
            _("Go on reviewing") if open_reviews[0].state == Review.State.STARTED else _("Begin a review"),
            me.review_until or peer.review_until,
            _("Your teacher asks you to hand in your reviews."),
        )
    elif _can_take(me, given):
        yield Task(
            _("Take the next work to review."),
            reverse("peer:next", args=[key]),
            _("Take the next one"),
            me.review_until or peer.review_until,
            _("Your teacher asks you to go on reviewing."),
        )
    if submission and (there := reading.readable(submission, me)):
        yield _feedback_task(me, there)


def _feedback_task(me: Participant, readable: list[Review]) -> Task:
    peer, n = me.peer, len(readable)
    answered = me.responses.filter(review__in=[row.pk for row in readable]).count()
    url = reverse("peer:feedback", args=[peer.activity.key])
    if phases.can_respond(peer) and answered < n:
        sentence = ngettext(
            "Read %(n)d review, and answer it.", "Read %(n)d reviews, and answer them.", n - answered
        )
        return Task(sentence % {"n": n - answered}, url, _("Read and answer"), peer.respond_until)
    if phases.can_plan(peer) and not me.actions.exists():
        return Task(
            _("Write down what you will do."), f"{url}#actions", _("Write down an action"), peer.act_until
        )
    sentence = ngettext("There is %(n)d review of your work.", "There are %(n)d reviews of your work.", n)
    return Task(sentence % {"n": n}, url, _("Read your feedback"))


def _can_take(me: Participant, given: list[Review]) -> bool:
    peer = me.peer
    counted = [row for row in given if row.is_open or row.state == Review.State.DONE]
    return peer.is_pull and phases.can_review(peer, me) and len(counted) < peer.reviews_each


def _waiting(peer: PeerActivity) -> str:
    return {
        Phase.SETUP: _("This round has not begun yet. There is nothing to do now."),
        Phase.SUBMIT: _("There is nothing for you to do now. Reviewing begins when everybody has handed in."),
        Phase.SELF: _("There is nothing for you to do now. Reviewing comes next."),
        Phase.REVIEW: _("There is nothing for you to do now. What others write about your work comes later."),
        Phase.RESPOND: _("There is nothing for you to answer."),
        Phase.ACT: _("There is nothing more for you to do in this round."),
        Phase.CLOSED: _("This round is over."),
    }[Phase(peer.phase)]
