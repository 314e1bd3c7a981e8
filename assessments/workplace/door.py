"""Where the link of a request arrives: one small page, the same for everybody, which sends on what stands behind the #.

A listed assessor shows with their PIN that it is them. Somebody whom only the learner named says so themselves, and what
they hand in carries “identity not checked”.
"""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from assessments.workplace import assessors, links
from assessments.workplace.models import AssessmentRequest
from lti_tool.port import Limit, first_page

refusals = Limit(settings.EXAM_LINK_REFUSALS_PER_MINUTE)
openings = Limit(settings.EXAM_LINK_OPENINGS_PER_MINUTE)
LONGEST_SECRET = 200
LONGEST_PIN = 20


@sensitive_post_parameters("secret", "pin")
@require_http_methods(["GET", "HEAD", "POST"])
def door(http: HttpRequest) -> HttpResponse:
    """POST takes a link's secret, asks who is there, and answers with the sheet, as a launch does."""
    if http.method != "POST":
        return render(http, "workplace/door.html", {"done": http.GET.get("done", "")})
    if refusals.is_reached(http):
        return _closed(http, "too_many", 429)
    request = links.find(http.POST.get("secret", "")[:LONGEST_SECRET])
    if request is None:
        refusals.count(http)
        return _closed(http, "broken", 400)
    if not request.is_waiting:
        return _closed(http, request.state, 410)
    if openings.is_reached_by(str(request.key)):
        return _closed(http, "too_many", 429)
    openings.count_name(str(request.key))
    return _checked(http, request) if request.assessor.is_checked else _named(http, request)


def _checked(http: HttpRequest, request: AssessmentRequest) -> HttpResponse:
    """For somebody who is on the list or in the course."""
    if not request.assessor.pin:
        return _closed(http, "no_pin" if request.assessor.is_guest else "no_pin_of_member", 403, request)
    if "pin" not in http.POST:
        return _ask_who(http, request)
    try:
        pin = http.POST["pin"].replace(" ", "")[:LONGEST_PIN]
        if assessors.is_their_pin(assessor=request.assessor, pin=pin):
            return _open(http, request)
        problem = _("This is not the PIN of %(who)s.") % {"who": request.assessor.display_name}
    except ValidationError as error:
        problem = " ".join(error.messages)
    return _ask_who(http, request, problem)


def _named(http: HttpRequest, request: AssessmentRequest) -> HttpResponse:
    return _open(http, request) if "me" in http.POST else _ask_who(http, request)


def _open(http: HttpRequest, request: AssessmentRequest) -> HttpResponse:
    try:
        visit = links.open_visit(request=request)
    except ValidationError:  # it ended in this moment
        current = AssessmentRequest.objects.whole().get(pk=request.pk)
        return _closed(http, current.state, 410)
    sheet = AssessmentRequest.objects.select_related("sheet").get(pk=request.pk).sheet
    assert sheet
    return first_page(http, visit, sheet.get_absolute_url())


def _ask_who(http: HttpRequest, request: AssessmentRequest, problem: str = "") -> HttpResponse:
    context = {"request": http, "found": request, "secret": links.secret(request), "problem": problem}
    return render(http, "workplace/door_who.html", context, status=403 if problem else 200)


def _closed(
    http: HttpRequest, refusal: str, status: int, request: AssessmentRequest | None = None
) -> HttpResponse:
    return render(http, "workplace/door_closed.html", {"refusal": refusal, "found": request}, status=status)
