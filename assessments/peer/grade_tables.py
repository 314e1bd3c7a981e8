"""Everybody's grades with what they are made of, as those who teach read them. Nothing is kept and nothing is rounded here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from assessments.measurement.peer_grades import Doubt, WorkGrade
from assessments.measurement.reviewing_grades import ReviewingGrade
from assessments.measurement.undefined import Number, Undefined
from assessments.peer import grading
from assessments.peer.columns import REVIEWING_TAG
from assessments.peer.models import GradeOverride, Participant, PeerActivity, PeerGroup, Submission
from assessments.results.columns import TAG
from assessments.results.models import Result
from lti_tool.port import Delivery, deliveries

Part = GradeOverride.Part


@dataclass(frozen=True)
class Grade:
    """One part: what it comes to by itself, in per cent, and a teacher's own in its place."""

    computed: float | None
    override: GradeOverride | None

    @property
    def per_cent(self) -> float | None:
        return self.computed if self.override is None else float(self.override.per_cent)


@dataclass(frozen=True)
class Row:
    """`reviews`: what the work's reviews say together, None without work. `sent`: how far the grades have got, by column."""

    participant: Participant
    submission: int | None
    work: Grade
    reviews: WorkGrade | None
    reviewing: Grade
    given: ReviewingGrade
    result: Result | None
    sent: list[tuple[str, str, Delivery]]

    @property
    def doubts(self) -> list[Doubt]:
        """Why somebody should look. A grade that a teacher gave is in no doubt."""
        return list(self.reviews.doubts) if self.reviews and self.work.override is None else []

    @property
    def needs_somebody(self) -> bool:
        return any(sent.can_retry or sent.can_keep_theirs for _tag, _label, sent in self.sent)


def rows(peer: PeerActivity, *, only: Participant | None = None) -> list[Row]:
    """By name, who left last; the same number of queries for one as for thousands."""
    found = peer.participants.select_related("person", "group")
    people = list(found.filter(pk=only.pk) if only else found)
    ids = [row.pk for row in people]
    work_of = _works(ids)
    works = sorted(set(work_of.values()))
    by_work = grading.scores(peer, works)
    of_works = grading.work_grades(peer, {work: by_work.get(work, []) for work in works})
    given = grading.reviewing_grades_of(peer, ids)
    is_team = peer.mode == PeerActivity.Mode.TEAM
    by_team = grading.team_grades(peer, people) if is_team else {}
    overrides = {(row.participant_id, row.part): row for row in _overrides(ids)}
    results = {row.candidate_id: row for row in Result.objects.filter(activity=peer.activity)}
    sent = _sent(peer)
    listed = []
    for person in people:
        reviews = of_works.get(work_of.get(person.pk, 0))
        computed = by_team[person.pk] if is_team else _number(reviews and reviews.grade)
        share = _number(given[person.pk].grade)
        listed.append(
            Row(
                participant=person,
                submission=work_of.get(person.pk),
                work=Grade(computed, overrides.get((person.pk, Part.WORK))),
                reviews=reviews,
                reviewing=Grade(
                    None if share is None else 100 * share, overrides.get((person.pk, Part.REVIEWING))
                ),
                given=given[person.pk],
                result=results.get(person.person_id),
                sent=[
                    (tag, label, by_person[person.person_id])
                    for tag, label, by_person in sent
                    if person.person_id in by_person
                ],
            )
        )
    return sorted(listed, key=lambda row: (row.participant.dropped_at is not None, _name(row.participant)))


def doubt_sentences() -> dict[Doubt, str]:
    return {
        Doubt.FEW: _("Fewer reviews than this round wants."),
        Doubt.SPREAD: _("The reviewers differ by more than this round takes as usual."),
        Doubt.BOUNDARY: _("With other reviewers it could be on the other side of the pass mark."),
        Doubt.UNKNOWN: _("Too few reviews to say whether it could be on the other side of the pass mark."),
    }


def doubt_words() -> dict[Doubt, str]:
    """The same for a table."""
    return {
        Doubt.FEW: _("few reviews"),
        Doubt.SPREAD: _("reviewers differ"),
        Doubt.BOUNDARY: _("about the pass mark"),
        Doubt.UNKNOWN: _("too few to say whether passed"),
    }


