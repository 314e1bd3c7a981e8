"""The exam-day board and what is done on it."""

from collections.abc import Iterable
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments.activities.pages import problems_of
from assessments.marking import presence
from assessments.marking.conflict import Conflict
from assessments.osce import on_the_day, posts, running, tickets
from assessments.osce.board import board, present_round, said_of
from assessments.osce.finding import session_runner, visitor
from assessments.osce.master_clock import Kind
from assessments.osce.models import (
    Circuit,
    Encounter,
    EncounterSheet,
    HelpRequest,
    Incident,
    Session,
    SheetRole,
)
from assessments.osce.permissions import can_run, can_see_clock, can_watch
from assessments.osce.planning_views import see
from lti_tool.port import Launch, launch_required

MINUTE = 60
HELP = HelpRequest.Kind.choices


@require_safe
@launch_required
def exam_day(request: HttpRequest, key: UUID, session_key: UUID) -> HttpResponse:
    """The board. `find`: a candidate's number or ticket, to show their way; `part`: an open board asks for news."""
    launch, session = _watcher(request, key, session_key)
    if request.GET.get("part") == "board":
        return _board_part(request, launch, session)
    return _board_page(request, launch, session)


@require_POST
@launch_required
def clock_orders(request: HttpRequest, key: UUID, session_key: UUID) -> HttpResponse:
    """One order to the clock of `circuit`, or of all: `kind`, and `minutes` of an extension."""
    launch, session = session_runner(request, key, session_key)
    minutes = request.POST.get("minutes", "")
    try:
        running.order(
            session=session,
            kind=_kind(request.POST.get("kind", "")),
            by=launch.person,
            circuit=_circuit(session, request.POST.get("circuit", "")),
            seconds=int(minutes) * MINUTE if minutes.isdecimal() and len(minutes) < 4 else 0,
            seen=_number(request.POST.get("seen", "")),
        )
    except (ValidationError, Conflict) as error:
        return _board_page(request, launch, session, _words(error))
    return see("osce:board", session.exam, session.key, done="ordered")


@require_POST
@launch_required
def fire_alarm(request: HttpRequest, key: UUID, session_key: UUID) -> HttpResponse:
    launch, session = session_runner(request, key, session_key)
    running.fire_alarm(session=session, by=launch.person)
    return see("osce:board", session.exam, session.key, done="alarm")


@require_POST
@launch_required
def announcements(request: HttpRequest, key: UUID, session_key: UUID) -> HttpResponse:
    launch, session = session_runner(request, key, session_key)
    circuit = _circuit(session, request.POST.get("circuit", ""))
    try:
        running.announce(
            session=session, text=request.POST.get("text", ""), circuit=circuit, by=launch.person
        )
    except ValidationError:
        return _board_page(
            request, launch, session, [_("Write what shall be announced, in 300 characters at most.")]
        )
    return see("osce:board", session.exam, session.key, done="announced")


@require_POST
@launch_required
def help_requests(request: HttpRequest, key: UUID, session_key: UUID) -> HttpResponse:
    """Whoever works in the session asks the coordinator to come; `sheet` says where they are."""
    launch, exam = visitor(request, key)
    session = get_object_or_404(exam.sessions.select_related("exam__activity"), key=session_key)
    if not can_see_clock(launch, session) or launch.is_learner:
        raise PermissionDenied(_("This is for those who work in the session."))
    kind = request.POST.get("kind", "")
    if kind not in HelpRequest.Kind.values:
        raise Http404
    row = _own_sheet(session, launch, request.POST.get("sheet", ""))
    running.ask_for_help(
        session=session,
        kind=kind,
        by=launch.person,
        post=row.encounter.post if row else None,
        text=request.POST.get("text", "")[:300],
    )
    return HttpResponse(status=204)


