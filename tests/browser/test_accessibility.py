"""Every page, as each role that sees it: no axe violation of WCAG 2.2 AA, and nothing to scroll sideways for."""

import re
from types import SimpleNamespace

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

from assessments.activities import activities
from assessments.marking import marking
from assessments.marking.marking import Answer
from assessments.results import releasing
from assessments.rubrics import drafting, publishing
from assessments.rubrics.wording import RubricWording, StatementKind, StatementWording
from lti_tool import cookies
from lti_tool.errors import Kind
from lti_tool.models import Membership, Role, Score
from tests import factories
from tests.browser.visiting import visit
from tests.choosing import choose

pytestmark = pytest.mark.django_db(transaction=True)

WCAG_22_AA = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],
}
PHONE, DESK = {"width": 320, "height": 640}, {"width": 1400, "height": 900}

LONG_NAME = "Maximiliane-Theodora Featherstonehaugh-Cholmondeley von und zu Hohenlohe-Langenburg"
LONG_WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
PROSE = "A clear opening. Next time, ask what worries the patient before you examine.\n\n" + LONG_WORD


@pytest.fixture
def course(tool):
    """A course in the middle of its term: every state a page can show is somewhere in it."""
    context = factories.ContextFactory()
    people = {role.value: factories.member(context, role) for role in factories.MEMBERS}
    teacher, ta = people["instructor"], people["teaching_assistant"]
    names = ["Amina Odhiambo", LONG_NAME, "Bo", f"Charlie {LONG_WORD}", "Dana Ek", "Eve Fox"]
    learners = [factories.member(context, name=name) for name in names]
    factories.member(context, name="Test Student", is_test_student=True)
    factories.member(context, name="Gone Away", is_active=False)
    places = Membership.objects.filter(context=context)
    places.filter(person=learners[0]).update(sections=[f"Stream {LONG_WORD}", "B"], groups=["7", "12"])
    places.filter(person=ta).update(
        roster_role=Role.LEARNER, launched_role=Role.INSTRUCTOR, on_roster_at=now()
    )
    places.filter(person=learners[5]).update(left_at=now(), is_active=False, on_roster_at=now())

    criteria = [
        factories.criterion(
            "Introduces self and checks the patient's identity", description="Says name and role."
        ),
        factories.criterion(
            f"Asks openly: {LONG_WORD}",
            ("Not done", "0", "Closed questions only, or none."),
            ("Partly", "1", "One open question, then a questionnaire. " + LONG_WORD),
            ("Mostly", "1.5"),
            ("Fully", "2", "Open questions first; lets the patient finish."),
        ),
        factories.criterion("Washes hands", ("Not done", "0"), ("Done", "1")),
    ]
    link = factories.ResourceLinkFactory(context=context, title=f"Chest pain {LONG_WORD}")
    running = factories.activity(link, *criteria, by=teacher)
    submitted = factories.marked(running, learners[0], ta, comment=PROSE)
    factories.marked(running, learners[1], ta, place=0, comment=PROSE)
    releasing.release(activity=running, by=teacher)
    Score.objects.filter(person=learners[0]).update(state=Score.State.REFUSED, reason=Kind.GONE_USER)
    Score.objects.filter(person=learners[1]).update(state=Score.State.CONFLICT, lms_shows="3.5 / 5")
    amended = factories.marked(running, learners[2], ta)
    first = amended.rubric.criteria.all()[1]
    amended = marking.amend(
        sheet=amended,
        by=teacher,
        reason="The recording shows an open question.",
        marks={first: Answer(first.levels.all()[0], "Seen again on the recording.")},
        overall_comment=PROSE,
        revision=amended.revision,
    )
    begun = factories.sheet(running, learners[3], ta)
    first = begun.rubric.criteria.all()[0]
    marking.mark(sheet=begun, criterion=first, level=first.levels.all()[1], comment="Softly spoken.", by=ta)

    return SimpleNamespace(
        context=context,
        people=people,
        learners=learners,
        link=link,
        running=running,
        begun=begun,
        submitted=submitted,
        amended=amended,
        draft=factories.draft(context, *criteria, by=teacher, title=f"Cardiac {LONG_WORD}"),
        empty_draft=drafting.start(context=context, by=teacher, wording=RubricWording("A new rubric")),
        new_link=factories.ResourceLinkFactory(context=context, title="Not set up"),
    )


