"""Filling a mark sheet. Each change is one transaction with its Event; a submitted sheet changes only by `amend`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from assessments.audit.recording import record, record_each
from assessments.marking.comments import read_comment
from assessments.marking.conflict import Conflict
from assessments.marking.models import Amendment, Mark, MarkSheet, MarkSheetQuerySet, Reassignment
from assessments.marking.signals import sheet_amended, sheet_submitted
from assessments.rubrics.models import Criterion, Level, Rubric, Statement


@dataclass(frozen=True)
class Answer:
    """What is given for one criterion when a sheet is amended."""

    level: Level | None
    comment: str = ""
    is_not_applicable: bool = False


def open_sheet(
    *, rubric: Rubric, candidate: Any, by: Any, assigned_to: Any = None, comment_first: bool = False
) -> MarkSheet:
    """An empty sheet for the candidate. Only published rubrics are marked with."""
    places = [(candidate, assigned_to)]
    return open_sheets(rubric=rubric, places=places, by=by, comment_first=comment_first)[0]


@transaction.atomic
def open_sheets(
    *,
    rubric: Rubric,
    places: Sequence[tuple[Any, Any]],
    by: Any,
    accepts_corrections: bool = False,
    comment_first: bool = False,
) -> list[MarkSheet]:
    """An empty sheet for each candidate and whom it is assigned to (None: anybody who marks), in their order.

    A handful of statements however many there are. Each has an Event of its own, so that the trail of a sheet begins with it.
    """
    if rubric.is_draft:
        raise ValidationError(_("This rubric is still a draft. Publish it before marking."), code="state")
    for _candidate, person in places:
        _check_belongs_here(rubric, person)
    sheets = MarkSheet.objects.bulk_create(
        MarkSheet(
            context_id=rubric.context_id,
            rubric=rubric,
            candidate=candidate,
            assigned_to=person,
            accepts_corrections=accepts_corrections,
            comment_first=comment_first,
        )
        for candidate, person in places
    )
    record_each("sheet.opened", by=by, on=[(sheet, _opened(sheet)) for sheet in sheets])
    return sheets


def _opened(sheet: MarkSheet) -> dict[str, Any]:
    people = {"candidate": sheet.candidate_id, "assigned_to": sheet.assigned_to_id}
    return {"rubric": sheet.rubric_id, **people}


@transaction.atomic
def reassign(*, sheet: MarkSheet, to: Any, by: Any, reason: str) -> MarkSheet:
    """Give a sheet that is not submitted to somebody else to mark, with what is marked on it; None: to anybody who marks.

    The reason is kept with it. Raises ValidationError.
    """
    sheet = MarkSheet.objects.select_for_update().get(pk=sheet.pk)
    if sheet.is_submitted:
        raise ValidationError(
            _("This sheet is submitted, so it stays with whoever marked it. Amend it instead."), code="state"
        )
    if (sheet.assigned_to_id or None) == (to.pk if to else None):
        return sheet
    if not (reason := read_comment(reason)):
        raise ValidationError({"reason": _("Say why the sheet is given to somebody else; it is kept.")})
    if sheet.is_self_assessment or (to and to.pk == sheet.candidate_id):
        raise ValidationError(
            _("Candidates assess themselves on sheets of their own; nobody else's is given to them."),
            code="self",
        )
    _check_belongs_here(sheet.rubric, to)
    before = sheet.assigned_to
    sheet.assigned_to = to
    sheet.save(update_fields=["assigned_to"])
    row = Reassignment.objects.create(sheet=sheet, by=by, before=before, after=to, reason=reason)
    people = {"from": before.pk if before else None, "to": to.pk if to else None}
    record("sheet.reassigned", by=by, on=sheet, data={**people, "reassignment": row.pk})
    return sheet


@transaction.atomic
def change_candidate(*, sheet: MarkSheet, candidate: Any, by: Any, reason: str) -> MarkSheet:
    """The sheet was filled for somebody else. Its marks and its rater stay; the reason is kept with it."""
    sheet = MarkSheet.objects.select_for_update().get(pk=sheet.pk)
    if sheet.is_closed:
        raise Conflict(_closed())
    if sheet.is_self_assessment or sheet.assigned_to_id == candidate.pk:
        raise ValidationError(_("Nobody is marked on their own sheet."), code="self")
    before = sheet.candidate_id
    sheet.candidate = candidate
    sheet.save(update_fields=["candidate"])
    row = Reassignment.objects.create(
        sheet=sheet, by=by, before=sheet.assigned_to, after=sheet.assigned_to, reason=read_comment(reason)
    )
    data = {"from": before, "to": candidate.pk, "reassignment": row.pk}
    record("sheet.candidate_changed", by=by, on=sheet, data=data)
    return sheet


def _check_belongs_here(rubric: Rubric, person: Any) -> None:
    if person is not None and person.registration_id != rubric.context.deployment.registration_id:
        raise ValidationError(_("This person is not known in the course's LMS."), code="person")


class Keep(Enum):
    """For what a change does not touch."""

    AS_IS = 0


@transaction.atomic
def mark(
    *,
    sheet: MarkSheet,
    criterion: Criterion,
    by: Any,
    level: Level | None | Keep = Keep.AS_IS,
    is_not_applicable: bool | Keep = Keep.AS_IS,
    comment: str | Keep = Keep.AS_IS,
) -> MarkSheet:
    """Set the level or “not applicable” (each undoes the other), the comment, or both, of one criterion.

    What is there already can be sent again.
    """
    sheet = _locked_open(sheet)
    row = Mark.objects.filter(sheet=sheet, criterion=criterion).first() or Mark(
        sheet=sheet, criterion=criterion
    )
    before = (row.level_id, row.is_not_applicable, row.comment)
    if not isinstance(level, Keep):
        row.level, row.is_not_applicable = level, row.is_not_applicable and level is None
    if not isinstance(is_not_applicable, Keep):
        row.level, row.is_not_applicable = None if is_not_applicable else row.level, is_not_applicable
    if not isinstance(comment, Keep):
        row.comment = read_comment(comment)
    _check_belongs(sheet, criterion, row)
    _check_stays_answered(sheet, criterion, row)
    if before == (row.level_id, row.is_not_applicable, row.comment):
        return sheet
    change = {
        "criterion": criterion.pk,
        "level": [before[0], row.level_id],
        "not_applicable": [before[1], row.is_not_applicable],
        "comment_changed": before[2] != row.comment,
    }
    row.save()
    return _changed(sheet, by, "marked", change)


@transaction.atomic
def comment_overall(*, sheet: MarkSheet, comment: str, by: Any) -> MarkSheet:
    return _write(sheet, "overall_comment", comment, by, "commented")


@transaction.atomic
def raise_concern(*, sheet: MarkSheet, concern: str, by: Any) -> MarkSheet:
    """Tell those who run the course what worries the rater; an empty text takes it back. It changes no marks.

    Not on a self-assessment, which its candidate reads.
    """
    if sheet.is_self_assessment:
        raise ValidationError(_("A concern is not raised on the candidate's own sheet."), code="self")
    return _write(sheet, "concern", concern, by, "concern_raised")


@transaction.atomic
def choose_statement(*, sheet: MarkSheet, statement: Statement, is_chosen: bool, by: Any) -> MarkSheet:
    """Give one of the rubric's feedback statements to the candidate, or take it back."""
    sheet = _locked_open(sheet)
    if statement.rubric_id != sheet.rubric_id:
        raise ValidationError(_("This statement is not part of the sheet's rubric."), code="statement")
    if sheet.statements.filter(pk=statement.pk).exists() == is_chosen:
        return sheet
    (sheet.statements.add if is_chosen else sheet.statements.remove)(statement)
    return _changed(sheet, by, "commented", {"statement": statement.pk, "is_chosen": is_chosen})


