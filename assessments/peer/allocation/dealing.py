"""The general start, where reviewers are not just the authors of one work each: works are dealt out like cards, lap after lap."""

import numpy as np

from assessments.peer.allocation.fields import Field, Ints, Rules, Section


def deal(field: Field, rules: Rules, section: Section, random: np.random.Generator) -> Ints:
    """Pairs (R × k, 2): everyone gives k, the works' loads differ by at most one, none twice. Says nothing of other rules.

    Reviewers take k cards each from laps of all works, every lap shuffled anew; those of one stratum come one after the
    other, so that each stratum covers the works about evenly. Needs at least k works.
    """
    each = rules.reviews_each
    people = random.permutation(section.reviewers)
    people = people[np.argsort(field.stratum_numbers[people], kind="stable")]
    cards = np.concatenate(_laps(section.works, each, len(people) * each, random))
    return np.column_stack([np.repeat(people, each), cards[: len(people) * each]])


def _laps(works: Ints, each: int, total: int, random: np.random.Generator) -> list[Ints]:
    laps: list[Ints] = []
    dealt = 0
    while dealt < total:
        lap = random.permutation(works)
        held = dealt % each
        if held:
            _put_off(lap, set(laps[-1][-held:].tolist()), each - held)
        laps.append(lap)
        dealt += len(lap)
    return laps


def _put_off(lap: Ints, held: set[int], still: int) -> None:
    """The hand that is not full yet gets nothing twice: what it holds changes places with later cards."""
    later = iter([place for place in range(still, len(lap)) if lap[place] not in held])
    for place in range(still):
        if lap[place] in held:
            other = next(later)
            lap[place], lap[other] = lap[other], lap[place]
