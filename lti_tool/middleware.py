"""What every request gets: a correlation id for the log, its launch, the launch's language, and who may frame it."""

import contextlib
import secrets
from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers

from lti_tool import framing, session

Handler = Callable[[HttpRequest], HttpResponse]


class CorrelationMiddleware:
    """A short random id that is in the log lines and on the error page, so that one can be found from the other."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.correlation_id = secrets.token_hex(4)  # type: ignore[attr-defined]
        with structlog.contextvars.bound_contextvars(correlation_id=request.correlation_id):  # type: ignore[attr-defined]
            return self.get_response(request)


class LaunchMiddleware:
    """Finds the launch of the bearer token. Answers depend on that header and belong to one person: never kept."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        session.attach(request, _find(request))
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        patch_vary_headers(response, ["Authorization"])
        return response


def _find(request: HttpRequest) -> session.Visit | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return session.find(token) if scheme.lower() == "bearer" and token else None


class LaunchLocaleMiddleware:
    """Speaks the language the course is in, where we have it; else the browser's."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        activate_for(request.visit)  # type: ignore[attr-defined]
        return self.get_response(request)


def activate_for(visit: session.Visit | None) -> None:
    """Switch to the launch's language; a regional or private variant falls back to its base."""
    if visit and visit.locale:
        wanted = visit.locale.replace("_", "-").lower()
        with contextlib.suppress(LookupError):
            translation.activate(translation.get_supported_language_variant(wanted))


class FrameAncestorsMiddleware:
    """Only the platform of this answer may frame it: lti_tool.framing."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        if not is_page or response.has_header("Location"):
            return response  # data and redirects are never framed: the policy's 'none' stays
        if request.path_info.startswith(settings.ADMINISTRATION_PATH):
            return response  # administrators' pages are never framed either
        response._csp_replace = {"frame-ancestors": ["'self'", *framing.ancestors(request)]}  # type: ignore[attr-defined]
        return response
