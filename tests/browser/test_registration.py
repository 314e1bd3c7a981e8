"""An LMS administrator pastes the invitation into the LMS; the frame registers and closes itself; then a launch."""

import uuid

import pytest

from lti_tool import approval, invites
from lti_tool.models import Registration, Status
from tests.browser.course import Someone
from tests.browser.test_accessibility import problems_of


@pytest.fixture
def unregistered(tool, sandbox, tool_key):
    def make(profile):
        slug = f"{profile}-{uuid.uuid4().hex[:12]}"
        return sandbox.school(profile, slug=slug, issuer=f"{sandbox.url}/{slug}", tool_url=tool.url)

    return make


def pastes(browser, school, address):
    tab = browser.new_page()
    tab.goto(f"{school.url}/admin/")
    tab.get_by_label("Paste the tool's registration URL").fill(address)
    tab.get_by_role("button", name="Open").click()
    return tab


@pytest.mark.parametrize(
    ("profile", "buttons"),
    [("plain", []), ("moodle", ["Activate"]), ("canvas", ["Switch the key on", "Install"])],
)
def test_frame_registers_and_closes_itself_and_the_tool_opens(browser, unregistered, profile, buttons):
    school = unregistered(profile)
    _, address = invites.invite(label="Northfield", by="ada")

    tab = pastes(browser, school, address)
    tab.frame_locator("iframe").get_by_role("button", name="Register").click()
    tab.get_by_role("heading", name="External tools").wait_for()  # nobody clicked anything to get back
    for button in buttons:
        tab.get_by_role("button", name=button).click()
    approval.decide_registration(Registration.objects.get(), status=Status.ACTIVE)

    school.refresh()
    teacher = Someone(browser, school, "teacher")
    assert teacher.opens(school.links[0]["title"]).tool.locator("h1").first.inner_text() != ""
    assert "could not be opened" not in teacher.tool.locator("main").inner_text()


def test_a_refusal_is_read_in_the_frame_and_nothing_closes(browser, unregistered, tool):
    tab = pastes(browser, unregistered("moodle"), f"{tool.url}/lti/register/made-up/")

    tab.frame_locator("iframe").get_by_role("heading", name="This LMS was not registered").wait_for()
    assert Registration.objects.count() == 0


def test_done_page_stays_where_nobody_closes_it(browser, unregistered):
    """Opened in a tab of its own, as some platforms do and some people."""
    school = unregistered("moodle")
    _, address = invites.invite(label="Northfield", by="ada")
    opened_with = school.registration_pass()
    tab = browser.new_page()
    tab.goto(
        f"{address}?openid_configuration={opened_with['openid_configuration']}&registration_token={opened_with['registration_token']}"
    )

    tab.get_by_role("button", name="Register").click()

    tab.get_by_role("heading", name="Registered", exact=True).wait_for()
    assert "press Activate" in tab.locator("main").inner_text()


def test_pages_of_a_registration_are_accessible(chromium, unregistered, tool):
    context = chromium.new_context(bypass_csp=True)
    school = unregistered("moodle")
    _, address = invites.invite(label="Northfield", by="ada")
    tab = context.new_page()
    for url in (address, f"{tool.url}/lti/register/made-up/"):
        tab.goto(url)
        assert problems_of(tab) == []
    query = "&".join(f"{name}={value}" for name, value in school.registration_pass().items())
    tab.goto(f"{address}?{query}")
    assert problems_of(tab) == []
    tab.get_by_role("button", name="Register").click()
    tab.get_by_role("heading", name="Registered", exact=True).wait_for()
    assert problems_of(tab) == []
    tab.goto(f"{school.url}/admin/")
    assert problems_of(tab) == []
    context.close()
