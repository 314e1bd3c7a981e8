"""Where a launch of an exam arrives."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from assessments.osce import overview
from assessments.osce.finding import visitor
from assessments.osce.permissions import can_plan, can_run
from lti_tool.port import launch_required


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
            "can_run": runs,
        }
        return render(request, "osce/home.html", context)
    return render(request, "osce/visitor.html", {"exam": exam})
