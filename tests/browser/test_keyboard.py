"""With the keyboard alone: everything can be reached and done, and one always sees where one is."""

import re

import pytest

from assessments.marking.models import MarkSheet
from lti_tool.models import Role
from tests import factories
from tests.browser.visiting import visit

pytestmark = pytest.mark.django_db(transaction=True)

WHERE_I_AM = """() => {
  const one = document.activeElement;
  const drawn = getComputedStyle(one.matches(".segment input") ? one.nextElementSibling : one);
  const box = one.getBoundingClientRect();
  const onTop = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return {
    element: one.outerHTML.slice(0, 120),
    hasRing: drawn.outlineStyle !== "none" && parseFloat(drawn.outlineWidth) > 0,
    isCovered: !(one.contains(onTop) || onTop?.closest("label")?.contains(one)),
  };
}"""


class Keyboard:
    """Somebody without a mouse. Every stop on the way has a ring that nothing covers."""

    def __init__(self, tab):
        self.tab = tab

    def goes_to(self, control, most=60, key="Tab"):
        for _ in range(most):
            self.presses(key)
            if self.is_on(control):
                return
        raise AssertionError(f"{control} was not reached")

    def goes_back_to(self, control):
        self.goes_to(control, key="Shift+Tab")

    def presses(self, *keys):
        for key in keys:
            self.tab.keyboard.press(key)
        if keys[-1] != "Enter":
            self.sees_the_focus()

    def follows(self, control):
        """Enter on something that leads to another page, where one starts at the top."""
        self.goes_to(control)
        self.presses("Enter")
        self.tab.locator("#page:focus").wait_for()

    def sees_the_focus(self):
        here = self.tab.evaluate(WHERE_I_AM)
        assert here == {"element": here["element"], "hasRing": True, "isCovered": False}

    def is_on(self, control):
        return control.count() == 1 and control.evaluate("one => one === document.activeElement")


@pytest.fixture
def tab(browser):
    tab = browser.new_page()
    tab.set_viewport_size(
        {"width": 1024, "height": 600}
    )  # low, so that head and foot of the sheet get in the way
    tab.emulate_media(reduced_motion="reduce")
    return tab


@pytest.fixture
def link(tool):
    return factories.ResourceLinkFactory()


def test_examiner_marks_a_whole_sheet(tab, tool, link):
    titles = [f"Criterion {n}" for n in range(1, 7)]
    factories.activity(link, *(factories.criterion(title) for title in titles))
    candidate = factories.member(link.context, name="Priya N.")
    examiner = factories.member(link.context, Role.TEACHING_ASSISTANT)
    visit(tab, tool, factories.launch(examiner, link), "/activities/start/")
    keyboard = Keyboard(tab)

    keyboard.follows(tab.get_by_role("button", name="Mark Priya N."))
    tab.get_by_text("Unanswered: 6").wait_for()
    for title in titles:
        keyboard.goes_to(tab.get_by_role("group", name=title).get_by_role("radio").first)
        keyboard.presses("Space")
        keyboard.presses("ArrowRight")
    keyboard.goes_to(tab.get_by_text("Comment: Criterion 6"))
    tab.keyboard.press("Enter")
    keyboard.goes_to(tab.get_by_label("Comment on Criterion 6"))
    tab.keyboard.type("Clear.")
    keyboard.follows(tab.get_by_role("button", name="Submit"))
    tab.get_by_text("1 of 1 marked").wait_for()

    sheet = MarkSheet.objects.submitted().get(candidate=candidate)
    marks = sheet.marks.order_by("criterion__position").values_list("level__title", "comment")
    assert list(marks) == [("Partly", "")] * 5 + [("Partly", "Clear.")]


def test_unanswered_criteria_are_a_step_away(tab, tool, link):
    activity = factories.activity(link)
    examiner = factories.member(link.context, Role.TEACHING_ASSISTANT)
    sheet = factories.sheet(activity, factories.member(link.context), examiner)
    visit(tab, tool, factories.launch(examiner, link), sheet.get_absolute_url())
    keyboard = Keyboard(tab)

    keyboard.goes_to(tab.get_by_role("button", name="Unanswered: 2"))
    keyboard.presses("Enter")

    keyboard.sees_the_focus()
    assert keyboard.is_on(tab.get_by_role("group", name="Introduces self").get_by_role("radio").first)


def builder(tab, tool, link):
    teacher = factories.member(link.context, Role.INSTRUCTOR)
    draft = factories.draft(link.context, *map(factories.criterion, ("First", "Second", "Third")), by=teacher)
    visit(tab, tool, factories.launch(teacher, link), draft.get_absolute_url())
    return draft


