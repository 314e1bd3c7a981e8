"""Why a statistic cannot be computed, in words that need no statistics."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias


class Reason(StrEnum):
    """The value is the sentence, with the places of its numbers. Wherever people read it, it is translated first."""

    NO_DATA = "There are no marks to compute this from."
    TOO_FEW = "Only {n} of the {least} needed are there."
    ONE_STATION = "One station alone says nothing about how stations agree."
    NO_SPREAD = "Everybody has the same mark, so there is nothing to tell apart."
    NO_GRADE_SPREAD = "Everybody has the same global grade, so marks cannot be set against grades."
    NO_ANCHOR = (
        "The rubric has no global rating with a borderline grade, so marks have nothing to be set against."
    )
    NOT_COUNTED = "The station does not count."
    NOT_WHOLE = "Global grades that are not whole numbers are not on one scale for this."
    NO_BORDERLINE = "Nobody has the borderline grade."
    FEW_BORDERLINE = "The borderline grade was given to {n} only; at least {least} are needed."
    SLOPE = "Marks do not rise with the global grade, so no cut can be read from them."
    WEAK = "Marks and global grades hardly go together (R² {r2:.2f}, at least {least:.2f} is needed): a cut would be arbitrary."
    SEPARATED = (
        "The groups do not overlap: nobody above borderline has less than {high:g}, nobody else more than {low:g}. "
        "Every cut between divides them equally well, so none is the cut."
    )
    ONE_GROUP = "There is only one group, so groups cannot be compared."
    NO_CROSSING = "The judges' limits and the marks never meet, so the compromise gives no cut."
    OUT_OF_RANGE = "The cut would be {cut:g}, outside the marks that can be given (0 to {maximum:g})."
    NO_ERROR = "This method has no standard error of its own; the interval from resampling candidates stands in its place."
    JUDGED = "This cut was set by judgement, not computed from candidates, so it has no standard error."
    ONE_RATER = "Nobody was rated by two people, so their agreement is not known."
    ONE_CATEGORY = "Everybody was given the same answer, so agreement beyond chance cannot be told."
    INCOMPLETE = "{missing} of the counted stations have no mark, so nothing is decided yet."
    GAPS = "Some marks are missing, and this needs every one of them: {missing} of {cells} are not there."
    NOT_POSITIVE = "There is no variance between candidates here, so a share of it cannot be told."
    ONE_ITEM = "One item alone says nothing about how items differ."
    ONE_EXAMINER = "One examiner alone says nothing about how examiners differ."
    ONE_OCCASION = "One occasion alone says nothing about how occasions differ."
    CONFOUNDED = (
        "Too little was marked twice to tell the influences of this design apart, "
        "such as an examiner's from the station's when each station had one examiner."
    )
    ALONE = "There is nothing else of its kind that it could be compared with."
    UNLINKED = "These were never marked in a way that links them ({groups} separate groups), so they cannot be compared."
    DIVIDED = (
        "Some marks always lie above others, without any overlap, so how far apart they are is not known."
    )
    EXTREME = "Every mark is the lowest or the highest there is, so how far beyond it lies is not known."
    UNSTABLE = "Only {n} of {draws} redrawn cohorts gave a value, so an interval would not mean much."
    NO_REVIEWS = "Nobody has reviewed this yet."
    FEW_FOR_INTERVAL = (
        "Too few reviews ({n}) to say how far the result of other reviewers could be from this one."
    )
    NO_BOUNDARY = "No pass mark or other boundary is set, so there is no result that could change."
    FEW_SHARED = (
        "Too few pieces of work were reviewed by the same people to tell strict reviewers from weak work."
    )
    NOT_ASKED = "No reviews were asked of this person."
    NO_ANSWERS = "Nobody has said yet how useful these reviews are, so their quality is not known."
    FEW_PAIRS = (
        "Reviews with both a score and an answer on how useful they were: {n}. At least {least} are needed to tell "
        "whether one depends on the other."
    )
    NO_SELF = "There is no self-assessment to compare with."
    FEW_RATERS = (
        "Answers so far: {n}. Nothing is shown before there are {least}, so that nobody can be recognised."
    )
    NO_RATINGS = "Nobody else in the team has rated this person."
    UNBEATEN = "Some pieces of work won (or lost) every comparison with the others, so how far apart they are is not known."
    NOT_CONVERGED = "The computation did not settle after {steps} steps, so nothing is reported."


@dataclass(frozen=True)
class Undefined:
    reason: Reason
    numbers: Mapping[str, float] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        return self.reason.value.format(**self.numbers)

    def __bool__(self) -> bool:
        """False, so that `value or …` never takes it for a number."""
        return False


Number: TypeAlias = float | Undefined


def undefined(reason: Reason, **numbers: float) -> Undefined:
    return Undefined(reason, numbers)
