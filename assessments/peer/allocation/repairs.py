"""Mends a plan that people have left: what is started stays, works without a reviewer find another, newcomers come in.

Newcomers by splitting: a review r → s not yet started becomes r → x and x → s, so that x gives and receives and nobody else's
count changes. Works that miss reviews go first to reviewers who lost some, then to those with least to do. Load is at most
k + ⌈dk / (n − d)⌉ + 1 with d of n reviewers gone. What cannot be had is told. Hard rules are kept; wishes where it costs nothing.
"""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from random import Random
from typing import TypeAlias

import numpy as np

from assessments.peer.allocation.boards import Board
from assessments.peer.allocation.fields import Field, Groups, Ints, Mask, Rules, as_pairs, sections

# Reviewers with as little to do who are looked at for one that keeps the wishes too.
LOOKS = 6
SPLIT_TRIES = 400
# Reviews that may change hands for works that nobody free can take are looked at no more often than this.
CHAIN_TRIES = 200_000


# Whether they have as much as before, how much, a draw, who.
_Entry: TypeAlias = tuple[bool, int, float, int]


class State(IntEnum):
    ASKED = 0
    STARTED = 1
    FINISHED = 2


@dataclass(frozen=True)
class Changes:
    """All that has happened up to now, what earlier repairs answered too. `joined`: late reviewers, already in the field with
    their work. `declined`: pairs declined or abandoned; not asked again.
    """

    left: frozenset[int] = frozenset()
    withdrawn: frozenset[int] = frozenset()
    joined: tuple[int, ...] = ()
    declined: frozenset[tuple[int, int]] = frozenset()


@dataclass(frozen=True)
class Short:
    """A work with fewer reviews coming or done than the minimum."""

    work: int
    missing: int


@dataclass(frozen=True)
class Repair:
    """`cancel` and `add`: shapes (c, 2) and (a, 2), in order. `most`: the load that nobody was asked to go beyond."""

    cancel: Ints
    add: Ints
    short: tuple[Short, ...]
    most: int


def repair(
    field: Field,
    rules: Rules,
    pairs: Ints,
    states: Sequence[int] | Ints,
    changes: Changes,
    *,
    minimum: int,
    seed: int,
) -> Repair:
    """What to cancel and to add. The same for the same seed.

    Started and finished reviews stay, those of people who left too, though only finished ones of these count for the work; one
    declined while it is started goes. Works are brought back to their even share, at least to `minimum`.
    """
    mend = _Mend(field, rules, as_pairs(pairs), states, changes, minimum, Random(seed))
    mend.cancel_what_ended()
    for newcomer in changes.joined:
        if newcomer not in changes.left:
            mend.split_for(newcomer)
    mend.fill()
    cancel, add = (
        field.pairs_of(np.array(sorted(codes), np.int64)) for codes in (mend.cancelled, mend.added)
    )
    return Repair(cancel, add, tuple(mend.short()), mend.most)


