"""Our own mark sheets as a table, one item on each row, for people who write rubrics in a spreadsheet. Nothing is lost.

A row of kind “rubric” begins a rubric; under it come its criteria and its feedback statements, each a row of its own kind.
Headings and kinds are in the reader's language; a file in any language that we have is understood.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from assessments.rubrics import drafting
from assessments.rubrics.files import tables, workbook
from assessments.rubrics.files.cells import number
from assessments.rubrics.files.outcome import Reading, Remark, outcome
from assessments.rubrics.files.tables import Row
from assessments.rubrics.wording import (
    CriterionWording,
    Kind,
    LevelWording,
    RubricWording,
    StatementKind,
    StatementWording,
)

RUBRIC = "rubric"
KINDS: dict[str, Any] = {
    RUBRIC: pgettext_lazy("kind of a row", "rubric"),
    **{kind.value: kind.label for kind in Kind},
    **{kind.value: kind.label for kind in StatementKind},
}
COLUMNS: dict[str, Any] = {
    "kind": gettext_lazy("Kind"),
    "section": gettext_lazy("Section"),
    "title": gettext_lazy("Criterion"),
    "description": gettext_lazy("What to look for"),
    "domain": gettext_lazy("Domain"),
    "competency": gettext_lazy("Competency"),
    "weight": gettext_lazy("Weight"),
    "is_mandatory": gettext_lazy("Mandatory"),
    "is_critical": gettext_lazy("Critical"),
    "allows_not_applicable": gettext_lazy("Not applicable allowed"),
    "is_shown_to_student": gettext_lazy("Shown to student"),
    "borderline": gettext_lazy("Borderline level"),
}
LEVEL: dict[str, Any] = {
    "title": gettext_lazy("Level {n}"),
    "points": gettext_lazy("Level {n} points"),
    "description": gettext_lazy("Level {n} looks like"),
}
SWITCHES = {
    "is_mandatory": True,
    "is_critical": False,
    "allows_not_applicable": False,
    "is_shown_to_student": True,
}
ANSWERS: dict[bool, Any] = {True: gettext_lazy("yes"), False: gettext_lazy("no")}
_ALSO = {"true": True, "1": True, "false": False, "0": False}  # as spreadsheets write them
_FEWEST_LEVELS = 4  # columns that are there to be filled in
_WIDTHS = {"kind": 16, "title": 40, "description": 40, "weight": 9}
_TEXT_ONLY = {"kind", "title", "description"}


def is_ours(headings: Row) -> bool:
    known = _known_headings()
    return any(_normal(cell) in known for cell in headings.cells)


# --- writing


def write_csv(rubrics: Sequence[RubricWording]) -> str:
    return tables.write(
        [number(cell) if isinstance(cell, Decimal) else cell for cell in row] for row in _rows(rubrics)
    )


def write_xlsx(rubrics: Sequence[RubricWording]) -> bytes:
    rows = _rows(rubrics)
    names = [*COLUMNS, *(part for _n in range(len(rows[0])) for part in LEVEL)][: len(rows[0])]
    answers = [str(word) for word in ANSWERS.values()]
    choices = {names.index(switch): answers for switch in SWITCHES} | {
        0: [str(kind) for kind in KINDS.values()]
    }
    return workbook.write(
        _("Mark sheet"), rows, widths=[_WIDTHS.get(name, 14) for name in names], choices=choices
    )


def _rows(rubrics: Sequence[RubricWording]) -> list[list[workbook.Cell]]:
    most = max((len(row.levels) for rubric in rubrics for row in rubric.criteria), default=0)
    levels = [format_lazy(part, n=n + 1) for n in range(max(most, _FEWEST_LEVELS)) for part in LEVEL.values()]
    headings: list[workbook.Cell] = [str(name) for name in (*COLUMNS.values(), *levels)]
    return [headings, *(row for rubric in rubrics for row in _rows_of(rubric))]


def _rows_of(rubric: RubricWording) -> Iterator[list[workbook.Cell]]:
    yield [str(KINDS[RUBRIC]), "", rubric.title, rubric.description]
    for row in rubric.criteria:
        yield _row(row)
    for statement in rubric.statements:
        yield [str(KINDS[statement.kind]), "", statement.text]


def _row(row: CriterionWording) -> list[workbook.Cell]:
    cells: dict[str, workbook.Cell] = {
        "kind": str(KINDS[row.kind]),
        "weight": Decimal(row.weight),
        "borderline": "; ".join(str(n) for n, level in enumerate(row.levels, start=1) if level.is_borderline),
        **{switch: str(ANSWERS[getattr(row, switch)]) for switch in SWITCHES},
    }
    fixed = [cells[name] if name in cells else getattr(row, name) for name in COLUMNS]
    return fixed + [
        cell for level in row.levels for cell in (level.title, Decimal(level.points), level.description)
    ]


# --- reading

Column = tuple[
    str, int
]  # a key of COLUMNS and 0, or "level_title" and the like and the level's number from 1


@dataclass
class _Found:
    """One rubric's rows: what was read from each of them, and the row for what is wrong with it."""

    row: Row
    wording: RubricWording
    criteria: list[tuple[Row, list[int], CriterionWording]] = field(default_factory=list)
    statements: list[tuple[Row, StatementWording]] = field(default_factory=list)