def quiet_course():
    """A course on its first day: a teacher, one link, nothing else."""
    context = factories.ContextFactory()
    teacher = factories.member(context, Role.INSTRUCTOR)
    return SimpleNamespace(
        context=context, teacher=teacher, link=factories.ResourceLinkFactory(context=context)
    )


def problems_of(tab):
    """What axe finds, and what sticks out, at each width; empty when all is well."""
    found = []
    for size in (DESK, PHONE):
        tab.set_viewport_size(size)
        found += [f"{size['width']} px: {problem}" for problem in [*violations(tab), *what_sticks_out(tab)]]
    return found


def violations(tab):
    if tab.evaluate("typeof axe") == "undefined":
        tab.evaluate(Axe().axe_script)
    results = tab.evaluate("options => axe.run(options)", WCAG_22_AA)
    return [
        f"{rule['id']}: {node['target']} {node.get('failureSummary', '')}"
        for rule in results["violations"]
        for node in rule["nodes"]
    ]


def what_sticks_out(tab):
    """The elements that make the page scroll sideways."""
    return tab.evaluate(
        """() => {
          const page = document.documentElement;
          if (page.scrollWidth <= page.clientWidth) return [];
          const wide = [...document.body.querySelectorAll("*")].filter(
            (one) => one.getBoundingClientRect().right > page.clientWidth + 0.5 && !one.querySelector("*"));
          return [`scrolls to ${page.scrollWidth} px: ` + wide.map((one) => one.outerHTML.slice(0, 90)).join(" | ")];
        }"""
    )


class Inspector:
    """Goes from page to page in one tab and notes what is wrong with each."""

    def __init__(self, context, tool):
        self.tool, self.tab, self.found = tool, context.new_page(), ""
        self.tab.emulate_media(reduced_motion="reduce")

    def looks(self, name, heading):
        """At the page that is open, once it is the one that was meant."""
        self.tab.get_by_role("heading", name=heading, level=1).wait_for()
        self.found += "".join(f"{name}, {problem}\n" for problem in problems_of(self.tab))

    def visits(self, launch, path, name, heading, after=None):
        self.tab.set_viewport_size(DESK)
        visit(self.tab, self.tool, launch, path)
        if after:
            after(self.tab)
        self.looks(name, heading)


@pytest.fixture
def inspector(chromium, tool):
    """With the pages' own policy off: axe writes styles into the page to measure it."""
    context = chromium.new_context(bypass_csp=True)
    context.set_default_timeout(10_000)
    yield Inspector(context, tool)
    context.close()


def path(name, *args):
    return reverse(name, args=args)


def clicks(button, then):
    """What to do on a page before it is looked at: press a button, wait for what follows."""

    def does(tab):
        tab.get_by_role("button", name=button).first.click()
        tab.locator(then).first.wait_for()

    return does


