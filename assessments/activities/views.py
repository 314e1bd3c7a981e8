from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import resolve, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments.activities import activities, kinds, linking, single
from assessments.activities.models import Activity
from assessments.activities.permissions import can_assess, can_see_candidates, can_set_up
from assessments.rubrics import library
from assessments.rubrics.models import Rubric
from lti_tool.port import Launch, Role, current_launch, launch_required, members, roster_status


@require_safe
@launch_required
def start(request: HttpRequest) -> HttpResponse:
    """Where every launch arrives: the home page of the link's activity, or the page that sets it up. Never redirects."""
    launch = _launch(request)
    activity = linking.open_activity(launch)
    if activity is None and can_set_up(launch):
        activity = _copied(launch)
    if activity and activity.is_set_up:
        home = resolve(activity.get_absolute_url())
        return home.func(request, *home.args, **home.kwargs)
    if can_set_up(launch):
        return _setup_page(request, launch, activity)
    return render(request, "activities/not_set_up.html", {"is_staff": can_see_candidates(launch)})


@require_safe
@launch_required
def review(request: HttpRequest) -> HttpResponse:
    """Where a launch from the LMS's gradebook arrives: the page of whom it asked for, and of nobody else. Never redirects."""
    launch = _launch(request)
    activity = Activity.objects.visible_to(launch).set_up().first()
    wanted = kinds.find(activity.kind).candidate_page if activity else ""
    if activity is None or launch.for_person is None or not wanted:
        return start(request)
    page = resolve(reverse(wanted, args=[activity.key, launch.for_person.key]))
    return page.func(request, *page.args, **page.kwargs)


def _copied(launch: Launch) -> Activity | None:
    """In a copied course the first teacher who comes brings the set-up along: it is harmless, and expected."""
    origin = linking.origin(launch)
    if origin is None or origin.is_same_course:
        return None
    return linking.copy(source=origin.activity, resource_link=launch.resource_link, by=launch.person)


@require_http_methods(["GET", "HEAD", "POST"])
@launch_required
def setup(request: HttpRequest) -> HttpResponse:
    """Chooses the rubric of the launch's own link; of a kind that has several, leads to where they are chosen."""
    launch = _setter(request)
    activity = Activity.objects.visible_to(launch).select_related("rubric").first()
    if activity and activity.is_set_up and activity.kind != single.KIND.slug:
        return _see_rubrics(activity, request.POST.get("rubric", ""))
    if request.method != "POST":
        return _setup_page(request, launch, activity)
    rubric = _chosen_rubric(request, launch)
    try:
        activities.set_up(resource_link=launch.resource_link, rubric=rubric, by=launch.person)
    except ValidationError as error:
        return _setup_page(request, launch, activity, problems={"": error.messages})
    return _see_start("set_up")


@require_POST
@launch_required
def begin(request: HttpRequest) -> HttpResponse:
    """Makes the launch's link open a new activity of another kind than the one with a rubric, which has `setup`."""
    launch = _setter(request)
    try:
        kind = request.POST.get("kind", "")
        activities.begin(resource_link=launch.resource_link, kind=kind, form=request.POST, by=launch.person)
    except ValidationError as error:
        activity = Activity.objects.visible_to(launch).first()
        return _setup_page(request, launch, activity, problems={"": error.messages})
    return _see_start("begun")


@require_POST
@launch_required
def copy_set_up(request: HttpRequest) -> HttpResponse:
    """Uses a copy of another activity's set-up: of this course, or of a course this one was copied from."""
    launch = _setter(request)
    source = _meant(request, launch)
    try:
        linking.copy(source=source, resource_link=launch.resource_link, by=launch.person)
    except ValidationError as error:
        return _setup_page(request, launch, None, problems={"": error.messages})
    return _see_start("copied")


@require_POST
@launch_required
def move(request: HttpRequest) -> HttpResponse:
    """Opens an activity of this course from the launch's link, and no longer from its own."""
    launch = _setter(request)
    try:
        linking.move(activity=_meant(request, launch), resource_link=launch.resource_link, by=launch.person)
    except ValidationError as error:
        return _setup_page(request, launch, None, problems={"": error.messages})
    return _see_start("moved")


