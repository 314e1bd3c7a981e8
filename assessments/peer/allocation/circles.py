"""Shuffled circles: everyone sits on a circle in random order and reviews those some fixed steps (offsets) further on.

What the offsets D give by construction, n people, |D| = k:
- everyone gives k and receives k, none their own, none twice: D distinct in 1 … n − 1;
- nobody reviews their reviewer: never both d and n − d in D; no ring of up to z: D within 1 … ⌊(n − 1) / z⌋, as z steps
  then end before the start;
- two reviewers share at most one work: all differences of D are distinct modulo n (a Sidon set);
- never the same group: groups sit together, the largest has g, and D within g … n − g;
- as many reviewers of each of t strata for every work (one more or less where t does not divide k): person number p has
  stratum p mod t, and D has every residue mod t equally often.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from assessments.peer.allocation.fields import NO_GROUP, Field, Groups, Ints, Rule, Rules, Section

SIDON_TRIES = 200


@dataclass(frozen=True)
class Window:
    """Offsets to choose from, and what to ask of them."""

    least: int
    most: int
    is_sidon: bool
    is_one_way: bool
    strata: int


def circle(
    field: Field, rules: Rules, section: Section, random: np.random.Generator
) -> tuple[Ints, bool] | None:
    """Pairs (n × k, 2) of people who have one work each, and whether all wishes hold; None where no circle keeps the rules."""
    work_of = field.work_of
    assert work_of is not None
    strata = _equal_strata(field, rules, section)
    if rules.spread and not strata:
        return None
    seats, largest = _seats(field, rules, section, strata, random)
    for number, window in enumerate(_windows(rules, len(seats), largest, strata)):
        offsets = _offsets(window, rules.reviews_each, len(seats), random)
        if offsets is not None:
            is_whole = number == 0 and (strata <= 1 or len(seats) % strata == 0)
            return _pairs(section.reviewers[seats], work_of, offsets), is_whole
    return None


def _pairs(people: Ints, work_of: Ints, offsets: Ints) -> Ints:
    works = work_of[people]
    twice = np.concatenate([works, works])
    found = np.empty((2, len(offsets), len(people)), np.int64)
    found[0] = people
    for number, offset in enumerate(offsets.tolist()):
        found[1, number] = twice[offset : offset + len(people)]
    return found.reshape(2, -1).T


def _seats(
    field: Field, rules: Rules, section: Section, strata: int, random: np.random.Generator
) -> tuple[Ints, int]:
    """Who sits where, as places in the section, and how many of the largest group sit together."""
    seats = random.permutation(len(section.reviewers))
    if rules.groups is Groups.NEVER_SAME:
        return _by_group(seats, field.group_numbers[0][section.reviewers], random)
    if strata > 1:
        return _in_turn(seats, field.stratum_numbers[section.reviewers], strata), 1
    return seats, 1


def _by_group(seats: Ints, groups: Ints, random: np.random.Generator) -> tuple[Ints, int]:
    """Groups in random order, each together; those without one are each their own."""
    names = groups + 1
    if groups.min() == NO_GROUP:
        alone = groups == NO_GROUP
        names = names.copy()
        names[alone] = np.arange(alone.sum()) + names.max() + 1
    kinds = int(names.max()) + 1
    if kinds > 4 * len(groups) + 4:
        names = np.unique(names, return_inverse=True)[1]
        kinds = int(names.max()) + 1
    rank = random.permutation(kinds)
    ranked = rank.astype(np.uint16 if kinds < 2**16 else np.int64)[names[seats]]
    return seats[np.argsort(ranked, kind="stable")], int(np.bincount(names).max())


def _in_turn(seats: Ints, strata: Ints, count: int) -> Ints:
    """The seat at place p has a person of stratum p mod `count`, the strata with one more first."""
    sizes = np.bincount(strata, minlength=count)
    turn = np.empty(count, np.int64)
    turn[np.argsort(-sizes, kind="stable")] = np.arange(count)
    ordered = seats[np.argsort(strata[seats], kind="stable")]
    ends = np.cumsum(sizes)
    place = np.empty(len(seats), np.int64)
    for stratum in range(count):
        mine = ordered[ends[stratum] - sizes[stratum] : ends[stratum]]
        place[turn[stratum] + count * np.arange(len(mine))] = mine
    return place


def _equal_strata(field: Field, rules: Rules, section: Section) -> int:
    """How many strata can take turns; 0 where they cannot, as sizes or group blocks stand against it."""
    if not rules.spread:
        return 1
    _names, sizes = np.unique(field.stratum_numbers[section.reviewers], return_counts=True)
    if len(sizes) == 1:
        return 1
    is_even = sizes.max() - sizes.min() <= 1 and len(sizes) == field.stratum_numbers.max() + 1
    return len(sizes) if is_even and rules.groups is not Groups.NEVER_SAME else 0


def _windows(rules: Rules, people: int, largest: int, strata: int) -> Iterator[Window]:
    """The wishes whole, then giving way one by one in the order of WISHES."""
    asks_sidon, is_one_way = rules.asks_for(Rule.OVERLAP), rules.no_reciprocal
    for ring in range(rules.longest_ring if rules.asks_rings else 0, 2, -1):
        most = min((people - 1) // ring, people - largest)
        yield Window(largest, most, asks_sidon, is_one_way, strata)
    yield Window(largest, people - largest, asks_sidon, is_one_way, strata)
    if asks_sidon:
        yield Window(largest, people - largest, False, is_one_way, strata)
    if strata > 1:
        yield Window(largest, people - largest, False, is_one_way, 1)


def _offsets(window: Window, count: int, people: int, random: np.random.Generator) -> Ints | None:
    if window.most - window.least + 1 < count:
        return None
    for _try in range(SIDON_TRIES if window.is_sidon else 5):
        found = _draw(window, count, people, random)
        if found is not None:
            return found
    return None


def _draw(window: Window, count: int, people: int, random: np.random.Generator) -> Ints | None:
    """One try: offsets in random order, each taken where its residue is still wanted and its differences are new."""
    wanted = _residues(window.strata, count, random)
    # Far more than needed, yet few where the window is wide.
    span = window.most - window.least + 1
    pool = min(span, 40 * count * count * window.strata)
    draws = random.choice(span, pool, replace=False) if span < 2000 else random.integers(0, span, pool)
    chosen: list[int] = []
    differences: set[int] = set()
    for offset in (draws + window.least).tolist():
        new = {(sign * (offset - other)) % people for other in chosen for sign in (1, -1)}
        is_back = window.is_one_way and (2 * offset == people or people - offset in chosen)
        is_new = not (is_back or 0 in new) and (
            not window.is_sidon or (len(new) == 2 * len(chosen) and differences.isdisjoint(new))
        )
        if is_new and wanted[offset % window.strata] > 0:
            wanted[offset % window.strata] -= 1
            chosen.append(offset)
            differences |= new
            if len(chosen) == count:
                return np.array(chosen)
    return None


def _residues(strata: int, count: int, random: np.random.Generator) -> list[int]:
    wanted = np.full(strata, count // strata)
    wanted[random.permutation(strata)[: count % strata]] += 1
    return wanted.tolist()
