"""What those who teach read and decide about reviews and work. Concerns about conduct are for the round's lead alone."""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments.activities.pages import SEE_OTHER, problems_of, see
from assessments.peer import finding, moderating, moderation_pages, moderation_queue, reviewing
from assessments.peer.models import ConductConcern, PeerActivity, Report, Review, Submission, WorkFile
from assessments.peer.permissions import can_decide, is_lead
from lti_tool.port import Launch, launch_required

Problems = dict[str, list[str]]


@require_safe
@launch_required
def queue(http: HttpRequest, key: UUID) -> HttpResponse:
    """The reviews that are handed in, those to read first on top."""
    launch, peer = finding.staff(http, key)
    filters = moderation_queue.filters(peer)
    name = http.GET.get("show", "")
    name = name if name in filters else next(iter(filters))
    about_work = peer.reports.filter(submission__isnull=False, settled_at=None)
    context = {
        "activity": peer.activity,
        "peer": peer,
        "filters": filters,
        "chosen": name,
        "rows": moderation_queue.page_of(peer, name, launch.person, http.GET.get("page")),
        "work_reports": list(about_work.order_by("at")),
        "is_lead": is_lead(launch, peer),
        "open_concerns": peer.concerns.filter(settled_at=None).count() if is_lead(launch, peer) else 0,
    }
    return render(http, "peer/queue.html", context)


@require_POST
@launch_required
def approval(http: HttpRequest, key: UUID) -> HttpResponse:
    """Approves every review that was ticked."""
    launch, peer = finding.staff(http, key)
    ticked = [found for text in http.POST.getlist("review") if (found := _uuid(text))]
    n = moderating.approve(reviews=peer.reviews.filter(key__in=ticked), by=launch.person)
    show = http.POST.get("show", "")
    return see("peer:queue", key, show=show, done="approved", n=n)


@require_safe
@launch_required
def review(http: HttpRequest, key: UUID, review_key: UUID) -> HttpResponse:
    launch, peer, found = _review(http, key, review_key)
    return _review_page(http, launch, peer, found)


DECISIONS = ("approve", "withhold", "show", "leave_out", "count")
OF_TEACHERS = ("leave_out", "count")


@require_POST
@launch_required
def decision(http: HttpRequest, key: UUID, review_key: UUID) -> HttpResponse:
    """`what` is decided. What changes a grade is for the course's teachers."""
    launch, peer, found = _review(http, key, review_key)
    what, reason = http.POST.get("what", ""), http.POST.get("reason", "")
    if what in OF_TEACHERS and not can_decide(launch):
        raise PermissionDenied(_("What counts for a grade is decided by the course's teachers."))
    try:
        if what not in DECISIONS:
            raise ValidationError(_("Choose what is done. Nothing was changed."))
        _check_done(found)
        if what == "approve":
            moderating.approve(reviews=[found], by=launch.person)
        elif what in OF_TEACHERS:
            moderating.leave_out(
                review=found, reason=reason, by=launch.person, is_excluded=what == "leave_out"
            )
        else:
            moderating.withhold(review=found, reason=reason, by=launch.person, is_hidden=what == "withhold")
    except ValidationError as error:
        return _review_page(http, launch, peer, found, problems_of(error))
    return see("peer:staff_review", key, review_key, done=what)


@require_POST
@launch_required
def unmasking(http: HttpRequest, key: UUID, review_key: UUID) -> HttpResponse:
    """Shows this person the names of one review, for good; who read them and why is kept."""
    launch, peer, found = _review(http, key, review_key)
    if not can_decide(launch):
        raise PermissionDenied(_("Names are unmasked by the course's teachers."))
    try:
        moderating.unmask(review=found, reason=http.POST.get("reason", ""), by=launch.person)
    except ValidationError as error:
        return _review_page(http, launch, peer, found, problems_of(error))
    return see("peer:staff_review", key, review_key, done="unmasked")


@require_POST
@launch_required
def quality(http: HttpRequest, key: UUID, review_key: UUID) -> HttpResponse:
    """How well its words are written, by QuAL."""
    launch, peer, found = _review(http, key, review_key)
    evidence = http.POST.get("evidence", "")
    try:
        if evidence not in ("0", "1", "2", "3"):
            raise ValidationError({"evidence": _("Choose one of the four.")})
        _check_done(found)
        ticked = {name: http.POST.get(name) == "yes" for name in ("suggestion", "connection")}
        moderating.sample(review=found, evidence=int(evidence), by=launch.person, **ticked)
    except ValidationError as error:
        return _review_page(http, launch, peer, found, problems_of(error))
    return see("peer:staff_review", key, review_key, done="sampled")


@require_http_methods(["GET", "HEAD", "POST"])
@launch_required
def report(http: HttpRequest, key: UUID, report_key: UUID) -> HttpResponse:
    """Somebody's report of a review or a work; POST settles it, and leads to what it is about."""
    launch, peer = finding.staff(http, key)
    rows = peer.reports.select_related("peer", "by__person", "review", "submission", "settled_by")
    found: Report = get_object_or_404(rows, key=report_key)
    problems: Problems = {}
    if http.method == "POST":
        outcome, reason = http.POST.get("outcome", ""), http.POST.get("reason", "")
        try:
            moderating.settle(report=found, outcome=outcome, reason=reason, by=launch.person)
            if found.review:
                return see("peer:staff_review", key, found.review.key, done="settled")
            assert found.submission
            return see("peer:staff_work", key, found.submission.key, done="settled")
        except ValidationError as error:
            problems = problems_of(error)
    context = moderation_pages.of_report(peer, found) | {"problems": problems, "sent": http.POST}
    return render(http, "peer/report.html", context, status=400 if problems else 200)


