"""Grades for reviewing: that it was done, and how useful it was to the author. Never how close it came to the other reviewers:
that rewards following the crowd, and lets two who flatly disagree both be the best.
"""

from dataclasses import dataclass

import numpy as np

from assessments.measurement.arrays import Given, pairs, vector
from assessments.measurement.items import correlation
from assessments.measurement.undefined import Number, Reason, Undefined, undefined

QUAL_MOST = 5  # evidence 0 to 3, suggestion 0 or 1, connection 0 or 1
# |r| above this takes authors' answers out of grades.
MOST_RETALIATION = 0.4
# With fewer pairs an r of 0.4 could as well be none at all (two-sided, 5 per cent).
LEAST_PAIRS = 25


@dataclass(frozen=True)
class Shares:
    """Of the grade: completion and quality, in any unit. `staff`: of quality, the part (0 to 1) of staff's samples where
    there are both.

    60 to 40 and half of quality each are choices of ours. ValueError for parts that cannot be.
    """

    completion: float = 60
    quality: float = 40
    staff: float = 0.5

    def __post_init__(self) -> None:
        if min(self.completion, self.quality) < 0 or self.completion + self.quality <= 0:
            raise ValueError("Completion and quality have parts of 0 or more, and not both 0.")
        if not 0 <= self.staff <= 1:
            raise ValueError("Staff's part of quality is between 0 and 1.")


@dataclass(frozen=True)
class Quality:
    """Shares (0 to 1) of what could be had: by the authors' answers, by staff's samples, and both together."""

    authors: Number
    staff: Number
    together: Number


@dataclass(frozen=True)
class ReviewingGrade:
    """Shares, 0 to 1. Where quality is not known, `grade` is completion alone, and `quality.together` says so: never a zero."""

    completion: Number
    quality: Quality
    grade: Number

    @property
    def is_completion_alone(self) -> bool:
        return not isinstance(self.grade, Undefined) and isinstance(self.quality.together, Undefined)


USUAL = Shares()


def reviewing_grade(*, done: int, asked: int, quality: Quality, shares: Shares = USUAL) -> ReviewingGrade:
    """Of one reviewer with `done` of `asked` reviews; more than were asked are welcome and count as all.

    Source: no closeness to the crowd, after Moodle Workshop's `best`, which gives both of two who disagree 100 of 100.
    """
    if min(done, asked) < 0:
        raise ValueError("Reviews are counted from 0.")
    if asked == 0:
        why = undefined(Reason.NOT_ASKED)
        return ReviewingGrade(why, quality, why)
    completion = min(done / asked, 1.0)
    if isinstance(quality.together, Undefined):
        return ReviewingGrade(completion, quality, completion)
    parts = shares.completion * completion + shares.quality * quality.together
    return ReviewingGrade(completion, quality, parts / (shares.completion + shares.quality))


def feedback_quality(answers: Given, samples: Given, *, shares: Shares = USUAL) -> Quality:
    """`answers`: comments × 3, the authors' specific, actionable, kind (1, 0, or NaN for none given); empty where there are none.
    `samples`: QuAL scores (0 to 5) by staff, a vector; NaN for none.

    Every answered comment counts the same, however many of its questions were answered. Leave `answers` empty where the check
    below drops them. ValueError for values outside these. Sources: QuAL: Chan et al. 2020; Woods et al. 2022.
    """
    given = np.asarray(answers, dtype=np.float64).reshape(-1, 3)
    scores = vector(samples)
    scores = scores[~np.isnan(scores)]
    answered = ~np.isnan(given)
    if (
        not np.isin(given[answered], (0, 1)).all()
        or scores.min(initial=0) < 0
        or scores.max(initial=0) > QUAL_MOST
    ):
        raise ValueError("Answers are 0 or 1, and QuAL scores between 0 and 5.")
    none = undefined(Reason.NO_ANSWERS)
    counted = answered.any(axis=1)
    by_comment = np.where(answered, given, 0)[counted].sum(axis=1) / answered[counted].sum(axis=1)
    authors = float(by_comment.mean()) if by_comment.size else none
    staff = float(scores.mean() / QUAL_MOST) if scores.size else none
    return Quality(authors, staff, _together(authors, staff, shares.staff))


def _together(authors: Number, staff: Number, part: float) -> Number:
    if isinstance(authors, Undefined):
        return staff
    if isinstance(staff, Undefined):
        return authors
    return part * staff + (1 - part) * authors


@dataclass(frozen=True)
class Retaliation:
    """`r` of how useful authors called reviews with the scores that these gave them, over n reviews; its 95 per cent interval."""

    r: float
    low: float
    high: float
    n: int
    limit: float

    @property
    def is_dropped(self) -> bool:
        """Whether authors' answers stay out of grades: they follow the score, in either direction."""
        return abs(self.r) > self.limit


def retaliation(
    helpfulness: Given, scores: Given, *, limit: float = MOST_RETALIATION, least: int = LEAST_PAIRS
) -> Retaliation | Undefined:
    """Of one activity: vectors of one length, one place a review, NaN where there is none. Scores are of one scale.

    Reviews count as if each had another author: with several by one, the interval is somewhat too narrow. Not defined below
    `least` pairs, or where one of both never varies: then nothing is dropped. Source: Pearson's r, interval by Fisher 1921.
    """
    useful, given = pairs(helpfulness, scores)
    if useful.size < max(least, 4):
        return undefined(Reason.FEW_PAIRS, n=int(useful.size), least=max(least, 4))
    r = correlation(useful, given)
    if isinstance(r, Undefined):
        return r
    turned = np.arctanh(np.clip(r, -1 + 1e-15, 1 - 1e-15))
    half = 1.959963984540054 / np.sqrt(useful.size - 3)
    return Retaliation(
        r, float(np.tanh(turned - half)), float(np.tanh(turned + half)), int(useful.size), limit
    )
