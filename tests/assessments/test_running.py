"""A session on its day: orders to its clocks, what screens are told, announcements, help, incidents."""

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction

from assessments.audit.models import Event
from assessments.marking.conflict import Conflict
from assessments.osce import publishing, running, timetable
from assessments.osce.master_clock import Kind, Phase, State
from assessments.osce.models import ClockOrder, HelpRequest, Incident
from lti_tool.models import Role
from tests import exams, factories

pytestmark = pytest.mark.django_db

NOW = exams.STARTS + timedelta(minutes=3)


@pytest.fixture
def session():
    return exams.published(exams.exam(stations=2, circuits=2, candidates=4))


def clock_of(session, title="Circuit A"):
    circuit = session.exam.circuits.get(title=title)
    return running.clocks(session)[circuit.pk]


class TestOrders:
    def test_start_runs_every_circuit_from_that_moment(self, session):
        with time_machine.travel(NOW, tick=False):
            running.order(session=session, kind=Kind.START, by=None)

        assert clock_of(session).beats[0].starts == NOW
        assert clock_of(session, "Circuit B").beat(NOW).phase == Phase.READING
        assert Event.objects.get(verb="clock.ordered").data["kind"] == "start"

    def test_order_to_one_circuit_leaves_the_other_alone(self, session):
        running.order(session=session, kind=Kind.START, by=None)
        before = clock_of(session, "Circuit B")

        running.order(
            session=session, kind=Kind.EXTEND, seconds=60, by=None, circuit=session.exam.circuits.first()
        )

        assert clock_of(session).beats[0].ends - clock_of(session).beats[0].starts == timedelta(seconds=120)
        assert clock_of(session, "Circuit B") == before

    def test_order_to_all_goes_to_those_for_which_it_makes_sense(self, session):
        running.order(session=session, kind=Kind.START, by=None)
        running.order(session=session, kind=Kind.PAUSE, by=None, circuit=session.exam.circuits.first())

        given = running.order(session=session, kind=Kind.PAUSE, by=None)

        assert [row.circuit.title for row in given] == ["Circuit B"]

    def test_order_that_makes_sense_for_none_is_refused_in_words(self, session):
        with pytest.raises(ValidationError) as refused:
            running.order(session=session, kind=Kind.PAUSE, by=None)

        assert refused.value.messages == ["The clock was not started yet."]
        assert not ClockOrder.objects.exists()

    def test_second_of_two_coordinators_hears_of_the_first(self, session):
        running.order(session=session, kind=Kind.START, by=None, seen=0)

        with pytest.raises(Conflict, match="Somebody else has just changed the clock"):
            running.order(session=session, kind=Kind.END_PHASE, by=None, seen=0)

        assert ClockOrder.objects.count() == 2

    def test_clock_of_a_session_that_is_not_published_does_not_run(self):
        exam = exams.exam()

        with pytest.raises(ValidationError, match="published"):
            running.order(session=exam.sessions.get(), kind=Kind.START, by=None)

    def test_orders_never_change(self, session):
        running.order(session=session, kind=Kind.START, by=None)

        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            ClockOrder.objects.update(seconds=5)

    def test_fire_alarm_stops_everything_says_so_and_is_kept(self, session):
        running.order(session=session, kind=Kind.START, by=None)

        running.fire_alarm(session=session, by=None)

        assert {clock.state(NOW) for clock in running.clocks(session).values()} == {State.PAUSED}
        assert session.announcements.get().text.startswith("Fire alarm.")
        assert session.incidents.get().kind == Incident.Kind.ALARM

    def test_fire_alarm_before_the_start_is_still_said_and_kept(self, session):
        running.fire_alarm(session=session, by=None)

        assert session.announcements.count() == session.incidents.count() == 1


