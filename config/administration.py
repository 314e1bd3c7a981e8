"""Django's admin for whoever runs Bellringer: superusers only, cookies under /admin/ only, never framed.

Nothing of it touches the pages of a launch: sessions, users and messages do not exist outside ADMINISTRATION_PATH.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext_lazy as _

from assessments.measurement.verification import checks
from lti_tool import limits
from lti_tool.digests import digest


def is_administration(request: HttpRequest) -> bool:
    return request.path_info.startswith(settings.ADMINISTRATION_PATH)


class AdministrationHeaders:
    """Never framed, not even by ourselves. The forms' origin is named to us: Django's protection compares it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if is_administration(request):
            response.headers["X-Frame-Options"] = "DENY"
            response.headers["Referrer-Policy"] = "same-origin"
            response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        return response


class _UnderAdmin:
    """A middleware that is not there for other pages: no cookie, no query, no `request.user`."""

    def __call__(self: Any, request: HttpRequest) -> HttpResponseBase:
        if not is_administration(request):
            return self.get_response(request)
        return super().__call__(request)  # type: ignore[misc]


class SessionUnderAdmin(_UnderAdmin, SessionMiddleware):
    pass


class AuthenticationUnderAdmin(_UnderAdmin, AuthenticationMiddleware):
    pass


class MessagesUnderAdmin(_UnderAdmin, MessageMiddleware):
    pass


class SignInForm(AdminAuthenticationForm):
    """A few wrong passwords a minute, counted for the address and for the name; then nobody may, right or wrong.

    The name is counted too because guesses may come from many addresses. Both are kept in memory, the name hashed.
    """

    def clean(self) -> dict[str, Any]:
        if any(limits.sign_ins.is_reached_by(name) for name in self._counted()):
            raise ValidationError(_("Too many tries. Please wait a minute, then try again."), code="too-many")
        try:
            return super().clean()
        except ValidationError:
            for name in self._counted():
                limits.sign_ins.count_name(name)
            raise

    def _counted(self) -> list[str]:
        assert self.request is not None
        return [limits.address_of(self.request), digest(self.cleaned_data.get("username", ""))]

    def confirm_login_allowed(self, user: Any) -> None:
        super().confirm_login_allowed(user)
        if not user.is_superuser:
            raise self.get_invalid_login_error()


class AdministrationSite(AdminSite):
    site_header = site_title = _("Bellringer administration")
    index_title = _("Platforms, deliveries and keys")
    site_url = None  # there is no page of Bellringer outside a course
    login_form = SignInForm
    index_template = "admin/bellringer_index.html"

    def has_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_staff and request.user.is_superuser)

    def get_urls(self) -> list[Any]:
        return [
            path("statistics/", self.admin_view(self.statistics), name="verify_statistics"),
            *super().get_urls(),
        ]

    def statistics(self, request: HttpRequest) -> HttpResponse:
        """Published tables, computed again by this installation when asked: what the command verify_statistics prints."""
        found = checks() if request.method == "POST" else []
        context = {
            **self.each_context(request),
            "title": _("Verify the statistics"),
            "checks": found,
            "bad": sum(not check.is_good for check in found),
        }
        return render(request, "admin/statistics.html", context)
