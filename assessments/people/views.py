from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from assessments.activities.models import Activity
from assessments.people import candidates
from assessments.people.comparison import Chosen, compare
from assessments.people.permissions import can_decide, can_see_people
from lti_tool.port import Launch, current_launch, launch_required, members, roster_status

DECISIONS = {"yes": True, "no": False, "lms": None}


@require_safe
@launch_required
def people(request: HttpRequest, key: UUID) -> HttpResponse:
    """Everybody in the course, as the course list, the launches and the gradebook know them."""
    launch, activity = _find(request, key)
    return _page(request, launch, activity)


@require_POST
@launch_required
def roster(request: HttpRequest, key: UUID) -> HttpResponse:
    """Asks for the course list anew."""
    _launch, activity = _find(request, key)
    roster_status(activity.context, refresh=True)
    return _see_people(request, activity, "roster")


@require_POST
@launch_required
def decision(request: HttpRequest, key: UUID, person_key: UUID) -> HttpResponse:
    """Decides whether somebody counts as a candidate: `counts` is yes, no, or lms for whatever the LMS says."""
    launch, activity = _find(request, key)
    if not can_decide(launch):
        raise PermissionDenied(_("Who counts as a candidate is decided by the course's teachers."))
    found = [member.person for member in members(activity.context) if member.person.key == person_key]
    if not found:
        raise Http404
    counts = request.POST.get("counts", "")
    if counts not in DECISIONS:
        return _page(request, launch, activity, problem=_("Nothing was done: please choose one of the two."))
    candidates.decide(activity=activity, person=found[0], counts=DECISIONS[counts], by=launch.person)
    return _see_people(request, activity, "decided")


def _find(request: HttpRequest, key: UUID) -> tuple[Launch, Activity]:
    launch = current_launch(request)
    assert launch
    activity = get_object_or_404(
        Activity.objects.visible_to(launch).set_up().select_related("context"), key=key
    )
    if not can_see_people(launch):
        raise PermissionDenied(_("The list of course members is for those who teach the course."))
    activity.resource_link = launch.resource_link
    return launch, activity


def _see_people(request: HttpRequest, activity: Activity, done: str) -> HttpResponse:
    """The list again, as it was chosen."""
    query = Chosen.read(request.GET).query(done=done)
    return HttpResponse(
        status=303, headers={"Location": f"{reverse('people:people', args=[activity.key])}?{query}"}
    )


def _page(request: HttpRequest, launch: Launch, activity: Activity, *, problem: str = "") -> HttpResponse:
    status = roster_status(activity.context)
    chosen = Chosen.read(request.GET)
    comparison = compare(activity, chosen, list_was_read=status.swept_at is not None)
    context = {
        "activity": activity,
        "roster": status,
        "comparison": comparison,
        "chosen": chosen,
        "query": chosen.query(page=comparison.page),
        "pages": [(number, chosen.query(page=number)) for number in _near(comparison.page, comparison.pages)],
        "kinds": [(kind, words, n, chosen.query(kind=kind, page=1)) for kind, words, n in comparison.kinds],
        "everybody": chosen.query(kind="", page=1),
        "can_decide": can_decide(launch),
        "problem": problem,
    }
    return render(request, "people/people.html", context, status=400 if problem else 200)


def _near(page: int, pages: int) -> list[int]:
    """The pages to offer: the first, the last, and those around this one."""
    return sorted({1, pages, *range(max(1, page - 2), min(pages, page + 2) + 1)}) if pages > 1 else []
