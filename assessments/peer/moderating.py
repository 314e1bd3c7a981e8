"""What staff does about reviews and work: approve, look at reports, withhold, unmask, leave out of grades, hear concerns."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.audit.recording import record, record_each
from assessments.peer import grading, reasons
from assessments.peer.models import (
    ConductConcern,
    Participant,
    PeerActivity,
    QualitySample,
    Report,
    Review,
    Submission,
    Unmasking,
    WorkFile,
)

# These are hidden at once, before anybody of staff has looked: reading on would do the harm.
HIDING = {Report.Kind.CONFIDENTIALITY, Report.Kind.UNSAFE}


@transaction.atomic
def report(
    *,
    peer: PeerActivity,
    by: Participant,
    kind: str,
    text: str,
    review: Review | None = None,
    submission: Submission | None = None,
) -> Report:
    """Say that a review (its author's side) or a work (its reviewer's side) should not be read as it is."""
    if kind not in Report.Kind.values:
        raise ValidationError({"kind": _("Choose what is wrong with it.")})
    text = reasons.read(text, field="text")
    if kind == Report.Kind.OTHER and not text:
        raise ValidationError({"text": _("Say what is wrong with it.")})
    Participant.objects.select_for_update(no_key=True).get(pk=by.pk)
    before = peer.reports.filter(review=review, submission=submission, by=by)
    if before.filter(kind=kind, settled_at=None).exists():
        raise ValidationError(
            _("You have reported this already, and your teachers will look at it. Nothing was changed.")
        )
    made = Report.objects.create(peer=peer, review=review, submission=submission, by=by, kind=kind, text=text)
    # What staff has looked at for this person is not hidden from everybody by them once more.
    if kind in HIDING and not before.filter(outcome=Report.Outcome.SHOWN).exists():
        _hide(made)
    record("peer.reported", by=by.person, on=made, data={"kind": kind})
    return made


@transaction.atomic
def settle(*, report: Report, outcome: str, reason: str, by: Any) -> Report:
    """Staff has looked: it stays, or is withheld, or (of work) its files are removed. The reason is kept with it."""
    report = (
        Report.objects.select_for_update(of=("self",))
        .select_related("review", "submission", "peer__activity")
        .get(pk=report.pk)
    )
    if outcome not in Report.Outcome.values:
        raise ValidationError({"outcome": _("Choose what is done.")})
    hid = report.kind in HIDING or report.outcome not in ("", Report.Outcome.SHOWN)
    report.outcome, report.settled_reason = outcome, _reason(reason)
    report.settled_at, report.settled_by = timezone.now(), by
    report.save(update_fields=["outcome", "settled_reason", "settled_at", "settled_by"])
    if outcome != Report.Outcome.SHOWN:
        _hide(report)
    elif hid:
        _show(report)
    if outcome == Report.Outcome.REMOVED and report.submission:
        for file in report.submission.files.filter(removed_at=None):
            remove_file(file=file, by=by)
    record("peer.settled", by=by, on=report, data={"outcome": outcome})
    return report


@transaction.atomic
def approve(*, reviews: Iterable[Review], by: Any) -> int:
    """Let authors read these, where reviews wait for that; gives how many."""
    rows = list(
        Review.objects.of_peers()
        .done()
        .filter(pk__in=[row.pk for row in reviews], approved_at=None)
        .select_for_update(of=("self",))
        .select_related("peer__activity")
    )
    Review.objects.filter(pk__in=[row.pk for row in rows]).update(approved_at=timezone.now(), approved_by=by)
    record_each("review.approved", by=by, on=[(row, {}) for row in rows])
    return len(rows)


@transaction.atomic
def withhold(*, review: Review, reason: str, by: Any, is_hidden: bool = True) -> Review:
    """Authors do not read this review, or do again. It counts as before: leaving it out is a decision of its own."""
    review = Review.objects.select_for_update(of=("self",)).select_related("peer__activity").get(pk=review.pk)
    reason = _reason(reason)
    review.hidden_at = timezone.now() if is_hidden else None
    review.save(update_fields=["hidden_at"])
    record("review.withheld" if is_hidden else "review.shown", by=by, on=review, data={"reason": reason})
    return review


@transaction.atomic
def leave_out(*, review: Review, reason: str, by: Any, is_excluded: bool = True) -> Review:
    """The grade for the work is made without this review, or with it again."""
    review = Review.objects.select_for_update(of=("self",)).select_related("peer__activity").get(pk=review.pk)
    review.excluded_reason = _reason(reason)
    review.excluded_at = timezone.now() if is_excluded else None
    review.save(update_fields=["excluded_at", "excluded_reason"])
    record("review.left_out" if is_excluded else "review.counted", by=by, on=review)
    grading.compute_submission(review.submission, by=by)
    return review


@transaction.atomic
def sample(*, review: Review, evidence: int, suggestion: bool, connection: bool, by: Any) -> QualitySample:
    """How well a review's words are written, by QuAL (Chan 2020)."""
    if not 0 <= evidence <= 3:
        raise ValidationError({"evidence": _("From 0 to 3.")})
    row, _is_new = QualitySample.objects.update_or_create(
        review=review,
        defaults={
            "evidence": evidence,
            "suggestion": suggestion,
            "connection": connection,
            "by": by,
            "at": timezone.now(),
        },
    )
    record("review.sampled", by=by, on=review, data={"evidence": evidence})
    grading.compute_reviewer_of(review, by=by)
    return row