def test_pages_of_those_who_write_rubrics(course, inspector):
    teacher = factories.launch(course.people["instructor"], course.new_link)
    key = course.draft.key
    new_criterion = path("rubrics:criteria", key)
    edited = path("rubrics:criterion", key, course.draft.criteria.all()[1].pk)
    builder = course.draft.get_absolute_url()
    title = course.draft.title

    def leaves_it_half_done(tab):
        tab.get_by_label("Points", exact=True).first.fill("many")
        tab.get_by_role("button", name="Save criterion").click()
        tab.locator(".notice-problem").wait_for()

    def pastes(rows):
        def does(tab):
            tab.get_by_label("or paste the rows").fill(rows)
            tab.get_by_role("button", name="Look at it").click()
            tab.locator(".notice-problem, [name=rubrics]").first.wait_for(state="attached")

        return does

    files, sheet_head = path("rubrics:files"), "Kind,Criterion,Level 1,Level 1 points"
    for name, address, heading, after in [
        ("import", files, "Import rubrics", None),
        ("import, wrong", files, "Import rubrics", pastes(f"{sheet_head}\nrubric,R\ntick,{LONG_WORD},No,x")),
        (
            "import, preview",
            files,
            "What will be imported",
            pastes(f"{sheet_head}\nrubric,R\n,{LONG_WORD},{LONG_WORD},0"),
        ),
        ("export", path("rubrics:export", key), "Export", None),
        ("set-up", path("activities:start"), "What shall this link open?", None),
        ("rubric list", path("rubrics:rubrics"), "Rubrics of this course", None),
        ("builder", builder, title, None),
        ("builder, publish dialog", builder, title, clicks("Publish", "dialog[open]")),
        ("builder, discard dialog", builder, title, clicks("Throw this draft away", "dialog[open]")),
        ("empty builder", course.empty_draft.get_absolute_url(), "A new rubric", None),
        ("new criterion", new_criterion, "New criterion", None),
        ("new criterion with errors", new_criterion, "New criterion", leaves_it_half_done),
        ("criterion", edited, "Edit criterion", None),
        ("preview", path("rubrics:preview", key), title, None),
        ("published rubric", course.running.rubric.get_absolute_url(), course.running.rubric.title, None),
        ("builder, criterion removed", builder, title, clicks("Remove Washes hands", "#put-back")),
    ]:
        inspector.visits(teacher, address, name, heading, after)

    quiet = quiet_course()
    first_day = factories.launch(quiet.teacher, quiet.link)
    inspector.visits(first_day, path("activities:start"), "set-up, first day", "What shall this link open?")
    inspector.visits(first_day, path("rubrics:rubrics"), "no rubrics", "Rubrics of this course")
    designer = factories.launch(course.people["designer"], course.link)
    inspector.visits(designer, path("activities:start"), "designer's home", course.running.title)
    in_use = factories.launch(course.people["instructor"], course.link)
    inspector.visits(
        in_use, path("activities:setup"), "set-up of a running one", "The rubric of this activity"
    )

    assert inspector.found == ""


def everything(word):
    """A rubric with all it can have; `word` is in every text that somebody types."""
    criterion = factories.criterion
    return RubricWording(
        f"Shock {word}",
        criteria=(
            criterion(
                f"Washes hands {word}",
                ("Not done", "0"),
                (f"Done {word}", "1"),
                section=f"Opening {word}",
                domain=f"Safety {word}",
                competency=word,
                weight="2.5",
                is_critical=True,
            ),
            criterion("Percusses", is_mandatory=False, allows_not_applicable=True, is_shown_to_student=False),
            criterion("Summarises", is_mandatory=False, allows_not_applicable=True),
            factories.global_rating(),
        ),
        statements=(
            StatementWording(f"Calm {word}."),
            StatementWording(f"Ask why {word}.", StatementKind.NEXT_STEP),
        ),
    )


