"""Where a launch of an exam arrives."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from assessments.osce import overview, running, sheets
from assessments.osce.days import Days
from assessments.osce.finding import visitor
from assessments.osce.models import Candidate, Exam
from assessments.osce.permissions import can_plan, can_run
from assessments.osce.reading_views import calendar_file
from assessments.results.models import Result
from lti_tool.port import Role, launch_required

EXAMINERS = {Role.TEACHING_ASSISTANT, Role.GUEST}


@require_safe
@launch_required
def home(request: HttpRequest, key: UUID) -> HttpResponse:
    """For each role what they come for: planning and sessions, my stations, when and where."""
    launch, exam = visitor(request, key)
    if can_plan(launch):
        runs = can_run(launch)
        context = {
            "exam": exam,
            "steps": overview.steps(exam),
            "people_steps": overview.people_steps(exam) if runs else [],
            "sessions": list(overview.sessions(exam)) if runs else [],
            "has_published": exam.has_begun,
            "next_step": overview.next_step(exam, with_people=runs),
            "can_run": runs,
        }
        return render(request, "osce/home.html", context)
    candidate = exam.candidates.present().filter(person=launch.person).select_related("session__exam").first()
    if candidate:
        return _candidate_home(request, exam, candidate)
    if sheets.has_any(exam, launch.person) or launch.role in EXAMINERS:
        return my_stations(request, key)
    return render(request, "osce/visitor.html", {"exam": exam})


@require_safe
@launch_required
def my_stations(request: HttpRequest, key: UUID) -> HttpResponse:
    """The sheets that are the visitor's own to fill, in the order of time."""
    launch, exam = visitor(request, key)
    context = {
        "exam": exam,
        "parts": sheets.parts(exam, launch.person),
        "can_plan": can_plan(launch),
    }
    return render(request, "osce/my_stations.html", context)


@require_safe
@launch_required
def own_calendar(request: HttpRequest, key: UUID) -> HttpResponse:
    """The candidate's own day as a file for their calendar."""
    launch, exam = visitor(request, key)
    candidate = get_object_or_404(
        exam.candidates.present().select_related("session__exam__activity"), person=launch.person
    )
    if candidate.session is None or not candidate.session.is_published:
        raise Http404
    return calendar_file(candidate.session, candidate, Days(candidate.session))


def _candidate_home(request: HttpRequest, exam: Exam, candidate: Candidate) -> HttpResponse:
    session = candidate.session
    is_published = session is not None and session.is_published
    context = {
        "exam": exam,
        "candidate": candidate,
        "session": session,
        "stops": Days(session).of_candidate(candidate) if session and is_published else [],
        "own_sheets": sheets.has_any(exam, candidate.person),
        "has_result": Result.objects.released()
        .filter(activity=exam.activity, candidate=candidate.person)
        .exists(),
        "is_over": bool(session and is_published and running.is_over(session)),
    }
    return render(request, "osce/candidate_home.html", context)
