from collections.abc import Sequence
from operator import itemgetter
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments.rubrics import drafting, kinds, library, lint, publishing
from assessments.rubrics.forms import (
    FIRST_ROWS,
    FIRST_STATEMENTS,
    MORE,
    as_sent,
    has_more,
    read_criterion,
    read_statements,
)
from assessments.rubrics.models import Criterion, Rubric
from assessments.rubrics.outline import by_kind, outline
from assessments.rubrics.permissions import can_edit_rubrics, can_see_rubrics
from assessments.rubrics.wording import (
    CriterionWording,
    LevelWording,
    RubricWording,
    StatementKind,
    StatementWording,
)
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
    context = {
        "rubric": row,
        "outline": outline([(criterion, None) for criterion in row.criteria.all()], itemgetter(0)),
        "statements": by_kind(row.wording().statements),
        "can_edit": can_edit_rubrics(launch),
    }
    return render(request, "rubrics/rubric.html", context)


@require_safe
@launch_required
def preview(request: HttpRequest, key: UUID) -> HttpResponse:
    """The rubric as an examiner will meet it; nothing that is chosen here is kept."""
    _reader(request)
    row = _find(request, key)
    wording = row.wording()
    context = {
        "rubric": row,
        "outline": outline(enumerate(wording.criteria), itemgetter(1)),
        "statements": by_kind(wording.statements),
    }
    return render(request, "rubrics/preview.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@launch_required
def criteria(request: HttpRequest, key: UUID) -> HttpResponse:
    """The form for a new criterion, with the levels of `start` if asked for.

    POST adds it, at the end or where it was before it was removed.
    """
    launch, row = _editor(request), _draft(request, key)
    if request.method != "POST":
        return _criterion_form(request, row, beginning=kinds.find(request.GET.get("start", "")))
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
    position = list(row.criteria.all()).index(removed)
    undo = {"title": removed.title, "fields": [("position", position), *as_sent(removed.wording())]}
    drafting.remove_criterion(criterion=removed, by=launch.person)
    return _builder(request, _find(request, key), undo=undo)


@require_POST
@launch_required
def hints(request: HttpRequest, key: UUID) -> HttpResponse:
    """Advice on the criterion as it stands in the form, and how an examiner would meet it; saves nothing."""
    _editor(request)
    _draft(request, key)
    wording = read_criterion(request.POST)
    context = {"hints": lint.advise_criterion(wording), "wording": wording}
    return render(request, "rubrics/_advice.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@launch_required
def statements(request: HttpRequest, key: UUID) -> HttpResponse:
    """The feedback that examiners give with one tap. POST sets all of it."""
    launch, row = _editor(request), _draft(request, key)
    if request.method != "POST":
        return _statements_form(request, row, row.wording().statements)
    sent = read_statements(request.POST)
    try:
        drafting.write_statements(rubric=row, by=launch.person, statements=sent)
    except ValidationError as error:
        return _statements_form(request, row, sent, _problems(error))
    return _see(row, "saved", "statements")


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
def duplicate(request: HttpRequest, key: UUID) -> HttpResponse:
    """Starts a rubric of its own with the text of this one."""
    launch, row = _editor(request), _find(request, key)
    return _see(drafting.duplicate(rubric=row, by=launch.person), "duplicated")


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
    movable = [row for row in rows if not row.is_global_rating]
    advice = lint.advise(rubric.wording().criteria)
    cards = [
        {
            "criterion": row,
            "hints": [hint.sentence for hint in advice if hint.place == place],
            "is_first": row in movable[:1],
            "is_last": row in movable[-1:],
        }
        for place, row in enumerate(rows)
    ]
    context = {
        "rubric": rubric,
        "sent": sent or {"title": rubric.title, "description": rubric.description},
        "problems": problems or {},
        "criteria": rows,
        "outline": outline(cards, itemgetter("criterion")),
        "statements": by_kind(rubric.wording().statements),
        "hints": [hint.sentence for hint in advice if hint.place is None],
        "obstacles": obstacles or [],
        "undo": undo,
        "moved": moved,
        "moved_place": movable.index(moved) + 1 if moved in movable else None,
        "movable_count": len(movable),
    }
    response = render(request, "rubrics/builder.html", context, status=400 if problems or obstacles else 200)
    response.headers["HX-Push-Url"] = rubric.get_absolute_url()
    return response


def _criterion_form(
    request: HttpRequest,
    rubric: Rubric,
    wording: CriterionWording | None = None,
    criterion: Criterion | None = None,
    problems: dict[str, list[str]] | None = None,
    *,
    beginning: kinds.Beginning | None = None,
) -> HttpResponse:
    problems = problems or {}
    if wording is None:
        wording = _begun(beginning)
    rows = 0 if beginning else FIRST_ROWS
    blank = [LevelWording("", "")] * max(0, rows - len(wording.levels))
    context = {
        "rubric": rubric,
        "criterion": criterion,
        "wording": wording,
        "problems": problems,
        "kinds": kinds.explained(),
        "beginnings": () if criterion else kinds.beginnings(),
        "beginning": beginning,
        "has_more": has_more(wording) or not problems.keys().isdisjoint(MORE),
        "suggestions": _suggestions(rubric),
        "levels": [
            _level_row(place, level, problems) for place, level in enumerate([*wording.levels, *blank])
        ],
        "hints": lint.advise_criterion(wording) if criterion or problems else [],
    }
    return render(request, "rubrics/criterion.html", context, status=400 if problems else 200)


def _begun(beginning: kinds.Beginning | None) -> CriterionWording:
    if beginning is None:
        return CriterionWording("")
    return CriterionWording("", beginning.levels, kind=beginning.kind)


def _suggestions(rubric: Rubric) -> dict[str, list[str]]:
    """What the rubric's other criteria say already, so that it is spelt alike."""
    rows = list(rubric.criteria.all())
    return {
        name: sorted({getattr(row, name) for row in rows} - {""})
        for name in ("section", "domain", "competency")
    }


def _statements_form(
    request: HttpRequest,
    rubric: Rubric,
    statements: Sequence[StatementWording],
    problems: dict[str, list[str]] | None = None,
) -> HttpResponse:
    problems = problems or {}
    groups = [
        {"kind": kind.value, "rows": _statement_rows(kind, statements, problems)} for kind in StatementKind
    ]
    context = {"rubric": rubric, "groups": groups, "problems": problems}
    return render(request, "rubrics/statements.html", context, status=400 if problems else 200)


def _statement_rows(
    kind: StatementKind, statements: Sequence[StatementWording], problems: dict[str, list[str]]
) -> list[dict[str, Any]]:
    """Those of one kind and a few empty ones. `place` is unique on the page, and what a problem is keyed by."""
    rows: list[dict[str, Any]] = [
        {"text": row.text, "place": str(place), "problems": problems.get(f"statement_{place}", [])}
        for place, row in enumerate(statements)
        if row.kind == kind
    ]
    blank = range(max(0, FIRST_STATEMENTS - len(rows)))
    return rows + [{"text": "", "place": f"{kind}-{n}", "problems": []} for n in blank]


def _level_row(place: int, level: LevelWording, problems: dict[str, list[str]]) -> dict[str, Any]:
    found = {name: problems.get(f"level_{place}_{name}", []) for name in ("title", "points", "description")}
    return {"place": place, "wording": level, "problems": found}


def _problems(error: ValidationError) -> dict[str, list[str]]:
    return error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
