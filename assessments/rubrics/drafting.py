"""Writing a rubric. Only drafts change; what is published starts again as the draft of its next version."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, TextChoices
from django.utils.translation import gettext as _

from assessments.audit.recording import record
from assessments.rubrics.models import (
    NAME_MAX,
    TEXT_MAX,
    TITLE_MAX,
    WRITTEN,
    Criterion,
    Level,
    Rubric,
    Statement,
)
from assessments.rubrics.points import read_points, read_weight
from assessments.rubrics.wording import (
    CriterionWording,
    Kind,
    LevelWording,
    RubricWording,
    StatementKind,
    StatementWording,
)

MOST_CRITERIA = 100
MOST_LEVELS = 12
MOST_STATEMENTS = 60
Choice = TypeVar("Choice", bound=TextChoices)
_SWITCHES = ("is_mandatory", "is_critical", "allows_not_applicable", "is_shown_to_student")


@transaction.atomic
def start(*, context: Any, by: Any, wording: RubricWording) -> Rubric:
    """A new draft: with a title alone, or with all of a template's or a file's text."""
    rubric = Rubric(context=context, created_by=by)
    _describe(rubric, wording.title, wording.description)
    rubric.save()
    _write_whole(rubric, wording)
    record("rubric.started", by=by, on=rubric)
    return rubric


@transaction.atomic
def describe(*, rubric: Rubric, by: Any, title: str, description: str = "") -> Rubric:
    rubric = _locked_draft(rubric)
    _describe(rubric, title, description)
    rubric.save(update_fields=["title", "description"])
    record("rubric.described", by=by, on=rubric)
    return rubric


@transaction.atomic
def write_criterion(
    *,
    rubric: Rubric,
    by: Any,
    wording: CriterionWording,
    criterion: Criterion | None = None,
    position: int | None = None,
) -> Criterion:
    """Add a criterion, at the end or at a position, or write `criterion` anew. ValidationError names what is wrong."""
    rubric = _locked_draft(rubric)
    if criterion is None:
        criterion = _new_criterion(rubric, position)
    else:
        criterion = rubric.criteria.get(pk=criterion.pk)
    _write(criterion, wording)
    record("rubric.criterion_written", by=by, on=rubric, data={"criterion": criterion.pk})
    return criterion


@transaction.atomic
def remove_criterion(*, criterion: Criterion, by: Any) -> Rubric:
    rubric = _locked_draft(criterion.rubric)
    criterion_id = criterion.pk
    rubric.criteria.filter(pk=criterion_id).delete()
    _renumber(list(rubric.criteria.all()))
    record("rubric.criterion_removed", by=by, on=rubric, data={"criterion": criterion_id})
    return rubric


@transaction.atomic
def move_criterion(*, criterion: Criterion, by: Any, steps: int) -> Rubric:
    """Move it down by that many places, or up where negative; at an end it stays there. The global rating is last."""
    rubric = _locked_draft(criterion.rubric)
    criteria = _global_rating_last(rubric.criteria.all())
    place = criteria.index(criterion)
    criteria.insert(max(0, place + steps), criteria.pop(place))
    _renumber(_global_rating_last(criteria))
    record("rubric.criterion_moved", by=by, on=rubric, data={"criterion": criterion.pk, "steps": steps})
    return rubric


@transaction.atomic
def write_statements(*, rubric: Rubric, by: Any, statements: Sequence[StatementWording]) -> Rubric:
    """Set the rubric's feedback statements, in this order. ValidationError names what is wrong by place."""
    rubric = _locked_draft(rubric)
    _write_statements(rubric, statements)
    record("rubric.statements_written", by=by, on=rubric, data={"count": len(statements)})
    return rubric


@transaction.atomic
def discard(*, rubric: Rubric, by: Any) -> None:
    """Throw a draft away. Published versions of its family stay."""
    rubric = _locked_draft(rubric)
    record("rubric.discarded", by=by, on=rubric)
    rubric.delete()


@transaction.atomic
def revise(*, rubric: Rubric, by: Any) -> Rubric:
    """The draft of the family's next version, with the text of this one; the draft there is, if there is one."""
    family = list(Rubric.objects.select_for_update().filter(family=rubric.family).order_by("version"))
    if family[-1].is_draft:
        return family[-1]
    if rubric.is_draft:
        raise ValidationError(_("This rubric is still a draft: change it as it is."), code="state")
    draft = Rubric.objects.create(
        family=rubric.family,
        version=family[-1].version + 1,
        context=rubric.context,
        title=rubric.title,
        description=rubric.description,
        created_by=by,
    )
    _write_whole(draft, rubric.wording())
    record("rubric.revised", by=by, on=draft, data={"from_version": rubric.version})
    return draft


