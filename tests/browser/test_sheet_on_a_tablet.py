"""How a sheet behaves under hands: big targets, a head that stays in view, and nothing that moves under a finger."""

import pytest

from lti_tool.models import Role
from tests import factories
from tests.browser.test_lost_network import chooses, says
from tests.browser.test_offline import launches, sheet  # noqa: F401 (a fixture)
from tests.browser.test_offline_day import mine, session  # noqa: F401 (fixtures)
from tests.browser.visiting import visit

pytestmark = pytest.mark.django_db(transaction=True)

CHANGE_OVER = """() => document.querySelector("[data-mark-sheet]").dispatchEvent(
  new CustomEvent("bellringer:phase", { detail: { phase: "change-over" } }))"""
SMALL = """() => [...document.querySelectorAll(".sheet button, .sheet summary, .segment, .statement-choice, .back")]
  .filter((it) => it.offsetParent && it.getBoundingClientRect().height < 48).map((it) => it.textContent.trim())"""
PLACE_OF_SIDE = "() => document.querySelector('.sheet-side').getBoundingClientRect().top"


@pytest.mark.parametrize(("width", "height"), [(1180, 820), (820, 1180), (390, 844)])
def test_head_and_submit_stay_in_view_and_targets_are_big(browser, tool, session, mine, width, height):  # noqa: F811
    first = mine[0]
    tab = browser.new_page()
    tab.set_viewport_size({"width": width, "height": height})
    link = session.exam.activity.resource_link
    visit(tab, tool, factories.launch(first.assigned_to, link), first.get_absolute_url())
    says(tab, "Saved on server")

    tab.evaluate("() => window.scrollTo(0, document.body.scrollHeight)")

    assert tab.evaluate(SMALL) == []
    for part in (
        "h1",
        ".sheet-head-when",
        "[data-clock]",
        "[data-save-state]",
        "[data-submit]",
        "[data-first-gap]",
    ):
        box = tab.locator(part).bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= height, part
    gap, submit = (tab.locator(part).bounding_box()["y"] for part in ("[data-first-gap]", "[data-submit]"))
    assert abs(gap - submit) < 5, "in one line"


@pytest.mark.parametrize("width", [1180, 820])
def test_five_levels_are_one_row_and_their_names_stay_whole(browser, tool, width):
    levels = [(title, str(n)) for n, title in enumerate(["Absent", "Weak", "Fair", "Strong", "Outstanding"])]
    link = factories.ResourceLinkFactory()
    examiner = factories.member(link.context, Role.TEACHING_ASSISTANT, name="Alice Examiner")
    activity = factories.activity(link, factories.criterion("Explains", *levels))
    tab = browser.new_page()
    tab.set_viewport_size({"width": width, "height": 900})

    launches(tab, tool, factories.sheet(activity, factories.member(link.context), examiner))
    chooses(tab, "Explains", "Outstanding")

    titles = tab.locator(".sheet-criteria .segment-title")
    boxes = [titles.nth(n).bounding_box() for n in range(5)]
    assert len({box["y"] for box in boxes}) == 1
    assert len({box["height"] for box in boxes}) == 1


def test_change_over_brings_the_rating_into_view_when_nobody_touches(browser, tool, session, mine):  # noqa: F811
    first = mine[0]
    tab = browser.new_page()
    tab.set_viewport_size({"width": 390, "height": 500})
    link = session.exam.activity.resource_link
    visit(tab, tool, factories.launch(first.assigned_to, link), first.get_absolute_url())
    tab.get_by_text("Not started yet").wait_for()
    chooses(tab, "Introduces self", "Fully")
    says(tab, "Saved on server")
    far = tab.evaluate(PLACE_OF_SIDE)

    tab.evaluate(CHANGE_OVER)
    tab.wait_for_timeout(500)
    assert far > 400
    assert tab.evaluate(PLACE_OF_SIDE) == far

    tab.wait_for_function("() => document.querySelector('.sheet-side').getBoundingClientRect().top < 260")


def test_enter_submits_nothing_and_arrows_choose(browser, tool, sheet):  # noqa: F811
    tab = launches(browser.new_page(), tool, sheet)
    tab.get_by_role("group", name="Introduces self").get_by_role("radio").first.focus()

    tab.keyboard.press("ArrowRight")
    tab.keyboard.press("Enter")
    says(tab, "Saved on server")

    assert tab.get_by_role("group", name="Introduces self").get_by_role("radio").nth(1).is_checked()
    assert not tab.locator("[data-missing]").is_visible()
