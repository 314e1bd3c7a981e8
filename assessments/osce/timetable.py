"""The timetable of a session: made by the rotations package from what was planned, kept, and read again as a plan."""

import hashlib
from collections.abc import Iterable, Iterator
from secrets import randbelow
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from assessments.audit.recording import record
from assessments.osce.models import Duty, Encounter, EncounterSheet, Post, Session, SheetRole, Station
from assessments.osce.rotations import circuits, planning, timetables
from assessments.osce.rotations.circuits import Infeasible, PlanRequest
from assessments.osce.rotations.slots import Slot
from assessments.osce.rotations.timetables import Plan

EXAMINERS = (SheetRole.EXAMINER, SheetRole.SECOND)
# A seed has to survive JSON and a form.
MOST_SEED = 2**31


def request(session: Session) -> PlanRequest:
    """What a plan of the session is made from. Ids are primary keys; examiners who share a post are one, a tuple of them.

    Raises Infeasible where a post has an examiner for some rotations only.
    """
    exam = session.exam
    conflicts = set(exam.conflicts.values_list("staff", "candidate"))
    posts = _posts(session)
    together: set[Any] = {it.id for row in posts.values() for post in row for it in post.examiners}
    return PlanRequest(
        stations=tuple(
            circuits.Station(row.pk, row.title, row.rounds, row.is_rest, row.is_linked)
            for row in exam.stations.all()
        ),
        circuits=tuple(
            circuits.Circuit(row.pk, row.title, tuple(posts.get(row.pk, ()))) for row in exam.circuits.all()
        ),
        candidates=tuple(
            circuits.Candidate(row.pk, row.code, row.extra_time) for row in session.candidates.present()
        ),
        timing=circuits.Timing(
            reading=exam.reading,
            running=exam.running,
            change_over=exam.change_over,
            warning=exam.warning,
            turnover=exam.turnover,
            short_break=min(600, exam.long_break),
            long_break=exam.long_break,
            lunch=exam.lunch,
            long_break_after=exam.long_break_after,
            lunch_after=exam.lunch_after,
        ),
        rotations=session.most_rotations,
        conflicts=frozenset(
            (ids, candidate) for ids in together for staff, candidate in conflicts if staff in ids
        ),
        patient_conflicts=frozenset(conflicts),
        extra_time_in=exam.extra_time_in,  # type: ignore[arg-type]  # ExtraTime has no other
        may_add_rounds=exam.may_add_rounds,
    )


def fingerprint(asked: PlanRequest) -> str:
    """Tells whether two requests would be planned alike."""
    told = (
        asked.stations,
        asked.circuits,
        asked.candidates,
        asked.timing,
        asked.rotations,
        sorted(asked.conflicts),
        sorted(asked.patient_conflicts),
        asked.extra_time_in,
        asked.may_add_rounds,
    )
    return hashlib.sha256(repr(told).encode()).hexdigest()[:32]


def is_outdated(session: Session) -> bool:
    """Whether something was changed since the timetable was made."""
    if not session.timetable or session.is_published:
        return False
    try:
        return session.timetable["fingerprint"] != fingerprint(request(session))
    except Infeasible:
        return True


@transaction.atomic
def make(*, session: Session, by: Any, seed: int | None = None) -> Plan:
    """Make the session's timetable, or make it anew; with the seed of another one the same comes out.

    Raises ValidationError with the sentences that say why there is none; then the old one stays.
    """
    session = Session.objects.select_for_update().get(pk=session.pk)
    if session.is_published:
        raise ValidationError(
            _("This session is published, so its timetable stays as it is."), code="published"
        )
    seed = randbelow(MOST_SEED) if seed is None else seed
    try:
        asked = request(session)
        plan = planning.plan(asked, seed)
    except Infeasible as infeasible:
        raise ValidationError(list(infeasible.sentences), code="infeasible") from None
    _keep(session, plan)
    session.seed = seed
    session.timetable = _told(plan) | {"fingerprint": fingerprint(asked)}
    session.save(update_fields=["seed", "timetable"])
    record("session.planned", by=by, on=session, data={"seed": seed, "encounters": len(plan.encounters)})
    return plan


@transaction.atomic
def drop(*, session: Session, by: Any) -> None:
    """Take the timetable away, as long as nobody works with it."""
    session = Session.objects.select_for_update().get(pk=session.pk)
    if session.is_published:
        raise ValidationError(
            _("This session is published, so its timetable stays as it is."), code="published"
        )
    if session.timetable is None:
        return
    session.encounters.all().delete()
    session.timetable = None
    session.save(update_fields=["timetable"])
    record("session.unplanned", by=by, on=session)


def add_rounds(*, session: Session, circuit: int, count: int) -> tuple[int, int]:
    """Lengthen a circuit's last rotation by so many rounds; gives rotation and number of the first of them.

    The others of the circuit are free then; whoever shall come is placed by the caller.
    """
    assert session.timetable
    last = max((row for row in rounds(session) if row.circuit == circuit), key=lambda row: row.starts)
    length = last.ends - last.starts
    session.timetable["rounds"] += [
        [
            circuit,
            last.rotation,
            last.number + 1 + more,
            last.ends + more * length,
            last.reading,
            last.running,
            last.change_over,
        ]
        for more in range(count)
    ]
    session.save(update_fields=["timetable"])
    return last.rotation, last.number + 1