@transaction.atomic
def duplicate(*, rubric: Rubric, by: Any) -> Rubric:
    """A draft of a family of its own in the same course, with the text of this version, whatever state that is in."""
    title = (_("Copy of %(title)s") % {"title": rubric.title})[:TITLE_MAX]
    made = start(context=rubric.context, by=by, wording=replace(rubric.wording(), title=title))
    record("rubric.duplicated", by=by, on=made, data={"from": rubric.pk})
    return made


@dataclass(frozen=True)
class Fault:
    """What keeps a text from being a draft. `part` is rubric, criterion or statement; `place` counts from 0."""

    part: str
    place: int
    field: str  # as write_criterion names it: "weight", "level_0_points"
    sentence: str


def check(wording: RubricWording) -> tuple[RubricWording, list[Fault]]:
    """The text as `start` would keep it, and all that keeps it from being started. Reads and writes no row."""
    faults: list[Fault] = []
    rubric = Rubric()
    with _noting(faults, "rubric"):
        _describe(rubric, wording.title, wording.description)
    with _noting(faults, "rubric"):
        _check_counts(wording)
    criteria = []
    for place, row in enumerate(wording.criteria):
        with _noting(faults, "criterion", place):
            criteria.append(_as_kept(row))
        if row.kind == Kind.GLOBAL and any(other.kind == Kind.GLOBAL for other in wording.criteria[:place]):
            faults.append(Fault("criterion", place, "kind", _one_global_rating()))
    statements = []
    for place, statement in enumerate(wording.statements):
        kept = Statement()
        with _noting(faults, "statement", place):
            _fill_statement(kept, statement)
            statements.append(StatementWording(kept.text, kept.kind))
    return RubricWording(rubric.title, rubric.description, tuple(criteria), tuple(statements)), faults


def _as_kept(wording: CriterionWording) -> CriterionWording:
    criterion, problems = Criterion(), dict[str, list[ValidationError]]()
    levels = _fill(criterion, wording, problems)
    if problems:
        raise ValidationError(problems)
    return CriterionWording(
        criterion.title,
        tuple(LevelWording(row.title, row.points, row.description, row.is_borderline) for row in levels),
        **{field: getattr(criterion, field) for field in WRITTEN},
    )


def _check_counts(wording: RubricWording) -> None:
    if len(wording.criteria) > MOST_CRITERIA:
        raise _too_many_criteria()
    if len(wording.statements) > MOST_STATEMENTS:
        raise _too_many_statements()


def _too_many_criteria() -> ValidationError:
    return ValidationError(
        _("A rubric can have at most %(most)d criteria."), code="criteria", params={"most": MOST_CRITERIA}
    )


def _too_many_statements() -> ValidationError:
    too_many = _("A rubric can have at most %(most)d feedback statements.")
    return ValidationError(
        {"statements": ValidationError(too_many, code="statements", params={"most": MOST_STATEMENTS})}
    )


def _one_global_rating() -> str:
    return _("The rubric has a global rating already; it can have one.")


class _noting:
    """Turns a ValidationError inside the block into faults of that part."""

    def __init__(self, faults: list[Fault], part: str, place: int = 0) -> None:
        self.faults, self.part, self.place = faults, part, place

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type | None, error: BaseException | None, trace: object) -> bool:
        if not isinstance(error, ValidationError):
            return False
        by_field = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        for field, sentences in by_field.items():
            self.faults += [Fault(self.part, self.place, field, sentence) for sentence in sentences]
        return True


def _locked_draft(rubric: Rubric) -> Rubric:
    rubric = Rubric.objects.select_for_update().get(pk=rubric.pk)
    if not rubric.is_draft:
        raise ValidationError(
            _("This rubric is published and does not change any more. Start a new version to change it."),
            code="state",
        )
    return rubric


def _describe(rubric: Rubric, title: str, description: str) -> None:
    rubric.title = _text(title, TITLE_MAX, field="title", empty=_("Give the rubric a title."))
    rubric.description = _text(description, TEXT_MAX, field="description")


def _write_whole(rubric: Rubric, wording: RubricWording) -> None:
    _check_counts(wording)
    for position, criterion in enumerate(wording.criteria):
        _write(Criterion(rubric=rubric, position=position), criterion)
    _write_statements(rubric, wording.statements)


def _write_statements(rubric: Rubric, statements: Sequence[StatementWording]) -> None:
    if len(statements) > MOST_STATEMENTS:
        raise _too_many_statements()
    problems: dict[str, list[ValidationError]] = {}
    rows = []
    for place, wording in enumerate(statements):
        row = Statement(rubric=rubric, position=place)
        with _collecting(problems, f"statement_{place}"):
            _fill_statement(row, wording)
        rows.append(row)
    if problems:
        raise ValidationError(problems)
    rubric.statements.all().delete()
    Statement.objects.bulk_create(rows)


def _fill_statement(row: Statement, wording: StatementWording) -> None:
    row.text = _text(wording.text, TITLE_MAX, empty=_("Write the statement, or remove its row."))
    row.kind = _choice(StatementKind, wording.kind)


