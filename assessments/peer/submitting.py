"""Handing work in, alone or as a group; changing it until reviews begin; withdrawing it."""

from os import SEEK_END
from typing import Any, BinaryIO

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.audit.recording import record
from assessments.marking.conflict import Conflict
from assessments.peer import assigning, phases, setting
from assessments.peer.files import cleaning, video_link
from assessments.peer.files.limits import Limits
from assessments.peer.files.outcomes import Refused
from assessments.peer.holding import hold
from assessments.peer.models import TEXT_MAX, Participant, PeerActivity, Submission, WorkFile
from assessments.peer.words import screening

State = Submission.State
MOST_FILES = 5
MOST_WORKS = 10  # of one author, withdrawn ones too


def submission_of(participant: Participant) -> Submission | None:
    """Their own, or their group's; the one that was withdrawn last, where there is no other."""
    rows = participant.submissions.prefetch_related("authors__person", "files")
    return rows.exclude(state=State.WITHDRAWN).first() or rows.order_by("-pk").first()


@transaction.atomic
def begin(*, participant: Participant) -> Submission:
    """A draft for them, or for their whole group; the one there is."""
    peer = participant.peer
    peer = hold(peer)
    there = submission_of(participant)
    if there is not None and there.state != State.WITHDRAWN:
        return there
    _check_time(participant, peer)
    if peer.is_group_work and participant.group is None:
        raise ValidationError(
            _("Groups hand in together, and you are in none yet. Ask your teacher to put you into one."),
            code="group",
        )
    group = participant.group if peer.is_group_work else None
    if group and (begun := group.submissions.exclude(state=State.WITHDRAWN).first()):
        return _joined(begun, participant)
    if participant.submissions.count() >= MOST_WORKS:
        raise ValidationError(
            _("You have begun anew too often. What is there is kept; ask your teacher what to do."),
            code="often",
        )
    made = Submission.objects.create(peer=peer, group=group)
    members = group.participants.filter(dropped_at=None) if group else [participant]
    made.authors.set(members)
    return made


def _joined(submission: Submission, participant: Participant) -> Submission:
    """They came into the group after it had begun."""
    if submission.reviews.live().filter(reviewer=participant).exists():
        raise ValidationError(
            _("You were given your group's work to review. Tell your teacher: only then can it be yours."),
            code="group",
        )
    submission.authors.add(participant)
    record("work.joined", by=participant.person, on=submission)
    return submission


@transaction.atomic
def write(*, submission: Submission, by: Participant, text: str, link: str, revision: int) -> Submission:
    """Keep the draft's words. Conflict where somebody of the group wrote meanwhile; nothing is lost then on either side."""
    submission = _locked_draft(submission, by)
    if submission.revision != revision:
        raise Conflict(
            _(
                "Somebody else of your group changed this meanwhile. Yours is still in the form; theirs is below it."
            )
        )
    submission.text = _read_text(text) if submission.peer.takes_text else ""
    submission.link = _read_link(link) if submission.peer.takes_link else ""
    submission.revision += 1
    submission.save(update_fields=["text", "link", "revision"])
    return submission


def add_file(*, submission: Submission, by: Participant, content: BinaryIO, name: str) -> WorkFile:
    """Scrub a file of what names people, and keep that. What cannot be scrubbed is refused with the reason."""
    _check_takes_file(_check_draft(_read(submission), by))
    # It may take a while, so nothing is locked meanwhile: whoever hands in waits for the work, and the round for them.
    try:
        cleaned = cleaning.clean(content, name, Limits(most_bytes=settings.WORK_FILE_MAX))
    except Refused as refused:
        raise ValidationError({"file": refused.sentence}) from None
    with cleaned.file:
        return _keep_file(submission, by, cleaned, name)


@transaction.atomic
def _keep_file(submission: Submission, by: Participant, cleaned: cleaning.Cleaned, name: str) -> WorkFile:
    submission = _check_takes_file(_locked_draft(submission, by))
    last = submission.files.order_by("-place").first()
    row = WorkFile(
        submission=submission,
        place=last.place + 1 if last else 1,
        extension=cleaned.extension,
        media_type=cleaned.media_type,
        original_name=name.replace("\x00", "")[-255:],
        scrubbed=[str(it) for it in cleaned.removed],
    )
    row.size = cleaned.file.seek(0, SEEK_END)
    cleaned.file.seek(0)
    row.content.save(row.public_name, File(cleaned.file), save=False)
    try:
        row.save()
    except BaseException:
        row.content.storage.delete(str(row.content.name))  # of a file without a row nobody would ever know
        raise
    _count(submission)
    record("work.file_added", by=by.person, on=submission, data={"file": row.pk})
    return row


@transaction.atomic
def drop_file(*, file: WorkFile, by: Participant) -> None:
    """An author takes a file out of a draft, for good."""
    submission = _locked_draft(file.submission, by)
    name, storage = str(file.content.name), file.content.storage
    file.delete()
    transaction.on_commit(lambda: storage.delete(name))
    _count(submission)
    record("work.file_dropped", by=by.person, on=submission)


