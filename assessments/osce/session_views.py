"""A session: its rooms and people, its timetable."""

from datetime import timedelta
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments.activities.pages import form_problems, posted, problems_of
from assessments.osce import planning, posts, publishing, timetable
from assessments.osce.finding import runner, session_runner
from assessments.osce.forms import SessionForm
from assessments.osce.grids import grids
from assessments.osce.models import Circuit, Session, SheetRole
from assessments.osce.planning_views import see
from assessments.osce.posts import ROLES, PostWording
from lti_tool.port import launch_required


@require_http_methods(["GET", "HEAD", "POST"])
@launch_required
def new_session(request: HttpRequest, key: UUID) -> HttpResponse:
    launch, exam = runner(request, key)
    tomorrow = (timezone.localtime() + timedelta(days=1)).replace(hour=9, minute=0, second=0, microsecond=0)
    return _write_session(request, Session(exam=exam, starts_at=tomorrow), launch.person)


@require_safe
@launch_required
def session(request: HttpRequest, key: UUID, session_key: UUID) -> HttpResponse:
    """What the session still needs, and what can be read of it."""
    _launch, found = session_runner(request, key, session_key)
    return _session_page(request, found)


@require_http_methods(["GET", "HEAD", "POST"])
@launch_required
def session_settings(request: HttpRequest, key: UUID, session_key: UUID) -> HttpResponse:
    launch, found = session_runner(request, key, session_key)
    return _write_session(request, found, launch.person)


@require_POST
@launch_required
def session_removal(request: HttpRequest, key: UUID, session_key: UUID) -> HttpResponse:
    launch, found = session_runner(request, key, session_key)
    try:
        planning.remove_session(session=found, by=launch.person)
    except ValidationError as error:
        return _session_page(request, found, problems_of(error))
    return see("osce:home", found.exam, done="removed")


@require_http_methods(["GET", "HEAD", "POST"])
@launch_required
def session_posts(request: HttpRequest, key: UUID, session_key: UUID, circuit_key: UUID) -> HttpResponse:
    """The rooms of one circuit and who works there."""
    launch, found = session_runner(request, key, session_key)
    circuit = get_object_or_404(found.exam.circuits, key=circuit_key)
    planning.furnish(session=found, by=launch.person)
    if request.method != "POST":
        return _posts_page(request, found, circuit)
    sent = _read_posts(request, found, circuit)
    try:
        added = posts.write(session=found, circuit=circuit, rows=sent, by=launch.person)
    except ValidationError as error:
        return _posts_page(request, found, circuit, sent, problems_of(error))
    return see("osce:session", found.exam, found.key, done="staffed", new=len(added))


@require_POST
@launch_required
def posts_copy(request: HttpRequest, key: UUID, session_key: UUID) -> HttpResponse:
    """Takes rooms and people over from the session of `from`."""
    launch, found = session_runner(request, key, session_key)
    others = {str(row.key): row for row in found.exam.sessions.exclude(pk=found.pk)}
    source = others.get(request.POST.get("from", ""))
    planning.furnish(session=found, by=launch.person)
    try:
        if source is not None:
            posts.copy(session=found, source=source, by=launch.person)
    except ValidationError as error:
        return _session_page(request, found, problems_of(error))
    return see("osce:session", found.exam, found.key, done="staffed" if source else "")


@require_http_methods(["GET", "HEAD", "POST"])
@launch_required
def session_timetable(request: HttpRequest, key: UUID, session_key: UUID) -> HttpResponse:
    """The master grid. POST makes the timetable, or makes it anew with the same seed or another."""
    launch, found = session_runner(request, key, session_key)
    if request.method == "POST":
        planning.furnish(session=found, by=launch.person)
        try:
            timetable.make(session=found, by=launch.person, seed=_seed(request))
        except ValidationError as error:
            return _session_page(request, found, problems_of(error))
        return see("osce:timetable", found.exam, found.key, done="made")
    if not found.timetable:
        return _session_page(request, found)
    context = {
        "exam": found.exam,
        "session": found,
        "grids": grids(found),
        "is_outdated": timetable.is_outdated(found),
    }
    return render(request, "osce/timetable.html", context)