def titles_of(draft):
    return list(draft.criteria.values_list("title", flat=True))


def test_criterion_moves_up_and_the_focus_with_it(tab, tool, link):
    draft = builder(tab, tool, link)
    keyboard = Keyboard(tab)
    up = tab.get_by_role("button", name="Move Third up")

    keyboard.goes_to(up)
    keyboard.presses("Enter")
    tab.locator("#announcer", has_text="Third is now number 2 of 3.").wait_for()
    assert keyboard.is_on(up)
    keyboard.sees_the_focus()
    keyboard.presses("Enter")
    tab.locator("#announcer", has_text="Third is now number 1 of 3.").wait_for()

    assert keyboard.is_on(up)
    assert titles_of(draft) == ["Third", "First", "Second"]


def test_page_stays_where_it_is_when_a_criterion_of_many_moves(tab, tool, link):
    teacher = factories.member(link.context, Role.INSTRUCTOR)
    draft = factories.draft(link.context, *(factories.criterion(f"C{n}") for n in range(20)), by=teacher)
    visit(tab, tool, factories.launch(teacher, link), draft.get_absolute_url())
    keyboard = Keyboard(tab)
    down = tab.get_by_role("button", name="Move C9 down")

    down.focus()
    tab.keyboard.press("Enter")
    tab.locator("#announcer", has_text="C9 is now number 11 of 20.").wait_for()

    assert keyboard.is_on(down)
    keyboard.sees_the_focus()


def test_criterion_is_removed_and_put_back(tab, tool, link):
    draft = builder(tab, tool, link)
    keyboard = Keyboard(tab)

    keyboard.goes_to(tab.get_by_role("button", name="Remove Second"))
    keyboard.presses("Enter")
    tab.get_by_text("“Second” is removed.").first.wait_for()
    assert keyboard.is_on(tab.get_by_role("button", name="Put it back"))
    assert titles_of(draft) == ["First", "Third"]
    keyboard.presses("Enter")
    tab.get_by_text("The criterion is added.").wait_for()

    assert titles_of(draft) == ["First", "Second", "Third"]


def test_dialog_closes_with_escape_and_gives_the_focus_back(tab, tool, link):
    draft = builder(tab, tool, link)
    keyboard = Keyboard(tab)
    opener = tab.get_by_role("button", name="Throw this draft away")
    dialog = tab.get_by_role("dialog")

    keyboard.goes_to(opener)
    keyboard.presses("Enter")
    dialog.wait_for()
    assert dialog.evaluate("one => one.contains(document.activeElement)")
    keyboard.sees_the_focus()
    keyboard.presses("Tab")
    assert keyboard.is_on(dialog.get_by_role("button", name="Keep it"))
    tab.keyboard.press("Escape")

    dialog.wait_for(state="hidden")
    assert keyboard.is_on(opener)
    keyboard.sees_the_focus()
    assert titles_of(draft) == ["First", "Second", "Third"]


def test_levels_are_added_and_removed(tab, tool, link):
    draft = builder(tab, tool, link)
    keyboard = Keyboard(tab)
    rows = tab.get_by_role("group", name="One level")

    keyboard.follows(tab.get_by_role("link", name="Edit First"))
    tab.get_by_role("heading", name="Edit criterion").wait_for()
    keyboard.goes_to(tab.get_by_role("button", name="Add a level"))
    keyboard.presses("Enter")
    keyboard.sees_the_focus()
    assert keyboard.is_on(rows.last.get_by_label("Level", exact=True))
    tab.keyboard.type("Brilliantly")
    keyboard.presses("Tab")
    tab.keyboard.type("3")
    keyboard.goes_to(rows.last.get_by_role("button", name=re.compile("Remove")))
    tab.keyboard.press("Shift+Tab")
    keyboard.follows(tab.get_by_role("button", name="Save criterion"))
    tab.get_by_text("Saved.", exact=True).wait_for()

    levels = draft.criteria.get(title="First").levels.values_list("title", flat=True)
    assert list(levels) == ["Not done", "Partly", "Fully", "Brilliantly"]