def read(session: Session) -> Plan:
    """The session's plan as it stands, swaps and all. Who examines is who shall fill the sheet by now.

    Raises Infeasible like `request`, ValueError where there is no timetable.
    """
    if session.timetable is None:
        raise ValueError("This session has no timetable.")
    told = session.timetable
    return Plan(
        request(session),
        session.seed,
        tuple(Slot(station, part) for station, part in told["slots"]),
        tuple(timetables.Round(*row) for row in told["rounds"]),
        tuple(timetables.Pause(*row) for row in told["pauses"]),
        tuple(_encounters(session)),
    )


def rounds(session: Session) -> list[timetables.Round]:
    """All rounds of all circuits, without reading who is there."""
    return [timetables.Round(*row) for row in (session.timetable or {}).get("rounds", ())]


def pauses(session: Session) -> list[timetables.Pause]:
    return [timetables.Pause(*row) for row in (session.timetable or {}).get("pauses", ())]


def _posts(session: Session) -> dict[int, list[circuits.Post]]:
    """By circuit, in the order of stations."""
    found: dict[int, list[circuits.Post]] = {}
    for post in session.posts.prefetch_related("duties__staff__person").select_related("station", "circuit"):
        duties = list(post.duties.all())
        made = circuits.Post(
            post.station_id,
            circuits.Room(post.room.casefold(), post.room)
            if post.room and not post.station.is_rest
            else None,
            tuple(_examiners(post, duties, session.most_rotations)),
            tuple(
                circuits.SimulatedPatient(duty.staff_id, duty.staff.display_name, duty.staff.most_rounds)
                for duty in duties
                if duty.role == SheetRole.PATIENT
            ),
        )
        found.setdefault(post.circuit_id, []).append(made)
    return found


def _examiners(post: Post, duties: Iterable[Duty], rotations: int) -> Iterator[circuits.Examiner]:
    """One for all rotations, or one for each; nobody where nobody examines."""
    examining = [duty for duty in duties if duty.role in EXAMINERS]
    in_each = [_on_duty(examining, rotation) for rotation in range(1, rotations + 1)]
    if not any(in_each):
        return
    if not all(in_each):
        raise Infeasible(
            _("%(circuit)s: “%(station)s” has an examiner in some rotations only.")
            % {"circuit": post.circuit.title, "station": post.station.title}
        )
    same = all(row == in_each[0] for row in in_each)
    for row in in_each[:1] if same else in_each:
        yield circuits.Examiner(
            tuple(duty.staff_id for duty in row), ", ".join(duty.staff.display_name for duty in row)
        )


def _on_duty(duties: Iterable[Duty], rotation: int) -> list[Duty]:
    """Of each role the one named for the rotation, else the one for all of them."""
    found: dict[str, Duty] = {}
    for duty in duties:
        if duty.rotation == rotation or (duty.rotation is None and duty.role not in found):
            found[duty.role] = duty
    return [found[role] for role in EXAMINERS if role in found]


def on_duty(post: Post, rotation: int) -> dict[str, Duty]:
    """Who examines at the post in that rotation, by role. Wants the post's duties prefetched."""
    return {
        duty.role: duty
        for duty in _on_duty((row for row in post.duties.all() if row.role in EXAMINERS), rotation)
    }


def _keep(session: Session, plan: Plan) -> None:
    session.encounters.all().delete()
    posts: dict[Any, Post] = {
        (post.circuit_id, post.station_id, post.room.casefold()): post for post in session.posts.all()
    }
    met: tuple[Any, ...] = plan.encounters  # its ids are the primary keys that request gave it
    Encounter.objects.bulk_create(
        Encounter(
            session=session,
            candidate_id=it.candidate,
            station_id=it.station,
            circuit_id=it.circuit,
            post=posts[it.circuit, it.station, it.room] if it.room is not None else None,
            rotation=it.rotation,
            round=it.round,
            rounds=it.rounds,
            patient_id=it.patient,
        )
        for it in met
    )


def _told(plan: Plan) -> dict[str, Any]:
    return {
        "slots": [[slot.station, slot.part] for slot in plan.slots],
        "rounds": [
            [row.circuit, row.rotation, row.number, row.starts, row.reading, row.running, row.change_over]
            for row in plan.rounds
        ],
        "pauses": [
            [row.circuit, row.rotation, row.round, row.kind, row.starts, row.seconds] for row in plan.pauses
        ],
    }


def _encounters(session: Session) -> Iterator[timetables.Encounter]:
    """Those that have a place, in the order in which a new plan has them."""
    columns = {
        pk: n
        for n, pk in enumerate(Station.objects.filter(exam=session.exam_id).values_list("pk", flat=True))
    }
    examiners: dict[int, dict[str, int | None]] = {}
    shall = EncounterSheet.objects.filter(encounter__session=session, role__in=EXAMINERS)
    for encounter, role, staff in shall.values_list("encounter", "role", "staff"):
        examiners.setdefault(encounter, {})[role] = staff
    rows: Any = session.encounters.exclude(round=None).select_related("post", "circuit")
    posts = {post.pk: post for post in session.posts.prefetch_related("duties")}
    for row in sorted(
        rows, key=lambda it: (it.circuit.place, it.circuit_id, it.rotation, it.round, columns[it.station_id])
    ):
        planned = on_duty(posts[row.post_id], row.rotation) if row.post_id else {}
        who = examiners.get(row.pk) or {role: duty.staff_id for role, duty in planned.items()}
        yield timetables.Encounter(
            candidate=row.candidate_id,
            station=row.station_id,
            circuit=row.circuit_id,
            rotation=row.rotation,
            round=row.round,
            rounds=row.rounds,
            room=row.post.room.casefold() if row.post else None,
            examiner=tuple(who[role] for role in EXAMINERS if role in who) or None,
            patient=row.patient_id,
        )
