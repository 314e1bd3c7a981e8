"""Handing in: write, add files, look once more, hand in; take back or withdraw."""

from typing import Any
from uuid import UUID

from django.core.exceptions import RequestDataTooBig, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from assessments.activities.pages import problems_of, see
from assessments.marking.conflict import Conflict
from assessments.peer import names, phases, submitting, uploads
from assessments.peer.finding import participant
from assessments.peer.models import Participant, PeerActivity, Submission, WorkFile
from lti_tool.port import launch_required

EMPTY = Submission(text="", link="", revision=0)


@require_safe
@launch_required
def work(http: HttpRequest, key: UUID) -> HttpResponse:
    """One's own work, or the group's: to write, or as it was handed in."""
    _launch, peer, me = participant(http, key)
    return _page(http, peer, me)


@require_POST
@launch_required
def words(http: HttpRequest, key: UUID) -> HttpResponse:
    """Keeps what is written so far, and a file that was chosen; the page says so, and goes on."""
    _launch, peer, me = participant(http, key)
    return _keep(http, peer, me, done="saved")


@require_POST
@launch_required
def files(http: HttpRequest, key: UUID) -> HttpResponse:
    """Takes one file, cleaned of what names people, and keeps what is written beside it."""
    _launch, peer, me = participant(http, key)
    return _keep(http, peer, me, done="added")


@require_POST
@launch_required
def file_removal(http: HttpRequest, key: UUID, file_key: UUID) -> HttpResponse:
    _launch, peer, me = participant(http, key)
    own = [row.pk for row in me.submissions.all()]
    file = get_object_or_404(_files_of(peer).filter(submission__in=own), key=file_key)
    return _keep(http, peer, me, done="removed", without=file)


@require_POST
@launch_required
def handing_in(http: HttpRequest, key: UUID) -> HttpResponse:
    _launch, peer, me = participant(http, key)
    return _hand_in(http, peer, me, _own(me))


@require_POST
@launch_required
def taking_back(http: HttpRequest, key: UUID) -> HttpResponse:
    """Change it once more, as long as nobody was given it."""
    _launch, peer, me = participant(http, key)
    try:
        submitting.take_back(submission=_own(me), by=me)
    except ValidationError as error:
        return _page(http, peer, me, problems=problems_of(error))
    return see("peer:work", key, done="taken_back")


@require_POST
@launch_required
def withdrawal(http: HttpRequest, key: UUID) -> HttpResponse:
    _launch, peer, me = participant(http, key)
    try:
        submitting.withdraw(submission=_own(me), by=me.person)
    except ValidationError as error:
        return _page(http, peer, me, problems=problems_of(error))
    return see("peer:work", key, done="withdrawn")


def _keep(
    http: HttpRequest, peer: PeerActivity, me: Participant, *, done: str, without: WorkFile | None = None
) -> HttpResponse:
    """All that the one form of the page holds: whatever button was pressed, nothing that was written or chosen is lost."""
    try:
        taken = uploads.file_of(http)
    except RequestDataTooBig:
        return _page(
            http, peer, me, problems={"file": [_("This is more than one file. Choose one at a time.")]}
        )
    sent = _sent(http) if done == "saved" or "revision" in http.POST else None
    try:
        if done == "added" and taken is None:
            raise ValidationError({"file": _("Choose a file first.")})
        submission = submitting.begin(participant=me)
        if sent:
            submission = submitting.write(submission=submission, by=me, **sent)
        if without:
            submitting.drop_file(file=without, by=me)
        if taken:
            submission = submitting.add_file(
                submission=submission, by=me, content=taken[0], name=taken[1]
            ).submission
    except ValidationError as error:
        return _page(http, peer, me, sent=sent, problems=problems_of(error))
    except Conflict as conflict:
        return _page(http, peer, me, sent=sent, problems={"": [str(conflict)]}, status=409)
    if "hand_in" in http.POST:
        return _hand_in(http, peer, me, submission)
    return see("peer:work", str(peer.activity.key), done=done)


def _hand_in(http: HttpRequest, peer: PeerActivity, me: Participant, submission: Submission) -> HttpResponse:
    attests = "attests" in http.POST
    try:
        submitting.hand_in(submission=submission, by=me, attests=attests, revision=submission.revision)
    except ValidationError as error:
        return _page(http, peer, me, problems=problems_of(error), is_saved=True)
    except Conflict as conflict:
        return _page(http, peer, me, problems={"": [str(conflict)]}, status=409)
    return see("peer:work", str(peer.activity.key), done="handed_in")


def _own(me: Participant) -> Submission:
    return submitting.submission_of(me) or submitting.begin(participant=me)


def _files_of(peer: PeerActivity) -> Any:
    return WorkFile.objects.filter(submission__peer=peer).select_related("submission")


def _sent(http: HttpRequest) -> dict[str, Any]:
    number = http.POST.get("revision", "")
    return {
        "text": http.POST.get("text", ""),
        "link": http.POST.get("link", ""),
        "revision": int(number) if number.isascii() and number.isdigit() and len(number) < 10 else -1,
    }


def _page(
    http: HttpRequest,
    peer: PeerActivity,
    me: Participant,
    *,
    sent: dict[str, Any] | None = None,
    problems: dict[str, list[str]] | None = None,
    is_saved: bool = False,
    status: int = 400,
) -> HttpResponse:
    submission = submitting.submission_of(me)
    if submission:
        submission.peer = peer
    me.peer = peer
    is_open = phases.can_hand_in(peer, me) and (submission is None or not submission.is_handed_in)
    shown = submission or EMPTY
    context = {
        "activity": peer.activity,
        "peer": peer,
        "me": me,
        "submission": submission,
        "text": sent["text"] if sent else shown.text,
        "link": sent["link"] if sent else shown.link,
        "theirs": shown if sent and status == 409 else None,
        "revision": shown.revision,
        "files": [row for row in submission.files.all() if row.removed_at is None] if submission else [],
        "authors": names.authors_of(submission) if submission and submission.group_id else "",
        "hints": submitting.hints(submission) if submission else (),
        "is_open": is_open,
        "is_late": phases.is_late(peer, me),
        "until": me.submit_until or peer.submit_until,
        "can_take_back": bool(
            submission
            and submission.is_handed_in
            and phases.can_hand_in(peer, me)
            and not submission.reviews.of_peers().live().exists()
        ),
        "can_withdraw": bool(submission and submission.is_handed_in and phases.can_withdraw(peer)),
        "problems": problems or {},
        "problems_heading": _("Saved, but not handed in yet. Please look at this first:") if is_saved else "",
    }
    return render(http, "peer/work.html", context, status=status if problems else 200)
