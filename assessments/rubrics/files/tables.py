"""Rows of a text with separators, as people's spreadsheets write and paste them."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from assessments.rubrics.files.cells import as_written, disarmed

MOST_ROWS = 500
MOST_COLUMNS = 200
_SEPARATORS = ",;\t"  # Excel writes semicolons where the comma is the decimal sign, and pastes tabs


@dataclass(frozen=True)
class Row:
    number: int  # as the spreadsheet counts, from 1
    cells: tuple[str, ...]

    def __getitem__(self, column: int) -> str:
        return self.cells[column] if column < len(self.cells) else ""


def parse(text: str) -> list[Row]:
    """The rows that are not empty, the first of them with the headings. Raises ValidationError."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text))
    try:
        return keep(enumerate(reader, start=1))
    except csv.Error:
        raise ValidationError(
            _("Line %(line)d cannot be read as CSV. Look for a quotation mark that is not closed.")
            % {"line": reader.line_num}
        ) from None


def keep(numbered: Iterable[tuple[int, Sequence[str]]]) -> list[Row]:
    """The rows that are not empty, as their texts were before they were disarmed. Raises ValidationError if too many."""
    rows: list[Row] = []
    for place, padded in numbered:
        cells = _without_trailing_blanks(padded)
        if not cells:
            continue
        if len(rows) > MOST_ROWS:
            raise ValidationError(
                _("The file has more than %(most)d rows. Split it into several files.") % {"most": MOST_ROWS}
            )
        if len(cells) > MOST_COLUMNS:
            raise ValidationError(
                _("Row %(row)d has more than %(most)d cells. Is this the right file?")
                % {"row": place, "most": MOST_COLUMNS}
            )
        rows.append(Row(place, cells))
    return rows


def write(rows: Iterable[Sequence[str]]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([disarmed(cell) for cell in row] for row in rows)
    return out.getvalue()


def name_of(column: int) -> str:
    """As spreadsheets name it: 0 → A, 26 → AA."""
    name = ""
    while column >= 0:
        name = chr(ord("A") + column % 26) + name
        column = column // 26 - 1
    return name


def _without_trailing_blanks(padded: Sequence[str]) -> tuple[str, ...]:
    cells = [as_written(cell.strip()) for cell in padded]
    while cells and not cells[-1]:
        cells.pop()
    return tuple(cells)


def _separator(text: str) -> str:
    heading = "".join(_unquoted(_first_line(text)))
    return max(_SEPARATORS, key=heading.count)


def _first_line(text: str) -> str:
    return next((line for line in text.splitlines() if line.strip()), "")


def _unquoted(line: str) -> Iterator[str]:
    return (part for place, part in enumerate(line.split('"')) if place % 2 == 0)