class _Mend:
    def __init__(
        self,
        field: Field,
        rules: Rules,
        pairs: Ints,
        states: Sequence[int] | Ints,
        changes: Changes,
        minimum: int,
        random: Random,
    ) -> None:
        self.field, self.rules, self.changes, self.random = field, rules, changes, random
        self.minimum, self.each = minimum, rules.reviews_each
        self.board = Board(field, rules, pairs)
        self.pairs, self.states = pairs, np.asarray(states, np.int64)
        self.before = [len(works) for works in self.board.given]
        self.coming = [len(people) for people in self.board.received]
        self.target = _targets(field, rules, minimum)
        self.most = _most(field, rules, changes)
        # Pairs by their codes, as numbers cost far less than tuples.
        self.movable: list[int] = []
        self.cancelled: set[int] = set()
        self.added: set[int] = set()
        self.declined = set(field.codes(as_pairs(changes.declined)).tolist())
        self.queues: dict[int, list[_Entry]] = defaultdict(list)
        self.chain_tries = CHAIN_TRIES

    def cancel_what_ended(self) -> None:
        pairs, states, changes = self.pairs, self.states, self.changes
        is_gone = _mask(changes.left, self.field.reviewers)[pairs[:, 0]]
        is_over = is_gone | _mask(changes.withdrawn, self.field.works)[pairs[:, 1]]
        is_declined, is_must = self._are(changes.declined), self._are(self.rules.must)
        is_asked = states == State.ASKED
        cancels = (is_over & is_asked) | (is_declined & (states != State.FINISHED))
        for reviewer, work in pairs[cancels].tolist():
            self._drop(reviewer, work)
        for work in pairs[~cancels & is_gone & (states == State.STARTED), 1].tolist():
            self.coming[work] -= 1
        self.movable = self.field.codes(pairs)[~cancels & is_asked & ~is_must].tolist()

    def _are(self, those: frozenset[tuple[int, int]]) -> Mask:
        """Which pairs of the plan are among these."""
        return np.isin(self.field.codes(self.pairs), self.field.codes(as_pairs(those)))

    def split_for(self, newcomer: int) -> None:
        """Until they give as many as everybody, and each work that is theirs alone gets its share."""
        for mine in sorted(self.board.works_by[newcomer] - self.changes.withdrawn):
            places = self._places_near(newcomer)
            for place in self.random.sample(places, min(len(places), SPLIT_TRIES)):
                if len(self.board.given[newcomer]) >= self.each or self.coming[mine] >= self.target[mine]:
                    break
                self._split(place, newcomer, mine)

    def _places_near(self, newcomer: int) -> Sequence[int]:
        """Of movable reviews: all, or those of the newcomer's own group where groups keep to themselves."""
        if self.rules.groups is not Groups.ONLY_SAME:
            return range(len(self.movable))
        groups, works, mine = self.board.work_group, self.field.works, self.board.group[newcomer]
        return [place for place, code in enumerate(self.movable) if groups[code % works] == mine]

    def _split(self, place: int, newcomer: int, mine: int) -> None:
        reviewer, work = divmod(self.movable[place], self.field.works)
        if newcomer == reviewer or work == mine:
            return
        self._drop(reviewer, work)
        if self._may(reviewer, mine):
            self._add(reviewer, mine)
            if self._may(newcomer, work):
                self._add(newcomer, work)
                self.movable[place] = self._code(reviewer, mine)
                self.movable.append(self._code(newcomer, work))
                return
            self._drop(reviewer, mine)
        self._add(reviewer, work)

    def fill(self) -> None:
        """The works that miss most first, each one review at a time."""
        self._line_up()
        missing = [(self.coming[work] - self.target[work], work) for work in self._open_works()]
        waiting = [(few, self.random.random(), work) for few, work in missing if few < 0]
        heapq.heapify(waiting)
        while waiting:
            few, order, work = heapq.heappop(waiting)
            if (self._give(work) or self._pass_on(work)) and few < -1:
                heapq.heappush(waiting, (few + 1, order, work))

    def short(self) -> Iterator[Short]:
        for work in self._open_works():
            if self.coming[work] < self.minimum:
                yield Short(work, self.minimum - self.coming[work])

    def _open_works(self) -> Iterable[int]:
        return (work for work in range(self.field.works) if work not in self.changes.withdrawn)

    def _line_up(self) -> None:
        """Reviewers who have room, by section where groups keep to themselves."""
        for reviewer in range(self.field.reviewers):
            if reviewer not in self.changes.left and len(self.board.given[reviewer]) < self.most:
                self._queue_of(self.board.group[reviewer]).append(self._entry(reviewer))
        for queue in self.queues.values():
            heapq.heapify(queue)

    def _entry(self, reviewer: int) -> _Entry:
        load = len(self.board.given[reviewer])
        return load >= self.before[reviewer], load, self.random.random(), reviewer

    def _queue_up(self, reviewer: int) -> None:
        if len(self.board.given[reviewer]) < self.most:
            heapq.heappush(self._queue_of(self.board.group[reviewer]), self._entry(reviewer))

    def _queue_of(self, group: int) -> list[_Entry]:
        return self.queues[group if self.rules.groups is Groups.ONLY_SAME else 0]

    def _give(self, work: int) -> bool:
        """To the first in the queue who may have it, rather to one with as little to do for whom it breaks no wish either."""
        queue = self._queue_of(self.board.work_group[work])
        passed: list[_Entry] = []
        chosen = self._choose(work, queue, passed)
        for entry in passed:
            if entry is not chosen:
                heapq.heappush(queue, entry)
        if chosen is None:
            return False
        self._add(chosen[3], work)
        self.movable.append(self._code(chosen[3], work))
        self._queue_up(chosen[3])
        return True

    def _choose(
        self,
        work: int,
        queue: list[_Entry],
        passed: list[_Entry],
    ) -> _Entry | None:
        first, looks = None, 0
        while queue and looks < LOOKS and (first is None or queue[0][:2] == first[:2]):
            entry = heapq.heappop(queue)
            passed.append(entry)
            if self._may(entry[3], work):
                looks += 1
                first = first or entry
                if self._keeps_wishes(entry[3], work):
                    return entry
        return first

    def _keeps_wishes(self, reviewer: int, work: int) -> bool:
        """Of rings and overlap."""
        board, rules = self.board, self.rules
        return not (
            (rules.asks_rings and board.closes_ring(reviewer, work))
            or (rules.overlap_at_most_one and any(board.sharers(reviewer, work)))
        )

    def _pass_on(self, work: int) -> bool:
        """Nobody with room may have it: somebody without takes it, and one with room takes what they have not started."""
        for entry in sorted(self._queue_of(self.board.work_group[work])):
            for place in range(len(self.movable)):
                self.chain_tries -= 1
                if self.chain_tries < 0:
                    return False
                if self._passes(place, entry[3], work):
                    return True
        return False

    def _passes(self, place: int, free: int, work: int) -> bool:
        reviewer, other = divmod(self.movable[place], self.field.works)
        if reviewer == free or not self._may(free, other):
            return False
        self._drop(reviewer, other)
        if self._may(reviewer, work):
            self._add(reviewer, work)
            if self._may(free, other):
                self._add(free, other)
                self.movable[place] = self._code(reviewer, work)
                self.movable.append(self._code(free, other))
                self._requeue(free)
                return True
            self._drop(reviewer, work)
        self._add(reviewer, other)
        return False

    def _requeue(self, reviewer: int) -> None:
        queue = self._queue_of(self.board.group[reviewer])
        queue[:] = [entry for entry in queue if entry[3] != reviewer]
        heapq.heapify(queue)
        self._queue_up(reviewer)

    def _may(self, reviewer: int, work: int) -> bool:
        return self._code(reviewer, work) not in self.declined and self.board.may(reviewer, work)

    def _add(self, reviewer: int, work: int) -> None:
        self.board.put(reviewer, work)
        self.coming[work] += 1
        self._note(self._code(reviewer, work), self.added, self.cancelled)

    def _drop(self, reviewer: int, work: int) -> None:
        self.board.take(reviewer, work)
        self.coming[work] -= 1
        self._note(self._code(reviewer, work), self.cancelled, self.added)

    def _note(self, code: int, done: set[int], undone: set[int]) -> None:
        """What is added again was never cancelled."""
        if code in undone:
            undone.discard(code)
        else:
            done.add(code)

    def _code(self, reviewer: int, work: int) -> int:
        return reviewer * self.field.works + work


def _targets(field: Field, rules: Rules, minimum: int) -> list[int]:
    targets = [minimum] * field.works
    for part in sections(field, rules):
        least = part.loads(rules.reviews_each)[0] if len(part.works) else 0
        for work in part.works.tolist():
            targets[work] = max(least, minimum)
    return targets


def _most(field: Field, rules: Rules, changes: Changes) -> int:
    gone = len(changes.left)
    there = max(field.reviewers - gone, 1)
    return rules.reviews_each + -(-gone * rules.reviews_each // there) + 1


def _mask(indices: Iterable[int], length: int) -> Mask:
    found = np.zeros(length, bool)
    found[list(indices)] = True
    return found
