"""From a planned review to one that is handed in. The marks are the sheet's own; the words stand beside it."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.audit.recording import record
from assessments.marking import marking
from assessments.marking.comments import read_comment
from assessments.marking.models import MarkSheet
from assessments.peer import assigning, phases, reasons, setting
from assessments.peer.models import Participant, PeerActivity, Review, Submission
from assessments.peer.words import coach, formats

State = Review.State


@transaction.atomic
def begin(*, review: Review, by: Participant) -> Review:
    """Open the sheet of a review that is theirs to write; once it is open, give it as it is."""
    review = locked(review)
    if review.sheet is not None and review.reviewer_id == by.pk:
        return review
    _check_open(review, by)
    if review.submission.state == Submission.State.WITHDRAWN:
        raise ValidationError(_("This work was withdrawn, so there is nothing to review."), code="withdrawn")
    review.reviewer = by
    return _open(review, assigned_to=by.person, by=by.person)


@transaction.atomic
def begin_self(*, submission: Submission, by: Participant) -> Review:
    """One's own look at one's own work, before others' are read."""
    submission = Submission.objects.select_for_update().get(pk=submission.pk)
    there = submission.reviews.filter(is_self=True, reviewer=by).first()
    if there is not None:
        return locked(there)
    peer = submission.peer
    if not phases.can_self_assess(peer):
        raise ValidationError(
            _("Oneself is assessed before the reviews are read. That time is over."), code="phase"
        )
    review = Review.objects.create(
        peer=peer, submission=submission, reviewer=by, is_self=True, source=Review.Source.SELF
    )
    return _open(locked(review), assigned_to=by.person, by=by.person)


@transaction.atomic
def begin_as_teacher(*, submission: Submission, by: Any) -> Review:
    """A teacher reviews on the same form; of one teacher one review a work."""
    submission = Submission.objects.select_for_update().get(pk=submission.pk)
    there = submission.reviews.live().filter(staff=by).first()
    if there is not None:
        return locked(there)
    review = Review.objects.create(
        peer=submission.peer, submission=submission, staff=by, source=Review.Source.STAFF
    )
    return _open(locked(review), assigned_to=by, by=by)


@transaction.atomic
def write(*, review: Review, step: str, text: str, by: Participant) -> Review:
    """Keep what is written for one step of the format. Raises ValidationError; what stood there stays then.

    The first words begin the review: from then on no repair and no other drawing takes it away.
    """
    review = locked(review)
    _check_open(review, by)
    if step not in {row.key for row in steps(review)}:
        raise ValidationError(_("This question is not part of the form."), code="step")
    text = read_comment(text)
    if text and review.sheet is None:
        review = begin(review=review, by=by)
    review.words = {**review.words, step: text}
    review.save(update_fields=["words"])
    return review


@transaction.atomic
def decline(*, review: Review, reason: str, by: Participant) -> Review:
    """They cannot review this work; somebody else will. What is marked on the sheet stays there, closed."""
    review = assigning.held(review)
    if not review.is_open:
        raise ValidationError(_("This review is not open any more, so nothing was changed."), code="state")
    if not (reason := reasons.read(reason)):
        raise ValidationError({"reason": _("Say why in a few words. Only your teachers read it.")})
    return assigning.end(review=review, state=State.DECLINED, by=by.person, reason=reason)


def on_submitted(*, sheet: MarkSheet, by: Any, **_more: Any) -> None:
    """The sheet is handed in, so the review is. Raises ValidationError where words are missing; nothing is handed in then."""
    review = Review.objects.select_related("peer").filter(sheet=sheet).first()
    if review is None:
        return
    if missing := unwritten(review):
        raise ValidationError(
            [
                _("Not written yet, on the page with the work: %(prompt)s") % {"prompt": step.prompt}
                for step in missing
            ],
            code="words",
        )
    review.state, review.done_at, review.lease_until = State.DONE, timezone.now(), None
    review.save(update_fields=["state", "done_at", "lease_until"])
    record("review.done", by=by, on=review)


def steps(review: Review) -> tuple[formats.Step, ...]:
    """What this review is asked, in order. One's own has the questions for oneself."""
    who = "author" if review.is_self else "reviewer"
    return tuple(formats.steps_for(formats.by_key(review.peer.format), who))


def unwritten(review: Review) -> list[formats.Step]:
    """The required steps with nothing to read in them. A teacher's review needs none."""
    if review.staff_id:
        return []
    return [
        step
        for step in steps(review)
        if step.required and coach.is_empty(str(review.words.get(step.key, "")))
    ]


def locked(review: Review) -> Review:
    Review.objects.select_for_update().get(pk=review.pk)
    return Review.objects.whole().get(pk=review.pk)


def _open(review: Review, *, assigned_to: Any, by: Any) -> Review:
    rubric = review.peer.activity.rubric
    assert rubric
    setting.lock_anonymity(review.peer)
    author = _subject(review)
    review.sheet = marking.open_sheet(rubric=rubric, candidate=author.person, assigned_to=assigned_to, by=by)
    review.state = State.STARTED
    review.save(update_fields=["sheet", "state", "reviewer"])
    record("review.begun", by=by, on=review, data={"sheet": review.sheet.pk})
    return review


def _subject(review: Review) -> Participant:
    """Whom the sheet is about: oneself, or of several authors the first who is not the reviewer."""
    if review.is_self:
        assert review.reviewer
        return review.reviewer
    authors = review.submission.authors.select_related("person").order_by("pk")
    return next(row for row in authors if row.pk != review.reviewer_id)


def _check_open(review: Review, by: Participant) -> None:
    if review.state == State.DONE:
        raise ValidationError(_("This review is handed in already. Nothing was changed."), code="done")
    if not review.is_open:
        raise ValidationError(
            _("This review is %(state)s, so nothing more is kept of it.")
            % {"state": review.get_state_display()},
            code="state",
        )
    if review.reviewer_id and review.reviewer_id != by.pk:
        raise ValidationError(
            _("Somebody else of your group has begun this review, so it is theirs to write."), code="taken"
        )
    is_theirs = phases.can_self_assess(review.peer) if review.is_self else phases.can_review(review.peer, by)
    if not is_theirs and review.peer.phase != PeerActivity.Phase.REVIEW:
        raise ValidationError(
            _("The time for reviews is over. What you wrote is kept; ask your teacher for more time."),
            code="phase",
        )