def retaliation_sentence(peer: PeerActivity) -> tuple[str, bool]:
    """Whether authors call a review useful because it gave them a good score, in words; and whether answers stay out then."""
    found = grading.retaliation(peer)
    if isinstance(found, Undefined):
        return _("Whether authors' answers follow the score they were given cannot be told yet. %(why)s") % {
            "why": found.sentence
        }, False
    numbers = {"r": f"{found.r:.2f}", "n": found.n, "limit": f"{found.limit:.2f}"}
    if found.is_dropped:
        return (
            _(
                "Authors' answers follow the score they were given (r = %(r)s in %(n)d reviews, more than %(limit)s), "
                "so they stay out of the grades for reviewing."
            )
            % numbers
        ), True
    return (
        _(
            "Authors' answers hardly follow the score they were given (r = %(r)s in %(n)d reviews, at most %(limit)s), "
            "so they count for the grades for reviewing."
        )
        % numbers
    ), False


@dataclass(frozen=True)
class Team:
    """`members`: each with their part of the work by WebPA, 1 being an equal one, and what they get of the team's mark."""

    group: PeerGroup
    members: list[tuple[Participant, Number | None, float | None]]

    @property
    def is_told(self) -> bool:
        return any(share is not None for _member, share, _grade in self.members)


def teams(peer: PeerActivity) -> list[Team]:
    groups = list(peer.groups.all())
    people = list(peer.participants.taking_part().select_related("person", "group").exclude(group=None))
    shares = grading.contributions_in(groups, with_self=peer.self_assesses)
    grades = grading.team_grades(peer, people)
    return [Team(group, _members(group, people, shares[group.pk], grades)) for group in groups]


def _members(
    group: PeerGroup,
    people: Sequence[Participant],
    shares: Mapping[int, Number],
    grades: Mapping[int, float | None],
) -> list[tuple[Participant, Number | None, float | None]]:
    of_group = [row for row in people if row.group_id == group.pk]
    return [(row, shares.get(row.pk), grades[row.pk]) for row in sorted(of_group, key=_name)]


@dataclass(frozen=True)
class Released:
    """What a learner sees of their own grades, in per cent: nothing of who gave what."""

    work: Decimal | None
    reviewing: Decimal | None
    received: int
    given: int
    is_work_by_teacher: bool
    is_reviewing_by_teacher: bool


def released_to(me: Participant) -> Released | None:
    """None until it is released."""
    result = Result.objects.released().filter(activity=me.peer.activity, candidate=me.person_id).first()
    if result is None or not result.computed:
        return None
    work, reviewing = (result.computed.get(part.value, {}) for part in (Part.WORK, Part.REVIEWING))
    return Released(
        work=_decimal(work),
        reviewing=_decimal(reviewing),
        received=work.get("n", 0),
        given=me.given.of_peers().done().count(),
        is_work_by_teacher=work.get("per_cent") != work.get("computed"),
        is_reviewing_by_teacher=reviewing.get("per_cent") != reviewing.get("computed"),
    )


def _decimal(part: Mapping[str, Any]) -> Decimal | None:
    per_cent = part.get("per_cent")
    return None if per_cent is None else Decimal(per_cent)


def _works(people: Sequence[int]) -> dict[int, int]:
    """By participant the work that is handed in."""
    pairs = Submission.authors.through.objects.filter(
        participant__in=people, submission__state=Submission.State.HANDED_IN
    )
    return dict(pairs.order_by("submission").values_list("participant_id", "submission_id"))


def _overrides(people: Sequence[int]) -> Any:
    return GradeOverride.objects.filter(participant__in=people).select_related("by")


def _sent(peer: PeerActivity) -> list[tuple[str, str, dict[int, Delivery]]]:
    labels = {TAG: _("Work"), REVIEWING_TAG: _("Reviewing")}
    return [(tag, label, deliveries(peer.activity.link, tag=tag)) for tag, label in labels.items()]


def _number(value: Any) -> float | None:
    return None if value is None or isinstance(value, Undefined) else float(value)


def _name(row: Participant) -> str:
    return row.display_name.casefold()