@require_POST
@launch_required
def publication(request: HttpRequest, key: UUID, session_key: UUID) -> HttpResponse:
    """Publishes the session; with `back`, takes that back."""
    launch, found = session_runner(request, key, session_key)
    change = publishing.take_back if "back" in request.POST else publishing.publish
    try:
        change(session=found, by=launch.person)
    except ValidationError as error:
        return _session_page(request, found, problems_of(error))
    return see(
        "osce:session", found.exam, found.key, done="taken_back" if "back" in request.POST else "published"
    )


@require_POST
@launch_required
def lock(request: HttpRequest, key: UUID, session_key: UUID) -> HttpResponse:
    """Closes every sheet of the session; with `open`, opens them again."""
    launch, found = session_runner(request, key, session_key)
    change = publishing.unlock if "open" in request.POST else publishing.lock
    try:
        change(session=found, by=launch.person)
    except ValidationError as error:
        return _session_page(request, found, problems_of(error))
    return see("osce:session", found.exam, found.key, done="unlocked" if "open" in request.POST else "locked")


def _session_page(
    request: HttpRequest, found: Session, problems: dict[str, list[str]] | None = None
) -> HttpResponse:
    circuits = [
        (circuit, [post for post in posts.unstaffed(found) if post.circuit_id == circuit.pk])
        for circuit in found.exam.circuits.all()
    ]
    context = {
        "exam": found.exam,
        "session": found,
        "circuits": circuits,
        "is_furnished": found.posts.exists(),
        "is_staffed": found.posts.exists() and not any(unstaffed for _circuit, unstaffed in circuits),
        "others": found.exam.sessions.exclude(pk=found.pk),
        "candidates": found.candidates.present().count(),
        "is_outdated": timetable.is_outdated(found),
        "obstacles": [] if found.is_published or not found.timetable else publishing.obstacles(found),
        "missing": len(publishing.missing(found)) if found.is_published else 0,
        "problems": problems or {},
        "new_names": request.GET.get("new", "0"),
    }
    return render(request, "osce/session.html", context, status=400 if problems else 200)


def _write_session(request: HttpRequest, edited: Session, by: object) -> HttpResponse:
    form = SessionForm(posted(request), instance=edited)
    if request.method == "POST" and form.is_valid():
        try:
            kept = planning.write_session(session=form.instance, by=by)
            return see("osce:session", kept.exam, kept.key, done="saved")
        except ValidationError as error:
            form.add_error(None, error.messages)
    context = {
        "exam": edited.exam,
        "session": edited if edited.pk else None,
        "form": form,
        "problems": form_problems(form),
    }
    return render(request, "osce/session_form.html", context, status=400 if form.errors else 200)


def _read_posts(request: HttpRequest, session: Session, circuit: Circuit) -> dict[int, PostWording]:
    found = session.posts.filter(circuit=circuit).values_list("pk", flat=True)
    return {
        pk: PostWording(
            request.POST.get(f"room_{pk}", ""),
            {role: request.POST.get(f"{role.value}_{pk}", "") for role in ROLES},
        )
        for pk in found
    }


def _posts_page(
    request: HttpRequest,
    session: Session,
    circuit: Circuit,
    sent: dict[int, PostWording] | None = None,
    problems: dict[str, list[str]] | None = None,
) -> HttpResponse:
    problems = problems or {}
    rows = [
        {
            "post": post,
            "room": (sent or {}).get(post.pk, typed).room,
            "room_problems": problems.get(f"room_{post.pk}", []),
            "fields": [
                {
                    "name": f"{role.value}_{post.pk}",
                    "role": role,
                    "typed": (sent or {}).get(post.pk, typed).names[role],
                    "problems": problems.get(f"{role.value}_{post.pk}", []),
                }
                for role in ROLES
                if role != SheetRole.PATIENT or post.station.kind == post.station.Kind.PATIENT
            ],
        }
        for post, typed in posts.wording(session, circuit)
    ]
    context = {
        "exam": session.exam,
        "session": session,
        "circuit": circuit,
        "rows": rows,
        "names": posts.offered(session.exam),
        "problems": problems,
    }
    return render(request, "osce/posts.html", context, status=400 if problems else 200)


def _seed(request: HttpRequest) -> int | None:
    typed = request.POST.get("seed", "")
    return int(typed) if typed.isdecimal() and len(typed) < 11 else None
