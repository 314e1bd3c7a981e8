"""How far everybody is in a round, in a handful of queries however many they are."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.peer import phases
from assessments.peer.models import Participant, PeerActivity, Response, Review, Submission

State = Review.State
Phase = PeerActivity.Phase


@dataclass(frozen=True)
class Row:
    """One participant. `given` and `received`: reviews handed in; `planned`, `expected`: those and the ones still to come."""

    participant: Participant
    work: str
    is_late: bool
    given: int
    planned: int
    received: int
    expected: int
    has_self: bool
    answered: int
    problems: tuple[str, ...]

    @property
    def is_stuck(self) -> bool:
        return bool(self.problems)


@dataclass(frozen=True)
class Progress:
    peer: PeerActivity
    rows: list[Row]

    @cached_property
    def stuck(self) -> list[Row]:
        return [row for row in self.rows if row.is_stuck]

    @cached_property
    def taking_part(self) -> list[Row]:
        return [row for row in self.rows if row.participant.dropped_at is None]

    @cached_property
    def handed_in(self) -> int:
        return sum(row.work == Submission.State.HANDED_IN for row in self.taking_part)

    @cached_property
    def reviews_done(self) -> int:
        return sum(row.given for row in self.rows)

    @cached_property
    def reviews_planned(self) -> int:
        return sum(row.planned for row in self.rows)

    @property
    def sentence(self) -> str:
        """What is true now, in one sentence."""
        people = len(self.taking_part)
        if self.peer.phase == Phase.SETUP:
            return ngettext("%(n)d learner would take part.", "%(n)d learners would take part.", people) % {
                "n": people
            }
        if self.peer.phase == Phase.SUBMIT:
            return _("%(done)d of %(all)d have handed in.") % {"done": self.handed_in, "all": people}
        if self.peer.phase == Phase.SELF:
            assessed = sum(row.has_self for row in self.taking_part)
            all_of_them = self.handed_in if self.peer.has_submissions else people
            return _("%(done)d of %(all)d have assessed their own.") % {"done": assessed, "all": all_of_them}
        words = {
            "done": self.reviews_done,
            "all": self.reviews_planned,
            "stuck": len(self.stuck),
        }
        if self.stuck:
            return (
                _("%(done)d of %(all)d reviews are handed in; %(stuck)d people need somebody to look.")
                % words
            )
        return _("%(done)d of %(all)d reviews are handed in.") % words


def of(peer: PeerActivity) -> Progress:
    people = peer.participants.select_related("person", "group")
    works = _works(peer)
    given, received, selves = _reviews(peer)
    answered = Counter(Response.objects.filter(review__peer=peer).values_list("author", flat=True))
    rows = [
        _row(peer, person, works.get(person.pk), given, received, selves, answered[person.pk])
        for person in people
    ]
    return Progress(peer, sorted(rows, key=lambda row: (row.participant.dropped_at is not None, _name(row))))


def _works(peer: PeerActivity) -> dict[int, Submission]:
    """By participant: the one that is not withdrawn, else any."""
    through = Submission.authors.through.objects.filter(submission__peer=peer)
    pairs = through.order_by("submission").values_list("participant_id", "submission_id")
    rows = peer.submissions.defer("text").in_bulk()
    found: dict[int, Submission] = {}
    for participant, submission in pairs:
        row = rows[submission]
        if participant not in found or row.state != Submission.State.WITHDRAWN:
            found[participant] = row
    return found


def _reviews(peer: PeerActivity) -> tuple[Mapping[int, Counter[str]], Mapping[int, Counter[str]], set[int]]:
    """States of reviews by who gives them and by the submission; and who assessed themselves."""
    given: dict[int, Counter[str]] = defaultdict(Counter)
    received: dict[int, Counter[str]] = defaultdict(Counter)
    selves: set[int] = set()
    rows = peer.reviews.values_list("reviewer", "submission", "state", "is_self")
    for reviewer, submission, state, is_self in rows.iterator(chunk_size=5_000):
        if is_self:
            selves |= {reviewer} if state == State.DONE else set()
            continue
        given[reviewer][state] += 1
        received[submission][state] += 1
    return given, received, selves


def _row(
    peer: PeerActivity,
    person: Participant,
    work: Submission | None,
    given: Mapping[int, Counter[str]],
    received: Mapping[int, Counter[str]],
    selves: set[int],
    answered: int,
) -> Row:
    gives = given.get(person.pk, Counter())
    gets = received.get(work.pk, Counter()) if work else Counter()
    row = Row(
        participant=person,
        work=work.state if work else "",
        is_late=bool(work and work.is_late),
        given=gives[State.DONE],
        planned=_live(gives),
        received=gets[State.DONE],
        expected=_live(gets),
        has_self=person.pk in selves,
        answered=answered,
        problems=(),
    )
    problems = tuple(_problems(peer, row)) if person.dropped_at is None else ()
    return replace(row, problems=problems)


def _problems(peer: PeerActivity, row: Row) -> Iterable[str]:
    """Why somebody should look at this person, in words."""
    is_handed_in = row.work == Submission.State.HANDED_IN
    if (
        peer.has_submissions
        and phases.is_past(peer, Phase.SUBMIT)
        and row.participant.hands_in
        and not is_handed_in
    ):
        yield _("has not handed in")
    least = least_of(peer)
    if peer.phase == Phase.REVIEW and is_handed_in and row.expected < least and not peer.is_pull:
        yield ngettext(
            "%(n)d review is on its way, fewer than needed",
            "%(n)d reviews are on their way, fewer than needed",
            row.expected,
        ) % {"n": row.expected}
    if phases.is_past(peer, Phase.REVIEW):
        if is_handed_in and row.received < least:
            yield ngettext(
                "got %(n)d review, fewer than needed", "got %(n)d reviews, fewer than needed", row.received
            ) % {"n": row.received}
        if row.given < row.planned:
            yield _("owes reviews")


def least_of(peer: PeerActivity) -> int:
    """How many reviews somebody's work needs; of a team's members as many as the team is large."""
    if peer.mode == peer.Mode.TEAM:
        return 1
    return peer.least_sources if peer.mode == peer.Mode.MULTI_SOURCE else peer.least_reviews


def _live(states: Counter[str]) -> int:
    return states[State.PLANNED] + states[State.STARTED] + states[State.DONE]


def _name(row: Row) -> Any:
    return row.participant.display_name.casefold()
