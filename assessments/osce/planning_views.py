"""What is examined: stations, blueprint, times and circuits."""

from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments.activities import pages
from assessments.activities.pages import form_problems, posted, problems_of
from assessments.osce import blueprint as blueprints
from assessments.osce import planning, publishing
from assessments.osce.finding import planner
from assessments.osce.forms import StationForm, TimingForm
from assessments.osce.models import Exam, Station
from assessments.rubrics.models import Rubric
from lti_tool.port import launch_required

PAPERS = ("candidate_instructions", "examiner_instructions", "patient_script", "equipment")


@require_safe
@launch_required
def stations(request: HttpRequest, key: UUID) -> HttpResponse:
    """The circuit's stations in the order candidates pass them. `rubric`: one that was just published, to be chosen."""
    _launch, exam = planner(request, key)
    return _stations_page(request, exam)


@require_safe
@launch_required
def papers(request: HttpRequest, key: UUID) -> HttpResponse:
    """What each station has written down for candidate, examiner and simulated patient; a page each, to print."""
    _launch, exam = planner(request, key)
    found = [(row, row.papers(PAPERS)) for row in exam.stations.all()]
    context = {"exam": exam, "stations": [(row, written) for row, written in found if written]}
    return render(request, "osce/papers.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@launch_required
def new_station(request: HttpRequest, key: UUID) -> HttpResponse:
    _launch, exam = planner(request, key)
    kind = Station.Kind.REST if request.GET.get("kind") == "rest" else Station.Kind.PATIENT
    title = _("Rest") if kind == Station.Kind.REST else ""
    rubric = None if kind == Station.Kind.REST else _asked_rubric(request, exam)
    return _write_station(request, exam, Station(exam=exam, kind=kind, title=title, rubric=rubric))


@require_http_methods(["GET", "HEAD", "POST"])
@launch_required
def station(request: HttpRequest, key: UUID, station_key: UUID) -> HttpResponse:
    _launch, exam = planner(request, key)
    return _write_station(request, exam, _find(exam, station_key))


@require_POST
@launch_required
def station_place(request: HttpRequest, key: UUID, station_key: UUID) -> HttpResponse:
    """Moves a station one place up or down."""
    launch, exam = planner(request, key)
    moved = _find(exam, station_key)
    try:
        steps = -1 if request.POST.get("direction") == "up" else 1
        planning.move_station(station=moved, steps=steps, by=launch.person)
    except ValidationError as error:
        return _stations_page(request, exam, {"": error.messages})
    return see("osce:stations", exam, done="moved", moved=moved.key)


@require_POST
@launch_required
def station_removal(request: HttpRequest, key: UUID, station_key: UUID) -> HttpResponse:
    launch, exam = planner(request, key)
    try:
        planning.remove_station(station=_find(exam, station_key), by=launch.person)
    except ValidationError as error:
        return _stations_page(request, exam, {"": error.messages})
    return see("osce:stations", exam, done="removed")


@require_POST
@launch_required
def station_rubric(request: HttpRequest, key: UUID, station_key: UUID) -> HttpResponse:
    """Marks a station with the newest version of its rubric from now on, where nobody has begun."""
    launch, exam = planner(request, key)
    found = _find(exam, station_key)
    newest = newer_version(found)
    if newest is None:
        return see("osce:stations", exam)
    took, kept = publishing.take_rubric(station=found, rubric=newest, by=launch.person)
    return see("osce:stations", exam, done="rubric", took=took, kept=kept)


@require_http_methods(["GET", "HEAD", "POST"])
@launch_required
def timing(request: HttpRequest, key: UUID) -> HttpResponse:
    launch, exam = planner(request, key)
    form = TimingForm(posted(request), instance=exam)
    if request.method == "POST" and form.is_valid():
        try:
            planning.set_timing(exam=form.instance, by=launch.person)
            return see("osce:home", exam, done="saved")
        except ValidationError as error:
            form.add_error(None, error)
    context = {"exam": exam, "form": form, "problems": form_problems(form), "has_begun": exam.has_begun}
    return render(request, "osce/timing.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@launch_required
def blueprint(request: HttpRequest, key: UUID) -> HttpResponse:
    """Stations × competencies: what is planned, what is measured, and where the gaps are."""
    launch, exam = planner(request, key)
    problems: dict[str, list[str]] = {}
    if request.method == "POST":
        try:
            codes, cells = _read_blueprint(request.POST)
            planning.write_blueprint(exam=exam, competencies=codes, cells=cells, by=launch.person)
            return see("osce:blueprint", exam, done="saved")
        except ValidationError as error:
            problems = error.message_dict
    rows = codes if problems else [(row.code, row.title) for row in exam.competencies.all()]
    context = {
        "exam": exam,
        "blueprint": blueprints.blueprint(exam),
        "rows": list(enumerate(rows)),
        "problems": problems,
    }
    return render(request, "osce/blueprint.html", context, status=400 if problems else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@launch_required
def circuits(request: HttpRequest, key: UUID) -> HttpResponse:
    """The parallel circuits. POST adds one, or gives the one of `circuit` another name, or removes it."""
    launch, exam = planner(request, key)
    problems: dict[str, list[str]] = {}
    if request.method == "POST":
        try:
            _change_circuits(request.POST, exam, launch.person)
            return see("osce:circuits", exam, done="saved")
        except ValidationError as error:
            problems = problems_of(error)
    context = {
        "exam": exam,
        "circuits": exam.circuits.all(),
        "problems": problems,
        "has_begun": exam.has_begun,
    }
    return render(request, "osce/circuits.html", context, status=400 if problems else 200)


def newer_version(station: Station) -> Rubric | None:
    """A published version of the station's rubric that is newer than the one in use."""
    if station.rubric is None:
        return None
    family = Rubric.objects.published().filter(
        family=station.rubric.family, version__gt=station.rubric.version
    )
    return family.order_by("-version").first()


def see(name: str, exam: Exam, *more: object, **query: object) -> HttpResponse:
    """Where to look after a change to an exam."""
    return pages.see(name, exam.activity.key, *more, **query)


def _stations_page(
    request: HttpRequest, exam: Exam, problems: dict[str, list[str]] | None = None
) -> HttpResponse:
    context = {
        "exam": exam,
        "stations": exam.stations.select_related("rubric", "patient_rubric"),
        "has_begun": exam.has_begun,
        "rubric": _asked_rubric(request, exam),
        "moved": request.GET.get("moved", ""),
        "took": request.GET.get("took", ""),
        "kept": request.GET.get("kept", ""),
        "problems": problems or {},
    }
    return render(request, "osce/stations.html", context, status=400 if problems else 200)


def _write_station(request: HttpRequest, exam: Exam, edited: Station) -> HttpResponse:
    launch, _exam = planner(request, exam.activity.key)
    form = StationForm(posted(request), instance=edited)
    if request.method == "POST" and form.is_valid():
        try:
            planning.write_station(station=form.instance, by=launch.person)
            return see("osce:stations", exam, done="saved")
        except ValidationError as error:
            form.add_error(None, error.messages)
    context = {
        "exam": exam,
        "station": edited,
        "form": form,
        "problems": form_problems(form),
        "has_begun": exam.has_begun,
        "newer": newer_version(edited) if edited.pk and exam.has_begun else None,
    }
    return render(request, "osce/station.html", context, status=400 if form.errors else 200)


def _asked_rubric(request: HttpRequest, exam: Exam) -> Rubric | None:
    """The published rubric of the course that the address names; None where it names none."""
    try:
        key = UUID(request.GET.get("rubric", ""))
    except ValueError:
        return None
    return Rubric.objects.filter(context=exam.activity.context_id).newest_published().filter(key=key).first()


def _find(exam: Exam, key: UUID) -> Station:
    return get_object_or_404(exam.stations.select_related("exam__activity"), key=key)


def _read_blueprint(sent: QueryDict) -> tuple[list[tuple[str, str]], set[tuple[int, str]]]:
    """Competencies as code and title, without empty rows; ticked cells as station id and code."""
    titles = sent.getlist("competency_title")
    codes = [
        (" ".join(code.split()), " ".join(title.split()))
        for code, title in zip(sent.getlist("competency_code"), titles, strict=False)
        if code.strip() or title.strip()
    ]
    cells = set()
    for cell in sent.getlist("cell"):
        station, _colon, code = cell.partition(":")
        if station.isdecimal() and len(station) < 19:
            cells.add((int(station), code))
    return codes, cells


def _change_circuits(sent: QueryDict, exam: Exam, by: object) -> None:
    named = sent.get("circuit")
    try:
        found = (
            get_object_or_404(exam.circuits.select_related("exam__activity"), key=UUID(named))
            if named
            else None
        )
    except ValueError:
        found = None
    if found and "remove" in sent:
        planning.remove_circuit(circuit=found, by=by)
    else:
        planning.write_circuit(exam=exam, circuit=found, title=sent.get("title", ""), by=by)
