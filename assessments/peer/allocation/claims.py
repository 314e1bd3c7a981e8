"""The next work for somebody who asks for one: any of those that have the fewest reviews done or under way."""

from collections.abc import Iterable, Sequence

import numpy as np

from assessments.peer.allocation.fields import Ints


def claim_order(
    coming: Sequence[int] | Ints,
    closed: Iterable[int],
    random: np.random.Generator,
    enough: int | None = None,
) -> list[int]:
    """Works to try to claim one after the other: those with least coming first, in random order among equals.

    `coming`: of each work, reviews done and leased. `closed`: works that this person may not have. Works with `enough` are
    left out.
    """
    counts = np.asarray(coming, np.int64)
    is_open = np.ones(len(counts), bool) if enough is None else counts < enough
    is_open[list(closed)] = False
    works = random.permutation(np.flatnonzero(is_open))
    return works[np.argsort(counts[works], kind="stable")].tolist()


def next_work(
    coming: Sequence[int] | Ints,
    closed: Iterable[int],
    random: np.random.Generator,
    enough: int | None = None,
) -> int | None:
    """The first of `claim_order`; None where nothing is left for this person."""
    return next(iter(claim_order(coming, closed, random, enough)), None)
