"""From locked marks to released results, as each role sees it: axe, 320 px, and the whole way by keyboard."""

import pytest
from playwright.sync_api import expect

from assessments.marking import marking
from assessments.marking.models import MarkSheet
from assessments.osce import publishing
from assessments.results import moderating, releasing, replying
from assessments.results.models import Result
from lti_tool.models import Role
from tests import exams, factories
from tests.assessments.moderating import PATTERN, add_second, fill, hand_in
from tests.browser.test_accessibility import LONG_NAME, LONG_WORD, Inspector, path
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
    """Locked, with something for every page: two examiners apart, a void station, a concern, the longest words."""
    session = exams.published(exams.exam(stations=2, candidates=5))
    exam = session.exam
    exam.stations.filter(place=0).update(title=f"History {LONG_WORD[:60]}")
    candidate = exam.candidates.get(number=1)
    candidate.person.name = LONG_NAME
    candidate.person.save()
    first = exams.sheet_of(session, candidate, exam.stations.first())
    marking.raise_concern(sheet=first, concern=LONG_WORD, by=first.assigned_to)
    other = add_second(session, 3)
    marking.comment_overall(sheet=first, comment=LONG_WORD, by=first.assigned_to)
    fill(session, [*PATTERN[:4], [PATTERN[4][0], None]])
    hand_in(other, 2, 2, grade=3)
    session.encounters.filter(candidate__number=5, station__place=1).update(state="void", reason=LONG_WORD)
    publishing.lock(session=session, by=None)
    return exam


def launch_of(exam, role, name):
    return factories.launch(factories.member(exam.activity.context, role, name=name), exam.activity.link)


def settle(exam):
    """What is in the way of a proposal."""
    found = moderating.standing(exam.activity)
    [double] = found.double_marks.values()
    part, candidate = found.scores.parts[double.part], found.scores.candidates[double.candidate]
    why = {"reason": LONG_WORD, "by": None, "activity": exam.activity}
    moderating.resolve(part=part.key, candidate=candidate.person, mark=60, seen=double.seen, **why)
    [concern] = moderating.unread_concerns(found)
    sheet = MarkSheet.objects.get(pk=concern.sheet)
    moderating.note_concern(
        activity=exam.activity, sheet=sheet, concern=sheet.concern, note=LONG_WORD, by=None
    )
    moderating.rule_on_part(part=part.key, method="fixed", cut=40, adjustment=5, **why)


def test_every_page_of_a_decision(exam, inspector):
    key, teacher = exam.activity.key, launch_of(exam, Role.INSTRUCTOR, LONG_NAME)
    part, person = exam.stations.first().key, exam.candidates.get(number=1).person
    for name, address, heading in [
        ("moderation, open", path("results:moderation", key), "Decision"),
        ("discrepancies", path("results:discrepancies", key), "Two examiners, two marks"),
        ("concerns", path("results:concerns", key), "Examiners' concerns"),
        ("gaps", path("results:gaps", key), "Absent and void"),
    ]:
        inspector.visits(teacher, address, name, heading)
    settle(exam)
    moderating.propose(activity=exam.activity, by=teacher.person)
    for name, address, heading in [
        ("moderation, proposed", path("results:moderation", key), "Decision"),
        ("quality, tried", path("results:quality", key) + "?z=2&least=1", "How the exam did"),
        ("examiners", path("results:examiners", key), "Examiners"),
        ("reliability", path("results:reliability", key), "Reliability"),
        ("exports", path("results:exports", key), "Files for further computation"),
        ("rule", path("results:rule", key), "The rule"),
        ("part", path("results:part", key, part), exam.stations.first().title),
        ("discrepancies, settled", path("results:discrepancies", key), "Two examiners, two marks"),
        ("words", path("results:words", key), "Words for candidates"),
        ("concerns, read", path("results:concerns", key), "Examiners' concerns"),
        ("decisions", path("results:decisions", key), "Candidates"),
        ("decision", path("results:decision", key, person.key), LONG_NAME),
    ]:
        inspector.visits(teacher, address, name, heading)
    assert inspector.found == ""


def test_every_page_of_a_release(exam, inspector):
    settle(exam)
    key = exam.activity.key
    first, second = (launch_of(exam, Role.INSTRUCTOR, name) for name in ("First", "Second"))
    proposal = moderating.propose(activity=exam.activity, by=first.person)
    moderating.sign(activity=exam.activity, seen=proposal.fingerprint, by=second.person)
    inspector.visits(first, path("results:moderation", key), "moderation, signed", "Decision")
    inspector.visits(first, path("results:years", key), "years", "Other years")
    inspector.visits(first, path("results:exam_release", key), "release", "Release results")
    releasing.release(activity=exam.activity, by=first.person)
    inspector.visits(first, path("results:exam", key), "exam", "Results and release")
    inspector.visits(first, path("results:exam_back", key), "back", "Take the release back")
    result = Result.objects.get(candidate__name=LONG_NAME, outcome__isnull=False)
    asked = replying.write(result=result, kind="question", text=LONG_WORD, by=result.candidate)
    inspector.visits(first, path("results:replies", key), "replies", "Questions and appeals")
    replying.answer(reply=asked, text=LONG_WORD, by=first.person)
    candidate = factories.launch(exam.candidates.get(number=1).person, exam.activity.link)
    inspector.visits(candidate, path("results:exam_feedback", key), "feedback", "Your result")
    assert inspector.found == ""


def test_decided_signed_and_released_by_keyboard(exam, chromium, tool):
    settle(exam)
    key = exam.activity.key
    context = chromium.new_context()
    context.set_default_timeout(10_000)

    def press(launch, address, button, then):
        tab = visit(context.new_page(), tool, launch, address)
        tab.keyboard.press("Tab")
        for _step in range(40):
            if tab.evaluate("document.activeElement.textContent.trim()").startswith(button):
                break
            tab.keyboard.press("Tab")
        tab.keyboard.press("Enter")
        expect(tab.locator("#page")).to_contain_text(then)

    first, second = (launch_of(exam, Role.INSTRUCTOR, name) for name in ("First", "Second"))
    home = path("results:moderation", key)
    press(first, home, "Propose this decision", "It waits for the signature of a second person.")
    press(second, home, "Sign the decision", "Signed by Second")
    press(
        second,
        path("results:exam_release", key),
        "Release 5 results",
        "Released: candidates see their results.",
    )
    context.close()
    assert Result.objects.released().count() == 5
