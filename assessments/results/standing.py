"""The marks that count, after everything that was decided about them, and where each candidate stands by the rule."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property

from assessments.measurement import reliability, resampling
from assessments.measurement.arrays import Floats
from assessments.measurement.exam_rule import Booleans, Decisions, Rule, decide
from assessments.measurement.resampling import Interval
from assessments.measurement.standard_setting import (
    Cut,
    Regression,
    borderline_group,
    borderline_regression,
    cohen,
    contrasting_groups,
    fixed,
)
from assessments.measurement.undefined import Number, Reason, Undefined, undefined
from assessments.results import panels
from assessments.results.models import Excuse, Moderation, PartRuling, Resolution
from assessments.results.rulings import Rulings
from assessments.results.scores import Assessed, Gap, Part, Rating, Scores

Method = PartRuling.Method
PANELS = {Method.ANGOFF, Method.EBEL, Method.HOFSTEE}
# Two shares that are further apart than this by floating point alone are not.
HAIR = 1e-9
# Whoever looks again sees the same interval.
SEED = 1979


@dataclass(frozen=True)
class DoubleMark:
    """A place that two examiners marked. `mark`: what counts, None while somebody has to decide."""

    candidate: int
    part: int
    ratings: list[Rating]
    is_apart: bool
    resolution: Resolution | None
    mark: float | None

    @property
    def apart(self) -> float:
        shares = [row.share for row in self.ratings]
        return max(shares) - min(shares)

    @property
    def seen(self) -> list[float]:
        return [round(row.share, 6) for row in self.ratings]

    @property
    def is_settled(self) -> bool:
        return self.mark is not None

    @property
    def mean(self) -> float:
        return sum(row.share for row in self.ratings) / len(self.ratings)


@dataclass(frozen=True)
class Missing:
    """A candidate without a mark in a part that counts. `gap`: what is known of it. `excuse`: where it is left out for them."""

    candidate: Assessed
    part: Part
    gap: Gap | None
    excuse: Excuse | None

    @property
    def value(self) -> str:
        """What stands for it in a form."""
        return f"{self.candidate.person.key}:{self.part.key}"


@dataclass(frozen=True)
class Standing:
    """Candidates × parts. Everything in per cent of a part, or of the whole."""

    scores: Scores
    rulings: Rulings

    @cached_property
    def double_marks(self) -> dict[tuple[int, int], DoubleMark]:
        return {
            at: self._double(at, ratings) for at, ratings in self.scores.of_place.items() if len(ratings) > 1
        }

    @cached_property
    def given(self) -> Floats:
        """The marks as examiners gave them: one's, or what counts of two. Their mean stands in while nobody has decided."""
        return self._filled(lambda at, ratings: self._mark(at, ratings))

    @cached_property
    def grades(self) -> Floats:
        """Points of the global rating: the first examiner's where theirs alone counts, else the mean."""

        def grade(at: tuple[int, int], ratings: list[Rating]) -> float:
            found = [row.grade for row in self._heard(at, ratings) if row.grade is not None]
            return sum(found) / len(found) if found else float("nan")

        return self._filled(grade)

    @cached_property
    def barred(self) -> Booleans:
        """Where a critical item was missed: whatever its marks, the part is not passed."""
        missed = self._filled(
            lambda at, ratings: any(row.misses_critical for row in self._heard(at, ratings))
        )
        return np.asarray(missed > 0)

    @cached_property
    def patients(self) -> Floats:
        found = self._empty()
        for at, ratings in self.scores.of_patients.items():
            found[at] = sum(row.share for row in ratings) / len(ratings)
        return found

    @cached_property
    def marks(self) -> Floats:
        """With what the board added, 0 to 100."""
        added = [float(self.ruling(place).adjustment) for place in range(len(self.scores.parts))]
        return np.clip(self.given + np.array(added), 0, 100)

    @cached_property
    def counted(self) -> list[int]:
        """The places of the parts that count: no pilots, nothing that was dropped."""
        return [
            place
            for place, part in enumerate(self.scores.parts)
            if part.is_counted and not self.ruling(place).is_dropped
        ]

    @cached_property
    def shares(self) -> Floats:
        """What each counted part weighs, together 1."""
        weights = np.array([self.scores.parts[place].weight for place in self.counted])
        return weights / weights.sum() if weights.size else weights

    @cached_property
    def weighted(self) -> Floats:
        """Of the counted parts: what each adds to the total."""
        found: Floats = self.marks[:, self.counted] * self.shares
        return found

    @cached_property
    def missing(self) -> list[Missing]:
        """Where a mark that would count is not there."""
        return [
            Missing(
                candidate,
                part,
                self.scores.gaps.get((place, at)),
                self.rulings.excuses.get((part.key, candidate.person.pk)),
            )
            for place, candidate in enumerate(self.scores.candidates)
            for at in self.counted
            for part in [self.scores.parts[at]]
            if (place, at) not in self.scores.of_place
        ]

    @cached_property
    def excused(self) -> Booleans:
        found = np.zeros(self._size, dtype=bool)
        for part, person in self.rulings.excuses:
            try:
                found[self.scores.candidate(person), self.scores.part(part)] = True
            except KeyError:  # somebody who withdrew since
                continue
        return found

    @cached_property
    def cuts(self) -> list[Cut]:
        return [
            self._cut(place, self.given[:, place], self.grades[:, place])
            for place in range(len(self.scores.parts))
        ]

    def cut_interval(self, place: int) -> Interval | Undefined | None:
        """Where the cut would lie with other candidates like these, for methods whose cut has no error by a formula."""
        cut = self.cuts[place]
        error = cut.standard_error
        if isinstance(cut.value, Undefined) or error != undefined(Reason.NO_ERROR):
            return None
        there = ~np.isnan(self.given[:, place])
        both = np.column_stack([self.given[there, place], self.grades[there, place]])
        return resampling.interval(
            both, lambda drawn: self._cut(place, drawn[:, 0], drawn[:, 1]).value, seed=SEED
        )

    @cached_property
    def regressions(self) -> list[Regression | Undefined]:
        """Of marks on grades, whatever the cut is set by."""
        return [self._regression(place, part) for place, part in enumerate(self.scores.parts)]

    @cached_property
    def sem(self) -> Number:
        return reliability.sem_of_total(self.weighted)

    @cached_property
    def decisions(self) -> Decisions:
        rule = self.rulings.moderation
        must_pass = tuple(
            at for at, place in enumerate(self.counted) if self.scores.parts[place].is_must_pass
        )
        return decide(
            self.marks[:, self.counted],
            [self.cuts[place].value for place in self.counted],
            Rule(float(rule.z), rule.least_parts, must_pass),
            sem=self.sem,
            barred=self.barred[:, self.counted],
            excused=self.excused[:, self.counted],
            weights=self.shares,
        )

    def ruling(self, place: int) -> PartRuling:
        return self.rulings.of_part(self.scores.parts[place].key)

    def _double(self, at: tuple[int, int], ratings: list[Rating]) -> DoubleMark:
        shares = [row.share for row in ratings]
        is_apart = max(shares) - min(shares) > float(self.rulings.moderation.threshold) + HAIR
        found = DoubleMark(*at, ratings, is_apart, None, None)
        person = self.scores.candidates[at[0]].person.pk
        decided = self.rulings.resolutions.get((self.scores.parts[at[1]].key, person))
        if decided and decided.seen != found.seen:
            decided = None  # it was decided on other marks
        return DoubleMark(*at, ratings, is_apart, decided, self._what_counts(found, decided))

    def _what_counts(self, found: DoubleMark, decided: Resolution | None) -> float | None:
        if decided:
            return float(decided.mark)
        if not found.is_apart or self.rulings.moderation.resolving == Moderation.Resolving.MEAN:
            return found.mean
        if self.rulings.moderation.resolving == Moderation.Resolving.SENIOR:
            return found.ratings[0].share
        return None

    def _mark(self, at: tuple[int, int], ratings: list[Rating]) -> float:
        double = self.double_marks.get(at)
        if double is None:
            return ratings[0].share
        return double.mean if double.mark is None else double.mark

    def _heard(self, at: tuple[int, int], ratings: list[Rating]) -> list[Rating]:
        double = self.double_marks.get(at)
        is_senior = self.rulings.moderation.resolving == Moderation.Resolving.SENIOR
        return ratings[:1] if double and double.is_apart and is_senior else ratings

    def _filled(self, value: Callable[[tuple[int, int], list[Rating]], float]) -> Floats:
        found = self._empty()
        for at, ratings in self.scores.of_place.items():
            found[at] = value(at, ratings)
        return found

    def _empty(self) -> Floats:
        return np.full(self._size, np.nan)

    @property
    def _size(self) -> tuple[int, int]:
        return len(self.scores.candidates), len(self.scores.parts)

    def _regression(self, place: int, part: Part) -> Regression | Undefined:
        if part.borderline is None:
            return undefined(Reason.NO_ANCHOR)
        return borderline_regression(
            self.given[:, place], self.grades[:, place], part.borderline, maximum=100
        )

    def _cut(self, place: int, marks: Floats, grades: Floats) -> Cut:
        ruling, part = self.ruling(place), self.scores.parts[place]
        if ruling.method == Method.FIXED and ruling.cut is not None:
            return fixed(float(ruling.cut) / 100, 100)
        if ruling.method == Method.COHEN:
            return cohen(marks)
        if ruling.method in PANELS:
            try:
                return panels.cut(ruling.method, ruling.panel, marks)
            except ValidationError:  # the form had let nothing of the kind through
                return _none(Reason.NO_DATA)
        if part.borderline is None:
            return _none(Reason.NO_ANCHOR)
        if ruling.method == Method.GROUP:
            return borderline_group(marks, grades, part.borderline, maximum=100)
        if ruling.method == Method.CONTRASTING:
            return contrasting_groups(marks, grades, part.borderline, maximum=100)
        found = self.regressions[place]
        return Cut(found, found, 0) if isinstance(found, Undefined) else found.cut


def _none(reason: Reason) -> Cut:
    why = undefined(reason)
    return Cut(why, why, 0)
