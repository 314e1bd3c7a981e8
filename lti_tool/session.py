"""What carries a person from the launch to the last click: a token in a header, never a cookie.

Third-party frames may not keep cookies. The launch answers with the first page and an opaque token; every further
request sends it as `Authorization: Bearer`. A plain GET gets the shell, which finds the token and asks again.
"""

from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from lti_tool.digests import digest, new_secret
from lti_tool.models import (
    Context,
    LaunchToken,
    Login,
    OneTimeCode,
    Person,
    Registration,
    ResourceLink,
    Role,
    in_service,
    one,
)

_ROWS = ("person", "resource_link", "for_person", "context__deployment__registration")


@dataclass(frozen=True, kw_only=True)
class Launch:
    """Who is here, through which link, in which role, until when."""

    row: LaunchToken = field(repr=False)
    person: Person
    context: Context
    resource_link: ResourceLink
    registration: Registration
    role: Role
    is_learner: bool
    return_url: str
    locale: str
    high_contrast: bool
    # Whose work the LMS's gradebook asked for: says what to show first, never who may see it.
    for_person: Person | None = None
    # The raw token, only in the answer that hands it out; empty on every later request.
    token: str = field(default="", repr=False)


def begin(
    *,
    person: Person,
    resource_link: ResourceLink,
    role: Role,
    is_learner: bool = False,
    return_url: str = "",
    locale: str = "",
    high_contrast: bool = False,
    for_person: Person | None = None,
) -> Launch:
    """Start a session for a verified launch; the Launch carries the raw token."""
    token = new_secret()
    row = LaunchToken.objects.create(
        token_sha256=digest(token),
        person=person,
        context=resource_link.context,
        resource_link=resource_link,
        role=role,
        is_learner=is_learner,
        return_url=return_url,
        locale=locale,
        high_contrast=high_contrast,
        for_person=for_person,
        expires_at=timezone.now() + timedelta(hours=settings.LTI_LAUNCH_TOKEN_HOURS),
    )
    return _launch(row, token)


def begin_like(row: LaunchToken) -> Launch:
    """The same launch again, for a new tab or a double click; it ends when the first one does."""
    token = new_secret()
    copy = LaunchToken.objects.select_related(*_ROWS).get(pk=row.pk)
    copy.pk = None
    copy._state.adding = True
    copy.token_sha256 = digest(token)
    copy.created_at = timezone.now()
    copy.save()
    return _launch(copy, token)


def find(token: str) -> Launch | None:
    """The launch of a token; None for an unknown or expired one, or when the platform has been switched off since."""
    row = one(_valid().select_related(*_ROWS).filter(token_sha256=digest(token)))
    return _launch(row) if row else None


def _launch(row: LaunchToken, token: str = "") -> Launch:
    assert row.resource_link
    return Launch(
        row=row,
        person=row.person,
        context=row.context,
        resource_link=row.resource_link,
        registration=row.context.deployment.registration,
        role=Role(row.role),
        is_learner=row.is_learner,
        return_url=row.return_url,
        locale=row.locale,
        high_contrast=row.high_contrast,
        for_person=row.for_person,
        token=token,
    )


def shell(request: HttpRequest) -> HttpResponse:
    """The same small page for everyone who comes without a valid token; it holds nobody's data.

    Only a plain GET gets it as a success: anything else without a token is answered 401, in words.
    """
    is_plain = request.method in ("GET", "HEAD") and not request.headers.get("Authorization")
    template = "lti_tool/shell.html" if is_plain else "lti_tool/over.html"
    return render(request, template, status=200 if is_plain else 401)


def issue_code(launch: Launch, path: str) -> str:
    """A code that opens one path of ours, once, within a minute, as the person of this launch."""
    code = new_secret()
    OneTimeCode.objects.create(
        code_sha256=digest(code),
        launch=launch.row,
        path=path,
        expires_at=timezone.now() + timedelta(seconds=settings.LTI_CODE_SECONDS),
    )
    return code


def redeem_code(code: str) -> tuple[Launch, str] | None:
    """The launch (with a token of its own) and the path of a code; None when it is unknown, used or too old."""
    now = timezone.now()
    found = OneTimeCode.objects.filter(code_sha256=digest(code), used_at=None, expires_at__gt=now)
    row = found.filter(launch__in=_valid()).select_related("launch").first()
    if row is None or not found.update(used_at=now):
        return None
    return begin_like(row.launch), row.path


def _valid() -> QuerySet[LaunchToken]:
    """Launches that are not over, of platforms and places that have not been switched off since."""
    return LaunchToken.objects.filter(in_service("context__deployment"), expires_at__gt=timezone.now())


def forget_expired() -> None:
    """Delete logins, codes and launches that are over. The worker calls it now and then."""
    now = timezone.now()
    Login.objects.filter(expires_at__lt=now - timedelta(hours=1)).delete()
    OneTimeCode.objects.filter(expires_at__lt=now).delete()
    LaunchToken.objects.filter(expires_at__lt=now).delete()
