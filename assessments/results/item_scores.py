"""What the single items of one part did: how hard they were, and whether they go with the rest."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from assessments.marking.models import Mark
from assessments.measurement import items
from assessments.measurement.undefined import Number
from assessments.results.scores import Rater, Scores
from assessments.rubrics.models import Criterion


@dataclass(frozen=True)
class Item:
    """`facility`: the mean share of its points. `rest`: r with the other items. `upper_lower`: best less weakest 27 %."""

    title: str
    n: int
    facility: Number
    rest: Number
    upper_lower: Number


def items_of(scores: Scores, part: int) -> list[Item]:
    """Of the first examiners' sheets, in the rubric's order; of several versions each item of each version."""
    sheets = {
        row.sheet: row.candidate for row in scores.ratings if row.part == part and row.rater == Rater.FIRST
    }
    rubrics = Criterion.objects.filter(rubric__mark_sheets__in=list(sheets)).distinct()
    criteria = [
        row
        for row in rubrics.prefetch_related("levels").order_by("rubric", "position")
        if not row.is_global_rating and row.maximum > 0
    ]
    points = _points(criteria, sheets, len(scores.candidates))
    maxima = [float(row.maximum) for row in criteria]
    found = zip(
        criteria,
        np.count_nonzero(~np.isnan(points), axis=0),
        items.facility(points, maxima),
        items.item_rest(points),
        items.upper_lower(points, maxima),
        strict=True,
    )
    return [Item(row.title, int(n), *numbers) for row, n, *numbers in found]


def _points(criteria: list[Criterion], sheets: dict[int, int], candidates: int) -> Any:
    points = np.full((candidates, len(criteria)), np.nan)
    places = {row.pk: place for place, row in enumerate(criteria)}
    worth = {
        (row.pk, level.pk): float(row.points_for(level)) for row in criteria for level in row.levels.all()
    }
    marks = Mark.objects.filter(sheet__in=list(sheets), criterion__in=list(places), level__isnull=False)
    for sheet, criterion, level in marks.values_list("sheet", "criterion", "level").iterator(
        chunk_size=5_000
    ):
        points[sheets[sheet], places[criterion]] = worth[criterion, level]
    return points
