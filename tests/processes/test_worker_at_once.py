"""One worker does several things at once: nothing that takes long holds a grade up."""

import time

import pytest
from django.utils import timezone

from lti_tool.models import Context
from tests.grades import Column
from tests.processes.conftest import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def test_long_roster_holds_no_grade_up(sandbox, tool_key, start_worker):
    column = Column.of_new_school(sandbox, "plain")
    column.school.fault("memberships", hang=12)
    Context.objects.update(roster_wanted_at=timezone.now())
    start_worker()
    wait_until(lambda: column.school.requests("memberships") == 1)

    began = time.monotonic()
    column.publish(14)
    wait_until(lambda: column.score().state == "delivered")

    assert time.monotonic() - began < 12
    assert Context.objects.get().roster_swept_at is None


def test_school_that_does_not_answer_holds_no_other_up(sandbox, tool_key, start_worker):
    stuck, fine = Column.of_new_school(sandbox, "moodle"), Column.of_new_school(sandbox, "canvas")
    stuck.school.fault("results", hang=12, status=500)
    stuck.publish(14)
    start_worker()
    wait_until(lambda: stuck.school.requests("results") == 1)

    fine.publish(14)
    wait_until(lambda: fine.score().state == "delivered", seconds=20)

    assert stuck.score().state == "waiting"
