"""A worker that dies with SIGKILL at any point loses no grade and sends none that is older than the gradebook's."""

import random
import time

import pytest

from lti_tool.models import ResourceLink, Score, ScorePost
from tests.grades import Column
from tests.processes.conftest import kill, wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=["plain", "moodle", "canvas"])
def column(request, sandbox, tool_key):
    return Column.of_new_school(sandbox, request.param)


def delivered(column, given):
    return lambda: column.score().state == "delivered" and column.score().delivered_given == given


def test_killed_between_claim_and_answer(column, start_worker):
    column.school.fault("scores", hang=60, status=500)
    column.publish(14)
    worker = start_worker()
    wait_until(lambda: column.school.requests("scores") == 1)

    kill(worker)
    start_worker()
    wait_until(delivered(column, 14))

    assert column.shown() == 14
    # The first request never came to anything; the second one did.
    assert [post.outcome for post in ScorePost.objects.order_by("id")] == ["closed", "confirmed"]


def test_killed_after_the_platform_took_the_grade_and_before_its_answer(column, start_worker):
    column.school.fault("scores", process_first=True, hang=60)
    column.publish(14)
    worker = start_worker()
    wait_until(lambda: column.shown() == 14)

    kill(worker)
    start_worker()
    wait_until(delivered(column, 14))

    assert column.shown() == 14
    # Seen by reading, not sent again: the student has one comment and one attempt.
    assert column.school.requests("scores") == 1
    assert len(column.comments()) == 1


def test_killed_while_it_looks_for_the_column(column, start_worker):
    column.school.fault("lineitems", hang=60, status=500)
    ResourceLink.objects.update(lineitem_url="")  # so it has to look among all columns
    column.publish(14)
    worker = start_worker()
    wait_until(lambda: column.school.requests("lineitems") == 1)

    kill(worker)
    start_worker()
    wait_until(delivered(column, 14))

    assert column.shown() == 14


def test_killed_between_answer_and_acknowledgement(column, start_worker):
    column.school.fault("scores", process_first=True, hang=2)
    column.publish(14)
    worker = start_worker()
    wait_until(lambda: column.shown() == 14)
    column.school.fault("results", hang=60, status=500)
    wait_until(lambda: ScorePost.objects.filter(outcome="accepted").exists())
    looks = 1 if column.school.profile == "canvas" else 2  # Canvas is not asked beforehand
    wait_until(lambda: column.school.requests("results") == looks)

    kill(worker)
    assert column.score().state == "waiting"
    start_worker()
    wait_until(delivered(column, 14))

    assert column.shown() == 14
    assert column.school.requests("scores") == 1
    assert len(column.comments()) == 1


def test_killed_and_corrected_meanwhile_shows_the_newest(column, start_worker):
    column.school.fault("scores", process_first=True, hang=60)
    column.publish(14)
    worker = start_worker()
    wait_until(lambda: column.shown() == 14)

    kill(worker)
    column.publish(17)
    start_worker()
    wait_until(delivered(column, 17))

    assert column.shown() == 17


def test_killed_many_times_at_random_every_grade_arrives_once(sandbox, tool_key, start_worker):
    column = Column.of_new_school(sandbox, "moodle", students=12)
    dice = random.Random(20261123)
    people = column.people
    for person in people:
        column.publish(dice.randint(0, 20), person)

    for _ in range(6):
        worker = start_worker()
        time.sleep(dice.uniform(0.8, 1.8))
        kill(worker)
        column.publish(dice.randint(0, 20), dice.choice(people))
    start_worker()
    wait_until(lambda: not Score.objects.filter(state="waiting").exists())

    assert set(Score.objects.values_list("state", "reason")) == {("delivered", "")}
    wanted = {score.person.sub: float(score.given) for score in Score.objects.select_related("person")}
    assert {person.sub: column.shown(person) for person in people} == wanted
    for score in Score.objects.all():
        seconds = [int(post.timestamp.timestamp()) for post in score.posts.order_by("id")]
        assert seconds == sorted(set(seconds))


def test_stopped_politely_a_worker_ends_and_gives_its_rows_back(column, start_worker):
    worker = start_worker()
    column.publish(14)
    wait_until(delivered(column, 14))

    worker.terminate()

    assert worker.wait(timeout=20) == 0
    assert not Score.objects.exclude(lease=None).exists()