@require_safe
@launch_required
def work(http: HttpRequest, key: UUID, submission_key: UUID) -> HttpResponse:
    launch, peer, found = _work(http, key, submission_key)
    return _work_page(http, launch, peer, found)


@require_POST
@launch_required
def file_removal(http: HttpRequest, key: UUID, submission_key: UUID, file_key: UUID) -> HttpResponse:
    """Nobody can open the file from now on, and its content is gone."""
    launch, _peer, found = _work(http, key, submission_key)
    file = get_object_or_404(WorkFile.objects.filter(submission=found), key=file_key)
    moderating.remove_file(file=file, by=launch.person)
    return see("peer:staff_work", key, submission_key, done="removed")


@require_POST
@launch_required
def own_review(http: HttpRequest, key: UUID, submission_key: UUID) -> HttpResponse:
    """Opens the form for one who teaches, beginning their own review unless it is begun."""
    launch, peer, found = _work(http, key, submission_key)
    try:
        if not found.is_handed_in:
            raise ValidationError(_("This work was withdrawn, so there is nothing to review."))
        if moderation_pages.is_author(launch, found):
            raise ValidationError(_("This is your own work, so somebody else reviews it."))
        made = reviewing.begin_as_teacher(submission=found, by=launch.person)
    except ValidationError as error:
        return _work_page(http, launch, peer, found, problems_of(error))
    assert made.sheet
    return HttpResponse(status=SEE_OTHER, headers={"Location": made.sheet.get_absolute_url()})


@require_safe
@launch_required
def concerns(http: HttpRequest, key: UUID) -> HttpResponse:
    _launch, peer = _lead(http, key)
    rows = peer.concerns.order_by("-pk")
    return render(http, "peer/concerns.html", {"activity": peer.activity, "peer": peer, "rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@launch_required
def concern(http: HttpRequest, key: UUID, concern_key: UUID) -> HttpResponse:
    """POST keeps what followed from it."""
    launch, peer = _lead(http, key)
    rows = peer.concerns.select_related("peer", "by__person", "review", "submission")
    found: ConductConcern = get_object_or_404(rows, key=concern_key)
    problems: Problems = {}
    if http.method == "POST":
        try:
            moderating.settle_concern(concern=found, reason=http.POST.get("reason", ""), by=launch.person)
            return see("peer:concern", key, concern_key, done="settled")
        except ValidationError as error:
            problems = problems_of(error)
    context = moderation_pages.of_concern(launch, peer, found) | {"problems": problems, "sent": http.POST}
    return render(http, "peer/concern.html", context, status=400 if problems else 200)


def _lead(http: HttpRequest, key: UUID) -> tuple[Launch, PeerActivity]:
    launch, peer = finding.visitor(http, key)
    if not is_lead(launch, peer):
        raise PermissionDenied(
            _("Concerns about conduct are read by the one person named for it in this round.")
        )
    return launch, peer


def _review(http: HttpRequest, key: UUID, review_key: UUID) -> tuple[Launch, PeerActivity, Review]:
    launch, peer = finding.staff(http, key)
    rows = peer.reviews.whole().select_related("staff", "submission__group", "approved_by", "sample__by")
    found = get_object_or_404(rows.prefetch_related("submission__authors__person"), key=review_key)
    found.peer, found.submission.peer = peer, peer
    return launch, peer, found


def _work(http: HttpRequest, key: UUID, submission_key: UUID) -> tuple[Launch, PeerActivity, Submission]:
    """What is still written is its authors' own."""
    launch, peer = finding.staff(http, key)
    rows = peer.submissions.exclude(state=Submission.State.DRAFT).select_related("group")
    found = get_object_or_404(rows.prefetch_related("authors__person", "files"), key=submission_key)
    found.peer = peer
    return launch, peer, found


def _check_done(review: Review) -> None:
    if review.state != Review.State.DONE:
        raise ValidationError(
            _("This review is not handed in, so there is nothing to decide. Nothing was changed.")
        )


def _review_page(
    http: HttpRequest, launch: Launch, peer: PeerActivity, found: Review, problems: Problems | None = None
) -> HttpResponse:
    context = moderation_pages.of_review(launch, peer, found) | _answer(http, problems)
    return render(http, "peer/staff_review.html", context, status=400 if problems else 200)


def _work_page(
    http: HttpRequest, launch: Launch, peer: PeerActivity, found: Submission, problems: Problems | None = None
) -> HttpResponse:
    context = moderation_pages.of_work(launch, peer, found) | _answer(http, problems)
    return render(http, "peer/staff_work.html", context, status=400 if problems else 200)


def _answer(http: HttpRequest, problems: Problems | None) -> dict[str, Any]:
    return {"problems": problems or {}, "sent": http.POST}


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
