"""One-time addresses by which whoever opens them inside an LMS registers that LMS. Only their hash is kept."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from lti_tool import problems
from lti_tool.claims import storable
from lti_tool.digests import digest, new_secret
from lti_tool.errors import Obstacle, RegistrationRefused
from lti_tool.models import Invite, Problem, Registration

# A registration that has not ended by then was cut off with its process.
LONGEST_USE = timedelta(minutes=2)


def invite(
    *,
    label: str,
    by: str,
    approves: bool = False,
    privacy_level: str = "",
    renews: Registration | None = None,
    minutes: int | None = None,
) -> tuple[Invite, str]:
    """A new invitation and its address, which is known now and never again."""
    code, now = new_secret(), timezone.now()
    row = Invite.objects.create(
        code_sha256=digest(code),
        label=label,
        privacy_level=privacy_level,
        approves=approves,
        renews=renews,
        created_by=by,
        created_at=now,
        expires_at=now + timedelta(minutes=minutes or settings.LTI_INVITE_MINUTES),
    )
    return row, settings.TOOL_URL + reverse("lti_tool:register", args=[code])


def find(code: str) -> Invite:
    """The invitation, if it can still be used. Raises RegistrationRefused."""
    row = Invite.objects.select_related("renews").filter(code_sha256=digest(code)).first()
    if row is None:
        raise RegistrationRefused(Obstacle.INVITE_UNKNOWN)
    if row.registration_id:
        raise RegistrationRefused(Obstacle.INVITE_USED)
    if row.used_at and row.used_at > timezone.now() - LONGEST_USE:
        raise RegistrationRefused(Obstacle.INVITE_IN_USE)
    if row.expires_at <= timezone.now():
        raise RegistrationRefused(Obstacle.INVITE_EXPIRED)
    return row


def take(row: Invite) -> None:
    """Use it up, before the platform is asked: of two windows one goes on, the other is refused."""
    now = timezone.now()
    unused = Q(used_at=None) | Q(used_at__lte=now - LONGEST_USE)
    free = Invite.objects.filter(unused, pk=row.pk, registration=None, expires_at__gt=now)
    if not free.update(used_at=now):
        raise RegistrationRefused(Obstacle.INVITE_IN_USE)


def give_back(row: Invite) -> None:
    """Nothing came of it: until it is too old, it may be tried again."""
    Invite.objects.filter(pk=row.pk, registration=None).update(used_at=None)


def note(row: Invite, refusal: RegistrationRefused) -> None:
    """Keep why it came to nothing, where an administrator finds it."""
    said = storable(refusal.said)[:500]
    Invite.objects.filter(pk=row.pk).update(
        refused_code=refusal.obstacle.value, refused_said=said, refused_at=timezone.now()
    )
    if row.renews:
        problems.note(row.renews, area=Problem.Area.REGISTRATION, code=refusal.obstacle.value, said=said)


def withdraw(row: Invite) -> None:
    """From now on it opens nothing."""
    Invite.objects.filter(pk=row.pk, used_at=None, expires_at__gt=timezone.now()).update(
        expires_at=timezone.now()
    )
