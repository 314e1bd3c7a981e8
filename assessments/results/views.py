from operator import itemgetter
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments.activities.models import Activity, Assessment
from assessments.activities.pages import see
from assessments.activities.permissions import can_see_candidates, can_set_up
from assessments.marking.conflict import Conflict
from assessments.marking.models import MarkSheet
from assessments.results import exam_views, releasing, scores
from assessments.results.columns import TAG, columns, computing_kinds, page
from assessments.results.models import Result
from assessments.results.overview import overview
from assessments.results.permissions import can_read_feedback, can_release, can_see_candidate
from assessments.rubrics.outline import by_kind, outline
from lti_tool import port
from lti_tool.port import Launch, Role, current_launch, launch_required, members, roster_status


@require_safe
@launch_required
def home(request: HttpRequest, key: UUID) -> HttpResponse:
    """The activity as this person's role needs it."""
    launch, activity = _find(request, key)
    if can_see_candidates(launch):
        return _staff_home(request, launch, activity)
    if can_set_up(launch):
        return render(
            request, "results/designer.html", {"activity": activity, "has_begun": activity.has_begun}
        )
    if launch.is_learner:
        return _feedback(request, launch, activity)
    return render(request, "results/visitor.html", {"activity": activity})


@require_safe
@launch_required
def feedback(request: HttpRequest, key: UUID) -> HttpResponse:
    """One's own released feedback, also for those who teach here as well."""
    launch, activity = _find(request, key)
    if not launch.is_learner:
        raise PermissionDenied(_("Feedback is shown to the candidates themselves."))
    return _feedback(request, launch, activity)


@require_safe
@launch_required
def candidate(request: HttpRequest, key: UUID, person_key: UUID) -> HttpResponse:
    """One candidate's marks and feedback, and where the grade is. Opened from here and from the LMS's gradebook."""
    launch, activity = _find(request, key)
    person = _candidate(launch, activity, person_key)
    if can_see_candidate(launch, person.pk):
        return _candidate_page(request, launch, activity, person)
    if launch.is_learner and person.pk == launch.person.pk:
        return _feedback(request, launch, activity)
    raise PermissionDenied(
        _("This is somebody else's work. Candidates see their own feedback, once it is released.")
        if launch.is_learner
        else _("Candidates' work is shown to themselves and to those who examine in this course.")
    )


@require_http_methods(["GET", "HEAD", "POST"])
@launch_required
def release(request: HttpRequest, key: UUID) -> HttpResponse:
    """Shows who would get what; POST releases exactly what was shown."""
    launch, activity = _find(request, key)
    if not can_release(launch):
        raise PermissionDenied(_("Results are released by the course's teachers."))
    if request.method != "POST":
        return _release_page(request, launch, activity)
    try:
        releasing.release(activity=activity, by=launch.person, seen=request.POST.get("seen", ""))
    except (ValidationError, Conflict) as error:
        sentence = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
        return _release_page(request, launch, activity, problem=sentence)
    return _see_home(activity, "released")


@require_POST
@launch_required
def deliveries(request: HttpRequest, key: UUID) -> HttpResponse:
    """Sends again what the gradebook has not taken."""
    launch, activity = _find(request, key, *scores.kinds(), *computing_kinds())
    if not can_release(launch):
        raise PermissionDenied(_("Grades are sent by the course's teachers."))
    releasing.send_again(activity=activity, by=launch.person)
    return _see_home(activity, "sent_again")


DECISIONS = {"send_anyway": releasing.send_anyway, "keep_theirs": releasing.keep_theirs}


@require_POST
@launch_required
def delivery(request: HttpRequest, key: UUID, person_key: UUID) -> HttpResponse:
    """Decides about one grade that differs in the gradebook: `decision`, and `seen`, what the gradebook showed."""
    launch, activity = _find(request, key, *scores.kinds(), *computing_kinds())
    if not can_release(launch):
        raise PermissionDenied(_("Grades are sent by the course's teachers."))
    decision = request.POST.get("decision", "")
    if decision not in DECISIONS:
        sentence = _("Nothing was done: please choose one of the two.")
        return _with_problem(request, launch, activity, sentence, status=400)
    released = Result.objects.released().filter(activity=activity).select_related("candidate")
    candidate = get_object_or_404(released, candidate__key=person_key).candidate
    seen, tag = request.POST.get("seen", ""), request.POST.get("tag", TAG)
    if tag not in {column.tag for column in columns(activity)}:
        raise Http404
    try:
        DECISIONS[decision](activity=activity, candidate=candidate, seen=seen, by=launch.person, tag=tag)
    except Conflict as conflict:
        return _with_problem(request, launch, activity, str(conflict), status=409)
    if request.POST.get("page") == "candidate":
        return HttpResponse(
            status=303, headers={"Location": reverse("results:candidate", args=[key, person_key])}
        )
    return _see_home(activity, decision)


