"""What a candidate's released results say about each competency, over all activities of the course."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from assessments.marking.models import Mark
from assessments.results.models import Result


@dataclass(frozen=True)
class Stop:
    """One activity's say: per cent of what its criteria could give."""

    title: str
    share: float
    criteria: int


@dataclass(frozen=True)
class Competency:
    name: str
    stops: list[Stop]


def profile(person: Any, context: Any) -> list[Competency]:
    """By the criteria's competency, else their domain; oldest release first. Three queries, however many results."""
    results = list(
        Result.objects.released()
        .filter(candidate=person, activity__context=context)
        .select_related("activity", "outcome")
        .order_by("released_at", "pk")
    )
    of_sheet = {sheet: result for result in results for sheet in _sheets(result)}
    marks = Mark.objects.filter(sheet__in=list(of_sheet), sheet__candidate=person, level__isnull=False)
    sums: dict[str, dict[int, list[float]]] = {}
    for mark in marks.select_related("level", "criterion").prefetch_related("criterion__levels"):
        criterion = mark.criterion
        name = criterion.competency or criterion.domain
        if not name or criterion.is_global_rating or not criterion.is_shown_to_student:
            continue
        found = sums.setdefault(name, {}).setdefault(of_sheet[mark.sheet_id].pk, [0.0, 0.0, 0])
        assert mark.level  # by the filter
        found[0] += float(criterion.points_for(mark.level))
        found[1] += float(criterion.maximum)
        found[2] += 1
    return [
        Competency(name, [_stop(row, by_result[row.pk]) for row in results if row.pk in by_result])
        for name, by_result in sorted(sums.items())
    ]


def _stop(result: Result, sums: list[float]) -> Stop:
    points, most, count = sums
    return Stop(result.activity.title, 100 * points / most if most else 0.0, int(count))


def _sheets(result: Result) -> Iterator[int]:
    """The examiners' sheets that the result comes from."""
    if result.sheet_id:
        yield result.sheet_id
    elif result.outcome:
        for link in result.outcome.trace["parts"]:
            if link["examiners"] and link["counts"]:
                yield from link["examiners"]["sheets"]
