from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments.rubrics import drafting, library, lint, publishing
from assessments.rubrics.forms import FIRST_ROWS, read_criterion
from assessments.rubrics.models import Criterion, Rubric
from assessments.rubrics.permissions import can_edit_rubrics, can_see_rubrics
from assessments.rubrics.wording import CriterionWording, LevelWording, RubricWording
from lti_tool.port import Launch, current_launch, launch_required

SEE_OTHER = 303


@require_http_methods(["GET", "HEAD", "POST"])
@launch_required
def rubrics(request: HttpRequest) -> HttpResponse:
    """The course's rubrics, and the beginnings of new ones. POST starts one."""
    if request.method == "POST":
        return _start(request, _editor(request))
    launch = _reader(request)
    listed = Rubric.objects.visible_to(launch).newest().whole()
    context = {"rubrics": listed, "templates": library.templates(), "can_edit": can_edit_rubrics(launch)}
    return render(request, "rubrics/rubrics.html", context)


def _start(request: HttpRequest, launch: Launch) -> HttpResponse:
    template = library.find(request.POST.get("template", ""))
    wording = template.wording if template else RubricWording(_("New rubric"))
    return _see(drafting.start(context=launch.context, by=launch.person, wording=wording))


@require_http_methods(["GET", "HEAD", "POST"])
@launch_required
def rubric(request: HttpRequest, key: UUID) -> HttpResponse:
    """The builder of a draft, the text of a published rubric. POST writes the draft's title and description."""
    if request.method == "POST":
        launch, row = _editor(request), _find(request, key)
        sent = {name: request.POST.get(name, "") for name in ("title", "description")}
        try:
            drafting.describe(rubric=row, by=launch.person, **sent)
        except ValidationError as error:
            return _builder(request, row, sent=sent, problems=_problems(error))
        return _see(row, "saved")
    launch, row = _reader(request), _find(request, key)
    if row.is_draft and can_edit_rubrics(launch):
        return _builder(request, row)
    return render(request, "rubrics/rubric.html", {"rubric": row, "can_edit": can_edit_rubrics(launch)})


@require_safe
@launch_required
def preview(request: HttpRequest, key: UUID) -> HttpResponse:
    """The rubric as an examiner will meet it; nothing that is chosen here is kept."""
    _reader(request)
    return render(request, "rubrics/preview.html", {"rubric": _find(request, key)})


@require_http_methods(["GET", "HEAD", "POST"])
@launch_required
def criteria(request: HttpRequest, key: UUID) -> HttpResponse:
    """The form for a new criterion. POST adds it, at the end or where it was before it was removed."""
    launch, row = _editor(request), _draft(request, key)
    if request.method != "POST":
        return _criterion_form(request, row, CriterionWording(""))
    wording = read_criterion(request.POST)
    position = request.POST.get("position", "")
    try:
        added = drafting.write_criterion(
            rubric=row,
            by=launch.person,
            wording=wording,
            position=int(position) if position.isdecimal() and len(position) < 4 else None,
        )
    except ValidationError as error:
        return _criterion_form(request, row, wording, problems=_problems(error))
    return _see(row, "added", f"criterion-{added.pk}")


@require_http_methods(["GET", "HEAD", "POST"])
@launch_required
def criterion(request: HttpRequest, key: UUID, criterion_id: int) -> HttpResponse:
    launch, row = _editor(request), _draft(request, key)
    edited = get_object_or_404(row.criteria.prefetch_related("levels"), pk=criterion_id)
    if request.method != "POST":
        return _criterion_form(request, row, edited.wording(), edited)
    wording = read_criterion(request.POST)
    try:
        drafting.write_criterion(rubric=row, by=launch.person, wording=wording, criterion=edited)
    except ValidationError as error:
        return _criterion_form(request, row, wording, edited, _problems(error))
    return _see(row, "saved", f"criterion-{edited.pk}")


@require_POST
@launch_required
def place(request: HttpRequest, key: UUID, criterion_id: int) -> HttpResponse:
    launch, row = _editor(request), _draft(request, key)
    moved = get_object_or_404(row.criteria, pk=criterion_id)
    steps = -1 if request.POST.get("direction") == "up" else 1
    drafting.move_criterion(criterion=moved, by=launch.person, steps=steps)
    return _builder(request, _find(request, key), moved=moved)


@require_POST
@launch_required
def removal(request: HttpRequest, key: UUID, criterion_id: int) -> HttpResponse:
    """Takes a criterion out; the answer carries all that is needed to put it back where it was."""
    launch, row = _editor(request), _draft(request, key)
    removed = get_object_or_404(row.criteria.prefetch_related("levels"), pk=criterion_id)
    undo = {"wording": removed.wording(), "position": list(row.criteria.all()).index(removed)}
    drafting.remove_criterion(criterion=removed, by=launch.person)
    return _builder(request, _find(request, key), undo=undo)


