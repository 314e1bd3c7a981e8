"""Whatever happens in whatever order, a grade that a teacher typed in the LMS stays until the teacher changes it.

Sequences of what the tool, a teacher, the network and the machine do, made by Hypothesis, the same ones in every run.
"""

from collections.abc import Callable
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import transaction
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from lti_tool import connector, http, lanes, pace, port, worker
from lti_tool.models import Score
from tests.certification.launching import launch
from tests.grades import TAG, Column
from tests.sandbox_lms import SandboxProcess

pytestmark = pytest.mark.django_db

EXAMPLES, STEPS = 32, 9
# What the tool sends and what a teacher types are never the same number: so it shows whose a grade is.
OURS = st.sampled_from([0, 5, 11, 17, 20])
THEIRS = st.sampled_from([0.25, 7.25, 19.75])

FAULTS = [
    {"endpoint": "scores", "process_first": True, "close": True},  # taken, and the answer lost
    {"endpoint": "scores", "process_first": True, "status": 502, "body": "<html>", "content_type": "text/html"},
    {"endpoint": "scores", "process_first": True, "status": 200, "body": "[]", "content_type": "application/json"},
    {"endpoint": "scores", "close": True},
    {"endpoint": "scores", "status": 500, "body": "[]", "content_type": "application/json"},
    {"endpoint": "scores", "status": 409, "body": "[]", "content_type": "application/json"},
    {"endpoint": "scores", "status": 401, "body": "Access token expired"},
    {"endpoint": "scores", "status": 403, "body": "403 Forbidden (Rate Limit Exceeded)\n"},
    {"endpoint": "results", "status": 500, "body": ""},
    {"endpoint": "results", "status": 200, "body": "<html>Log in", "content_type": "text/html"},
    {"endpoint": "results", "status": 200, "body": "[]", "content_type": "application/json"},  # a copy that lags
    {"endpoint": "results", "close": True, "times": 3},
    {"endpoint": "token", "status": 503, "body": ""},
]  # fmt: skip

STEP = st.one_of(
    st.tuples(st.just("publish"), OURS),
    st.tuples(st.just("publish"), OURS),
    st.tuples(st.just("work"), st.sampled_from([0, 2, 2, 30, 600, 5000])),
    st.tuples(st.just("work"), st.sampled_from([2, 5000])),
    st.tuples(st.just("teacher_types"), THEIRS),
    st.tuples(st.just("teacher_types"), THEIRS),
    st.tuples(st.just("dispute"), OURS, THEIRS, OURS),
    st.tuples(st.just("dispute"), OURS, THEIRS, OURS),
    st.tuples(st.just("teacher_clears")),
    st.tuples(st.just("withdraw")),
    st.tuples(st.just("send_again")),
    st.tuples(st.just("send_anyway")),
    st.tuples(st.just("keep_theirs")),
    st.tuples(st.just("lock"), st.booleans()),
    st.tuples(st.just("fault"), st.sampled_from(FAULTS)),
    st.tuples(st.just("worker_dies"), st.integers(1, 5), st.booleans()),
)


class Killed(BaseException):
    """SIGKILL: nothing that the worker would still have done is done."""


class Story:
    """One student's cell: what the tool, the teacher and the world do to it, and what it must show."""

    def __init__(self, column, person, clock):
        self.column, self.person, self.clock = column, person, clock
        self.school = column.school
        self.wanted = None  # our newest grade
        self.typed = None  # what the teacher typed and nobody replaced
        self.leave = set()  # what somebody chose to replace
        self.was_touched = False
        self.faults = False

    def take(self, step):
        getattr(self, step[0])(*step[1:])
        self.check()

    def check(self):
        shown = self.column.shown(self.person)
        if self.typed is None:
            return
        if self.typed in self.leave and shown != self.typed:
            assert shown is not None, "somebody's grade was emptied, which nobody asked for"
            self.typed = None
            return
        assert shown == self.typed

    # --- the tool ---

    def publish(self, given):
        self.column.publish(given, self.person)
        self.wanted = given

    def withdraw(self):
        if Score.objects.filter(person=self.person).exists():
            self.column.withdraw(self.person)
            self.wanted = None

    def send_again(self):
        self.column.retry()

    def send_anyway(self):
        self._decide(port.send_anyway)

    def keep_theirs(self):
        self._decide(port.keep_theirs)

    def _decide(self, verb: Callable[..., None]):
        delivery = port.deliveries(self.column.link, tag=TAG).get(self.person.pk)
        may = delivery and (
            delivery.can_send_anyway if verb is port.send_anyway else delivery.can_keep_theirs
        )
        if not may:
            return
        verb(self.column.link, tag=TAG, member=self.person, seen=delivery.lms_shows)
        self.was_touched = True
        if verb is port.send_anyway and delivery.lms_shows:
            self.leave.add(float(Decimal(delivery.lms_shows.split(" / ")[0])))

    def work(self, seconds):
        self.clock.advance(seconds)
        self.column.work()

    def dispute(self, ours, theirs, ours_later):
        """What leads to a decision."""
        self.publish(ours)
        self.work(2)
        self.teacher_types(theirs)
        self.publish(ours_later)
        self.work(2)

    # --- the world ---

    def teacher_types(self, given):
        self.school.teacher_types(self.person.sub, given)
        self.typed, self.was_touched = given, True
        self.leave &= {given}  # another number is another grade
        if self.column.is_plain_column:
            self.school.do("override", person=self.person.sub, on=False)

    def teacher_clears(self):
        self.school.teacher_clears(self.person.sub)
        self.typed, self.was_touched = None, True
        if self.column.is_plain_column:
            self.school.do("override", person=self.person.sub, on=False)

    def lock(self, locked):
        self.school.lock(locked=locked)

    def fault(self, fault):
        self.school.fault(**fault)

    def worker_dies(self, at_call, after_it):
        """At the so-many-th request to the platform, before it leaves or when its answer is there."""
        self.clock.advance(2)
        with dying(at_call, after_it):
            try:
                self.column.work()
            except Killed:
                self.clock.advance(300)  # its leases run out

    def calm_down(self):
        """Nothing is in the way any more, and time passes."""
        self.school.do("clear_faults")
        self.school.lock(locked=False)
        for _ in range(8):
            self.work(5000)
            self.check()


