"""The administration in a real browser: its forms are accepted, and a strict policy breaks nothing (see `browser`)."""

import re

import pytest
from django.contrib.auth.models import User

from lti_tool.models import Deployment
from tests.administration import rows
from tests.browser.test_accessibility import problems_of

PASSWORD = "correct horse battery"


@pytest.fixture
def administrator(browser, tool):
    User.objects.create_superuser("ada", password=PASSWORD)
    tab = browser.new_page()
    tab.goto(f"{tool.url}/admin/")
    signs_in(tab)
    return tab


def signs_in(tab):
    tab.get_by_label("Username").fill("ada")
    tab.get_by_label("Password").fill(PASSWORD)
    tab.get_by_role("button", name="Log in").click()
    tab.get_by_role("heading", name="Platforms, deliveries and keys").wait_for()


def test_an_administrator_signs_in_looks_around_and_approves_a_place(administrator, tool, browser):
    place = rows.make()["deployment"]
    Deployment.objects.update(status="pending")

    for name in ("Registrations", "Scores", "Tool keys", "Problems"):
        administrator.get_by_role("link", name=name, exact=True).first.click()
        administrator.locator("#content h1").wait_for()
        administrator.locator(".theme-toggle").first.click()
        administrator.goto(f"{tool.url}/admin/")
    administrator.get_by_role("link", name="Deployments", exact=True).first.click()
    administrator.locator("#result_list input.action-select").check()
    administrator.locator("select[name=action]").select_option(label="Approve")
    administrator.get_by_role("button", name=re.compile("^(Run|Go)")).click()
    administrator.get_by_text("1 changed: active.").wait_for()

    place.refresh_from_db()
    assert place.status == "active"
    cookies = browser.cookies()
    assert {cookie["path"] for cookie in cookies} == {"/admin/"}
    assert all(cookie["httpOnly"] for cookie in cookies)


def test_pages_for_inviting_and_registering_are_accessible(chromium, tool):
    """With the pages' own policy off: axe writes styles into the page to measure it."""
    User.objects.create_superuser("ada", password=PASSWORD)
    context = chromium.new_context(bypass_csp=True)
    tab = context.new_page()
    tab.goto(f"{tool.url}/admin/")
    found = {"sign in": problems_of(tab)}
    signs_in(tab)
    found["index"] = problems_of(tab)
    tab.goto(f"{tool.url}/admin/lti_tool/registration/add/")
    tab.locator("summary", has_text="Values to copy").click()
    found["by hand"] = problems_of(tab)
    tab.goto(f"{tool.url}/admin/lti_tool/invite/add/")
    found["invite"] = problems_of(tab)
    tab.get_by_label("Who it is for").fill("Northfield")
    tab.get_by_role("button", name="Save").click()
    tab.get_by_label("Registration address").wait_for()
    found["invited"] = problems_of(tab)
    context.close()

    assert found == dict.fromkeys(found, [])
