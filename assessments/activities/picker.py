"""The pages on which somebody in the LMS chooses what a new link shall open: an activity there is, or a new one."""

from collections.abc import Callable
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from assessments.activities import kinds, picking
from assessments.activities.models import Activity
from assessments.activities.permissions import can_choose
from assessments.audit.recording import record
from lti_tool.port import DeepLinking, Item, deep_link_answer, deep_linking, deep_linking_required


@require_http_methods(["GET", "HEAD", "POST"])
@deep_linking_required
def picker(request: HttpRequest) -> HttpResponse:
    """What can be chosen. POST takes the chosen activities of the course to the LMS; once only, however often it is sent."""
    visit = _visit(request)
    if not can_choose(visit):
        return _refuse(request)
    if request.method != "POST":
        return _page(request, visit)
    try:
        return _answer(request, lambda: _chosen(request, visit))
    except ValidationError as error:
        return _page(request, visit, problems={"": error.messages})


@require_POST
@deep_linking_required
def new(request: HttpRequest) -> HttpResponse:
    """Makes an activity and takes it to the LMS; with `then` = more, puts it on the list to choose from."""
    visit = _visit(request)
    if not can_choose(visit):
        return _refuse(request)
    try:
        terms = picking.read_terms(request.POST)
        if request.POST.get("then") == "more" and not visit.is_answered:
            made = picking.begin(visit=visit, key=_key(request), form=request.POST, by=visit.person)
            return HttpResponse(
                status=303, headers={"Location": f"{reverse('activities:picker')}?made={made.key}"}
            )
        return _answer(request, lambda: [_made(request, visit, terms)])
    except ValidationError as error:
        problems = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        return _page(request, visit, problems=problems)


def _visit(request: HttpRequest) -> DeepLinking:
    visit = deep_linking(request)
    assert visit
    return visit


def _refuse(request: HttpRequest) -> HttpResponse:
    """In words first, because some LMSs show none; then back."""
    if request.method == "POST":
        return deep_link_answer(request, list, problem=_("Activities are added by the course's teachers."))
    return render(request, "activities/cannot_choose.html", status=403)


def _answer(request: HttpRequest, choose: Callable[[], list[Item]]) -> HttpResponse:
    return deep_link_answer(request, choose, message=_("Added from Bellringer."))


def _made(request: HttpRequest, visit: DeepLinking, terms: picking.Terms) -> Item:
    activity = picking.begin(visit=visit, key=_key(request), form=request.POST, by=visit.person)
    record("activity.chosen", by=visit.person, on=activity)
    return picking.item(activity, terms)


def _chosen(request: HttpRequest, visit: DeepLinking) -> list[Item]:
    keys = set(request.POST.getlist("activity"))
    rows = Activity.objects.choosable_in(visit).select_related("rubric").order_by("title", "pk")
    chosen = [row for row in rows if str(row.key) in keys]
    if not chosen or len(chosen) < len(keys):
        raise ValidationError(_("Choose an activity from the list."))
    if len(chosen) > 1 and not visit.takes_many:
        raise ValidationError(_("Only one activity can be added from this place in your course."))
    for row in chosen:
        record("activity.chosen", by=visit.person, on=row)
    return [picking.item(row) for row in chosen]


def _key(request: HttpRequest) -> UUID:
    try:
        return UUID(request.POST.get("key", ""))
    except ValueError:
        raise ValidationError(_("This page is out of date. Nothing was made; please try again.")) from None


def _page(
    request: HttpRequest, visit: DeepLinking, problems: dict[str, list[str]] | None = None
) -> HttpResponse:
    if visit.is_answered:
        return render(request, "activities/chosen.html", {"visit": visit})
    activities = (
        Activity.objects.choosable_in(visit)
        .select_related("rubric", "resource_link")
        .prefetch_related("rubric__criteria__levels")
    )
    offered = [(kind, kind.choices(visit.context)) for kind in kinds.offered()]
    context = {
        "visit": visit,
        "activities": sorted(
            activities, key=lambda row: (row.resource_link_id is not None, row.title.casefold())
        ),
        "made": request.POST.getlist("activity") or request.GET.getlist("made"),
        "kinds": offered,
        "sent": request.POST,
        "key": request.POST.get("key") or uuid4(),
        "problems": problems or {},
    }
    return render(request, "activities/picker.html", context, status=400 if problems else 200)
