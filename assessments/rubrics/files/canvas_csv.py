"""Rubrics as Canvas imports and exports them: one criterion a row, rows with the same rubric name make one rubric.

Source: Canvas' `app/models/rubric_import.rb` and its CSV importer, read in 2026. The fixed headings are exact; those of
the ratings repeat, and are whatever contains the words. No byte order mark: it would break Canvas' first heading.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from assessments.rubrics import drafting
from assessments.rubrics.files import tables
from assessments.rubrics.files.cells import number
from assessments.rubrics.files.outcome import Reading, Remark, outcome
from assessments.rubrics.files.tables import Row
from assessments.rubrics.wording import CriterionWording, Kind, LevelWording, RubricWording

RUBRIC, CRITERION, DESCRIPTION, RANGE = FIXED = (
    "Rubric Name", "Criteria Name", "Criteria Description", "Criteria Enable Range",
)  # fmt: skip
RATING = ("Rating Name", "Rating Description", "Rating Points")
CENT = Decimal("0.01")  # Canvas rounds points to it


def is_canvas(headings: Row) -> bool:
    return RUBRIC.casefold() in {cell.casefold() for cell in headings.cells}


def kind_of(levels: Sequence[LevelWording]) -> Kind:
    """What a criterion from Canvas, which knows no kinds, becomes here."""
    return Kind.CHECKLIST if len(levels) <= 2 else Kind.RATING


# --- writing


def write(rubrics: Sequence[RubricWording]) -> str:
    """What Canvas takes of them; `losses.of` names the rest. Most points first, as Canvas' own exports."""
    kept = [(rubric, row) for rubric in rubrics for row in rubric.criteria if is_kept(row)]
    most = max((len(row.levels) for _rubric, row in kept), default=1)
    rows = [
        [rubric.title, row.title, row.description, "false"]
        + [cell for level in from_most(row.levels) for cell in _rating(level, row)]
        for rubric, row in kept
    ]
    return tables.write([[*FIXED, *RATING * most], *rows])


def is_kept(row: CriterionWording) -> bool:
    """Canvas adds every criterion's points to the total, and refuses a criterion without ratings."""
    return row.kind != Kind.GLOBAL and bool(row.levels)


def from_most(levels: Sequence[LevelWording]) -> list[LevelWording]:
    return list(reversed(levels)) if rises(levels) else sorted(levels, key=_points, reverse=True)


def rises(levels: Sequence[LevelWording]) -> bool:
    points = [_points(level) for level in levels]
    return points == sorted(points)


def weighted(level: LevelWording, row: CriterionWording) -> Decimal:
    return (_points(level) * Decimal(row.weight)).quantize(CENT, ROUND_HALF_UP)


def _rating(level: LevelWording, row: CriterionWording) -> tuple[str, str, str]:
    return level.title, level.description, number(weighted(level, row))


def _points(level: LevelWording) -> Decimal:
    return Decimal(level.points)


# --- reading


@dataclass
class _Columns:
    fixed: dict[str, int]
    ratings: list[tuple[int | None, int | None, int | None]]  # name, description, points
    headings: Row


@dataclass
class _Found:
    """One rubric's rows: the wording in the file's order, and for each level the place of its rating."""

    title: str
    first: Row
    rows: list[Row] = field(default_factory=list)
    criteria: list[CriterionWording] = field(default_factory=list)
    ratings: list[list[int]] = field(default_factory=list)


def read(rows: Sequence[Row]) -> Reading:
    problems: list[Remark] = []
    notes: list[Remark] = []
    columns = _columns(rows[0], problems, notes)
    if problems:
        return outcome([], problems)
    if len(rows) == 1:
        raise ValidationError(
            _("There are headings and nothing below them. Write one criterion on each row.")
        )
    found: dict[str, _Found] = {}
    for row in rows[1:]:
        _read_row(row, columns, found, problems, notes)
    rubrics = [_checked(rubric, columns, problems) for rubric in found.values()]
    return outcome(rubrics, problems, notes)


def _columns(headings: Row, problems: list[Remark], notes: list[Remark]) -> _Columns:
    fixed: dict[str, int] = {}
    repeating: dict[str, list[int]] = {name: [] for name in RATING}
    for place, heading in enumerate(headings.cells):
        name = next((name for name in FIXED if name.casefold() == heading.casefold()), None)
        rating = next((name for name in RATING if name.casefold() in heading.casefold()), None)
        if name and name in fixed:
            problems.append(
                Remark(
                    _("The heading “%(name)s” is there twice. Keep one.") % {"name": name},
                    _where(headings),
                    name,
                )
            )
        elif name:
            fixed[name] = place
        elif rating:
            repeating[rating].append(place)
        elif heading:
            notes.append(
                Remark(_("This column is not one of Canvas'; it is not read."), _where(headings), heading)
            )
    for name in (RUBRIC, CRITERION):
        if name not in fixed:
            problems.append(_missing(name, headings))
    for name in (RATING[0], RATING[2]):
        if len(repeating[name]) < max(1, len(repeating[RATING[0]])):
            problems.append(_missing(name, headings))
    names, descriptions, points = repeating.values()
    return _Columns(fixed, list(_zipped(names, descriptions, points)), headings)


