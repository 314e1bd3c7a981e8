"""Rows of an Excel workbook (.xlsx), by openpyxl. Values only: a formula counts as what it last came to."""

import io
import re
import zipfile
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import openpyxl
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from assessments.rubrics.files import tables
from assessments.rubrics.files.cells import disarmed, number
from assessments.rubrics.files.tables import Row

Cell = str | Decimal
MOST_UNPACKED = 4 * 1024 * 1024
MOST_PARTS = 200
MOST_OF_A_PART = 512 * 1024  # of those that hold no rows: styles, pictures
_HOLD_ROWS = ("xl/worksheets/", "xl/sharedStrings")
_EMPTY = (None,) * (tables.MOST_COLUMNS + 1)

# ECMA-376 part 1, 22.9.2.19 (ST_Xstring): what XML cannot hold is written _xHHHH_, and so is what only looks like it.
# Halves of surrogate pairs stay as they are: alone they are no characters.
_ESCAPED = re.compile(r"_x(?![dD][89a-fA-F])([0-9A-Fa-f]{4})_")
_TO_ESCAPE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\r\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")


def parse(content: bytes) -> tuple[list[Row], list[str]]:
    """The rows of the first sheet that are not empty, and the names of the other sheets.

    Raises ValidationError where it is no workbook, or a strange one.
    """
    try:
        _check_parts(content)
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        sheet, *others = book.worksheets
        rows = sheet.iter_rows(max_col=len(_EMPTY), values_only=True)
        kept = tables.keep(
            (place, [_text(value) for value in values])
            for place, values in enumerate(rows, start=1)
            if values != _EMPTY  # a sheet may have a million of these
        )
        return kept, [str(other.title) for other in others]
    except ValidationError:
        raise
    except Exception as error:  # a damaged workbook fails anywhere inside openpyxl, with anything
        raise _unreadable() from error


def write(
    title: str, rows: Sequence[Sequence[Cell]], *, widths: Sequence[int], choices: dict[int, list[str]]
) -> bytes:
    """A workbook of one sheet; the first row is the headings. `choices`: by column, what its cells offer in a list."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    for column, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    for place, row in enumerate(rows):
        sheet.append([_cell(sheet, value, is_bold=place == 0) for value in row])
    for column, offered in choices.items():
        _offer(sheet, get_column_letter(column + 1), offered)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _check_parts(content: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        parts = packed.infolist()
        other = [part for part in parts if not part.filename.startswith(_HOLD_ROWS)]
        if (
            len(parts) > MOST_PARTS
            or sum(part.file_size for part in parts) > MOST_UNPACKED
            or any(part.file_size > MOST_OF_A_PART for part in other)
        ):
            raise ValidationError(
                _("Unpacked, this workbook is too large to be a rubric. Copy its rows into a new workbook.")
            )
        for part in parts:
            _check_part(packed.read(part))  # never more than the size it declares


def _check_part(part: bytes) -> None:
    """No workbook declares a document type; the ones that do want entities to grow."""
    if part.startswith((b"\xff\xfe", b"\xfe\xff")) or b"<!DOCTYPE" in part or b"<!ENTITY" in part:
        raise _unreadable()


def _unreadable() -> ValidationError:
    return ValidationError(
        _(
            "This workbook cannot be read. Open it in your spreadsheet program and save it again as .xlsx, without a password."
        )
    )


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return number(Decimal(str(round(value, 9))))  # 0.1 + 0.2 is 0.3 to people
    if isinstance(value, str):
        return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), value)
    return str(value)


def _cell(sheet: Any, value: Cell, *, is_bold: bool) -> Any:
    cell = WriteOnlyCell(sheet)
    if isinstance(value, Decimal):
        cell.value = value
    elif value:
        cell.value = _TO_ESCAPE.sub(lambda found: f"_x{ord(found[0]):04X}_", disarmed(value))
        cell.data_type = "s"  # never a formula, whatever it begins with
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    if is_bold:
        cell.font = Font(bold=True)
    return cell


def _offer(sheet: Any, column: str, offered: list[str]) -> None:
    together = ",".join(offered)
    if len(together) > 255 or any("," in word or '"' in word for word in offered):
        return  # Excel's limits of such a list; the cell is then typed
    rule = DataValidation(type="list", formula1=f'"{together}"', allow_blank=True, showErrorMessage=False)
    sheet.data_validations.append(rule)
    rule.add(f"{column}2:{column}{tables.MOST_ROWS + 1}")
