"""A round as the arithmetic of `allocation` knows it: reviewers and works counted from 0; and its answers as rows again."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from django.core.exceptions import ValidationError
from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _

from assessments.peer.allocation import certificates, edits, repairs
from assessments.peer.allocation.fields import Field, Groups, Rules
from assessments.peer.allocation.planning import allocate
from assessments.peer.allocation.refusals import Infeasible
from assessments.peer.models import (
    PairRule,
    Participant,
    PeerActivity,
    PeerGroup,
    Review,
    Submission,
    SubmissionQuerySet,
)
from assessments.peer.rows import Place

State = Review.State
Mode = PeerActivity.Mode
OF_PEOPLE = ("peer", "person", "group", "stratum", "hands_in", "reviews", "dropped_at")


@dataclass(frozen=True)
class Plan:
    """`places`: who reviews what, as ids. `certificate`: what holds of it, as it is kept and shown."""

    places: list[Place]
    seed: int
    certificate: dict[str, Any]


@dataclass(frozen=True)
class Change:
    """`cancel`: ids of reviews. `add`: places. `short`: works that stay below the minimum, and how many reviews they lack."""

    cancel: list[int]
    add: list[Place]
    short: dict[int, int]
    seed: int


class Round:
    """Who reviews and what is reviewed now; who left and what was withdrawn is still there if a review of it stands."""

    def __init__(self, peer: PeerActivity, *, only_those_here: bool = False) -> None:
        self.peer, self._only_those_here = peer, only_those_here
        # Names are looked up only where a refusal tells them: there may be ten thousand.
        people = peer.participants.only(*OF_PEOPLE).order_by("pk")
        works = (
            peer.submissions.exclude(state=Submission.State.DRAFT)
            .only("peer", "state", "group")
            .order_by("pk")
        )
        if only_those_here:
            works = works.filter(state=Submission.State.HANDED_IN)
        self.people, self.submissions = list(people), list(works)
        if only_those_here:
            self.submissions = [row for row in self.submissions if row.pk not in self._gone]

    @cached_property
    def reviewers(self) -> Sequence[Participant | PeerGroup]:
        """Those who review, or did; where groups review, the groups."""
        if self.peer.groups_review:
            groups = self.peer.groups.order_by("pk")
            if self._only_those_here:
                groups = groups.filter(participants__in=self.peer.participants.taking_part()).distinct()
            return list(groups)
        there = [row for row in self.people if not (self._only_those_here and row.dropped_at)]
        return [row for row in there if row.reviews and self._has_earned_it(row)]

    def _has_earned_it(self, row: Participant) -> bool:
        """Whoever hands in reviews once they have handed in; whoever only reviews, always."""
        return not row.hands_in or row.pk in self._authors

    @cached_property
    def _authors(self) -> set[int]:
        return {person for person, work in self._written if work in self.work_place}

    @cached_property
    def _written(self) -> list[tuple[int, int]]:
        """Who is an author of what, by id; each work's first author first."""
        through = Submission.authors.through.objects.filter(submission__peer=self.peer)
        return list(through.order_by("participant").values_list("participant_id", "submission_id"))

    @cached_property
    def reviewer_place(self) -> dict[int, int]:
        return {row.pk: place for place, row in enumerate(self.reviewers)}

    @cached_property
    def work_place(self) -> dict[int, int]:
        return {row.pk: place for place, row in enumerate(self.submissions)}

    @cached_property
    def left(self) -> list[int]:
        """Places of reviewers who take no part any more."""
        if self.peer.groups_review:
            there = {row.group_id for row in self.people if row.dropped_at is None}
            return [place for place, row in enumerate(self.reviewers) if row.pk not in there]
        # Where groups do not review, they are all participants.
        return [place for place, row in enumerate(self.reviewers) if row.dropped_at]  # type: ignore[union-attr]

    @cached_property
    def withdrawn(self) -> list[int]:
        return [
            place
            for place, row in enumerate(self.submissions)
            if not row.is_handed_in or row.pk in self._gone
        ]

    @cached_property
    def _gone(self) -> set[int]:
        """Where people themselves are looked at: those who take no part any more."""
        return set() if self.peer.has_submissions else set(gone(self.peer).values_list("pk", flat=True))

    @cached_property
    def authors(self) -> tuple[tuple[int, ...], ...]:
        """Of each work the places of those authors who review."""
        found: list[set[int]] = [set() for _work in self.submissions]
        who = {row.pk: row for row in self.people}
        for person, work in self._written:
            reviewer = who[person].group_id if self.peer.groups_review else person
            if work in self.work_place and reviewer in self.reviewer_place:
                found[self.work_place[work]].add(self.reviewer_place[reviewer])
        return tuple(tuple(sorted(row)) for row in found)

    @cached_property
    def field(self) -> Field:
        groups: dict[int, int] = {}

        def number(group: int | None) -> int | None:
            return None if group is None else groups.setdefault(group, len(groups))

        reviewer_groups = [
            number(row.pk if isinstance(row, PeerGroup) else row.group_id) for row in self.reviewers
        ]
        return Field(
            reviewers=len(self.reviewers),
            authors=self.authors,
            reviewer_groups=reviewer_groups,
            work_groups=[number(group) for group in self._work_groups],
            strata=self._strata,
        )

    @cached_property
    def _work_groups(self) -> list[int | None]:
        """Of each work its group, or that of its first author: also of one who reviews nothing."""
        by_author = {row.pk: row.group_id for row in self.people}
        first: dict[int, int | None] = {}
        for person, work in self._written:
            first.setdefault(work, by_author[person])
        return [row.group_id or first.get(row.pk) for row in self.submissions]

    @property
    def _strata(self) -> list[int | None] | None:
        if not self.peer.mixes_strata or self.peer.groups_review:
            return None
        numbers: dict[str, int] = {}
        # Groups have no stratum, and were answered above.
        names = [row.stratum for row in self.reviewers]  # type: ignore[union-attr]
        return [numbers.setdefault(name, len(numbers)) if name else None for name in names]

    @cached_property
    def rules(self) -> Rules:
        return Rules(
            reviews_each=self.peer.reviews_each,
            no_reciprocal=self.peer.forbids_pairs,
            groups=Groups(self.peer.grouping),
            spread=self._strata is not None,
            forbidden=self._pairs(PairRule.Kind.MUST_NOT),
            must=self._pairs(PairRule.Kind.MUST),
        )

    def _pairs(self, kind: PairRule.Kind) -> frozenset[tuple[int, int]]:
        """By place: of each reviewer the works of the author that the rule is about."""
        rules = list(self.peer.pair_rules.filter(kind=kind))
        if not rules:
            return frozenset()
        works: dict[int, set[int]] = {}
        for person, work in self._written:
            if work in self.work_place:
                works.setdefault(person, set()).add(self.work_place[work])
        group_of = {row.pk: row.group_id for row in self.people}
        found = set()
        for rule in rules:
            reviewer = group_of[rule.reviewer_id] if self.peer.groups_review else rule.reviewer_id
            if reviewer in self.reviewer_place:
                found |= {(self.reviewer_place[reviewer], work) for work in works.get(rule.author_id, ())}
        return frozenset(found)

    def places(self, pairs: Any) -> list[Place]:
        reviewers = [row.pk for row in self.reviewers]
        works = [row.pk for row in self.submissions]
        return [(reviewers[who], works[what]) for who, what in np.asarray(pairs).reshape(-1, 2).tolist()]

    def place(self, reviewer: int | None, group: int | None, work: int) -> tuple[int, int] | None:
        who = group if self.peer.groups_review else reviewer
        if who not in self.reviewer_place or work not in self.work_place:
            return None
        return self.reviewer_place[who], self.work_place[work]

    def names(self, refusal: Infeasible) -> str:
        """Whom it is about, at most a dozen."""
        authors = {place: self.authors[place] for place in refusal.works}
        told = {*refusal.reviewers, *(author for made in authors.values() for author in made)}
        if not self.peer.groups_review:
            prefetch_related_objects([self.reviewers[place] for place in told], "person")
        people = [_shown(self.reviewers[place]) for place in refusal.reviewers]
        people += [
            ", ".join(_shown(self.reviewers[author]) for author in made)
            or _("a work without a reviewing author")
            for made in authors.values()
        ]
        shown = sorted(set(people))
        more = len(shown) - 12
        listed = ", ".join(shown[:12])
        return listed if more <= 0 else _("%(names)s and %(n)d more") % {"names": listed, "n": more}