@require_POST
@launch_required
def hints(request: HttpRequest, key: UUID) -> HttpResponse:
    """Advice on the criterion as it stands in the form; saves nothing."""
    _editor(request)
    _draft(request, key)
    advice = lint.advise_criterion(read_criterion(request.POST))
    return render(request, "rubrics/_hints.html", {"hints": advice})


@require_POST
@launch_required
def publication(request: HttpRequest, key: UUID) -> HttpResponse:
    launch, row = _editor(request), _find(request, key)
    try:
        publishing.publish(rubric=row, by=launch.person)
    except ValidationError as error:
        if not row.is_draft:
            return _see(row)
        return _builder(request, row, obstacles=error.messages)
    return _see(row, "published")


@require_POST
@launch_required
def next_version(request: HttpRequest, key: UUID) -> HttpResponse:
    launch, row = _editor(request), _find(request, key)
    return _see(row if row.is_draft else drafting.revise(rubric=row, by=launch.person))


@require_POST
@launch_required
def discard(request: HttpRequest, key: UUID) -> HttpResponse:
    launch, row = _editor(request), _draft(request, key)
    drafting.discard(rubric=row, by=launch.person)
    return HttpResponse(
        status=SEE_OTHER, headers={"Location": reverse("rubrics:rubrics") + "?done=discarded"}
    )


def _reader(request: HttpRequest) -> Launch:
    launch = current_launch(request)
    assert launch
    if not can_see_rubrics(launch):
        raise PermissionDenied(_("Rubrics are for those who teach or build the course."))
    return launch


def _editor(request: HttpRequest) -> Launch:
    launch = current_launch(request)
    assert launch
    if not can_edit_rubrics(launch):
        raise PermissionDenied(_("Rubrics are written by the course's teachers and designers."))
    return launch


def _find(request: HttpRequest, key: UUID) -> Rubric:
    launch = current_launch(request)
    assert launch
    return get_object_or_404(Rubric.objects.visible_to(launch).whole(), key=key)


def _draft(request: HttpRequest, key: UUID) -> Rubric:
    row = _find(request, key)
    if not row.is_draft:
        raise PermissionDenied(_("This rubric is published and does not change any more."))
    return row


def _see(rubric: Rubric, done: str = "", anchor: str = "") -> HttpResponse:
    url = rubric.get_absolute_url() + (f"?done={done}" if done else "") + (f"#{anchor}" if anchor else "")
    return HttpResponse(status=SEE_OTHER, headers={"Location": url})


def _builder(
    request: HttpRequest,
    rubric: Rubric,
    *,
    sent: dict[str, str] | None = None,
    problems: dict[str, list[str]] | None = None,
    obstacles: list[str] | None = None,
    undo: dict[str, Any] | None = None,
    moved: Criterion | None = None,
) -> HttpResponse:
    rows = list(rubric.criteria.all())
    advice = lint.advise(rubric.wording().criteria)
    context = {
        "rubric": rubric,
        "sent": sent or {"title": rubric.title, "description": rubric.description},
        "problems": problems or {},
        "criteria": [
            (row, [hint.sentence for hint in advice if hint.place == place]) for place, row in enumerate(rows)
        ],
        "hints": [hint.sentence for hint in advice if hint.place is None],
        "obstacles": obstacles or [],
        "undo": undo,
        "moved": moved,
        "moved_place": rows.index(moved) + 1 if moved in rows else None,
    }
    response = render(request, "rubrics/builder.html", context, status=400 if problems or obstacles else 200)
    response.headers["HX-Push-Url"] = rubric.get_absolute_url()
    return response


def _criterion_form(
    request: HttpRequest,
    rubric: Rubric,
    wording: CriterionWording,
    criterion: Criterion | None = None,
    problems: dict[str, list[str]] | None = None,
) -> HttpResponse:
    problems = problems or {}
    blank = [LevelWording("", "")] * max(0, FIRST_ROWS - len(wording.levels))
    context = {
        "rubric": rubric,
        "criterion": criterion,
        "wording": wording,
        "problems": problems,
        "levels": [
            _level_row(place, level, problems) for place, level in enumerate([*wording.levels, *blank])
        ],
        "hints": lint.advise_criterion(wording) if criterion or problems else [],
    }
    return render(request, "rubrics/criterion.html", context, status=400 if problems else 200)


def _level_row(place: int, level: LevelWording, problems: dict[str, list[str]]) -> dict[str, Any]:
    found = {name: problems.get(f"level_{place}_{name}", []) for name in ("title", "points", "description")}
    return {"place": place, "wording": level, "problems": found}


def _problems(error: ValidationError) -> dict[str, list[str]]:
    return error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