def test_pages_of_a_rubric_with_everything(course, inspector):
    context, person = course.context, course.people["instructor"]
    word = LONG_WORD[:70]
    draft = drafting.start(context=context, by=person, wording=everything(word))
    used = publishing.publish(rubric=drafting.duplicate(rubric=draft, by=person), by=person)
    link = factories.ResourceLinkFactory(context=context)
    activity = activities.set_up(resource_link=link, rubric=used, by=person)
    candidate = course.learners[0]
    sheet = factories.sheet(activity, candidate, person)
    filled = factories.fill(sheet, person)
    second = used.criteria.all()[2]
    filled = marking.mark(sheet=filled, criterion=second, by=person, is_not_applicable=True, comment=PROSE)
    marking.submit(sheet=filled, by=person, revision=filled.revision)
    releasing.release(activity=activity, by=person)
    teacher, student = factories.launch(person, link), factories.launch(candidate, link)
    first, last = (path("rubrics:criterion", draft.key, row.pk) for row in draft.criteria.all()[::3])

    def starts_with_a_global_rating(tab):
        tab.get_by_role("link", name="Global rating").click()
        tab.get_by_role("radio", name="Borderline").first.wait_for()

    def leaves_it_half_done(tab):
        tab.get_by_label("Weight").fill("heavy")
        tab.get_by_role("button", name="Save criterion").click()
        tab.locator(".notice-problem").wait_for()

    def adds_a_long_one(tab):
        tab.get_by_role("button", name="Add a strength").click()
        field = tab.get_by_role("group", name="Strength").last.get_by_role("textbox")
        field.evaluate("one => { one.removeAttribute('maxlength'); one.value = 'long '.repeat(60); }")
        tab.get_by_role("button", name="Save the statements").click()
        tab.locator(".notice-problem").wait_for()

    preview, statements = path("rubrics:preview", draft.key), path("rubrics:statements", draft.key)
    for launch, name, address, heading, after in [
        (teacher, "builder", draft.get_absolute_url(), draft.title, None),
        (teacher, "criterion, more open", first, "Edit criterion", None),
        (teacher, "criterion with a problem", first, "Edit criterion", leaves_it_half_done),
        (teacher, "global rating", last, "Edit criterion", None),
        (
            teacher,
            "new criterion, begun",
            path("rubrics:criteria", course.draft.key),
            "New criterion",
            starts_with_a_global_rating,
        ),
        (teacher, "preview", preview, draft.title, None),
        (teacher, "statements", statements, "Feedback statements", None),
        (teacher, "statements with a problem", statements, "Feedback statements", adds_a_long_one),
        (teacher, "rubric", used.get_absolute_url(), used.title, None),
        (teacher, "list", path("rubrics:rubrics"), "Rubrics of this course", None),
        (teacher, "submitted", sheet.get_absolute_url(), candidate.name, None),
        (teacher, "amendment", path("marking:amendment", sheet.key), re.compile("^Amend the sheet"), None),
        (teacher, "candidate", path("results:candidate", activity.key, candidate.key), candidate.name, None),
        (student, "feedback", path("activities:start"), activity.title, None),
    ]:
        inspector.visits(launch, address, name, heading, after)

    for colours in ({"color_scheme": "dark"}, {"contrast": "more"}):
        inspector.tab.emulate_media(**{"color_scheme": "light", "contrast": "no-preference"} | colours)
        for name, address in (("builder", draft.get_absolute_url()), ("form", last), ("preview", preview)):
            inspector.visits(teacher, address, f"{name}, {colours}", re.compile("."))

    assert inspector.found == ""


def test_pages_of_those_who_mark(course, inspector):
    teacher = factories.launch(course.people["instructor"], course.link)
    examiner = factories.launch(course.people["teaching_assistant"], course.link)
    home = path("activities:start")
    begun, submitted = course.begun.get_absolute_url(), course.submitted.get_absolute_url()
    amended = course.amended.get_absolute_url()
    amendment = path("marking:amendment", course.amended.key)
    title = course.running.title
    release = path("results:release", course.running.key)
    candidates = [path("results:candidate", course.running.key, person.key) for person in course.learners]

    for launch, name, address, heading, after in [
        (examiner, "examiner's home", f"{home}?done=submitted", title, None),
        (teacher, "home with a refused grade", f"{home}?done=released", title, None),
        (examiner, "mark sheet", begun, re.compile("^Charlie"), None),
        (
            examiner,
            "mark sheet with gaps",
            begun,
            re.compile("^Charlie"),
            clicks("Submit", ".notice-problem"),
        ),
        (examiner, "submitted sheet", submitted, "Amina Odhiambo", None),
        (teacher, "amended sheet", f"{amended}?done=amended", "Bo", None),
        (teacher, "amendment", amendment, "Amend the sheet of Bo", None),
        (
            teacher,
            "amendment refused",
            amendment,
            "Amend the sheet of Bo",
            clicks("Amend", ".notice-problem"),
        ),
        (teacher, "candidate with a grade to decide about", candidates[1], LONG_NAME, None),
        (examiner, "candidate whose sheet is begun", candidates[3], re.compile("^Charlie"), None),
        (examiner, "candidate who is not marked", candidates[5], "Eve Fox", None),
        (teacher, "release", release, "Release results", None),
        (teacher, "people", path("people:people", course.running.key), "People", None),
        (
            teacher,
            "people, decided",
            path("people:people", course.running.key),
            "People",
            clicks("Do not count", ".notice-good"),
        ),
    ]:
        inspector.visits(launch, address, name, heading, after)

    factories.marked(course.running, course.people["learner"], course.people["teaching_assistant"])
    releasing.release(activity=course.running, by=course.people["instructor"])
    inspector.visits(teacher, release, "nothing to release", "Release results")
    quiet = quiet_course()
    activities.set_up(resource_link=quiet.link, rubric=factories.published(quiet.context), by=quiet.teacher)
    first_day = factories.launch(quiet.teacher, quiet.link)
    inspector.visits(first_day, home, "home without candidates", "Chest pain history")

    assert inspector.found == ""