@require_POST
@launch_required
def start_empty(request: HttpRequest) -> HttpResponse:
    """Drops the copied set-up of the launch's activity, to choose a rubric anew."""
    launch = _setter(request)
    activity = get_object_or_404(Activity.objects.visible_to(launch))
    try:
        linking.start_empty(activity=activity, by=launch.person)
    except ValidationError as error:
        return _setup_page(request, launch, activity, problems={"": error.messages})
    return _see_start("emptied")


def _setter(request: HttpRequest) -> Launch:
    launch = _launch(request)
    if not can_set_up(launch):
        raise PermissionDenied(_("Activities are set up by the course's teachers and designers."))
    return launch


def _meant(request: HttpRequest, launch: Launch) -> Activity:
    """The activity that the page offered: any other is not there."""
    origin = linking.origin(launch)
    offered = [*([origin.activity] if origin else []), *linking.offered(launch)]
    for activity in offered:
        if str(activity.key) == request.POST.get("activity"):
            return activity
    raise Http404


@require_POST
@launch_required
def roster(request: HttpRequest) -> HttpResponse:
    """Asks for the list of course members anew."""
    launch = _launch(request)
    if not can_see_candidates(launch):
        raise PermissionDenied(_("The list of course members is for those who teach the course."))
    roster_status(launch.context, refresh=True)
    return _see_start("roster")


@require_POST
@launch_required
def sheet(request: HttpRequest, key: UUID, person_key: UUID) -> HttpResponse:
    """Opens the candidate's mark sheet, beginning it if nobody has."""
    launch = _launch(request)
    mine = Activity.objects.visible_to(launch).of_kind(single.KIND.slug)
    activity = get_object_or_404(mine.select_related("rubric"), key=key)
    if not can_see_candidates(launch):
        raise PermissionDenied(_("Candidates are marked by the course's teachers and examiners."))
    found = [row.person for row in members(launch.context, Role.LEARNER) if row.person.key == person_key]
    if not found:
        raise Http404
    if not can_assess(launch, found[0].pk):
        raise PermissionDenied(_("Nobody marks themselves. Somebody else has to mark you."))
    assessment = activities.assess(activity=activity, candidate=found[0], by=launch.person)
    return HttpResponse(status=303, headers={"Location": assessment.sheet.get_absolute_url()})


def _launch(request: HttpRequest) -> Launch:
    launch = current_launch(request)
    assert launch
    return launch


def _chosen_rubric(request: HttpRequest, launch: Launch) -> Rubric:
    try:
        key = UUID(request.POST.get("rubric", ""))
    except ValueError:
        raise Http404 from None
    return get_object_or_404(Rubric.objects.visible_to(launch), key=key)


def _see_start(done: str) -> HttpResponse:
    return HttpResponse(status=303, headers={"Location": f"{reverse('activities:start')}?done={done}"})


def _see_rubrics(activity: Activity, chosen: str) -> HttpResponse:
    name = kinds.find(activity.kind).rubric_page
    if not name or not chosen:
        return _see_start("")
    told = QueryDict(mutable=True)
    told["rubric"] = chosen
    address = f"{reverse(name, args=[activity.key])}?{told.urlencode()}"
    return HttpResponse(status=303, headers={"Location": address})


def _setup_page(
    request: HttpRequest,
    launch: Launch,
    activity: Activity | None,
    problems: dict[str, list[str]] | None = None,
) -> HttpResponse:
    rubrics = Rubric.objects.visible_to(launch).whole()
    is_open = activity is not None and activity.is_set_up
    origin = None if is_open else linking.origin(launch)
    context = {
        "duplicate_of": origin.activity if origin and origin.is_same_course else None,
        "offered": [] if is_open else linking.offered(launch),
        "activity": activity,
        "has_begun": bool(activity and activity.has_begun),
        "published": rubrics.newest_published(),
        "drafts": rubrics.drafts(),
        "templates": library.templates(),
        "kinds": [] if is_open else [kind for kind in kinds.offered() if kind != single.KIND],
        "problems": problems or {},
    }
    return render(request, "activities/setup.html", context, status=400 if problems else 200)
