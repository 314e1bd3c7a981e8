"""What a rubric can be written as."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from assessments.rubrics.files import canvas_csv, rubric_json, sheet_template
from assessments.rubrics.wording import RubricWording

_BOM = "\ufeff"  # by it Excel knows that a CSV is UTF-8


@dataclass(frozen=True)
class Format:
    slug: str
    suffix: str
    content_type: str
    name: Any  # translated when it is shown
    purpose: Any
    write: Callable[[Sequence[RubricWording]], bytes]


FORMATS = {
    kind.slug: kind
    for kind in (
        Format(
            "xlsx",
            "xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            _("Excel workbook"),
            _("Our mark-sheet template, to go on in a spreadsheet. Keeps everything."),
            sheet_template.write_xlsx,
        ),
        Format(
            "csv",
            "csv",
            "text/csv; charset=utf-8",
            _("CSV"),
            _("The same table as plain text. Keeps everything."),
            lambda rubrics: (_BOM + sheet_template.write_csv(rubrics)).encode(),
        ),
        Format(
            "json",
            "json",
            "application/json",
            _("JSON"),
            _("For another Bellringer, or to keep. Keeps everything."),
            lambda rubrics: rubric_json.write(rubrics).encode(),
        ),
        Format(
            "canvas",
            "canvas.csv",
            "text/csv; charset=utf-8",
            _("CSV for Canvas"),
            _("For Canvas' own rubrics page, under “Import Rubric”."),
            lambda rubrics: canvas_csv.write(rubrics).encode(),
        ),
    )
}
