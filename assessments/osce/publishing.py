"""Giving the sheets of a session out to those who mark, and taking them in: published, locked."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.audit.recording import record
from assessments.marking import marking, presence
from assessments.marking.models import MarkSheet
from assessments.osce import posts, staffing, timetable
from assessments.osce.board import contradicted, said_of
from assessments.osce.models import Encounter, EncounterSheet, Post, Session, SheetRole, Station
from assessments.results import moderating
from assessments.rubrics.models import Rubric

# Of a long list this many are named.
MOST_NAMED = 10
# Whose sheets have to be there before a session is locked.
EXPECTED = (SheetRole.EXAMINER, SheetRole.SECOND)


def obstacles(session: Session) -> list[str]:
    """What keeps the session from being published, a sentence each."""
    if not session.timetable:
        return [_("There is no timetable yet.")]
    found = []
    if timetable.is_outdated(session):
        found.append(_("The timetable was made before something it depends on was changed. Make it again."))
    found += [
        _("“%(station)s” has no rubric.") % {"station": station}
        for station in session.exam.stations.filter(rubric=None).exclude(kind=Station.Kind.REST)
    ]
    found += [
        _("%(room)s (%(circuit)s, “%(station)s”) has no examiner.")
        % {"room": post.room, "circuit": post.circuit, "station": post.station}
        for post in posts.unstaffed(session)
    ]
    return found


@transaction.atomic
def publish(*, session: Session, by: Any) -> Session:
    """Open every sheet of the session for whoever shall fill it. From then on examiners and candidates see their part.

    Raises ValidationError with everything that keeps it from being published.
    """
    session = _locked(session)
    if session.is_published:
        return session
    if found := obstacles(session):
        raise ValidationError(found, code="obstacles")
    # Whoever is only named becomes somebody who can be let in by a link, and whom sheets can belong to.
    for staff in session.exam.staff.filter(person=None):
        staffing.identify(staff=staff, by=by)
    planned = list(_planned_sheets(session))
    by_rubric: dict[Rubric, list[EncounterSheet]] = {}
    for rubric, row in planned:
        by_rubric.setdefault(rubric, []).append(row)
    for rubric, rows in by_rubric.items():
        sheets = marking.open_sheets(
            rubric=rubric,
            places=[(row.encounter.candidate.person, _whose(row)) for row in rows],
            by=by,
            accepts_corrections=True,
        )
        for row, sheet in zip(rows, sheets, strict=True):
            row.sheet = sheet
    EncounterSheet.objects.bulk_create(row for _rubric, row in planned)
    session.published_at = timezone.now()
    session.save(update_fields=["published_at"])
    record("session.published", by=by, on=session, data={"sheets": len(planned)})
    return session


@transaction.atomic
def take_back(*, session: Session, by: Any) -> Session:
    """Back to planning, as long as nobody has marked and no clock runs. The empty sheets go."""
    session = _locked(session)
    if not session.is_published:
        return session
    if session.is_locked or session.clock_orders.exists() or _sheets(session).filter(revision__gt=0).exists():
        raise ValidationError(
            _("The session has begun, so it stays published: nothing that was marked may go."), code="begun"
        )
    sheets = list(_sheets(session).values_list("pk", flat=True))
    EncounterSheet.objects.filter(encounter__session=session).delete()
    MarkSheet.objects.filter(pk__in=sheets).delete()
    session.published_at = None
    session.save(update_fields=["published_at"])
    record("session.taken_back", by=by, on=session, data={"sheets": len(sheets)})
    return session


def missing(session: Session) -> list[EncounterSheet]:
    """The examiners' sheets that are not there yet, of encounters that took place as far as we know."""
    found = EncounterSheet.objects.filter(
        encounter__session=session,
        encounter__state=Encounter.State.PLANNED,
        role__in=EXPECTED,
        sheet__state=MarkSheet.State.DRAFT,
    )
    found = found.select_related("encounter__candidate", "encounter__station", "staff__person")
    return list(found.order_by("encounter__rotation", "encounter__round", "pk"))


def unsettled(session: Session) -> list[str]:
    """What keeps the session from being locked, a sentence each."""
    doubtful = _(
        "%(candidate)s at “%(station)s” is said to be absent, and was marked by %(who)s. Say which is right."
    )
    devices = [said_of(device) for device in _waited_for(session)]
    if devices:
        devices.append(_("Bring it to the network, or say on the board that nobody waits for it."))
    return [
        *_not_there(missing(session)),
        *_shortened(doubtful % _words(row) for row in contradicted(session)),
        *_shortened(devices),
    ]