def _missing(name: str, headings: Row) -> Remark:
    return Remark(
        _("The column “%(name)s” is missing. Ratings need one each.") % {"name": name}
        if name in RATING
        else _("The column “%(name)s” is missing.") % {"name": name},
        _where(headings),
        name,
    )


def _zipped(
    names: list[int], descriptions: list[int], points: list[int]
) -> list[tuple[int | None, int | None, int | None]]:
    def at(places: list[int], n: int) -> int | None:
        return places[n] if n < len(places) else None

    most = max(len(names), len(descriptions), len(points))
    return [(at(names, n), at(descriptions, n), at(points, n)) for n in range(most)]


def _read_row(
    row: Row, columns: _Columns, found: dict[str, _Found], problems: list[Remark], notes: list[Remark]
) -> None:
    title, name, description, has_range = (_cell(row, columns.fixed.get(heading)) for heading in FIXED)
    if not title:
        problems.append(
            Remark(
                _("Write the name of the rubric here: Canvas' files repeat it on every row."),
                _where(row),
                RUBRIC,
            )
        )
    rubric = found.setdefault(title, _Found(title or "?", row))
    levels, places = _levels(row, columns)
    if not levels:
        problems.append(
            Remark(_("This criterion has no ratings. Give it at least two."), _where(row), RATING[0])
        )
    kind = Kind.RATING if _read_range(has_range, row, problems, notes) else kind_of(levels)
    if any(_rounded(level.points) != level.points for level in levels):
        notes.append(Remark(_("Points are rounded to two decimals, as Canvas does."), _where(row), RATING[2]))
    rounded = tuple(replace(level, points=_rounded(level.points)) for level in levels)
    rubric.rows.append(row)
    rubric.criteria.append(CriterionWording(name, rounded, description, kind))
    rubric.ratings.append(places)


def _levels(row: Row, columns: _Columns) -> tuple[list[LevelWording], list[int]]:
    levels, places = [], []
    for place, rating in enumerate(columns.ratings):
        title, description, points = (_cell(row, column) for column in rating)
        if title or description or points:
            levels.append(LevelWording(title, points, description))
            places.append(place)
    return levels, places


def _read_range(written: str, row: Row, problems: list[Remark], notes: list[Remark]) -> bool:
    """Whether its ratings are ranges, which is more than done or not done."""
    is_range = written.casefold() in ("true", "1")
    if is_range:
        sentence = _(
            "Points between two ratings (Canvas' “range”) are not kept: here each level gives its own points."
        )
        notes.append(Remark(sentence, _where(row), RANGE))
    elif written.casefold() not in ("", "false", "0"):
        problems.append(
            Remark(
                _("“%(text)s” is not known here. Write true or false.") % {"text": written[:40]},
                _where(row),
                RANGE,
            )
        )
    return is_range


def _rounded(points: Decimal | str) -> str:
    """To two decimals as Canvas does; what is no number stays for drafting to refuse."""
    text = str(points)
    try:
        value = Decimal(text.replace(",", "."))
        return text if value == value.quantize(CENT) else str(value.quantize(CENT, ROUND_HALF_UP))
    except InvalidOperation:
        return text


def _checked(rubric: _Found, columns: _Columns, problems: list[Remark]) -> RubricWording:
    kept, faults = drafting.check(RubricWording(rubric.title, criteria=tuple(rubric.criteria)))
    problems += [_remark(fault, rubric) for fault in faults]
    return replace(kept, criteria=tuple(_rising(row) for row in kept.criteria))


def _rising(row: CriterionWording) -> CriterionWording:
    """From least to most, as our sheets show them, where Canvas' order is from most to least."""
    return replace(row, levels=row.levels[::-1]) if rises(row.levels[::-1]) else row


def _remark(fault: drafting.Fault, rubric: _Found) -> Remark:
    if fault.part != "criterion":
        return Remark(fault.sentence, _where(rubric.first), RUBRIC if fault.field == "title" else "")
    return Remark(fault.sentence, _where(rubric.rows[fault.place]), _heading(fault, rubric))


def _heading(fault: drafting.Fault, rubric: _Found) -> str:
    if fault.field in ("title", "description"):
        return {"title": CRITERION, "description": DESCRIPTION}[fault.field]
    if not fault.field.startswith("level_"):
        return RATING[0]
    _level, place, part = fault.field.split("_")
    name = dict(zip(("title", "description", "points"), RATING, strict=True))[part]
    return f"{name} {rubric.ratings[fault.place][int(place)] + 1}"


def _cell(row: Row, column: int | None) -> str:
    return "" if column is None else row[column]


def _where(row: Row) -> str:
    return _("Row %(row)d") % {"row": row.number}