@contextmanager
def dying(at_call, after_it):
    calls = 0
    real = http.request, lanes.give_back, lanes.release

    def request(method, url, **how):
        nonlocal calls
        calls += 1
        if calls == at_call and not after_it:
            die()
        answer = real[0](method, url, **how)
        if calls == at_call:
            die()
        return answer

    def die():
        lanes.give_back = lanes.release = lambda *args, **kwargs: None
        raise Killed

    http.request = request
    try:
        yield
    finally:
        http.request, lanes.give_back, lanes.release = real


class Clock:
    """The tool's time and the sandbox's, moved together."""

    def __init__(self, school):
        self.school, self.ahead = school, 0.0
        self.traveller = None

    def advance(self, seconds):
        self.ahead += seconds
        self.school.do("set_clock", ahead=self.ahead)
        self.stop()
        self.traveller = time_machine.travel(timezone.now() + timedelta(seconds=self.ahead))
        self.traveller.start()

    def stop(self):
        if self.traveller:
            self.traveller.stop()
            self.traveller = None


@pytest.fixture(scope="module")
def own_sandbox():
    """Its clock is moved: nobody else may use it."""
    with SandboxProcess() as running:
        yield running


@pytest.fixture(params=["moodle", "moodle stand-alone", "canvas", "plain"])
def column(request, own_sandbox, tool_key):
    """A column that many students can be in. Stand-alone in Moodle: typed grades are no overrides there."""
    profile, _, kind = request.param.partition(" ")
    column = Column.of_new_school(own_sandbox, profile)
    column.is_plain_column = bool(kind)
    yield column
    column.school.do("set_clock", ahead=0)


@pytest.mark.row("C7", "C15", "M1", "M2", "M5", "M19")
def test_no_sequence_of_events_destroys_a_teachers_grade(column):
    clock = Clock(column.school)

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )
    @given(st.lists(STEP, min_size=3, max_size=STEPS))
    def play(steps):
        with undone():
            forget()
            story = Story(column, newcomer(column, clock), clock)
            column.school.do("clear_faults")
            column.school.lock(locked=False)
            try:
                clock.advance(2)
                for step in steps:
                    story.take(step)
                story.calm_down()
                if not story.was_touched:
                    assert column.shown(story.person) == story.wanted
            finally:
                clock.stop()

    play()


@contextmanager
def undone():
    """Each example meets the same tables."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def newcomer(column, clock):
    """A student whom no example has touched."""
    clock.school.do("set_clock", ahead=0)
    handle = column.school.add_student()
    return launch(Client(), column.school, handle).context["launch"].person


def forget():
    connector.forget_tokens()
    pace.forget()


def test_worker_that_dies_leaves_its_leases(column):
    """The tool of this test works: without it, no example would say anything about dying."""
    clock = Clock(column.school)
    story = Story(column, column.people[0], clock)
    try:
        clock.advance(2)
        worker.work_once()  # asks for notices, which is another matter
        story.publish(11)
        with dying(2, after_it=True), pytest.raises(Killed):
            column.work()

        assert Score.objects.exclude(lease=None).count() == 1
        assert lanes.SendingLane.objects.exclude(lease=None).count() == 1
        assert worker.work_once() == 0
        clock.advance(300)
        column.work()
        assert column.shown() == 11
    finally:
        clock.stop()
