"""One person's part of a round, as teachers read it.

Where names are hidden, a page with somebody's name never says which reviews they gave: beside the page of the one it was given
to, that would be an unmasking without a reason. Those that this teacher unmasked are told.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from assessments.peer import grading, names, submitting
from assessments.peer.models import (
    Participant,
    Review,
    Submission,
    Unmasking,
    WorkFile,
)
from assessments.results.models import Result


@dataclass(frozen=True)
class Given:
    """`subject`: whose work, empty where that is not told; then there is no way to the review from here either."""

    review: Review
    subject: str


@dataclass(frozen=True)
class Received:
    review: Review
    reviewer: str


@dataclass(frozen=True)
class Part:
    label: Any
    per_cent: Decimal | None
    computed: Decimal | None


@dataclass(frozen=True)
class Standing:
    submission: Submission | None
    files: Sequence[WorkFile]
    given: Sequence[Given]
    received: Sequence[Received]
    own: Review | None
    parts: Sequence[Part]
    is_released: bool


def of(person: Participant, reader: Any) -> Standing:
    """`reader`: the teacher who looks."""
    peer = person.peer
    submission = submitting.submission_of(person)
    unmasked = set(Unmasking.objects.filter(peer=peer, by=reader).values_list("review", flat=True))
    received = _reviews_of(submission) if submission else []
    result = Result.objects.filter(activity=peer.activity, candidate=person.person).first()
    return Standing(
        submission=submission,
        files=[row for row in submission.files.all() if row.removed_at is None] if submission else [],
        given=[Given(row, _subject(row, unmasked)) for row in _given_by(person)],
        received=[Received(row, _reviewer(row, unmasked)) for row in received if not row.is_self],
        own=next((row for row in received if row.is_self and row.reviewer_id == person.pk), None),
        parts=_parts(result),
        is_released=bool(result and result.is_released),
    )


def _given_by(person: Participant) -> list[Review]:
    rows = Review.objects.filter(reviewer=person, is_self=False).select_related(
        "peer__activity", "submission__group"
    )
    return list(_whole(rows).exclude(state=Review.State.CANCELLED).order_by("pk"))


def _reviews_of(submission: Submission) -> list[Review]:
    rows = _whole(submission.reviews.all()).exclude(state=Review.State.CANCELLED)
    return list(rows.order_by("pk"))


def _whole(rows: Any) -> Any:
    rows = rows.select_related("peer__activity", "submission__group", "reviewer__person", "group", "staff")
    return rows.prefetch_related("submission__authors__person")


def _subject(review: Review, unmasked: set[int]) -> str:
    is_unmasked = review.pk in unmasked
    if review.peer.is_masked and not is_unmasked:
        return ""
    return names.staff_names(review, is_unmasked=is_unmasked)[1]


def _reviewer(review: Review, unmasked: set[int]) -> str:
    return names.staff_names(review, is_unmasked=review.pk in unmasked)[0]


def _parts(result: Result | None) -> list[Part]:
    computed = (result.computed if result else None) or {}
    return [
        Part(part.label, _number(computed[part.value]["per_cent"]), _number(computed[part.value]["computed"]))
        for part in grading.Part
        if part.value in computed
    ]


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
