"""What happens to a course while its grades are under way: it ends, loses an assignment or the tool. Words, and no mark lost."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from assessments.activities.models import Activity
from assessments.results import releasing
from assessments.results.models import Result
from lti_tool import worker
from lti_tool.models import Person, Score
from tests import factories
from tests.choosing import open_link
from tests.schools import enrol

pytestmark = pytest.mark.django_db


def released(school):
    """An activity with one released result; whose grade nobody has sent yet."""
    link = school.links[0]
    for who in ("student", "teacher"):
        page = open_link(Client(), school, link, who)
    launch = page.context["launch"]
    factories.activity(launch.resource_link, by=launch.person)
    activity = Activity.objects.get(resource_link=launch.resource_link)
    student = Person.objects.get(sub=school.sub("student"))
    factories.marked(activity, student, launch.person)
    releasing.release(activity=activity, by=launch.person)
    return activity


def work():
    while worker.work_once():
        pass


def home(school):
    return open_link(Client(), school, school.links[0], "teacher").text


def kept(activity):
    return Result.objects.get(activity=activity).is_released


def test_course_that_has_concluded_takes_no_grade_until_it_is_open_again(canvas):
    activity = released(canvas)
    canvas.conclude()
    work()

    assert Score.objects.get().reason == "gone_course"
    page = home(canvas)
    assert "because the course has ended there" in page and "Send again" in page
    posts = len(canvas.posts())
    with time_machine.travel(timezone.now() + timedelta(seconds=10)):
        work()
    assert (
        len(canvas.posts()) == posts
    )  # nothing is pushed into a course that is over: a refusal has no next try
    assert Score.objects.get().state == "refused"
    assert kept(activity)

    canvas.change("course", {"concluded": False})
    releasing.send_again(activity=activity, by=None)
    with time_machine.travel(timezone.now() + timedelta(seconds=15)):
        work()
    assert Score.objects.get().state == "delivered"


@pytest.mark.parametrize("profile", ["canvas", "moodle", "plain"])
def test_deleted_column_is_named_and_made_anew_on_request(sandbox, tool_key, profile):
    school = enrol(sandbox, profile)
    activity = released(school)
    school.delete_column(school.links[0]["line_item"]["number"])
    work()

    assert Score.objects.get().reason == "gone_item"
    assert "Send again" in home(school)
    assert kept(activity)
    releasing.send_again(activity=activity, by=None)
    with time_machine.travel(timezone.now() + timedelta(seconds=10)):
        work()

    score = Score.objects.get()
    assert score.state == "delivered", (score.reason, score.platform_said, score.not_before)
    (cell,) = [grade for grade in school.gradebook() if grade["posted"]]
    assert cell["person"] == "student"


def test_tool_that_was_removed_rests_and_goes_on_when_it_is_back(canvas):
    activity = released(canvas)
    canvas.switch_off_tool()
    work()

    assert (Score.objects.get().state, Score.objects.get().reason) == ("waiting", "needs_admin")
    page = home_as_before(activity)
    assert "administrator" in page
    assert kept(activity)

    canvas.switch_off_tool(on=True)
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        work()
    assert Score.objects.get().state == "delivered"


def home_as_before(activity):
    """The page of a teacher who has it open still: the LMS lets nobody in any more."""
    teacher = Person.objects.get(memberships__role="instructor")
    launch = factories.launch(teacher, activity.resource_link)
    return Client().get("/activities/start/", headers={"Authorization": f"Bearer {launch.token}"}).text


def test_launch_without_names_keeps_those_we_hold_in_the_course(canvas):
    """Privacy lowered after use: what was told stays for those who teach here; the roster panel and the doctor say so."""
    activity = released(canvas)
    name = canvas.person("student").name
    canvas.change("school", {"privacy": "none"})

    open_link(Client(), canvas, canvas.links[0], "student")
    work()

    assert Person.objects.get(sub=canvas.sub("student")).name == name
    assert name in home(canvas)
    assert kept(activity)
