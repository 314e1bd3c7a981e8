"""Who may be asked, and how a phone that is not theirs knows them: by a PIN."""

import secrets
from typing import Any

from django.contrib.auth.hashers import check_password, make_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.audit.recording import record
from assessments.workplace.models import (
    PAUSE,
    WRONG_PINS_TO_A_PAUSE,
    WRONG_PINS_TO_THE_END,
    Assessor,
    Workplace,
)
from assessments.workplace.permissions import ASSESSING
from lti_tool.port import make_guest, members

PIN_DIGITS = 6
MOST_NAMED = 30


@transaction.atomic
def add_guests(*, workplace: Workplace, names: list[str], by: Any) -> list[Assessor]:
    """Put people who are not in the course on the list. A name that is on it already is not added twice."""
    there = {row.display_name.casefold() for row in listed(workplace) if row.is_guest}
    made = []
    for name in names:
        if name.casefold() in there:
            continue
        there.add(name.casefold())
        made.append(_add_guest(workplace, name, by))
    return made


@transaction.atomic
def name_somebody(*, workplace: Workplace, name: str, by: Any) -> Assessor:
    """Somebody whom only the learner `by` knows, and may ask. The same name is the same person for them."""
    if not workplace.takes_anybody:
        raise ValidationError({"assessor": _("Choose somebody from the list.")})
    mine = list(workplace.assessors.filter(named_by=by).select_related("person"))
    for row in mine:
        if row.display_name.casefold() == " ".join(name.split()).casefold():
            return row
    if len(mine) >= MOST_NAMED:
        raise ValidationError(
            {"assessor": _("You have named %(most)d people, which is the most.") % {"most": MOST_NAMED}}
        )
    return _add_guest(workplace, name, by, named_by=by)


@transaction.atomic
def of_member(*, workplace: Workplace, person: Any, by: Any) -> Assessor:
    """The row of somebody who teaches in the course; made when they are asked for the first time."""
    row, is_new = Assessor.objects.get_or_create(
        workplace=workplace, person=person, defaults={"is_guest": False}
    )
    if is_new:
        record("assessor.added", by=by, on=row)
    return row


@transaction.atomic
def give_pin(*, assessor: Assessor, by: Any) -> str:
    """A new PIN, which is shown once; the one before is over, and so is every pause."""
    row = Assessor.objects.select_for_update().get(pk=assessor.pk)
    pin = f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}}"
    row.pin, row.wrong_pins, row.paused_until = make_password(pin), 0, None
    row.save(update_fields=["pin", "wrong_pins", "paused_until"])
    record("assessor.pin_given", by=by, on=row)
    return pin


def is_their_pin(*, assessor: Assessor, pin: str) -> bool:
    """Whether this is their PIN; counts the wrong ones. Raises ValidationError where no PIN is taken just now.

    After 5 wrong ones in a row none is taken for 15 minutes, after 20 none at all until there is a new one: of a million
    PINs nobody tries more than 20. Checked under a lock, so that trying many at once tries no more.
    """
    with transaction.atomic():
        row = Assessor.objects.select_for_update().get(pk=assessor.pk)
        _check_takes_pins(row)
        if check_password(pin, row.pin):
            row.wrong_pins = 0
            row.save(update_fields=["wrong_pins"])
            return True
        row.wrong_pins += 1
        if row.wrong_pins % WRONG_PINS_TO_A_PAUSE == 0:
            row.paused_until = timezone.now() + PAUSE
        row.save(update_fields=["wrong_pins", "paused_until"])
        record("assessor.wrong_pin", by=None, on=row, data={"in_a_row": row.wrong_pins})
        return False


@transaction.atomic
def withdraw(*, assessor: Assessor, by: Any) -> Assessor:
    """Nobody asks them any more. What they assessed stays, and what they were asked for they may still hand in."""
    assessor.withdrawn_at = timezone.now()
    assessor.save(update_fields=["withdrawn_at"])
    record("assessor.withdrawn", by=by, on=assessor)
    return assessor


def listed(workplace: Workplace) -> list[Assessor]:
    """Guests who may be asked by everybody, and members who were asked, by name."""
    rows = workplace.assessors.filter(withdrawn_at=None, named_by=None).select_related("person")
    return sorted(rows, key=lambda row: row.display_name.casefold())


def staff(workplace: Workplace) -> list[Any]:
    """The people of the course who can be asked: its teachers and teaching assistants of now, by name."""
    course = workplace.activity.context
    return [
        row.person
        for row in members(course)
        if row.role in ASSESSING and row.is_active and not row.is_test_student
    ]


def _check_takes_pins(row: Assessor) -> None:
    if not row.pin:
        raise ValidationError(_("%(who)s has no PIN yet.") % {"who": row.display_name}, code="none")
    if row.wrong_pins >= WRONG_PINS_TO_THE_END:
        raise ValidationError(
            _("Too many wrong PINs in a row: this one is not taken any more. A new one opens it again."),
            code="over",
        )
    if row.paused_until and row.paused_until > timezone.now():
        raise ValidationError(
            _("Too many wrong PINs. Wait a quarter of an hour, then try again."), code="pause"
        )


def _add_guest(workplace: Workplace, name: str, by: Any, named_by: Any = None) -> Assessor:
    person = make_guest(workplace.activity.context, name=name)
    row = Assessor.objects.create(workplace=workplace, person=person, is_guest=True, named_by=named_by)
    record("assessor.added", by=by, on=row)
    return row
