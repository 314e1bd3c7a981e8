"""Where an examiner's link arrives: one small page, the same for everybody, which sends on what stands behind the #."""

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from assessments.osce import links
from assessments.osce.links import Refused
from assessments.osce.models import ExaminerLink
from lti_tool.port import Limit, first_page

refusals = Limit(settings.EXAM_LINK_REFUSALS_PER_MINUTE)
openings = Limit(settings.EXAM_LINK_OPENINGS_PER_MINUTE)
LONGEST_SECRET = 200


@sensitive_post_parameters("secret")
@require_http_methods(["GET", "HEAD", "POST"])
def door(request: HttpRequest) -> HttpResponse:
    """POST takes a link's secret, lets its staff member in and answers with the first page, as a launch does."""
    if request.method != "POST":
        return render(request, "osce/door.html")
    if refusals.is_reached(request):
        return _closed(request, "too_many", 429)
    try:
        link = links.find(request.POST.get("secret", "")[:LONGEST_SECRET])
        return _open(request, link)
    except Refused as refused:
        refusals.count(request)
        return _closed(request, refused.refusal, 400 if refused.refusal == "broken" else 410)


def _open(request: HttpRequest, link: ExaminerLink) -> HttpResponse:
    device = _device(request.POST.get("device", ""))
    if link.is_open_elsewhere(device) and "here" not in request.POST:
        sent = {"link": link, "secret": links.secret(link), "device": device or ""}
        return render(request, "osce/door_elsewhere.html", sent, status=409)
    if openings.is_reached_by(str(link.key)):
        return _closed(request, "too_many", 429)
    openings.count_name(str(link.key))
    visit = links.open_visit(link=link, device=device)
    return first_page(request, visit, reverse("osce:my_stations", args=[link.session.exam.activity.key]))


def _closed(request: HttpRequest, refusal: str, status: int) -> HttpResponse:
    return render(request, "osce/door_closed.html", {"refusal": refusal}, status=status)


def _device(sent: str) -> UUID | None:
    try:
        return UUID(sent)
    except ValueError:
        return None
