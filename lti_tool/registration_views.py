"""What an LMS's administrator sees when Bellringer's invitation is opened in their LMS, and the Canvas configuration."""

import structlog
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods

from lti_tool import http, invites, limits, openid_configuration, registration, tool_configuration
from lti_tool.errors import Obstacle, RegistrationRefused
from lti_tool.models import Invite
from lti_tool.openid_configuration import PlatformConfiguration
from lti_tool.registration import Asked

log = structlog.get_logger(__name__)

# Hosted schools frame us from their own domain, which is unknown while their configuration is.
HOSTED_CANVAS = "https://*.instructure.com"


@require_http_methods(["GET", "POST"])
def register(request: HttpRequest, code: str) -> HttpResponse:
    """GET reads the platform's configuration and asks; only the button's POST registers (docs/decisions/0010)."""
    form = request.POST if request.method == "POST" else request.GET
    request.framed_by_origins = _who_asks(form.get("openid_configuration", ""))  # type: ignore[attr-defined]
    invite = None
    try:
        if limits.rejections.is_reached(request):
            raise RegistrationRefused(Obstacle.TOO_MANY)
        invite = invites.find(code)
        if not form.get("openid_configuration"):
            return _how_to_use(request, invite)
        asked = Asked.read(form, invite)
        platform = openid_configuration.fetch(asked.openid_configuration, asked.token)
        request.framed_by_origins = _origins_of(asked, platform)  # type: ignore[attr-defined]
        if request.method == "GET":
            return _ask(request, invite, asked, platform)
        row = registration.register(invite=invite, asked=asked, platform=platform)
    except RegistrationRefused as refusal:
        return _refused(request, refusal, invite)
    log.info("registered", registration=row.pk, family=row.platform_family)
    return render(request, "lti_tool/registration/done.html", {"registration": row})


def _who_asks(url: str) -> set[str]:
    """Pages that hold nothing (a refusal, in words) may be seen where the request says it comes from."""
    return {origin for origin in (http.origin(url), HOSTED_CANVAS) if origin}


def _origins_of(asked: Asked, platform: PlatformConfiguration) -> set[str]:
    """The page with the button: only the platform that was checked, and the school's own domain on hosted Canvas."""
    return {
        http.origin(asked.openid_configuration),
        http.origin(platform.registration_url),
        *platform.origins,
    }


def _how_to_use(request: HttpRequest, invite: Invite) -> HttpResponse:
    """Somebody, or a preview of a mail program, opened the address itself."""
    address = request.build_absolute_uri(request.path)
    return render(request, "lti_tool/registration/paste.html", {"invite": invite, "address": address})


def _ask(request: HttpRequest, invite: Invite, asked: Asked, platform: PlatformConfiguration) -> HttpResponse:
    shown = {
        "invite": invite,
        "asked": asked,
        "platform": platform,
        "privacy": tool_configuration.PRIVACY_WORDS[asked.privacy],
        "body": registration.request_body(platform, asked.privacy),
    }
    return render(request, "lti_tool/registration/ask.html", shown)


def _refused(request: HttpRequest, refusal: RegistrationRefused, invite: Invite | None) -> HttpResponse:
    limits.rejections.count(request)
    log.warning("registration refused", obstacle=refusal.obstacle.value)
    if invite:
        invites.note(invite, refusal)
    return render(request, "lti_tool/registration/refused.html", {"refusal": refusal}, status=refusal.status)


@require_GET
def canvas_json(request: HttpRequest) -> JsonResponse:
    """For an LTI key by URL in Canvas. `?privacy=` is one of Canvas's levels."""
    response = JsonResponse(
        tool_configuration.canvas_json(request.GET.get("privacy", "")), json_dumps_params={"indent": 2}
    )
    response.headers["Cache-Control"] = "public, max-age=300"
    return response
