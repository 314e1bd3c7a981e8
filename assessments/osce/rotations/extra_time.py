"""Which rotations of which circuits keep which time, so that everyone is timed as granted and nobody otherwise."""

import math
from collections import Counter
from collections.abc import Iterator
from itertools import combinations, combinations_with_replacement, islice

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.osce.rotations.circuits import PlanRequest

# How many ways are tried before a plan is refused; without conflicts the first one does.
MOST_WAYS = 200

# (circuit, rotation), both counted from 0, to its extra time in per cent. What is not in it is not used.
Timings = dict[tuple[int, int], int]


def ways(request: PlanRequest, rotations: int, starts: int) -> Iterator[Timings]:
    """Ways to give circuits, or rotations, to those with extra time; the ones that take fewest first.

    `starts`: how many candidates one rotation of one circuit takes. None where there are too few places.
    """
    return islice(_ways(request, rotations, starts), MOST_WAYS)


def needs(request: PlanRequest, rotations: int, starts: int) -> dict[int, int]:
    """Extra time in per cent: how many circuits, or rotations, those who have it fill."""
    places = starts * (rotations if request.extra_time_in == "circuit" else len(request.circuits))
    counts = Counter(candidate.extra_time for candidate in request.candidates)
    return {extra: math.ceil(counts[extra] / places) for extra in sorted(counts)}


def why_too_few(request: PlanRequest, slots: int, starts: int) -> str:
    """The sentence for a request that has no ways with all its rotations."""
    circuits, rotations = len(request.circuits), request.rotations
    count, places = len(request.candidates), circuits * starts * rotations
    if count <= places:
        return _why_no_own(request, starts)
    size = (
        ngettext("%(n)d slot", "%(n)d slots", slots) % {"n": slots}
        if starts == slots
        else _(
            "%(starts)d starts (on %(empty)d of %(slots)d slots nobody starts, inside linked or long stations)"
        )
        % {"starts": starts, "empty": slots - starts, "slots": slots}
    )
    return _(
        "%(count)d candidates need %(count)d places; %(circuits)s × %(size)s × %(rotations)s give %(places)d. "
        "Add a circuit or a rotation."
    ) % {
        "count": count,
        "circuits": ngettext("%(n)d circuit", "%(n)d circuits", circuits) % {"n": circuits},
        "size": size,
        "rotations": ngettext("%(n)d rotation", "%(n)d rotations", rotations) % {"n": rotations},
        "places": places,
    }


def _why_no_own(request: PlanRequest, starts: int) -> str:
    needed = needs(request, request.rotations, starts)
    counts = Counter(candidate.extra_time for candidate in request.candidates)
    parts = ", ".join(
        _("%(lines)d for those with %(extra)d %% (%(n)d)")
        % {"n": counts[extra], "extra": extra, "lines": needed[extra]}
        for extra in needed
    )
    numbers = {"parts": parts, "needed": sum(needed.values())}
    if request.extra_time_in == "circuit":
        return _(
            "Candidates with different extra time need different circuits: %(parts)s; that makes %(needed)d, "
            "and there are %(has)d. Add a circuit, or plan extra time by rotation."
        ) % {**numbers, "has": len(request.circuits)}
    return _(
        "Candidates with different extra time need different rotations: %(parts)s; that makes %(needed)d, "
        "and there are %(has)d. Add a rotation, or plan extra time by circuit."
    ) % {**numbers, "has": request.rotations}


def _ways(request: PlanRequest, rotations: int, starts: int) -> Iterator[Timings]:
    by_circuit = request.extra_time_in == "circuit"
    lines = len(request.circuits) if by_circuit else rotations
    needed = needs(request, rotations, starts)
    spare = lines - sum(needed.values())
    stretched = [extra for extra in needed if extra]
    for more in range(spare + 1):
        for added in combinations_with_replacement(stretched, more):
            counts = [(extra, needed[extra] + added.count(extra)) for extra in stretched]
            for extras in _arrangements(tuple(range(lines)), counts):
                line_of = [extras.get(line, 0) for line in range(lines)]
                yield from _of_lines(request, rotations, starts, line_of)


def _arrangements(lines: tuple[int, ...], counts: list[tuple[int, int]]) -> Iterator[dict[int, int]]:
    """Each way to give so many lines to each extra time, the last lines first."""
    if not counts:
        yield {}
        return
    (extra, count), *others = counts
    for chosen in combinations(reversed(lines), count):
        left = tuple(line for line in lines if line not in chosen)
        for rest in _arrangements(left, others):
            yield rest | dict.fromkeys(chosen, extra)


def _of_lines(request: PlanRequest, rotations: int, starts: int, extras: list[int]) -> Iterator[Timings]:
    """By circuit, those who need fewer rotations than others first get no more than they fill."""
    circuits = range(len(request.circuits))
    if request.extra_time_in == "rotation":
        yield {(circuit, rotation): extras[rotation] for circuit in circuits for rotation in range(rotations)}
        return
    counts = Counter(candidate.extra_time for candidate in request.candidates)
    full = {(circuit, rotation): extras[circuit] for circuit in circuits for rotation in range(rotations)}
    filled = {extra: math.ceil(counts[extra] / (starts * extras.count(extra))) for extra in set(extras)}
    short = {cell: extra for cell, extra in full.items() if cell[1] < filled[extra]}
    yield short
    if short != full:
        yield full