@require_POST
@launch_required
def help_answer(request: HttpRequest, key: UUID, session_key: UUID, help_key: UUID) -> HttpResponse:
    launch, session = session_runner(request, key, session_key)
    running.answer_help(request=get_object_or_404(session.help_requests, key=help_key), by=launch.person)
    return see("osce:board", session.exam, session.key, done="answered")


@require_http_methods(["GET", "HEAD", "POST"])
@launch_required
def incidents(request: HttpRequest, key: UUID, session_key: UUID) -> HttpResponse:
    """What happened, for the exam board. POST adds one."""
    launch, session = session_runner(request, key, session_key)
    problems: dict[str, list[str]] = {}
    if request.method == "POST":
        found = [row for row in session.candidates.all() if str(row.key) == request.POST.get("candidate")]
        stations = [row for row in session.exam.stations.all() if str(row.key) == request.POST.get("station")]
        try:
            running.report(
                session=session,
                kind=request.POST.get("kind", ""),
                narrative=request.POST.get("narrative", ""),
                by=launch.person,
                circuit=_circuit(session, request.POST.get("circuit", "")),
                station=stations[0] if stations else None,
                candidate=found[0] if found else None,
            )
            return see("osce:incidents", session.exam, session.key, done="reported")
        except ValidationError as error:
            problems = problems_of(error)
    context = {
        "exam": session.exam,
        "session": session,
        "incidents": session.incidents.select_related(
            "station", "circuit", "candidate__person", "by"
        ).order_by("-id"),
        "kinds": [choice for choice in Incident.Kind.choices if choice[0] != Incident.Kind.ALARM],
        "sent": request.POST,
        "problems": problems,
    }
    return render(request, "osce/incidents.html", context, status=400 if problems else 200)


@require_safe
@launch_required
def encounter(request: HttpRequest, key: UUID, session_key: UUID, encounter_key: UUID) -> HttpResponse:
    """One encounter: its sheets, and what can be done about it."""
    _launch, found = _encounter(request, key, session_key, encounter_key)
    return _encounter_page(request, found)


@require_POST
@launch_required
def encounter_change(request: HttpRequest, key: UUID, session_key: UUID, encounter_key: UUID) -> HttpResponse:
    """`do`: absent, absent_everywhere, present, late, swap (with `other`), exchange (`sheet`, `other`, `reason`),
    settle (`sheet`, `device`, `reason`)."""
    launch, found = _encounter(request, key, session_key, encounter_key)
    change = _CHANGES.get(request.POST.get("do", ""))
    if change is None:
        raise Http404
    try:
        change(request, found, launch.person)
    except (ValidationError, Conflict) as error:
        return _encounter_page(request, found, _words(error))
    return see("osce:board", found.session.exam, found.session.key, done="changed", who=found.candidate.code)


@require_http_methods(["GET", "HEAD", "POST"])
@launch_required
def post(request: HttpRequest, key: UUID, session_key: UUID, post_id: int) -> HttpResponse:
    """A station in one circuit. POST replaces who works there, makes the station void, or takes that back."""
    launch, session = session_runner(request, key, session_key)
    found = get_object_or_404(session.posts.select_related("station", "circuit", "session"), pk=post_id)
    problems: list[str] = []
    if request.method == "POST":
        try:
            _change_post(request, found, launch.person)
            return see("osce:board", session.exam, session.key, done="changed", who=found.room)
        except (ValidationError, Conflict) as error:
            problems = _words(error)
    encounters = found.encounters.select_related("candidate__person").prefetch_related(
        "sheets__staff__person", "sheets__sheet"
    )
    context = {
        "exam": session.exam,
        "session": session,
        "post": found,
        "encounters": encounters,
        "is_void": any(row.state == Encounter.State.VOID for row in encounters),
        "names": posts.offered(session.exam),
        "roles": [role for role in SheetRole if role != SheetRole.SELF],
        "refusals": problems or [],
    }
    return render(request, "osce/post.html", context, status=400 if problems else 200)


