"""What carries a person from the launch to the last click: a token in a header, never a cookie.

Third-party frames may not keep cookies. The launch answers with the first page and an opaque token; every further
request sends it as `Authorization: Bearer`. A plain GET gets the shell, which finds the token and asks again.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from lti_tool.digests import digest, new_secret
from lti_tool.errors import LtiError
from lti_tool.models import (
    Context,
    DeepLinkingRequest,
    LaunchToken,
    OneTimeCode,
    Person,
    Registration,
    ResourceLink,
    Role,
    in_service,
    one,
)
from lti_tool.platforms import habits

_ROWS = ("person", "resource_link", "deep_linking", "for_person", "context__deployment__registration")


@dataclass(frozen=True, kw_only=True)
class Visit:
    """Who is here, in which course, in which role, until when."""

    row: LaunchToken = field(repr=False)
    person: Person
    context: Context
    registration: Registration
    role: Role
    is_learner: bool
    return_url: str
    locale: str
    high_contrast: bool
    # The school's own colours, by the names that the style sheets have for them.
    theme: dict[str, str]
    # The raw token, only in the answer that hands it out; empty on every later request.
    token: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class Launch(Visit):
    """A visit through a resource link."""

    resource_link: ResourceLink
    # Whose work the LMS's gradebook asked for: says what to show first, never who may see it.
    for_person: Person | None = None


@dataclass(frozen=True, kw_only=True)
class DeepLinking(Visit):
    """A visit that chooses what a new link shall open. It opens no link itself: pages of a launch are closed to it."""

    asked: DeepLinkingRequest

    @property
    def takes_links(self) -> bool:
        """Whether this place takes activities at all; some take only files, pictures or plain links."""
        accepted = self.asked.settings.get("accept_types")
        return isinstance(accepted, list) and "ltiResourceLink" in accepted

    @property
    def takes_many(self) -> bool:
        return self.asked.settings.get("accept_multiple") is True

    @property
    def takes_columns(self) -> bool:
        """Whether a gradebook column may come with a link. Platforms older than the question take one."""
        return self.asked.settings.get("accept_lineitem") is not False

    @property
    def takes_windows(self) -> bool:
        targets = self.asked.settings.get("accept_presentation_document_targets")
        return isinstance(targets, list) and "window" in targets

    @property
    def takes_dates(self) -> bool:
        return habits(self.registration).takes_dates_with_links

    @property
    def is_answered(self) -> bool:
        return self.asked.answered_at is not None


class AlreadyUsed(LtiError):
    """The login had opened a launch before; whoever verified it did not know yet."""


def begin(
    opens: ResourceLink | DeepLinkingRequest,
    *,
    person: Person,
    role: Role,
    is_learner: bool = False,
    return_url: str = "",
    locale: str = "",
    high_contrast: bool = False,
    theme: dict[str, str] | None = None,
    for_person: Person | None = None,
    state_sha256: str | None = None,
    id_token_sha256: str = "",
    door: UUID | None = None,
    expires_at: datetime | None = None,
) -> Visit:
    """Start a session for a verified launch, which uses its login up; the visit carries the raw token.

    Only guests come through a `door` (lti_tool.guests), and it says until when.

    Raises AlreadyUsed inside of the caller's transaction, which must end with it.
    """
    token = new_secret()
    row = LaunchToken(
        token_sha256=digest(token),
        state_sha256=state_sha256,
        id_token_sha256=id_token_sha256,
        person=person,
        context=opens.context,
        resource_link=opens if isinstance(opens, ResourceLink) else None,
        deep_linking=opens if isinstance(opens, DeepLinkingRequest) else None,
        role=role,
        is_learner=is_learner,
        return_url=return_url,
        locale=locale,
        high_contrast=high_contrast,
        theme=theme or {},
        for_person=for_person,
        door=door,
        expires_at=expires_at or timezone.now() + timedelta(hours=settings.LTI_LAUNCH_TOKEN_HOURS),
    )
    try:
        row.save(force_insert=True)
    except IntegrityError:
        if state_sha256 is None:
            raise
        raise AlreadyUsed from None
    return _visit(row, token)


def begin_like(row: LaunchToken) -> Visit:
    """The same launch again, for a new tab or a double click; it ends when the first one does."""
    token = new_secret()
    copy = LaunchToken.objects.select_related(*_ROWS).get(pk=row.pk)
    copy.pk = None
    copy._state.adding = True
    copy.token_sha256 = digest(token)
    copy.state_sha256 = None
    copy.created_at = timezone.now()
    copy.save()
    return _visit(copy, token)


def end(visit: Visit) -> None:
    """End the visit here and in the tabs it was handed on to; not another one, on another device."""
    now = timezone.now()
    same = LaunchToken.objects.filter(person=visit.person, visit=visit.row.visit, expires_at__gt=now)
    same.update(expires_at=now)


def find(token: str) -> Visit | None:
    """The Launch or DeepLinking of a token; None where it is unknown or expired, or the platform switched off since."""
    row = one(_valid().select_related(*_ROWS).filter(token_sha256=digest(token)))
    return _visit(row) if row else None


def _visit(row: LaunchToken, token: str = "") -> Visit:
    who: dict[str, Any] = {
        "row": row,
        "person": row.person,
        "context": row.context,
        "registration": row.context.deployment.registration,
        "role": Role(row.role),
        "is_learner": row.is_learner,
        "return_url": row.return_url,
        "locale": row.locale,
        "high_contrast": row.high_contrast,
        "theme": row.theme,
        "token": token,
    }
    if row.deep_linking:
        return DeepLinking(asked=row.deep_linking, **who)
    assert row.resource_link
    return Launch(resource_link=row.resource_link, for_person=row.for_person, **who)


def attach(request: HttpRequest, visit: Visit | None) -> None:
    """Let the request know whose it is. `request.launch` is only ever a Launch, `request.deep_linking` only the other."""
    request.visit = visit  # type: ignore[attr-defined]
    request.launch = visit if isinstance(visit, Launch) else None  # type: ignore[attr-defined]
    request.deep_linking = visit if isinstance(visit, DeepLinking) else None  # type: ignore[attr-defined]


def shell(request: HttpRequest) -> HttpResponse:
    """The same small page for everyone who comes without a valid token; it holds nobody's data.

    Only a plain GET gets it as a success: anything else without a token is answered 401, in words.
    """
    is_plain = request.method in ("GET", "HEAD") and not request.headers.get("Authorization")
    template = "lti_tool/shell.html" if is_plain else "lti_tool/over.html"
    return render(request, template, status=200 if is_plain else 401)


def issue_code(visit: Visit, path: str) -> str:
    """A code that opens one path of ours, once, within a minute, as the person of this visit."""
    code = new_secret()
    OneTimeCode.objects.create(
        code_sha256=digest(code),
        launch=visit.row,
        path=path,
        expires_at=timezone.now() + timedelta(seconds=settings.LTI_CODE_SECONDS),
    )
    return code


def redeem_code(code: str) -> tuple[Visit, str] | None:
    """The visit (with a token of its own) and the path of a code; None when it is unknown, used or too old."""
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
    """Delete codes and launches that are over. The worker calls it now and then.

    A launch stays for as long as its login could be tried again.
    """
    now = timezone.now()
    OneTimeCode.objects.filter(expires_at__lt=now).delete()
    LaunchToken.objects.filter(expires_at__lt=now - timedelta(minutes=settings.LTI_LOGIN_MINUTES)).delete()
