"""At home in the LMS's page: Canvas answers messages and Moodle answers none; ending a visit on a shared tablet."""

import re

import pytest
from django.utils import timezone

from lti_tool.models import LaunchToken
from tests.browser.course import Someone, no_network, work, writes_and_uses_a_rubric

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=["canvas", "moodle"])
def lms(request, enrol):
    made = enrol(request.param)
    made.link(title="History taking")
    return made


@pytest.fixture
def canvas(enrol):
    made = enrol("canvas")
    made.link(title="History taking")
    return made


def opened(browser, school, handle, name="History taking"):
    return Someone(browser, school, handle).opens(name)


def heard(someone):
    """From now on the LMS's page keeps what it is told; before the frame is opened."""
    someone.tab.add_init_script(
        "window.heard = [];"
        "window.addEventListener('message', (event) => window.heard.push({...event.data, origin: event.origin}));"
    )
    return someone


def subjects(someone):
    return someone.tab.evaluate("window.heard.map((message) => message.subject)")


def frame_height(someone):
    return someone.tab.evaluate("document.querySelector('[data-tool-origin]').getBoundingClientRect().height")


def settles(someone, script):
    someone.tab.wait_for_function(f"() => {script}")


def test_canvas_makes_the_frame_as_tall_as_the_page(browser, canvas):
    teacher = heard(Someone(browser, canvas, "teacher")).opens("History taking")

    settles(teacher, "window.heard.some((message) => message.subject === 'lti.frameResize')")
    settles(
        teacher,
        "Math.abs(document.querySelector('[data-tool-origin]').getBoundingClientRect().height"
        " - window.heard.filter((m) => m.subject === 'lti.frameResize').at(-1).height) < 10",
    )
    wanted = teacher.frame.evaluate("document.body.getBoundingClientRect().height")
    assert abs(frame_height(teacher) - wanted) < 10
    assert teacher.frame.evaluate("document.documentElement.scrollHeight <= window.innerHeight + 4")


@pytest.mark.row("C33")
@pytest.mark.parametrize("profile", ["moodle", "canvas"])
def test_lms_that_answers_nothing_is_asked_once_and_nothing_is_missing(browser, enrol, profile):
    lms = enrol(profile)
    lms.link(title="History taking")
    lms.change("school", {"storage": "silent"})  # as Canvas's phone apps are; Moodle always is
    teacher = heard(Someone(browser, lms, "teacher")).opens("History taking")

    writes_and_uses_a_rubric(teacher)
    teacher.tab.wait_for_timeout(1500)

    asked = [subject for subject in subjects(teacher) if not subject.endswith("_data")]
    assert set(asked) == {"lti.capabilities"}
    teacher.tool.get_by_text("The activity is ready").wait_for()


def test_canvas_goes_to_the_top_and_reads_aloud_after_a_page_change(browser, canvas):
    teacher = heard(Someone(browser, canvas, "teacher")).opens("History taking")
    settles(teacher, "window.heard.some((message) => message.subject === 'lti.frameResize')")
    teacher.tab.evaluate("window.scrollTo(0, document.body.scrollHeight)")

    teacher.tool.get_by_role("button", name="Start from").first.click()
    teacher.tool.get_by_role("button", name="Publish").wait_for()

    settles(teacher, "window.heard.some((message) => message.subject === 'lti.scrollToTop')")
    settles(teacher, "document.querySelector('[data-spoken]').textContent !== ''")
    assert (
        teacher.frame.evaluate("document.getElementById('announcer').textContent") == ""
    )  # said once, not twice
    assert all(
        message["origin"].startswith("http://127.0.0.1")
        for message in teacher.tab.evaluate("window.heard.filter((m) => m.subject.startsWith('lti.'))")
    )


def test_dialog_in_a_tall_frame_opens_beside_its_button(browser, canvas):
    teacher = heard(Someone(browser, canvas, "teacher")).opens("History taking")
    settles(teacher, "window.heard.some((message) => message.subject === 'lti.frameResize')")
    teacher.tool.get_by_role("button", name="Start from").first.click()
    button = teacher.tool.locator("[data-opens=publish-dialog]")
    button.click()
    dialog = teacher.tool.get_by_role("dialog")

    assert abs(dialog.bounding_box()["y"] - button.bounding_box()["y"]) < dialog.bounding_box()["height"] + 80


def begins_a_sheet(someone):
    """The first student's sheet, begun."""
    writes_and_uses_a_rubric(someone)
    work()
    someone.opens("History taking")
    someone.tool.get_by_role("button", name=re.compile("^Mark .*Student")).first.click()
    someone.tool.get_by_text("Unanswered:").wait_for()


def first_level(someone):
    return (
        someone.tool.locator("[data-criterion]")
        .first.locator("input[type=radio] + label, label:has(input[type=radio])")
        .first
    )


def test_canvas_is_told_to_warn_only_while_something_is_unsaved(browser, canvas):
    teacher = heard(Someone(browser, canvas, "teacher"))
    teacher.opens("History taking")
    begins_a_sheet(teacher)
    teacher.tab.wait_for_timeout(300)
    warned = "'unloadMessage' in document.querySelector('[data-tool-origin]').dataset"
    assert not teacher.tab.evaluate(warned)

    with no_network(browser):
        first_level(teacher).click()
        settles(teacher, warned)
    settles(teacher, f"!({warned})")


