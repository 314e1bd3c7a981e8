"""What a coordinator changes while a session runs. Nothing that was marked is lost by any of it; what cannot be says why."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Prefetch
from django.utils.translation import gettext as _

from assessments.audit.recording import record
from assessments.marking import marking
from assessments.marking.models import MarkSheet
from assessments.osce import posts, staffing, timetable
from assessments.osce.models import (
    Candidate,
    Circuit,
    Conflict,
    Encounter,
    EncounterSheet,
    Post,
    Session,
    SheetRole,
    StaffMember,
    Station,
)

State = Encounter.State


@transaction.atomic
def mark_absent(
    *, candidate: Candidate, by: Any, encounters: Iterable[Encounter] | None = None
) -> list[Encounter]:
    """The candidate was not there: at these encounters, or at all that nobody has marked. Absent is never a zero.

    What was tapped and taken back again, or only commented on, is not marked.
    """
    session = _locked(candidate.session)
    rows = _encounters(session).filter(candidate=candidate, state=State.PLANNED)
    if encounters is not None:
        rows = rows.filter(pk__in=[row.pk for row in encounters])
    marked = set(
        EncounterSheet.objects.filter(encounter__in=rows).marked().values_list("encounter", flat=True)
    )
    listed = [row for row in rows if row.pk not in marked]
    if not listed:
        raise ValidationError(
            _("%(code)s was marked there, so they were there.") % {"code": candidate}, code="marked"
        )
    return _set_state(listed, State.ABSENT, "", by, "encounter.absent")


@transaction.atomic
def take_back_absence(
    *, candidate: Candidate, by: Any, encounters: Iterable[Encounter] | None = None
) -> list[Encounter]:
    """They were there after all."""
    session = _locked(candidate.session)
    rows = _encounters(session).filter(candidate=candidate, state=State.ABSENT)
    if encounters is not None:
        rows = rows.filter(pk__in=[row.pk for row in encounters])
    return _set_state(list(rows), State.PLANNED, "", by, "encounter.present")


@transaction.atomic
def void(*, session: Session, circuit: Circuit, station: Station, by: Any, reason: str) -> list[Encounter]:
    """The station counts for nobody of this circuit, marked or not; what was marked is kept."""
    session = _locked(session)
    if not (reason := " ".join(reason.split())):
        raise ValidationError({"reason": _("Say why the station is void; the board has to know.")})
    rows = _encounters(session).filter(circuit=circuit, station=station).exclude(state=State.VOID)
    return _set_state(list(rows), State.VOID, reason, by, "encounter.void")


@transaction.atomic
def take_back_void(*, session: Session, circuit: Circuit, station: Station, by: Any) -> list[Encounter]:
    session = _locked(session)
    rows = _encounters(session).filter(circuit=circuit, station=station, state=State.VOID)
    return _set_state(list(rows), State.PLANNED, "", by, "encounter.counts")


@transaction.atomic
def swap(*, first: Candidate, second: Candidate, by: Any) -> None:
    """Each goes the other's way. Only as long as neither was marked."""
    session = _locked(first.session)
    if first == second or second.session_id != session.pk:
        raise ValidationError(_("Choose two candidates of this session."), code="candidates")
    if first.extra_time != second.extra_time:
        raise ValidationError(
            _("They have different extra time, so they cannot go each other's way."), code="time"
        )
    ways = {who.pk: list(_encounters(session).filter(candidate=who)) for who in (first, second)}
    for who in (first, second):
        if any(_is_begun(row) for row in ways[who.pk]):
            raise ValidationError(
                _("%(code)s was marked already, so their way stays.") % {"code": who}, code="marked"
            )
    there = {who: {row.station_id: _place(row) for row in rows} for who, rows in ways.items()}
    everybody = [row for rows in ways.values() for row in rows]
    _unplace(everybody)
    for row in everybody:
        other = second if row.candidate_id == first.pk else first
        _put(row, there[other.pk][row.station_id], by)
    _check_conflicts(session, [first, second])
    record("candidates.swapped", by=by, on=session, data={"candidates": [first.person_id, second.person_id]})