@require_safe
@launch_required
def projector(request: HttpRequest, key: UUID, session_key: UUID) -> HttpResponse:
    """The clock, for everybody to see from afar: of every circuit, or of the one of `circuit`."""
    _launch, session = _watcher(request, key, session_key)
    only = _circuit(session, request.GET.get("circuit", ""))
    circuits = [only] if only else list(session.exam.circuits.all())
    context = {"exam": session.exam, "session": session, "circuits": circuits}
    return render(request, "osce/projector.html", context)


def _watcher(request: HttpRequest, key: UUID, session_key: UUID) -> tuple[Launch, Session]:
    launch, exam = visitor(request, key)
    if not can_watch(launch):
        raise PermissionDenied(_("The board is for those who run the exam."))
    session = get_object_or_404(exam.sessions.select_related("exam__activity__context"), key=session_key)
    if not session.is_published:
        raise Http404
    return launch, session


def _encounter(
    request: HttpRequest, key: UUID, session_key: UUID, encounter_key: UUID
) -> tuple[Launch, Encounter]:
    launch, session = session_runner(request, key, session_key)
    rows = session.encounters.select_related(
        "session__exam__activity", "candidate__person", "candidate__session", "station", "circuit", "post"
    )
    return launch, get_object_or_404(rows, key=encounter_key)


def _board_page(
    request: HttpRequest, launch: Launch, session: Session, problems: list[str] | None = None
) -> HttpResponse:
    context = _board(request, launch, session) | {"refusals": problems or []}
    if context["can_run"] and "find" in request.GET:
        context |= _asked_for(session, request.GET["find"])
    return render(request, "osce/board.html", context, status=409 if problems else 200)


def _board_part(request: HttpRequest, launch: Launch, session: Session) -> HttpResponse:
    """For a screen that has the board: nothing where it shows this already.

    No ETag: browsers would have to keep the page, and what holds names is not kept on a device.
    """
    context = _board(request, launch, session)
    if request.GET.get("version") == context["version"]:
        return HttpResponse(status=204)
    return render(request, "osce/_board_part.html", context)


def _board(request: HttpRequest, launch: Launch, session: Session) -> dict[str, Any]:
    shows_all = request.GET.get("rounds") == "all"
    context = {
        "exam": session.exam,
        "session": session,
        "board": board(session, shows_all=shows_all),
        "shows_all": shows_all,
        "seen": session.clock_orders.count(),
        "can_run": can_run(launch),
    }
    shown = render_to_string("osce/_board.html", context)
    return context | {"shown": shown, "version": sha256(shown.encode()).hexdigest()[:16]}


def _asked_for(session: Session, written: str) -> dict[str, Any]:
    try:
        candidate = tickets.find(session, written)
    except ValidationError as error:
        return {"not_found": error.messages}
    now = {
        pk: present_round(clock, timezone.now())
        for pk, clock in running.clocks(session).items()
        if clock.is_started
    }
    rows = candidate.encounters.filter(session=session).select_related("station", "circuit", "post")
    way = [
        (row, (row.rotation, row.round) == now.get(row.circuit_id))
        for row in rows.order_by("rotation", "round", "pk")
    ]
    return {"found": candidate, "way": way}


def _encounter_page(
    request: HttpRequest, found: Encounter, problems: list[str] | None = None
) -> HttpResponse:
    session = found.session
    others = session.candidates.present().exclude(pk=found.candidate_id).select_related("person")
    sheets = found.sheets.select_related("sheet", "staff__person").order_by("pk")
    context = {
        "exam": session.exam,
        "session": session,
        "encounter": found,
        "sheets": sheets,
        "devices": _devices(sheets),
        "others": others,
        "refusals": problems or [],
    }
    return render(request, "osce/encounter.html", context, status=409 if problems else 200)