def _with_problem(
    request: HttpRequest, launch: Launch, activity: Activity, problem: str, *, status: int
) -> HttpResponse:
    if activity.kind in scores.kinds():
        return exam_views.page(request, activity, problem=problem, status=status)
    if activity.kind in computing_kinds():
        return see(page(activity.kind), activity.key, done="changed" if status == 409 else "undecided")
    return _staff_home(request, launch, activity, problem=problem, status=status)


def _find(request: HttpRequest, key: UUID, *more_kinds: str) -> tuple[Launch, Activity]:
    launch = current_launch(request)
    assert launch
    rows = Activity.objects.visible_to(launch).set_up().filter(kind__in=["assessment", *more_kinds])
    rows = rows.select_related("rubric", "context", "copied_from__context")
    activity = get_object_or_404(rows, key=key)
    # The launch's own row knows its deployment and registration already.
    activity.resource_link = launch.resource_link
    return launch, activity


def _candidate(launch: Launch, activity: Activity, key: UUID) -> Any:
    """Somebody who is a candidate of the activity, now or when they were marked."""
    marked = (
        Assessment.objects.filter(activity=activity, candidate__key=key).select_related("candidate").first()
    )
    if marked:
        return marked.candidate
    learners = (row.person for row in members(launch.context, Role.LEARNER))
    found = next((person for person in learners if person.key == key), None)
    if found is None:
        raise Http404
    return found


def _candidate_page(request: HttpRequest, launch: Launch, activity: Activity, person: Any) -> HttpResponse:
    assessment = Assessment.objects.filter(activity=activity, candidate=person).first()
    sheet = MarkSheet.objects.whole().get(pk=assessment.sheet_id) if assessment else None
    result = Result.objects.filter(activity=activity, candidate=person).first()
    delivery = port.deliveries(activity.link, tag=TAG).get(person.pk)
    context = {
        "activity": activity,
        "person": person,
        "sheet": sheet,
        "outline": outline(_fields(sheet), itemgetter(0)) if sheet and result else None,
        "given": by_kind(sheet.statements.all()) if sheet else {},
        "result": result,
        "delivery": delivery,
        "is_problem": bool(delivery and (delivery.can_retry or delivery.can_keep_theirs)),
        "can_release": can_release(launch),
    }
    return render(request, "results/candidate.html", context)


def _fields(sheet: MarkSheet) -> list[tuple[Any, Any]]:
    marks = {mark.criterion_id: mark for mark in sheet.marks.all()}
    return [(criterion, marks.get(criterion.pk)) for criterion in sheet.rubric.criteria.all()]


def _see_home(activity: Activity, done: str) -> HttpResponse:
    if activity.kind in scores.kinds():
        return see("results:exam", activity.key, done=done)
    if activity.kind in computing_kinds():
        return see(page(activity.kind), activity.key, done=done)
    return HttpResponse(status=303, headers={"Location": f"{activity.get_absolute_url()}?done={done}"})


def _staff_home(
    request: HttpRequest, launch: Launch, activity: Activity, *, problem: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "activity": activity,
        "overview": overview(activity, launch.person),
        "roster": roster_status(launch.context),
        "criteria_count": activity.rubric.criteria.count() if activity.rubric else 0,
        "can_release": can_release(launch),
        "can_set_up": can_set_up(launch),
        "has_begun": activity.has_begun,
        "is_learner_too": launch.is_learner,
        "problem": problem,
    }
    return render(request, "results/home.html", context, status=status)


def _feedback(request: HttpRequest, launch: Launch, activity: Activity) -> HttpResponse:
    result = Result.objects.filter(activity=activity, candidate=launch.person).first()
    context = {"activity": activity, "is_marked": result is not None, "result": None}
    if result and can_read_feedback(launch, result):
        sheet = MarkSheet.objects.whole().get(result=result)
        shown = [row for row in _fields(sheet) if row[0].is_shown_to_student]
        context |= {
            "result": result,
            "sheet": sheet,
            "outline": outline(shown, itemgetter(0)),
            "given": by_kind(sheet.statements.all()),
        }
    return render(request, "results/feedback.html", context)


def _release_page(
    request: HttpRequest, launch: Launch, activity: Activity, problem: str = ""
) -> HttpResponse:
    seen = overview(activity, launch.person)
    unreleased = list(Result.objects.unreleased().filter(activity=activity))
    context = {
        "activity": activity,
        "overview": seen,
        "own_is_waiting": any(row.candidate_id == launch.person.pk for row in unreleased),
        "unreleased_count": len(unreleased),
        "seen": releasing.fingerprint(unreleased),
        "problem": problem,
    }
    return render(request, "results/release.html", context, status=409 if problem else 200)
