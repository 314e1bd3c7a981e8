"""From launch to gradebook in a real browser: the tool in a frame on another site, third-party cookies blocked."""

import re

import pytest

from lti_tool.models import Score
from tests.browser.course import Someone, fills_sheet, work, writes_and_uses_a_rubric

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("profile", ["plain", "moodle", "canvas"])
def test_rubric_to_gradebook_and_back_to_the_student(browser, enrol, profile):
    school = enrol(profile)
    teacher = Someone(browser, school, "teacher").adds_activity("History taking").opens("History taking")
    writes_and_uses_a_rubric(teacher)
    work()

    examiner = Someone(browser, school, "ta").opens("History taking")
    name = school.person("student").name
    examiner.tool.get_by_role("button", name=re.compile(f"Mark.*{name}")).click()
    fills_sheet(examiner, comment="A clear opening. Next time, ask what worries the patient.")
    examiner.tool.get_by_role("button", name="Submit").click()
    examiner.tool.get_by_text(re.compile("1 of . marked")).wait_for()

    student = Someone(browser, school, "student").opens("History taking")
    student.tool.get_by_text("not released yet").wait_for()

    teacher.opens("History taking")
    teacher.tool.get_by_role("link", name="Release 1 result").click()
    teacher.tool.get_by_role("button", name="Release").click()
    teacher.tool.get_by_text("Released. Candidates see").wait_for()
    teacher.tool.get_by_text("Waiting to be sent").wait_for()
    work()
    teacher.tool.get_by_text("Delivered.").wait_for()  # the page finds out by itself

    score = Score.objects.get()
    assert score.state == "delivered"
    shown = teacher.gradebook()
    assert "A clear opening. Next time, ask what worries the patient." in shown
    assert school.cell("student")["score"] == pytest.approx(
        float(score.given / score.maximum) * 100, abs=0.01
    )

    student.opens("History taking")
    student.tool.get_by_text("Your feedback, released").wait_for()
    feedback = student.tool.locator("main").inner_text()
    assert "A clear opening" in feedback
    assert "Your level" in feedback
    assert school.person("ta").name not in feedback
