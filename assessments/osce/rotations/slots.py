"""The slots of a circuit and the ways through them: a cyclic Latin square.

With S slots, the candidate who starts at slot k is at slot (k + t) mod S in round t: in any round no slot has two
candidates, and after S rounds everyone has been to each (the cyclic square; Dénes & Keedwell, Latin Squares, 1974).

Where the way around goes from the last slot to the first, it would tear apart linked stations, and stations of more
than one round, for whoever starts inside them. Such a start has its candidate wait until they are out of that block
and come to it last, in rounds that are added at the end. Nobody is in the way there: the slot a candidate comes to in
round t ≥ S is the one they alone would have had in round t − S, when they waited.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from assessments.osce.rotations.circuits import Id, Infeasible, Station


@dataclass(frozen=True)
class Slot:
    """`part`, from 0: which of the station's rounds a candidate spends here."""

    station: Id
    part: int


@dataclass(frozen=True)
class Visit:
    """`at`: the round in which it begins, from 0. `post`: which of the station's posts in the circuit, from 0."""

    station: Station
    at: int
    post: int


@dataclass(frozen=True)
class Start:
    """A way through the circuit. `waits` rounds pass before its first visit; it is over after `rounds`."""

    slot: int
    waits: int
    rounds: int
    visits: tuple[Visit, ...]


def lay_out(stations: Sequence[Station], loose_rests: Sequence[Station]) -> list[Station]:
    """All stations in the order they are met, the loose rests spread evenly between the others.

    Infeasible where two rests would stand side by side; the last station is beside the first.
    """
    if not loose_rests:
        return _with_rests_apart(list(stations))
    blocks = _blocks(stations)
    if len(loose_rests) > len(blocks):
        raise Infeasible(
            _(
                "%(rests)d rests do not fit: linked stations stay together and no rest is next to a rest, so the most "
                "between these stations is %(gaps)d."
            )
            % {"rests": len(loose_rests), "gaps": len(blocks)}
        )
    gaps = _even_gaps([sum(station.rounds for station in block) for block in blocks], len(loose_rests))
    rests = iter(loose_rests)
    order: list[Station] = []
    for number, block in enumerate(blocks):
        order += block
        if number in gaps:
            order.append(next(rests))
    return order


def slots_of(order: Sequence[Station]) -> tuple[Slot, ...]:
    return tuple(Slot(station.id, part) for station in order for part in range(station.rounds))


def starts_of(order: Sequence[Station]) -> list[Start]:
    """The way from each slot, in the order of the slots."""
    return [
        _start(slot, waits, order)
        for slot, waits in enumerate(w for block in _blocks(order) for w in _waits(block))
    ]


def _with_rests_apart(order: list[Station]) -> list[Station]:
    for station, following in zip(order, order[1:] + order[:1], strict=True):
        if station.is_rest and following.is_rest and len(order) > 1:
            raise Infeasible(
                _("“%(first)s” and “%(second)s” are rests side by side. Put a station between them.")
                % {"first": station.label, "second": following.label}
            )
    return order


def _blocks(stations: Sequence[Station]) -> list[list[Station]]:
    """Runs of stations between which nobody may start: a station with those linked to it."""
    blocks: list[list[Station]] = []
    for station in stations:
        if station.is_linked and blocks:
            blocks[-1].append(station)
        else:
            blocks.append([station])
    return blocks


def _even_gaps(lengths: Sequence[int], rests: int) -> set[int]:
    """After which blocks a rest comes: each the nearest to its even share of the slots, one at most for each."""
    ends = [sum(lengths[: number + 1]) for number in range(len(lengths))]
    chosen: list[int] = []
    for rest in range(rests):
        ideal = ends[-1] * (rest + 1) / rests
        free = range(chosen[-1] + 1 if chosen else 0, len(ends) - (rests - rest - 1))
        chosen.append(min(free, key=lambda gap: abs(ends[gap] - ideal)))
    return set(chosen)


def _waits(block: Sequence[Station]) -> list[int]:
    """How long whoever starts at each of its slots waits: not at all at the first, else until the block is left."""
    length = sum(station.rounds for station in block)
    return [0, *range(length - 1, 0, -1)]


def _start(slot: int, waits: int, order: Sequence[Station]) -> Start:
    total = sum(station.rounds for station in order)
    visits = []
    position = 0
    for station in order:
        at = waits + (position - slot - waits) % total
        visits.append(Visit(station, at, post=at % station.rounds))
        position += station.rounds
    return Start(slot, waits, total + waits, tuple(sorted(visits, key=lambda visit: visit.at)))
