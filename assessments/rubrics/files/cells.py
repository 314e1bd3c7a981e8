"""Texts and numbers in the cells of a spreadsheet, safe to open and the same when they are read again."""

import re
from decimal import Decimal

# OWASP, "CSV Injection": a cell that begins with one of these runs as a formula when a spreadsheet opens the file. The wide
# forms count in East Asian versions. A leading apostrophe makes it text; one more for each that stands there already.
_FORMULA = re.compile(r"'*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]")


def is_formula(text: str) -> bool:
    return _FORMULA.match(text) is not None


def disarmed(text: str) -> str:
    """The text as a cell that no spreadsheet runs; `as_written` undoes it."""
    return f"'{text}" if is_formula(text) else text


def as_written(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and is_formula(cell) else cell


def number(value: Decimal | str) -> str:
    """Without idle zeros, with a point: 2.50 → 2.5."""
    text = f"{Decimal(value):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
