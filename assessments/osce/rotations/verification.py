"""Looks at a plan, from whatever hand, and says in words what is broken. Shares no step with the making of plans."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator
from itertools import pairwise

from django.utils.translation import gettext as _

from assessments.osce.rotations.circuits import Id, PlanRequest, Post, SimulatedPatient, Station
from assessments.osce.rotations.timetables import Encounter, Plan, Round

_Key = tuple[Id, int, int]


def verify(plan: Plan, request: PlanRequest) -> list[str]:
    """One sentence for each broken property; none when the plan keeps all of them."""
    return list(dict.fromkeys(_Look(plan, request).everything()))


class _Look:
    """A plan and the labels to speak of it. Encounters whose rounds are not in the plan are told, then left out."""

    def __init__(self, plan: Plan, request: PlanRequest) -> None:
        self.plan, self.request = plan, request
        self.rounds: dict[_Key, Round] = {(it.circuit, it.rotation, it.number): it for it in plan.rounds}
        self.stations = {it.id: it for it in request.every_station}
        self.candidates = {it.id: it for it in request.candidates}
        self.circuits = {it.id: it for it in request.circuits}
        posts = [post for circuit in request.circuits for post in circuit.posts]
        self.patients = {it.id: it for post in posts for it in post.patients}
        self.names: dict[tuple[str, Id], str] = {
            **{("patient", it.id): it.label for it in self.patients.values()},
            **{("examiner", it.id): it.label for post in posts for it in post.examiners},
            **{("room", post.room.id): post.room.label for post in posts if post.room},
            **{("candidate", it.id): it.label for it in request.candidates},
        }
        self.known = [it for it in plan.encounters if not self._unknown(it)]

    def everything(self) -> Iterator[str]:
        yield from (fault for it in self.plan.encounters if (fault := self._unknown(it)))
        yield from self._visits()
        yield from self._two_places()
        yield from self._posts()
        yield from self._conflicts()
        yield from self._order()
        yield from self._played_too_long()
        yield from self._times()
        yield from self._pauses()

    def _unknown(self, it: Encounter) -> str | None:
        if it.candidate not in self.candidates:
            return _("Candidate %(id)s is not in this exam.") % {"id": it.candidate}
        if it.station not in self.stations:
            return _("Station %(id)s is not in this exam.") % {"id": it.station}
        if it.circuit not in self.circuits:
            return _("Circuit %(id)s is not in this exam.") % {"id": it.circuit}
        keys = [(it.circuit, it.rotation, it.round + part) for part in range(it.rounds)]
        if it.rounds < 1 or any(key not in self.rounds for key in keys):
            return _(
                "%(who)s is at “%(station)s” in a round that does not take place (%(when)s)."
            ) % self._of(it)
        return None

    def _visits(self) -> Iterator[str]:
        """Each station once, the rests too, and for as long as it lasts."""
        met = Counter((it.candidate, it.station) for it in self.known)
        for candidate in self.request.candidates:
            for station in self.request.every_station:
                names = {"who": candidate.label, "station": station.label, "n": met[candidate.id, station.id]}
                if names["n"] == 0:
                    yield _("%(who)s does not come to “%(station)s”.") % names
                elif names["n"] != 1:
                    yield _("%(who)s comes to “%(station)s” %(n)d times.") % names
        for it in self.known:
            if it.rounds != self.stations[it.station].rounds:
                yield _(
                    "%(who)s stays at “%(station)s” for the wrong number of rounds (%(when)s)."
                ) % self._of(it)

    def _two_places(self) -> Iterator[str]:
        """By the clock, so that circuits with bells of their own are compared too."""
        busy: dict[tuple[str, Id], list[tuple[int, int, Encounter]]] = defaultdict(list)
        for it in self.known:
            held = [("candidate", it.candidate), ("examiner", it.examiner), ("patient", it.patient)]
            if not self.stations[it.station].is_rest:
                held.append(("room", it.room))
            for kind, key in held:
                if key is not None:
                    busy[kind, key].append((*self._span(it), it))
        for (kind, key), spans in busy.items():
            spans.sort(key=lambda span: span[:2])
            for (_start, end, first), (start, _end, second) in pairwise(spans):
                if start < end:
                    yield _("%(name)s is needed in two places at once: %(first)s and %(second)s.") % {
                        "name": self._name(kind, key),
                        "first": self._place(first),
                        "second": self._place(second),
                    }

    def _posts(self) -> Iterator[str]:
        """Room, examiner and patient are those of one post of that station in that circuit and rotation."""
        for it in self.known:
            posts = self.circuits[it.circuit].posts_of(it.station)
            if self.stations[it.station].is_rest and not posts:
                posts = [Post(it.station)]
            if not any(_is_at(it, post) for post in posts):
                yield _(
                    "Room, examiner and simulated patient of %(who)s at “%(station)s” do not belong together (%(when)s)."
                ) % self._of(it)

    def _conflicts(self) -> Iterator[str]:
        for it in self.known:
            met = [
                ("examiner", it.examiner, self.request.conflicts),
                ("patient", it.patient, self.request.patient_conflicts),
            ]
            for kind, key, conflicts in met:
                if (key, it.candidate) in conflicts:
                    yield _("%(who)s meets %(other)s at “%(station)s”, who have declared a conflict.") % {
                        **self._of(it),
                        "other": self._name(kind, key),
                    }

    def _order(self) -> Iterator[str]:
        """One circuit and rotation for each candidate; linked stations in order; no rest after a rest."""
        ways: dict[Id, list[Encounter]] = defaultdict(list)
        for it in self.known:
            ways[it.candidate].append(it)
        links = [
            (before, station) for before, station in pairwise(self.request.stations) if station.is_linked
        ]
        for candidate, way in ways.items():
            way.sort(key=self._span)
            who = self._name("candidate", candidate)
            if len({(it.circuit, it.rotation) for it in way}) > 1:
                yield _("%(who)s is in more than one circuit or rotation.") % {"who": who}
            for first, second in pairwise(way):
                if (
                    _follows(first, second)
                    and self.stations[first.station].is_rest
                    and self.stations[second.station].is_rest
                ):
                    yield _("%(who)s has two rests one after the other.") % {"who": who}
            yield from self._links(who, {it.station: it for it in way}, links)

    def _links(
        self, who: str, at: dict[Id, Encounter], links: Iterable[tuple[Station, Station]]
    ) -> Iterator[str]:
        for before, station in links:
            first, second = at.get(before.id), at.get(station.id)
            if first and second and not _follows(first, second):
                yield _("%(who)s does not come to “%(station)s” directly from “%(before)s”.") % {
                    "who": who,
                    "station": station.label,
                    "before": before.label,
                }

    def _played_too_long(self) -> Iterator[str]:
        """Rounds in a row, which end with a round off or a pause of at least a short break."""
        played: dict[Id, set[_Key]] = defaultdict(set)
        for it in self.known:
            if it.patient is not None:
                played[it.patient] |= {
                    (it.circuit, it.rotation, it.round + part) for part in range(it.rounds)
                }
        for key, rounds in played.items():
            patient = self.patients.get(key)
            if patient and patient.most_rounds is not None:
                most = max(self._run(circuit, rounds) for circuit in self.circuits)
                if most > patient.most_rounds:
                    yield self._too_long(patient, most)

    def _run(self, circuit: Id, played: set[_Key]) -> int:
        most = run = free_from = 0
        for row in sorted((it for it in self.plan.rounds if it.circuit == circuit), key=lambda it: it.starts):
            if row.starts - free_from >= self.request.timing.short_break:
                run = 0
            run = run + 1 if (row.circuit, row.rotation, row.number) in played else 0
            most, free_from = max(most, run), row.ends
        return most

    def _too_long(self, patient: SimulatedPatient, most: int) -> str:
        return _("%(who)s plays %(n)d rounds in a row; %(most)d are the limit.") % {
            "who": patient.label,
            "n": most,
            "most": patient.most_rounds,
        }

    def _times(self) -> Iterator[str]:
        """Everyone has the time granted to them, and no more."""
        for it in self.known:
            row = self.rounds[it.circuit, it.rotation, it.round]
            granted = self.request.timing.stretched(self.candidates[it.candidate].extra_time)
            if (row.reading, row.running) != granted:
                yield _("%(who)s does not have the time granted to them in rotation %(rotation)d.") % {
                    "who": self._name("candidate", it.candidate),
                    "rotation": it.rotation,
                }

    def _pauses(self) -> Iterator[str]:
        """Rounds follow each other, nobody is at a station during a pause, and breaks come in time."""
        timing = self.request.timing
        for circuit in self.request.circuits:
            own = sorted(
                (it for it in self.plan.rounds if it.circuit == circuit.id), key=lambda it: it.starts
            )
            order = [(it.rotation, it.number) for it in own]
            if order != sorted(set(order)) or any(first.ends > then.starts for first, then in pairwise(own)):
                yield _("%(circuit)s: rounds overlap, or are not in order.") % {"circuit": circuit.label}
            yield from self._pauses_off(circuit.id, circuit.label, own)
            for limit, pause in (
                (timing.lunch_after, timing.lunch),
                (timing.long_break_after, timing.long_break),
            ):
                if _longest_run(own, pause) > limit:
                    yield _(
                        "%(circuit)s: more than %(minutes)d minutes without a break of %(pause)d minutes."
                    ) % {
                        "circuit": circuit.label,
                        "minutes": limit // 60,
                        "pause": pause // 60,
                    }
        for it in self.known:
            rows = [self.rounds[it.circuit, it.rotation, it.round + part] for part in range(it.rounds)]
            if any(first.ends != then.starts for first, then in pairwise(rows)):
                yield _("A pause interrupts %(who)s at “%(station)s” (%(when)s).") % self._of(it)

    def _pauses_off(self, circuit: Id, label: str, rounds: list[Round]) -> Iterator[str]:
        told = sorted((it.starts, it.ends) for it in self.plan.pauses if it.circuit == circuit)
        taken = [(first.ends, then.starts) for first, then in pairwise(rounds) if first.ends < then.starts]
        if told != taken:
            yield _("%(circuit)s: the pauses are not where the rounds leave time for them.") % {
                "circuit": label
            }

    def _span(self, it: Encounter) -> tuple[int, int]:
        last = self.rounds[it.circuit, it.rotation, it.round + it.rounds - 1]
        return self.rounds[it.circuit, it.rotation, it.round].starts, last.ends

    def _name(self, kind: str, key: Hashable) -> str:
        return self.names.get((kind, key), str(key))

    def _of(self, it: Encounter) -> dict[str, str]:
        station = self.stations.get(it.station)
        return {
            "who": self._name("candidate", it.candidate),
            "station": station.label if station else str(it.station),
            "when": self._when(it),
        }

    def _place(self, it: Encounter) -> str:
        return _("“%(station)s” with %(who)s (%(when)s)") % self._of(it)

    def _when(self, it: Encounter) -> str:
        circuit = self.circuits.get(it.circuit)
        return _("%(circuit)s, rotation %(rotation)d, round %(round)d") % {
            "circuit": circuit.label if circuit else it.circuit,
            "rotation": it.rotation,
            "round": it.round,
        }


def _is_at(it: Encounter, post: Post) -> bool:
    if len(post.examiners) > 1 and it.rotation > len(post.examiners):
        return False
    examiner = post.examiner_in(it.rotation)
    return (
        it.room == (post.room.id if post.room else None)
        and it.examiner == (examiner.id if examiner else None)
        and (it.patient in {patient.id for patient in post.patients} if post.patients else it.patient is None)
    )


def _follows(first: Encounter, second: Encounter) -> bool:
    is_same_way = (first.circuit, first.rotation) == (second.circuit, second.rotation)
    return is_same_way and first.round + first.rounds == second.round


def _longest_run(rounds: Iterable[Round], pause: int) -> int:
    """Seconds of rounds between pauses of at least that length."""
    most = run = free_from = 0
    for row in rounds:
        if row.starts - free_from >= pause:
            run = 0
        run += row.ends - row.starts
        most, free_from = max(most, run), row.ends
    return most
