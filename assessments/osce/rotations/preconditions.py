"""What can be seen to be wrong with a request before anything is planned. Every fault is told at once."""

from collections import Counter
from collections.abc import Iterable, Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.osce.rotations.circuits import Circuit, Infeasible, PlanRequest, Post, Station


def check(request: PlanRequest) -> None:
    """Infeasible, with one sentence for each fault."""
    faults = [
        *_of_lists(request),
        *_of_stations(request),
        *_of_timing(request),
        *(fault for circuit in request.circuits for fault in _of_circuit(circuit, request)),
    ]
    faults = faults or [*_of_rooms_and_patients(request), *_of_examiners(request)]
    if faults:
        raise Infeasible(*faults)


def _of_lists(request: PlanRequest) -> Iterator[str]:
    if not any(not station.is_rest for station in request.stations):
        yield _("There is no station.")
    if not request.circuits:
        yield _("There is no circuit.")
    if not request.candidates:
        yield _("There is no candidate.")
    if request.rotations < 1:
        yield _("There is no rotation.")
    for rows in (request.every_station, request.circuits, request.candidates):
        for row in _twice(rows):
            yield _("“%(name)s” is there twice.") % {"name": row}


def _twice(rows: Iterable) -> list[str]:
    labels = {row.id: row.label for row in rows}
    return [labels[key] for key, count in Counter(row.id for row in rows).items() if count > 1]


def _of_stations(request: PlanRequest) -> Iterator[str]:
    before: Station | None = None
    for station in request.stations:
        if station.is_linked and (before is None or before.is_rest or station.is_rest):
            yield _("“%(station)s” is linked to the station before it, but that is no pair of stations.") % {
                "station": station.label
            }
        before = station
    for station in request.every_station:
        if station.rounds < 1 or (station.is_rest and station.rounds > 1):
            yield _("“%(station)s” lasts %(n)d rounds; a rest lasts one, a station one or more.") % {
                "station": station.label,
                "n": station.rounds,
            }
    if any(not station.is_rest or station.is_linked for station in request.loose_rests):
        yield _("Only rests can be placed by the plan.")
    if request.loose_rests and any(station.is_rest for station in request.stations):
        yield _("Either put all rests into the list of stations, or let the plan place all of them.")


def _of_timing(request: PlanRequest) -> Iterator[str]:
    timing = request.timing
    if timing.running < 1 or min(timing.reading, timing.change_over, timing.warning, timing.turnover) < 0:
        yield _("Stations need some running time, and no time can be less than nothing.")
    if min(timing.short_break, timing.long_break, timing.lunch) < 1:
        yield _("A break takes some time.")
    if not timing.short_break <= timing.long_break <= timing.lunch:
        yield _("Lunch cannot be shorter than a long break, nor a long break shorter than a short one.")
    if timing.warning >= timing.running:
        yield _("The warning would come before the station starts.")
    for extra_time in sorted({candidate.extra_time for candidate in request.candidates}):
        if extra_time < 0:
            yield _("Extra time cannot be less than nothing.")
        elif timing.round_length(extra_time) > min(timing.long_break_after, timing.lunch_after):
            yield _("One round takes longer than may pass without a break.")


def _of_circuit(circuit: Circuit, request: PlanRequest) -> Iterator[str]:
    for station in request.every_station:
        posts = circuit.posts_of(station.id)
        names = {"circuit": circuit.label, "station": station.label}
        if station.is_rest:
            if len(posts) > 1 or any(post.examiners or post.patients for post in posts):
                yield _("%(circuit)s: “%(station)s” is a rest; nobody works there.") % names
        elif len(posts) != station.rounds or any(post.room is None for post in posts):
            n = sum(post.room is not None for post in posts)
            yield ngettext(
                "%(circuit)s: “%(station)s” needs %(n)d room and has %(has)d.",
                "%(circuit)s: “%(station)s” needs %(n)d rooms, because candidates stay %(n)d rounds, and has %(has)d.",
                station.rounds,
            ) % {**names, "n": station.rounds, "has": n}
        for post in posts:
            yield from _of_post(post, station, circuit, request)


def _of_post(post: Post, station: Station, circuit: Circuit, request: PlanRequest) -> Iterator[str]:
    names = {"circuit": circuit.label, "station": station.label}
    if len(post.examiners) not in (0, 1, request.rotations):
        yield _(
            "%(circuit)s: “%(station)s” has %(n)d examiners for %(rotations)d rotations. "
            "Name one for all of them or one for each."
        ) % {**names, "n": len(post.examiners), "rotations": request.rotations}
    for patient in post.patients:
        if patient.most_rounds is not None and patient.most_rounds < station.rounds:
            yield _(
                "%(circuit)s: “%(station)s” lasts %(n)d rounds, more than %(patient)s may play in a row (%(most)d)."
            ) % {**names, "n": station.rounds, "patient": patient.label, "most": patient.most_rounds}


def _of_rooms_and_patients(request: PlanRequest) -> Iterator[str]:
    counted = {station.id for station in request.stations if not station.is_rest}
    rooms = [post.room for _circuit, post in _posts(request) if post.room and post.station in counted]
    patients = [patient for _circuit, post in _posts(request) for patient in post.patients]
    for name in [*_twice(rooms), *_twice(patients)]:
        yield _("%(name)s is needed in two places at once.") % {"name": name}


def _of_examiners(request: PlanRequest) -> Iterator[str]:
    for rotation in range(1, request.rotations + 1):
        examiners = [post.examiner_in(rotation) for _circuit, post in _posts(request)]
        if names := _twice([examiner for examiner in examiners if examiner]):
            for name in names:
                yield _("%(name)s is needed in two places at once in rotation %(rotation)d.") % {
                    "name": name,
                    "rotation": rotation,
                }
            return
    if (
        request.extra_time_in == "circuit"
        and len({candidate.extra_time for candidate in request.candidates}) > 1
    ):
        yield from _of_examiners_between_clocks(request)


def _of_examiners_between_clocks(request: PlanRequest) -> Iterator[str]:
    where: dict = {}
    for circuit, post in _posts(request):
        for examiner in post.examiners:
            where.setdefault(examiner, set()).add(circuit.id)
    for examiner, circuits in where.items():
        if len(circuits) > 1:
            yield _(
                "%(name)s examines in two circuits, but circuits with extra time have bells of their own. "
                "Let them stay in one, or plan extra time by rotation."
            ) % {"name": examiner.label}


def _posts(request: PlanRequest) -> Iterator[tuple[Circuit, Post]]:
    return ((circuit, post) for circuit in request.circuits for post in circuit.posts)
