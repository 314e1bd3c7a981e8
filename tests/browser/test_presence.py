"""What the server knows of a tablet that has a sheet open: it is named while it may hold marks, and no longer."""

from datetime import timedelta

import pytest
from django.db.models import F

from assessments.marking import presence
from assessments.marking.models import Presence
from tests.browser.test_lost_network import chooses, says
from tests.browser.test_offline import launches, no_network, sheet  # noqa: F401 (a fixture)

pytestmark = pytest.mark.django_db(transaction=True)


def named(sheet):  # noqa: F811
    return [(it.by.name, it.waiting) for it in presence.unsynced([sheet]).get(sheet.pk, [])]


def becomes(tab, ask, answer):
    for _ in range(100):
        if ask() == answer:
            return
        tab.wait_for_timeout(100)
    assert ask() == answer


def test_tablet_is_named_while_it_is_silent_and_until_nothing_waits_on_it(browser, tool, sheet):  # noqa: F811
    tab = launches(browser.new_page(), tool, sheet)
    becomes(tab, Presence.objects.count, 1)

    with no_network(browser):
        chooses(tab, "Introduces self", "Fully")
        says(tab, "Saved on this device, 1 waiting")
        assert named(sheet) == []
        minute = timedelta(minutes=1)
        Presence.objects.update(heard_at=F("heard_at") - minute, open_at=F("open_at") - minute)
        assert named(sheet) == [("Alice Examiner", 0)]

    says(tab, "Saved on server")
    becomes(tab, lambda: named(sheet), [])


def test_tablet_says_what_waits_on_it_when_only_its_marks_do_not_pass(browser, tool, sheet):  # noqa: F811
    tab = launches(browser.new_page(), tool, sheet)

    tab.route("**/taps/", lambda route: route.abort())
    chooses(tab, "Introduces self", "Fully")
    chooses(tab, "Asks openly", "Fully")
    becomes(tab, lambda: named(sheet), [("Alice Examiner", 2)])
    tab.unroute("**/taps/")

    says(tab, "Saved on server")
    becomes(tab, lambda: named(sheet), [])


def test_sheet_that_is_left_is_left_on_the_server_too(browser, tool, sheet):  # noqa: F811
    tab = launches(browser.new_page(), tool, sheet)
    becomes(tab, lambda: Presence.objects.filter(open_at__isnull=False).count(), 1)

    tab.get_by_role("link", name="All candidates").click()
    tab.get_by_role("heading", name="Candidates").first.wait_for()
    becomes(tab, lambda: Presence.objects.filter(open_at=None).count(), 1)

    launches(tab, tool, sheet)
    becomes(tab, lambda: Presence.objects.filter(open_at__isnull=False).count(), 1)
    tab.close(run_before_unload=True)
    becomes(browser.new_page(), lambda: Presence.objects.filter(open_at=None).count(), 1)
