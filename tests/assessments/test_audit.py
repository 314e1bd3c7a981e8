import pytest
from django.db import DatabaseError, transaction
from django.db.transaction import TransactionManagementError

from assessments.audit.models import Event
from assessments.audit.recording import record
from tests import factories


@pytest.mark.django_db(transaction=True)
def test_nothing_is_recorded_outside_the_transaction_that_does_it():
    person = factories.PersonFactory()

    with pytest.raises(TransactionManagementError):
        record("person.waved", by=person, on=person)

    assert not Event.objects.exists()


def test_event_knows_who_what_where(course):
    with transaction.atomic():
        event = record("activity.noticed", by=course.teacher, on=course.activity, data={"why": "test"})

    found = Event.objects.get(pk=event.pk)
    assert (found.actor, found.context, found.object_type) == (course.teacher, course.context, "activity")
    assert (found.object_id, found.data) == (course.activity.pk, {"why": "test"})


def test_model_refuses_to_save_an_event_again(course):
    event = Event.objects.first()

    with pytest.raises(TypeError):
        event.save()


def test_database_refuses_to_change_an_event(course):
    before = Event.objects.values().first()

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Event.objects.filter(pk=before["id"]).update(verb="nothing.happened")

    assert Event.objects.values().get(pk=before["id"]) == before


def test_event_outlives_the_person_it_names(course):
    passer_by = factories.PersonFactory(registration=course.context.registration)
    with transaction.atomic():
        event = record("activity.noticed", by=passer_by, on=course.activity)

    passer_by.delete()

    assert Event.objects.get(pk=event.pk).actor_id == event.actor_id


def test_events_hold_no_names_and_no_free_text(course):
    factories.marked(course.activity, course.alice, course.examiner, comment="Alice was calm.")

    told = str(list(Event.objects.values_list("data", flat=True)))
    assert course.alice.name not in told
    assert course.examiner.name not in told
    assert "calm" not in told