def test_pages_of_everybody_else(course, inspector):
    home = path("activities:start")
    for launch, name, heading in [
        (factories.launch(course.people["observer"], course.link), "observer", course.running.title),
        (
            factories.launch(course.people["observer"], course.new_link),
            "observer, not set up",
            "Not ready yet",
        ),
        (factories.launch(course.learners[5], course.new_link), "student, not set up", "Not ready yet"),
        (factories.launch(course.learners[5], course.link), "student, not marked", course.running.title),
        (factories.launch(course.learners[2], course.link), "student, not released", course.running.title),
        (factories.launch(course.learners[0], course.link), "feedback", course.running.title),
    ]:
        inspector.visits(launch, home, name, heading)
    student = factories.launch(course.learners[0], course.link)
    inspector.visits(student, path("rubrics:rubrics"), "not for this role", "This is not open to you")
    elsewhere = quiet_course()
    stranger = factories.launch(elsewhere.teacher, elsewhere.link)
    theirs = course.begun.get_absolute_url()
    inspector.visits(stranger, theirs, "somebody else's sheet", "There is nothing here for you")

    assert inspector.found == ""


def test_pages_at_the_door(course, inspector, tool):
    tab = inspector.tab
    for name, address, heading in [
        ("shell", course.begun.get_absolute_url(), "Please open this activity from your course"),
        ("rejected launch", path("lti_tool:login"), "This activity could not be opened"),
        ("used address", path("lti_tool:open", "used"), "Please open the activity again"),
    ]:
        tab.goto(tool.url + address)
        inspector.looks(name, heading)

    assert inspector.found == ""


def test_pages_of_choosing_in_the_lms(course, inspector):
    tab, people = inspector.tab, course.people
    factories.published(course.context, title=f"Shock {LONG_WORD}")
    unlinked = factories.activity(factories.ResourceLinkFactory(context=course.context))
    type(unlinked).objects.filter(pk=unlinked.pk).update(title=LONG_WORD, resource_link=None)
    teacher = factories.choice(people["instructor"], course.context)
    picker = path("activities:picker")

    def opens_the_rest(tab):
        tab.locator("summary").click()

    def sends_wrong_things(tab):
        tab.locator("summary").click()
        tab.get_by_label("Name in the course").fill(LONG_WORD)
        tab.get_by_role("radio", name=re.compile("Aseptic")).check()
        tab.get_by_label(re.compile("Points in the gradebook")).fill("many")
        tab.get_by_role("button", name="Make it and add it to the course").click()
        tab.get_by_text("Not saved yet").wait_for()

    heading = "Add an activity to your course"
    inspector.visits(teacher, picker, "picker", heading, opens_the_rest)
    inspector.visits(teacher, picker, "picker with problems", heading, sends_wrong_things)
    one = factories.choice(people["instructor"], course.context, accept_multiple=False, accept_lineitem=False)
    inspector.visits(one, picker, "picker of one", heading)
    student = factories.choice(people["learner"], course.context, Role.LEARNER)
    inspector.visits(student, picker, "picker of a student", "Activities are added by teachers")
    links = factories.choice(people["instructor"], course.context, accept_types=["link"])
    inspector.visits(links, picker, "place for links", "Nothing can be added from here")

    tab.route("https://lms.example/**", lambda route: route.fulfill(status=204))  # the form stays where it is
    tab.set_viewport_size(DESK)
    visit(tab, inspector.tool, teacher, picker)
    tab.get_by_role("checkbox", name=LONG_WORD).first.check()
    tab.get_by_role("button", name="Add to the course", exact=True).click()
    inspector.looks("on the way back", "Back to your course")
    inspector.visits(teacher, picker, "answered", "Your choice was sent")

    assert inspector.found == ""


