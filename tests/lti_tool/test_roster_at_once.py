"""A launch and a sweep meet at one membership, each with a connection of its own."""

import threading
from types import SimpleNamespace

import pytest
from django.db import connection, transaction
from django.utils import timezone

from lti_tool import launch, nrps, sweeping
from lti_tool.claims import MEMBERSHIP
from lti_tool.models import Membership, Person, Role
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


def entry(sub, *roles):
    return nrps._entry({"user_id": sub, "roles": list(roles) or ["Learner"], "name": "Ada"})


def launched(context, sub):
    """What recording a launch does to the membership, of somebody who teaches."""
    claims = SimpleNamespace(
        sub=sub, role=Role.INSTRUCTOR, is_learner=False, name="Ada", given_name="", family_name="", email="", locale="en",
        is_test_student=False, custom={}, roles=(MEMBERSHIP + "#Instructor",),
    )  # fmt: skip
    with transaction.atomic():
        launch._record_membership(
            SimpleNamespace(claims=claims, registration=context.deployment.registration), context
        )


@pytest.mark.parametrize("is_known", [True, False])
def test_neither_a_launch_nor_a_sweep_is_lost(is_known, monkeypatch):
    context = factories.ContextFactory()
    if is_known:
        sweeping.keep(context, [entry("ada", "Instructor")], timezone.now())
    reading, done = threading.Event(), threading.Event()
    set_place = sweeping._set_place

    def slowly(*args):
        reading.set()
        done.wait(1)  # long enough for the launch to get in between, if it could
        return set_place(*args)

    def come():
        reading.wait(10)
        launched(context, "ada")
        done.set()
        connection.close()

    monkeypatch.setattr(sweeping, "_set_place", slowly)
    coming = threading.Thread(target=come)
    coming.start()
    sweeping.keep(context, [entry("ada", "Learner")], timezone.now())
    coming.join(20)

    row = Membership.objects.get(context=context)
    assert (row.launched_role, row.roster_role) == (Role.INSTRUCTOR, Role.LEARNER)
    assert (row.role, row.is_learner) == (Role.INSTRUCTOR, False)
    assert row.on_roster_at is not None


def test_sweeps_of_two_courses_with_the_same_new_people_both_end():
    first = factories.ContextFactory()
    second = factories.ContextFactory(deployment=first.deployment)
    subs = [f"s{number:03d}" for number in range(150)]
    problems, barrier = [], threading.Barrier(2)

    def run(context, order):
        try:
            barrier.wait()
            for _ in range(3):
                sweeping.keep(context, [entry(sub) for sub in order], timezone.now())
        except Exception as error:
            problems.append(error)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=run, args=pair) for pair in ((first, subs), (second, list(reversed(subs))))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert problems == []
    assert Person.objects.count() == 150
    assert [Membership.objects.filter(context=context).count() for context in (first, second)] == [150, 150]