def test_global_rating_is_written_from_ready_levels(tab, tool, link):
    draft = builder(tab, tool, link)
    keyboard = Keyboard(tab)
    rows = tab.get_by_role("group", name="One level")
    start = tab.get_by_role("link", name="Global rating")

    keyboard.follows(tab.get_by_role("link", name="Add a criterion"))
    tab.get_by_role("heading", name="New criterion").wait_for()
    assert tab.get_by_role("radio", name="Borderline").count() == 0
    keyboard.goes_to(tab.get_by_label("What is being looked at"))
    tab.keyboard.type("Overall")
    keyboard.goes_to(start)
    keyboard.presses("Enter")
    tab.locator("#announcer", has_text="The levels are filled in: Global rating.").wait_for()
    assert keyboard.is_on(start)
    keyboard.sees_the_focus()
    preview = tab.locator("#live-preview")
    preview.get_by_text("Clear fail").wait_for()
    preview.get_by_text("Overall").wait_for()

    keyboard.goes_to(tab.get_by_role("button", name="Add a level"))
    keyboard.presses("Enter")
    tab.keyboard.type("Outstanding")
    keyboard.presses("Tab")
    tab.keyboard.type("4")
    preview.get_by_text("Outstanding").wait_for()
    chosen = rows.nth(1).get_by_role("radio", name="Borderline")
    keyboard.goes_back_to(chosen)  # the radios of all rows are one stop
    keyboard.presses("ArrowDown")
    assert keyboard.is_on(rows.nth(2).get_by_role("radio", name="Borderline"))
    keyboard.goes_to(tab.get_by_text("More: section"))
    keyboard.presses("Enter")
    keyboard.goes_to(tab.get_by_role("checkbox", name="Hidden from the student"))
    keyboard.presses("Space")
    keyboard.follows(tab.get_by_role("button", name="Save criterion"))
    tab.get_by_text("The criterion is added.").wait_for()

    made = draft.criteria.get(kind="global")
    assert (made.title, made.is_shown_to_student, made.is_mandatory) == ("Overall", False, True)
    assert list(made.levels.values_list("title", "is_borderline")) == [
        ("Clear fail", False),
        ("Borderline", False),
        ("Pass", True),
        ("Excellent", False),
        ("Outstanding", False),
    ]


def test_added_level_can_be_the_borderline(tab, tool, link):
    draft = builder(tab, tool, link)
    keyboard = Keyboard(tab)
    rows = tab.get_by_role("group", name="One level")

    keyboard.follows(tab.get_by_role("link", name="Edit Third"))
    keyboard.goes_to(tab.get_by_role("radio", name="Checklist item"))
    keyboard.presses("ArrowDown", "ArrowDown", "ArrowDown")
    keyboard.goes_to(tab.get_by_role("button", name="Add a level"))
    keyboard.presses("Enter")
    tab.keyboard.type("Best")
    keyboard.presses("Tab")
    tab.keyboard.type("9")
    keyboard.goes_back_to(rows.first.get_by_role("radio", name="Borderline"))
    keyboard.presses("ArrowUp")  # from the first around to the last
    assert rows.last.get_by_role("radio", name="Borderline").is_checked()
    keyboard.follows(tab.get_by_role("button", name="Save criterion"))
    tab.get_by_text("Saved.", exact=True).wait_for()

    made = draft.criteria.get(kind="global")
    assert [level.title for level in made.levels.all() if level.is_borderline] == ["Best"]


def test_statements_are_added_put_in_order_and_removed(tab, tool, link):
    draft = builder(tab, tool, link)
    keyboard = Keyboard(tab)
    strengths = tab.get_by_role("group", name="Strength", exact=True)

    keyboard.follows(tab.get_by_role("link", name="Edit the statements"))
    tab.get_by_role("heading", name="Feedback statements", level=1).wait_for()
    for place, text in enumerate(("First.", "Second.")):
        keyboard.goes_to(strengths.nth(place).get_by_role("textbox"))
        tab.keyboard.type(text)
    keyboard.goes_to(tab.get_by_role("button", name="Add a strength"))
    keyboard.presses("Enter")
    keyboard.sees_the_focus()
    tab.keyboard.type("Third.")
    up = strengths.last.get_by_role("button", name=re.compile("Up"))
    keyboard.goes_to(up)
    keyboard.presses("Enter")
    tab.locator("#announcer", has_text="Now number 2 of 3.").wait_for()
    keyboard.sees_the_focus()
    assert keyboard.is_on(strengths.nth(1).get_by_role("button", name=re.compile("Up")))
    keyboard.goes_to(strengths.last.get_by_role("button", name=re.compile("Remove")))
    keyboard.presses("Enter")
    tab.locator("#announcer", has_text="Statement removed.").wait_for()
    assert keyboard.is_on(tab.get_by_role("button", name="Add a strength"))
    keyboard.follows(tab.get_by_role("button", name="Save the statements"))
    tab.get_by_text("Saved.", exact=True).wait_for()

    assert list(draft.statements.values_list("text", "kind")) == [
        ("First.", "strength"),
        ("Third.", "strength"),
    ]
