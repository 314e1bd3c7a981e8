"""Typing a paper sheet in, twice, and deciding where the two differ."""

from operator import itemgetter
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assessments.marking import paper
from assessments.marking.conflict import Conflict
from assessments.marking.marking import Answer
from assessments.marking.models import MarkSheet
from assessments.marking.permissions import can_type_in
from assessments.marking.surroundings import around
from assessments.rubrics.outline import by_kind, outline
from lti_tool.port import current_launch, launch_required

ENTRIES = 2


@require_http_methods(["GET", "HEAD", "POST"])
@launch_required
def paper_entry(request: HttpRequest, key: UUID) -> HttpResponse:
    """The form of the first or second entry, or where the two differ. POST keeps an entry, takes over, or discards."""
    launch = current_launch(request)
    assert launch
    sheet = get_object_or_404(MarkSheet.objects.visible_to(launch).whole(), key=key)
    if not can_type_in(launch, sheet):
        raise PermissionDenied(_("Paper sheets are typed in by the course's teachers."))
    if sheet.is_submitted or sheet.is_closed:
        return _see(sheet)
    context: dict[str, Any] = {"sheet": sheet, "around": around(sheet, launch)}
    if request.method != "POST":
        return _page(request, sheet, context)
    try:
        if request.POST.get("do") == "discard":
            paper.discard(sheet=sheet, by=launch.person)
        elif request.POST.get("do") == "take_over":
            paper.take_over(sheet=sheet, chosen=_chosen(request), by=launch.person)
            return _see(sheet)
        else:
            number = 1 if request.POST.get("number") == "1" else ENTRIES
            paper.enter(sheet=sheet, answers=paper.read(request.POST, sheet), number=number, by=launch.person)
    except ValidationError as error:
        problems = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        return _page(request, sheet, context | {"problems": problems}, status=400)
    except Conflict as conflict:
        return _page(request, sheet, context | {"problems": {"": [str(conflict)]}}, status=409)
    return HttpResponse(status=303, headers={"Location": request.path})


def _page(request: HttpRequest, sheet: MarkSheet, context: dict[str, Any], status: int = 200) -> HttpResponse:
    there = paper.entries(sheet)
    context["entries"] = there
    if len(there) == ENTRIES:
        context["differences"] = paper.differences(sheet)
        return render(request, "marking/paper_differences.html", context, status=status)
    problems = context.get("problems", {})
    fields = [_field(request, criterion, problems) for criterion in sheet.rubric.criteria.all()]
    context |= {
        "number": len(there) + 1,
        "outline": outline(fields, itemgetter("criterion")),
        "statements": by_kind(sheet.rubric.statements.all()),
        "sent": request.POST,
        "chosen_statements": request.POST.getlist("statement"),
    }
    return render(request, "marking/paper_entry.html", context, status=status)


def _field(request: HttpRequest, criterion: Any, problems: dict[str, list[str]]) -> dict[str, Any]:
    chosen = request.POST.get(f"level_{criterion.pk}", "")
    return {
        "criterion": criterion,
        "chosen": int(chosen) if chosen.isdecimal() and len(chosen) < 19 else chosen or None,
        "answer": Answer(None, request.POST.get(f"comment_{criterion.pk}", "")),
        "level_problems": problems.get(f"level_{criterion.pk}", []),
        "comment_problems": problems.get(f"comment_{criterion.pk}", []),
    }


def _chosen(request: HttpRequest) -> dict[str, int]:
    """By field, which entry is right: the form has one group of radios for each, called after it."""
    sent = {name: value for name, value in request.POST.items() if name.startswith("field_")}
    return {name.removeprefix("field_"): int(value) for name, value in sent.items() if value in ("1", "2")}


def _see(sheet: MarkSheet) -> HttpResponse:
    return HttpResponse(status=303, headers={"Location": sheet.get_absolute_url()})
