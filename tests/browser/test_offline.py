"""A tablet in a tab of its own: no network, a page that is killed, a visit that ends, another device. No tap is lost."""

from contextlib import contextmanager
from datetime import timedelta
from unittest import mock

import pytest
from django.utils import timezone

from assessments.marking.api import TapsView
from assessments.marking.models import MarkSheet, Tap
from lti_tool.models import LaunchToken, Person, Role
from tests import factories
from tests.browser.test_lost_network import TITLES, chooses, chosen, criteria, saved, says
from tests.browser.visiting import visit

pytestmark = pytest.mark.django_db(transaction=True)

KEPT_PAGES = """() => new Promise(done => {
  const opening = indexedDB.open("bellringer", 1);
  opening.onsuccess = () => {
    const counting = opening.result.transaction("pages").objectStore("pages").count();
    counting.onsuccess = () => done(counting.result);
  };
})"""


@contextmanager
def no_network(context):
    """Also for a page that has just been opened by the worker: Chromium cuts that one off a moment late."""
    context.route("**/api/**", lambda route: route.abort())
    context.set_offline(True)
    yield
    context.set_offline(False)
    context.unroute("**/api/**")


def deaf_server():
    """What slips through on a busy machine, when a page is reloaded, meets a server that takes no marks from anybody."""
    return mock.patch.object(TapsView, "post", side_effect=ConnectionError)


@pytest.fixture
def sheet(tool):
    link = factories.ResourceLinkFactory()
    for name in ("Alice Examiner", "Bob Examiner"):
        factories.member(link.context, Role.TEACHING_ASSISTANT, name=name)
    activity = factories.activity(link, *criteria())
    return factories.sheet(activity, factories.member(link.context, name="Priya N."), None)


def launches(tab, tool, sheet, name="Alice Examiner"):
    """Opens the sheet as this person, by a new launch."""
    link = sheet.assessment.activity.resource_link
    launch = factories.launch(Person.objects.get(name=name), link)
    return visit(tab, tool, launch, sheet.get_absolute_url())


def is_ready_for_the_worst(tab):
    """Waits until the tablet could open this page without the network."""
    for _ in range(100):
        if tab.evaluate(
            """async () => {
              const kept = await caches.open("bellringer-sheets-1");
              return Boolean(await kept.match("/sheets/shell")) && (await kept.keys()).length > 10;
            }"""
        ):
            return
        tab.wait_for_timeout(100)
    raise AssertionError("the page is not kept")


def test_second_tap_takes_the_first_back(browser, tool, sheet):
    tab = launches(browser.new_page(), tool, sheet)

    chooses(tab, "Introduces self", "Fully")
    tab.get_by_text("Unanswered: 2").wait_for()
    chooses(tab, "Introduces self", "Fully")
    tab.get_by_text("Unanswered: 3").wait_for()
    says(tab, "Saved on server")

    assert chosen(tab) == saved() == dict.fromkeys(TITLES)


def test_reload_without_the_network_shows_everything_that_was_marked(browser, tool, sheet):
    tab = launches(browser.new_page(), tool, sheet)
    chooses(tab, "Introduces self", "Fully")
    says(tab, "Saved on server")
    is_ready_for_the_worst(tab)

    with no_network(browser), deaf_server():
        chooses(tab, "Asks openly", "Partly")
        says(tab, "Saved on this device, 1 waiting")
        tab.reload()
        tab.get_by_text("Unanswered: 1").wait_for()
        assert chosen(tab) == {"Introduces self": "Fully", "Asks openly": "Partly", "Washes hands": None}
        chooses(tab, "Washes hands", "Fully")
        says(tab, "Saved on this device, 2 waiting")
        assert saved()["Asks openly"] is None

    says(tab, "Saved on server")
    assert saved() == {"Introduces self": "Fully", "Asks openly": "Partly", "Washes hands": "Fully"}


def test_killed_browser_goes_on_without_the_network_and_sends_after_the_next_launch(browser, tool, sheet):
    tab = launches(browser.new_page(), tool, sheet)
    says(tab, "Saved on server")
    is_ready_for_the_worst(tab)

    with no_network(browser):
        chooses(tab, "Introduces self", "Fully")
        says(tab, "Saved on this device, 1 waiting")
        tab.close()  # and with it the token of its tab
        tab = browser.new_page()
        tab.goto(tool.url + sheet.get_absolute_url())
        tab.get_by_text("Unanswered: 2").wait_for()
        chooses(tab, "Asks openly", "Fully")
        says(tab, "Saved on this device, 2 waiting")

    says(tab, "Not saved: your visit is over. Open the activity again from your course")
    launches(tab, tool, sheet)

    says(tab, "Saved on server")
    assert (
        chosen(tab) == saved() == {"Introduces self": "Fully", "Asks openly": "Fully", "Washes hands": None}
    )


