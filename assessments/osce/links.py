"""Links by which staff open their stations without the LMS: made, withdrawn, found again by what they carry.

A link carries its row's key, signed: it can be shown and printed again while it is valid, and the row decides about that.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from assessments.audit.recording import record
from assessments.osce import staffing, timetable
from assessments.osce.models import ExaminerLink, Session, StaffMember
from lti_tool.port import Launch, end_guest_visits, move_guest_visits, open_guest_visit

AFTER_THE_END = timedelta(hours=12)
WITHOUT_A_TIMETABLE = timedelta(hours=12)
_SALT = "osce.examiner-link"


class Refusal(StrEnum):
    BROKEN = "broken"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Refused(Exception):
    """A link that opens nothing, and why."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


def address(link: ExaminerLink) -> str:
    """What is shown and printed. The secret is behind the #, which browsers send nowhere: no log and no Referer has it."""
    return f"{settings.TOOL_URL}{reverse('osce:door')}#{secret(link)}"


def secret(link: ExaminerLink) -> str:
    return signing.Signer(salt=_SALT).sign(link.key.hex)


def find(secret: str) -> ExaminerLink:
    """The link that carries this. Raises Refused where it opens nothing."""
    try:
        key = UUID(signing.Signer(salt=_SALT).unsign(secret))
    except (signing.BadSignature, ValueError):
        raise Refused(Refusal.BROKEN) from None
    rows = ExaminerLink.objects.select_related("staff__person", "session__exam__activity__resource_link")
    link = rows.filter(key=key, session__exam__activity__resource_link__isnull=False).first()
    if link is None or link.staff.person is None:
        raise Refused(Refusal.BROKEN)
    if link.state == ExaminerLink.State.WITHDRAWN:
        raise Refused(Refusal.WITHDRAWN)
    if link.state == ExaminerLink.State.EXPIRED:
        raise Refused(Refusal.EXPIRED)
    return link


@transaction.atomic
def open_visit(*, link: ExaminerLink, device: UUID | None) -> Launch:
    """Let whoever holds the link in, until it expires. Raises Refused where it was withdrawn in this moment."""
    row = ExaminerLink.objects.select_for_update(of=("self",)).get(pk=link.pk)
    if not row.is_valid:
        raise Refused(Refusal.WITHDRAWN if row.revoked_at else Refusal.EXPIRED)
    row.last_used_at, row.device = timezone.now(), device
    row.save(update_fields=["last_used_at", "device"])
    person: Any = link.staff.person
    visit = open_guest_visit(person, link.session.exam.activity.link, door=row.key, until=row.expires_at)
    record("examiner_link.opened", by=person, on=row)
    return visit


@transaction.atomic
def make(*, session: Session, staff: StaffMember, by: Any) -> ExaminerLink:
    """A new link for somebody, for the same person as ever; one they had before opens nothing any more."""
    # Locks the staff member: of two links that are made at once, the later one is valid.
    staffing.identify(staff=staff, by=by)
    expires_at = validity(session)
    for old in session.links.filter(staff=staff, revoked_at=None):
        withdraw(link=old, by=by)
    link = ExaminerLink.objects.create(session=session, staff=staff, expires_at=expires_at, created_by=by)
    record("examiner_link.made", by=by, on=link, data={"staff": staff.pk})
    return link


@transaction.atomic
def make_missing(*, session: Session, by: Any) -> list[ExaminerLink]:
    """One for everybody on duty in the session who has none that is valid."""
    valid = set(
        session.links.filter(revoked_at=None, expires_at__gt=timezone.now()).values_list("staff", flat=True)
    )
    return [make(session=session, staff=row, by=by) for row in on_duty(session) if row.pk not in valid]


@transaction.atomic
def withdraw(*, link: ExaminerLink, by: Any) -> ExaminerLink:
    """It opens nothing any more, and what it opened ends now, on every device. What was marked stays."""
    row = ExaminerLink.objects.select_for_update(of=("self",)).get(pk=link.pk)
    if row.revoked_at is None:
        row.revoked_at = timezone.now()
        row.save(update_fields=["revoked_at"])
        end_guest_visits(door=row.key)
        record("examiner_link.withdrawn", by=by, on=row, data={"staff": row.staff_id})
    return row


@transaction.atomic
def set_validity(*, session: Session, until: datetime, by: Any) -> int:
    """All links of the session that are not withdrawn open until then, printed ones and expired ones too; gives how many.

    What is open with them ends then as well, later or earlier than it would have.
    """
    current = session.links.filter(revoked_at=None)
    # Locked, so that nobody opens one in between until the time of before.
    doors = list(current.select_for_update().order_by("pk").values_list("key", flat=True))
    changed = current.update(expires_at=until)
    move_guest_visits(doors=doors, until=until)
    record("examiner_links.prolonged", by=by, on=session, data={"until": until.isoformat(), "links": changed})
    return changed


def validity(session: Session) -> datetime:
    """Until when a new link of the session is valid: as its others are, else half a day after its planned end."""
    newest = (
        session.links.filter(revoked_at=None, expires_at__gt=timezone.now()).order_by("-expires_at").first()
    )
    return newest.expires_at if newest else max(planned_end(session), timezone.now()) + AFTER_THE_END


def planned_end(session: Session) -> datetime:
    if not session.timetable:
        return session.starts_at + WITHOUT_A_TIMETABLE
    return session.at(max((row.ends for row in timetable.rounds(session)), default=0))


def on_duty(session: Session) -> list[StaffMember]:
    """Whoever has a post in the session, or took somebody's place on the day, by name."""
    has_work = Q(duties__post__session=session) | Q(sheets__encounter__session=session)
    rows = StaffMember.objects.filter(has_work, exam=session.exam).distinct().select_related("person")
    return sorted(rows, key=lambda row: row.display_name.casefold())
