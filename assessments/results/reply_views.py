"""Candidates' answers to their results, and what staff says to them; and which words candidates do not get to read."""

from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from assessments.activities.pages import problems_of, see
from assessments.marking.models import MarkSheet
from assessments.results import exam_views, moderating, replying
from assessments.results.finding import moderator, visitor
from assessments.results.models import Reply, Withheld
from lti_tool.port import launch_required


@require_POST
@launch_required
def reply(request: HttpRequest, key: UUID) -> HttpResponse:
    """The candidate's own: `kind` read, question or appeal, with `text`."""
    launch, activity = visitor(request, key)
    if not launch.is_learner:
        raise PermissionDenied(_("Candidates answer to their own results."))
    result = exam_views.own_result(launch, activity)
    if result is None:
        raise Http404
    if request.POST.get("kind") == Reply.Kind.READ:
        replying.acknowledge(result=result, by=launch.person)
        return see("results:exam_feedback", key, done="read")
    try:
        kind, text = request.POST.get("kind", ""), request.POST.get("text", "")
        replying.write(result=result, kind=kind, text=text, by=launch.person)
    except ValidationError as error:
        return exam_views.feedback_page(request, launch, activity, problems_of(error))
    return see("results:exam_feedback", key, done="written")


@require_http_methods(["GET", "HEAD", "POST"])
@launch_required
def replies(request: HttpRequest, key: UUID) -> HttpResponse:
    """What candidates asked and appealed against. POST answers `reply` with `answer`."""
    launch, activity, _standing = moderator(request, key)
    rows = Reply.objects.filter(result__activity=activity)
    problems: dict[str, list[str]] = {}
    if request.method == "POST":
        try:
            asked = get_object_or_404(rows.exclude(kind=Reply.Kind.READ), key=_key(request))
            replying.answer(reply=asked, text=request.POST.get("answer", ""), by=launch.person)
            return see("results:replies", key, done="answered")
        except ValidationError as error:
            problems = problems_of(error)
    written = rows.exclude(kind=Reply.Kind.READ).select_related("result__candidate", "answered_by")
    context = {
        "activity": activity,
        "rows": sorted(written, key=lambda row: (not row.is_open, row.at)),
        "read": rows.filter(kind=Reply.Kind.READ).values("result").distinct().count(),
        "problems": problems,
    }
    return render(request, "results/replies.html", context, status=400 if problems else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@launch_required
def words(request: HttpRequest, key: UUID) -> HttpResponse:
    """What raters wrote for candidates. POST withholds the words of a `sheet` with a `reason`, or with `show` shows them."""
    launch, activity, standing = moderator(request, key)
    sheets = {
        row.pk: row
        for row in MarkSheet.objects.filter(pk__in=[row.sheet for row in standing.scores.ratings])
        .prefetch_related("marks__criterion")
        .order_by("pk")
    }
    problems: dict[str, list[str]] = {}
    if request.method == "POST":
        asked = request.POST.get("sheet", "")
        sheet = sheets.get(int(asked)) if asked.isdecimal() and len(asked) < 19 else None
        if sheet is None:
            raise Http404
        try:
            if "show" in request.POST:
                moderating.show_words(activity=activity, sheet=sheet, by=launch.person)
            else:
                reason = request.POST.get("reason", "")
                moderating.withhold_words(activity=activity, sheet=sheet, reason=reason, by=launch.person)
            return see("results:words", key, done="kept")
        except ValidationError as error:
            problems = problems_of(error)
    withheld = {row.sheet_id: row for row in Withheld.objects.filter(sheet__in=sheets).select_related("by")}
    rows = [
        {
            "rating": rating,
            "candidate": standing.scores.candidates[rating.candidate],
            "part": standing.scores.parts[rating.part],
            "sheet": sheets[rating.sheet],
            "comments": comments,
            "withheld": withheld.get(rating.sheet),
        }
        for rating in standing.scores.ratings
        for comments in [_comments(sheets[rating.sheet])]
        if comments
    ]
    context = {"activity": activity, "rows": rows, "problems": problems}
    return render(request, "results/words.html", context, status=400 if problems else 200)


def _comments(sheet: MarkSheet) -> list[str]:
    """What its candidate would read."""
    shown = [row.comment for row in sheet.marks.all() if row.comment and row.criterion.is_shown_to_student]
    return [text for text in [sheet.overall_comment, *shown] if text]


def _key(request: HttpRequest) -> UUID:
    try:
        return UUID(request.POST.get("reply", ""))
    except ValueError:
        raise Http404 from None
