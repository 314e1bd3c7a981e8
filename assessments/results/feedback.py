"""What a candidate reads of a signed result: each part beside the cohort, domains, and the words written for them.

Nobody's name but their own is in it, and the cohort only where it is large enough to hide everybody.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import numpy as np

from assessments.marking.models import MarkSheet
from assessments.measurement.arrays import Floats
from assessments.results.models import Result, Withheld
from assessments.results.scores import Part
from assessments.rubrics.outline import by_kind, outline

# Fewer than this, and a quarter of the cohort is somebody one knows.
LEAST_FOR_BAND = 10


@dataclass(frozen=True)
class Sheet:
    """What one rater wrote and ticked, as far as it is shown to candidates. `is_patient`: by a simulated patient.

    `has_words`: whether their comments are shown; they may be withheld.
    """

    sheet: MarkSheet
    is_patient: bool
    outline: Any
    given: Mapping[str, list[Any]]
    has_words: bool


@dataclass(frozen=True)
class PartReport:
    """`trace`: the part's link of the chain. `band`: the cohort's quartiles in per cent, None where it is too small."""

    trace: Mapping[str, Any]
    band: Mapping[str, float] | None
    sheets: list[Sheet]

    @property
    def examiners(self) -> int:
        """How many sheets are examiners'; they come first."""
        return sum(not shown.is_patient for shown in self.sheets)


@dataclass(frozen=True)
class Domain:
    """Per cent of what its criteria could give, over all parts that count."""

    name: str
    share: float
    criteria: int


@dataclass(frozen=True)
class Report:
    parts: list[PartReport]
    domains: list[Domain]


def cohort(parts: Sequence[Part], marks: Floats) -> dict[str, dict[str, float]]:
    """For each part by key the quartiles of the candidates' marks, where enough have one."""
    found = {}
    for place, part in enumerate(parts):
        there = marks[:, place][~np.isnan(marks[:, place])]
        if there.size >= LEAST_FOR_BAND:
            low, middle, high = (float(value) for value in np.percentile(there, [25, 50, 75]))
            found[str(part.key)] = {"low": low, "middle": middle, "high": high, "n": int(there.size)}
    return found


def report(result: Result) -> Report:
    assert result.outcome
    links = result.outcome.trace["parts"]
    wanted = [pk for link in links for pk in _sheets(link)]
    sheets = {row.pk: row for row in MarkSheet.objects.whole().filter(pk__in=wanted)}
    withheld = set(Withheld.objects.filter(sheet__in=wanted).values_list("sheet", flat=True))
    bands = result.outcome.proposal.cohort
    parts = [
        PartReport(
            link,
            bands.get(link["part"]),
            [
                _sheet(sheets[pk], is_patient=pk in _patients(link), has_words=pk not in withheld)
                for pk in _sheets(link)
                if pk in sheets and sheets[pk].candidate_id == result.candidate_id
            ],
        )
        for link in links
        if not link["is_pilot"]
    ]
    return Report(parts, _domains(parts))


def _sheets(link: Mapping[str, Any]) -> list[int]:
    examiners = link["examiners"]["sheets"] if link["examiners"] else []
    return [*examiners, *_patients(link)]


def _patients(link: Mapping[str, Any]) -> list[int]:
    return list(link["patients"]["sheets"]) if link["patients"] else []


def _sheet(sheet: MarkSheet, *, is_patient: bool, has_words: bool) -> Sheet:
    rows = [row for row in _rows(sheet) if row[0].is_shown_to_student]
    if not has_words:
        sheet.overall_comment = ""
        for _criterion, mark in rows:
            if mark:
                mark.comment = ""
    return Sheet(sheet, is_patient, outline(rows, itemgetter(0)), by_kind(sheet.statements.all()), has_words)


def _rows(sheet: MarkSheet) -> list[tuple[Any, Any]]:
    marks = {mark.criterion_id: mark for mark in sheet.marks.all()}
    return [(criterion, marks.get(criterion.pk)) for criterion in sheet.rubric.criteria.all()]


def _domains(parts: Iterable[PartReport]) -> list[Domain]:
    """Of the examiners' sheets in parts that count. A criterion counts by its points, as it does on the sheet."""
    got: dict[str, list[float]] = {}
    for part in parts:
        if not part.trace["counts"]:
            continue
        for shown in part.sheets:
            if shown.is_patient:
                continue
            for criterion, mark in _rows(shown.sheet):
                if criterion.domain and not criterion.is_global_rating and mark and mark.level:
                    sums = got.setdefault(criterion.domain, [0.0, 0.0, 0])
                    sums[0] += float(criterion.points_for(mark.level))
                    sums[1] += float(criterion.maximum)
                    sums[2] += 1
    return [
        Domain(name, 100 * points / most, int(count))
        for name, (points, most, count) in sorted(got.items())
        if most
    ]
