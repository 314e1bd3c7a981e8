"""What is read and printed of a timetable: rooms, bells, tickets, and each person's own day."""

from collections import Counter
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from assessments.osce import paper
from assessments.osce.days import Days
from assessments.osce.finding import session_runner
from assessments.osce.ics import calendar
from assessments.osce.models import Candidate, Session, StaffMember
from assessments.osce.qr import picture
from assessments.osce.tickets import said
from lti_tool.port import launch_required


@require_safe
@launch_required
def rooms(request: HttpRequest, key: UUID, session_key: UUID) -> HttpResponse:
    """For each door who comes when; to print."""
    days = _days(request, key, session_key)
    posts = days.session.posts.select_related("station", "circuit").prefetch_related("duties__staff__person")
    context = _context(days) | {"rooms": [(post, days.of_post(post)) for post in posts]}
    return render(request, "osce/rooms.html", context)


@require_safe
@launch_required
def bell_plan(request: HttpRequest, key: UUID, session_key: UUID) -> HttpResponse:
    days = _days(request, key, session_key)
    return render(request, "osce/bells.html", _context(days) | {"rings": days.bells()})


@require_safe
@launch_required
def tickets(request: HttpRequest, key: UUID, session_key: UUID) -> HttpResponse:
    """For each candidate a ticket with their way; to print and cut."""
    days = _days(request, key, session_key)
    candidates = days.session.candidates.present().select_related("person")
    found = [(row, days.of_candidate(row), picture(said(row, days.session))) for row in candidates]
    context = _context(days) | {"tickets": found}
    return render(request, "osce/tickets.html", context)


@require_safe
@launch_required
def staff_days(request: HttpRequest, key: UUID, session_key: UUID) -> HttpResponse:
    """For each examiner and simulated patient their day; to print."""
    days = _days(request, key, session_key)
    on_duty = (
        StaffMember.objects.filter(duties__post__session=days.session).select_related("person").distinct()
    )
    context = _context(days) | {"people": [(row, days.of_staff(row)) for row in on_duty]}
    return render(request, "osce/staff_days.html", context)


@require_safe
@launch_required
def candidate_calendar(
    request: HttpRequest, key: UUID, session_key: UUID, candidate_key: UUID
) -> HttpResponse:
    days = _days(request, key, session_key)
    whose = get_object_or_404(days.session.candidates, key=candidate_key)
    return calendar_file(days.session, whose, days)


@require_safe
@launch_required
def staff_calendar(request: HttpRequest, key: UUID, session_key: UUID, staff_key: UUID) -> HttpResponse:
    days = _days(request, key, session_key)
    whose = get_object_or_404(days.session.exam.staff, key=staff_key)
    return calendar_file(days.session, whose, days)


@require_safe
@launch_required
def paper_list(request: HttpRequest, key: UUID, session_key: UUID) -> HttpResponse:
    """What is not marked yet, to print, and to type in once it was filled on paper."""
    _launch, session = session_runner(request, key, session_key)
    rows = paper.unmarked(session)
    counts = Counter(row.encounter.circuit_id for row in rows)
    context = {
        "exam": session.exam,
        "session": session,
        "sheets": rows,
        "circuits": [(circuit, counts[circuit.pk]) for circuit in session.exam.circuits.all()],
    }
    return render(request, "osce/paper.html", context)


@require_safe
@launch_required
def paper_sheets(request: HttpRequest, key: UUID, session_key: UUID, circuit_key: UUID) -> HttpResponse:
    """A PDF of the sheets of one circuit that are not submitted."""
    _launch, session = session_runner(request, key, session_key)
    rows = paper.unmarked(session, get_object_or_404(session.exam.circuits, key=circuit_key))
    if not rows:
        raise Http404
    headers = {"Content-Disposition": 'attachment; filename="sheets.pdf"'}
    return HttpResponse(paper.pdf(session, rows), content_type="application/pdf", headers=headers)


def calendar_file(session: Session, whose: Candidate | StaffMember, days: Days) -> HttpResponse:
    stops = days.of_candidate(whose) if isinstance(whose, Candidate) else days.of_staff(whose)
    headers = {"Content-Disposition": 'attachment; filename="session.ics"'}
    return HttpResponse(
        calendar(session, whose, stops), content_type="text/calendar; charset=utf-8", headers=headers
    )


def _days(request: HttpRequest, key: UUID, session_key: UUID) -> Days:
    _launch, session = session_runner(request, key, session_key)
    if not session.timetable:
        raise Http404
    return Days(session)


def _context(days: Days) -> dict[str, object]:
    return {"session": days.session, "exam": days.session.exam}