@transaction.atomic
def unmask(*, review: Review, reason: str, by: Any) -> Unmasking:
    """Read who reviewed whose work. Who did, when and why is kept, and cannot be taken back."""
    row = Unmasking.objects.create(peer=review.peer, review=review, by=by, reason=_reason(reason))
    record("review.unmasked", by=by, on=review, data={"unmasking": row.pk})
    return row


@transaction.atomic
def raise_concern(
    *,
    peer: PeerActivity,
    by: Participant,
    text: str,
    review: Review | None = None,
    submission: Submission | None = None,
) -> ConductConcern:
    """Tell the activity's lead, and nobody else, about somebody's professional conduct. It is never a grade."""
    if not (text := reasons.read(text, field="text")):
        raise ValidationError({"text": _("Say what you saw or read.")})
    row = ConductConcern.objects.create(peer=peer, by=by, text=text, review=review, submission=submission)
    record("peer.concern", by=by.person, on=row)
    return row


@transaction.atomic
def settle_concern(*, concern: ConductConcern, reason: str, by: Any) -> ConductConcern:
    concern.settled_reason, concern.settled_at = _reason(reason), timezone.now()
    concern.save(update_fields=["settled_reason", "settled_at"])
    record("peer.concern_settled", by=by, on=concern)
    return concern


@transaction.atomic
def remove_file(*, file: WorkFile, by: Any) -> WorkFile:
    """Nobody can open this file any more, and its content is deleted at once. That it was there stays."""
    file = (
        WorkFile.objects.select_for_update(of=("self",))
        .select_related("submission__peer__activity")
        .get(pk=file.pk)
    )
    if file.removed_at is None:
        name, storage = str(file.content.name), file.content.storage
        file.removed_at, file.removed_by, file.content = timezone.now(), by, ""
        file.save(update_fields=["removed_at", "removed_by", "content"])
        transaction.on_commit(lambda: storage.delete(name))
        record("work.file_removed", by=by, on=file.submission, data={"file": file.pk})
    return file


def is_unmasked(review: Review, person: Any) -> bool:
    return review.unmaskings.filter(by=person).exists()


def _hide(report: Report) -> None:
    for thing in _about(report).filter(hidden_at=None):
        thing.hidden_at = timezone.now()
        thing.save(update_fields=["hidden_at"])


def _show(report: Report) -> None:
    """Unless another report of the same thing still hides it."""
    others = report.peer.reports.filter(review=report.review, submission=report.submission).exclude(
        pk=report.pk
    )
    waiting = others.filter(outcome="", kind__in=HIDING)
    decided = others.filter(outcome__in=[Report.Outcome.WITHHELD, Report.Outcome.REMOVED])
    if not waiting.exists() and not decided.exists():
        _about(report).update(hidden_at=None)


def _about(report: Report) -> Any:
    """The review or the work that it is about, as a set of one."""
    if report.review_id is not None:
        return Review.objects.filter(pk=report.review_id)
    return Submission.objects.filter(pk__in=[report.submission_id])


def _reason(reason: str) -> str:
    if not (reason := reasons.read(reason)):
        raise ValidationError({"reason": _("Write down why: it stays with the decision.")})
    return reason
