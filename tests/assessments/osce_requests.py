"""Requests for rotation plans, small enough to read: stations s1, s2, …, circuits A, B, …, candidates c1, c2, …"""

from assessments.osce.rotations.circuits import (
    Candidate,
    Circuit,
    Examiner,
    PlanRequest,
    Post,
    Room,
    SimulatedPatient,
    Station,
    Timing,
)

# Ten minutes a round.
TIMING = Timing(reading=60, running=480, change_over=60)


def stations(count, *, linked=(), long=(), rests=()):
    return tuple(
        Station(
            f"s{number}",
            f"Station {number}",
            rounds=2 if number in long else 1,
            is_rest=number in rests,
            is_linked=number in linked,
        )
        for number in range(1, count + 1)
    )


def loose_rests(count):
    return tuple(Station(f"r{number}", f"Rest {number}", is_rest=True) for number in range(1, count + 1))


def candidates(count, *, extra=None):
    """`extra`: the number of a candidate to their extra time in per cent."""
    return tuple(
        Candidate(f"c{number}", f"Candidate {number}", (extra or {}).get(number, 0))
        for number in range(1, count + 1)
    )


def circuit(name, exam, patients=None):
    """Its examiners are called e-A-s1, rooms A-s1; the second of a long station ends in ′."""
    return Circuit(
        name,
        f"Circuit {name}",
        tuple(
            Post(
                station.id,
                Room(f"{name}-{station.id}{mark}", f"Room {name}-{station.id}{mark}"),
                (Examiner(f"e-{name}-{station.id}{mark}", f"Dr {name}-{station.id}{mark}"),),
                tuple(
                    SimulatedPatient(
                        f"p-{name}-{station.id}{mark}-{n}", f"Pat {name}-{station.id}{mark}-{n}", most
                    )
                    for n, most in enumerate((patients or {}).get(station.id, ()), start=1)
                ),
            )
            for station in exam
            if not station.is_rest
            for mark in ("", "′")[: station.rounds]
        ),
    )


def request(
    count=4, *, people=None, circuits="A", exam=None, patients=None, extra=None, timing=TIMING, **more
):
    """One circuit of so many stations, full. `patients`: station id to the limit of each of its patients."""
    exam = exam or stations(count)
    return PlanRequest(
        stations=exam,
        circuits=tuple(circuit(name, exam, patients) for name in circuits),
        candidates=candidates(len(exam) if people is None else people, extra=extra),
        timing=timing,
        **more,
    )
