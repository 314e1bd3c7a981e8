"""A plan laid out so that one review can be looked at, and moved, in time that does not grow with the class."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import numpy as np

from assessments.peer.allocation.fields import Field, Groups, Ints, Rule, Rules, sections

HARD, STRATA, OVERLAP, RING = 1000, 9, 3, 1


class Board:
    """`given[r]`: the works that reviewer r has; `received[w]`: the reviewers of work w. No pair is there twice.

    Lists, as these are short: sets take five times the memory, and more time for it.
    """

    def __init__(self, field: Field, rules: Rules, pairs: Ints) -> None:
        self.field, self.rules, self.works = field, rules, field.works
        self.authors, self.works_by = field.authors, field.works_by
        self.given = _grouped(pairs[:, 0], pairs[:, 1], field.reviewers)
        self.received = _grouped(pairs[:, 1], pairs[:, 0], field.works)
        self.forbidden = set(field.codes(rules.forbidden_pairs).tolist()) if rules.forbidden else set()
        self.group, self.work_group = (it.tolist() for it in field.group_numbers)
        self.stratum = field.stratum_numbers.tolist()
        self._strata_bounds: list[list[tuple[int, int]]] | None = None

    def put(self, reviewer: int, work: int) -> None:
        self.given[reviewer].append(work)
        self.received[work].append(reviewer)

    def take(self, reviewer: int, work: int) -> None:
        self.given[reviewer].remove(work)
        self.received[work].remove(reviewer)

    def may(self, reviewer: int, work: int) -> bool:
        """Whether this review can be added under the hard rules, loads aside."""
        return work not in self.given[reviewer] and not self.faults(reviewer, work)

    def faults(self, reviewer: int, work: int) -> int:
        """How many hard rules this pair breaks, beside all other pairs; loads and doubles aside."""
        return (
            (work in self.works_by[reviewer])
            + (reviewer * self.works + work in self.forbidden)
            + self.is_wrong_group(reviewer, work)
            + (self.rules.no_reciprocal and self.is_mutual(reviewer, work))
        )

    def wishes(self, reviewer: int, work: int) -> int:
        """What this pair costs in wishes not held, by their weight; the pair is on the board."""
        rules, cost = self.rules, 0
        if rules.overlap_at_most_one:
            cost += OVERLAP * sum(1 for _ in self.sharers(reviewer, work))
        if rules.asks_rings:
            cost += RING * self.closes_ring(reviewer, work)
        if rules.spread:
            cost += STRATA * self.unevenness(work)
        return cost

    def cost(self, reviewer: int, work: int) -> int:
        return HARD * self.faults(reviewer, work) + self.wishes(reviewer, work)

    def is_wrong_group(self, reviewer: int, work: int) -> bool:
        asked = self.rules.groups
        if asked is Groups.ANY:
            return False
        mine, its = self.group[reviewer], self.work_group[work]
        return mine == its >= 0 if asked is Groups.NEVER_SAME else mine != its

    def is_mutual(self, reviewer: int, work: int) -> bool:
        """Whether an author of it reviews something of theirs."""
        mine = self.works_by[reviewer]
        return any(
            not mine.isdisjoint(self.given[author]) for author in self.authors[work] if author != reviewer
        )

    def sharers(self, reviewer: int, work: int) -> Iterator[int]:
        """Reviewers of this work who share another with this reviewer."""
        mine = {it for it in self.given[reviewer] if it != work}
        return (
            other
            for other in self.received[work]
            if other != reviewer and not mine.isdisjoint(self.given[other])
        )

    def closes_ring(self, reviewer: int, work: int) -> bool:
        """Whether reviews lead back from the authors to the reviewer, in a ring of 3 to `longest_ring` people."""
        mine = self.works_by[reviewer]
        people: Iterable[int] = self.authors[work] if mine else ()
        # The last step need not be taken: it leads from those who review the reviewer.
        for _step in range(self.rules.longest_ring - 2):
            people = {author for one in people for its in self.given[one] for author in self.authors[its]}
            if any(not people.isdisjoint(self.received[own]) for own in mine):
                return True
            people.discard(reviewer)
        return False

    def unevenness(self, work: int) -> int:
        """How many reviews of this work are of the wrong strata."""
        bounds = self.strata_bounds[work]
        counts = [0] * len(bounds)
        for reviewer in self.received[work]:
            counts[self.stratum[reviewer]] += 1
        return sum(
            max(low - count, count - high, 0) for count, (low, high) in zip(counts, bounds, strict=True)
        )

    @property
    def strata_bounds(self) -> Sequence[list[tuple[int, int]]]:
        """Of each work, the least and the most reviewers from each stratum."""
        if self._strata_bounds is None:
            self._strata_bounds = _strata_bounds(self.field, self.rules)
        return self._strata_bounds

    def broken(self, reviewer: int, work: int) -> Iterator[Rule]:
        """Rules that this pair breaks, wishes too; loads and doubles aside."""
        rules = self.rules
        found = {
            Rule.NOT_OWN: work in self.works_by[reviewer],
            Rule.GROUPS: self.is_wrong_group(reviewer, work),
            Rule.FORBIDDEN: reviewer * self.works + work in self.forbidden,
            Rule.NOT_MUTUAL: rules.no_reciprocal and self.is_mutual(reviewer, work),
            Rule.RINGS: rules.asks_rings and self.closes_ring(reviewer, work),
            Rule.OVERLAP: rules.overlap_at_most_one and any(self.sharers(reviewer, work)),
        }
        return (rule for rule, is_broken in found.items() if is_broken)


def _grouped(keys: Ints, values: Ints, length: int) -> list[list[int]]:
    order = np.argsort(keys, kind="stable")
    ends = [0, *np.cumsum(np.bincount(keys, minlength=length)).tolist()]
    ordered = values[order].tolist()
    return [ordered[start:end] for start, end in pairwise(ends)]


def _strata_bounds(field: Field, rules: Rules) -> list[list[tuple[int, int]]]:
    strata = field.stratum_numbers
    bounds: list[list[tuple[int, int]]] = [[]] * field.works
    for section in sections(field, rules):
        sizes = [
            (strata[section.reviewers] == number).sum() * rules.reviews_each
            for number in range(strata.max() + 1)
        ]
        count = max(len(section.works), 1)
        here = [(int(size // count), int(-(-size // count))) for size in sizes]
        for work in section.works.tolist():
            bounds[work] = here
    return bounds
