"""Why there is no such plan, in words and with whom it is about."""

from collections.abc import Iterable
from enum import StrEnum


class Reason(StrEnum):
    """The value is the sentence, with the places of its numbers; who is meant is told beside it by index."""

    NOBODY = "There is nobody to review, or nothing to be reviewed."
    TOO_FEW_WORKS = "Everyone is asked for {each}, but these may choose from only {n} works of others."
    TOO_FEW_FOR_ONE_WAY = (
        "With {each} reviews each and nobody reviewing their own reviewer, at least {least} works are needed; "
        "there are {n}. Ask for fewer reviews each, or let people review each other."
    )
    GROUP_TOO_LARGE = (
        "A group of {n} is too large for reviews outside of it: the others are {others}, and {least} are needed. "
        "Ask for fewer reviews each, or let people review within their group."
    )
    TOO_FEW_PARTNERS = (
        "With {each} reviews each and nobody reviewing their own reviewer, everyone needs {least} people they may "
        "review or be reviewed by; these have only {n}."
    )
    TOO_MANY_MUST = "These must review {n} works, but nobody reviews more than {each}."
    WORK_TOO_MANY_MUST = "These works must be reviewed by {n}, but a work gets no more than {most} reviews."
    MUST_AND_MUST_NOT = "These reviews are asked for, and another rule forbids them: {rule}."
    REVIEWERS_SHUT_OUT = (
        "These {n} have {need} reviews to give, but the works that they may review have room for only {room}."
    )
    WORKS_SHUT_OUT = "These works need {need} reviews, but those who may review them can give only {room}."
    NOT_FOUND = (
        "In {tries} attempts no plan was found that keeps all rules. This is no proof that there is none. "
        "In the best attempt these were left over; try with fewer rules about them or fewer reviews each."
    )


class Infeasible(ValueError):
    """`sentence`, and the indices of the reviewers and of the works that cause it, in order."""

    def __init__(
        self,
        reason: Reason,
        reviewers: Iterable[int] = (),
        works: Iterable[int] = (),
        **details: int | str,
    ) -> None:
        self.reason, self.details = reason, details
        self.reviewers = tuple(sorted({int(it) for it in reviewers}))
        self.works = tuple(sorted({int(it) for it in works}))
        super().__init__(self.sentence)

    @property
    def sentence(self) -> str:
        return self.reason.value.format(**self.details)
