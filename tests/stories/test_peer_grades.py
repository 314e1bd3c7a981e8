"""From reviews to two columns of the gradebook, on Moodle and Canvas: nothing before the release, then only what changed."""

from decimal import Decimal

import pytest

from assessments.peer import grading, moderating
from assessments.peer.models import PeerActivity
from lti_tool import worker
from lti_tool.models import Score
from tests import peers
from tests.schools import enrol
from tests.stories.test_grade_return import Person, later

pytestmark = pytest.mark.django_db
Phase = PeerActivity.Phase
STUDENTS = 5


@pytest.fixture(params=["moodle", "canvas"])
def school(request, sandbox, tool_key):
    return enrol(sandbox, request.param)


@pytest.fixture
def students(school):
    return [Person(school, school.add_student()) for _n in range(STUDENTS)]


def round_of(students, **settings):
    """Everybody has handed in and reviewed, the last level everywhere."""
    link = students[0].launch.resource_link
    peer = peers.peer_round(link, reviews_each=2, self_assesses=False, **settings)
    peer = peers.go_to(peer, Phase.SUBMIT)
    peers.everybody_hands_in(peer)
    peer = peers.go_to(peer, Phase.REVIEW)
    peers.all_review(peer)
    return peers.go_to(peer, Phase.RESPOND)


def sent():
    """Posts to the gradebook by column, as the worker has made them."""
    worker.work_once()
    return sorted(
        (row.line_item.tag, float(row.given)) for row in Score.objects.filter(state=Score.State.DELIVERED)
    )


def test_two_columns_follow_the_release_and_later_only_what_changed(school, students):
    peer = round_of(students, counts=True)
    teacher = Person(school, "teacher")
    home = f"/peer/{peer.activity.key}"
    assert sent() == []

    seen = teacher.get(f"{home}/grades/release/").context["seen"]
    page = teacher.post(f"{home}/grades/release/", {"seen": seen})

    assert page.status_code == 200
    assert sent() == [("result", 100.0)] * STUDENTS + [("reviewing", 100.0)] * STUDENTS
    assert {row.comment for row in Score.objects.all()} == {"The feedback is in the activity."}
    before = dict(Score.objects.values_list("pk", "graded_at"))

    # One review is left out, and one grade is set by hand: two cells change, no other is sent again.
    work = peers.submission(peer)
    first = work.reviews.of_peers().done().order_by("pk").first()
    moderating.leave_out(review=first, reason="Not about this work", by=teacher.launch.person)
    grading.override(
        participant=peers.people_of(peer)[1],
        part="reviewing",
        per_cent=Decimal(80),
        reason="Very thorough, one late",
        by=teacher.launch.person,
    )
    with later(seconds=2):  # Canvas takes a second grade for somebody in another second only
        found = sent()

    assert found == sorted(
        [("result", 100.0)] * STUDENTS + [("reviewing", 100.0)] * (STUDENTS - 1) + [("reviewing", 80.0)]
    )
    changed = [pk for pk, at in Score.objects.values_list("pk", "graded_at") if at != before[pk]]
    assert len(changed) <= 4
    assert "100" in students[0].get(f"{home}/").text


def test_formative_round_sends_nothing_at_all(school, students):
    peer = round_of(students)
    teacher = Person(school, "teacher")

    page = teacher.get(f"/peer/{peer.activity.key}/grades/")

    assert "peers&#x27; marks do not count" in page.text or "peers' marks do not count" in page.text
    assert sent() == []
    assert not Score.objects.exists()