def test_pages_of_a_copied_course(course, inspector):
    context, teacher = course.context, course.people["instructor"]
    deployment = context.deployment
    copied = factories.ContextFactory(deployment=deployment, title=LONG_WORD, history=[context.context_id])
    factories.lti.Membership.objects.create(context=copied, person=teacher, role=Role.INSTRUCTOR)
    key = str(course.link.activity.key)
    link = factories.ResourceLinkFactory(context=copied, custom={"activity": key})
    again = factories.ResourceLinkFactory(context=copied, custom={"activity": key})

    start = path("activities:start")
    inspector.visits(factories.launch(teacher, link), start, "copied activity", re.compile("."))
    assert inspector.tab.get_by_role("button", name="Start empty instead").is_visible()
    inspector.visits(factories.launch(teacher, again), start, "second link", "What shall this link open?")
    assert inspector.tab.get_by_role("button", name="Open it from here").is_visible()

    assert inspector.found == ""


def test_new_tab_page(inspector, enrol, monkeypatch):
    school = enrol("plain")
    monkeypatch.setattr(cookies, "set_binding", lambda *args, **kwargs: None)
    inspector.tab.goto(f"{school.url}/as/teacher/links/{school.links[0]['number']}/?window=1")
    inspector.looks("new tab", "Open in a tab of its own")

    assert inspector.found == ""


def test_densest_pages_in_the_dark_and_in_high_contrast(course, inspector):
    tab, person = inspector.tab, course.people["instructor"]
    plain = factories.launch(person, course.link)
    contrast = factories.launch(person, course.link, high_contrast=True)

    leaving = clicks("End this visit", "dialog[open]")
    for name, address, after in [
        ("sheet", course.begun.get_absolute_url(), None),
        ("people", path("people:people", course.running.key), None),
        ("home, leaving", path("activities:start"), leaving),
    ]:
        for asked, launch, media in [
            ("dark", plain, {"color_scheme": "dark"}),
            ("contrast on the device", plain, {"contrast": "more"}),
            ("dark with contrast on the device", plain, {"color_scheme": "dark", "contrast": "more"}),
            ("contrast in the LMS, dark device", contrast, {"color_scheme": "dark"}),
        ]:
            tab.emulate_media(**{"color_scheme": "light", "contrast": "no-preference"} | media)
            inspector.visits(launch, address, f"{name}, {asked}", re.compile("."), after)

    colours = tab.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert colours == "rgb(255, 255, 255)"  # the LMS's word about contrast beats the device's dark
    assert inspector.found == ""


def _filled_form(school):
    choice = choose(Client(), school, "assignment_selection")
    choice.returns(choice.makes(LONG_WORD))
    return choice.dialogue


def test_pages_of_the_sandbox(inspector, enrol):
    school = enrol("canvas")
    school.add_students(2)
    school.teacher_types("student", 64.5, comment=PROSE)
    tab = inspector.tab

    waiting = f"{school.url}/as/teacher/choose/{_filled_form(school)}/"
    for name, address, heading in [
        ("filled form", waiting, "New assignment: find"),
        ("home", school.sandbox.url + "/", "Who do you want to be?"),
        ("course of a teacher", f"{school.url}/as/teacher/", re.compile(".")),
        ("course of a student", f"{school.url}/as/student/", re.compile(".")),
        ("gradebook", f"{school.url}/as/teacher/gradebook/", "Gradebook"),
        ("grades of a student", f"{school.url}/as/student/gradebook/", "My grades"),
    ]:
        tab.set_viewport_size(DESK)
        tab.goto(address)
        if name == "gradebook":
            tab.locator("summary").first.click()
        inspector.looks(name, heading)

    assert inspector.found == ""