def test_submitted_without_the_network_and_killed_it_is_handed_in_once(browser, tool, sheet):
    tab = launches(browser.new_page(), tool, sheet)
    is_ready_for_the_worst(tab)

    with no_network(browser):
        for title in TITLES:
            chooses(tab, title, "Fully")
        tab.get_by_role("button", name="Submit").click()
        says(tab, "Saved on this device, 4 waiting")
        tab.reload()
        tab.get_by_text("Submitted from this device").wait_for()

    tab.get_by_text("Submitted. The candidate sees it after the release.").wait_for()
    assert saved() == dict.fromkeys(TITLES, "Fully")
    assert MarkSheet.objects.submitted().count() == 1


def test_what_was_submitted_without_the_network_can_be_marked_on(browser, tool, sheet):
    tab = launches(browser.new_page(), tool, sheet)

    with no_network(browser):
        for title in TITLES:
            chooses(tab, title, "Fully")
        tab.get_by_role("button", name="Submit").click()
        tab.get_by_role("button", name="Not yet: go on marking").click()
        chooses(tab, "Asks openly", "Partly")

    says(tab, "Saved on server")
    assert saved()["Asks openly"] == "Partly"
    assert not MarkSheet.objects.submitted().exists()


def test_missing_answers_are_named_and_a_step_away(browser, tool, sheet):
    tab = launches(browser.new_page(), tool, sheet)
    chooses(tab, "Introduces self", "Fully")

    tab.get_by_role("button", name="Submit").click()

    named = tab.get_by_role("alert").get_by_role("link")
    assert named.all_inner_texts() == ["Asks openly", "Washes hands"]
    assert not Tap.objects.filter(field="submit").exists()


def test_next_person_on_the_tablet_sees_and_sends_nothing_of_the_first(browser, tool, sheet):
    tab = launches(browser.new_page(), tool, sheet)
    is_ready_for_the_worst(tab)
    LaunchToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    chooses(tab, "Introduces self", "Fully")
    says(tab, "Not saved: your visit is over")

    launches(tab, tool, sheet, "Bob Examiner")
    says(tab, "Saved on server")
    assert chosen(tab) == saved() == dict.fromkeys(TITLES)

    launches(tab, tool, sheet)
    says(tab, "Saved on server")
    assert saved()["Introduces self"] == "Fully"
    assert Tap.objects.get().by.name == "Alice Examiner"


def test_two_tabs_of_one_tablet_give_each_tap_its_own_number(browser, tool, sheet):
    one = launches(browser.new_page(), tool, sheet)
    two = launches(browser.new_page(), tool, sheet)

    with no_network(browser):
        for tab, title in ((one, "Introduces self"), (two, "Asks openly"), (one, "Washes hands")):
            tab.bring_to_front()
            chooses(tab, title, "Fully")
            says(tab, "Saved on this device")

    for tab in (one, two):
        says(tab, "Saved on server")
    assert saved() == dict.fromkeys(TITLES, "Fully")
    assert sorted(Tap.objects.values_list("sequence", flat=True)) == [1, 2, 3]
    assert Tap.objects.values("log").distinct().count() == 1


def test_swapped_tablet_overrules_nobody_and_what_came_late_is_shown(chromium, browser, tool, sheet):
    lost = launches(browser.new_page(), tool, sheet)
    other = chromium.new_context()
    with no_network(browser):
        chooses(lost, "Introduces self", "Not done")
        says(lost, "Saved on this device, 1 waiting")
        new = launches(other.new_page(), tool, sheet)
        chooses(new, "Introduces self", "Fully")
        says(new, "Saved on server")

    says(lost, "Not saved: Another device had changed this meanwhile; what it said stays.")
    assert chosen(lost) == saved() == {"Introduces self": "Fully", "Asks openly": None, "Washes hands": None}
    new.reload()
    new.get_by_text("Introduces self: Not done (received").wait_for()
    other.close()


def test_two_devices_see_each_others_marks(chromium, browser, tool, sheet):
    tablet = launches(browser.new_page(), tool, sheet)
    other = chromium.new_context()
    phone = launches(other.new_page(), tool, sheet, "Bob Examiner")

    chooses(phone, "Asks openly", "Fully")
    says(phone, "Saved on server")
    tablet.bring_to_front()
    chooses(tablet, "Introduces self", "Partly")
    says(tablet, "Saved on server")

    assert (
        chosen(tablet)
        == saved()
        == {"Introduces self": "Partly", "Asks openly": "Fully", "Washes hands": None}
    )
    other.close()


