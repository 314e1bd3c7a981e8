"""Rotation plans of an OSCE: everyone to every station once, nobody in two places. Seeded, so that they can be replayed.

`plan` makes one or says why there is none; `verification.verify` looks at any plan, also one edited by hand;
`timetables` and `bells` are what people read of it. What each rule means stands where it is kept: the order of slots in
`slots`, conflicts in `allocation`, extra time in `extra_time`, breaks and simulated patients in `clock`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from random import Random

from assessments.osce.rotations.allocation import Seat, allocate
from assessments.osce.rotations.circuits import Circuit, Id, PlanRequest
from assessments.osce.rotations.clock import Beat, Clock
from assessments.osce.rotations.extra_time import Timings
from assessments.osce.rotations.preconditions import check
from assessments.osce.rotations.slots import lay_out, slots_of, starts_of
from assessments.osce.rotations.timetables import Encounter, Pause, Plan, Round


def plan(request: PlanRequest, seed: int) -> Plan:
    """The plan of this request and seed, the same each time and in whatever order people and conflicts are given.

    Raises Infeasible, with sentences for whoever made the request.
    """
    check(request)
    order = lay_out(request.stations, request.loose_rests)
    seats, timings = allocate(request, starts_of(order), Random(seed))
    met = _encounters(request, seats)
    encounters: list[Encounter] = []
    rounds: list[Round] = []
    pauses: list[Pause] = []
    for circuits, beats in _clocks(request, seats, timings):
        own = [it for it in met if it.circuit in circuits]
        clock = Clock(request, circuits, beats, own)
        patients = clock.patients()
        encounters += [replace(it, patient=patients[it]) if it in patients else it for it in own]
        own_rounds, own_pauses = clock.times()
        rounds += own_rounds
        pauses += own_pauses
    place = {circuit.id: number for number, circuit in enumerate(request.circuits)}
    slots = slots_of(order)
    column = {slot.station: number for number, slot in enumerate(slots)}
    return Plan(
        request,
        seed,
        slots,
        tuple(sorted(rounds, key=lambda it: (place[it.circuit], it.rotation, it.number))),
        tuple(sorted(pauses, key=lambda it: (place[it.circuit], it.rotation, it.round))),
        tuple(
            sorted(encounters, key=lambda it: (place[it.circuit], it.rotation, it.round, column[it.station]))
        ),
    )


def _encounters(request: PlanRequest, seats: Mapping[Id, Seat]) -> list[Encounter]:
    posts = [
        {station.id: circuit.posts_of(station.id) for station in request.every_station}
        for circuit in request.circuits
    ]
    found = []
    for candidate, seat in seats.items():
        circuit, rotation = request.circuits[seat.circuit], seat.rotation + 1
        for visit in seat.start.visits:
            here = posts[seat.circuit][visit.station.id]
            post = here[visit.post] if here else None
            examiner = post.examiner_in(rotation) if post else None
            found.append(
                Encounter(
                    candidate=candidate,
                    station=visit.station.id,
                    circuit=circuit.id,
                    rotation=rotation,
                    round=visit.at + 1,
                    rounds=visit.station.rounds,
                    room=post.room.id if post and post.room else None,
                    examiner=examiner.id if examiner else None,
                )
            )
    return found


def _clocks(
    request: PlanRequest, seats: Mapping[Id, Seat], timings: Timings
) -> Iterator[tuple[list[Id], list[Beat]]]:
    """Circuits timed alike, and their rounds. They go through them together; a rotation nobody is in is left out."""
    together: dict[frozenset, list[Circuit]] = {}
    for number, circuit in enumerate(request.circuits):
        timed = frozenset((rotation, extra) for (own, rotation), extra in timings.items() if own == number)
        together.setdefault(timed, []).append(circuit)
    for timed, circuits in together.items():
        ids = [circuit.id for circuit in circuits]
        present = [seat for seat in seats.values() if request.circuits[seat.circuit].id in ids]
        beats = [
            Beat(rotation + 1, number + 1, extra)
            for rotation, extra in sorted(timed)
            for number in range(_rounds_of(present, rotation))
        ]
        if beats:
            yield ids, beats


def _rounds_of(seats: Sequence[Seat], rotation: int) -> int:
    return max((seat.start.rounds for seat in seats if seat.rotation == rotation), default=0)
