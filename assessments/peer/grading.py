"""Grades one can explain: of the work from its reviews, of the reviewing from completion and quality; overrides with a reason.

Peers' marks count only where staff said so; else there are no results. Nothing is rounded here: the gradebook's column does that.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.audit.recording import record
from assessments.marking.models import MarkSheet
from assessments.measurement import peer_grades, reviewing_grades, team_contribution
from assessments.measurement.peer_grades import Method, Scheme, WorkGrade
from assessments.measurement.reviewing_grades import ReviewingGrade
from assessments.measurement.undefined import Number, Undefined
from assessments.peer import phases, reasons
from assessments.peer.models import (
    GradeOverride,
    Participant,
    PeerActivity,
    PeerGroup,
    QualitySample,
    Response,
    Review,
    Submission,
)
from assessments.results import recording
from assessments.results.models import Result

Part = GradeOverride.Part
Phase = PeerActivity.Phase
STEP = Decimal("0.000001")
METHODS = {
    PeerActivity.Scoring.MEAN: Method.MEAN,
    PeerActivity.Scoring.MEDIAN: Method.MEDIAN,
    PeerActivity.Scoring.TRIMMED: Method.TRIMMED,
    PeerActivity.Scoring.STAFF: Method.STAFF_WEIGHTED,
}


@dataclass(frozen=True)
class Score:
    """What one review says of a work, in per cent. `review`: its id."""

    review: int
    per_cent: float
    is_staff: bool


def scheme(peer: PeerActivity) -> Scheme:
    return Scheme(
        method=METHODS[PeerActivity.Scoring(peer.scoring)],
        staff_weight=float(peer.staff_weight),
        least_reviews=peer.least_reviews,
        most_sd=float(peer.spread_limit),
        boundaries=() if peer.pass_mark is None else (float(peer.pass_mark),),
    )


# --- the work ---------------------------------------------------------------------------------


def scores(peer: PeerActivity, submissions: Iterable[int] | None = None) -> dict[int, list[Score]]:
    """By submission, what its reviews say that are handed in and count: never one's own, never one that was left out."""
    rows = peer.reviews.of_peers().done().filter(excluded_at=None)
    if submissions is not None:
        rows = rows.filter(submission__in=submissions)
    found: dict[int, list[Score]] = defaultdict(list)
    known = rows.exclude(per_cent=None).values_list("pk", "submission", "per_cent", "staff")
    for review, work, per_cent, staff in known:
        found[work].append(Score(review, float(per_cent or 0), staff is not None))
    return found


def work_grades(peer: PeerActivity, by_work: Mapping[int, Sequence[Score]]) -> dict[int, WorkGrade]:
    """By submission, for those that are asked about."""
    works = list(by_work)
    flat = [(place, row) for place, work in enumerate(works) for row in by_work[work]]
    found = peer_grades.grades(
        [place for place, _row in flat],
        [row.per_cent for _place, row in flat],
        staff=[row.is_staff for _place, row in flat],
        count=len(works),
        scheme=scheme(peer),
    )
    return dict(zip(works, found, strict=True))


# --- the reviewing ----------------------------------------------------------------------------


def reviewing_grade(peer: PeerActivity, participant: Participant) -> ReviewingGrade:
    return reviewing_grades_of(peer, [participant.pk])[participant.pk]


def reviewing_grades_of(peer: PeerActivity, participants: Sequence[int]) -> dict[int, ReviewingGrade]:
    """By participant. Asked are as many reviews as the round gives each, or as many as could be given to them."""
    rows = peer.reviews.of_peers().filter(reviewer__in=participants)
    states: dict[int, Counter[str]] = defaultdict(Counter)
    for reviewer, state in rows.values_list("reviewer", "state"):
        states[reviewer][state] += 1
    answers, samples = _answers(peer, participants), _samples(peer, participants)
    to_take = _to_take(peer, participants)
    shares = reviewing_grades.Shares(peer.completion_share, 100 - peer.completion_share)
    found = {}
    for person in participants:
        quality = reviewing_grades.feedback_quality(answers[person], samples[person], shares=shares)
        found[person] = reviewing_grades.reviewing_grade(
            done=states[person][Review.State.DONE],
            asked=max(_asked(states[person]), to_take.get(person, 0)),
            quality=quality,
            shares=shares,
        )
    return found


def _asked(states: Counter[str]) -> int:
    """What they were given and did not lose through others: also what they declined or let pass."""
    return sum(n for state, n in states.items() if state != Review.State.CANCELLED)


