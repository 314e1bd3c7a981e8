"""Rubrics from files and as files. Nothing is stored before the preview was confirmed, and no file is ever kept."""

from collections.abc import Sequence
from uuid import UUID

from django.core.exceptions import PermissionDenied, RequestDataTooBig, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments.rubrics import importing, library
from assessments.rubrics.files import losses, rubric_json
from assessments.rubrics.files.formats import FORMATS, Format
from assessments.rubrics.files.outcome import Reading, Remark
from assessments.rubrics.files.reading import MOST_BYTES, read
from assessments.rubrics.models import Rubric
from assessments.rubrics.permissions import can_edit_rubrics
from assessments.rubrics.uploads import Capped
from assessments.rubrics.wording import RubricWording
from lti_tool.port import Launch, current_launch, launch_required

SEE_OTHER = 303

MOST_SHOWN = 300  # problems on one page
# The preview sends what was read along; it has to fit into what one form may send.
MOST_CARRIED = MOST_BYTES - 16 * 1024


@require_http_methods(["GET", "HEAD", "POST"])
@launch_required
def files(request: HttpRequest) -> HttpResponse:
    """Where a file is chosen or text is pasted. POST shows what would be made of it, or what is wrong with it."""
    _editor(request)
    if request.method != "POST":
        return render(request, "rubrics/import.html", _choices())
    return _preview(request, _sent(request))


@require_POST
@launch_required
def drafts(request: HttpRequest) -> HttpResponse:
    """Makes the drafts of a preview, from the text that it carries; that is read and checked as any other."""
    launch = _editor(request)
    found = _read_carried(request)
    if found.problems:
        return _preview(request, found)
    try:
        made = importing.import_drafts(context=launch.context, by=launch.person, rubrics=found.rubrics)
    except ValidationError as error:
        return _preview(request, Reading(problems=tuple(Remark(sentence) for sentence in error.messages)))
    one = made[0].get_absolute_url() if len(made) == 1 else ""
    return HttpResponse(
        status=SEE_OTHER,
        headers={"Location": one or reverse("rubrics:rubrics") + "?done=imported"},
    )


@require_safe
@launch_required
def template(request: HttpRequest, form: str) -> HttpResponse:
    """A mark sheet that is filled in already, to write over."""
    _editor(request)
    example = library.templates()[0].wording
    return _download(_format(form), [example], _("mark-sheet-template"))


@require_safe
@launch_required
def export(request: HttpRequest, key: UUID) -> HttpResponse:
    """The files that the rubric can become, and what each of them would lose."""
    _editor(request)
    rubric = _find(request, key)
    context = {"rubric": rubric, "formats": FORMATS.values(), "losses": losses.of(rubric.wording())}
    return render(request, "rubrics/export.html", context)


@require_safe
@launch_required
def file(request: HttpRequest, key: UUID, form: str) -> HttpResponse:
    _editor(request)
    rubric = _find(request, key)
    return _download(_format(form), [rubric.wording()], f"{rubric.title} {rubric.version}")


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


def _pasted(request: HttpRequest) -> str:
    """What was typed comes back with what is wrong about it; too much of it does not."""
    try:
        return request.POST.get("text", "")
    except RequestDataTooBig:
        return ""


def _sent(request: HttpRequest) -> Reading:
    """What the chosen file or the pasted text holds; a file comes first."""
    request.upload_handlers = [Capped(request, most=MOST_BYTES)]
    try:
        chosen, pasted = request.FILES.get("file"), request.POST.get("text", "")
    except RequestDataTooBig:
        return read(b" " * (MOST_BYTES + 1))
    content = chosen.read() if chosen else pasted.encode(errors="replace")
    if not content.strip():
        return Reading(problems=(Remark(_("Choose a file, or paste the rows of one.")),))
    return read(content)


def _read_carried(request: HttpRequest) -> Reading:
    try:
        return read(request.POST.get("rubrics", "").encode(errors="replace"))
    except RequestDataTooBig:
        return read(b" " * (MOST_BYTES + 1))


def _preview(request: HttpRequest, found: Reading) -> HttpResponse:
    carried = rubric_json.write(found.rubrics, indent=None)
    if len(carried.encode()) > MOST_CARRIED:
        too_much = _("There is too much text in this file for one step. Split it into several files.")
        found = Reading(problems=(Remark(too_much),))
    if found.problems:
        shown = found.problems[:MOST_SHOWN]
        more = len(found.problems) - len(shown)
        context = {**_choices(), "remarks": shown, "more": more, "has_places": _has_places(shown)}
        context["pasted"] = _pasted(request)
        return render(request, "rubrics/import.html", context, status=400)
    context = {
        "rubrics": found.rubrics,
        "carried": carried,
        "notes": found.notes,
        "has_places": _has_places(found.notes),
    }
    return render(request, "rubrics/import_preview.html", context)


def _has_places(remarks: Sequence[Remark]) -> bool:
    """Whether any of them says where it is; else a table of places would be empty."""
    return any(remark.where or remark.column for remark in remarks)


def _choices() -> dict[str, object]:
    return {"forms": [FORMATS["xlsx"], FORMATS["csv"]]}


def _format(slug: str) -> Format:
    try:
        return FORMATS[slug]
    except KeyError:
        raise Http404 from None


def _download(form: Format, rubrics: Sequence[RubricWording], title: str) -> HttpResponse:
    name = slugify(title, allow_unicode=True)[:80] or "rubric"
    named = content_disposition_header(as_attachment=True, filename=f"{name}.{form.suffix}")
    headers = {"Content-Disposition": str(named), "X-Content-Type-Options": "nosniff"}
    return HttpResponse(form.write(rubrics), content_type=form.content_type, headers=headers)
