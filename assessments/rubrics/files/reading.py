"""What a file or a pasted text holds. What it is, is seen from its content; its name is not asked."""

import codecs
from dataclasses import replace

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from assessments.rubrics.files import canvas_csv, rubric_json, sheet_template, tables, workbook
from assessments.rubrics.files.outcome import MOST_RUBRICS, Reading, Remark
from assessments.rubrics.files.tables import Row

MOST_BYTES = 1024 * 1024

_WORKBOOK = b"PK\x03\x04"
_OLD_OR_LOCKED = b"\xd0\xcf\x11\xe0"  # Excel before 2007, and every workbook with a password


def read(content: bytes) -> Reading:
    """Rubrics, or every problem that the file has. Never raises."""
    try:
        found = _read(content)
        if len(found.rubrics) > MOST_RUBRICS:
            raise ValidationError(
                _("A file can bring at most %(most)d rubrics at once. Split it into several files.")
                % {"most": MOST_RUBRICS}
            )
        return found
    except ValidationError as error:
        return Reading(problems=tuple(Remark(sentence) for sentence in error.messages))


def _read(content: bytes) -> Reading:
    if len(content) > MOST_BYTES:
        raise ValidationError(
            _("The file is larger than 1 MB. A rubric is much smaller: is this the right file?")
        )
    if content.startswith(_WORKBOOK):
        return _read_workbook(content)
    text = _decoded(content).replace("\x00", "")
    if text.lstrip().startswith(("{", "[")):
        return rubric_json.read(text)
    return _read_rows(tables.parse(text))


def _read_workbook(content: bytes) -> Reading:
    rows, others = workbook.parse(content)
    found = _read_rows(rows)
    if not others or found.problems:
        return found
    sentence = _("Only the first sheet is read. Not read: %(names)s.") % {"names": ", ".join(others)}
    return replace(found, notes=(Remark(sentence), *found.notes))


def _read_rows(rows: list[Row]) -> Reading:
    if not rows:
        raise ValidationError(_("There is nothing in this file."))
    if canvas_csv.is_canvas(rows[0]):
        return canvas_csv.read(rows)
    if sheet_template.is_ours(rows[0]):
        return sheet_template.read(rows)
    raise ValidationError(
        _(
            "The first row holds no heading that we know. It should be that of our mark-sheet template (“%(kind)s”, "
            "“%(title)s”, …) or of Canvas' rubric files (“%(rubric)s”, …)."
        )
        % {
            "kind": sheet_template.COLUMNS["kind"],
            "title": sheet_template.COLUMNS["title"],
            "rubric": canvas_csv.RUBRIC,
        }
    )


def _decoded(content: bytes) -> str:
    """UTF-8 with or without its mark, UTF-16 with it. Raises ValidationError."""
    if content.startswith(_OLD_OR_LOCKED):
        raise ValidationError(
            _("This is an older Excel file (.xls), or one with a password. Save it as .xlsx without one.")
        )
    is_utf_16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = content.decode("utf-16" if is_utf_16 else "utf-8-sig")
    except UnicodeDecodeError:
        raise _not_a_text() from None
    if text.count("\x00") > len(text) // 4:  # UTF-16 without its mark
        raise _not_a_text()
    return text


def _not_a_text() -> ValidationError:
    return ValidationError(
        _(
            "The letters of this file cannot be read. Save it as “CSV UTF-8” or as an Excel workbook (.xlsx), and choose "
            "that file."
        )
    )