@transaction.atomic
def join_late(*, candidate: Candidate, by: Any, rotation: int, round: int) -> list[Encounter]:
    """From that round on they take part; what they missed goes into free rounds, of a rest if need be, or to the end.

    Gives the encounters that were moved.
    """
    session = _locked(candidate.session)
    rows = list(_encounters(session).filter(candidate=candidate).exclude(round=None))
    missed = [
        row
        for row in rows
        if (row.rotation, row.round) < (rotation, round)
        and row.post_id
        and not _is_begun(row)
        and row.state != State.VOID
    ]
    if not missed:
        raise ValidationError(_("%(code)s has missed nothing by now.") % {"code": candidate}, code="nothing")
    rests = {(row.rotation, row.round): row for row in rows if row.post_id is None}
    busy = {
        (row.rotation, (row.round or 0) + part)
        for row in rows
        if row.post_id and row not in missed
        for part in range(row.rounds)
    }
    moved = []
    for row in missed:
        at = _free_round(session, row, (rotation, round), busy)
        busy |= {(at[0], at[1] + part) for part in range(row.rounds)}
        for part in range(row.rounds):
            if rest := rests.pop((at[0], at[1] + part), None):
                _unplace([rest])
        row.rotation, row.round, row.state, row.reason = at[0], at[1], State.PLANNED, ""
        row.save(update_fields=["rotation", "round", "state", "reason"])
        record("encounter.moved", by=by, on=row, data={"rotation": at[0], "round": at[1]})
        moved.append(row)
    return moved


@transaction.atomic
def replace(
    *,
    post: Post,
    role: SheetRole,
    name: str,
    by: Any,
    reason: str,
    with_begun: bool = False,
) -> int:
    """Somebody else works at the post from now on; gives how many sheets they got. Submitted ones keep the old name.

    `name` is one of the staff or a new one, who is let in by a link. Sheets that were begun stay with whoever began them,
    unless `with_begun`.
    """
    session = _locked(post.session)
    staff = _called(session, name, by)
    rows = EncounterSheet.objects.select_related("sheet", "encounter__candidate").filter(
        encounter__post=post, role=role, sheet__state=MarkSheet.State.DRAFT
    )
    if not with_begun:
        rows = rows.filter(sheet__revision=0)
    listed = [row for row in rows if row.staff_id != staff.pk]
    _check_no_conflict(staff, [row.encounter.candidate for row in listed])
    for row in listed:
        row.staff = staff
        row.save(update_fields=["staff"])
        marking.reassign(sheet=row.sheet, to=staff.person, by=by, reason=reason)
    if role == SheetRole.PATIENT:
        begun = EncounterSheet.objects.filter(encounter__post=post, sheet__revision__gt=0).values("encounter")
        post.encounters.exclude(pk__in=begun).update(patient=staff)
    record("post.replaced", by=by, on=session, data={"post": post.pk, "role": role.value, "staff": staff.pk})
    return len(listed)


@transaction.atomic
def correct_candidate(*, row: EncounterSheet, to: Candidate, by: Any, reason: str) -> None:
    """The sheet was filled for somebody else: it becomes theirs, and the sheet they had takes its place.

    Marks and rater stay with each sheet.
    """
    session = _locked(row.encounter.session)
    other = (
        EncounterSheet.objects.select_related("sheet", "encounter__candidate__person")
        .filter(
            encounter__session=session,
            encounter__station=row.encounter.station_id,
            encounter__candidate=to,
            role=row.role,
        )
        .first()
    )
    if other is None or other.pk == row.pk:
        raise ValidationError(
            _("%(code)s has no such sheet at this station.") % {"code": to}, code="candidate"
        )
    if not (reason := " ".join(reason.split())):
        raise ValidationError({"reason": _("Say why the sheet goes to somebody else; it is kept.")})
    _check_no_conflict(row.staff, [to])
    _check_no_conflict(other.staff, [row.encounter.candidate])
    here, there = row.encounter, other.encounter
    given = [(row.sheet, row.staff, there), (other.sheet, other.staff, here)]
    EncounterSheet.objects.filter(pk__in=[row.pk, other.pk]).delete()
    for sheet, staff, encounter in given:
        marking.change_candidate(sheet=sheet, candidate=encounter.candidate.person, by=by, reason=reason)
        EncounterSheet.objects.create(encounter=encounter, role=row.role, staff=staff, sheet=sheet)
    record("sheets.exchanged", by=by, on=session, data={"sheets": [sheet.pk for sheet, *_rest in given]})


Place = tuple[int, int | None, int, int | None, int | None, dict[str, int | None]]


def _locked(session: Session | None) -> Session:
    if session is None:
        raise ValidationError(_("This candidate is in no session."), code="session")
    found = (
        Session.objects.select_for_update(of=("self",))
        .select_related("exam__activity__context__deployment__registration")
        .get(pk=session.pk)
    )
    if not found.is_published:
        raise ValidationError(_("This session is not published yet: change its plan instead."), code="state")
    if found.is_locked:
        raise ValidationError(_("This session is locked. Unlock it first."), code="locked")
    return found


