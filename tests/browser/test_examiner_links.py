"""An examiner's link in a real browser: what it opens, what stays behind, and what a device keeps."""

import re
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest

from assessments.marking.models import MarkSheet
from assessments.osce import links, publishing, staffing, timetable
from assessments.osce.models import ExaminerLink
from lti_tool.models import Role
from tests import exams, factories
from tests.browser.test_accessibility import Inspector
from tests.browser.test_keyboard import Keyboard
from tests.browser.test_lost_network import chooses
from tests.browser.test_offline import no_network
from tests.browser.visiting import visit
from tests.processes.conftest import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

LONG_NAME = "Maximiliane-Theodora Featherstonehaugh-Cholmondeley von und zu Hohenlohe-Langenburg"


@pytest.fixture
def exam(tool):
    """A published session; Gwen, who is only named, examines at its first station."""
    made = exams.exam(stations=2, candidates=2)
    session = made.sessions.get()
    gwen = exams.staff(made, "Gwen Guest", role=None)
    session.posts.first().duties.update(staff=gwen)
    timetable.make(session=session, by=None)
    session.refresh_from_db()
    teacher = factories.member(made.activity.context, Role.INSTRUCTOR)
    publishing.publish(session=session, by=teacher)
    link = links.make(session=session, staff=gwen, by=teacher)
    return SimpleNamespace(exam=made, session=session, gwen=gwen, link=link, teacher=teacher)


def opens(tab, link):
    tab.goto(links.address(link))
    tab.get_by_role("heading", name="My stations").wait_for()
    tab.locator("#page:not([inert])").wait_for()
    return tab


def test_link_opens_my_stations_and_its_secret_is_left_nowhere(browser, exam):
    seen = []
    browser.on("request", lambda request: seen.append((request.url, request.all_headers())))
    tab = browser.new_page()

    opens(tab, exam.link)

    path = f"/exams/{exam.exam.activity.key}/mine/"
    assert (urlsplit(tab.url).path, urlsplit(tab.url).fragment) == (path, "")
    assert tab.get_by_text("0 of 2 submitted.").count() == 1
    signature = links.secret(exam.link).rpartition(":")[2]
    assert any("/exam/" in url for url, _headers in seen)
    assert not [url for url, headers in seen if signature in url.partition("#")[0] + str(headers)]
    assert signature not in tab.content()
    assert signature not in tab.evaluate(
        "JSON.stringify([history.state, {...sessionStorage}, {...localStorage}])"
    )
    tab.reload()
    tab.get_by_role("heading", name="My stations").wait_for()
    tab.go_back()
    assert signature not in tab.url
    tab.get_by_text("Scan the QR code that you were given").wait_for()


def test_link_waits_for_the_network(browser, tool, exam):
    tab = browser.new_page()
    tab.goto(f"{tool.url}/exam/")
    tab.get_by_text("Scan the QR code that you were given").wait_for()

    browser.set_offline(True)
    tab.evaluate("secret => { location.hash = secret }", links.secret(exam.link))
    tab.get_by_text("There is no connection to the server just now.").wait_for()
    assert urlsplit(tab.url).fragment == ""
    browser.set_offline(False)
    tab.get_by_role("button", name="Try again").click()

    tab.get_by_role("heading", name="My stations").wait_for()


def test_newer_link_opens_on_the_page_that_refused_the_old_one(browser, exam):
    old = exam.link
    new = links.make(session=exam.session, staff=exam.gwen, by=exam.teacher)
    tab = browser.new_page()
    tab.goto(links.address(old))
    tab.get_by_text("It was withdrawn, or you were given a newer one.").wait_for()

    tab.goto(links.address(new))

    tab.get_by_role("heading", name="My stations").wait_for()


def test_second_device_goes_on_after_a_question_and_the_first_one_too(browser, chromium, exam):
    first = opens(browser.new_page(), exam.link)
    other = chromium.new_context()
    second = other.new_page()

    second.goto(links.address(exam.link))
    second.get_by_role("heading", name="Opened on another device").wait_for()
    keyboard = Keyboard(second)
    keyboard.goes_to(second.get_by_role("button", name="Go on here"))
    keyboard.presses("Enter")

    second.get_by_role("heading", name="My stations").wait_for()
    first.reload()
    first.get_by_role("heading", name="My stations").wait_for()
    other.close()


def test_same_device_is_not_asked_again(browser, exam):
    opens(browser.new_page(), exam.link)

    opens(browser.new_page(), exam.link)

    assert ExaminerLink.objects.get().device is not None