def _to_take(peer: PeerActivity, participants: Sequence[int]) -> dict[int, int]:
    """Where everybody takes the next work: as many as the round gives each, or as others' works there are."""
    if not peer.is_pull or not (peer.phase == Phase.REVIEW or phases.is_past(peer, Phase.REVIEW)):
        return {}
    works = peer.submissions.handed_in()
    authors = Submission.authors.through.objects.filter(submission__in=works)
    own = Counter(authors.filter(participant__in=participants).values_list("participant", flat=True))
    reviewers = peer.participants.taking_part().filter(pk__in=participants, reviews=True)
    n = works.count()
    return {pk: min(peer.reviews_each, n - own[pk]) for pk in reviewers.values_list("pk", flat=True)}


def _answers(peer: PeerActivity, participants: Sequence[int]) -> dict[int, list[list[int]]]:
    found: dict[int, list[list[int]]] = defaultdict(list)
    if peer.drops_answers:
        return found
    rows = Response.objects.filter(review__peer=peer, review__reviewer__in=participants)
    for reviewer, *ticked in rows.values_list("review__reviewer", "is_specific", "is_actionable", "is_kind"):
        found[reviewer].append([int(it) for it in ticked])
    return found


def _samples(peer: PeerActivity, participants: Sequence[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    rows = QualitySample.objects.filter(review__peer=peer, review__reviewer__in=participants)
    for reviewer, *qual in rows.values_list("review__reviewer", "evidence", "suggestion", "connection"):
        found[reviewer].append(sum(int(it) for it in qual))
    return found


def retaliation(peer: PeerActivity) -> reviewing_grades.Retaliation | Undefined:
    """Whether authors' answers follow the score that the review gave them."""
    rows = Response.objects.filter(review__peer=peer, review__state=Review.State.DONE)
    rows = rows.exclude(review__per_cent=None)
    known = list(rows.values_list("review__per_cent", "is_specific", "is_actionable", "is_kind"))
    useful = [sum(ticked) / 3 for _per_cent, *ticked in known]
    return reviewing_grades.retaliation(useful, [per_cent for per_cent, *_ticked in known])


# --- teams ------------------------------------------------------------------------------------


def contributions(group: PeerGroup) -> dict[int, Number]:
    """By participant, each member's part of the team's work by WebPA: 1 is an equal one. For staff alone."""
    return contributions_in([group], with_self=group.peer.self_assesses)[group.pk]


def contributions_in(groups: Iterable[PeerGroup], *, with_self: bool) -> dict[int, dict[int, Number]]:
    """The same of each of these groups, by its id; empty where it cannot be told yet. `with_self`: everybody rates their own."""
    members: dict[int, list[int]] = {group.pk: [] for group in groups}
    group_of: dict[int, int] = {}
    people = Participant.objects.taking_part().filter(group__in=members).order_by("pk")
    for person, group in people.values_list("pk", "group"):
        members[group].append(person)
        group_of[person] = group
    rows = Review.objects.done().filter(
        submission__authors__in=group_of, reviewer__in=group_of, excluded_at=None
    )
    given: dict[int, list[tuple[int, int, float | None]]] = defaultdict(list)
    for reviewer, author, per_cent in rows.values_list("reviewer", "submission__authors", "per_cent"):
        if reviewer in group_of and group_of.get(author) == group_of[reviewer]:
            given[group_of[reviewer]].append((reviewer, author, per_cent))
    return {group: _webpa(people, given[group], with_self) for group, people in members.items()}


def _webpa(
    members: Sequence[int], given: Iterable[tuple[int, int, float | None]], with_self: bool
) -> dict[int, Number]:
    place = {person: at for at, person in enumerate(members)}
    points = np.full((len(members), len(members)), np.nan)
    for reviewer, author, per_cent in given:
        points[place[reviewer], place[author]] = np.nan if per_cent is None else per_cent
    points = _finished(points)
    if len(members) < 2 or np.isnan(points).all():
        return {}
    # One's own points count only where everybody who answered gave themselves some.
    answered = ~np.isnan(points).all(axis=1)
    all_rated_themselves = not bool(np.isnan(points.diagonal()[answered]).any())
    found = team_contribution.webpa(points, with_self=with_self and all_rated_themselves)
    return {} if isinstance(found, Undefined) else dict(zip(members, found.scores, strict=True))


def _finished(points: np.ndarray) -> np.ndarray:
    """Whoever has not said something of every other yet counts as one who has said nothing."""
    gaps = np.isnan(points)
    np.fill_diagonal(gaps, False)
    return np.where(gaps.any(axis=1)[:, None], np.nan, points)


def team_grades(peer: PeerActivity, people: Iterable[Participant]) -> dict[int, float | None]:
    """By participant: the team's mark, as far as the round says by what each has done for it."""
    people = list(people)
    groups = {row.group for row in people if row.group is not None and row.group.mark is not None}
    shares = contributions_in(groups, with_self=peer.self_assesses)
    return {row.pk: _team_grade(peer, row.group, shares, row.pk) for row in people}


@transaction.atomic
def mark_team(*, group: PeerGroup, mark: Decimal | None, by: Any) -> PeerGroup:
    """A teacher's mark for a team's work, in per cent; None for none yet. What its members get follows."""
    if mark is not None and not 0 <= mark <= 100:
        raise ValidationError(_("A team's mark is from 0 to 100. Nothing was changed."))
    group.mark = mark
    group.save(update_fields=["mark"])
    record("team.marked", by=by, on=group.peer, data={"mark": None if mark is None else str(mark)})
    if group.peer.counts:
        people = list(group.participants.select_related("person", "group", "peer__activity"))
        parts = _work_parts(group.peer, people)
        _keep(group.peer, people, {row.pk: {Part.WORK: parts[row.pk]} for row in people}, by)
    return group


def _team_grade(
    peer: PeerActivity, group: PeerGroup | None, shares: Mapping[int, Mapping[int, Number]], person: int
) -> float | None:
    if group is None or group.mark is None:
        return None
    score = shares[group.pk].get(person)
    if score is None or isinstance(score, Undefined):
        return None
    weight = peer.contribution_weight / 100
    return min(100.0, float(group.mark) * ((1 - weight) + weight * score))


# --- results ----------------------------------------------------------------------------------


@transaction.atomic
def compute_all(peer: PeerActivity, *, by: Any) -> int:
    """Every participant's result anew; gives how many there are. What did not change stays as it is and is not sent again."""
    verdict = retaliation(peer)
    peer.drops_answers = not isinstance(verdict, Undefined) and verdict.is_dropped
    PeerActivity.objects.filter(pk=peer.pk).update(drops_answers=peer.drops_answers)
    if not peer.counts:
        return 0
    people = list(peer.participants.select_related("person", "group", "peer__activity"))
    works = _work_parts(peer, people)
    reviewing = _reviewing_parts(peer, people)
    parts = {row.pk: {Part.WORK: works[row.pk], Part.REVIEWING: reviewing[row.pk]} for row in people}
    _keep(peer, people, parts, by)
    return len(people)


def compute_submission(submission: Submission, *, by: Any) -> None:
    """After one review changed: the work part of its authors, and of nobody else."""
    peer = submission.peer
    if not peer.counts:
        return
    authors = list(submission.authors.select_related("person", "group", "peer__activity"))
    if peer.mode == PeerActivity.Mode.TEAM:
        groups = {row.group_id for row in authors}
        authors = list(
            peer.participants.filter(group__in=groups).select_related("person", "group", "peer__activity")
        )
    parts = _work_parts(peer, authors)
    _keep(peer, authors, {row.pk: {Part.WORK: parts[row.pk]} for row in authors}, by)


def compute_reviewer_of(review: Review, *, by: Any) -> None:
    """After a review was handed in, answered or sampled: the reviewing part of who wrote it."""
    if not review.peer.counts or review.reviewer_id is None:
        return
    people = list(
        Participant.objects.filter(pk=review.reviewer_id).select_related("person", "group", "peer__activity")
    )
    parts = _reviewing_parts(review.peer, people)
    _keep(review.peer, people, {row.pk: {Part.REVIEWING: parts[row.pk]} for row in people}, by)


def on_sheet(*, sheet: MarkSheet, by: Any, **_more: Any) -> None:
    """A review's sheet was handed in or changed."""
    review = Review.objects.whole().filter(sheet=sheet).first()
    if review is None:
        return
    review.per_cent = 100 * float(sheet.total) / float(sheet.maximum) if sheet.maximum else None
    review.save(update_fields=["per_cent"])
    if review.is_self and review.peer.mode != PeerActivity.Mode.TEAM:
        return
    compute_submission(review.submission, by=by)
    compute_reviewer_of(review, by=by)


@transaction.atomic
def override(*, participant: Participant, part: str, per_cent: Decimal | None, reason: str, by: Any) -> None:
    """A teacher's own grade in place of the computed one; None takes it away again. The reason is kept with either."""
    if part not in Part.values:
        raise ValidationError({"part": _("Choose which grade it is.")})
    if not (reason := reasons.read(reason)):
        raise ValidationError({"reason": _("Write down why: it stays with the grade.")})
    if per_cent is None:
        participant.overrides.filter(part=part).delete()
    else:
        if not 0 <= per_cent <= 100:
            raise ValidationError({"per_cent": _("From 0 to 100.")})
        participant.overrides.update_or_create(
            part=part,
            defaults={
                "peer": participant.peer,
                "per_cent": per_cent,
                "reason": reason,
                "by": by,
                "at": timezone.now(),
            },
        )
    data = {"part": part, "per_cent": None if per_cent is None else str(per_cent), "reason": reason}
    record("grade.overridden", by=by, on=participant, data=data)
    peer = participant.peer
    if peer.counts:
        parts = (
            _work_parts(peer, [participant]) if part == Part.WORK else _reviewing_parts(peer, [participant])
        )
        _keep(peer, [participant], {participant.pk: {Part(part): parts[participant.pk]}}, by)


Computed = dict[str, Any]


def _work_parts(peer: PeerActivity, people: Sequence[Participant]) -> dict[int, Computed]:
    """By participant: per cent, how many reviews, spread, and why staff should look."""
    pairs = Submission.authors.through.objects.filter(
        participant__in=[row.pk for row in people], submission__state=Submission.State.HANDED_IN
    )
    work_of = dict(pairs.order_by("submission").values_list("participant_id", "submission_id"))
    by_work = scores(peer, set(work_of.values()))
    grades = work_grades(peer, {work: by_work.get(work, []) for work in sorted(set(work_of.values()))})
    given = _overrides(people, Part.WORK)
    is_team = peer.mode == PeerActivity.Mode.TEAM
    by_team = team_grades(peer, people) if is_team else {}
    found = {}
    for person in people:
        grade = grades.get(work_of.get(person.pk, 0))
        per_cent = by_team[person.pk] if is_team else _number(grade and grade.grade)
        told = (
            {"n": grade.n, "doubts": [doubt.name for doubt in grade.doubts]}
            if grade
            else {"n": 0, "doubts": []}
        )
        found[person.pk] = _part(per_cent, given.get(person.pk), told)
    return found


def _reviewing_parts(peer: PeerActivity, people: Sequence[Participant]) -> dict[int, Computed]:
    grades = reviewing_grades_of(peer, [row.pk for row in people])
    given = _overrides(people, Part.REVIEWING)
    return {
        person.pk: _part(
            None if (share := _number(grades[person.pk].grade)) is None else 100 * share,
            given.get(person.pk),
            {"is_completion_alone": grades[person.pk].is_completion_alone},
        )
        for person in people
    }


def _part(per_cent: float | None, given: Decimal | None, told: Computed) -> Computed:
    """`per_cent` is what counts; `computed` what it would be without an override."""
    computed = None if per_cent is None else str(Decimal(repr(per_cent)).quantize(STEP))
    return {"per_cent": computed if given is None else str(given), "computed": computed, **told}


def _overrides(people: Sequence[Participant], part: Part) -> dict[int, Decimal]:
    rows = GradeOverride.objects.filter(participant__in=[row.pk for row in people], part=part)
    return dict(rows.values_list("participant", "per_cent"))


def _keep(
    peer: PeerActivity,
    people: Sequence[Participant],
    parts: Mapping[int, Mapping[Part, Computed]],
    by: Any,
) -> None:
    """The parts by participant, beside the other one where there is one. What stays as it is asks nothing of the database."""
    rows = Result.objects.filter(activity=peer.activity, candidate__in=[row.person_id for row in people])
    there = dict(rows.values_list("candidate", "computed"))
    for person in people:
        before = there.get(person.person_id)
        computed = {**(before or {}), **{part.value: told for part, told in parts[person.pk].items()}}
        is_nothing = before is None and all(told["per_cent"] is None for told in computed.values())
        if is_nothing or computed == before:
            continue
        work = computed.get(Part.WORK.value, {}).get("per_cent")
        recording.keep(
            activity=peer.activity,
            candidate=person.person,
            total=None if work is None else Decimal(work).quantize(Decimal("0.001")),
            computed=computed,
            by=by,
        )


def _number(value: Any) -> float | None:
    return None if value is None or isinstance(value, Undefined) else float(value)
