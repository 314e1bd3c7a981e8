from operator import itemgetter
from pathlib import Path
from typing import Any
from uuid import UUID

from django.contrib.staticfiles import finders
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import conditional_page, require_http_methods, require_safe

from assessments.marking import marking
from assessments.marking.conflict import Conflict
from assessments.marking.forms import read_answers, read_revision, sent_for
from assessments.marking.history import changes, from_paper, late_taps
from assessments.marking.marking import Answer
from assessments.marking.models import Mark, MarkSheet
from assessments.marking.permissions import can_amend, can_see, why_not_seen
from assessments.marking.surroundings import around
from assessments.rubrics.models import Criterion
from assessments.rubrics.outline import by_kind, outline
from lti_tool.port import Launch, current_launch, launch_required


@require_safe
@conditional_page  # devices that keep the page ask whether it has changed
@launch_required
def sheet(request: HttpRequest, key: UUID) -> HttpResponse:
    """The sheet to fill, or to read once it is submitted. What is tapped on it goes to the API."""
    launch, found = _find(request, key)
    marks = {mark.criterion_id: mark for mark in found.marks.all()}
    fields = [(criterion, marks.get(criterion.pk)) for criterion in found.rubric.criteria.all()]
    context: dict[str, Any] = {
        "sheet": found,
        "fields": fields,
        "late_taps": late_taps(found),
        "from_paper": from_paper(found),
        "around": around(found, launch),
        "can_amend": can_amend(launch, found),
    }
    if context["can_amend"]:
        context["reassignments"] = found.reassignments.select_related("by", "before", "after")
    if found.is_open:
        context |= {
            "outline": outline(fields, itemgetter(0)),
            "statements": by_kind(found.rubric.statements.all()),
        }
        return render(request, "marking/sheet.html", context)
    amendments = found.amendments.select_related("by")
    context |= {
        "outline": outline(fields, itemgetter(0)),
        "given": by_kind(found.statements.all()),
        "amendments": [(row, changes(row, found)) for row in amendments],
    }
    return render(request, "marking/submitted.html", context)


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The script that opens sheets without the network. It has to come from the folder that it serves."""
    found = finders.find("bellringer/sheet-worker.js")
    assert found
    return HttpResponse(Path(found).read_bytes(), content_type="text/javascript")


@require_safe
@launch_required
def start(request: HttpRequest) -> HttpResponse:
    """Where the installed app begins. Without a visit the shell says how to get in."""
    return render(request, "marking/start.html")


@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """What makes a tablet offer to install the sheets as an app of their own; the same for everybody."""
    icons = [
        {
            "src": static(f"bellringer/icon-{size}.png"),
            "sizes": f"{size}x{size}",
            "type": "image/png",
            "purpose": purpose,
        }
        for size in (192, 512)
        for purpose in ("any", "maskable")
    ]
    told = {
        "name": "Bellringer",
        "short_name": "Bellringer",
        "description": _("Mark sheets that work without the network"),
        "id": reverse("marking:start"),
        "start_url": reverse("marking:start"),
        "scope": "/",  # “My stations” belongs to it too
        "display": "standalone",
        "background_color": "#ffffff",
        "theme_color": "#0e68b3",
        "icons": icons,
    }
    return JsonResponse(told, content_type="application/manifest+json")


@require_http_methods(["GET", "HEAD", "POST"])
@launch_required
def amendment(request: HttpRequest, key: UUID) -> HttpResponse:
    """Changes a submitted sheet, with a reason; what it said before stays readable."""
    launch, found = _find(request, key)
    if not can_amend(launch, found):
        raise PermissionDenied(_("Sheets are amended by the course's teachers, once they are submitted."))
    if not found.is_submitted:
        return HttpResponse(status=303, headers={"Location": found.get_absolute_url()})
    if request.method != "POST":
        return _amendment_form(request, found)
    answers = read_answers(request.POST, found)
    sent = {name: request.POST.get(name, "") for name in ("reason", "overall_comment")}
    try:
        marking.amend(
            sheet=found, by=launch.person, marks=answers, revision=read_revision(request.POST), **sent
        )
    except ValidationError as error:
        return _amendment_form(request, found, answers, sent, problems=_problems(error), status=400)
    except Conflict as conflict:
        current = _find(request, key)[1]
        return _amendment_form(request, current, answers, sent, conflict=str(conflict), status=409)
    return HttpResponse(status=303, headers={"Location": f"{found.get_absolute_url()}?done=amended"})


def _find(request: HttpRequest, key: UUID) -> tuple[Launch, MarkSheet]:
    launch = current_launch(request)
    assert launch
    found = get_object_or_404(MarkSheet.objects.visible_to(launch).whole(), key=key)
    if not can_see(launch, found):
        raise PermissionDenied(why_not_seen(launch, found))
    return launch, found


def _amendment_form(
    request: HttpRequest,
    sheet: MarkSheet,
    answers: dict[Criterion, Answer] | None = None,
    sent: dict[str, str] | None = None,
    *,
    problems: dict[str, list[str]] | None = None,
    conflict: str = "",
    status: int = 200,
) -> HttpResponse:
    problems = problems or {}
    now = {mark.criterion_id: mark for mark in sheet.marks.all()}
    current = {pk: Answer(mark.level, mark.comment, mark.is_not_applicable) for pk, mark in now.items()}
    by_id = {criterion.pk: answer for criterion, answer in answers.items()} if answers else current
    fields = [
        {
            "criterion": criterion,
            "answer": by_id.get(criterion.pk),
            "chosen": sent_for(by_id.get(criterion.pk)),
            "said_now": _said(now.get(criterion.pk)),
            "level_problems": problems.get(f"level_{criterion.pk}", []),
            "comment_problems": problems.get(f"comment_{criterion.pk}", []),
        }
        for criterion in sheet.rubric.criteria.all()
    ]
    context = {
        "sheet": sheet,
        "outline": outline(fields, itemgetter("criterion")),
        "sent": sent or {"reason": "", "overall_comment": sheet.overall_comment},
        "problems": problems,
        "conflict": conflict,
    }
    return render(request, "marking/amendment.html", context, status=status)


def _said(mark: Mark | None) -> str:
    if mark is not None and mark.is_not_applicable:
        return _("Not applicable")
    return mark.level.title if mark is not None and mark.level else "–"


def _problems(error: ValidationError) -> dict[str, list[str]]:
    return error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
