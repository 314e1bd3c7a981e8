"""Advice for writing a rubric that two examiners read alike. Hints only: nothing here keeps anyone from publishing.

The word lists are English; rubrics in other languages get the hints about structure.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from assessments.rubrics.points import read_points, read_weight
from assessments.rubrics.wording import CriterionWording, Kind, LevelWording

MANY_CRITERIA = 15
MANY_LEVELS = 6
MANY_CRITICAL = 5
MOST_OF_CHECKLIST = 3
FEWEST_OF_RATING = 3
FEWEST_FOR_STANDARD_SETTING = 3

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
    return [
        *_of_title(criterion.title),
        *_of_levels(criterion.levels),
        *_of_kind(criterion),
        *_of_switches(criterion),
    ]


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


def _of_kind(criterion: CriterionWording) -> Iterator[str]:
    count = len(criterion.levels)
    if criterion.kind == Kind.CHECKLIST and count > MOST_OF_CHECKLIST:
        yield _("A checklist item is done, partly done or not done. With %(n)d levels, call it a rating.") % {
            "n": count
        }
    if criterion.kind == Kind.RATING and 0 < count < FEWEST_OF_RATING:
        yield _("With two levels a rating says no more than a checklist item. Call it one, or add levels.")
    if criterion.kind == Kind.GLOBAL and sum(level.is_borderline for level in criterion.levels) != 1:
        yield _("Mark the one level that is the borderline: standard setting starts from it.")


def _of_switches(criterion: CriterionWording) -> Iterator[str]:
    if criterion.is_critical and not criterion.is_mandatory:
        yield _("Critical, and yet it may stay unanswered: whoever skips it passes. Ask for an answer.")
    if criterion.is_critical and criterion.allows_not_applicable:
        yield _("Critical, and yet it may be “not applicable”: some candidates are then not held to it.")
    weight = _weight(criterion)
    if weight != 1 and criterion.kind != Kind.GLOBAL:
        yield _("Its points count %(weight)s times. Examiners do not see that.") % {
            "weight": f"{weight.normalize():f}"
        }


def _of_whole(criteria: Sequence[CriterionWording]) -> Iterator[str]:
    if len(criteria) > MANY_CRITERIA:
        yield _(
            "%(n)d criteria are a lot to watch at once. Most examiners manage about %(most)d in one encounter."
        ) % {"n": len(criteria), "most": MANY_CRITERIA}
    critical = sum(row.is_critical for row in criteria)
    if critical > MANY_CRITICAL:
        yield _(
            "%(n)d critical criteria are many: each of them alone decides about the station. "
            "Keep those that are about safety."
        ) % {"n": critical}
    yield from _of_weights(criteria)
    has_global_rating = any(row.kind == Kind.GLOBAL for row in criteria)
    if not has_global_rating and len(criteria) >= FEWEST_FOR_STANDARD_SETTING:
        yield _("Without a global rating, no cut score can be set by the borderline methods.")


def _of_weights(criteria: Sequence[CriterionWording]) -> Iterator[str]:
    maxima = [_maximum(row) for row in criteria]
    heaviest = max(maxima, default=Decimal(0))
    if len(criteria) > 2 and heaviest * 2 > sum(maxima):
        title = criteria[maxima.index(heaviest)].title
        yield _("“%(title)s” alone decides more than half of the points.") % {"title": title}


def _maximum(criterion: CriterionWording) -> Decimal:
    if criterion.kind == Kind.GLOBAL:
        return Decimal(0)
    points = (_points(level) or Decimal(0) for level in criterion.levels)
    return max(points, default=Decimal(0)) * _weight(criterion)


def _weight(criterion: CriterionWording) -> Decimal:
    try:
        return read_weight(criterion.weight)
    except ValidationError:
        return Decimal(1)


def _points(level: LevelWording) -> Decimal | None:
    try:
        return read_points(level.points)
    except ValidationError:
        return None
