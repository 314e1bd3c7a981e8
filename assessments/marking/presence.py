"""Which devices may still hold marks of a sheet, as far as they were heard of.

A device that has a sheet open says so about every fifteen seconds, with how many taps it still has to send; it is named until
it has said that nothing is left on it, or until somebody settles it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.audit.recording import record
from assessments.marking.comments import read_comment
from assessments.marking.models import MarkSheet, Presence

# Three reports may get lost before a device counts as silent.
SILENT_AFTER = timedelta(seconds=45)
KEPT_FOR = timedelta(days=3)


@dataclass(frozen=True)
class Device:
    """A device that may hold marks: whose, which, when it was heard last, and how many it said were waiting.

    A settled one is waited for no more: somebody said why.
    """

    by: Any
    log: UUID
    heard_at: datetime
    waiting: int
    settled_at: datetime | None = None
    settled_by: Any = None
    reason: str = ""

    @property
    def is_settled(self) -> bool:
        return self.settled_at is not None


def may_hold_marks(
    *,
    waiting: int,
    open_at: datetime | None,
    heard_at: datetime,
    settled_at: datetime | None,
    submitted_at: datetime | None,
    now: datetime,
) -> bool:
    """Whether a device is *unsynced* for a sheet.

    `open_at`: when the sheet was last said to be open on it, None once it was left; `heard_at`: when the device last said how
    much of this sheet waits on it, whichever page it had open. It is, if it said that something waits; or if the sheet was
    open on it when it fell silent, and it had been silent for longer than SILENT_AFTER when the sheet was submitted from
    anywhere, or is so now. Somebody who settled it is right until it is heard again.
    """
    if is_settled(settled_at=settled_at, heard_at=heard_at):
        return False
    if waiting > 0:
        return True
    was_open = open_at is not None and heard_at - open_at <= SILENT_AFTER
    return was_open and (submitted_at or now) - heard_at > SILENT_AFTER


def is_settled(*, settled_at: datetime | None, heard_at: datetime) -> bool:
    return settled_at is not None and settled_at >= heard_at


def unsynced(sheets: Iterable[MarkSheet]) -> dict[int, list[Device]]:
    """By sheet id: the devices that may still hold marks of it, the longest silent first. One query however many sheets."""
    waited_for = {
        sheet: [device for device in found if not device.is_settled]
        for sheet, found in devices(sheets).items()
    }
    return {sheet: found for sheet, found in waited_for.items() if found}


def devices(sheets: Iterable[MarkSheet]) -> dict[int, list[Device]]:
    """The same with those that were settled and have not been heard since: what they held never came."""
    now = timezone.now()
    found: dict[int, list[Device]] = {}
    rows = Presence.objects.doubtful().filter(sheet__in=sheets).select_related("sheet", "by", "settled_by")
    for row in rows.order_by("heard_at", "pk"):
        may_hold = may_hold_marks(
            waiting=row.waiting,
            open_at=row.open_at,
            heard_at=row.heard_at,
            settled_at=None,
            submitted_at=row.sheet.submitted_at,
            now=now,
        )
        if may_hold:
            found.setdefault(row.sheet_id, []).append(_device(row))
    return found


def _device(row: Presence) -> Device:
    device = Device(row.by, row.log, row.heard_at, row.waiting)
    if not is_settled(settled_at=row.settled_at, heard_at=row.heard_at):
        return device
    return replace(device, settled_at=row.settled_at, settled_by=row.settled_by, reason=row.settled_reason)


@transaction.atomic
def hear(
    *,
    log: UUID,
    by: Any,
    waiting: Mapping[MarkSheet, int],
    open_on: MarkSheet | None = None,
    left: MarkSheet | None = None,
) -> None:
    """A device of `by` says all that waits on it; of every sheet not named, nothing. `open_on`: the sheet on its screen."""
    now = timezone.now()
    Presence.objects.filter(by=by).retired(before=now - KEPT_FOR).delete()
    mine = Presence.objects.filter(log=log, by=by).doubtful()
    locked = (
        mine.select_for_update().order_by("pk").values_list("pk", "sheet_id")
    )  # two tabs of it may speak at once
    spoken_of = {sheet.pk for sheet in waiting}
    done = [pk for pk, sheet_id in locked if sheet_id not in spoken_of]
    Presence.objects.filter(pk__in=done).update(waiting=0, heard_at=now)
    said: dict[MarkSheet, dict[str, Any]]
    said = {sheet: {"waiting": n, "heard_at": now} for sheet, n in waiting.items()}
    for sheet, open_at in ((open_on, now), (left, None)):
        if sheet is not None:
            said[sheet] = {"waiting": waiting.get(sheet, 0), "heard_at": now, "open_at": open_at}
    for with_open in (False, True):
        rows = [
            Presence(sheet=sheet, log=log, by=by, **values)
            for sheet, values in sorted(said.items(), key=lambda item: item[0].pk)
            if ("open_at" in values) == with_open
        ]
        Presence.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["sheet", "log", "by"],
            update_fields=["waiting", "heard_at", *(["open_at"] if with_open else [])],
        )


def known_to(log: UUID, by: Any, keys: Iterable[UUID]) -> list[MarkSheet]:
    """Of the sheets with these keys those that this device has spoken of before: what it says of them is heard for good."""
    return list(MarkSheet.objects.filter(key__in=list(keys), presences__log=log, presences__by=by))


@transaction.atomic
def settle(*, sheet: MarkSheet, log: UUID, by: Any, reason: str) -> list[Presence]:
    """Stop naming a device, because somebody knows what became of it. The reason is kept; raises ValidationError."""
    rows = list(Presence.objects.select_for_update().filter(sheet=sheet, log=log))
    if not rows:
        raise ValidationError(_("No such device was heard of with this sheet."), code="device")
    if not (reason := read_comment(reason)):
        raise ValidationError({"reason": _("Say what became of the device; it is kept.")})
    for row in rows:
        row.settled_at, row.settled_by, row.settled_reason = timezone.now(), by, reason
        row.save(update_fields=["settled_at", "settled_by", "settled_reason"])
    record("sheet.device_settled", by=by, on=sheet, data={"presences": [row.pk for row in rows]})
    return rows
