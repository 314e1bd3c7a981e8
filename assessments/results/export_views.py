"""The files of an exam's marks, for those who decide on its results. Who took what is kept."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_safe

from assessments.audit.recording import record
from assessments.results import exporting
from assessments.results.exporting import Export, Naming
from assessments.results.finding import moderator
from lti_tool.port import launch_required

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_safe
@launch_required
def page(request: HttpRequest, key: UUID) -> HttpResponse:
    _launch, activity, standing = moderator(request, key)
    context = {"activity": activity, "sheets": len(standing.scores.ratings), "columns": exporting.FILES}
    return render(request, "results/exports.html", context)


def _long(export: Export) -> HttpResponseBase:
    return StreamingHttpResponse(exporting.csv_lines(export.long()), content_type=CSV)


def _dictionary(export: Export) -> HttpResponseBase:
    return StreamingHttpResponse(exporting.csv_lines(exporting.dictionary()), content_type=CSV)


def _wide(export: Export) -> HttpResponseBase:
    return FileResponse(exporting.workbook(export), content_type=XLSX)


def _bundle(export: Export) -> HttpResponseBase:
    return FileResponse(exporting.bundle(export), content_type="application/zip")


MAKERS: dict[str, Callable[[Export], HttpResponseBase]] = {
    "long.csv": _long,
    "wide.xlsx": _wide,
    "r-and-facets.zip": _bundle,
    "dictionary.csv": _dictionary,
}


@require_GET
@launch_required
def file(request: HttpRequest, key: UUID, who: str, name: str) -> Any:
    """`who`: pseudonyms, or names."""
    launch, activity, standing = moderator(request, key)
    if name not in MAKERS or who not in ("pseudonyms", "names"):
        raise Http404
    with transaction.atomic():
        record("results.exported", by=launch.person, on=activity, data={"file": name, "who": who})
    answer = MAKERS[name](Export(standing, Naming(activity, is_identified=who == "names")))
    answer["Content-Disposition"] = f'attachment; filename="{who}-{name}"'
    return answer