def read(rows: Sequence[Row]) -> Reading:
    problems: list[Remark] = []
    columns = _columns(rows[0], problems)
    if problems:
        return outcome([], problems)
    if len(rows) == 1:
        raise ValidationError(_("There are headings and nothing below them. Write one item on each row."))
    found: list[_Found] = []
    for row in rows[1:]:
        _Reader(row, columns, problems).read_into(found)
    rubrics = []
    for rubric in found:
        kept, faults = drafting.check(_whole(rubric))
        problems += [_remark(fault, rubric) for fault in faults]
        rubrics.append(kept)
    return outcome(rubrics, sorted(problems, key=lambda remark: _number_in(remark.where)))


def _columns(headings: Row, problems: list[Remark]) -> dict[Column, int]:
    known, columns = _known_headings(), dict[Column, int]()
    for place, heading in enumerate(headings.cells):
        column = known.get(_normal(heading))
        if column is None:
            problems.append(_unknown_heading(heading, place, headings))
        elif column in columns:
            twice = _("The heading “%(name)s” is there twice. Keep one.") % {"name": heading}
            problems.append(Remark(twice, _where(headings), heading))
        else:
            columns[column] = place
    needed: list[Column] = [("kind", 0), ("title", 0)]
    needed += [("level_points", n) for name, n in columns if name == "level_title"]
    for column in needed:
        if column not in columns:
            problems.append(
                Remark(
                    _("The column “%(name)s” is missing. Add it, with exactly this heading.")
                    % {"name": _name(column)},
                    _where(headings),
                    _name(column),
                )
            )
    return columns


def _unknown_heading(heading: str, place: int, headings: Row) -> Remark:
    if not heading:
        sentence = _("Column %(letter)s has no heading. Give it one, or empty the column.") % {
            "letter": tables.name_of(place)
        }
        return Remark(sentence, _where(headings), tables.name_of(place))
    known = ", ".join(
        [*(str(name) for name in COLUMNS.values()), *(part.format(n=1) for part in LEVEL.values())]
    )
    sentence = _("This heading is not known. Rename or remove the column. Known are: %(known)s, and so on.")
    return Remark(sentence % {"known": known}, _where(headings), heading)


class _Reader:
    """One row: says what its cells mean, and notes what is wrong with them."""

    def __init__(self, row: Row, columns: dict[Column, int], problems: list[Remark]) -> None:
        self.row, self.columns, self.problems = row, columns, problems

    def read_into(self, found: list[_Found]) -> None:
        kind = self.kind()
        if kind != RUBRIC and not found:
            sentence = _(
                "Above this row there must be one of kind “%(kind)s”, with the rubric's title under “%(title)s”."
            )
            self.note(sentence % {"kind": KINDS[RUBRIC], "title": COLUMNS["title"]}, "kind")
            found.append(_Found(self.row, RubricWording("?")))
        if kind == RUBRIC:
            self.refuse_all_but(_TEXT_ONLY, kind)
            found.append(_Found(self.row, RubricWording(self.cell("title"), self.cell("description"))))
        elif kind in StatementKind.values:
            self.refuse_all_but(_TEXT_ONLY - {"description"}, kind)
            found[-1].statements.append((self.row, StatementWording(self.cell("title"), kind)))
        else:
            numbers, wording = self.criterion(kind)
            found[-1].criteria.append((self.row, numbers, wording))

    def kind(self) -> str:
        written = self.cell("kind")
        if not written:
            return Kind.CHECKLIST.value
        found = _known_kinds().get(_normal(written))
        if found is None:
            self.note(_not_known(written, [str(kind) for kind in KINDS.values()]), "kind")
        return found or Kind.CHECKLIST.value

    def criterion(self, kind: str) -> tuple[list[int], CriterionWording]:
        """The wording, and of each of its levels the number that it has in the headings."""
        numbers, levels = self.levels()
        borderlines = self.borderlines(kind, numbers)
        return numbers, CriterionWording(
            title=self.cell("title"),
            levels=tuple(
                LevelWording(*texts, is_borderline=n in borderlines)
                for n, texts in zip(numbers, levels, strict=True)
            ),
            kind=kind,
            **self.written(),
        )

    def written(self) -> dict[str, Any]:
        texts = {
            name: self.cell(name) for name in ("description", "section", "domain", "competency", "weight")
        }
        return texts | {switch: self.switch(switch) for switch in SWITCHES}

    def levels(self) -> tuple[list[int], list[tuple[str, str, str]]]:
        last = max((n for _part, n in self.columns), default=0)
        all_of_them = {n: self.level(n) for n in range(1, last + 1)}
        filled = {n: texts for n, texts in all_of_them.items() if any(texts)}
        return list(filled), list(filled.values())

    def level(self, n: int) -> tuple[str, str, str]:
        return self.cell("level_title", n), self.cell("level_points", n), self.cell("level_description", n)

    def borderlines(self, kind: str, numbers: list[int]) -> set[int]:
        written = self.cell("borderline")
        if written and kind != Kind.GLOBAL:
            self.note(_("Only a global rating has a borderline. Empty this cell."), "borderline")
        elif written and not re.fullmatch(r"\d{1,3}(\D{1,3}\d{1,3})*", written):
            self.note(_("Write the number of the level that is the borderline, such as 2."), "borderline")
        else:
            found = {int(n) for n in re.findall(r"\d+", written)}
            for n in sorted(found - set(numbers)):
                self.note(_("There is no level %(n)d on this row.") % {"n": n}, "borderline")
            return found
        return set()

    def switch(self, name: str) -> bool:
        written = self.cell(name)
        found = _known_answers().get(_normal(written), SWITCHES[name] if not written else None)
        if found is None:
            self.note(_not_known(written, [str(word) for word in ANSWERS.values()]), name)
        return SWITCHES[name] if found is None else found

    def refuse_all_but(self, allowed: set[str], kind: str) -> None:
        for column, place in self.columns.items():
            if column[0] not in allowed and self.row[place]:
                self.note(
                    _("A row of kind “%(kind)s” has nothing here. Empty this cell.") % {"kind": KINDS[kind]},
                    *column,
                )

    def cell(self, name: str, n: int = 0) -> str:
        place = self.columns.get((name, n))
        return "" if place is None else self.row[place]

    def note(self, sentence: str, name: str, n: int = 0) -> None:
        self.problems.append(Remark(sentence, _where(self.row), _name((name, n))))


