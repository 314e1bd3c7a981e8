"""Marking where the network comes and goes: nothing is lost, and the sheet says in words what is where."""

from datetime import timedelta

import pytest
from django.utils import timezone

from assessments.activities import activities
from assessments.marking.models import MarkSheet
from lti_tool.models import LaunchToken, Person, ResourceLink, Role
from tests import factories
from tests.browser.course import Someone, no_network
from tests.browser.visiting import visit

pytestmark = pytest.mark.django_db(transaction=True)

TITLES = ["Introduces self", "Asks openly", "Washes hands"]


def criteria():
    return [factories.criterion(title) for title in TITLES]


def chooses(page, criterion, level):
    page.get_by_role("group", name=criterion).get_by_text(level, exact=True).click()


def chosen(page):
    """What the sheet on the screen says."""
    return {title: _chosen(page.get_by_role("group", name=title)) for title in TITLES}


def _chosen(group):
    boxes = group.locator("label.segment").all()
    return next((box.inner_text().strip() for box in boxes if box.get_by_role("radio").is_checked()), None)


def saved():
    """What the server has of the one sheet."""
    rows = dict(MarkSheet.objects.get().marks.values_list("criterion__title", "level__title"))
    return {title: rows.get(title) for title in TITLES}


def says(page, words):
    page.locator("[data-save-state]", has_text=words).wait_for()


@pytest.fixture
def in_the_frame(browser, enrol):
    """An examiner at an empty sheet, in the course frame, where this browser keeps nothing for us."""
    school = enrol("plain")
    school.link(title="History taking")
    examiner = Someone(browser, school, "ta").opens("History taking")
    link = ResourceLink.objects.get(title="History taking")
    activities.set_up(resource_link=link, rubric=factories.published(link.context, *criteria()), by=None)
    factories.member(link.context, name="Priya N.")
    examiner.opens("History taking")
    examiner.tool.get_by_role("button", name="Mark Priya N.").click()
    examiner.tool.get_by_text("Unanswered: 3").wait_for()
    return examiner


@pytest.fixture
def link(tool):
    return factories.ResourceLinkFactory()


@pytest.fixture
def sheet(link):
    """An empty sheet, and an examiner who began it."""
    examiner = factories.member(link.context, Role.TEACHING_ASSISTANT, name="Alice Examiner")
    return factories.sheet(
        factories.activity(link, *criteria()), factories.member(link.context, name="Priya N."), examiner
    )


def opens_sheet(browser, tool, sheet, name):
    person = Person.objects.get(name=name)
    link = sheet.assessment.activity.resource_link
    return visit(browser.new_page(), tool, factories.launch(person, link), sheet.get_absolute_url())


def test_marking_goes_on_without_the_network(browser, in_the_frame):
    page = in_the_frame.tool

    with no_network(browser):
        chooses(page, "Introduces self", "Partly")
        says(page, "Kept on this device while this page is open, 1 waiting")
        chooses(page, "Asks openly", "Fully")
        chooses(page, "Introduces self", "Fully")
        page.get_by_label("Overall comment").fill("Calm and clear.")
        says(page, "Kept on this device while this page is open, 4 waiting")
        page.get_by_text("Unanswered: 1").wait_for()
        assert saved() == dict.fromkeys(TITLES)

    says(page, "Saved on server")
    assert saved() == {"Introduces self": "Fully", "Asks openly": "Fully", "Washes hands": None}
    assert MarkSheet.objects.get().overall_comment == "Calm and clear."


def test_sheet_is_submitted_once_the_network_is_back(browser, in_the_frame):
    page = in_the_frame.tool

    with no_network(browser):
        for title in TITLES:
            chooses(page, title, "Fully")
        page.get_by_role("button", name="Submit").click()
        says(page, "4 waiting")
        page.get_by_text("Submitted from this device as soon as the network lets it through.").wait_for()
        assert not MarkSheet.objects.submitted().exists()

    page.get_by_text("Submitted. The candidate sees it after the release.").wait_for()
    assert saved() == dict.fromkeys(TITLES, "Fully")
    assert MarkSheet.objects.submitted().count() == 1


def test_marks_that_wait_survive_a_reload_where_the_browser_keeps_them(browser, tool, sheet):
    page = opens_sheet(browser, tool, sheet, "Alice Examiner")
    page.route("**/api/**", lambda route: route.abort())
    chooses(page, "Asks openly", "Partly")
    page.get_by_label("Overall comment").fill("Calm.")
    says(page, "Saved on this device, 2 waiting")

    page.reload()
    says(page, "Saved on this device, 2 waiting")
    page.get_by_text("Unanswered: 2").wait_for()
    on_screen = chosen(page)
    assert saved() == dict.fromkeys(TITLES)
    page.unroute("**/api/**")

    says(page, "Saved on server")
    assert on_screen == saved() == {"Introduces self": None, "Asks openly": "Partly", "Washes hands": None}
    assert MarkSheet.objects.get().overall_comment == "Calm."


def test_visit_that_ends_in_the_middle_loses_nothing_while_the_page_is_open(browser, in_the_frame):
    page = in_the_frame.tool
    chooses(page, "Introduces self", "Fully")
    says(page, "Saved on server")
    LaunchToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    chooses(page, "Asks openly", "Partly")
    says(page, "Not saved: your visit is over, and 1 of your changes are only on this page.")
    says(page, "open the activity again from your course in another tab")
    chooses(page, "Washes hands", "Fully")
    says(page, "2 of your changes")
    on_screen = {"Introduces self": "Fully", "Asks openly": "Partly", "Washes hands": "Fully"}
    assert chosen(page) == on_screen
    assert saved() == {"Introduces self": "Fully", "Asks openly": None, "Washes hands": None}

    LaunchToken.objects.update(expires_at=timezone.now() + timedelta(hours=1))
    says(page, "Saved on server")  # it kept trying
    assert saved() == on_screen


def test_next_visit_in_the_same_tab_sends_what_waited(browser, tool, sheet):
    page = opens_sheet(browser, tool, sheet, "Alice Examiner")
    LaunchToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    chooses(page, "Asks openly", "Partly")
    says(page, "Not saved: your visit is over. Open the activity again from your course")
    says(page, "what you marked is kept on this device")

    link = sheet.assessment.activity.resource_link
    examiner = Person.objects.get(name="Alice Examiner")
    visit(page, tool, factories.launch(examiner, link), sheet.get_absolute_url())

    says(page, "Saved on server")
    assert chosen(page) == saved() == {"Introduces self": None, "Asks openly": "Partly", "Washes hands": None}


def test_second_examiner_to_submit_sees_who_was_first(browser, tool, sheet):
    context = sheet.context
    factories.member(context, Role.INSTRUCTOR, name="Bob Examiner")
    factories.fill(sheet, Person.objects.get(name="Alice Examiner"))
    alice = opens_sheet(browser, tool, sheet, "Alice Examiner")
    bob = opens_sheet(browser, tool, sheet, "Bob Examiner")

    alice.bring_to_front()
    alice.get_by_role("button", name="Submit").click()
    alice.get_by_text("1 of 1 marked").wait_for()
    bob.bring_to_front()
    bob.get_by_role("button", name="Submit").click()

    bob.get_by_role("alert").get_by_text("Alice Examiner submitted this sheet").wait_for()
    bob.get_by_role("alert").get_by_text("nothing of it was changed or lost").wait_for()
    assert MarkSheet.objects.get().submitted_by.name == "Alice Examiner"
