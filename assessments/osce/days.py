"""A session's plan as each person reads it. Candidates read numbers of stations and rooms, never what awaits them there."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from assessments.osce import timetable
from assessments.osce.models import Candidate, Post, Session, StaffMember, Station
from assessments.osce.rotations import bells, timetables
from assessments.osce.rotations.timetables import Entry, Plan


@dataclass(frozen=True)
class Stop:
    """One line of a day. `candidate` is who comes; nobody in somebody's own day, or where nobody comes."""

    starts_at: datetime
    ends_at: datetime
    what: str
    room: str = ""
    candidate: Candidate | None = None
    is_pause: bool = False


@dataclass(frozen=True)
class Ring:
    at: datetime
    announcement: str
    # None where it rings in all of them.
    circuits: list[str] | None
    rotation: int
    round: int


class Days:
    """All days of one session, from one reading of its plan."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.plan: Plan = timetable.read(session)
        self.stations: dict[Any, Station] = {row.pk: row for row in session.exam.stations.all()}
        self.numbers = {pk: number for number, pk in enumerate(self.stations, start=1)}
        self.rooms: dict[Any, str] = {post.room.casefold(): post.room for post in session.posts.all()}

    @cached_property
    def candidates(self) -> dict[Any, Candidate]:
        return {row.pk: row for row in self.session.exam.candidates.select_related("person")}

    def of_candidate(self, candidate: Candidate) -> list[Stop]:
        return [
            self._stop(entry, self._place(entry) if entry.encounter else "")
            for entry in timetables.of_candidate(self.plan, candidate.pk)
        ]

    def of_staff(self, staff: StaffMember) -> list[Stop]:
        """The rounds at the posts where they examine; of a simulated patient those in which they play."""

        def is_theirs(post: Any, rotation: int) -> bool:
            found: Any = post.examiner_in(rotation)
            return (found is not None and staff.pk in found.id) or any(
                it.id == staff.pk for it in post.patients
            )

        entries = timetables.of_posts(self.plan, is_theirs)
        return [self._stop(entry, self._title(entry)) for entry in entries if self._is_present(staff, entry)]

    def of_post(self, post: Post) -> list[Stop]:
        entries = timetables.of_room(self.plan, post.room.casefold())
        return [self._stop(entry, post.station.title if entry.encounter else "") for entry in entries]

    def bells(self) -> list[Ring]:
        circuits: dict[Any, str] = {row.pk: row.title for row in self.session.exam.circuits.all()}
        return [
            Ring(
                self.session.at(bell.at),
                bell.announcement,
                [circuits[pk] for pk in bell.circuits] if len(bell.circuits) < len(circuits) else None,
                bell.rotation,
                bell.round,
            )
            for bell in bells.bells(self.plan)
        ]

    def _is_present(self, staff: StaffMember, entry: Entry) -> bool:
        if entry.encounter is None or entry.encounter.patient is None:
            return True
        examiner: Any = entry.encounter.examiner
        return entry.encounter.patient == staff.pk or (examiner is not None and staff.pk in examiner)

    def _stop(self, entry: Entry, what: str) -> Stop:
        encounter = entry.encounter
        if entry.pause:
            what = _("Lunch") if entry.pause.kind == "lunch" else _("Break")
        elif encounter is None:
            what = what or _("Nobody comes")
        return Stop(
            self.session.at(entry.starts),
            self.session.at(entry.ends),
            what,
            self.rooms.get(encounter.room, "") if encounter else "",
            self.candidates[encounter.candidate] if encounter else None,
            entry.pause is not None,
        )

    def _place(self, entry: Entry) -> str:
        assert entry.encounter
        station = self.stations[entry.encounter.station]
        return _("Rest") if station.is_rest else _("Station %(n)d") % {"n": self.numbers[station.pk]}

    def _title(self, entry: Entry) -> str:
        return self.stations[entry.encounter.station].title if entry.encounter else ""


def span(stops: Iterable[Stop]) -> tuple[datetime, datetime] | None:
    """From the first to the last; None of an empty day."""
    listed = list(stops)
    return (listed[0].starts_at, listed[-1].ends_at) if listed else None
