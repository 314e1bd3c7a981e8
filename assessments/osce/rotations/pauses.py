"""Where a session stops between rounds: as seldom inside a rotation as possible, then as seldom as possible."""

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

# Of a run of rounds 0…n − 1, gap g is the moment before round g. A stretch goes from one gap to another.
Gap = int
# (first, last): somebody may not work through all of these rounds without a pause between two of them.
Window = tuple[int, int]


def windows_of_time(seconds: Sequence[int], limit: int) -> list[Window]:
    """From each round, the run up to the first with which it takes longer than the limit."""
    windows, first, total = [], 0, 0
    for last, length in enumerate(seconds):
        total += length
        while total > limit:
            windows.append((first, last))
            total -= seconds[first]
            first += 1
    return windows


def windows_of_work(busy: Iterable[bool], most: int) -> list[Window]:
    """The runs of one more busy round than somebody may have in a row."""
    windows, run = [], 0
    for number, is_busy in enumerate(busy):
        run = run + 1 if is_busy else 0
        if run > most:
            windows.append((number - most, number))
    return windows


def unpausable(windows: Iterable[Window], may_pause: Sequence[bool]) -> Window | None:
    """A window in which there is no gap to pause in; without one, `choose` always finds an answer."""
    return next(
        (window for window in windows if not any(may_pause[window[0] + 1 : window[1] + 1])),
        None,
    )


def choose(
    count: int,
    windows: Sequence[Window],
    may_pause: Sequence[bool],
    is_between: Sequence[bool],
    given: Iterable[Gap],
) -> list[Gap]:
    """The gaps to pause in so that each window has one, besides the gaps given.

    Of all choices the one with the fewest gaps that are not `is_between` (two rotations), of these the one with the
    fewest, of these the one whose stretches are most alike: a shortest path over the gaps, stretch by stretch.
    """
    reach = _reach(count, windows)
    edges = sorted({0, count, *given})
    return [
        gap for first, last in pairwise(edges) for gap in _cuts(first, last, reach, may_pause, is_between)
    ]


def _reach(count: int, windows: Sequence[Window]) -> list[Gap]:
    """For each gap, the last one that a stretch from it may go to."""
    reach = [count] * (count + 1)
    for first, last in windows:
        reach[first] = min(reach[first], last)
    for gap in range(count - 1, -1, -1):
        reach[gap] = min(reach[gap], reach[gap + 1])
    return reach


def _cuts(
    first: Gap, last: Gap, reach: Sequence[Gap], may_pause: Sequence[bool], is_between: Sequence[bool]
) -> list[Gap]:
    best: dict[Gap, tuple[float, float, float]] = {first: (0, 0, 0)}
    came: dict[Gap, Gap] = {}
    for gap in range(first, last):
        if gap not in best or (gap != first and not may_pause[gap]):
            continue
        inside, pauses, unlike = best[gap]
        for end in range(gap + 1, min(reach[gap], last) + 1):
            is_cut = end != last
            cost = (inside + (is_cut and not is_between[end]), pauses + is_cut, unlike + (end - gap) ** 2)
            if cost < best.get(end, (math.inf, 0, 0)):
                best[end], came[end] = cost, gap
    cuts = []
    gap = came[last]
    while gap != first:
        cuts.append(gap)
        gap = came[gap]
    return cuts[::-1]