def _devices(sheets: Iterable[EncounterSheet]) -> list[tuple[EncounterSheet, presence.Device, str]]:
    """Those that may hold marks of the sheets, with what is said of each; settled ones last."""
    found = presence.devices([row.sheet for row in sheets])
    rows = [(row, device, said_of(device)) for row in sheets for device in found.get(row.sheet_id, [])]
    return sorted(rows, key=lambda it: it[1].is_settled)


def _change_post(request: HttpRequest, found: posts.Post, by: object) -> None:
    do, reason = request.POST.get("do", ""), request.POST.get("reason", "")
    if do == "void":
        on_the_day.void(
            session=found.session, circuit=found.circuit, station=found.station, reason=reason, by=by
        )
    elif do == "count":
        on_the_day.take_back_void(session=found.session, circuit=found.circuit, station=found.station, by=by)
    elif do == "replace" and request.POST.get("role") in SheetRole.values:
        on_the_day.replace(
            post=found,
            role=SheetRole(request.POST["role"]),
            name=request.POST.get("name", ""),
            reason=reason,
            with_begun="with_begun" in request.POST,
            by=by,
        )
    else:
        raise Http404


def _absent(request: HttpRequest, found: Encounter, by: object) -> None:
    on_the_day.mark_absent(candidate=found.candidate, encounters=[found], by=by)


def _absent_everywhere(request: HttpRequest, found: Encounter, by: object) -> None:
    on_the_day.mark_absent(candidate=found.candidate, by=by)


def _present(request: HttpRequest, found: Encounter, by: object) -> None:
    on_the_day.take_back_absence(candidate=found.candidate, by=by)


def _late(request: HttpRequest, found: Encounter, by: object) -> None:
    now = present_round(running.clocks(found.session)[found.circuit_id], timezone.now())
    if now is None:
        raise ValidationError(_("The last round is over. Nobody can join any more."))
    on_the_day.join_late(candidate=found.candidate, rotation=now[0], round=now[1], by=by)


def _swap(request: HttpRequest, found: Encounter, by: object) -> None:
    on_the_day.swap(first=found.candidate, second=_other(request, found), by=by)


def _exchange(request: HttpRequest, found: Encounter, by: object) -> None:
    rows = EncounterSheet.objects.select_related(
        "sheet", "staff", "encounter__session", "encounter__candidate__person"
    )
    row = get_object_or_404(rows.filter(encounter=found), sheet__key=_uuid(request.POST.get("sheet", "")))
    on_the_day.correct_candidate(
        row=row, to=_other(request, found), reason=request.POST.get("reason", ""), by=by
    )


def _settle(request: HttpRequest, found: Encounter, by: object) -> None:
    row = get_object_or_404(
        found.sheets.select_related("sheet"), sheet__key=_uuid(request.POST.get("sheet", ""))
    )
    log = _uuid(request.POST.get("device", ""))
    presence.settle(sheet=row.sheet, log=log, by=by, reason=request.POST.get("reason", ""))


_CHANGES = {
    "absent": _absent,
    "absent_everywhere": _absent_everywhere,
    "present": _present,
    "late": _late,
    "swap": _swap,
    "exchange": _exchange,
    "settle": _settle,
}


def _other(request: HttpRequest, found: Encounter) -> on_the_day.Candidate:
    return get_object_or_404(
        found.session.candidates.select_related("person"), key=_uuid(request.POST.get("other", ""))
    )


def _own_sheet(session: Session, launch: Launch, key: str) -> EncounterSheet | None:
    rows = EncounterSheet.objects.filter(encounter__session=session, sheet__assigned_to=launch.person)
    return rows.filter(sheet__key=_uuid(key)).select_related("encounter__post").first() if key else None


def _circuit(session: Session, key: str) -> Circuit | None:
    return get_object_or_404(session.exam.circuits, key=_uuid(key)) if key else None


def _kind(name: str) -> Kind:
    try:
        return Kind(name)
    except ValueError:
        raise Http404 from None


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 10 else None


def _words(error: ValidationError | Conflict) -> list[str]:
    return error.messages if isinstance(error, ValidationError) else [str(error)]
