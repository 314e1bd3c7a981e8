"""What devices tell of their raters' taps: kept once each, in the order of the device, and folded into the sheet.

A field of the sheet (the level of a criterion, a comment, …) shows the newest tap about it. Within one page's log the
sequence says which is newest; a device's clock never does. A tap of a page that had not seen what another device changed
meanwhile is kept as late and overrules nobody: people decide.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from assessments.marking import marking
from assessments.marking.conflict import Conflict
from assessments.marking.models import MarkSheet, Tap
from assessments.rubrics.models import Criterion, Level, Rubric, Statement

SUBMIT = "submit"


@dataclass(frozen=True)
class Told:
    """One tap as a device tells it. `field` is a name, or a name and the id of what it is about: `level:12`."""

    sequence: int
    field: str
    value: Any
    seen: int
    at_device: datetime | None = None


@dataclass(frozen=True)
class Taken:
    """The row of each tap, in their order; and whether the sheet is as the device knows it, but for these taps."""

    rows: list[Tap]
    revision: int
    is_as_known: bool


@transaction.atomic
def take(*, sheet: MarkSheet, log: UUID, told: Sequence[Told], by: Any) -> Taken:
    """Keep every tap of this log that is not kept yet, and apply what can be.

    Nothing is refused as a whole: what cannot be applied is kept with its reason. Taking the same again changes nothing.
    """
    sheet = MarkSheet.objects.select_for_update().get(pk=sheet.pk)
    # A device that was away when the sheet took a newer version of its rubric goes on with the one it was given.
    if sheet.revision == 0 and (rubric := _other_rubric(sheet, told)):
        sheet = marking.keep_rubric(sheet=sheet, rubric=rubric, by=by)
    is_as_known = sheet.revision <= max(tap.seen for tap in told)
    numbers = [tap.sequence for tap in told]
    kept = {row.sequence: row for row in sheet.taps.filter(log=log, sequence__in=numbers)}
    for tap in sorted(told, key=lambda tap: tap.sequence):
        if tap.sequence not in kept:
            row, sheet = _take(sheet, log, tap, by)
            kept[tap.sequence] = row
    rows = [kept[number] for number in sorted(kept)]
    is_as_known &= all(row.outcome == Tap.Outcome.APPLIED for row in rows)
    return Taken(rows, sheet.revision, is_as_known)


def _take(sheet: MarkSheet, log: UUID, tap: Told, by: Any) -> tuple[Tap, MarkSheet]:
    """Gives the tap's row, and the sheet as it is after it."""
    outcome, reason = _standing(sheet, log, tap), ""
    if outcome == Tap.Outcome.APPLIED:
        try:
            with transaction.atomic():
                sheet = _apply(sheet, log, tap, by)
        except (ValidationError, Conflict) as error:
            outcome, reason = Tap.Outcome.REFUSED, _words(error)
    elif outcome == Tap.Outcome.LATE:
        reason = _("Another device had changed this meanwhile; what it said stays.")
    row = Tap.objects.create(
        sheet=sheet,
        log=log,
        sequence=tap.sequence,
        field=tap.field,
        value=tap.value,
        seen=tap.seen,
        by=by,
        at_device=tap.at_device,
        outcome=outcome,
        reason=reason,
        revision=sheet.revision,
    )
    return row, sheet


def _standing(sheet: MarkSheet, log: UUID, tap: Told) -> Tap.Outcome:
    """Whether the tap is the newest about its field, as far as the device could know."""
    last = sheet.taps.filter(field=tap.field, outcome=Tap.Outcome.APPLIED).order_by("-id").first()
    if last is None or tap.field == SUBMIT:
        return Tap.Outcome.APPLIED
    if last.log == log:
        return Tap.Outcome.APPLIED if tap.sequence > last.sequence else Tap.Outcome.SUPERSEDED
    return Tap.Outcome.LATE if last.revision > tap.seen else Tap.Outcome.APPLIED


