"""People whom no platform knows, and visits that no platform launches: docs/decisions/0019."""

import unicodedata
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from lti_tool import session
from lti_tool.models import Context, Deployment, LaunchToken, Person, ResourceLink, Role, in_service
from lti_tool.session import Launch

NAME_MAX = 200
# Names in Persian and in Indic scripts need these two; other invisible characters only make one name look like another.
_JOINERS = "\u200c\u200d"


def make(context: Context, *, name: str) -> Person:
    """`name` is typed by staff. Raises ValidationError where nothing readable is left of it, or it is too long."""
    name = readable(name)
    if not name.strip(_JOINERS):
        raise ValidationError({"name": _("Enter a name.")})
    if len(name) > NAME_MAX:
        raise ValidationError({"name": _("A name has at most %(most)d characters.") % {"most": NAME_MAX}})
    return Person.objects.create(registration=context.deployment.registration, sub=None, name=name)


def readable(name: str) -> str:
    """Without control and other invisible characters, and with single spaces."""
    shown = (
        " " if character.isspace() else character
        for character in unicodedata.normalize("NFC", name)
        if character.isspace() or character in _JOINERS or unicodedata.category(character)[0] != "C"
    )
    return " ".join("".join(shown).split())


def open_visit(person: Person, resource_link: ResourceLink, *, door: UUID, until: datetime) -> Launch:
    if person.registration_id != resource_link.context.deployment.registration_id:
        raise ValueError("A guest stays within their registration.")
    if not Deployment.objects.filter(in_service(), pk=resource_link.context.deployment_id).exists():
        raise PermissionDenied(_("Bellringer is switched off for this course just now."))
    visit = session.begin(resource_link, person=person, role=Role.GUEST, door=door, expires_at=until)
    assert isinstance(visit, Launch)
    return visit


def end_visits(*, door: UUID) -> int:
    return move_ends(doors=[door], until=timezone.now())


def move_ends(*, doors: Collection[UUID], until: datetime) -> int:
    here = LaunchToken.objects.filter(door__in=doors, expires_at__gt=timezone.now())
    return here.update(expires_at=until)
