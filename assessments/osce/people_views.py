"""Who takes part in an exam: candidates, examiners and simulated patients, and who must not meet whom."""

from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods, require_POST

from assessments.activities.pages import problems_of
from assessments.osce import staffing
from assessments.osce.finding import runner
from assessments.osce.models import Exam
from assessments.osce.planning_views import see
from lti_tool.port import Launch, launch_required, roster_status


@require_http_methods(["GET", "HEAD", "POST"])
@launch_required
def candidates(request: HttpRequest, key: UUID) -> HttpResponse:
    """The candidates with their sessions and extra time. POST takes in everybody of the course list who is missing."""
    launch, exam = runner(request, key)
    if request.method != "POST":
        return _candidates_page(request, exam)
    taken = staffing.take_candidates(exam=exam, by=launch.person)
    return see("osce:candidates", exam, done="taken", n=len(taken))


@require_POST
@launch_required
def candidate_changes(request: HttpRequest, key: UUID) -> HttpResponse:
    """Sessions and extra time of those candidates that are sent."""
    launch, exam = runner(request, key)
    try:
        n = _change_candidates(request, launch, exam)
    except ValidationError as error:
        return _candidates_page(request, exam, problems_of(error))
    return see("osce:candidates", exam, done="saved", n=n)


@require_POST
@launch_required
def candidate_withdrawal(request: HttpRequest, key: UUID, candidate_key: UUID) -> HttpResponse:
    """They do not take part; with `back`, they do after all."""
    launch, exam = runner(request, key)
    found = get_object_or_404(exam.candidates, key=candidate_key)
    staffing.withdraw(candidate=found, by=launch.person, is_withdrawn="back" not in request.POST)
    return see(
        "osce:candidates", exam, done="returned" if "back" in request.POST else "withdrawn", who=found.code
    )


@require_http_methods(["GET", "HEAD", "POST"])
@launch_required
def staff(request: HttpRequest, key: UUID) -> HttpResponse:
    """Examiners and simulated patients. POST adds members of the course, or people by name, one a line."""
    launch, exam = runner(request, key)
    if request.method != "POST":
        return _staff_page(request, exam)
    chosen = set(request.POST.getlist("person"))
    people = [person for person in staffing.possible_staff(exam) if str(person.key) in chosen]
    names = request.POST.get("names", "").splitlines()[:500]
    try:
        added = staffing.add_staff(exam=exam, by=launch.person, people=people, names=names)
    except ValidationError as error:
        return _staff_page(request, exam, problems_of(error))
    return see("osce:staff", exam, done="added", n=len(added))


@require_POST
@launch_required
def staff_removal(request: HttpRequest, key: UUID, staff_key: UUID) -> HttpResponse:
    launch, exam = runner(request, key)
    found = get_object_or_404(exam.staff.select_related("exam__activity"), key=staff_key)
    try:
        staffing.remove_staff(staff=found, by=launch.person)
    except ValidationError as error:
        return _staff_page(request, exam, problems_of(error))
    return see("osce:staff", exam, done="removed")


@require_POST
@launch_required
def conflicts(request: HttpRequest, key: UUID) -> HttpResponse:
    """Declares that `staff` and `candidate` must not meet."""
    launch, exam = runner(request, key)
    everybody = {str(row.key): row for row in exam.staff.select_related("exam__activity")}
    candidates = {str(row.key): row for row in exam.candidates.all()}
    who, whom = (
        everybody.get(request.POST.get("staff", "")),
        candidates.get(request.POST.get("candidate", "")),
    )
    if who is None or whom is None:
        return see("osce:staff", exam)
    note = request.POST.get("note", "")
    staffing.declare_conflict(staff=who, candidate=whom, note=note, by=launch.person)
    return see("osce:staff", exam, done="declared")


@require_POST
@launch_required
def conflict_removal(request: HttpRequest, key: UUID, conflict_id: int) -> HttpResponse:
    launch, exam = runner(request, key)
    found = get_object_or_404(exam.conflicts.select_related("exam__activity", "candidate"), pk=conflict_id)
    staffing.take_back_conflict(conflict=found, by=launch.person)
    return see("osce:staff", exam, done="taken_back")


def _change_candidates(request: HttpRequest, launch: Launch, exam: Exam) -> int:
    """Gives how many changed. Fields that are not sent, or make no sense, leave theirs as it is."""
    sessions = {str(row.key): row for row in exam.sessions.all()}
    n = 0
    for row in exam.candidates.select_related("session", "exam__activity"):
        typed = request.POST.get(f"extra_{row.pk}", "").strip()
        extra = int(typed) if typed.isdecimal() and len(typed) < 4 else row.extra_time
        chosen = request.POST.get(f"session_{row.pk}")
        session = row.session if chosen is None else sessions.get(chosen)
        if (extra, session) != (row.extra_time, row.session):
            staffing.change_candidate(candidate=row, extra_time=extra, session=session, by=launch.person)
            n += 1
    return n


def _candidates_page(
    request: HttpRequest, exam: Exam, problems: dict[str, list[str]] | None = None
) -> HttpResponse:
    context = {
        "exam": exam,
        "candidates": exam.candidates.select_related("person", "session"),
        "sessions": exam.sessions.all(),
        "missing": len(staffing.not_yet_candidates(exam)),
        "roster": roster_status(exam.activity.context),
        "problems": problems or {},
    }
    return render(request, "osce/candidates.html", context, status=400 if problems else 200)


def _staff_page(
    request: HttpRequest, exam: Exam, problems: dict[str, list[str]] | None = None
) -> HttpResponse:
    context = {
        "exam": exam,
        "staff": exam.staff.select_related("person").prefetch_related("duties__post__station"),
        "possible": staffing.possible_staff(exam),
        "candidates": exam.candidates.select_related("person"),
        "conflicts": exam.conflicts.select_related("staff__person", "candidate__person"),
        "problems": problems or {},
    }
    return render(request, "osce/staff.html", context, status=400 if problems else 200)
