"""How examiners marked, beside those who marked the same stations: to look at. No mark changes by it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from assessments.measurement.differences import Difference, mean_difference
from assessments.measurement.rasch import Element, Facet, many_facet_rasch
from assessments.measurement.undefined import Number, Reason, Undefined, undefined
from assessments.results.scores import Rater, Rating, Scores


@dataclass(frozen=True)
class Examiner:
    """Marks in per cent. `difference`: from the others at the same stations. `severity`: of the global grades, in logits.

    `group`: those of one letter can be compared by severity, others cannot.
    """

    name: str
    sheets: int
    parts: list[str]
    mean: float
    concerns: int
    difference: Difference | Undefined
    severity: Number
    error: Number
    fair: Number
    infit: Number
    group: str = ""


@dataclass(frozen=True)
class Examiners:
    """`facet`: the severities as a whole, or why there are none."""

    rows: list[Examiner]
    facet: Facet | Undefined
    notes: list[Undefined] = field(default_factory=list)


def examiners(scores: Scores) -> Examiners:
    """By name; simulated patients left out."""
    ratings = [row for rows in scores.of_place.values() for row in rows]
    names = sorted({row.name for row in ratings})
    centred = _centred(ratings, len(scores.parts))
    facet = _severities(ratings, names)
    elements = {} if isinstance(facet, Undefined) else {row.level: row for row in facet.elements}
    rows = [
        _examiner(scores, name, ratings, centred, elements.get(place, facet))
        for place, name in enumerate(names)
    ]
    rows.sort(key=lambda row: row.difference.value if isinstance(row.difference, Difference) else np.inf)
    found = [row.severity for row in rows] + [row.difference for row in rows]
    notes = {why.reason: why for why in found if isinstance(why, Undefined)}
    return Examiners(rows, facet, list(notes.values()))


def _centred(ratings: Sequence[Rating], parts: int) -> list[float]:
    """Each mark from the mean of its station."""
    means = [
        np.mean(marks) if (marks := [row.share for row in ratings if row.part == part]) else 0.0
        for part in range(parts)
    ]
    return [float(row.share - means[row.part]) for row in ratings]


def _examiner(
    scores: Scores,
    name: str,
    ratings: Sequence[Rating],
    centred: Sequence[float],
    element: "Element | Facet | Undefined",
) -> Examiner:
    own = [(row, mark) for row, mark in zip(ratings, centred, strict=True) if row.name == name]
    parts = {row.part for row, _mark in own}
    others = [
        mark for row, mark in zip(ratings, centred, strict=True) if row.name != name and row.part in parts
    ]
    difference = (
        mean_difference([mark for _row, mark in own], others) if others else undefined(Reason.ONE_EXAMINER)
    )
    told = element if isinstance(element, Element) else None
    why = element if isinstance(element, Undefined) else undefined(Reason.NO_DATA)
    linked = told is not None and not isinstance(told.measure, Undefined)
    return Examiner(
        name=name,
        sheets=len(own),
        parts=[scores.parts[part].title for part in sorted(parts)],
        mean=float(np.mean([row.share for row, _mark in own])),
        concerns=sum(bool(row.concern) for row, _mark in own),
        difference=difference,
        severity=(told.measure if linked else told.within_group) if told else why,
        error=told.standard_error if told else why,
        fair=told.fair_average if told else why,
        infit=told.infit if told else why,
        group="" if told is None or linked or told.linked_group < 0 else chr(65 + told.linked_group % 26),
    )


def _severities(ratings: Sequence[Rating], names: Sequence[str]) -> Facet | Undefined:
    """Of the global grades, with candidates and stations: by which examiners' severity is told from both."""
    graded = [row for row in ratings if row.grade is not None and row.rater != Rater.PATIENT]
    if not graded:
        return undefined(Reason.NO_DATA)
    if len(names) < 2:
        return undefined(Reason.ONE_EXAMINER)
    grades = np.array([row.grade for row in graded])
    if (grades != np.floor(grades)).any() or grades.min() < 0:
        return undefined(Reason.NOT_WHOLE)
    facets = {
        "candidate": np.array([row.candidate for row in graded]),
        "station": np.array([row.part for row in graded]),
        "examiner": np.array([names.index(row.name) for row in graded]),
    }
    found = many_facet_rasch(grades, facets)
    return found if isinstance(found, Undefined) else found.facets["examiner"]
