"""From the LMS's gradebook to a candidate's page in a real browser: Moodle's link in a cell, Canvas's SpeedGrader."""

import re

import pytest

from lti_tool import worker
from lti_tool.models import Score
from tests.browser.course import Someone
from tests.stories.test_grade_return import Person, later, mark, release, set_up

pytestmark = pytest.mark.django_db(transaction=True)

LINK = {"moodle": "Review", "canvas": "SpeedGrader"}


@pytest.fixture(params=["moodle", "canvas"])
def school(request, enrol):
    """A school where one student is marked and released."""
    school = enrol(request.param)
    teacher, activity = set_up(school)
    mark(school, activity, "A clear opening.")
    release(teacher, activity)
    worker.work_once()
    return school


def follow(school, who, address):
    """Goes to a page of the LMS that holds the tool in a frame, and waits for the tool."""
    somebody = Someone(who[0], school, who[1])
    somebody.tab.goto(f"{school.url}/as/{who[1]}/{address}")
    somebody.tool.locator("#page h1").first.wait_for()
    return somebody.is_painted()


def test_cell_of_the_gradebook_opens_the_candidates_page(browser, school):
    teacher = Someone(browser, school, "teacher")
    teacher.tab.goto(f"{school.url}/as/teacher/gradebook/")
    name = school.person("student").name
    teacher.tab.get_by_role("link", name=re.compile(f"^{LINK[school.profile]}.*{name}")).click()

    teacher.tool.get_by_role("heading", name=name).wait_for()
    shown = teacher.tool.locator("main").inner_text()
    assert "A clear opening." in shown
    assert "Delivered." in shown
    teacher.is_painted()
    teacher.tool.get_by_role("link", name="Open the mark sheet").click()
    teacher.tool.get_by_text("submitted by").wait_for()

    # Reloaded, the frame shows the candidate again, not the way in.
    teacher.tab.goto(f"{school.url}/as/teacher/gradebook/")
    teacher.tab.get_by_role("link", name=re.compile(f"^{LINK[school.profile]}.*{name}")).click()
    teacher.tool.get_by_role("heading", name=name).wait_for()
    teacher.is_painted().reloads()
    teacher.tool.get_by_role("heading", name=name).wait_for()


def test_student_who_changes_the_address_is_refused_in_words(browser, school):
    number = school.line_items()[0]["number"]
    Person(school, "student2")
    address = {
        "moodle": f"gradebook/{number}/student/review/",
        "canvas": f"external_tools/retrieve?url={school.cell('student')['submission'].get('data', '')}",
    }[school.profile]

    student = follow(school, (browser, "student2"), address)

    shown = student.tool.locator("body").inner_text()
    assert "This is somebody else's work." in shown
    assert "A clear opening." not in shown


def test_teacher_decides_about_a_grade_on_the_candidates_page(browser, school):
    school.teacher_types("student", 55)
    Score.objects.update(revision=2, state="waiting", given=1)  # as an amendment would
    with later(seconds=2):
        worker.work_once()
    teacher = Someone(browser, school, "teacher")
    teacher.tab.goto(f"{school.url}/as/teacher/gradebook/")
    name = school.person("student").name
    teacher.tab.get_by_role("link", name=re.compile(f"^{LINK[school.profile]}.*{name}")).click()
    teacher.tool.get_by_text("entered there").wait_for()
    teacher.is_painted()

    teacher.tool.get_by_role("button", name=re.compile("Keep theirs")).click()

    teacher.tool.get_by_text("keeps its own grade").wait_for()
    assert Score.objects.get().state == "kept"
    assert teacher.tool.get_by_role("button", name=re.compile("Send anyway")).count() == 1
