"""Who reviews and what is reviewed, and the rules of it. Reviewers and works are counted from 0."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import chain
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int64]
Mask: TypeAlias = NDArray[np.bool_]
Pairs: TypeAlias = frozenset[tuple[int, int]]
Labels: TypeAlias = Sequence[int | None]
NO_GROUP = -1
LONGEST_RING = 6


class Groups(StrEnum):
    """Those without a group are like nobody under NEVER_SAME, and a group of their own under ONLY_SAME."""

    ANY = "any"
    NEVER_SAME = "never_same"
    ONLY_SAME = "only_same"


class Rule(StrEnum):
    """What a plan can be held to. The first nine never give way; WISHES do, in their order, when not all can be had."""

    GIVES = "gives"
    RECEIVES = "receives"
    NOT_OWN = "not_own"
    ONCE = "once"
    GROUPS = "groups"
    FORBIDDEN = "forbidden"
    MUST = "must"
    NOT_MUTUAL = "not_mutual"
    ENOUGH = "enough"
    RINGS = "rings"
    OVERLAP = "overlap"
    STRATA = "strata"


WISHES = (Rule.RINGS, Rule.OVERLAP, Rule.STRATA)


@dataclass(frozen=True)
class Rules:
    """`reviews_each`: how many each reviewer gives. Rings of reviews r → … → r of 3 up to `longest_ring` people are avoided,
    but only with `no_reciprocal`, as two who review each other are the shortest ring. `spread`: every work gets reviewers of
    all strata as evenly as can be. ValueError for numbers that mean nothing.
    """

    reviews_each: int
    no_reciprocal: bool = True
    longest_ring: int = 3
    overlap_at_most_one: bool = True
    groups: Groups = Groups.ANY
    spread: bool = False
    forbidden: Pairs = frozenset()
    must: Pairs = frozenset()

    def __post_init__(self) -> None:
        object.__setattr__(self, "groups", Groups(self.groups))
        if self.reviews_each < 1 or not 0 <= self.longest_ring <= LONGEST_RING:
            raise ValueError(f"at least one review each, and rings of at most {LONGEST_RING}")

    def asks_for(self, wish: Rule) -> bool:
        return {
            Rule.RINGS: self.asks_rings,
            Rule.OVERLAP: self.overlap_at_most_one,
            Rule.STRATA: self.spread,
        }[wish]

    @cached_property
    def asks_rings(self) -> bool:
        return self.no_reciprocal and self.longest_ring >= 3

    @cached_property
    def forbidden_pairs(self) -> Ints:
        """Shape (f, 2)."""
        return as_pairs(self.forbidden)

    @cached_property
    def must_pairs(self) -> Ints:
        """Shape (u, 2), in order."""
        return as_pairs(sorted(self.must))


@dataclass(frozen=True)
class Field:
    """`authors`: of each work, the reviewers who made it; none of them need review, nor need reviewers have made anything.
    Where groups review as one, each is one reviewer. Groups and strata are numbers from 0 or None, one per reviewer;
    `work_groups` one per work, without it that of the first author. ValueError where they do not fit each other.
    """

    reviewers: int
    authors: tuple[tuple[int, ...], ...]
    reviewer_groups: Labels | None = None
    work_groups: Labels | None = None
    strata: Labels | None = None

    def __post_init__(self) -> None:
        wanted = (self.reviewers, len(self.authors), self.reviewers)
        for labels, length in zip((self.reviewer_groups, self.work_groups, self.strata), wanted, strict=True):
            if labels is not None and len(labels) != length:
                raise ValueError("one group for each, one stratum for each reviewer")

    @classmethod
    def of_people(cls, count: int, groups: Labels | None = None, strata: Labels | None = None) -> "Field":
        """Everyone reviews and has made one work, of the same number."""
        field = cls(count, tuple(zip(range(count), strict=True)), groups, None, strata)
        # Known, and slow to find out from so many tuples.
        field.__dict__["authorship"] = np.column_stack([np.arange(count), np.arange(count)])
        field.__dict__["work_of"] = np.arange(count)
        return field

    @property
    def works(self) -> int:
        return len(self.authors)

    def codes(self, pairs: Ints) -> Ints:
        """One number for each of (m, 2) pairs: reviewer × works + work. ValueError for a pair outside the field."""
        if pairs.size and (
            pairs.min() < 0 or pairs[:, 0].max() >= self.reviewers or pairs[:, 1].max() >= self.works
        ):
            raise ValueError("a pair of somebody or something that is not there")
        return pairs[:, 0] * self.works + pairs[:, 1]

    def pairs_of(self, codes: Ints) -> Ints:
        """Shape (m, 2), from such numbers."""
        return np.column_stack(np.divmod(codes, self.works))

    @cached_property
    def authorship(self) -> Ints:
        """Shape (a, 2): (author, work), in order of works."""
        counts = np.fromiter(map(len, self.authors), np.int64, self.works)
        people = np.fromiter(chain.from_iterable(self.authors), np.int64, int(counts.sum()))
        found = np.column_stack([people, np.repeat(np.arange(self.works), counts)])
        self.codes(found)
        return found

    @cached_property
    def works_by(self) -> list[frozenset[int]]:
        """Of each reviewer, what they made."""
        made: list[list[int]] = [[] for _reviewer in range(self.reviewers)]
        for author, work in self.authorship.tolist():
            made[author].append(work)
        return [frozenset(works) for works in made]

    @cached_property
    def work_of(self) -> Ints | None:
        """Of each reviewer the one work that is theirs alone, when everybody has just that."""
        made = self.authorship
        if not self.reviewers == self.works == len(made):
            return None
        found = np.full(self.reviewers, -1)
        found[made[:, 0]] = made[:, 1]
        is_one_each = (found >= 0).all() and bool((made[:, 1] == np.arange(self.works)).all())
        return found if is_one_each else None

    @cached_property
    def has_one_work_each(self) -> bool:
        """Everybody is an author of one work, alone or with others."""
        authors = self.authorship[:, 0]
        return len(authors) == self.reviewers == len(np.unique(authors))

    @cached_property
    def group_numbers(self) -> tuple[Ints, Ints]:
        """Of reviewers and of works, NO_GROUP without one."""
        people = numbers(self.reviewer_groups, self.reviewers)
        if self.work_groups is not None:
            return people, numbers(self.work_groups, self.works)
        if self.work_of is not None:
            return people, people[self.authorship[:, 0]]
        works = np.full(self.works, NO_GROUP)
        made = self.authorship[::-1]
        works[made[:, 1]] = people[made[:, 0]]
        return people, works

    @cached_property
    def stratum_numbers(self) -> Ints:
        """0, 1, … of each reviewer, with no number left out; those without a stratum are one of their own."""
        if self.strata is None:
            return np.zeros(self.reviewers, np.int64)
        return np.unique(numbers(self.strata, self.reviewers), return_inverse=True)[1].astype(np.int64)


def numbers(labels: Labels | None, length: int) -> Ints:
    """None becomes NO_GROUP."""
    if labels is None:
        return np.full(length, NO_GROUP)
    try:
        return np.fromiter(labels, np.int64, length)
    except TypeError:
        return np.array([NO_GROUP if it is None else it for it in labels], np.int64)


def as_pairs(pairs: Iterable[tuple[int, int]] | Ints) -> Ints:
    """Shape (m, 2)."""
    if isinstance(pairs, np.ndarray):
        return pairs.astype(np.int64, copy=False).reshape(-1, 2)
    return np.fromiter(chain.from_iterable(pairs), np.int64).reshape(-1, 2)


def is_among(codes: Ints, others: Ints) -> Mask:
    """Which of the codes are among the others: by sorting these, several times faster than `np.isin`."""
    if not len(others):
        return np.zeros(len(codes), bool)
    ordered = np.sort(others)
    place = np.minimum(np.searchsorted(ordered, codes), len(ordered) - 1)
    found: Mask = ordered[place] == codes
    return found


@dataclass(frozen=True)
class Section:
    """Who reviews what together: everybody everything, or one group its own under ONLY_SAME."""

    reviewers: Ints
    works: Ints

    def loads(self, each: int) -> tuple[int, int]:
        """The least and the most reviews a work gets."""
        total = each * len(self.reviewers)
        return total // len(self.works), -(-total // len(self.works))


def sections(field: Field, rules: Rules) -> list[Section]:
    """Those with anybody or anything in them."""
    if rules.groups is not Groups.ONLY_SAME:
        return [Section(np.arange(field.reviewers), np.arange(field.works))]
    people, works = field.group_numbers
    return [
        Section(np.flatnonzero(people == group), np.flatnonzero(works == group))
        for group in np.unique(np.concatenate([people, works]))
    ]