def _encounters(session: Session) -> Any:
    rows = session.encounters.select_related("session__exam__activity", "candidate", "station", "post")
    sheets = EncounterSheet.objects.select_related("sheet", "staff__person")
    return rows.prefetch_related(Prefetch("sheets", sheets))


def _is_begun(encounter: Encounter) -> bool:
    """Whether anybody but the candidate has marked it."""
    return any(row.sheet.revision > 0 for row in encounter.sheets.all() if row.role != SheetRole.SELF)


def _set_state(
    rows: list[Encounter], state: Encounter.State, reason: str, by: Any, verb: str
) -> list[Encounter]:
    for row in rows:
        row.state, row.reason = state, reason
        row.save(update_fields=["state", "reason"])
        record(verb, by=by, on=row, data={"station": row.station_id})
    return rows


def _place(row: Encounter) -> Place:
    """Where and when, with whom: what another candidate takes over."""
    staff = {it.role: it.staff_id for it in row.sheets.all() if it.role != SheetRole.SELF}
    return row.circuit_id, row.post_id, row.rotation, row.round, row.patient_id, staff


def _unplace(rows: list[Encounter]) -> None:
    """Out of their rounds, so that others can take them."""
    Encounter.objects.filter(pk__in=[row.pk for row in rows]).update(round=None)


def _put(row: Encounter, place: Place, by: Any) -> None:
    row.circuit_id, row.post_id, row.rotation, row.round, row.patient_id, staff = place
    row.save(update_fields=["circuit", "post", "rotation", "round", "patient"])
    for it in row.sheets.all():
        if it.role in staff and it.staff_id != staff[it.role]:
            it.staff_id = staff[it.role]
            it.save(update_fields=["staff"])
            shall = StaffMember.objects.select_related("person").get(pk=staff[it.role] or 0)
            marking.reassign(sheet=it.sheet, to=shall.person, by=by, reason=_("Two candidates were swapped."))


def _check_conflicts(session: Session, candidates: list[Candidate]) -> None:
    met = EncounterSheet.objects.filter(encounter__session=session, encounter__candidate__in=candidates)
    for conflict in Conflict.objects.filter(candidate__in=candidates).select_related(
        "staff__person", "candidate"
    ):
        if met.filter(encounter__candidate=conflict.candidate, staff=conflict.staff).exists():
            raise _conflict(conflict.staff, conflict.candidate)


def _check_no_conflict(staff: StaffMember | None, candidates: Iterable[Candidate]) -> None:
    if staff is None:
        return
    declared = set(staff.conflicts.values_list("candidate", flat=True))
    for candidate in candidates:
        if candidate.pk in declared:
            raise _conflict(staff, candidate)


def _conflict(staff: StaffMember, candidate: Candidate) -> ValidationError:
    words = _("%(who)s and %(code)s have declared that they must not meet.")
    return ValidationError(words % {"who": staff, "code": candidate}, code="conflict")


def _free_round(
    session: Session, row: Encounter, earliest: tuple[int, int], busy: set[tuple[int, int]]
) -> tuple[int, int]:
    """The first rotation and round, from `earliest`, in which post and candidate are free for all of it; else the end."""
    taken = {
        (it.rotation, (it.round or 0) + part)
        for it in session.encounters.filter(post=row.post_id).exclude(pk=row.pk).exclude(round=None)
        for part in range(it.rounds)
    }
    rounds = [(it.rotation, it.number) for it in timetable.rounds(session) if it.circuit == row.circuit_id]
    there = set(rounds)
    for rotation, number in rounds:
        wanted = {(rotation, number + part) for part in range(row.rounds)}
        if (rotation, number) >= earliest and wanted <= there and not wanted & (taken | busy):
            return rotation, number
    return timetable.add_rounds(session=session, circuit=row.circuit_id, count=row.rounds)


def _called(session: Session, name: str, by: Any) -> StaffMember:
    """One of the staff by their name, or somebody new who is let in by a link."""
    wanted = " ".join(name.split()).casefold()
    for pk, label in posts.labels(session.exam).items():
        if label.casefold() == wanted:
            found = StaffMember.objects.select_related("person").get(pk=pk)
            break
    else:
        if not wanted:
            raise ValidationError({"name": _("Say who it is.")})
        found = staffing.add_called(exam=session.exam, by=by, names=[name])[0]
    staffing.identify(staff=found, by=by)
    return found