def _new_criterion(rubric: Rubric, position: int | None) -> Criterion:
    criteria = list(rubric.criteria.all())
    if len(criteria) >= MOST_CRITERIA:
        raise _too_many_criteria()
    if position is None or position >= len(criteria):
        last = rubric.criteria.aggregate(last=Max("position"))["last"]
        return Criterion(rubric=rubric, position=0 if last is None else last + 1)
    _renumber(criteria, leave_free=position)
    return Criterion(rubric=rubric, position=position)


def _global_rating_last(criteria: Iterable[Criterion]) -> list[Criterion]:
    return sorted(criteria, key=lambda row: row.is_global_rating)


def _renumber(criteria: list[Criterion], leave_free: int | None = None) -> None:
    for place, criterion in enumerate(criteria):
        criterion.position = place if leave_free is None or place < leave_free else place + 1
    Criterion.objects.bulk_update(criteria, ["position"])


def _write(criterion: Criterion, wording: CriterionWording) -> None:
    """All that is wrong is said at once, keyed by the field it concerns."""
    problems: dict[str, list[ValidationError]] = {}
    levels = _fill(criterion, wording, problems)
    with _collecting(problems, "kind"):
        _check_one_global_rating(criterion)
    if problems:
        raise ValidationError(problems)
    criterion.save()
    criterion.levels.all().delete()
    for level in levels:
        level.criterion = criterion
    Level.objects.bulk_create(levels)


def _fill(
    criterion: Criterion, wording: CriterionWording, problems: dict[str, list[ValidationError]]
) -> list[Level]:
    """Read the wording into the row, unsaved, and give its levels; what is wrong is added to `problems` by field."""
    with _collecting(problems, "title"):
        criterion.title = _text(wording.title, TITLE_MAX, empty=_("Say what this criterion is about."))
    with _collecting(problems, "description"):
        criterion.description = _text(wording.description, TEXT_MAX)
    for field in ("section", "domain", "competency"):
        with _collecting(problems, field):
            setattr(criterion, field, _text(getattr(wording, field), NAME_MAX))
    with _collecting(problems, "kind"):
        criterion.kind = _choice(Kind, wording.kind)
    with _collecting(problems, "weight"):
        criterion.weight = read_weight(wording.weight)
    for field in _SWITCHES:
        setattr(criterion, field, getattr(wording, field))
    levels = _read_levels(wording.levels, problems)
    if not criterion.is_global_rating:
        for level in levels:
            level.is_borderline = False
    return levels


def _read_levels(
    wordings: tuple[LevelWording, ...], problems: dict[str, list[ValidationError]]
) -> list[Level]:
    if len(wordings) > MOST_LEVELS:
        too_many = _("A criterion can have at most %(most)d levels.")
        problems["levels"] = [ValidationError(too_many, code="levels", params={"most": MOST_LEVELS})]
        return []
    levels = []
    for place, wording in enumerate(wordings):
        level = Level(position=place, is_borderline=wording.is_borderline)
        with _collecting(problems, f"level_{place}_title"):
            level.title = _text(wording.title, TITLE_MAX, empty=_("Give this level a name."))
        with _collecting(problems, f"level_{place}_points"):
            level.points = read_points(wording.points)
        with _collecting(problems, f"level_{place}_description"):
            level.description = _text(wording.description, TEXT_MAX)
        levels.append(level)
    return levels


def _check_one_global_rating(criterion: Criterion) -> None:
    others = Criterion.objects.filter(rubric_id=criterion.rubric_id, kind=Kind.GLOBAL).exclude(
        pk=criterion.pk
    )
    if criterion.is_global_rating and others.exists():
        raise ValidationError(_one_global_rating(), code="global")


def _choice(choices: type[Choice], sent: str) -> Choice:
    try:
        return choices(sent)
    except ValueError:
        known = ", ".join(str(label) for label in choices.labels)
        raise ValidationError(
            _("Choose one of these: %(known)s.") % {"known": known}, code="choice"
        ) from None


class _collecting:
    """Turns a ValidationError inside the block into an entry of `problems` under the field's name."""

    def __init__(self, problems: dict[str, list[ValidationError]], field: str) -> None:
        self.problems, self.field = problems, field

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type | None, error: BaseException | None, trace: object) -> bool:
        if not isinstance(error, ValidationError):
            return False
        self.problems.setdefault(self.field, []).append(error)
        return True


def _text(text: str, most: int, *, field: str = "", empty: str = "") -> str:
    """The text without outer blanks; refused when it is too long, or empty where `empty` says so."""
    text = str(text).replace("\r\n", "\n").replace("\x00", "").strip()
    problem: ValidationError | None = None
    if empty and not text:
        problem = ValidationError(empty, code="required")
    elif len(text) > most:
        counts = {"length": len(text), "most": most}
        problem = ValidationError(
            _("This text has %(length)d characters; at most %(most)d fit here."), code="length", params=counts
        )
    if problem:
        raise ValidationError({field: problem}) if field else problem
    return text
