"""Setting an exam up: timing, stations and their blueprint, circuits, sessions with their rooms.

Once sheets were given out, what they were made from stays: what is only read may still be mended.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from assessments.audit.recording import record
from assessments.osce import timetable
from assessments.osce.models import (
    CODE_MAX,
    TITLE_MAX,
    Circuit,
    Competency,
    Exam,
    Post,
    Session,
    Station,
)
from lti_tool.port import end_guest_visits

MOST_STATIONS = 60
MOST_CIRCUITS = 20
MOST_SESSIONS = 40
# What may change of a station that sheets were given out for.
WORDS = {
    "title",
    "candidate_instructions",
    "examiner_instructions",
    "patient_script",
    "equipment",
    "weight",
    "is_must_pass",
    "is_pilot",
}


@transaction.atomic
def set_timing(*, exam: Exam, by: Any) -> Exam:
    """Keep the times that were set on `exam`."""
    stored = _locked(exam)
    _check_not_begun(stored)
    exam.full_clean()
    exam.save()
    record("exam.timed", by=by, on=exam, data={"reading": exam.reading, "running": exam.running})
    return exam


@transaction.atomic
def write_station(*, station: Station, by: Any, competencies: Iterable[Competency] | None = None) -> Station:
    """Keep a new station, at the end of the circuit, or what was changed of one."""
    exam = _locked(station.exam)
    stored = Station.objects.filter(pk=station.pk).first()
    if stored is None:
        _check_not_begun(exam)
        _check_room_for(exam.stations.count(), MOST_STATIONS)
        station.place = _next_place(exam.stations)
    elif exam.has_begun and (changed := _changed(stored, station) - WORDS):
        raise _begun(_("Its words can still be changed."), changed)
    station.full_clean()
    station.save()
    if competencies is not None:
        station.competencies.set(competencies)
    record("station.written", by=by, on=station, data={"kind": station.kind})
    return station


@transaction.atomic
def move_station(*, station: Station, steps: int, by: Any) -> None:
    """Put a station so many places further on, or back; candidates pass them in this order."""
    exam = _locked(station.exam)
    _check_not_begun(exam)
    order = list(exam.stations.all())
    at = order.index(station)
    order.insert(max(0, min(at + steps, len(order) - 1)), order.pop(at))
    for place, row in enumerate(order):
        row.place = place
    Station.objects.bulk_update(order, ["place"])
    record("station.moved", by=by, on=station, data={"steps": steps})


@transaction.atomic
def remove_station(*, station: Station, by: Any) -> None:
    """Take a station out of the exam, with its rooms. Timetables that were made with it are dropped."""
    exam = _locked(station.exam)
    _check_not_begun(exam)
    _drop_timetables(exam, by)
    record("station.removed", by=by, on=station, data={"kind": station.kind})
    station.delete()


@transaction.atomic
def write_blueprint(
    *, exam: Exam, competencies: Sequence[tuple[str, str]], cells: Collection[tuple[int, str]], by: Any
) -> None:
    """The competencies of the exam, as code and title in their order, and which station covers which: (station id, code)."""
    exam = _locked(exam)
    problems = _problems_of_codes([code for code, _title in competencies])
    if problems:
        raise ValidationError({"competencies": problems})
    exam.competencies.exclude(code__in=[code for code, _title in competencies]).delete()
    for place, (code, title) in enumerate(competencies):
        exam.competencies.update_or_create(code=code, defaults={"title": title[:TITLE_MAX], "place": place})
    by_code = {row.code: row for row in exam.competencies.all()}
    for station in exam.stations.all():
        station.competencies.set(
            [by_code[code] for pk, code in cells if pk == station.pk and code in by_code]
        )
    record("blueprint.written", by=by, on=exam, data={"competencies": len(by_code)})


@transaction.atomic
def write_circuit(*, exam: Exam, title: str, by: Any, circuit: Circuit | None = None) -> Circuit:
    """Add a circuit, or give one another name."""
    exam = _locked(exam)
    if circuit is None:
        _check_not_begun(exam)
        _check_room_for(exam.circuits.count(), MOST_CIRCUITS)
        circuit = Circuit(exam=exam, place=_next_place(exam.circuits))
    circuit.title = _title(title)
    circuit.save()
    record("circuit.written", by=by, on=exam, data={"circuit": circuit.pk})
    return circuit


@transaction.atomic
def remove_circuit(*, circuit: Circuit, by: Any) -> None:
    exam = _locked(circuit.exam)
    _check_not_begun(exam)
    _drop_timetables(exam, by)
    record("circuit.removed", by=by, on=exam, data={"circuit": circuit.pk})
    circuit.delete()


@transaction.atomic
def write_session(*, session: Session, by: Any) -> Session:
    """Keep a new session, or what was changed of one. A new one gets a room for each station of each circuit."""
    exam = _locked(session.exam)
    stored = Session.objects.filter(pk=session.pk).first()
    if stored is None:
        _check_room_for(exam.sessions.count(), MOST_SESSIONS)
    elif stored.is_published and "most_rotations" in _changed(stored, session):
        raise _begun(_("Name and start can still be changed."), {"most_rotations"})
    session.full_clean()
    session.save()
    record("session.written", by=by, on=session)
    return session


@transaction.atomic
def remove_session(*, session: Session, by: Any) -> None:
    """Take a session away that nobody works with; its candidates are in no session then."""
    timetable.drop(session=session, by=by)
    for door in session.links.values_list("key", flat=True):
        end_guest_visits(door=door)
    record("session.removed", by=by, on=session.exam, data={"session": session.pk})
    session.delete()


@transaction.atomic
def furnish(*, session: Session, by: Any) -> list[Post]:
    """Every post the session needs by now, each with a room; rooms that are there stay, what is too much goes."""
    Session.objects.select_for_update().get(pk=session.pk)
    stations = [row for row in session.exam.stations.all() if not row.is_rest]
    circuits = list(session.exam.circuits.all())
    there = {(row.circuit_id, row.station_id, row.number): row for row in session.posts.all()}
    needed = {
        (circuit.pk, station.pk, number): _room(circuit, station, number, len(circuits))
        for circuit in circuits
        for station in stations
        for number in range(1, station.rounds + 1)
    }
    if session.is_published:
        return list(session.posts.all())
    Post.objects.filter(pk__in=[row.pk for key, row in there.items() if key not in needed]).delete()
    made = [
        Post(session=session, circuit_id=circuit, station_id=station, number=number, room=room)
        for (circuit, station, number), room in needed.items()
        if (circuit, station, number) not in there
    ]
    Post.objects.bulk_create(made)
    if made:
        record("session.furnished", by=by, on=session, data={"posts": len(made)})
    return list(session.posts.all())


def _room(circuit: Circuit, station: Station, number: int, circuits: int) -> str:
    part = f" {chr(ord('a') + number - 1)}" if station.rounds > 1 else ""
    name = f"{station.place + 1}{part}"
    return _("Room %(name)s") % {"name": f"{circuit.title} {name}" if circuits > 1 else name}


def _locked(exam: Exam) -> Exam:
    return Exam.objects.select_for_update(of=("self",)).select_related("activity").get(pk=exam.pk)


def _check_not_begun(exam: Exam) -> None:
    if exam.has_begun:
        raise _begun()


def _begun(but: str = "", fields: Iterable[str] = ()) -> ValidationError:
    sentence = _("A session of this exam is published, so this stays as it is.")
    return ValidationError(f"{sentence} {but}".strip(), code="begun", params={"fields": sorted(fields)})


def _check_room_for(count: int, most: int) -> None:
    if count >= most:
        raise ValidationError(_("More than %(most)d are not possible.") % {"most": most}, code="most")


def _drop_timetables(exam: Exam, by: Any) -> None:
    for session in exam.sessions.all():
        timetable.drop(session=session, by=by)


def _next_place(rows: Any) -> int:
    last = rows.aggregate(last=Max("place"))["last"]
    return 0 if last is None else last + 1


def _changed(stored: models.Model, now: models.Model) -> set[str]:
    """The names of the fields in which two rows differ."""
    names = [field.attname for field in stored._meta.concrete_fields]
    return {
        name.removesuffix("_id") if name != "id" else name
        for name in names
        if getattr(stored, name) != getattr(now, name)
    }


def _title(text: str) -> str:
    title = " ".join(text.replace("\x00", "").split())
    if not title or len(title) > TITLE_MAX:
        raise ValidationError({"title": _("Give it a name of at most %(n)d characters.") % {"n": TITLE_MAX}})
    return title


def _problems_of_codes(codes: Sequence[str]) -> list[str]:
    problems = []
    if any(not code or len(code) > CODE_MAX for code in codes):
        problems.append(_("Every competency needs a code of at most %(n)d characters.") % {"n": CODE_MAX})
    problems += [
        _("The code “%(code)s” is there twice.") % {"code": code}
        for code in dict.fromkeys(codes)
        if codes.count(code) > 1
    ]
    return problems
