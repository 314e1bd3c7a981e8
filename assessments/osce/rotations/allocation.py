"""Who starts where. A candidate meets every examiner of the circuit and rotation they are in, so conflicts decide which
of these they can be in: a bipartite matching of candidates with places, by augmenting paths (Kuhn 1955; Berge 1957).
When none seats everyone, the candidates reached from one who is left over are too many for the places that they can
take (Hall 1935), and these are the ones to name.
"""

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.osce.rotations import extra_time
from assessments.osce.rotations.circuits import Candidate, Id, Infeasible, PlanRequest, Post
from assessments.osce.rotations.slots import Start

MOST_NAMES = 8


@dataclass(frozen=True)
class Seat:
    """`circuit` and `rotation` are counted from 0."""

    circuit: int
    rotation: int
    start: Start


def allocate(
    request: PlanRequest, starts: Sequence[Start], random: Random
) -> tuple[dict[Id, Seat], extra_time.Timings]:
    """Everyone's seat, by candidate id, and how each circuit and rotation is timed.

    As few rotations as possible, then as few added rounds, then circuits and rotations filled evenly. Infeasible
    where places are too few or conflicts leave somebody without one.
    """
    # The same people make the same plan in whatever order a database gives them.
    candidates = sorted(request.candidates, key=lambda candidate: repr(candidate.id))
    random.shuffle(candidates)
    at_once = [start for start in starts if not start.waits]
    choices = [at_once, list(starts)] if request.may_add_rounds and len(at_once) < len(starts) else [at_once]
    refused: tuple[_Table, list[Id]] | None = None
    tried = 0
    for rotations in range(1, request.rotations + 1):
        for chosen in choices:
            refused, tried = None, 0
            for timings in extra_time.ways(request, rotations, len(chosen)):
                table = _Table(request, chosen, timings, candidates, random)
                if not (left_over := table.seat_all()):
                    return table.seats(), timings
                refused, tried = refused or (table, left_over), tried + 1
    if refused:
        raise Infeasible(refused[0].why_not(refused[1]), *_that_ways_were_tried(request, tried))
    raise Infeasible(extra_time.why_too_few(request, len(starts), len(choices[-1])))


@dataclass(frozen=True)
class _Group:
    """Places of one circuit and rotation whose candidates meet the same people."""

    circuit: int
    rotation: int
    starts: list[Start]
    examiners: set[Id]
    patients: set[Id]