@transaction.atomic
def hand_in(*, submission: Submission, by: Participant, attests: bool, revision: int) -> Submission:
    """From now on it can be reviewed. Late work gets its reviewers at once, where reviews are drawn already."""
    hold(submission.peer)
    submission = _locked_draft(submission, by)
    if submission.revision != revision:
        raise Conflict(
            _("Somebody else of your group changed this meanwhile. Nothing was handed in; please look again.")
        )
    if not attests:
        raise ValidationError({"attests": _("Confirm that nobody can be recognised in your work.")})
    if not (submission.text or submission.link or submission.files.filter(removed_at=None).exists()):
        raise ValidationError(_("There is nothing in it yet: write, or add a file."), code="empty")
    submission.state, submission.handed_in_at = State.HANDED_IN, timezone.now()
    submission.attested_at, submission.handed_in_by = submission.handed_in_at, by.person
    submission.is_late = phases.is_late(submission.peer, by)
    submission.save(update_fields=["state", "handed_in_at", "attested_at", "handed_in_by", "is_late"])
    setting.lock_anonymity(submission.peer)
    setting.try_again(submission.peer)
    record("work.handed_in", by=by.person, on=submission, data={"is_late": submission.is_late})
    assigning.repair_where_drawn(peer=submission.peer, by=None)
    return submission


@transaction.atomic
def take_back(*, submission: Submission, by: Participant) -> Submission:
    """Change it once more, for as long as it is handed in and nobody was given it to review."""
    submission = _locked(submission)
    _check_author(submission, by)
    if submission.state != State.HANDED_IN:
        return submission
    if submission.reviews.of_peers().live().exists():
        raise ValidationError(
            _("Somebody was given your work to review, so it stays as it is. You can withdraw it."),
            code="reviewed",
        )
    _check_time(by, submission.peer)
    submission.state = State.DRAFT
    submission.save(update_fields=["state"])
    record("work.taken_back", by=by.person, on=submission)
    return submission


@transaction.atomic
def withdraw(*, submission: Submission, by: Any) -> Submission:
    """Nobody begins to review it any more; reviews that are begun or done stay. Reviewers get other work where there is some."""
    hold(submission.peer)
    submission = _locked(submission)
    if not phases.can_withdraw(submission.peer):
        raise ValidationError(
            _("Reviewing is over, so your work stays. Your teacher can still take it out of the round.")
            if submission.peer.has_submissions
            else _("Nothing is handed in in this round, so there is nothing to withdraw."),
            code="phase",
        )
    if submission.state != State.HANDED_IN:
        raise ValidationError(_("It is not handed in, so there is nothing to withdraw."), code="state")
    submission.state = State.WITHDRAWN
    submission.save(update_fields=["state"])
    record("work.withdrawn", by=by, on=submission)
    assigning.repair_where_drawn(peer=submission.peer, by=by)
    return submission


def hints(submission: Submission) -> tuple[screening.Finding, ...]:
    """What looks as if it could name a patient in the text. Hints, never a refusal."""
    return screening.screen(submission.text)


def _read_text(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\x00", "").encode("utf-8", "replace").decode()
    if len(text) > TEXT_MAX:
        raise ValidationError(
            {
                "text": _("At most %(most)d characters. Nothing was saved; what you wrote is in the form.")
                % {"most": TEXT_MAX}
            }
        )
    return text.strip()


def _read_link(link: str) -> str:
    if not (link := link.strip()):
        return ""
    try:
        return video_link.check(link)
    except Refused as refused:
        raise ValidationError({"link": refused.sentence}) from None


def _locked(submission: Submission) -> Submission:
    Submission.objects.select_for_update(of=("self",)).get(pk=submission.pk)
    return _read(submission)


def _read(submission: Submission) -> Submission:
    rows = Submission.objects.select_related("peer__activity__context", "group")
    return rows.prefetch_related("authors__person").get(pk=submission.pk)


def _locked_draft(submission: Submission, by: Participant) -> Submission:
    return _check_draft(_locked(submission), by)


def _check_draft(submission: Submission, by: Participant) -> Submission:
    _check_author(submission, by)
    if submission.state != State.DRAFT:
        raise ValidationError(
            _(
                "This is handed in already, so it was not changed. Take it back first, for as long as you can."
            ),
            code="state",
        )
    _check_time(by, submission.peer)
    return submission


def _check_takes_file(submission: Submission) -> Submission:
    if not submission.peer.takes_files:
        raise ValidationError({"file": _("No files are handed in here.")})
    if submission.files.filter(removed_at=None).count() >= MOST_FILES:
        raise ValidationError(
            {"file": _("At most %(most)d files. Remove one before you add another.") % {"most": MOST_FILES}}
        )
    return submission


def _check_author(submission: Submission, by: Participant) -> None:
    if all(row.pk != by.pk for row in submission.authors.all()):
        raise ValidationError(_("This is somebody else's work."), code="author")


def _check_time(participant: Participant, peer: PeerActivity) -> None:
    if not phases.can_hand_in(peer, participant):
        raise ValidationError(
            _("Nothing is handed in now. What you wrote is kept; ask your teacher for more time."),
            code="phase",
        )


def _count(submission: Submission) -> None:
    submission.revision += 1
    submission.save(update_fields=["revision"])
