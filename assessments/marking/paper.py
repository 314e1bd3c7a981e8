"""Sheets that were filled on paper: typed in twice, compared, then told like the taps of a device.

The second time nobody sees what was typed first. Where the two differ a person decides, with the paper in hand.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.audit.recording import record
from assessments.marking import taps
from assessments.marking.comments import read_comment
from assessments.marking.conflict import Conflict
from assessments.marking.history import Wording
from assessments.marking.models import MarkSheet, PaperEntry, Tap
from assessments.marking.taps import SUBMIT, Told

# What a field says that nobody wrote anything in.
EMPTY: tuple[Any, ...] = (None, "", False)


@dataclass(frozen=True)
class Difference:
    """One field in which the two entries differ, in words; `first` and `second` are its values as they would be told."""

    field: str
    what: str
    first: str
    second: str


def read(sent: QueryDict, sheet: MarkSheet) -> dict[str, Any]:
    """The answers that a form sends, by the fields of taps; without what was left empty.

    Raises ValidationError by field: criteria that must be answered, texts that are too long.
    """
    answers: dict[str, Any] = {}
    problems: dict[str, list[str]] = {}
    for criterion in sheet.rubric.criteria.all():
        levels = {str(level.pk): level.pk for level in criterion.levels.all()}
        chosen = sent.get(f"level_{criterion.pk}", "")
        is_na = chosen == "na" and criterion.allows_not_applicable
        answers[f"level:{criterion.pk}"] = "na" if is_na else levels.get(chosen)
        if criterion.is_mandatory and answers[f"level:{criterion.pk}"] is None:
            problems[f"level_{criterion.pk}"] = [
                _("Choose a level for “%(title)s”.") % {"title": criterion.title}
            ]
        _read_text(answers, problems, f"comment:{criterion.pk}", sent.get(f"comment_{criterion.pk}", ""))
    _read_text(answers, problems, "overall", sent.get("overall_comment", ""))
    _read_text(answers, problems, "concern", sent.get("concern", ""))
    chosen_ones = set(sent.getlist("statement"))
    for statement in sheet.rubric.statements.all():
        answers[f"statement:{statement.pk}"] = str(statement.pk) in chosen_ones
    if problems:
        raise ValidationError(problems)
    return {name: value for name, value in answers.items() if value not in EMPTY}


@transaction.atomic
def enter(*, sheet: MarkSheet, answers: Mapping[str, Any], number: int, by: Any) -> PaperEntry:
    """Keep what somebody typed in, as the first or the second entry. Conflict when somebody else was quicker."""
    sheet = _locked(sheet)
    there = list(_open_entries(sheet))
    if number != len(there) + 1:
        raise Conflict(
            _(
                "Somebody else has typed this sheet in meanwhile. Yours was not kept; look at what is there now."
            )
        )
    entry = PaperEntry.objects.create(sheet=sheet, number=number, answers=dict(answers), by=by)
    record("paper.entered", by=by, on=sheet, data={"number": number})
    return entry


def differences(sheet: MarkSheet) -> list[Difference]:
    """Where the two entries differ, in the rubric's order. Wants both."""
    first, second = (entry.answers for entry in _open_entries(sheet))
    wording = Wording(sheet)
    return [
        Difference(
            field,
            wording.what(field),
            wording.value(field, first.get(field)),
            wording.value(field, second.get(field)),
        )
        for field in _fields(sheet)
        if first.get(field) != second.get(field)
    ]


@transaction.atomic
def take_over(*, sheet: MarkSheet, chosen: Mapping[str, int], by: Any) -> MarkSheet:
    """Make the typed sheet the sheet, and submit it. `chosen`: for each field that differs, which entry is right, 1 or 2.

    Raises ValidationError where something is not decided, or cannot be applied.
    """
    sheet = _locked(sheet)
    entries = list(_open_entries(sheet))
    if len(entries) < 2:
        raise ValidationError(_("Type the sheet in twice first."), code="entries")
    open_ones = [it for it in differences(sheet) if chosen.get(it.field) not in (1, 2)]
    if open_ones:
        raise ValidationError(
            [_("Decide: %(what)s") % {"what": it.what} for it in open_ones], code="undecided"
        )
    answers = {
        field: entries[chosen.get(field, 1) - 1].answers.get(field)
        for field in _fields(sheet)
        if any(field in entry.answers for entry in entries)
    }
    told = [
        Told(number, field, _told(field, value), sheet.revision)
        for number, (field, value) in enumerate([*answers.items(), (SUBMIT, None)], start=1)
    ]
    taken = taps.take(sheet=sheet, log=_log(entries), told=told, by=by)
    refused = [row.reason for row in taken.rows if row.outcome != Tap.Outcome.APPLIED]
    if refused:
        raise ValidationError(list(dict.fromkeys(refused)), code="refused")
    for entry in entries:
        entry.taken_at = timezone.now()
        entry.save(update_fields=["taken_at"])
    record("paper.taken_over", by=by, on=sheet, data={"differed": sorted(chosen)})
    return MarkSheet.objects.get(pk=sheet.pk)


@transaction.atomic
def discard(*, sheet: MarkSheet, by: Any) -> None:
    """Forget what was typed in and not taken over."""
    sheet = MarkSheet.objects.select_for_update().get(pk=sheet.pk)
    count, _rows = _open_entries(sheet).delete()
    if count:
        record("paper.discarded", by=by, on=sheet, data={"entries": count})


def entries(sheet: MarkSheet) -> Sequence[PaperEntry]:
    """What was typed in so far and is not the sheet's yet."""
    return list(_open_entries(sheet).select_related("by"))


def _open_entries(sheet: MarkSheet) -> Any:
    return sheet.paper_entries.filter(taken_at=None).order_by("number")


def _locked(sheet: MarkSheet) -> MarkSheet:
    MarkSheet.objects.select_for_update().get(pk=sheet.pk)
    sheet = MarkSheet.objects.whole().get(pk=sheet.pk)
    if sheet.is_submitted or sheet.is_closed:
        raise ValidationError(
            _("This sheet is submitted or closed already, so nothing is typed in. What it says is kept."),
            code="state",
        )
    return sheet


def _fields(sheet: MarkSheet) -> list[str]:
    criteria = [row.pk for row in sheet.rubric.criteria.all()]
    fields = [f"{name}:{pk}" for pk in criteria for name in ("level", "comment")]
    return [*fields, "overall", "concern", *(f"statement:{row.pk}" for row in sheet.rubric.statements.all())]


def _told(field: str, value: Any) -> Any:
    """As the log of taps has it: an entry leaves out what is empty."""
    if value is not None:
        return value
    name = field.partition(":")[0]
    return {"level": None, "statement": False}.get(name, "")


def _log(entries: Sequence[PaperEntry]) -> UUID:
    """The log of these two entries, always the same: taken over twice, they are kept once."""
    return uuid5(NAMESPACE_URL, ":".join(["paper", *(str(entry.pk) for entry in entries)]))


def _read_text(answers: dict[str, Any], problems: dict[str, list[str]], field: str, typed: str) -> None:
    try:
        answers[field] = read_comment(typed)
    except ValidationError as error:
        problems[field.replace(":", "_")] = error.messages