def _write(sheet: MarkSheet, field: str, text: str, by: Any, verb: str) -> MarkSheet:
    sheet = _locked_open(sheet)
    text = read_comment(text)
    if getattr(sheet, field) == text:
        return sheet
    setattr(sheet, field, text)
    sheet.save(update_fields=[field])
    return _changed(sheet, by, verb, {})


@transaction.atomic
def submit(*, sheet: MarkSheet, by: Any, revision: int) -> MarkSheet:
    """Hand the sheet in. `revision` is the one the rater has before their eyes; an older one is a Conflict.

    Raises Conflict when somebody else submitted or marked meanwhile, ValidationError with the unanswered criteria.
    """
    sheet = _locked(sheet)
    if sheet.is_submitted:
        raise _already_submitted(sheet, by)
    if sheet.is_closed:
        raise Conflict(_closed())
    if sheet.revision != revision:
        raise Conflict(
            _(
                "Somebody else marked on this sheet meanwhile, so it was not submitted. "
                "You now see all that is saved, theirs and yours: look through it, then submit."
            )
        )
    if sheet.comment_first and not sheet.overall_comment:
        raise ValidationError(_("Write the comment first, then choose the levels."), code="comment")
    _check_something_applied(sheet)
    if missing := sheet.missing():
        raise ValidationError(
            [_("Not answered yet: %(title)s") % {"title": criterion.title} for criterion in missing],
            code="unanswered",
        )
    sheet.state = MarkSheet.State.SUBMITTED
    sheet.submitted_at = timezone.now()
    sheet.submitted_by = by
    sheet.save(update_fields=["state", "submitted_at", "submitted_by"])
    totals = {"total": str(sheet.total), "maximum": str(sheet.maximum)}
    _bump(sheet, by, "sheet.submitted", totals)
    sheet_submitted.send(sender=MarkSheet, sheet=sheet, by=by)
    return sheet


