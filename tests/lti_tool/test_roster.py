import json

import pytest

from lti_tool import claims, port, worker
from lti_tool.models import Context, Membership, Role
from tests.certification.launching import launch

pytestmark = pytest.mark.django_db


def sweep(context):
    port.roster_status(context, refresh=True)
    worker.work_once()
    return {member.person.sub: member for member in port.members(Context.objects.get(pk=context.pk))}


def test_sweep_brings_everyone_before_they_launch(client, school):
    context = launch(client, school, "teacher").context["launch"].context
    assert len(port.members(context)) == 1

    members = sweep(context)

    roles = {member.role for member in members.values()}
    assert {Role.INSTRUCTOR, Role.TEACHING_ASSISTANT, Role.LEARNER} <= roles
    assert all(member.is_active for member in members.values())
    assert port.roster_status(context).swept_at is not None


def test_canvas_pages_are_read_to_the_end(client, canvas):
    for _ in range(60):
        canvas.add_student()
    context = launch(client, canvas, "teacher").context["launch"].context

    members = sweep(context)

    assert len([member for member in members.values() if member.is_learner]) >= 61
    assert canvas.requests("memberships") >= 2


def test_leaver_is_marked_after_a_whole_sweep_and_kept(client, school):
    context = launch(client, school, "teacher").context["launch"].context
    sub = next(sub for sub, member in sweep(context).items() if member.role == Role.LEARNER)
    school.unenrol(sub)

    assert not sweep(context)[sub].is_active


def test_nobody_leaves_when_the_sweep_breaks_off(client, canvas):
    for _ in range(60):
        canvas.add_student()
    context = launch(client, canvas, "teacher").context["launch"].context
    before = sweep(context)
    canvas.fault("memberships", status=500, times=1)

    after = sweep(context)

    assert {sub for sub, member in after.items() if member.is_active} == set(before)
    assert "could not be read just now" in port.roster_status(context).problem


def test_role_of_a_launch_wins_over_the_roster(client, moodle):
    # Moodle lists its non-editing teacher as a learner, and launches the same person as an instructor.
    launched = launch(client, moodle, "ta").context["launch"]

    members = sweep(launched.context)

    assert members[launched.person.sub].role == Role.INSTRUCTOR


def test_sweep_of_a_large_course_takes_a_handful_of_queries(client, school, django_assert_max_num_queries):
    for _ in range(40):
        school.add_student()
    context = launch(client, school, "teacher").context["launch"].context
    port.roster_status(context, refresh=True)

    with django_assert_max_num_queries(40):
        worker.work_once()

    assert Membership.objects.filter(context=context).count() > 40


def test_course_without_the_service_says_so(client, school):
    context = launch(client, school, "teacher", remove=[claims.NRPS]).context["launch"].context

    assert "does not share the list of course members" in port.roster_status(context).problem


@pytest.mark.parametrize(
    "member",
    [
        {"user_id": "odd", "roles": 5},
        {"user_id": "odd", "roles": ["Learner"], "name": "\ud800 half a pair"},
        {"user_id": "od\x00d", "roles": ["Learner"], "name": "No\x00l"},
        {"user_id": 7},
        "no object",
    ],
)
def test_odd_members_stop_neither_the_roster_nor_the_worker(client, school, member):
    context = launch(client, school, "teacher").context["launch"].context
    body = json.dumps({"members": [member, {"user_id": "fine", "roles": ["Learner"]}]})
    school.fault("memberships", status=200, body=body, content_type="application/json")

    assert "fine" in sweep(context)
