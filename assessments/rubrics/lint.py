"""Advice for writing a rubric that two examiners read alike. Hints only: nothing here keeps anyone from publishing.

The word lists are English; rubrics in other languages get the hints about structure.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from assessments.rubrics.points import read_points
from assessments.rubrics.wording import CriterionWording, LevelWording

MANY_CRITERIA = 15
MANY_LEVELS = 6

_TWO_THINGS = re.compile(r"\b(and|or|as well as)\b|&", re.IGNORECASE)
_VAGUE = re.compile(
    r"\b(appropriate(?:ly)?|adequate(?:ly)?|proper(?:ly)?|effective(?:ly)?|good|well|reasonabl[ey]|"
    r"satisfactor(?:y|ily)|sufficient(?:ly)?|correct(?:ly)?|suitabl[ey])\b",
    re.IGNORECASE,
)
_UNSEEN = re.compile(
    r"\b(knows?|understands?|is aware|appreciates?|feels?|thinks?|is familiar)\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Hint:
    """One piece of advice; `place` is the criterion it is about, counted from 0, or None for the whole rubric."""

    place: int | None
    sentence: str


def advise(criteria: Sequence[CriterionWording]) -> list[Hint]:
    hints = [
        Hint(place, sentence)
        for place, criterion in enumerate(criteria)
        for sentence in advise_criterion(criterion)
    ]
    return hints + [Hint(None, sentence) for sentence in _of_whole(criteria)]


def advise_criterion(criterion: CriterionWording) -> list[str]:
    return [*_of_title(criterion.title), *_of_levels(criterion.levels)]


def _of_title(title: str) -> Iterator[str]:
    if found := _TWO_THINGS.search(title):
        yield _(
            "“%(word)s”: this may ask for two things at once. If a candidate can do one without the other, "
            "make two criteria."
        ) % {"word": found[0]}
    if found := _VAGUE.search(title):
        yield _("“%(word)s” means something different to every examiner. Say what one would see or hear.") % {
            "word": found[0]
        }
    if found := _UNSEEN.search(title):
        yield _("“%(word)s” cannot be observed. Say what the candidate does that shows it.") % {
            "word": found[0]
        }


def _of_levels(levels: Sequence[LevelWording]) -> Iterator[str]:
    if len(levels) > MANY_LEVELS:
        yield _("%(n)d levels are hard to tell apart at the bedside. Four or five are usually enough.") % {
            "n": len(levels)
        }
    points = [_points(level) for level in levels]
    known = [value for value in points if value is not None]
    if len(known) == len(points) and len(known) > 1:
        if len(set(known)) < len(known):
            yield _("Two levels give the same points, so choosing between them changes nothing.")
        elif known not in (sorted(known), sorted(known, reverse=True)):
            yield _("The points go up and down. Order the levels from least to most.")
    if len(levels) > 2 and not any(level.description.strip() for level in levels):
        yield _("With three or more levels, a line for each saying what it looks like helps examiners agree.")


def _of_whole(criteria: Sequence[CriterionWording]) -> Iterator[str]:
    if len(criteria) > MANY_CRITERIA:
        yield _(
            "%(n)d criteria are a lot to watch at once. Most examiners manage about %(most)d in one encounter."
        ) % {"n": len(criteria), "most": MANY_CRITERIA}
    maxima = [
        max((_points(level) or Decimal(0) for level in row.levels), default=Decimal(0)) for row in criteria
    ]
    heaviest = max(maxima, default=Decimal(0))
    if len(criteria) > 2 and heaviest * 2 > sum(maxima):
        title = criteria[maxima.index(heaviest)].title
        yield _("“%(title)s” alone decides more than half of the points.") % {"title": title}


def _points(level: LevelWording) -> Decimal | None:
    try:
        return read_points(level.points)
    except ValidationError:
        return None