@transaction.atomic
def amend(
    *,
    sheet: MarkSheet,
    by: Any,
    reason: str,
    marks: Mapping[Criterion, Answer],
    overall_comment: str,
    revision: int,
) -> MarkSheet:
    """Change a submitted sheet, with a reason, keeping what it said before.

    `marks` may leave out criteria that stay as they are. Every criterion keeps an answer.
    """
    sheet = _locked(sheet)
    if not sheet.is_submitted:
        raise ValidationError(_("This sheet is not submitted yet: change it as it is."), code="state")
    if sheet.is_closed:
        raise ValidationError(_closed(), code="closed")
    if sheet.revision != revision:
        raise Conflict(
            _("Somebody else amended this sheet meanwhile. Nothing of yours was saved; look at it again.")
        )
    if not (reason := read_comment(reason)):
        raise ValidationError({"reason": _("Say why the sheet is amended; it is kept with the change.")})
    before = snapshot(sheet)
    _write_answers(sheet, marks, overall_comment)
    sheet = _locked(sheet)
    _check_something_applied(sheet)
    after = snapshot(sheet)
    if before == after:
        raise ValidationError(_("Nothing was changed, so there is nothing to amend."), code="unchanged")
    amendment = Amendment.objects.create(sheet=sheet, by=by, reason=reason, before=before, after=after)
    levels = {"before": _levels(before), "after": _levels(after), "amendment": amendment.pk}
    _bump(sheet, by, "sheet.amended", levels)
    sheet_amended.send(sender=MarkSheet, sheet=sheet, by=by)
    return sheet


@transaction.atomic
def close_sheets(*, sheets: MarkSheetQuerySet, by: Any, is_closed: bool = True) -> int:
    """Let nothing change on these sheets any more, or let it again; gives how many that was news for."""
    changed = list(sheets.filter(is_closed=not is_closed).select_for_update(of=("self",)))
    MarkSheet.objects.filter(pk__in=[sheet.pk for sheet in changed]).update(is_closed=is_closed)
    verb = "sheet.closed" if is_closed else "sheet.opened_again"
    record_each(verb, by=by, on=[(sheet, {"revision": sheet.revision}) for sheet in changed])
    return len(changed)


@transaction.atomic
def take_rubric(*, sheets: MarkSheetQuerySet, rubric: Rubric, by: Any) -> tuple[int, int]:
    """Mark with another version from now on where nobody has begun; gives how many took it, and how many keep theirs."""
    if rubric.is_draft:
        raise ValidationError(_("This rubric is still a draft. Publish it before marking."), code="state")
    others = list(sheets.exclude(rubric=rubric).select_for_update(of=("self",)))
    unused = [sheet for sheet in others if sheet.revision == 0 and not sheet.is_closed]
    MarkSheet.objects.filter(pk__in=[sheet.pk for sheet in unused]).update(rubric=rubric)
    record_each(
        "sheet.rubric_changed",
        by=by,
        on=[(sheet, {"from": sheet.rubric_id, "to": rubric.pk}) for sheet in unused],
    )
    return len(unused), len(others) - len(unused)


@transaction.atomic
def keep_rubric(*, sheet: MarkSheet, rubric: Rubric, by: Any) -> MarkSheet:
    """Leave a sheet that nobody has begun on this older version of its rubric. Of any other nothing happens."""
    now = sheet.rubric
    is_older = rubric.family == now.family and rubric.version < now.version
    if sheet.revision or sheet.is_closed or not is_older:
        return sheet
    sheet.rubric = rubric
    sheet.save(update_fields=["rubric"])
    record("sheet.rubric_kept", by=by, on=sheet, data={"from": now.pk, "to": rubric.pk})
    return sheet


def snapshot(sheet: MarkSheet) -> dict[str, Any]:
    """The sheet's answers as plain values: criterion id → level id and comment, and the overall comment."""
    return {
        "marks": {
            str(row.criterion_id): {
                "level": row.level_id,
                "not_applicable": row.is_not_applicable,
                "comment": row.comment,
            }
            for row in sheet.marks.all()
        },
        "overall_comment": sheet.overall_comment,
    }


def _locked(sheet: MarkSheet) -> MarkSheet:
    # Lock first, read after: PostgreSQL joins a row it had to wait for with what the others said before the wait.
    MarkSheet.objects.select_for_update().get(pk=sheet.pk)
    return MarkSheet.objects.whole().get(pk=sheet.pk)


