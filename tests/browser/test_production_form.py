"""The pages as production sends them: one style sheet, one script. They do the same, also without the network."""

import pytest

from lti_tool.models import Role
from tests import factories
from tests.browser.test_lost_network import TITLES, chooses, chosen, criteria, saved, says
from tests.browser.test_offline import no_network
from tests.browser.visiting import visit
from tests.processes.conftest import database_url
from tests.production import Production

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def production(tool_key, tmp_path, settings):
    with Production(tmp_path / "static", database_url()) as running:
        settings.TOOL_URL = running.url
        yield running


@pytest.mark.timeout(240)
def test_sheet_is_three_requests_and_works_without_the_network(browser, production):
    link = factories.ResourceLinkFactory()
    examiner = factories.member(link.context, Role.TEACHING_ASSISTANT, name="Alice Examiner")
    activity = factories.activity(link, *criteria())
    sheet = factories.sheet(activity, factories.member(link.context, name="Priya N."), None)
    tab = browser.new_page()
    loaded = []
    tab.on("requestfinished", lambda request: loaded.append(request.resource_type))
    visit(tab, production, factories.launch(examiner, link), sheet.get_absolute_url())
    says(tab, "Saved on server")

    assert sorted(kind for kind in loaded if kind not in ("fetch", "manifest")) == [
        "document",
        "script",
        "stylesheet",
    ]
    tab.wait_for_function(
        """async () => {
          const kept = await (await caches.open("bellringer-sheets-1")).keys();
          return kept.length === 3 && kept.some(({ url }) => /all[.][0-9a-f]{12}[.]js$/.test(url));
        }"""
    )
    with no_network(browser):
        chooses(tab, "Introduces self", "Fully")
        says(tab, "Saved on this device, 1 waiting")
        tab.reload()
        tab.get_by_text("Unanswered: 2").wait_for()
        chooses(tab, "Asks openly", "Partly")
        says(tab, "Saved on this device, 2 waiting")

    says(tab, "Saved on server")
    marked = {"Introduces self": "Fully", "Asks openly": "Partly", "Washes hands": None}
    assert chosen(tab) == saved() == marked
    assert list(marked) == TITLES


def test_app_can_be_installed_and_says_how_to_get_in(browser, tool):
    tab = browser.new_page()
    tab.goto(f"{tool.url}/sheets/")
    tab.get_by_role("heading", name="Please open this activity").wait_for()

    session = browser.new_cdp_session(tab)
    told = session.send("Page.getAppManifest")
    assert told["errors"] == []
    assert '"start_url": "/sheets/"' in told["data"]
    problems = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [it["errorId"] for it in problems] == ["in-incognito"]  # as all pages of these tests are
