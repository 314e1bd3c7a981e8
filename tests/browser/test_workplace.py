"""An assessment at work on phones, from asking to reading; and its pages as each role: axe, 320 px."""

import pytest
from playwright.sync_api import expect

from assessments.marking.models import MarkSheet, Tap
from assessments.workplace import asking, assessors, links
from assessments.workplace.models import AssessmentRequest
from lti_tool.models import Role
from tests import factories, workplaces
from tests.browser.test_accessibility import LONG_NAME, LONG_WORD, Inspector, path
from tests.browser.test_lost_network import chooses, says
from tests.browser.visiting import visit

pytestmark = pytest.mark.django_db(transaction=True)

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def inspector(chromium, tool):
    context = chromium.new_context(bypass_csp=True)
    context.set_default_timeout(10_000)
    yield Inspector(context, tool)
    context.close()


@pytest.fixture
def workplace(tool):
    return workplaces.workplace(takes_anybody=True)


def test_supervisor_answers_on_the_learners_phone(browser, tool, workplace):
    gwen = workplaces.guest(workplace)
    pin = assessors.give_pin(assessor=gwen, by=None)
    lea = factories.member(workplace.activity.context, name="Lea Learner")
    launch = factories.launch(lea, workplace.activity.link)
    tab = browser.new_page()
    tab.set_viewport_size(PHONE)
    visit(tab, tool, launch, path("workplace:home", workplace.activity.key))

    tab.get_by_role("link", name="Ask for an assessment").click()
    tab.get_by_label("What was observed").fill("Chest pain on the acute ward")
    tab.get_by_label("Who was there").select_option(label="Gwen Guest")
    tab.get_by_role("button", name="Ask", exact=True).click()
    tab.get_by_text("Asked. Show the QR code").wait_for()
    with tab.expect_popup() as opened:
        tab.get_by_role("link", name="Open it on this phone").click()
    form = opened.value
    form.get_by_label("PIN").fill(pin)
    form.get_by_role("button", name="Open the form").click()

    level = form.get_by_role("group", name="Decides what to do").get_by_role("radio").first
    form.get_by_text("Write the comment first, then choose the levels.").wait_for()
    assert level.is_disabled()
    form.get_by_role("button", name="Hand in").click()
    expect(form.get_by_label("Comment", exact=True)).to_be_focused()
    form.get_by_role("checkbox", name="Next time: call earlier.").click()
    form.get_by_label("Comment", exact=True).fill("You asked early for help. Next time, tell me your plan.")
    expect(level).to_be_enabled()
    for criterion in workplace.activity.rubric.criteria.all():
        chooses(form, criterion.title, "With prompts")
    says(form, "Saved on server")
    form.get_by_role("button", name="Hand in").click()
    form.get_by_role("heading", name="Handed in. Thank you.").wait_for()

    # What this tab was let in with opens nothing any more.
    sheet = MarkSheet.objects.get()
    assert (sheet.is_submitted, sheet.rater) == (True, gwen.person)
    assert set(Tap.objects.values_list("outcome", flat=True)) == {"applied"}
    form.goto(tool.url + sheet.get_absolute_url())
    expect(form.get_by_text("Lea Learner")).to_have_count(0)
    tab.reload()
    tab.get_by_text("You asked early for help.").wait_for()
    tab.get_by_text("Next time: call earlier.").wait_for()
    assert AssessmentRequest.objects.get().state == AssessmentRequest.State.SUBMITTED


def test_pages_as_each_role(inspector, workplace):
    context, key = workplace.activity.context, workplace.activity.key
    teacher = factories.member(context, Role.INSTRUCTOR, name="Tea Teacher")
    lea = factories.member(context, name=LONG_NAME)
    gwen, mo = workplaces.guest(workplace, f"Gwen {LONG_NAME[:150]}"), workplaces.member(workplace)
    for place in (0, 2, -1, 1):
        workplaces.handed_in(
            workplaces.request(workplace, learner=lea, assessor=gwen, situation=LONG_WORD[:200]),
            place=place,
            comment=LONG_WORD,
        )
    waits = workplaces.request(workplace, learner=lea, assessor=mo, situation=LONG_WORD[:200])
    begun = workplaces.request(workplace, learner=lea, assessor=mo)
    sheet = asking.begin(request=begun, by=mo.person)
    declined = workplaces.request(workplace, learner=lea, assessor=gwen)
    asking.decline(request=declined, by=gwen.person, reason=LONG_WORD)
    done = workplace.requests.submitted().first()
    title = workplace.activity.title
    designer = factories.member(context, Role.DESIGNER)
    nobody = factories.member(context)
    for name, person, address, heading in [
        ("teacher", teacher, path("workplace:home", key), title),
        ("learner's page", teacher, path("workplace:learner", key, lea.key), LONG_NAME[:30]),
        ("assessors", teacher, path("workplace:assessors", key), "Assessors and PINs"),
        ("settings", teacher, path("workplace:settings", key), "How it works"),
        ("observe", teacher, path("workplace:observe", key), "Assess a learner"),
        ("handed in, teacher", teacher, done.get_absolute_url(), LONG_WORD[:30]),
        ("designer", designer, path("workplace:home", key), title),
        ("assessor", mo.person, path("workplace:home", key), title),
        ("asked", mo.person, waits.get_absolute_url(), LONG_WORD[:30]),
        ("sheet", mo.person, sheet.get_absolute_url(), LONG_NAME[:30]),
        ("first visit", nobody, path("workplace:home", key), title),
        ("ask", lea, path("workplace:ask", key), "Ask for an assessment"),
        ("mine", lea, path("workplace:home", key), title),
        ("waiting", lea, waits.get_absolute_url(), LONG_WORD[:30]),
        ("declined", lea, declined.get_absolute_url(), "Chest pain"),
        ("handed in, learner", lea, done.get_absolute_url(), LONG_WORD[:30]),
    ]:
        inspector.visits(factories.launch(person, workplace.activity.link), address, name, heading, None)

    assert inspector.found == ""


def test_named_supervisor_opens_the_link_on_their_own_phone(browser, tool, workplace):
    lea = factories.member(workplace.activity.context, name="Lea Learner")
    named = assessors.name_somebody(workplace=workplace, name="Dr Far", by=lea)
    request = workplaces.request(workplace, learner=lea, assessor=named)
    phone = browser.new_page()
    phone.set_viewport_size(PHONE)

    phone.goto(links.address(request))
    phone.get_by_role("heading", name="Are you Dr Far?").wait_for()
    assert links.secret(request) not in phone.url
    phone.get_by_role("button", name="Yes, open the form").click()
    phone.get_by_role("heading", name="Lea Learner").wait_for()
