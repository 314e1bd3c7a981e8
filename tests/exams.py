"""An exam with everything it needs, as plain rows: stations, circuits, a session, rooms, staff and candidates."""

from datetime import UTC, datetime

from assessments.activities.models import Activity
from assessments.marking import marking
from assessments.marking.models import MarkSheet
from assessments.osce import publishing, timetable
from assessments.osce.models import (
    Candidate,
    Circuit,
    Duty,
    Exam,
    Post,
    Session,
    SheetRole,
    StaffMember,
    Station,
)
from lti_tool.models import Role
from tests import factories

STARTS = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def exam(link=None, *, stations=3, rests=0, circuits=1, candidates=3, by=None, **more):
    """`stations` that are marked and `rests`, one session with a room and an examiner for each, and its candidates."""
    link = link or factories.ResourceLinkFactory()
    activity = Activity.objects.create(
        resource_link=link, context=link.context, kind="osce", is_set_up=True, title="Finals", created_by=by
    )
    made = Exam.objects.create(activity=activity, **more)
    rubric = factories.published(
        link.context, factories.criterion(), factories.criterion("Asks openly"), factories.global_rating()
    )
    for place in range(stations):
        Station.objects.create(exam=made, place=place, title=f"Station {place + 1}", rubric=rubric)
    for place in range(rests):
        title = f"Rest {place + 1}"
        Station.objects.create(exam=made, place=stations + place, title=title, kind=Station.Kind.REST)
    for place in range(circuits):
        Circuit.objects.create(exam=made, place=place, title=f"Circuit {'ABCDEFGH'[place]}")
    add_session(made)
    add_candidates(made, candidates)
    return made


def add_session(exam, *, title="Morning", starts_at=STARTS, role=Role.TEACHING_ASSISTANT):
    """A session with a room and an examiner of its own at every station that is marked."""
    session = Session.objects.create(exam=exam, title=title, starts_at=starts_at)
    for circuit in exam.circuits.all():
        for station in exam.stations.exclude(kind=Station.Kind.REST):
            for number in range(1, station.rounds + 1):
                room = (
                    f"{circuit.title[-1]}{station.place + 1}{'-abcd'[number] if station.rounds > 1 else ''}"
                )
                post = Post.objects.create(
                    session=session, circuit=circuit, station=station, number=number, room=room
                )
                add_duty(post, staff(exam, f"Examiner {room}", role))
    return session


def published(exam, *, by=None, seed=1):
    """Its session with a timetable, given out."""
    session = exam.sessions.get()
    timetable.make(session=session, by=by, seed=seed)
    return publishing.publish(session=session, by=by)


def sheet_of(session, candidate, station, role=SheetRole.EXAMINER):
    """The sheet that the candidate is marked on at the station."""
    return MarkSheet.objects.get(
        encounter_sheet__role=role,
        encounter_sheet__encounter__session=session,
        encounter_sheet__encounter__candidate=candidate,
        encounter_sheet__encounter__station=station,
    )


def hand_in(sheet):
    """As its own rater does."""
    filled = factories.fill(sheet, sheet.assigned_to)
    return marking.submit(sheet=filled, by=sheet.assigned_to, revision=filled.revision)


def staff(exam, name, role=Role.TEACHING_ASSISTANT):
    """Somebody of the course; without a role somebody who is only named."""
    person = factories.member(exam.activity.context, role, name=name) if role else None
    return StaffMember.objects.create(exam=exam, person=person, name=name)


def add_duty(post, staff, role=SheetRole.EXAMINER, rotation=None):
    return Duty.objects.create(post=post, staff=staff, role=role, rotation=rotation)


def add_candidates(exam, count, *, session=None, extra_time=0):
    session = session or exam.sessions.first()
    first = exam.candidates.count() + 1
    return [
        Candidate.objects.create(
            exam=exam,
            person=factories.member(exam.activity.context, name=f"Candidate {number:03d}"),
            number=number,
            session=session,
            extra_time=extra_time,
        )
        for number in range(first, first + count)
    ]
