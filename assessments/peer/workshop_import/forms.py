"""Moodle's assessment forms as criteria with levels that give the same share of the marks.

Source: the backup steps of Moodle's mod/workshop/form subplugins, read in 2026. Moodle's grades, which the points keep:
rubric 100·(Σ level − Σ lowest) / (Σ highest − Σ lowest); accumulative Σ weight·(grade / highest) / Σ weight.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from math import gcd, lcm
from xml.etree.ElementTree import Element

from assessments.peer.workshop_import import markup
from assessments.peer.workshop_import.workshops import Criterion, Level

LONGEST_TITLE = 200
MOST_SINGLE_POINTS = 10  # up to here every point is a level
MOST_WEIGHT = 100
MOST_PARTS = 100  # criteria of a form, levels of a criterion
_QUARTERS = 4
_TENTH = Decimal("0.1")


@dataclass(frozen=True)
class Form:
    criteria: tuple[Criterion, ...] = ()
    not_brought: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Aspect:
    """One row of an accumulative form. `highest`: what Moodle divides its grade by."""

    title: str
    description: str
    weight: int
    highest: int
    levels: tuple[Level, ...]


def read(workshop: Element, strategy: str, scales: Mapping[int, Sequence[str]]) -> Form:
    dimensions = _dimensions(workshop, strategy)
    form = _form(dimensions[:MOST_PARTS], strategy, scales)
    if len(dimensions) <= MOST_PARTS:
        return form
    return replace(
        form, not_brought=(*form.not_brought, f"Only the first {MOST_PARTS} parts of the form were read.")
    )


def _form(dimensions: Sequence[Element], strategy: str, scales: Mapping[int, Sequence[str]]) -> Form:
    if strategy == "rubric":
        return _rubric(dimensions)
    if strategy == "accumulative":
        return _accumulative(dimensions, scales)
    return Form(not_brought=(_without_counterpart(dimensions, strategy),))


def _dimensions(workshop: Element, strategy: str) -> list[Element]:
    """In the order of the form. A strategy's name is letters and digits, as the names of Moodle's plugins are."""
    if not re.fullmatch(r"[a-z0-9_]{1,50}", strategy):
        return []
    found = workshop.findall(f"subplugin_workshopform_{strategy}_workshop/workshopform_{strategy}_dimension")
    return sorted(found, key=lambda dimension: markup.whole(dimension, "sort"))


def _rubric(dimensions: Sequence[Element]) -> Form:
    criteria = tuple(_criterion(dimension) for dimension in dimensions)
    lowest = [_grades(dimension)[0] for dimension in dimensions if _grades(dimension)]
    shifted = "Moodle's points did not begin at 0. Each criterion now does; the marks stay the same."
    return Form(criteria, (shifted,) if any(lowest) else ())


def _criterion(dimension: Element) -> Criterion:
    title, description = _title(markup.text(dimension, "description"))
    found = sorted(_levels_of(dimension), key=_grade)
    lowest = _grade(found[0]) if found else Decimal(0)
    levels = (_level(markup.text(element, "definition"), _grade(element) - lowest) for element in found)
    return Criterion(title, description, tuple(levels))


def _levels_of(dimension: Element) -> list[Element]:
    return dimension.findall("workshopform_rubric_level")[:MOST_PARTS]


def _grades(dimension: Element) -> list[Decimal]:
    return sorted(_grade(element) for element in _levels_of(dimension))


def _grade(level: Element) -> Decimal:
    """Moodle writes five decimals."""
    try:
        grade = Decimal(markup.value(level, "grade") or 0)
        return Decimal(f"{grade.quantize(Decimal('0.01'), ROUND_HALF_UP).normalize():f}")
    except InvalidOperation:
        return Decimal(0)


def _accumulative(dimensions: Sequence[Element], scales: Mapping[int, Sequence[str]]) -> Form:
    aspects = [_aspect(dimension, scales) for dimension in dimensions]
    counted = [aspect for aspect in aspects if aspect.weight > 0 and aspect.highest > 0]
    weights, is_exact = _weights(counted)
    criteria = tuple(
        Criterion(aspect.title, aspect.description, aspect.levels, weight)
        for aspect, weight in zip(counted, weights, strict=True)
    )
    notes = [
        f"“{aspect.title}” gave no marks in Moodle. It is left out."
        for aspect in aspects
        if aspect not in counted
    ]
    if any(aspect.highest > MOST_SINGLE_POINTS and len(aspect.levels) == _QUARTERS + 1 for aspect in counted):
        notes.append(
            f"More than {MOST_SINGLE_POINTS} points became five levels with a quarter of the points between them."
        )
    if not is_exact:
        notes.append("The weights are rounded to one decimal, so shares of the marks may differ a little.")
    return Form(criteria, tuple(notes))


def _aspect(dimension: Element, scales: Mapping[int, Sequence[str]]) -> _Aspect:
    title, description = _title(markup.text(dimension, "description"))
    grade = markup.whole(dimension, "grade")  # below 0: the number of a scale
    if grade < 0:
        names = scales.get(-grade, ())[:MOST_PARTS]
        levels = tuple(_level(name, Decimal(place)) for place, name in enumerate(names))
        highest = max(len(names) - 1, 0)
    else:
        levels, highest = _points(grade), grade
    return _Aspect(title, description, markup.whole(dimension, "weight"), highest, levels)


def _points(highest: int) -> tuple[Level, ...]:
    steps = highest if highest <= MOST_SINGLE_POINTS else _QUARTERS
    values = [Decimal(highest * step) / max(steps, 1) for step in range(steps + 1)]
    return tuple(Level(f"{value.normalize():f}", value) for value in values)


def _weights(aspects: Sequence[_Aspect]) -> tuple[list[Decimal], bool]:
    """Weights that give each criterion Moodle's share whatever its highest points: whole, as small as can be.

    And whether they are exact; where they would be over 100 they are scaled and rounded.
    """
    if not aspects:
        return [], True
    together = lcm(*(aspect.highest for aspect in aspects))
    exact = [aspect.weight * together // aspect.highest for aspect in aspects]
    smallest = [weight // gcd(*exact) for weight in exact]
    if max(smallest) <= MOST_WEIGHT:
        return [Decimal(weight) for weight in smallest], True
    scaled = [Decimal(weight * MOST_WEIGHT) / max(smallest) for weight in smallest]
    return [max(weight.quantize(_TENTH, ROUND_HALF_UP), _TENTH) for weight in scaled], False


def _without_counterpart(dimensions: Sequence[Element], strategy: str) -> str:
    kinds = {"numerrors": "The form “number of errors”", "comments": "The form with comments only"}
    kind = kinds.get(strategy, "This workshop's assessment form")
    titles = [_title(markup.text(dimension, "description"))[0] for dimension in dimensions]
    listed = ", ".join(f"“{title}”" for title in titles)
    return f"{kind} has no counterpart here. Choose or write a rubric" + (
        f"; these were its parts: {listed}." if listed else "."
    )


def _level(definition: str, points: Decimal) -> Level:
    title, description = _title(definition)
    return Level(title, points, description)


def _title(text: str) -> tuple[str, str]:
    """The first line, and the rest; a long line stays whole in the description."""
    first, _newline, rest = text.strip().partition("\n")
    if len(first) > LONGEST_TITLE:
        return first[: LONGEST_TITLE - 1].rstrip() + "…", text.strip()
    return first or "–", rest.strip()