def test_marks_that_wait_on_a_device_are_sent_once_a_new_link_is_opened_on_it(browser, exam):
    """The link is withdrawn while the network is gone: nothing that was tapped is lost."""
    sheet = MarkSheet.objects.filter(assigned_to=staffing.identify(staff=exam.gwen, by=None)).first()
    tab = opens(browser.new_page(), exam.link)
    tab.goto(tab.url.partition("/exams/")[0] + sheet.get_absolute_url())
    tab.get_by_text("Saved on server").wait_for()
    with no_network(browser):
        chooses(tab, "Introduces self", "Fully")
        tab.get_by_text("Saved on this device, 1 waiting").wait_for()
        new = links.make(session=exam.session, staff=exam.gwen, by=exam.teacher)

    tab.get_by_text("Open your personal link again; what you marked is kept on this device.").wait_for()
    assert not sheet.marks.exists()
    opens(tab, new)
    # Whichever page of the new visit comes first sends it.
    tab.goto(tab.url.partition("/exams/")[0] + sheet.get_absolute_url())
    wait_until(sheet.taps.exists)
    tab.get_by_text("Saved on server").wait_for()

    assert [mark.level.title for mark in sheet.marks.all()] == ["Fully"]
    assert [tap.outcome for tap in sheet.taps.all()] == ["applied"]


def test_coordinator_makes_shows_and_withdraws_with_the_keyboard(browser, tool, exam):
    tab = browser.new_page()
    tab.set_viewport_size({"width": 1024, "height": 600})
    tab.emulate_media(reduced_motion="reduce")
    launch = factories.launch(exam.teacher, exam.exam.activity.link)
    visit(tab, tool, launch, exam.session.get_absolute_url())
    keyboard = Keyboard(tab)

    keyboard.follows(tab.get_by_role("link", name="Links for examiners and simulated patients"))
    keyboard.follows(tab.get_by_role("button", name="Make a link for the 1 who has none"))
    tab.get_by_text("2 of 2 have a link that is valid.").wait_for()
    tab.locator("#page:focus").wait_for()
    keyboard.follows(tab.get_by_role("link", name=re.compile("Show.*Gwen Guest")))
    tab.get_by_role("img", name="QR code of the link of Gwen Guest").wait_for()
    keyboard.goes_to(tab.get_by_role("button", name="Withdraw this link…"))
    keyboard.presses("Enter")
    assert keyboard.is_on(tab.get_by_role("dialog").get_by_role("button", name="Withdraw the link"))
    tab.keyboard.press("Enter")

    tab.get_by_text("Withdrawn. It opens nothing any more").wait_for()
    exam.link.refresh_from_db()
    assert exam.link.revoked_at is not None


def test_pages_of_links_meet_wcag_at_every_width(chromium, tool, exam):
    named = exams.staff(exam.exam, LONG_NAME, role=None)
    exams.add_duty(exam.session.posts.first(), named, role="patient")
    links.make(session=exam.session, staff=named, by=exam.teacher)
    context = chromium.new_context(bypass_csp=True)
    context.set_default_timeout(10_000)
    inspector = Inspector(context, tool)
    tab = inspector.tab
    launch = factories.launch(exam.teacher, exam.exam.activity.link)

    def path(page, *more):
        return f"{exam.session.get_absolute_url()}{page}" + "".join(f"{one}/" for one in more)

    def opens_dialog(name):
        return lambda tab: tab.get_by_role("button", name=name).click()

    inspector.visits(launch, path("links/"), "links", "Links for examiners and simulated patients")
    inspector.visits(launch, path("links/cards/"), "cards", "Cards · Morning")
    inspector.visits(launch, path("links/", named.key), "link", LONG_NAME)
    inspector.visits(
        launch, path("links/", named.key), "withdraw", LONG_NAME, opens_dialog("Withdraw this link…")
    )
    tab.goto(f"{tool.url}/exam/")
    inspector.looks("door", "Your stations")
    tab.goto(f"{tool.url}/exam/#nonsense")
    inspector.looks("closed", "This link does not open")
    links.open_visit(link=links.find(links.secret(exam.link)), device=None)
    tab.goto(links.address(exam.link))
    inspector.looks("elsewhere", "Opened on another device")
    context.close()

    assert inspector.found == ""


def test_sheets_of_somebody_else_do_not_open(browser, exam):
    others = MarkSheet.objects.exclude(assigned_to=staffing.identify(staff=exam.gwen, by=None)).first()
    tab = opens(browser.new_page(), exam.link)

    tab.goto(tab.url.partition("/exams/")[0] + others.get_absolute_url())

    tab.get_by_text("This sheet is for another examiner").wait_for()
