"""When the rounds and pauses of circuits that share their bells take place."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from assessments.osce.rotations import pauses
from assessments.osce.rotations.circuits import Id, Infeasible, PlanRequest, Post, SimulatedPatient
from assessments.osce.rotations.timetables import Encounter, Pause, PauseKind, Round


@dataclass(frozen=True)
class Beat:
    """One round of all circuits that share these bells. `extra_time` in per cent."""

    rotation: int
    number: int
    extra_time: int


class Clock:
    """The rounds of some circuits, and where they stop for a pause so that nobody works for too long.

    Infeasible where there is no moment for a break, because somebody is inside a long station at every change-over.
    """

    def __init__(
        self,
        request: PlanRequest,
        circuits: Sequence[Id],
        beats: Sequence[Beat],
        encounters: Sequence[Encounter],
    ) -> None:
        self.request, self.beats, self.encounters = request, beats, encounters
        self.circuits = [circuit for circuit in request.circuits if circuit.id in circuits]
        self._first = {beat.rotation: index for index, beat in reversed(list(enumerate(beats)))}
        self._between = [beat.number == 1 for beat in beats]
        self._may_pause = [True] * len(beats)
        self._at_room: dict[Id, list[Encounter]] = {}
        for it in encounters:
            for part in range(1, it.rounds):
                self._may_pause[self._index(it) + part] = False
            if it.room is not None:
                self._at_room.setdefault(it.room, []).append(it)
        self._pause_at = self._choose_pauses()

    def times(self) -> tuple[list[Round], list[Pause]]:
        rounds: list[Round] = []
        stops: list[Pause] = []
        now = 0
        for gap, beat in enumerate(self.beats):
            if gap in self._pause_at:
                kind, seconds = self._pause_at[gap]
                before = self.beats[gap - 1]
                stops += [
                    Pause(circuit.id, before.rotation, before.number, kind, now, seconds)
                    for circuit in self.circuits
                ]
                now += seconds
            timing = self.request.timing
            reading, running = timing.stretched(beat.extra_time)
            rounds += [
                Round(circuit.id, beat.rotation, beat.number, now, reading, running, timing.change_over)
                for circuit in self.circuits
            ]
            now += reading + running + timing.change_over
        return rounds, stops

    def patients(self) -> dict[Encounter, Id]:
        """Who plays in each encounter: the same until it would be too many rounds in a row, then the next."""
        short_break = self.request.timing.short_break
        resets = {gap for gap, (_kind, seconds) in self._pause_at.items() if seconds >= short_break}
        return {
            encounter: patient.id
            for post, met in self._played()
            for encounter, patient in self._turns(post.patients, met, resets)
        }

    def _index(self, encounter: Encounter) -> int:
        return self._first[encounter.rotation] + encounter.round - 1

    def _played(self) -> Iterator[tuple[Post, list[Encounter]]]:
        """Posts with a simulated patient, and the encounters there in the order of time."""
        for circuit in self.circuits:
            for post in circuit.posts:
                if post.patients and post.room:
                    yield post, sorted(self._at_room.get(post.room.id, ()), key=self._index)

    def _turns(
        self, patients: Sequence[SimulatedPatient], encounters: Sequence[Encounter], resets: set[int]
    ) -> Iterator[tuple[Encounter, SimulatedPatient]]:
        turn, played, free_from = 0, 0, 0
        for encounter in encounters:
            index = self._index(encounter)
            if index != free_from or index in resets:
                played = 0
            most = patients[turn].most_rounds
            if most is not None and played + encounter.rounds > most and len(patients) > 1:
                turn, played = (turn + 1) % len(patients), 0
            played += encounter.rounds
            free_from = index + encounter.rounds
            yield encounter, patients[turn]

    def _choose_pauses(self) -> dict[int, tuple[PauseKind, int]]:
        """By the index of the beat they come before: lunches first, long breaks between them, then those for patients."""
        timing = self.request.timing
        turnovers = [gap for gap, is_between in enumerate(self._between) if is_between and gap]
        lengths = [timing.round_length(beat.extra_time) for beat in self.beats]
        kinds: dict[int, PauseKind] = dict.fromkeys(turnovers, "turnover")
        seconds: dict[PauseKind, int] = {
            "turnover": timing.turnover, "break": timing.short_break,
            "long break": timing.long_break, "lunch": timing.lunch,
        }  # fmt: skip
        limits: list[tuple[PauseKind, list[pauses.Window]]] = [
            ("lunch", pauses.windows_of_time(lengths, timing.lunch_after)),
            ("long break", pauses.windows_of_time(lengths, timing.long_break_after)),
        ]
        for kind, windows in limits:
            if pauses.unpausable(windows, self._may_pause):
                raise Infeasible(self._why_no_moment(kind))
            self._place(kind, windows, kinds, seconds)
        self._place("break", self._windows_of_patients(), kinds, seconds)
        at_turnover = dict.fromkeys(turnovers, timing.turnover)
        lasting = {
            gap: (kind, max(seconds[kind], at_turnover.get(gap, 0))) for gap, kind in sorted(kinds.items())
        }
        return {gap: pause for gap, pause in lasting.items() if pause[1]}

    def _place(
        self,
        kind: PauseKind,
        windows: Sequence[pauses.Window],
        kinds: dict[int, PauseKind],
        seconds: dict[PauseKind, int],
    ) -> None:
        enough = [gap for gap, given in kinds.items() if seconds[given] >= seconds[kind]]
        chosen = pauses.choose(len(self.beats), windows, self._may_pause, self._between, enough)
        kinds.update(dict.fromkeys(chosen, kind))

    def _windows_of_patients(self) -> list[pauses.Window]:
        """Of those whom nobody relieves. Infeasible where they could not have a break in time."""
        found = []
        for post, met in self._played():
            patient = post.patients[0]
            if patient.most_rounds is None or len(post.patients) > 1:
                continue
            busy = [False] * len(self.beats)
            for it in met:
                start = self._index(it)
                busy[start : start + it.rounds] = [True] * it.rounds
            windows = pauses.windows_of_work(busy, patient.most_rounds)
            if pauses.unpausable(windows, self._may_pause):
                raise Infeasible(self._why_no_rest(post, patient))
            found += windows
        return found

    def _why_no_moment(self, kind: PauseKind) -> str:
        timing = self.request.timing
        limit = timing.lunch_after if kind == "lunch" else timing.long_break_after
        return _(
            "There is no moment for a break within %(minutes)d minutes of running time: at every change-over "
            "somebody is inside %(stations)s. Allow more minutes, or use fewer stations in a rotation."
        ) % {"minutes": limit // 60, "stations": self._long_stations()}

    def _why_no_rest(self, post: Post, patient: SimulatedPatient) -> str:
        station = next(it for it in self.request.stations if it.id == post.station)
        return _(
            "%(patient)s (“%(station)s”) may play %(most)d rounds in a row and cannot have a break then: at every "
            "change-over somebody is inside %(stations)s. Name a second simulated patient for this station."
        ) % {
            "patient": patient.label,
            "station": station.label,
            "most": patient.most_rounds,
            "stations": self._long_stations(),
        }

    def _long_stations(self) -> str:
        return ", ".join(f"“{station.label}”" for station in self.request.stations if station.rounds > 1)