def test_ended_visit_leaves_no_page_on_the_device(browser, tool, sheet):
    tab = launches(browser.new_page(), tool, sheet)
    is_ready_for_the_worst(tab)
    tab.get_by_role("button", name="End this visit").click()
    tab.get_by_role("dialog").get_by_role("button", name="End the visit").click()
    tab.get_by_role("heading", name="Your visit has ended").wait_for()
    for _ in range(50):
        if tab.evaluate(KEPT_PAGES) == 0:
            break
        tab.wait_for_timeout(100)

    with no_network(browser):
        tab.goto(tool.url + sheet.get_absolute_url())
        tab.get_by_role("heading", name="Please open").wait_for()
        assert "Priya" not in tab.locator("body").inner_text()


def test_pages_of_other_days_leave_the_device(browser, tool, sheet):
    tab = launches(browser.new_page(), tool, sheet)
    is_ready_for_the_worst(tab)
    other = factories.sheet(sheet.assessment.activity, factories.member(sheet.context, name="Sam O."), None)
    assert tab.evaluate(KEPT_PAGES) == 1

    tab.clock.install(time=timezone.now() + timedelta(days=4))
    LaunchToken.objects.update(expires_at=timezone.now() + timedelta(days=9))
    launches(tab, tool, other)
    tab.wait_for_function("() => document.querySelector('h1').textContent.includes('Sam')")

    assert tab.evaluate(KEPT_PAGES) == 1


SLOW_STORAGE = """
  const open = IDBFactory.prototype.open;
  IDBFactory.prototype.open = function (...named) {
    const request = open.apply(this, named);
    Object.defineProperty(request, "onsuccess", {
      set: (then) => request.addEventListener("success", (event) => setTimeout(() => then(event), 1500)),
    });
    return request;
  };
"""


def test_tap_before_the_device_has_answered_is_kept_beside_what_it_held(browser, tool, sheet):
    tab = launches(browser.new_page(), tool, sheet)
    with no_network(browser):
        chooses(tab, "Introduces self", "Fully")
        says(tab, "Saved on this device, 1 waiting")
        tab.close()
    quick = browser.new_page()
    quick.add_init_script(SLOW_STORAGE)

    launches(quick, tool, sheet)
    chooses(quick, "Asks openly", "Partly")
    says(quick, "Saved on server")

    assert saved() == {"Introduces self": "Fully", "Asks openly": "Partly", "Washes hands": None}
    assert sorted(Tap.objects.values_list("sequence", flat=True)) == [1, 2]


def test_what_is_too_much_at_once_is_sent_in_parts(browser, tool, sheet):
    tab = launches(browser.new_page(), tool, sheet)
    with no_network(browser):
        for title in TITLES:
            chooses(tab, title, "Fully")
        says(tab, "Saved on this device, 3 waiting")
        sizes = []

        def small_only(route):
            sizes.append(len(route.request.post_data_json["taps"]))
            if sizes[-1] > 1:
                route.fulfill(status=413, json={"detail": "Too much at once."})
            else:
                route.continue_()

        tab.route("**/taps/", small_only)

    says(tab, "Saved on server")
    assert saved() == dict.fromkeys(TITLES, "Fully")
    assert sizes[:2] == [3, 2]


def test_one_tap_that_is_refused_holds_no_other_up(browser, tool, sheet):
    tab = launches(browser.new_page(), tool, sheet)

    def refuses_the_first(route):
        if route.request.post_data_json["taps"][0]["sequence"] == 1:
            route.fulfill(status=400, json={"detail": "This cannot be."})
        else:
            route.continue_()

    tab.route("**/taps/", refuses_the_first)
    chooses(tab, "Introduces self", "Fully")
    says(tab, "Not saved: This cannot be.")
    chooses(tab, "Asks openly", "Fully")
    tab.wait_for_function(
        "() => document.querySelector('[data-save-state]').textContent.includes('This cannot be')"
    )
    tab.unroute("**/taps/")
    tab.reload()
    tab.get_by_text("Unanswered: 1").wait_for()  # what waited is on the screen again

    says(tab, "Saved on server")
    assert saved() == {"Introduces self": "Fully", "Asks openly": "Fully", "Washes hands": None}


def test_nobody_claims_to_have_seen_what_never_was_on_the_screen(chromium, browser, tool, sheet):
    """A device learns what others changed when it shows it, so that what it told before counts as late."""
    tablet = launches(browser.new_page(), tool, sheet)
    other = chromium.new_context()
    with no_network(browser):
        phone = launches(other.new_page(), tool, sheet, "Bob Examiner")
        for title in TITLES:
            chooses(phone, title, "Fully")
        says(phone, "Saved on server")
        chooses(tablet, "Introduces self", "Partly")
        chooses(tablet, "Asks openly", "Partly")
        says(tablet, "Saved on this device, 2 waiting")

    says(tablet, "Not saved: Another device had changed this meanwhile")
    assert chosen(tablet) == saved() == dict.fromkeys(TITLES, "Fully")
    assert Tap.objects.filter(outcome=Tap.Outcome.LATE).count() == 2
    other.close()
