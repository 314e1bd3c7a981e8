"""The session without cookies, in Chromium with third-party cookies blocked and a frame on another site."""

import re

import pytest

from lti_tool import cookies
from tests.browser.course import Someone, work, writes_and_uses_a_rubric

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def school(enrol):
    made = enrol("plain")
    made.link(title="History taking")
    return made


def opened(browser, school, handle):
    return Someone(browser, school, handle).opens("History taking")


def test_the_browser_really_blocks_third_party_cookies(browser, school, tool):
    third_party = {"name": "third", "value": "party", "sameSite": "None", "secure": True}
    browser.add_cookies([{**third_party, "domain": "127.0.0.1", "path": "/"}])
    launches = []
    browser.on("request", lambda request: launches.append(request) if "/lti/launch/" in request.url else None)

    opened(browser, school, "student")

    # Of all cookies only the partitioned one of the login comes back.
    assert "third" in {cookie["name"] for cookie in browser.cookies()}
    (sent,) = [request.all_headers()["cookie"] for request in launches]
    assert sent.startswith("bellringer-")
    assert "third=party" not in sent


def test_two_launches_of_different_people_do_not_mix(browser, school):
    teacher, student = opened(browser, school, "teacher"), opened(browser, school, "student")

    for _ in range(2):
        teacher.reloads()
        student.reloads()
        teacher.tool.get_by_role("heading", name="What shall this link open?").wait_for()
        student.tool.get_by_role("heading", name="Not ready yet").wait_for()

    teacher.tool.get_by_role("button", name="Start from").first.click()
    teacher.tool.get_by_role("button", name="Publish").wait_for()
    student.reloads()
    student.tool.get_by_role("heading", name="Not ready yet").wait_for()


def test_back_and_reload_show_what_was_there(browser, school):
    teacher = opened(browser, school, "teacher").stays()
    teacher.tool.get_by_role("button", name="Start from").first.click()
    teacher.tool.get_by_role("button", name="Publish").wait_for()

    teacher.frame.evaluate("history.back()")
    teacher.tool.get_by_role("heading", name="What shall this link open?").wait_for()
    teacher.reloads()
    teacher.tool.get_by_role("heading", name="What shall this link open?").wait_for()
    teacher.tool.get_by_role("link", name="Go on with").click()
    teacher.tool.get_by_role("button", name="Publish").wait_for()
    teacher.reloads()
    teacher.tool.get_by_role("button", name="Publish").wait_for()


def test_address_of_a_page_without_a_launch_shows_nothing(browser, school, tool):
    path = opened(browser, school, "teacher").stays().frame.url

    stranger = browser.new_page()
    stranger.goto(path)

    stranger.get_by_role("heading", name="Please open this activity from your course").wait_for()


def test_token_is_in_no_address_and_no_document(browser, school):
    seen = []
    browser.on(
        "request", lambda request: seen.append((request.url, request.headers.get("authorization", "")))
    )
    teacher = opened(browser, school, "teacher")
    teacher.tool.get_by_role("button", name="Start from").first.click()
    teacher.tool.get_by_role("button", name="Publish").wait_for()

    token = next(header.removeprefix("Bearer ") for _, header in seen if header)
    assert all(token not in url for url, _ in seen)
    assert token not in teacher.frame.content()


@pytest.fixture
def no_cookie_is_kept(monkeypatch):
    """As in Safari before 26.2, which keeps no cookie of a frame: none is set, so none comes back."""
    monkeypatch.setattr(cookies, "set_binding", lambda *args, **kwargs: None)


def test_platform_storage_proves_the_browser_where_no_cookie_does(no_cookie_is_kept, browser, enrol):
    canvas = enrol("canvas")
    canvas.link(title="History taking")
    posted = []
    browser.on("request", lambda request: posted.append(request.post_data or ""))

    teacher = opened(browser, canvas, "teacher")

    teacher.tool.get_by_role("heading", name="What shall this link open?").wait_for()
    assert any("storage_proof=" in form for form in posted)


@pytest.mark.row("C33")
@pytest.mark.parametrize("mode", ["silent", "full"])
def test_a_storage_that_is_full_or_says_nothing_keeps_nobody_out(no_cookie_is_kept, browser, enrol, mode):
    canvas = enrol("canvas")
    canvas.link(title="History taking")
    canvas.storage_mode(mode)
    teacher = opened(browser, canvas, "teacher")
    button = teacher.tool.get_by_role("button", name=f"Go on as {canvas.person('teacher').name}")

    with browser.expect_page() as opening:
        button.click()

    opening.value.get_by_role("heading", name="What shall this link open?").wait_for()


def test_new_tab_is_offered_where_neither_does(no_cookie_is_kept, browser, school):
    teacher = opened(browser, school, "teacher")
    button = teacher.tool.get_by_role("button", name=f"Go on as {school.person('teacher').name}")

    with browser.expect_page() as opening:
        button.click()

    opening.value.get_by_role("heading", name="What shall this link open?").wait_for()
    opening.value.reload()
    opening.value.get_by_role("heading", name="What shall this link open?").wait_for()


def test_mark_sheet_opens_in_a_tab_of_its_own(browser, school):
    teacher = opened(browser, school, "teacher")
    writes_and_uses_a_rubric(teacher)
    work()
    teacher.opens("History taking")
    teacher.tool.get_by_role("button", name=re.compile("^Mark .*Student")).first.click()
    teacher.tool.get_by_text("Unanswered:").wait_for()

    with browser.expect_page() as opening:
        teacher.tool.get_by_role("link", name="Open in a tab of its own").click()

    tab = opening.value
    tab.get_by_text("Unanswered:").wait_for()
    tab.wait_for_url("**/sheets/**")  # the one-time address is gone from the bar
    tab.reload()
    tab.get_by_text("Unanswered:").wait_for()