def _whole(rubric: _Found) -> RubricWording:
    return RubricWording(
        rubric.wording.title,
        rubric.wording.description,
        tuple(wording for _row, _numbers, wording in rubric.criteria),
        tuple(wording for _row, wording in rubric.statements),
    )


def _remark(fault: drafting.Fault, rubric: _Found) -> Remark:
    if fault.part == "rubric":
        name = _name((fault.field, 0)) if fault.field in COLUMNS else ""
        return Remark(fault.sentence, _where(rubric.row), name)
    if fault.part == "statement":
        return Remark(fault.sentence, _where(rubric.statements[fault.place][0]), str(COLUMNS["title"]))
    row, numbers, _wording = rubric.criteria[fault.place]
    return Remark(fault.sentence, _where(row), _name_of_field(fault.field, numbers))


def _name_of_field(name: str, numbers: list[int]) -> str:
    if name == "levels":
        return _name(("level_title", drafting.MOST_LEVELS + 1))
    if name.startswith("level_"):
        _level, place, part = name.split("_")
        return _name((f"level_{part}", numbers[int(place)]))
    return _name((name, 0)) if name in COLUMNS else ""


def _name(column: Column) -> str:
    name, n = column
    return str(LEVEL[name.removeprefix("level_")]).format(n=n) if n else str(COLUMNS[name])


def _where(row: Row) -> str:
    return _("Row %(row)d") % {"row": row.number}


def _number_in(where: str) -> int:
    found = re.search(r"\d+", where)
    return int(found[0]) if found else 0


def _not_known(written: str, known: list[str]) -> str:
    words = {"text": written[:40], "known": ", ".join(known)}
    return _("“%(text)s” is not known here. Known are: %(known)s.") % words


# --- words in every language that we have


def _normal(text: str) -> str:
    return " ".join(text.casefold().split())


def _words(lazy: Any) -> set[str]:
    words = set()
    for code, _language in settings.LANGUAGES:
        with translation.override(code):
            words.add(str(lazy))
    return words


def _known_headings() -> dict[str, Column]:
    known: dict[str, Column] = {}
    for name, heading in COLUMNS.items():
        known |= {_normal(word): (name, 0) for word in _words(heading)}
    for part, heading in LEVEL.items():
        for word in _words(heading):
            known |= {
                _normal(word.format(n=n)): (f"level_{part}", n)
                for n in range(1, tables.MOST_COLUMNS // len(LEVEL))
            }
    return known


def _known_kinds() -> dict[str, str]:
    return {_normal(word): kind for kind, label in KINDS.items() for word in _words(label)}


def _known_answers() -> dict[str, bool]:
    return {_normal(word): answer for answer, label in ANSWERS.items() for word in _words(label)} | _ALSO
