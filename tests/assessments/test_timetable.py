import pytest
from django.core.exceptions import ValidationError

from assessments.audit.models import Event
from assessments.osce import timetable
from assessments.osce.models import Conflict, Duty, SheetRole
from assessments.osce.rotations import verification
from tests import exams

pytestmark = pytest.mark.django_db


def test_timetable_is_read_as_it_was_made():
    exam = exams.exam(stations=5, rests=1, circuits=2, candidates=15)
    session = exam.sessions.get()

    made = timetable.make(session=session, by=None, seed=7)

    session.refresh_from_db()
    assert timetable.read(session) == made
    assert len(made.encounters) == 15 * 6
    assert verification.verify(made, made.request) == []
    assert Event.objects.get(verb="session.planned").data == {"seed": 7, "encounters": 90}


def test_same_seed_makes_the_same_timetable_again_and_another_one_another():
    session = exams.exam(stations=4, candidates=4).sessions.get()

    first = timetable.make(session=session, by=None, seed=1)
    other = timetable.make(session=session, by=None, seed=2)

    assert other.encounters != first.encounters
    assert timetable.make(session=session, by=None, seed=1) == first
    assert session.encounters.count() == 16


@pytest.mark.parametrize("role", [SheetRole.EXAMINER, SheetRole.SECOND, SheetRole.PATIENT])
def test_nobody_meets_whom_they_declared(role):
    exam = exams.exam(stations=3, circuits=2, candidates=6)
    post = exam.sessions.get().posts.first()
    somebody = exams.staff(exam, "Dr Declared")
    Duty.objects.filter(post=post, role=role).delete()
    exams.add_duty(post, somebody, role)
    known = list(exam.candidates.all()[:2])
    for candidate in known:
        Conflict.objects.create(exam=exam, staff=somebody, candidate=candidate)

    for seed in range(5):
        timetable.make(session=post.session, by=None, seed=seed)
        met = post.encounters.values_list("candidate", flat=True)
        assert not {candidate.pk for candidate in known} & set(met)


def test_plan_that_cannot_be_says_why_and_leaves_the_old_one():
    exam = exams.exam(stations=2, candidates=2)
    session = exam.sessions.get()
    made = timetable.make(session=session, by=None)
    exams.add_duty(session.posts.last(), exams.staff(exam, "Dr Late"), SheetRole.SECOND, rotation=2)
    Duty.objects.filter(post=session.posts.first()).update(rotation=1)

    with pytest.raises(ValidationError) as refused:
        timetable.make(session=session, by=None)

    assert refused.value.messages == ["Circuit A: “Station 1” has an examiner in some rotations only."]
    assert session.encounters.count() == len(made.encounters)


def test_timetable_is_outdated_once_something_it_was_made_from_changed():
    exam = exams.exam(stations=3, candidates=3)
    session = exam.sessions.get()
    timetable.make(session=session, by=None)
    session.refresh_from_db()
    assert not timetable.is_outdated(session)

    exams.add_candidates(exam, 1)

    assert timetable.is_outdated(session)


def test_dropped_timetable_leaves_nothing():
    session = exams.exam().sessions.get()
    timetable.make(session=session, by=None)

    timetable.drop(session=session, by=None)

    session.refresh_from_db()
    assert session.timetable is None
    assert not session.encounters.exists()