def test_mark_sheet_keeps_its_head_and_foot_in_view(browser, canvas):
    teacher = heard(Someone(browser, canvas, "teacher"))
    teacher.opens("History taking")
    begins_a_sheet(teacher)

    settles(
        teacher,
        "document.querySelector('[data-tool-origin]').getBoundingClientRect().height <= window.innerHeight",
    )
    assert teacher.frame.evaluate("document.documentElement.scrollHeight > window.innerHeight")


def test_contrast_of_canvas_is_taken_over_and_outlives_a_reload(browser, canvas):
    canvas.change("person", {"high_contrast": True}, person="teacher")
    teacher = opened(browser, canvas, "teacher")
    has_contrast = "() => document.documentElement.dataset.contrast === 'more'"

    teacher.frame.wait_for_function(has_contrast)
    teacher.reloads()
    teacher.frame.wait_for_function(has_contrast)

    student = opened(browser, canvas, "student")
    student.tab.wait_for_timeout(500)
    assert not student.frame.evaluate(f"({has_contrast})()")


def test_colours_of_the_school_are_taken_over_by_day_and_without_high_contrast(browser, canvas):
    brand = {
        "ic-link-color": "#0B5345",
        "ic-brand-button--primary-bgd": "#7B241C",
        "ic-brand-button--primary-text": "#FFFFFF",
    }
    canvas.change("school", {"brand": brand})
    canvas.change("tool", {"custom": {"brand": "$com.instructure.brandConfigJSON"}})
    teacher = opened(browser, canvas, "teacher")
    takes = "() => getComputedStyle(document.documentElement).getPropertyValue('--link') === '{}'"

    teacher.frame.wait_for_function(takes.format("#0b5345"))
    teacher.tool.get_by_role("button", name="Start from").first.click()
    teacher.tool.get_by_role("button", name="Publish").first.wait_for()
    assert (
        teacher.frame.evaluate("getComputedStyle(document.querySelector('.button-primary')).backgroundColor")
        == "rgb(123, 36, 28)"
    )
    teacher.reloads()
    teacher.frame.wait_for_function(takes.format("#0b5345"))
    teacher.tab.emulate_media(color_scheme="dark")
    teacher.frame.wait_for_function(takes.format("#7cc0f4"))

    canvas.change("person", {"high_contrast": True}, person="student")
    student = opened(browser, canvas, "student")
    student.frame.wait_for_function(takes.format("#09508c"))


@pytest.mark.parametrize(
    ("source", "origin", "is_believed"),
    [
        ("window.parent", "location.ancestorOrigins[0]", True),
        ("window", "location.ancestorOrigins[0]", False),
        ("window.parent", "'https://evil.example'", False),
        ("window.parent", "'null'", False),
    ],
)
def test_answers_are_believed_from_the_page_around_us_only(browser, enrol, source, origin, is_believed):
    moodle = enrol("moodle")  # answers nothing itself
    moodle.link(title="History taking")
    teacher = heard(Someone(browser, moodle, "teacher")).goes_to_the_course()
    teacher.tab.get_by_role("link", name="History taking", exact=True).click()
    settles(teacher, "window.heard?.some((message) => message.subject === 'lti.capabilities')")
    number = teacher.tab.evaluate("window.heard.find((m) => m.subject === 'lti.capabilities').message_id")

    teacher.frame.evaluate(
        f"""(number) => window.dispatchEvent(new MessageEvent("message", {{
          source: {source}, origin: {origin},
          data: {{ subject: "lti.capabilities.response", message_id: number,
                   supported_messages: [{{ subject: "lti.frameResize" }}] }},
        }}))""",
        number,
    )
    teacher.tab.wait_for_timeout(1300)

    assert ("lti.frameResize" in subjects(teacher)) == is_believed


def ends(someone):
    someone.tool.get_by_role("button", name="End this visit").click()
    someone.tool.get_by_role("dialog").get_by_role("button", name="End the visit").click()
    someone.tool.get_by_role("heading", name="Your visit has ended").wait_for()


def test_ended_visit_shows_nothing_by_back_or_reload_and_its_token_is_dead(browser, lms):
    teacher = opened(browser, lms, "teacher").stays()
    teacher.tool.get_by_role("button", name="Start from").first.click()
    teacher.tool.get_by_role("button", name="Publish").wait_for()
    under_way = LaunchToken.objects.filter(expires_at__gt=timezone.now())
    assert under_way.count() == 1

    ends(teacher)

    assert LaunchToken.objects.filter(expires_at__gt=timezone.now()).count() == 0
    teacher.frame.wait_for_function("() => !history.state?.['bellringer.launch']")
    assert "/lti/" not in teacher.frame.url
    teacher.frame.evaluate("history.back()")
    teacher.tool.get_by_role("heading", name=re.compile("^Please open")).wait_for()
    assert "Publish" not in teacher.frame.locator("body").inner_text()
    teacher.reloads()
    teacher.tool.get_by_role("heading", name=re.compile("^Please open")).wait_for()

    teacher.opens("History taking")  # the way back is the course
    teacher.tool.get_by_role("button", name="End this visit").wait_for()


def test_ending_says_what_happens_to_marks_that_wait(browser, canvas):
    teacher = opened(browser, canvas, "teacher")
    begins_a_sheet(teacher)
    teacher.tool.get_by_role("button", name="End this visit").click()
    assert not teacher.tool.get_by_text("They stay on this device").is_visible()
    teacher.tool.get_by_role("button", name="Go on working").click()

    with no_network(browser):
        first_level(teacher).click()
        teacher.tool.get_by_role("button", name="End this visit").click()
        teacher.tool.get_by_text("They stay on this device").wait_for()
