"""The pages of an exam, planned and on its day, as each role that sees them: axe, 320 px; and the clock on a screen."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from assessments.marking import presence
from assessments.osce import on_the_day, running, timetable
from assessments.osce.master_clock import Kind
from assessments.osce.models import Competency, HelpRequest, Incident, StaffMember
from lti_tool.models import Role
from tests import exams, factories
from tests.browser.test_accessibility import LONG_NAME, LONG_WORD, Inspector, clicks, path
from tests.browser.visiting import visit

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def inspector(chromium, tool):
    context = chromium.new_context(bypass_csp=True)
    context.set_default_timeout(10_000)
    yield Inspector(context, tool)
    context.close()


@pytest.fixture
def exam(tool):
    """Planned, with the longest words there are; its session has no timetable yet."""
    made = exams.exam(stations=3, rests=1, circuits=2, candidates=4)
    station = made.stations.first()
    station.title, station.candidate_instructions = f"History {LONG_WORD[:60]}", LONG_WORD
    station.save()
    person = made.candidates.first().person
    person.name = LONG_NAME
    person.save()
    Competency.objects.create(exam=made, place=0, code="COM-1", title=LONG_WORD[:90])
    on_staff = made.staff.first()
    on_staff.name = LONG_NAME
    on_staff.save()
    return made


@pytest.fixture
def teacher(exam):
    return factories.launch(factories.member(exam.activity.context, Role.INSTRUCTOR), exam.activity.link)


def test_pages_of_planning(exam, teacher, inspector):
    key, session = exam.activity.key, exam.sessions.get()
    title = exam.activity.title
    circuit = exam.circuits.first()

    def leaves_it_half_done(tab):
        tab.get_by_role("button", name="Save the station").click()
        tab.locator(".notice-problem").wait_for()

    for name, address, heading, after in [
        ("home", path("activities:start"), title, None),
        ("stations", path("osce:stations", key), "Stations", None),
        ("stations, remove", path("osce:stations", key), "Stations", clicks("Remove", "dialog[open]")),
        ("new station", path("osce:new_station", key), "New station", None),
        ("new station, wrong", path("osce:new_station", key), "New station", leaves_it_half_done),
        ("station", path("osce:station", key, exam.stations.last().key), "Rest 1", None),
        ("blueprint", path("osce:blueprint", key), "Blueprint", None),
        ("times", path("osce:timing", key), "Times", None),
        ("circuits", path("osce:circuits", key), "Circuits", None),
        ("candidates", path("osce:candidates", key), "Candidates", None),
        ("staff", path("osce:staff", key), "Examiners and simulated patients", None),
        ("new session", path("osce:new_session", key), "New session", None),
        ("session", session.get_absolute_url(), session.title, None),
        ("rooms", path("osce:session_posts", key, session.key, circuit.key), circuit.title, None),
    ]:
        inspector.visits(teacher, address, name, heading, after)
    timetable.make(session=session, by=None)
    for name, address, heading in [
        ("session with a timetable", session.get_absolute_url(), session.title),
        ("grid", path("osce:timetable", key, session.key), "Timetable"),
        ("room sheets", path("osce:rooms", key, session.key), "Room sheets"),
        ("tickets", path("osce:tickets", key, session.key), "Candidate tickets"),
        ("days", path("osce:staff_days", key, session.key), "Days of the staff"),
        ("bells", path("osce:bells", key, session.key), "Bell plan"),
    ]:
        inspector.visits(teacher, address, name, heading)
    outsider = factories.launch(factories.member(exam.activity.context, Role.OBSERVER), exam.activity.link)
    inspector.visits(outsider, path("activities:start"), "observer's home", title)

    assert inspector.found == ""


def test_pages_of_the_day(exam, teacher, inspector):
    key = exam.activity.key
    session = exams.published(exam)
    running.order(session=session, kind=Kind.START, by=None)
    running.announce(session=session, text="We begin late.", by=None)
    post = session.posts.first()
    examiner = post.duties.get().staff.person
    running.ask_for_help(
        session=session, kind=HelpRequest.Kind.UNWELL, by=examiner, post=post, text=LONG_WORD
    )
    running.report(session=session, kind=Incident.Kind.NOISE, narrative=LONG_WORD, by=None)
    on_the_day.mark_absent(candidate=exam.candidates.last(), by=None)
    encounter = post.encounters.first()
    presence.hear(log=uuid4(), by=examiner, waiting={encounter.sheets.get().sheet: 2})
    mine = factories.launch(examiner, exam.activity.link)
    sheet = encounter.sheets.get().sheet
    for row in session.encounters.filter(post__isnull=False, state="planned").exclude(pk=encounter.pk):
        exams.hand_in(row.sheets.get().sheet)
    day = (key, session.key)

    for name, address, heading, after in [
        ("board", path("osce:board", *day), "Board", None),
        ("board, alarm", path("osce:board", *day), "Board", clicks("Fire alarm", "dialog[open]")),
        ("board, every round", path("osce:board", *day) + "?rounds=all", "Board", None),
        ("board, candidate found", path("osce:board", *day) + "?find=1", "Board", None),
        ("quality", path("results:quality", key), "How the exam did", None),
        ("projector", path("osce:projector", *day), "Circuit A", None),
        ("incidents", path("osce:incidents", *day), "Incidents", None),
        ("encounter", path("osce:encounter", *day, encounter.key), encounter.candidate.code, None),
        ("post", path("osce:post", *day, post.pk), post.room, None),
        ("paper", path("osce:paper", *day), "Paper", None),
        ("typing in", path("marking:paper", sheet.key), sheet.candidate.display_name, None),
        ("session on its day", session.get_absolute_url(), session.title, None),
        ("links", path("osce:links", *day), "Links", None),
    ]:
        inspector.visits(teacher, address, name, heading, after)
    inspector.visits(mine, path("osce:my_stations", key), "my stations", "My stations")
    inspector.visits(mine, sheet.get_absolute_url(), "sheet of an encounter", encounter.candidate.code)
    candidate = factories.launch(exam.candidates.first().person, exam.activity.link)
    inspector.visits(candidate, path("activities:start"), "candidate's home", exam.activity.title)
    inspector.visits(candidate, path("osce:my_stations", key), "candidate's own sheets", "My stations")

    assert inspector.found == ""


class TestClock:
    @pytest.fixture
    def session(self, tool):
        return exams.published(exams.exam(stations=2, candidates=2, reading=60))

    @pytest.fixture
    def mine(self, session):
        staff = StaffMember.objects.filter(duties__post=session.posts.first()).get()
        return factories.launch(staff.person, session.exam.activity.link)

    @pytest.fixture
    def tab(self, chromium, tool, session, mine):
        context = chromium.new_context()
        context.set_default_timeout(10_000)
        context.add_init_script(self.hour_ahead)
        context.add_init_script(self.count_awake)
        tab = context.new_page()
        visit(tab, tool, mine, session.posts.first().encounters.first().sheets.get().sheet.get_absolute_url())
        yield tab
        context.close()

    count_awake = """window.awake = 0;
      const release = async () => { awake -= 1; };
      navigator.wakeLock.request = async () => { awake += 1; return { release }; };"""

    def test_screen_stays_on_while_a_sheet_is_open_and_no_longer(self, tab):
        tab.wait_for_function("() => awake === 1")

        tab.get_by_role("link", name="My stations").click()

        tab.get_by_role("heading", name="My stations").wait_for()
        assert tab.evaluate("() => awake") == 0

    # A tablet that was never set right.
    hour_ahead = "const real = Date.now; Date.now = () => real() + 3600_000;"

    def test_device_whose_clock_is_wrong_shows_what_all_others_show(self, tab, session):
        expect(tab.locator("[data-clock-phase]")).to_have_text("Not started yet")

        running.order(session=session, kind=Kind.START, by=None)

        expect(tab.locator("[data-clock-phase]")).to_have_text("Reading", timeout=15_000)
        expect(tab.locator("[data-clock-left]")).to_contain_text("0:")
        expect(tab.locator("form[data-phase-host]")).to_have_attribute("data-phase", "reading")

    def test_announcement_reaches_the_sheet_and_marking_goes_on(self, tab, session):
        tab.locator("input[type=radio]").first.check(force=True)
        running.announce(session=session, text="There is a short pause.", by=None)

        expect(tab.locator("[data-clock-news]")).to_have_text("There is a short pause.", timeout=15_000)
        expect(tab.locator("[data-save-state]")).to_have_text("Saved on server")

    def test_old_announcement_is_no_news_any_more(self, tab, session):
        for minutes, text in ((14, "We begin late."), (16, "Good morning.")):
            said = running.announce(session=session, text=text, by=None)
            type(said).objects.filter(pk=said.pk).update(at=timezone.now() - timedelta(minutes=minutes))

        expect(tab.locator("[data-clock-news]")).to_have_text("We begin late.", timeout=15_000)

    def test_without_the_network_the_clock_goes_on(self, tab, session):
        running.order(session=session, kind=Kind.START, by=None)
        expect(tab.locator("[data-clock-phase]")).to_have_text("Reading", timeout=15_000)
        tab.route("**/*", lambda route: route.abort())
        before = tab.locator("[data-clock-left]").text_content()

        tab.wait_for_timeout(2_200)

        assert tab.locator("[data-clock-left]").text_content() != before
        expect(tab.locator("[data-clock-phase]")).to_have_text("Reading")

    def test_examiner_asks_for_help_from_the_sheet(self, tab, session):
        tab.get_by_text("Help", exact=True).click()
        tab.get_by_role("button", name="Equipment").click()

        expect(tab.locator(".sheet-help [data-said]")).to_have_text(
            "The coordinator knows, and somebody comes."
        )
        asked = session.help_requests.get()
        assert (asked.kind, asked.post) == ("equipment", session.posts.first())


def test_projector_says_what_comes_next_and_speaks_once_what_all_circuits_show(chromium, tool, exam, teacher):
    session = exams.published(exam)
    first, second = exam.circuits.all()
    context = chromium.new_context()
    context.set_default_timeout(15_000)
    tab = context.new_page()
    tab.add_init_script("window.spoken = []; speechSynthesis.speak = (said) => spoken.push(said.text);")
    visit(tab, tool, teacher, path("osce:projector", exam.activity.key, session.key))
    here, there = tab.get_by_role("region", name=first.title), tab.get_by_role("region", name=second.title)
    expect(here.get_by_text("Not started yet")).to_be_visible()
    tab.get_by_role("button", name="Speak bells and announcements").click()

    running.order(session=session, kind=Kind.START, by=None)
    running.announce(session=session, text="We begin now.", by=None)
    running.announce(session=session, text="Please wait.", by=None, circuit=second)

    tab.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # asks at once
    for shown in (here, there):
        expect(shown.locator("[data-clock-phase]")).to_have_text("Reading", timeout=15_000)
        expect(shown.locator(".projector-next")).to_have_text("Next: Running")
    tab.wait_for_function("() => spoken.length === 4")
    assert sorted(tab.evaluate("() => spoken")) == [
        "Circuit B: Please wait.",
        "Speak bells and announcements",
        "Start reading",
        "We begin now.",
    ]

    for kind in (Kind.PAUSE, Kind.RESUME):
        running.order(session=session, kind=kind, by=None)
        tab.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        word = "Paused" if kind == Kind.PAUSE else "Reading"
        expect(here.locator("[data-clock-phase]")).to_have_text(word, timeout=15_000)
        tab.wait_for_function("(word) => spoken.at(-1) === word", arg=word)
    context.close()


def test_open_board_follows_by_itself_and_is_sent_nothing_while_nothing_happens(
    chromium, tool, exam, teacher
):
    session = exams.published(exam)
    running.order(session=session, kind=Kind.START, by=None)
    context = chromium.new_context()
    context.set_default_timeout(15_000)
    tab = context.new_page()
    visit(tab, tool, teacher, path("osce:board", exam.activity.key, session.key))
    minutes = tab.get_by_label("Minutes").first
    minutes.fill("3")

    with tab.expect_response(lambda answer: "part=board" in answer.url) as quiet:
        expect(tab.locator("#board")).to_contain_text("0 of 12 encounters submitted.")
    exams.hand_in(session.posts.first().encounters.first().sheets.get().sheet)

    expect(tab.locator("#board")).to_contain_text("1 of 12 encounters submitted.", timeout=15_000)
    assert quiet.value.status == 204
    # Whoever is about to order something goes on where they were.
    expect(minutes).to_have_value("3")
    expect(minutes).to_be_focused()
    with tab.expect_response(lambda answer: "part=board" in answer.url) as later:
        expect(tab.locator("h1")).to_contain_text("Board")
    assert later.value.status == 204
    context.close()