class TestScreens:
    @pytest.fixture
    def ask(self, client, session):
        def ask(person=None, role=Role.INSTRUCTOR, **query):
            link = session.exam.activity.link
            person = person or factories.member(link.context, role)
            launch = factories.launch(person, link)
            path = f"/api/sessions/{session.key}/clock/"
            return client.get(path, query, headers={"Authorization": f"Bearer {launch.token}"})

        return ask

    def test_screen_is_told_moments_of_the_servers_time(self, ask, session):
        with time_machine.travel(NOW, tick=False):
            running.order(session=session, kind=Kind.START, by=None)
            running.announce(session=session, text="  Lunch is\nlate ", by=None)
            told = ask().json()

        ms = round(NOW.timestamp() * 1000)
        assert told["now"] == ms
        assert [circuit["title"] for circuit in told["circuits"]] == ["Circuit A", "Circuit B"]
        first = {"rotation": 1, "round": 1, "phase": "reading", "starts": ms, "ends": ms + 60_000}
        assert told["circuits"][0]["beats"][0] == first
        assert [row["text"] for row in told["announcements"]] == ["Lunch is late"]

    def test_without_news_only_the_time_is_told(self, ask, session):
        running.order(session=session, kind=Kind.START, by=None)
        revision = ask().json()["revision"]

        told = ask(revision=revision).json()

        assert (told["circuits"], told["announcements"]) == (None, None)
        running.announce(session=session, text="Go on", by=None)
        assert ask(revision=revision).json()["circuits"]

    def test_screens_hear_of_rounds_that_were_added_for_somebody_late(self, ask, session):
        running.order(session=session, kind=Kind.START, by=None)
        before = ask().json()
        full = session.exam.circuits.first()
        timetable.add_rounds(session=session, circuit=full.pk, count=1)

        told = ask(revision=before["revision"]).json()

        assert len(told["circuits"][0]["beats"]) == len(before["circuits"][0]["beats"]) + 4

    def test_whoever_has_to_do_with_the_session_may_ask(self, ask, session):
        candidate = session.candidates.first().person
        examiner = session.exam.staff.first().person

        assert [ask(candidate).status_code, ask(examiner).status_code] == [200, 200]
        assert ask(role=Role.LEARNER).status_code == 403
        assert ask(role=Role.OBSERVER).status_code == 403

    def test_session_of_another_exam_is_not_there(self, client, session):
        other = exams.exam()
        launch = factories.launch(
            factories.member(other.activity.context, Role.INSTRUCTOR), other.activity.link
        )

        answer = client.get(
            f"/api/sessions/{session.key}/clock/", headers={"Authorization": f"Bearer {launch.token}"}
        )

        assert answer.status_code == 404


class TestHelpAndIncidents:
    def test_asking_twice_for_the_same_asks_once_until_somebody_came(self, session):
        post, examiner = session.posts.first(), session.exam.staff.first().person
        ask = {"session": session, "kind": HelpRequest.Kind.EQUIPMENT, "by": examiner, "post": post}

        first = running.ask_for_help(**ask)
        assert running.ask_for_help(**ask) == first
        running.answer_help(request=first, by=None)

        assert running.ask_for_help(**ask) != first

    def test_incident_needs_its_story(self, session):
        with pytest.raises(ValidationError, match="Say what happened"):
            running.report(session=session, kind=Incident.Kind.NOISE, narrative=" ", by=None)

        running.report(session=session, kind=Incident.Kind.NOISE, narrative="Drilling next door.", by=None)
        assert session.incidents.get().narrative == "Drilling next door."

    def test_kind_that_nobody_knows_is_refused(self, session):
        with pytest.raises(ValidationError):
            running.report(session=session, kind="gossip", narrative="x", by=None)
        with pytest.raises(ValidationError):
            running.ask_for_help(session=session, kind="gossip", by=None)

    def test_locked_session_takes_no_orders(self, session):
        for row in publishing.missing(session):
            exams.hand_in(row.sheet)
        publishing.lock(session=session, by=None)

        with pytest.raises(ValidationError):
            running.order(session=session, kind=Kind.START, by=None)
