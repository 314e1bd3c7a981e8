"""Two reviews change works: everybody keeps giving and every work keeps getting as many, and rules can be mended one by one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np

from assessments.peer.allocation.boards import Board
from assessments.peer.allocation.fields import Field, Groups, Ints, Rules, sections

# So many partners are tried for each review at a time before another one has its turn.
PARTNERS = 40
# What looking through all edges for a partner counts for, in tries.
SEARCH = 200


class Switchboard:
    """Reviews as numbered edges on a board, those of must pairs fixed."""

    def __init__(self, field: Field, rules: Rules, pairs: Ints, random: Random) -> None:
        self.board = Board(field, rules, pairs)
        self.field, self.rules, self.random = field, rules, random
        self.who, self.what = pairs[:, 0].tolist(), pairs[:, 1].tolist()
        self.edge_at = dict(zip(field.codes(pairs).tolist(), range(len(pairs)), strict=True))
        self.sections = _sections(field, rules, pairs)

    @property
    def pairs(self) -> Ints:
        return np.column_stack([self.who, self.what]).astype(np.int64)

    def cost(self, edge: int) -> int:
        return self.board.cost(self.who[edge], self.what[edge])

    def is_faulty(self, edge: int) -> bool:
        return self.board.faults(self.who[edge], self.what[edge]) > 0

    def is_fixed(self, edge: int) -> bool:
        return (self.who[edge], self.what[edge]) in self.rules.must

    def all_bad(self) -> list[int]:
        """Edges that break a rule, wishes too."""
        return [edge for edge in range(len(self.who)) if self.cost(edge)]

    def settle(self, bad: Iterable[int], tries: int) -> list[int]:
        """Mends these edges by changes that cost no more than before. Those that break a hard rule after so many tries."""
        waiting = [edge for edge in bad if not self.is_fixed(edge)]
        while waiting and tries > 0:
            place = self.random.randrange(len(waiting))
            waiting[place], waiting[-1] = waiting[-1], waiting[place]
            edge = waiting.pop()
            if self.cost(edge):
                changed, used = self._mend(edge, min(PARTNERS, tries))
                tries -= used
                waiting += [it for it in sorted({edge, *changed}) if self.cost(it)]
        return sorted({edge for edge in waiting if self.is_faulty(edge)})

    def _mend(self, edge: int, tries: int) -> tuple[Sequence[int], int]:
        """The edges that moved in one accepted change, none after so many tries; and how many were tried."""
        for used in range(1, tries + 1):
            edits = self._propose(edge)
            if edits and self.attempt(edits):
                return [it for it, _work in edits], used
        if not self.is_faulty(edge):
            return (), tries
        for other in self._partners_for(edge):
            if self.attempt(self._switch(edge, other)):
                return [edge, other], tries + SEARCH
        return (), tries + SEARCH

    def _propose(self, edge: int) -> list[tuple[int, int]]:
        """A partner to switch works with or, where loads differ, another work for it alone."""
        section = self.sections[self.what[edge]]
        if section.is_uneven and self.random.random() < 0.5:
            return self._move(edge, section)
        other = section.edges[self.random.randrange(len(section.edges))]
        return [] if other == edge or self.is_fixed(other) else self._switch(edge, other)

    def _switch(self, edge: int, other: int) -> list[tuple[int, int]]:
        return [(edge, self.what[other]), (other, self.what[edge])]

    def _move(self, edge: int, section: "_Section") -> list[tuple[int, int]]:
        received = self.board.received
        work = section.works[self.random.randrange(len(section.works))]
        is_even = len(received[self.what[edge]]) > section.least >= len(received[work])
        return [(edge, work)] if is_even else []

    def _partners_for(self, edge: int) -> list[int]:
        """Some edges that may change with it as far as work of one's own, groups and forbidden pairs go."""
        who, what = np.array(self.who), np.array(self.what)
        one, its = who[edge], what[edge]
        people, works = self.field.group_numbers
        fits = (who != one) & (what != its)
        if self.rules.groups is Groups.NEVER_SAME:
            fits &= (people[who] != works[its]) | (works[its] < 0)
            fits &= (works[what] != people[one]) | (people[one] < 0)
        found = [it for it in np.flatnonzero(fits).tolist() if not self.is_fixed(it)]
        self.random.shuffle(found)
        return found[: 2 * PARTNERS]

    def attempt(self, edits: Sequence[tuple[int, int]]) -> bool:
        """Gives these edges these works where that costs no more than before; else leaves everything as it was."""
        before = sum(self.cost(edge) for edge, _work in edits)
        old = [(edge, self.what[edge]) for edge, _work in edits]
        if not self._apply(edits):
            return False
        if sum(self.cost(edge) for edge, _work in edits) <= before:
            return True
        self._apply(old)
        return False

    def _apply(self, edits: Sequence[tuple[int, int]]) -> bool:
        """False, and nothing done, where somebody would have a work twice."""
        board, who, what = self.board, self.who, self.what
        if any(work in board.given[who[edge]] for edge, work in edits):
            return False
        for edge, _work in edits:
            board.take(who[edge], what[edge])
            del self.edge_at[who[edge] * board.works + what[edge]]
        for edge, work in edits:
            board.put(who[edge], work)
            what[edge] = work
            self.edge_at[who[edge] * board.works + work] = edge
        return True

    def place(self, reviewer: int, work: int) -> bool:
        """Makes this pair one of the plan by one switch, whatever else that breaks; False where none does."""
        board = self.board
        if work in board.given[reviewer]:
            return True
        mine = [self.edge_at[reviewer * board.works + it] for it in sorted(board.given[reviewer])]
        theirs = [self.edge_at[it * board.works + work] for it in sorted(board.received[work])]
        ways = [
            (one, other)
            for one in mine
            for other in theirs
            if not (self.is_fixed(one) or self.is_fixed(other))
        ]
        self.random.shuffle(ways)
        ways.sort(key=lambda way: board.faults(self.who[way[1]], self.what[way[0]]))
        return any(self._apply(self._switch(*way)) for way in ways)


@dataclass(frozen=True)
class _Section:
    """Edges that may change among each other, the works they go to and the least load of these."""

    edges: Sequence[int]
    works: Sequence[int]
    least: int
    is_uneven: bool


def _sections(field: Field, rules: Rules, pairs: Ints) -> Sequence[_Section]:
    """Of each work."""
    found: list[_Section | None] = [None] * field.works
    where = np.zeros(field.works, np.int64)
    parts = sections(field, rules)
    for number, part in enumerate(parts):
        where[part.works] = number
    order = np.argsort(where[pairs[:, 1]], kind="stable")
    ends = np.searchsorted(where[pairs[:, 1]][order], np.arange(len(parts) + 1))
    for number, part in enumerate(parts):
        least, most = part.loads(rules.reviews_each)
        edges = order[ends[number] : ends[number + 1]].tolist()
        here = _Section(edges, part.works.tolist(), least, least < most)
        for work in here.works:
            found[work] = here
    return found  # type: ignore[return-value]