@transaction.atomic
def lock(*, session: Session, by: Any) -> Session:
    """Close every sheet of the session: each submitted, or its candidate absent or its station void, and no device waited for.

    Raises ValidationError that names what is missing.
    """
    session = _locked(session)
    if session.is_locked:
        return session
    if not session.is_published:
        raise ValidationError(_("This session is not published yet."), code="state")
    if found := unsettled(session):
        raise ValidationError(found, code="missing")
    marking.close_sheets(sheets=_sheets(session), by=by)
    session.locked_at = timezone.now()
    session.save(update_fields=["locked_at"])
    record("session.locked", by=by, on=session)
    return session


@transaction.atomic
def unlock(*, session: Session, by: Any) -> Session:
    """Let sheets be corrected again. ValidationError where a decision on the results was made from them."""
    session = _locked(session)
    if not session.is_locked:
        return session
    moderating.check_may_change(session.exam.activity)
    marking.close_sheets(sheets=_sheets(session), by=by, is_closed=False)
    session.locked_at = None
    session.save(update_fields=["locked_at"])
    record("session.unlocked", by=by, on=session)
    return session


@transaction.atomic
def take_rubric(*, station: Station, rubric: Rubric, by: Any) -> tuple[int, int]:
    """Mark a station with another version of its rubric from now on.

    Gives how many sheets took it and how many keep theirs, because somebody has begun to mark on them.
    """
    station = (
        Station.objects.select_for_update(of=("self",))
        .select_related("exam__activity", "rubric")
        .get(pk=station.pk)
    )
    if station.rubric is None or station.rubric.family != rubric.family:
        raise ValidationError(_("This is no version of the station's rubric."), code="family")
    roles = [SheetRole.EXAMINER, SheetRole.SECOND, SheetRole.SELF]
    sheets = MarkSheet.objects.filter(
        encounter_sheet__encounter__station=station, encounter_sheet__role__in=roles
    )
    took = marking.take_rubric(sheets=sheets, rubric=rubric, by=by)
    station.rubric = rubric
    station.save(update_fields=["rubric"])
    record("station.rubric_changed", by=by, on=station, data={"rubric": rubric.pk, "sheets": took[0]})
    return took


def _planned_sheets(session: Session) -> Iterator[tuple[Rubric, EncounterSheet]]:
    """Which sheets there shall be, and with which rubric. Of a rest there is none."""
    duties: dict[Any, Post] = {
        post.pk: post for post in session.posts.prefetch_related("duties__staff__person")
    }
    encounters = session.encounters.exclude(post=None).select_related(
        "candidate__person", "station__rubric", "station__patient_rubric", "patient__person"
    )
    for encounter in encounters.order_by("rotation", "round", "pk"):
        station = encounter.station
        assert station.rubric
        for role, duty in timetable.on_duty(duties[encounter.post_id], encounter.rotation).items():
            yield station.rubric, EncounterSheet(encounter=encounter, role=role, staff=duty.staff)
        if station.patient_rubric and encounter.patient:
            yield (
                station.patient_rubric,
                EncounterSheet(encounter=encounter, role=SheetRole.PATIENT, staff=encounter.patient),
            )
        if station.asks_candidate:
            yield station.rubric, EncounterSheet(encounter=encounter, role=SheetRole.SELF)


def _whose(row: EncounterSheet) -> Any:
    return row.staff.person if row.staff else row.encounter.candidate.person


def _sheets(session: Session) -> Any:
    return MarkSheet.objects.filter(encounter_sheet__encounter__session=session)


def _waited_for(session: Session) -> list[presence.Device]:
    """Devices that may hold marks that count; of an absent candidate's or a void station's those that said so."""
    taking_place = set(
        _sheets(session)
        .filter(encounter_sheet__encounter__state=Encounter.State.PLANNED)
        .values_list("pk", flat=True)
    )
    return [
        device
        for sheet, devices in presence.unsynced(_sheets(session)).items()
        for device in devices
        if device.waiting or sheet in taking_place
    ]


def _not_there(rows: Iterable[EncounterSheet]) -> list[str]:
    return _shortened(
        _("Not submitted: %(candidate)s at “%(station)s”, %(who)s.") % _words(row) for row in rows
    )


def _words(row: EncounterSheet) -> dict[str, Any]:
    return {"candidate": row.encounter.candidate, "station": row.encounter.station, "who": row.staff}


def _shortened(sentences: Iterable[str]) -> list[str]:
    listed = list(sentences)
    more = max(0, len(listed) - MOST_NAMED)
    tail = [ngettext("And %(n)d more.", "And %(n)d more.", more) % {"n": more}] if more else []
    return listed[:MOST_NAMED] + tail


def _locked(session: Session) -> Session:
    return (
        Session.objects.select_for_update(of=("self",))
        .select_related("exam__activity__context__deployment__registration")
        .get(pk=session.pk)
    )