def _shown(reviewer: Participant | PeerGroup) -> str:
    return reviewer.name if isinstance(reviewer, PeerGroup) else reviewer.display_name


def draw(peer: PeerActivity, seed: int) -> Plan:
    """Raises ValidationError with the sentence that says why there is no such plan, and whom it is about."""
    if peer.mode == Mode.TEAM:
        if not (places := _of_teams(peer)):
            raise ValidationError(
                _("Nobody shares a team with anybody yet. Put people into teams first."), code="infeasible"
            )
        return _standing(Round(peer), places, seed)
    here = Round(peer, only_those_here=True)
    try:
        found = allocate(here.field, here.rules, seed)
    except Infeasible as refusal:
        names = here.names(refusal)
        sentence = f"{refusal.sentence} ({names})" if names else refusal.sentence
        raise ValidationError(sentence, code="infeasible") from None
    return Plan(here.places(found.pairs), seed, found.certificate.to_dict())


def repair(peer: PeerActivity, seed: int) -> Change:
    """What to take back and to add, so that everything that is still expected can come. Nothing that is begun moves."""
    here = Round(peer)
    live = _live(here)
    if peer.mode == Mode.TEAM:
        return _repair_teams(here, live, seed)
    if not live and not peer.allocations.exists():
        return Change([], [], {}, seed)
    pairs = [pair for pair, _review, _state in live]
    found = repairs.repair(
        here.field,
        here.rules,
        np.array(pairs, np.int64).reshape(-1, 2),
        [STATES[state] for _pair, _review, state in live],
        repairs.Changes(
            left=frozenset(here.left),
            withdrawn=frozenset(here.withdrawn),
            joined=tuple(_newcomers(here, pairs)),
            declined=_declined(here),
        ),
        minimum=peer.least_reviews,
        seed=seed,
    )
    review_of = {pair: review for pair, review, _state in live}
    return Change(
        cancel=[review_of[who, what] for who, what in found.cancel.tolist()],
        add=here.places(found.add),
        short={here.submissions[row.work].pk: row.missing for row in found.short},
        seed=seed,
    )