def _locked_open(sheet: MarkSheet) -> MarkSheet:
    # Taps come often: only the row itself, not the whole sheet.
    sheet = MarkSheet.objects.select_for_update().get(pk=sheet.pk)
    if sheet.is_closed:
        raise Conflict(_closed())
    if not sheet.is_open:
        raise Conflict(
            _(
                "This sheet was submitted %(when)s. This change was not saved; "
                "if it is needed, open the sheet again and amend it."
            )
            % {"when": _when(sheet)}
        )
    return sheet


def _check_something_applied(sheet: MarkSheet) -> None:
    if not sheet.maximum:
        raise ValidationError(
            _(
                "Everything is marked “not applicable”, so there is nothing to go by. Choose at least one level."
            ),
            code="nothing",
        )


def _check_belongs(sheet: MarkSheet, criterion: Criterion, answer: Mark | Answer) -> None:
    if criterion.rubric_id != sheet.rubric_id:
        raise ValidationError(_("This criterion is not part of the sheet's rubric."), code="criterion")
    if answer.level is not None and answer.level.criterion_id != criterion.pk:
        raise ValidationError(_("This level is not one of the criterion's levels."), code="level")
    if answer.is_not_applicable and not criterion.allows_not_applicable:
        raise ValidationError(
            _("“%(title)s” applies to every candidate. Choose a level."),
            code="not_applicable",
            params={"title": criterion.title},
        )


def _check_stays_answered(sheet: MarkSheet, criterion: Criterion, answer: Mark) -> None:
    """A sheet that was handed in stays complete while its rater corrects it."""
    if sheet.is_submitted and criterion.is_mandatory and not answer.is_answered:
        raise ValidationError(
            _("This sheet is submitted, so “%(title)s” keeps an answer. Choose another one instead."),
            code="answer",
            params={"title": criterion.title},
        )


def _changed(sheet: MarkSheet, by: Any, verb: str, data: dict[str, Any]) -> MarkSheet:
    """Count a change of the rater's; after the submission it is a correction, and whoever follows the sheet hears of it."""
    if not sheet.is_submitted:
        return _bump(sheet, by, f"sheet.{verb}", data)
    _bump(sheet, by, "sheet.corrected", {**data, "what": verb})
    sheet_amended.send(sender=MarkSheet, sheet=MarkSheet.objects.whole().get(pk=sheet.pk), by=by)
    return sheet


def _bump(sheet: MarkSheet, by: Any, verb: str, data: dict[str, Any]) -> MarkSheet:
    sheet.revision += 1
    sheet.rater = by
    sheet.save(update_fields=["revision", "rater"])
    record(verb, by=by, on=sheet, data={**data, "revision": sheet.revision})
    return sheet


def _write_answers(sheet: MarkSheet, marks: Mapping[Criterion, Answer], overall_comment: str) -> None:
    problems: dict[str, list[ValidationError]] = {}
    for criterion, answer in marks.items():
        _check_belongs(sheet, criterion, answer)
        try:
            comment = read_comment(answer.comment)
        except ValidationError as error:
            problems.setdefault(f"comment_{criterion.pk}", []).append(error)
            continue
        if answer.level is None and not answer.is_not_applicable and criterion.is_mandatory:
            unanswered = _("Choose a level for “%(title)s”.") % {"title": criterion.title}
            problems.setdefault(f"level_{criterion.pk}", []).append(ValidationError(unanswered))
            continue
        sheet.marks.update_or_create(
            criterion=criterion,
            defaults={
                "level": answer.level,
                "is_not_applicable": answer.is_not_applicable,
                "comment": comment,
            },
        )
    try:
        sheet.overall_comment = read_comment(overall_comment)
    except ValidationError as error:
        problems["overall_comment"] = [error]
    if problems:
        raise ValidationError(problems)
    sheet.save(update_fields=["overall_comment"])


def _levels(answers: dict[str, Any]) -> dict[str, int | None]:
    return {criterion: answer["level"] for criterion, answer in answers["marks"].items()}


def _closed() -> str:
    return _(
        "This sheet is closed, so this change was not saved. "
        "If it is needed, ask those who run the course to open it again."
    )


def _already_submitted(sheet: MarkSheet, by: Any) -> Conflict:
    who = sheet.submitted_by
    names = {"who": who.display_name if who else _("Somebody"), "when": _when(sheet)}
    if who == by:
        return Conflict(_("You submitted this sheet already, %(when)s. Nothing of it was changed.") % names)
    return Conflict(
        _(
            "%(who)s submitted this sheet %(when)s, just before you. It counts as submitted then; "
            "nothing of it was changed or lost."
        )
        % names
    )


def _when(sheet: MarkSheet) -> str:
    assert sheet.submitted_at
    moment = timezone.localtime(sheet.submitted_at)
    return _("at %(time)s on %(date)s") % {
        "time": formats.time_format(moment),
        "date": formats.date_format(moment),
    }
