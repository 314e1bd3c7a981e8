"""A rubric leaves the course frame as a file and comes back into it, in a browser that sends no cookies there."""

import pytest

from assessments.rubrics.files.reading import read
from assessments.rubrics.models import Rubric
from tests.browser.course import Someone

pytestmark = pytest.mark.django_db(transaction=True)


def test_rubric_goes_out_as_a_workbook_and_comes_back_as_a_draft(browser, enrol, tmp_path):
    school = enrol("canvas")
    school.link(title="History taking")
    teacher = Someone(browser, school, "teacher").opens("History taking")
    tool = teacher.tool
    tool.get_by_role("button", name="Start from the template Focused history taking").click()
    tool.get_by_role("link", name="Export").click()
    tool.get_by_role("heading", name="Export").wait_for()
    tabs = len(browser.pages)

    with browser.expect_event("download") as downloaded:
        tool.get_by_role("link", name="Download: Excel workbook").click()
    kept = tmp_path / downloaded.value.suggested_filename
    downloaded.value.save_as(kept)
    assert kept.name == "focused-history-taking-1.xlsx"
    assert len(browser.pages) == tabs
    tool.get_by_role("heading", name="Export").wait_for()  # the frame stays where it was

    tool.get_by_role("link", name="Back to the rubric").click()
    tool.get_by_role("link", name="Rubrics of this course").click()
    tool.get_by_role("link", name="Import").click()
    tool.get_by_label("File").set_input_files(kept)
    tool.get_by_role("button", name="Look at it").click()
    tool.get_by_role("heading", name="What will be imported").wait_for()
    assert Rubric.objects.count() == 1
    tool.get_by_role("button", name="Make the draft").click()
    tool.get_by_role("button", name="Publish").wait_for()

    first, second = Rubric.objects.whole().order_by("pk")
    assert second.wording() == first.wording() == read(kept.read_bytes()).rubrics[0]
