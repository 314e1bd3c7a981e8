"""Who may send when: as many requests at once as a platform bears, turns for all, and pauses no longer than needed."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from lti_tool import delivery, lanes, outbox, port, worker
from lti_tool.errors import Kind, ServiceError
from lti_tool.models import Deployment, Problem, Score
from tests.factories import ContextFactory, DeploymentFactory, PersonFactory, ResourceLinkFactory
from tests.grades import Column

pytestmark = pytest.mark.django_db


def later(**delta):
    return time_machine.travel(timezone.now() + timedelta(**delta))


def grade_due(deployment, count=1, tag="result"):
    """A course with one column and so many grades that wait."""
    link = ResourceLinkFactory(context=ContextFactory(deployment=deployment), deployment=deployment)
    outbox.ensure_line_item(link, tag=tag, label="OSCE", score_maximum=Decimal(20))
    for _ in range(count):
        person = PersonFactory(registration=deployment.registration)
        outbox.publish(link, tag=tag, person=person, given=Decimal(9), graded_at=timezone.now(), comment="")
    return link


def claim_all():
    claimed = []
    while batch := lanes.claim():
        claimed.append(batch)
    return claimed


@pytest.mark.row("C17")
@pytest.mark.parametrize(("family", "at_once"), [("canvas", 2), ("moodle", 4), ("other", 4)])
def test_platform_gets_no_more_at_once_than_it_bears_whoever_asks(family, at_once):
    deployment = DeploymentFactory(registration__platform_family=family)
    for _ in range(6):
        grade_due(deployment)

    claimed = claim_all()

    assert len(claimed) == at_once
    lanes.give_back(claimed[0].lane)
    assert len(claim_all()) == 1


def test_lane_of_a_worker_that_died_comes_free_with_its_lease():
    deployment = DeploymentFactory(registration__platform_family="canvas")
    for _ in range(3):
        grade_due(deployment)
    assert len(claim_all()) == 2

    with later(minutes=10):
        assert len(claim_all()) == 2


def test_registrations_take_turns():
    busy, small = DeploymentFactory(), DeploymentFactory()
    for _ in range(6):
        grade_due(busy)
    with later(seconds=5):  # its grades are newer: without turns it would come last
        grade_due(small)
    with later(seconds=6):
        owners = [batch.registration for batch in claim_all()]

    assert owners.index(small.registration) <= 1
    assert owners.count(busy.registration) == 4


def test_batch_is_of_one_column_and_leaves_some_for_the_other_lanes():
    deployment = DeploymentFactory()
    grade_due(deployment, 30)
    grade_due(deployment, 1)

    sizes = [len(batch.scores) for batch in claim_all()]

    assert sizes == [10, 10, 10, 1]


def test_where_little_is_left_one_lane_goes_on():
    deployment = DeploymentFactory(registration__platform_family="canvas")
    for _ in range(3):
        grade_due(deployment)

    lanes.rest(deployment.registration, timezone.now() + timedelta(seconds=30), but_one=True)
    # Lanes that nobody has taken yet are made when they are asked for.
    first = claim_all()
    for batch in first:
        lanes.give_back(batch.lane)
    lanes.rest(deployment.registration, timezone.now() + timedelta(seconds=30), but_one=True)

    assert [batch.lane.number for batch in claim_all()] == [1]
    with later(seconds=31):
        assert len(first) == 2


@pytest.fixture(params=["moodle", "canvas"])
def column(request, sandbox, tool_key):
    return Column.of_new_school(sandbox, request.param, students=5)


@pytest.fixture
def canvas_column(sandbox, tool_key):
    return Column.of_new_school(sandbox, "canvas", students=5)


def publish_all(column, given=14):
    for person in column.people:
        column.publish(given, person)


def asked(column):
    return sum(column.school.requests(endpoint) for endpoint in ("token", "scores", "results"))


def sentences(column):
    return {delivery.sentence for delivery in port.deliveries(column.link, tag="result").values()}


@pytest.mark.row("C18")
def test_platform_that_does_not_let_us_in_is_asked_once_an_hour_for_all(canvas_column):
    column = canvas_column
    column.work()  # asks for notices, which is another matter
    before = asked(column)
    column.school.switch_off_tool()
    publish_all(column)

    column.work()
    deployment = Deployment.objects.get()
    assert (asked(column) - before, deployment.pause_reason) == (2, "needs_admin")
    assert all("administrator" in sentence for sentence in sentences(column))
    assert Problem.objects.get(area="grades").code == "needs_admin"
    with later(minutes=30):
        column.work()
    assert asked(column) - before == 2

    # After the pause one goes ahead; it fails, and the others stay where they are.
    with later(minutes=70):
        column.work()
    assert asked(column) - before == 3  # no longer a token, even

    column.school.switch_off_tool(on=True)
    Deployment.objects.update(paused_until=timezone.now())
    Score.objects.update(not_before=timezone.now(), last_timestamp=None)  # the clock goes back here
    with later(seconds=2):
        column.work()
    deployment.refresh_from_db()
    assert (deployment.paused_until, deployment.pause_reason) == (None, "")
    assert {column.shown(person) for person in column.people} == {14}


@pytest.mark.row("C18")
def test_send_again_ends_the_pause(canvas_column):
    column = canvas_column
    column.school.switch_off_tool()
    publish_all(column)
    column.work()
    column.school.switch_off_tool(on=True)

    column.retry()
    with later(seconds=2):
        column.work()

    assert {column.shown(person) for person in column.people} == {14}


def test_grade_never_tried_says_that_the_deployment_rests(canvas_column):
    column = canvas_column
    column.school.switch_off_tool()
    column.publish(14)
    column.work()
    with later(minutes=5):
        column.publish(14, column.people[1])
        column.link.deployment.refresh_from_db()

        sent = port.deliveries(column.link, tag="result")[column.people[1].pk]

    assert "does not let Bellringer in at present" in sent.sentence
    assert sent.can_retry


def test_course_that_is_refused_does_not_pause_the_others(sandbox, tool_key, monkeypatch):
    """A deployment can be a whole school: where it takes the grades of other courses, only the one waits."""
    column = Column.of_new_school(sandbox, "canvas")
    grade_due(column.link.deployment)
    Score.objects.update(delivered_at=timezone.now(), state="delivered")
    column.school.fault("scores", status=401, body='{"errors": "Invalid Developer Key"}', times=1)
    column.publish(14)

    column.work()

    assert column.score().reason == "needs_admin"
    assert Deployment.objects.get().paused_until is None


@pytest.mark.row("C12")
def test_course_that_has_ended_is_asked_once(canvas_column):
    column = canvas_column
    column.school.conclude()
    publish_all(column)

    column.work()

    assert column.school.requests("scores") == 1
    assert {score.state for score in Score.objects.all()} == {"refused"}
    assert all("the course has ended there" in sentence for sentence in sentences(column))
    assert Deployment.objects.get().paused_until is None

    column.school.change("course", {"concluded": False})
    column.retry()
    with later(seconds=2):
        column.work()
    assert {column.shown(person) for person in column.people} == {14}


@pytest.mark.row("C20", "M16")
def test_column_that_is_gone_is_asked_once(column):
    column.school.delete_column()
    publish_all(column)

    column.work()

    asked = column.school.requests("scores") + column.school.requests("results")
    assert asked == 1
    assert {score.reason for score in Score.objects.all()} == {"gone_item"}
    assert all("no longer has the gradebook column" in sentence for sentence in sentences(column))


@pytest.mark.row("C13")
def test_unpublished_assignment_is_asked_three_times_and_all_wait_an_hour(canvas_column):
    column = canvas_column
    column.school.unpublish()
    publish_all(column)

    column.work()

    assert column.school.requests("scores") == 3
    assert {score.reason for score in Score.objects.all()} == {"needs_teacher"}
    assert min(score.not_before for score in Score.objects.all()) > timezone.now() + timedelta(minutes=50)
    assert all("Publish the assignment" in sentence for sentence in sentences(column))


@pytest.mark.row("C11", "M3")
def test_person_who_is_refused_holds_nobody_up(column):
    column.school.unenrol("student")
    publish_all(column)

    column.work()

    gone, *others = column.people
    assert column.score(gone).reason == "gone_user"
    assert {column.shown(person) for person in others} == {14}


def test_platform_that_does_not_answer_rests_longer_each_time(column):
    column.school.fault("scores", close=True, times=None)
    publish_all(column)

    column.work()
    assert column.school.requests("scores") == 1
    rests = []
    for minutes in (10, 20, 30, 40, 50, 60, 70, 80):
        with later(minutes=minutes):
            column.work()
            lane = lanes.SendingLane.objects.filter(number=1).get()
            rests.append((lane.rests_until - timezone.now()).total_seconds())

    assert rests[0] < rests[2] < rests[4]
    assert 250 < rests[-1] <= 330
    assert column.school.requests("scores") == 9


@pytest.mark.row("C17")
def test_platform_that_names_a_time_is_left_alone_until_then(column):
    column.school.fault("scores", status=429, body="", headers={"Retry-After": "40"})
    publish_all(column)

    column.work()
    with later(seconds=35):
        column.work()
    assert column.school.requests("scores") == 1

    with later(seconds=50):
        column.work()
    assert {column.shown(person) for person in column.people} == {14}


def test_many_grades_share_their_looks(column):
    publish_all(column)

    column.work()

    # Moodle: the whole column before and after. Canvas spares what is there, so only after.
    assert column.school.requests("results") == {"moodle": 2, "canvas": 1}[column.school.profile]
    assert column.school.requests("scores") == 5


def test_platform_that_is_not_known_to_list_everybody_is_asked_for_each_who_is_missing(sandbox, tool_key):
    column = Column.of_new_school(sandbox, "plain", students=5)
    publish_all(column)

    column.work()

    assert column.school.requests("results") == 1 + 5 + 1  # the list, each alone, and the list afterwards
    assert {column.shown(person) for person in column.people} == {14}


def test_look_that_is_too_old_is_taken_again(sandbox, tool_key, monkeypatch):
    monkeypatch.setattr("lti_tool.looks.LOOK_SECONDS", 0.0)
    column = Column.of_new_school(sandbox, "moodle", students=5)
    publish_all(column)

    column.work()

    assert (
        column.school.requests("results") == 2 + 3 + 1
    )  # the list twice, the last three alone, the list afterwards


def test_teacher_who_types_while_a_batch_is_on_its_way_is_spared_after_five_seconds(
    sandbox, tool_key, monkeypatch
):
    monkeypatch.setattr("lti_tool.looks.LOOK_SECONDS", 0.0)
    column = Column.of_new_school(sandbox, "plain", students=5)
    publish_all(column)
    last = column.people[-1]
    real = delivery.Gradebook.send

    def send(gradebook, url, body):
        if not column.school.requests("scores"):
            column.school.teacher_types(last.sub, 3)
        return real(gradebook, url, body)

    monkeypatch.setattr(delivery.Gradebook, "send", send)

    column.work()

    assert column.shown(last) == 3
    assert column.score(last).state == "conflict"


def test_pauses_grow_with_chance_in_them():
    def seconds(kind, attempts, **more):
        when = delivery._when(ServiceError(kind, **more), attempts)
        return (when - timezone.now()).total_seconds()

    assert 4.4 < seconds(Kind.TRANSIENT, 1) < 5.6
    assert 8.9 < seconds(Kind.TRANSIENT, 2) < 11.1
    assert 3200 < seconds(Kind.TRANSIENT, 30) < 4000
    assert 3200 < seconds(Kind.NEEDS_TEACHER, 1) < 4000
    assert 99 < seconds(Kind.RATE, 1, retry_after=100) < 111
    assert len({round(seconds(Kind.TRANSIENT, 5), 3) for _ in range(20)}) > 10


def test_stop_gives_back_what_was_not_reached(column):
    publish_all(column)
    batch = lanes.claim()
    stop = worker.threading.Event()
    stop.set()

    delivery.deliver(batch, stop)

    assert column.school.requests("scores") == 0
    assert not Score.objects.exclude(lease=None).exists()
    assert not lanes.SendingLane.objects.exclude(lease=None).exists()


def test_column_that_we_stumble_over_waits_and_the_others_go_on(column, monkeypatch):
    monkeypatch.setattr("lti_tool.columns._find_or_make", lambda *_: 1 / 0)
    publish_all(column)

    column.work()

    assert {score.reason for score in Score.objects.all()} == {"transient"}
    assert not Score.objects.exclude(lease=None).exists()
    assert min(score.not_before for score in Score.objects.all()) > timezone.now()
