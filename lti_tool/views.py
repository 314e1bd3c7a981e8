"""The doors of the tool: login, launch, keys, and one-time codes for new tabs."""

from urllib.parse import urlsplit
from uuid import UUID

import structlog
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render, resolve_url
from django.urls import Resolver404, resolve, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    conditional_page,
    require_GET,
    require_http_methods,
    require_POST,
    require_safe,
)

from lti_tool import cookies, deep_linking, framing, http, keys, limits, logins, oidc, problems, session
from lti_tool import launch as launches
from lti_tool import notices as notice_box
from lti_tool.errors import LaunchRejected, Reason
from lti_tool.first_page import first_page
from lti_tool.models import Problem, Registration
from lti_tool.session import DeepLinking, Launch, Visit
from lti_tool.verification import BrowserProof, BrowserUnproven, UnknownDeployment

log = structlog.get_logger(__name__)


@require_http_methods(["GET", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """Third-party login: keep state and nonce, send the browser on with a 302 GET.

    A redirect, never a form: Moodle's own cookie is SameSite=Lax. Where the platform offers storage, a page puts the
    binding there first, because the cookie may not come back.
    """
    try:
        if limits.logins.is_reached(request):
            raise LaunchRejected(Reason.TOO_MANY)
        limits.logins.count(request)
        begun = oidc.begin(request.POST if request.method == "POST" else request.GET)
    except LaunchRejected as rejection:
        return _rejected(request, rejection)
    request.framed_by = begun.registration  # type: ignore[attr-defined]
    if begun.login.storage_target:
        platform = {"begun": begun, "platform_origin": http.origin(begun.registration.auth_url)}
        response = render(request, "lti_tool/storage_put.html", platform)
    else:
        response = HttpResponseRedirect(begun.platform_url)
    cookies.set_binding(response, begun, in_frame=request.headers.get("Sec-Fetch-Dest") == "iframe")
    return response


@require_http_methods(["GET", "POST"])
def launch(request: HttpRequest) -> HttpResponse:
    """The platform's answer. A good one is answered with the first page; anything else in words, with 4xx."""
    try:
        if limits.rejections.is_reached(request):
            raise LaunchRejected(Reason.TOO_MANY)
        verified, begun = launches.open_launch(request.POST, _proof(request))
    except BrowserUnproven as unproven:
        return _ladder(request, unproven)
    except UnknownDeployment as rejection:
        rejection.ask_administrator()
        return _rejected(request, rejection)
    except LaunchRejected as rejection:
        return _rejected(request, _named_by_platform(request) or rejection)
    request.framed_by = verified.registration  # type: ignore[attr-defined]
    log.info("launch", registration=verified.registration.pk, deployment=verified.deployment.pk)
    return first_page(request, begun, resolve_url(_page_of(begun)))


def _page_of(visit: Visit) -> str:
    if isinstance(visit, DeepLinking):
        return str(settings.LTI_DEEP_LINKING_URL)
    asked_for_somebody = isinstance(visit, Launch) and visit.for_person
    return str(settings.LTI_REVIEW_URL if asked_for_somebody else settings.LTI_LAUNCH_URL)


def review(request: HttpRequest, link: int, person: UUID) -> HttpResponse:
    """What a gradebook keeps as the address of somebody's sheet. It is opened by a launch; by itself it shows nothing."""
    return render(request, "lti_tool/over.html", status=404)


def _proof(request: HttpRequest) -> BrowserProof:
    state = request.POST.get("state", "")
    return BrowserProof(
        cookie=request.COOKIES.get(logins.cookie_name(state), "") if state else "",
        storage=request.POST.get("storage_proof", "")[:200],
        clicked=request.POST.get("opened_by") == "click" and _comes_from_our_own_page(request),
    )


def _comes_from_our_own_page(request: HttpRequest) -> bool:
    """Browsers say where a form was submitted from, and pages cannot lie about it."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    return http.origin(request.headers.get("Origin", "")) == http.origin(settings.TOOL_URL)


def _ladder(request: HttpRequest, unproven: BrowserUnproven) -> HttpResponse:
    """The cookie did not come back: ask the platform's storage once, then offer a tab of its own."""
    login, registration = unproven.login, unproven.registration
    assert registration
    request.framed_by = registration  # type: ignore[attr-defined]
    form = {"id_token": request.POST["id_token"], "state": request.POST["state"]}
    if login.storage_target and "storage_proof" not in request.POST:
        platform = {
            "form": form,
            "storage_key": login.cookie_name,
            "storage_target": login.storage_target,
            "platform_origin": http.origin(registration.auth_url),
        }
        return render(request, "lti_tool/storage_get.html", platform, status=unproven.status)
    log.warning("launch rejected", reason=unproven.reason.value)
    response = render(
        request,
        "lti_tool/new_tab.html",
        {"form": form, "rejection": unproven, "claims": unproven.claims},
        status=403,
    )
    # Lets the browser name our origin when the form is submitted; the page has no links that lead elsewhere.
    response.headers["Referrer-Policy"] = "same-origin"
    return response


def _named_by_platform(request: HttpRequest) -> LaunchRejected | None:
    """The platform's own refusal (OIDC error response), believed only together with a state that is ours."""
    if not request.POST.get("error") or request.POST.get("id_token"):
        return None
    refusal = LaunchRejected(Reason.PLATFORM_REFUSED, request.POST["error"][:60])
    try:
        begun = logins.read(request.POST.get("state", ""))
    except LaunchRejected as rejection:
        return rejection
    refusal.registration = Registration.objects.filter(pk=begun.registration_id).first()
    request.framed_by = refusal.registration  # type: ignore[attr-defined]
    return refusal


def _rejected(request: HttpRequest, rejection: LaunchRejected) -> HttpResponse:
    limits.rejections.count(request)
    if rejection.reason == Reason.REGISTRATION_UNKNOWN:
        # The page holds nothing, and whoever tries an LMS that is not registered yet shall see its words.
        request.framed_by_origins = {framing.asking_origin(request)} - {""}  # type: ignore[attr-defined]
    log.warning("launch rejected", reason=rejection.reason.value, detail=rejection.detail[:100])
    if rejection.reason == Reason.REGISTRATION_WAITING:
        request.framed_by = rejection.registration  # type: ignore[attr-defined]
    if rejection.registration and rejection.concerns_administrator:
        problems.note(
            rejection.registration,
            area=Problem.Area.LAUNCH,
            code=rejection.reason.value,
            said=rejection.detail,
        )
    return render(request, "lti_tool/rejected.html", {"rejection": rejection}, status=rejection.status)


@require_GET
def deep_linking_return(request: HttpRequest) -> HttpResponse:
    """The form that takes the choice back to the platform. A document of its own: its policy lets it post there.

    It posts itself when its one-time code opens it. Back and reload lead to the page that asks before it sends anything again.
    """
    visit = request.deep_linking  # type: ignore[attr-defined]
    if visit is None:
        return session.shell(request)
    if not visit.token or not visit.is_answered:
        return HttpResponseRedirect(resolve_url(settings.LTI_DEEP_LINKING_URL), status=303)
    form = {"return_url": visit.asked.return_url, "jwt": deep_linking.response(visit)}
    response = render(request, "lti_tool/deep_linking_return.html", form)
    response._csp_update = {"form-action": http.origin(form["return_url"])}  # type: ignore[attr-defined]
    return response


@require_POST
def deep_linking_cancel(request: HttpRequest) -> HttpResponse:
    """Back to the course with nothing."""
    visit = request.deep_linking  # type: ignore[attr-defined]
    if visit is None:
        return session.shell(request)
    problem = (
        "" if visit.takes_links else _("Bellringer adds activities only; this place takes other content.")
    )
    return deep_linking.answer(request, list, message=_("Nothing was added."), problem=problem)


@require_safe
@conditional_page
def jwks(request: HttpRequest) -> JsonResponse:
    """Our public keys. Canvas reads this for every token it gives us: public, small, cacheable for an hour."""
    response = JsonResponse(keys.key_set())
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


@require_POST
def notices(request: HttpRequest) -> JsonResponse:
    """What platforms tell us by themselves (Platform Notification Service). Kept here; the worker works on it.

    Anybody may post here: only a signature of a registered platform counts. Answered at once, and said which were refused.
    """
    if limits.rejections.is_reached(request):
        return JsonResponse({"errors": [{"reason": Reason.TOO_MANY}]}, status=429)
    try:
        tokens = notice_box.read(request.body)
    except RequestDataTooBig:
        tokens = None
    if tokens is None:
        limits.rejections.count(request)
        return JsonResponse({"errors": [{"reason": Reason.TOKEN_MALFORMED}]}, status=400)
    refused = notice_box.receive(tokens)
    if refused:
        limits.rejections.count(request)
    errors = [{"notice": place, "reason": rejection.reason} for place, rejection in refused.items()]
    return JsonResponse({"errors": errors} if errors else {}, status=400 if errors else 200)


@require_POST
def end(request: HttpRequest) -> HttpResponse:
    """Ends the visit, as on a tablet that others use too. The same answer where it was over already."""
    visit = request.visit  # type: ignore[attr-defined]
    if visit is not None:
        request.framed_by_origins = http.origins_of(visit.registration, visit.context.deployment)  # type: ignore[attr-defined]
        session.end(visit)
        session.attach(request, None)
    return render(request, "lti_tool/ended.html")


@require_POST
def codes(request: HttpRequest) -> HttpResponse:
    """A one-time address that opens one of our pages in a new tab, for whoever holds this launch's token."""
    launch = request.launch  # type: ignore[attr-defined]
    if launch is None:
        return session.shell(request)
    path = request.POST.get("path", "")
    if not _is_page_of_ours(path):
        return JsonResponse({"detail": "path"}, status=400)
    code = session.issue_code(launch, path)
    return JsonResponse({"url": reverse("lti_tool:open", args=[code])}, status=201)


def _is_page_of_ours(path: str) -> bool:
    if not path.startswith("/") or path.startswith("//") or len(path) > 2000:
        return False
    try:
        return getattr(resolve(urlsplit(path).path).func, "launch_required", False)
    except Resolver404:
        return False


@require_GET
def open_code(request: HttpRequest, code: str) -> HttpResponse:
    """Open what a one-time code stands for. A used or old code leads back to the course, in words."""
    redeemed = session.redeem_code(code)
    if redeemed is None:
        return render(request, "lti_tool/over.html", status=410)
    visit, path = redeemed
    return first_page(request, visit, path)
