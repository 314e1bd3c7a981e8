"""What an author gets to read: each review under a name that may be read, or, of many sources, only what they say together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import numpy as np

from assessments.marking.models import MarkSheet
from assessments.measurement import multi_source, self_gap
from assessments.measurement.undefined import Undefined
from assessments.peer import names, phases, reading, reviewing
from assessments.peer.models import Participant, PeerActivity, Response, Review, Submission
from assessments.peer.words import formats
from assessments.rubrics.models import Criterion
from assessments.rubrics.outline import by_kind, outline


@dataclass(frozen=True)
class ReadReview:
    """One review as its author reads it. `has_score`: only once they have said whether it helped."""

    review: Review
    name: str
    words: list[tuple[formats.Step, str]]
    sheet: MarkSheet
    outline: Any
    given: Mapping[str, list[Any]]
    response: Response | None
    has_score: bool


@dataclass(frozen=True)
class Item:
    """One criterion over all who reviewed, in its points: their mean, and how far the author's own lies from it."""

    criterion: Criterion
    scores: multi_source.Item
    gap: self_gap.Gap | Undefined


@dataclass(frozen=True)
class Report:
    """`reviews` one by one, or `words` of all in an order that says nothing, where they are not told apart."""

    why_nothing: str
    reviews: list[ReadReview]
    items: list[Item]
    words: list[tuple[formats.Step, list[str]]]
    own: ReadReview | None
    unanswered: int


def of(submission: Submission, viewer: Participant) -> Report:
    peer = submission.peer
    why = reading.why_nothing(submission, viewer)
    readable = names.shuffled(peer, viewer, reading.readable(submission, viewer))
    sheets = _sheets(readable)
    own = _own(submission, viewer)
    if peer.mode == PeerActivity.Mode.MULTI_SOURCE:
        items = _items([sheets[row.pk] for row in readable], own.sheet if own else None, peer)
        return Report(why, [], items, _words_together(peer, readable), own, 0)
    answers = {row.review_id: row for row in viewer.responses.all()}
    read = [_read(row, viewer, sheets[row.pk], answers.get(row.pk)) for row in readable]
    seen = [row.sheet for row in read if row.has_score]
    items = _items(seen, own.sheet if own else None, peer) if len(seen) == len(read) and read else []
    return Report(why, read, items, [], own, sum(row.response is None for row in read))


def _read(review: Review, viewer: Participant, sheet: MarkSheet, response: Response | None) -> ReadReview:
    return ReadReview(
        review=review,
        name=names.reviewer_name(review, viewer),
        words=_words(review),
        sheet=sheet,
        outline=outline(_shown(sheet), itemgetter(0)),
        given=by_kind(sheet.statements.all()),
        response=response,
        has_score=response is not None or not phases.can_respond(review.peer),
    )


def _own(submission: Submission, viewer: Participant) -> ReadReview | None:
    row = submission.reviews.filter(is_self=True, reviewer=viewer).done().whole().first()
    return _read(row, viewer, _sheets([row])[row.pk], None) if row else None


def _words(review: Review) -> list[tuple[formats.Step, str]]:
    steps = reviewing.steps(review)
    return [(step, str(review.words[step.key])) for step in steps if review.words.get(step.key)]


def _words_together(peer: PeerActivity, reviews: Sequence[Review]) -> list[tuple[formats.Step, list[str]]]:
    """By step what everybody wrote, each step's by the alphabet: what one person wrote to two of them cannot be put together."""
    steps = formats.steps_for(formats.by_key(peer.format), "reviewer")
    return [
        (step, sorted(str(row.words[step.key]) for row in reviews if row.words.get(step.key)))
        for step in steps
    ]


def _items(sheets: Sequence[MarkSheet], own: MarkSheet | None, peer: PeerActivity) -> list[Item]:
    """By criterion that the author may see, in points of the criterion."""
    if not sheets:
        return []
    criteria = [criterion for criterion, _mark in _shown(sheets[0])]
    given = np.array([_points(sheet, criteria) for sheet in sheets])
    mine = np.array(_points(own, criteria) if own else [np.nan] * len(criteria))
    least = peer.least_sources if peer.mode == PeerActivity.Mode.MULTI_SOURCE else 1
    found = multi_source.item_scores(given, mine, least=least)
    if isinstance(found, Undefined):
        return []
    gaps = self_gap.self_gaps(mine, given)
    return [Item(*row) for row in zip(criteria, found, gaps, strict=True)]


def _points(sheet: MarkSheet, criteria: Sequence[Criterion]) -> list[float]:
    """NaN where no level was chosen."""
    chosen = {mark.criterion_id: mark.level for mark in sheet.marks.all() if mark.level}
    return [float(row.points_for(chosen[row.pk])) if row.pk in chosen else float("nan") for row in criteria]


def _shown(sheet: MarkSheet) -> list[tuple[Criterion, Any]]:
    marks = {mark.criterion_id: mark for mark in sheet.marks.all()}
    rows = [(criterion, marks.get(criterion.pk)) for criterion in sheet.rubric.criteria.all()]
    return [row for row in rows if row[0].is_shown_to_student]


def _sheets(reviews: Sequence[Review]) -> dict[int, MarkSheet]:
    """By review; whoever handed one in has its sheet."""
    rows = MarkSheet.objects.whole().filter(peer_review__in=reviews).select_related("peer_review")
    return {row.peer_review.pk: row for row in rows}
