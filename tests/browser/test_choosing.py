"""A teacher picks in the frame, the activity appears in the course, a student opens it, the grade arrives in its column."""

import re

import pytest

from assessments.activities.models import Activity
from lti_tool.models import Context
from tests.browser.course import Someone, fills_sheet, work

pytestmark = pytest.mark.django_db(transaction=True)


def chooses(teacher, place):
    teacher.goes_to_the_course()
    teacher.tab.get_by_role("link", name=place, exact=True).click()
    teacher.tool.get_by_role("heading", name="Add an activity to your course").wait_for()
    return teacher.is_painted()


@pytest.mark.parametrize(
    ("profile", "place"),
    [("plain", "Choose one activity"), ("moodle", "Select content"), ("canvas", "Modules menu")],
)
def test_chosen_in_the_frame_opened_by_a_student_graded_in_its_column(browser, enrol, profile, place):
    school = enrol(profile)
    teacher = chooses(Someone(browser, school, "teacher"), place)
    tool = teacher.tool
    tool.get_by_label("Name in the course").fill("Chest pain")
    tool.get_by_role("radio", name=re.compile("Focused history taking")).check()
    tool.get_by_text("More: introduction, points, dates").click()
    tool.get_by_label(re.compile("Points in the gradebook")).fill("20")
    tool.get_by_role("button", name="Make it and add it to the course").click()

    # Back in the LMS by itself: what was chosen, or the form that it fills.
    if profile == "moodle":
        assert teacher.tab.get_by_label("Name of the activity").input_value() == "Chest pain"
        teacher.tab.get_by_role("button", name="Save").click()
    teacher.tab.get_by_role("link", name="Chest pain", exact=True).wait_for()
    if profile == "canvas":
        teacher.tab.get_by_role("button", name="Publish Chest pain", exact=True).click()

    student = Someone(browser, school, "student").opens("Chest pain")
    student.tool.get_by_role("heading", name="Chest pain").wait_for()
    assert Activity.objects.get().resource_link is not None

    examiner = Someone(browser, school, "ta").opens("Chest pain")
    examiner.tool.get_by_role(
        "button", name=re.compile(f"Mark.*{school.person('student').name}")
    ).first.click()
    fills_sheet(examiner)
    examiner.tool.get_by_role("button", name="Submit").click()
    examiner.tool.get_by_text(re.compile("1 of . marked")).wait_for()
    teacher.opens("Chest pain")
    teacher.tool.get_by_role("link", name="Release 1 result").click()
    teacher.tool.get_by_role("button", name="Release").click()
    teacher.tool.get_by_text("Released. Candidates see").wait_for()
    work()

    school.refresh()
    column = next(link for link in school.links if link["title"] == "Chest pain")["line_item"]
    grade = next(row for row in school.gradebook() if row["line_item"] == column["number"])
    assert grade["person"] == "student"
    assert 0 < grade["score"] <= 20
    assert len(school.line_items()) == 2


def test_reload_and_back_do_not_lose_the_choice_and_send_nothing_twice(browser, enrol):
    school = enrol("plain")
    teacher = chooses(Someone(browser, school, "teacher"), "Choose activities")
    teacher.reloads()
    tool = teacher.tool
    tool.get_by_label("Name in the course").fill("One")
    tool.get_by_role("radio", name=re.compile("Aseptic cannulation")).check()
    tool.get_by_role("button", name="Make it, then choose more").click()
    tool.get_by_role("checkbox", name=re.compile("One")).wait_for()
    assert tool.get_by_role("checkbox", name=re.compile("One")).is_checked()
    tool.get_by_role("button", name="Add to the course", exact=True).click()
    teacher.tab.get_by_role("link", name="One", exact=True).wait_for()

    assert Activity.objects.count() == 1
    assert [link["title"] for link in school.refresh().links].count("One") == 1
    assert teacher.tab.get_by_text("Added from Bellringer.").is_visible()


def test_teacher_who_adds_nothing_and_student_who_may_not_come_back_to_the_course(browser, enrol):
    school = enrol("canvas")
    teacher = chooses(Someone(browser, school, "teacher"), "Assignments menu")
    teacher.tool.get_by_role("button", name="Add nothing").click()
    teacher.tab.get_by_text("Nothing was added.").wait_for()

    student = Someone(browser, school, "student").goes_to_the_course()
    student.tab.goto(f"{school.url}/as/student/choose/?placement=course_assignments_menu")
    student.tool.get_by_role("heading", name="Activities are added by teachers").wait_for()
    student.is_painted()
    student.tool.get_by_role("button", name="Back to the course").click()
    student.tab.get_by_text("Activities are added by the course's teachers.").wait_for()
    assert Activity.objects.count() == 0


def test_real_notice_arrives_at_the_running_tool(browser, enrol):
    school = enrol("canvas")
    Someone(browser, school, "teacher").opens("OSCE circuit")
    work()

    course, sent = school.copy_course(deliver=True)
    work()

    assert len(sent) == 1
    assert Context.objects.get(context_id=course["context_id"]).history == [school.course["context_id"]]