def _apply(sheet: MarkSheet, log: UUID, tap: Told, by: Any) -> MarkSheet:
    name, _colon, about = tap.field.partition(":")
    if name == SUBMIT:
        return _submit(sheet, log, tap, by)
    if name in _TEXTS and not about:
        return _TEXTS[name](sheet, _text(tap.value), by)
    if name in _ABOUT and _is_id(about):
        return _ABOUT[name](sheet, int(about), tap.value, by)
    raise ValidationError(_("This version of Bellringer does not know what was tapped here."))


def _submit(sheet: MarkSheet, log: UUID, tap: Told, by: Any) -> MarkSheet:
    others = sheet.taps.filter(outcome=Tap.Outcome.APPLIED, revision__gt=tap.seen).exclude(log=log)
    if not sheet.is_submitted and others.exists():
        raise Conflict(
            _(
                "Somebody else marked on this sheet meanwhile, so it was not submitted. "
                "You now see all that is saved, theirs and yours: look through it, then submit."
            )
        )
    return marking.submit(sheet=sheet, by=by, revision=sheet.revision)


def _choose_level(sheet: MarkSheet, about: int, value: Any, by: Any) -> MarkSheet:
    """A level's id; None when nothing is chosen any more; “na” for not applicable."""
    criterion = _criterion(sheet, about)
    if value == "na":
        return marking.mark(sheet=sheet, criterion=criterion, by=by, is_not_applicable=True)
    level = None
    if value is not None:
        is_id = isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**63
        level = Level.objects.filter(criterion=criterion, pk=value).first() if is_id else None
        if level is None:
            raise ValidationError(_("This level is not one of the criterion's levels."))
    return marking.mark(sheet=sheet, criterion=criterion, by=by, level=level, is_not_applicable=False)


def _comment(sheet: MarkSheet, about: int, value: Any, by: Any) -> MarkSheet:
    return marking.mark(sheet=sheet, criterion=_criterion(sheet, about), by=by, comment=_text(value))


def _choose_statement(sheet: MarkSheet, about: int, value: Any, by: Any) -> MarkSheet:
    statement = Statement.objects.filter(rubric_id=sheet.rubric_id, pk=about).first()
    if statement is None or not isinstance(value, bool):
        raise ValidationError(_("This statement is not part of the sheet's rubric."))
    return marking.choose_statement(sheet=sheet, statement=statement, is_chosen=value, by=by)


def _other_rubric(sheet: MarkSheet, told: Sequence[Told]) -> Rubric | None:
    """The one whose criteria these taps are about, where that is not the sheet's."""
    fields = [tap.field.partition(":") for tap in told]
    criteria = [
        int(about) for name, _colon, about in fields if name in ("level", "comment") and _is_id(about)
    ]
    return Rubric.objects.filter(criteria__in=criteria).exclude(pk=sheet.rubric_id).first()


def _is_id(about: str) -> bool:
    return about.isdecimal() and len(about) < 19


def _criterion(sheet: MarkSheet, about: int) -> Criterion:
    found = Criterion.objects.filter(pk=about).select_related("rubric").first()
    if found and found.rubric_id == sheet.rubric_id:
        return found
    if found is None or found.rubric.family != sheet.rubric.family:
        raise ValidationError(_("This criterion is not part of the sheet's rubric."))
    raise ValidationError(
        _(
            "This was marked on version %(old)d of the rubric, and somebody began this sheet on version %(new)d "
            "meanwhile. What you tapped is kept with it and not applied. Open the sheet again and mark it there."
        )
        % {"old": found.rubric.version, "new": sheet.rubric.version}
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValidationError(_("This version of Bellringer does not know what was tapped here."))
    return value


def _words(error: ValidationError | Conflict) -> str:
    return " ".join(error.messages) if isinstance(error, ValidationError) else str(error)


_TEXTS: dict[str, Any] = {
    "overall": lambda sheet, text, by: marking.comment_overall(sheet=sheet, comment=text, by=by),
    "concern": lambda sheet, text, by: marking.raise_concern(sheet=sheet, concern=text, by=by),
}
_ABOUT: dict[str, Any] = {
    "level": _choose_level,
    "comment": _comment,
    "statement": _choose_statement,
}