def standing(peer: PeerActivity, seed: int) -> Plan:
    """What holds of the reviews as they stand now."""
    here = Round(peer)
    return _standing(here, here.places([pair for pair, _review, _state in _live(here)]), seed)


def broken_by(peer: PeerActivity, reviewer: Participant, submission: Submission) -> list[str]:
    """What rules one review added by hand would break, in sentences. Only told: a teacher may have reasons."""
    here = Round(peer)
    pair = here.place(reviewer.pk, reviewer.group_id, submission.pk)
    if pair is None:
        return [_("They do not review in this round, or the work is not handed in.")]
    pairs = np.array([place for place, _review, _state in _live(here)], np.int64).reshape(-1, 2)
    return [row.sentence for row in edits.broken_by(here.field, here.rules, pairs, pair)]


def gone(peer: PeerActivity) -> SubmissionQuerySet:
    """What is reviewed and whose authors have all left the round."""
    there = Submission.authors.through.objects.filter(submission__peer=peer, participant__dropped_at=None)
    return peer.submissions.exclude(pk__in=there.values("submission"))


def must_not_review(participant: Participant) -> list[int]:
    """Those whose work this person is not to have."""
    rules = participant.peer.pair_rules.filter(reviewer=participant, kind=PairRule.Kind.MUST_NOT)
    return list(rules.values_list("author", flat=True))


STATES = {
    State.PLANNED: repairs.State.ASKED,
    State.STARTED: repairs.State.STARTED,
    State.DONE: repairs.State.FINISHED,
}


def _live(here: Round) -> list[tuple[tuple[int, int], int, State]]:
    """The reviews on their way or done: their place, their id, how far they are."""
    rows = here.peer.reviews.of_peers().live().filter(staff=None).order_by("pk")
    found = []
    for review, reviewer, group, work, state in rows.values_list(
        "pk", "reviewer", "group", "submission", "state"
    ):
        pair = here.place(reviewer, group, work)
        if pair is not None:
            found.append((pair, review, State(state)))
    return found


def _newcomers(here: Round, pairs: Sequence[tuple[int, int]]) -> list[int]:
    """Reviewers who have nothing to review, and whose own work nobody has, if they have made one."""
    busy = {who for who, _what in pairs}
    return [
        place for place in range(len(here.reviewers)) if place not in busy and place not in set(here.left)
    ]


def _declined(here: Round) -> frozenset[tuple[int, int]]:
    rows = here.peer.reviews.of_peers().filter(state__in=[State.DECLINED, State.EXPIRED])
    places = (here.place(*row) for row in rows.values_list("reviewer", "group", "submission"))
    return frozenset(pair for pair in places if pair is not None)


def _standing(here: Round, places: Sequence[Place], seed: int) -> Plan:
    pairs = [(here.reviewer_place[who], here.work_place[what]) for who, what in places]
    if here.peer.mode == Mode.TEAM:
        return Plan(list(places), seed, {"team": True, "pairs": len(places)})
    certificate = certificates.certify(
        here.field,
        here.rules,
        np.array(pairs, np.int64).reshape(-1, 2),
        seed=seed,
        left=here.left,
        withdrawn=here.withdrawn,
        minimum=here.peer.least_reviews,
    )
    return Plan(list(places), seed, certificate.to_dict())


def _of_teams(peer: PeerActivity) -> list[Place]:
    """Everybody looks at every other of their own team."""
    people = list(peer.participants.taking_part().exclude(group=None).order_by("pk"))
    pairs = Submission.authors.through.objects.filter(submission__peer=peer, submission__state="handed_in")
    work_of = dict(pairs.values_list("participant_id", "submission_id"))
    return [
        (who.pk, work_of[whom.pk])
        for who in people
        for whom in people
        if who.pk != whom.pk and who.group_id == whom.group_id and who.reviews and whom.pk in work_of
    ]


def _repair_teams(here: Round, live: Sequence[tuple[tuple[int, int], int, State]], seed: int) -> Change:
    wanted = set(_of_teams(here.peer))
    there = {tuple(here.places([pair])[0]): (review, state) for pair, review, state in live}
    cancel = [
        review for place, (review, state) in there.items() if place not in wanted and state == State.PLANNED
    ]
    return Change(cancel, sorted(wanted - set(there)), {}, seed)
