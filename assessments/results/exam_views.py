"""The results of an exam once they are signed: releasing them, taking them back, where each grade is, one's own feedback."""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from assessments.activities.models import Activity
from assessments.activities.pages import form_problems, posted, problems_of, see
from assessments.activities.printing import printed
from assessments.marking.conflict import Conflict
from assessments.results import moderation_views, releasing
from assessments.results.exam_overview import overview, verdicts
from assessments.results.feedback import report
from assessments.results.finding import moderator, visitor
from assessments.results.forms import ReasonForm, ReleaseForm
from assessments.results.models import Reply, Result
from assessments.results.permissions import can_moderate, can_read_feedback
from assessments.results.profile import profile
from lti_tool.port import Launch, launch_required

ON_A_PAGE = 200


@require_safe
@launch_required
def results(request: HttpRequest, key: UUID) -> HttpResponse:
    """Everybody's signed result, whether they see it, and how far its grade has got."""
    _launch, activity, _standing = moderator(request, key)
    return page(request, activity)


@require_http_methods(["GET", "HEAD", "POST"])
@launch_required
def release(request: HttpRequest, key: UUID) -> HttpResponse:
    """Shows who would get what; POST releases exactly what was shown, at once or `at` a time."""
    launch, activity, standing = moderator(request, key)
    form = ReleaseForm(posted(request), initial={"with_parts": standing.rulings.moderation.sends_parts})
    problems: dict[str, list[str]] = {}
    if request.method == "POST":
        problems = form_problems(form)
        if form.is_valid():
            try:
                if not standing.rulings.moderation.is_signed:
                    raise ValidationError(_("The decision is not signed, so nothing is released."))
                releasing.release(
                    activity=activity,
                    by=launch.person,
                    seen=request.POST.get("seen", ""),
                    at=form.cleaned_data["at"],
                    with_parts=form.cleaned_data["with_parts"],
                )
                return see("results:exam", key, done="scheduled" if form.cleaned_data["at"] else "released")
            except ValidationError as error:
                problems = problems_of(error)
            except Conflict as conflict:
                problems = {"": [str(conflict)]}
    unreleased = list(Result.objects.unreleased().filter(activity=activity).select_related("outcome"))
    context = {
        "activity": activity,
        "is_signed": standing.rulings.moderation.is_signed,
        "verdicts": verdicts(unreleased),
        "unreleased": len(unreleased),
        "without_grade": sum(row.total is None for row in unreleased),
        "seen": releasing.fingerprint(unreleased),
        "form": form,
        "problems": problems,
    }
    return render(request, "results/exam_release.html", context, status=409 if problems else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@launch_required
def take_back(request: HttpRequest, key: UUID) -> HttpResponse:
    """Asks why; POST takes every released result back, and its grade out of the gradebook."""
    launch, activity, _standing = moderator(request, key)
    problems: dict[str, list[str]] = {}
    if request.method == "POST":
        try:
            n = releasing.take_back(
                activity=activity, reason=request.POST.get("reason", ""), by=launch.person
            )
            return see("results:exam", key, done="taken_back", n=n)
        except ValidationError as error:
            problems = problems_of(error)
    rows = Result.objects.filter(activity=activity, released_at__isnull=False)
    context = {
        "activity": activity,
        "n": rows.count(),
        "form": ReasonForm(posted(request)),
        "problems": problems,
    }
    return render(request, "results/exam_back.html", context, status=409 if problems else 200)


@require_safe
@launch_required
def candidate(request: HttpRequest, key: UUID, person_key: UUID) -> HttpResponse:
    """Where the gradebook leads: teachers to the decision, candidates to their own feedback."""
    launch, _activity = visitor(request, key)
    if can_moderate(launch):
        return moderation_views.decision(request, key, person_key)
    if launch.is_learner and launch.person.key == person_key:
        return feedback(request, key)
    raise PermissionDenied(
        _("This is somebody else's result. Candidates see their own, once it is released.")
    )


@require_safe
@launch_required
def feedback(request: HttpRequest, key: UUID) -> HttpResponse:
    """One's own released result."""
    launch, activity = visitor(request, key)
    if not launch.is_learner:
        raise PermissionDenied(_("Feedback is shown to the candidates themselves."))
    return feedback_page(request, launch, activity)


@require_safe
@launch_required
def feedback_file(request: HttpRequest, key: UUID) -> HttpResponse:
    """The same to keep and print."""
    launch, activity = visitor(request, key)
    if not launch.is_learner:
        raise PermissionDenied(_("Feedback is shown to the candidates themselves."))
    result = own_result(launch, activity)
    if result is None:
        raise Http404
    told = _report_of(activity, result) | {"language": get_language()}
    headers = {"Content-Disposition": 'attachment; filename="result.pdf"'}
    return HttpResponse(
        printed("results/feedback_print.html", told), content_type="application/pdf", headers=headers
    )


def own_result(launch: Launch, activity: Activity) -> Result | None:
    """The visitor's own result, once they may read it."""
    rows = Result.objects.filter(activity=activity, candidate=launch.person)
    result = rows.select_related("outcome__proposal", "candidate", "activity__context").first()
    return result if result and can_read_feedback(launch, result) else None


def feedback_page(
    request: HttpRequest, launch: Launch, activity: Activity, problems: dict[str, list[str]] | None = None
) -> HttpResponse:
    result = own_result(launch, activity)
    context: dict[str, Any] = {"activity": activity, "result": None, "problems": problems or {}}
    if result:
        replies = result.replies.select_related("answered_by")
        written = [row for row in replies if row.kind != Reply.Kind.READ]
        is_read = any(row.kind == Reply.Kind.READ and row.outcome_id == result.outcome_id for row in replies)
        context |= _report_of(activity, result) | {"written": written, "is_read": is_read}
    return render(request, "results/exam_feedback.html", context, status=400 if problems else 200)


def _report_of(activity: Activity, result: Result) -> dict[str, Any]:
    assert result.outcome
    return {
        "activity": activity,
        "result": result,
        "trace": result.outcome.trace,
        "report": report(result),
        "profile": profile(result.candidate, activity.context),
    }


def page(request: HttpRequest, activity: Activity, *, problem: str = "", status: int = 200) -> HttpResponse:
    found = overview(activity)
    context = {
        "activity": activity,
        "overview": found,
        "rows": Paginator(found.rows, ON_A_PAGE).get_page(request.GET.get("page")),
        "can_release": True,
        "problem": problem,
    }
    return render(request, "results/exam.html", context, status=status)