class _Table:
    """One attempt to seat everyone, with rotations timed in one way."""

    def __init__(
        self,
        request: PlanRequest,
        starts: Sequence[Start],
        timings: extra_time.Timings,
        candidates: Sequence[Candidate],
        random: Random,
    ) -> None:
        self.request, self.random, self.timings = request, random, timings
        self.groups = [group for cell in timings for group in _groups(request, *cell, starts)]
        random.shuffle(self.groups)
        self.choices = {candidate.id: self._choices(candidate) for candidate in candidates}
        self.seated: list[list[Id]] = [[] for _group in self.groups]
        self.group_of: dict[Id, int] = {}
        self.load: Counter[tuple[int, int]] = Counter()

    def seat_all(self) -> list[Id]:
        """Empty when everyone has a place, else candidates who are too many for theirs."""
        for candidate in sorted(self.choices, key=lambda it: len(self.choices[it])):
            if left_over := self._seat(candidate):
                return left_over
        return []

    def seats(self) -> dict[Id, Seat]:
        seats = {}
        for group, people in zip(self.groups, self.seated, strict=True):
            starts = _spread(group.starts, len(people), self.random)
            self.random.shuffle(starts)
            for candidate, start in zip(people, starts, strict=True):
                seats[candidate] = Seat(group.circuit, group.rotation, start)
        return seats

    def why_not(self, left_over: list[Id]) -> str:
        open_to = {number for it in left_over for number in self.choices[it]}
        groups = sorted((self.groups[number] for number in open_to), key=lambda it: (it.circuit, it.rotation))
        people = [it for it in self.request.candidates if it.id in left_over]
        names = _listed([it.label for it in people])
        reasons = list(dict.fromkeys(reason for it in people for reason in self._conflicts(it)))
        if not open_to:
            return _(
                "%(names)s cannot be placed in any circuit and rotation, because of conflicts: %(reasons)s. "
                "Give one of these stations another examiner or simulated patient."
            ) % {"names": names, "reasons": _listed(reasons)}
        return _(
            "%(names)s can only be in %(where)s, with %(places)d places for these %(n)d, because of conflicts: "
            "%(reasons)s. Give one of these stations another examiner or simulated patient, or add a circuit or "
            "a rotation."
        ) % {
            "names": names,
            "where": _listed(list(dict.fromkeys(self._name(group) for group in groups))),
            "places": sum(len(group.starts) for group in groups),
            "n": len(people),
            "reasons": _listed(reasons),
        }

    def _choices(self, candidate: Candidate) -> list[int]:
        foes = {person for person, other in self.request.conflicts if other == candidate.id}
        patients = {person for person, other in self.request.patient_conflicts if other == candidate.id}
        return [
            number
            for number, group in enumerate(self.groups)
            if self.timings[group.circuit, group.rotation] == candidate.extra_time
            and foes.isdisjoint(group.examiners)
            and patients.isdisjoint(group.patients)
        ]

    def _seat(self, newcomer: Id) -> list[Id]:
        """Find them a place, moving others where need be; else who shares the places that all of them could take."""
        came: dict[int, Id] = {}
        met = {newcomer: None}
        queue = deque(met)
        while queue:
            person = queue.popleft()
            for number in self._emptiest_first(person):
                if number in came:
                    continue
                came[number] = person
                if len(self.seated[number]) < len(self.groups[number].starts):
                    self._move(number, came)
                    return []
                for other in self.seated[number]:
                    if other not in met:
                        met[other] = None
                        queue.append(other)
        return list(met)

    def _emptiest_first(self, person: Id) -> list[int]:
        groups = self.groups
        return sorted(
            self.choices[person],
            key=lambda number: self.load[groups[number].circuit, groups[number].rotation],
        )

    def _move(self, number: int | None, came: dict[int, Id]) -> None:
        while number is not None:
            person = came[number]
            before = self.group_of.get(person)
            if before is not None:
                self.seated[before].remove(person)
                self._count(before, -1)
            self.seated[number].append(person)
            self._count(number, 1)
            self.group_of[person] = number
            number = before

    def _count(self, number: int, change: int) -> None:
        group = self.groups[number]
        self.load[group.circuit, group.rotation] += change

    def _name(self, group: _Group) -> str:
        return _("%(circuit)s (rotation %(rotation)d)") % {
            "circuit": self.request.circuits[group.circuit].label,
            "rotation": group.rotation + 1,
        }

    def _conflicts(self, candidate: Candidate) -> Iterator[str]:
        """Theirs with people in circuits and rotations timed as they need, in words."""
        for (number, rotation), extra in sorted(self.timings.items()):
            circuit = self.request.circuits[number]
            if extra != candidate.extra_time:
                continue
            for station in self.request.every_station:
                for post in circuit.posts_of(station.id):
                    for person in _foes(self.request, candidate.id, post, rotation + 1):
                        yield _("%(candidate)s with %(person)s (%(station)s, %(circuit)s)") % {
                            "candidate": candidate.label,
                            "person": person,
                            "station": station.label,
                            "circuit": circuit.label,
                        }


def _foes(request: PlanRequest, candidate: Id, post: Post, rotation: int) -> list[str]:
    examiner = post.examiner_in(rotation)
    found = [examiner.label] if examiner and (examiner.id, candidate) in request.conflicts else []
    return found + [it.label for it in post.patients if (it.id, candidate) in request.patient_conflicts]


def _groups(request: PlanRequest, circuit: int, rotation: int, starts: Sequence[Start]) -> list[_Group]:
    """Who is met depends on the start where a station has two rooms. All its patients count, whoever will play."""
    alike: dict[tuple[int, ...], list[Start]] = {}
    for start in starts:
        post_at = {visit.station.id: visit.post for visit in start.visits}
        posts = tuple(post_at[station.id] for station in request.stations if station.rounds > 1)
        alike.setdefault(posts, []).append(start)
    groups = []
    for same in alike.values():
        posts_met = [
            request.circuits[circuit].posts_of(visit.station.id)[visit.post]
            for visit in same[0].visits
            if not visit.station.is_rest
        ]
        examiners = [post.examiner_in(rotation + 1) for post in posts_met]
        groups.append(
            _Group(
                circuit,
                rotation,
                same,
                {examiner.id for examiner in examiners if examiner},
                {patient.id for post in posts_met for patient in post.patients},
            )
        )
    return groups


def _spread(starts: Sequence[Start], count: int, random: Random) -> list[Start]:
    """So many of them, the empty ones between them as even as can be, so that no examiner sits through many in a row."""
    first = random.randrange(len(starts))
    return [starts[(first + number * len(starts) // max(count, 1)) % len(starts)] for number in range(count)]


def _that_ways_were_tried(request: PlanRequest, ways: int) -> Iterator[str]:
    if any(candidate.extra_time for candidate in request.candidates):
        yield ngettext(
            "Circuits and rotations were given to those with extra time in %(n)d way.",
            "Circuits and rotations were given to those with extra time in %(n)d ways; none seats everyone, "
            "and this is what stops the first.",
            ways,
        ) % {"n": ways}


def _listed(names: Sequence[str]) -> str:
    if len(names) <= MOST_NAMES:
        return ", ".join(names)
    return _("%(names)s and %(n)d more") % {
        "names": ", ".join(names[:MOST_NAMES]),
        "n": len(names) - MOST_NAMES,
    }
