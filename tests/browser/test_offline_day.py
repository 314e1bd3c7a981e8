"""A day without the network: the list of stations keeps every sheet on the device, and one marks from candidate to candidate."""

import pytest

from assessments.marking.models import MarkSheet, Tap
from assessments.osce.models import EncounterSheet
from lti_tool.models import Role
from tests import exams, factories
from tests.browser.test_lost_network import chooses, says
from tests.browser.test_offline import KEPT_PAGES, no_network
from tests.browser.visiting import visit

pytestmark = pytest.mark.django_db(transaction=True)

READY = "Ready without the network: 3 of 3 sheets"


@pytest.fixture
def session(tool):
    return exams.published(exams.exam(stations=3, candidates=3))


@pytest.fixture
def mine(session):
    """The sheets of one examiner, in the order of their candidates."""
    rows = EncounterSheet.objects.filter(encounter__session=session, encounter__station__place=0)
    return [row.sheet for row in rows.order_by("encounter__round").select_related("sheet__assigned_to")]


@pytest.fixture
def tab(browser, tool, session, mine):
    """My stations, in a tab of its own, ready for the day."""
    return opens_list(browser.new_page(), tool, session, mine[0].assigned_to)


def opens_list(tab, tool, session, person):
    activity = session.exam.activity
    visit(tab, tool, factories.launch(person, activity.resource_link), f"/exams/{activity.key}/mine/")
    tab.get_by_text(READY).wait_for()
    tab.wait_for_function(
        """async () => {
          const kept = await (await caches.open("bellringer-sheets-1")).keys();
          return kept.some(({ url }) => url.endsWith("/sheets/shell")) && kept.some(({ url }) => url.includes(".css"));
        }"""
    )
    return tab


def is_at(tab, sheet):
    tab.locator("h1", has_text=sheet.candidate.display_name).wait_for()
    assert tab.url.endswith(sheet.get_absolute_url())


def marks_all(tab):
    chooses(tab, "Introduces self", "Fully")
    chooses(tab, "Asks openly", "Partly")
    tab.get_by_role("group", name="Global rating").locator("label.segment").last.click()


def test_three_candidates_are_marked_without_the_network_and_are_on_the_server_once(browser, tool, tab, mine):
    with no_network(browser):
        tab.get_by_role("link", name=mine[0].candidate.display_name).click()
        for sheet in mine:
            is_at(tab, sheet)
            marks_all(tab)
            tab.locator("[data-submit]").click()
        tab.get_by_role("heading", name="My stations").wait_for()
        assert Tap.objects.count() == 0

    for _ in range(100):
        if MarkSheet.objects.submitted().count() == 3:
            break
        tab.wait_for_timeout(100)
    told = sorted(Tap.objects.values_list("sheet", "field", "outcome"))
    assert len(told) == len(set(told)) == 3 * 4
    assert {outcome for *_, outcome in told} == {"applied"}
    assert list(MarkSheet.objects.submitted().order_by("pk")) == sorted(mine, key=lambda sheet: sheet.pk)
    assert [sheet.marks.count() for sheet in mine] == [3, 3, 3]


def test_previous_candidate_is_corrected_without_the_network(browser, tab, mine):
    with no_network(browser):
        tab.get_by_role("link", name=mine[0].candidate.display_name).click()
        is_at(tab, mine[0])
        marks_all(tab)
        tab.locator("[data-submit]").click()
        is_at(tab, mine[1])

        tab.go_back()
        is_at(tab, mine[0])
        tab.get_by_role("button", name="Not yet: go on marking").click()
        chooses(tab, "Asks openly", "Fully")
        tab.locator("[data-submit]").click()
        is_at(tab, mine[1])
        chooses(tab, "Asks openly", "Fully")
        tab.reload()
        is_at(tab, mine[1])
        tab.get_by_text("Unanswered: 2").wait_for()

    says(tab, "Saved on server")
    for sheet, marks in ((mine[0], 3), (mine[1], 1)):
        sheet.refresh_from_db()
        assert sheet.marks.count() == marks
        assert sheet.marks.get(criterion__title="Asks openly").level.title == "Fully"
    assert (mine[0].is_submitted, mine[1].is_submitted) == (True, False)


def test_list_itself_opens_without_the_network_from_a_sheet(browser, tab, mine):
    with no_network(browser):
        tab.get_by_role("link", name=mine[1].candidate.display_name).click()
        is_at(tab, mine[1])
        tab.get_by_role("link", name="My stations").click()
        tab.get_by_role("heading", name="My stations").wait_for()
        tab.get_by_role("link", name=mine[2].candidate.display_name).click()
        is_at(tab, mine[2])


def test_nobody_opens_what_another_rater_kept(browser, tool, tab, session, mine):
    link = session.exam.activity.resource_link
    other = factories.member(link.context, Role.TEACHING_ASSISTANT, name="Otto Other")
    foreign = mine[0].get_absolute_url()
    assert tab.evaluate(KEPT_PAGES) == 4

    visit(tab, tool, factories.launch(other, link), "/activities/")
    new = browser.new_page()
    with no_network(browser):
        tab.goto(tool.url + foreign)
        tab.get_by_role("heading", name="Please open").wait_for()
        assert mine[0].candidate.display_name not in tab.content()
        new.goto(tool.url + foreign)  # a tab without a visit: the last who marked here goes on
        is_at(new, mine[0])


def test_sheets_that_have_not_changed_are_not_sent_again(browser, tool, tab, session, mine):
    answers = []
    tab.on("response", lambda answer: answers.append((answer.request.url, answer.status)))
    mine[1].refresh_from_db()
    MarkSheet.objects.filter(pk=mine[1].pk).update(overall_comment="Changed", revision=1)

    opens_list(tab, tool, session, mine[0].assigned_to)

    sent = {
        url[len(tool.url) :]: status for url, status in answers if "/sheets/" in url and url.endswith("/")
    }
    assert {sheet.get_absolute_url(): sent[sheet.get_absolute_url()] for sheet in mine} == {
        mine[0].get_absolute_url(): 304,
        mine[1].get_absolute_url(): 200,
        mine[2].get_absolute_url(): 304,
    }
