"""A round with thirty learners in the browser: work, late work, somebody who leaves, a reported review, answers, actions."""

import re

import pytest
from playwright.sync_api import expect

from assessments.peer import assigning, reading, submitting
from assessments.peer.models import PeerActivity, Report, Response, Review, Submission
from lti_tool.models import Role
from tests import factories, peers
from tests.browser.course import no_network
from tests.browser.visiting import visit

pytestmark = pytest.mark.django_db(transaction=True)
Phase = PeerActivity.Phase
DONE = "Nobody can be recognised in this work: I have looked."


@pytest.fixture
def peer(tool):
    link = factories.ResourceLinkFactory(title="Reflective case report")
    teacher = factories.member(link.context, Role.INSTRUCTOR, name="Tara Teacher")
    return peers.peer_round(link, by=teacher, people=30, reviews_each=3, takes_link=True)


def opens(browser, tool, peer, person, path=""):
    launch = factories.launch(person, peer.activity.link)
    return visit(browser.new_page(), tool, launch, f"{peer.get_absolute_url()}{path}")


def teacher_of(peer):
    return peer.activity.created_by


def place_of(peer, place):
    return peers.people_of(peer)[place]


def writes_work(tab, text):
    tab.get_by_role("link", name="Begin").click()
    tab.get_by_label("Text", exact=True).fill(text)
    tab.get_by_label(DONE).check()
    tab.get_by_role("button", name="Hand in").click()
    tab.get_by_text("Handed in. You can take it back").wait_for()


def writes_review(tab, words):
    """From the learner's page to the review that is handed in."""
    tab.get_by_role("link", name=re.compile("Begin a review|Go on reviewing")).click()
    tab.get_by_role("heading", name="Your words").wait_for()
    for box in tab.locator("#words textarea").all():
        box.fill(words)
        box.blur()
    tab.get_by_role("button", name=re.compile("Now the form|Go on with the form")).click()
    tab.get_by_text("Unanswered:").wait_for()
    for criterion in tab.locator("[data-criterion]").all():
        criterion.locator("label:has(input[type=radio]), input[type=radio] + label").nth(2).click()
    tab.get_by_text("Saved on server").wait_for()
    tab.get_by_role("button", name="Hand in").click()
    tab.get_by_text("Handed in. Nothing of it can be changed any more.").wait_for()


def test_a_round_of_thirty(browser, tool, peer):
    teacher = opens(browser, tool, peer, teacher_of(peer))
    peers.go_to(peer, Phase.SUBMIT)

    # Twenty-seven hand in, one of them here; one hands in late, one never, one leaves.
    first = place_of(peer, 0)
    tab = opens(browser, tool, peer, first.person)
    writes_work(tab, "I saw Mr X twice. The second time I asked before I examined.")
    for place in range(1, 27):
        peers.work_of(place_of(peer, place))
    peers.go_to(peer, Phase.SELF)
    tab = opens(browser, tool, peer, first.person)
    expect(tab.get_by_text("Assess your own work, before you read what others say.")).to_be_visible()
    for place in range(27):
        peers.self_assess(place_of(peer, place))
    peer = peers.go_to(peer, Phase.REVIEW)
    assert Review.objects.of_peers().count() == 81

    late = opens(browser, tool, peer, place_of(peer, 27).person)
    expect(late.get_by_text("Your work is late. It can still be handed in.")).to_be_visible()
    writes_work(late, "Sorry: my ward was short of staff.")
    assert Submission.objects.get(is_late=True).live_reviews == 3
    gone = place_of(peer, 26)
    assigning.leave(participant=gone, by=teacher_of(peer))

    # One learner writes a review in the browser and declines another.
    tab = opens(browser, tool, peer, first.person)
    writes_review(tab, "When you asked about the pain, you waited. Next time, say first why you ask.")
    tab.get_by_role("link", name="Reflective case report").click()
    tab.get_by_role("link", name=re.compile("Begin a review")).click()
    tab.get_by_text("I cannot review this").click()
    tab.get_by_label("Why? Only your teachers read it.").fill("I was on the ward with them.")
    tab.get_by_role("button", name="Decline this review").click()
    tab.get_by_text("Declined. Somebody else will review that work").wait_for()

    for review in peers.reviews_of(peer, state="planned"):
        if not reviewer_is_idle(review):
            peers.hand_in(review, place=1)
    in_the_round = Submission.objects.filter(peer=peer, state="handed_in")
    assert in_the_round.count() == 27
    assert min(row.live_reviews for row in in_the_round) >= peer.least_reviews

    # The author reads, answers, reports, plans.
    peer = peers.go_to(peer, Phase.RESPOND)
    tab = opens(browser, tool, peer, first.person)
    tab.get_by_role("link", name="Read and answer").click()
    mine = place_of(peer, 0)
    readable = reading.readable(submitting.submission_of(mine), mine)
    expect(tab.get_by_role("article")).to_have_count(len(readable))
    for other in peers.people_of(peer):
        expect(tab.get_by_text(other.display_name)).to_have_count(0)
    article = tab.get_by_role("article").first
    article.get_by_label("It is specific: I know what is meant.").check()
    article.get_by_label("I will act on it").check()
    article.get_by_role("button", name="Answer", exact=True).click()
    tab.get_by_text("Your answer is kept.").wait_for()
    article = tab.get_by_role("article").last
    article.get_by_text("Something is wrong with this review").click()
    article.get_by_label("Unkind").check()
    article.get_by_role("button", name="Report it").click()
    tab.get_by_text("Your teachers will look at it.").wait_for()
    tab.get_by_label("I will", exact=True).fill("Wait for the answer before the next question.")
    tab.get_by_role("button", name="Write it down").click()
    tab.get_by_text("Kept. It comes back to you in the next round.").wait_for()

    assert Response.objects.count() == 1
    assert Report.objects.get().kind == Report.Kind.UNKIND
    teacher.bring_to_front()
    teacher.reload()
    expect(teacher.get_by_text("Learner 28").first).to_be_visible()  # never handed in: named to staff


def reviewer_is_idle(review):
    """One learner never reviews."""
    return review.reviewer.person.name == "Learner 05"


def test_round_by_keyboard_alone(browser, tool):
    """From the first page to a review that is handed in, without a pointer."""
    peer = peers.under_review(people=5)
    me = place_of(peer, 0)
    tab = opens(browser, tool, peer, me.person)
    keys = tab.keyboard

    def goes_to(role, name):
        """Tabs until the control of that name has the focus."""
        wanted = tab.get_by_role(role, name=name).first
        wanted.wait_for()
        for _ in range(60):
            if wanted.evaluate("one => one === document.activeElement"):
                return
            keys.press("Tab")
        raise AssertionError(f"{name} was never reached")

    goes_to("link", re.compile("Begin a review"))
    keys.press("Enter")
    tab.get_by_role("heading", name="Your words").wait_for()
    goes_to("link", "To your words")
    keys.press("Enter")
    goes_to("textbox", re.compile("What worked"))
    keys.type("You waited after the question about pain.")
    goes_to("textbox", re.compile("What would you try next time"))
    keys.type("Say first why you ask.")
    goes_to("button", "Now the form")
    keys.press("Enter")
    tab.get_by_text("Unanswered:").wait_for()
    for criterion in tab.locator("[data-criterion]").all():
        criterion.locator("input[type=radio]").first.focus()
        keys.press("Space")
    tab.get_by_text("Saved on server").wait_for()
    goes_to("button", "Hand in")
    keys.press("Enter")
    tab.get_by_text("Handed in. Nothing of it can be changed any more.").wait_for()

    assert Review.objects.of_peers().done().count() == 1


def test_words_are_kept_while_one_writes(browser, tool):
    peer = peers.under_review(people=5)
    me = place_of(peer, 0)
    review = me.given.of_peers().order_by("pk").first()
    tab = opens(browser, tool, peer, me.person, f"reviews/{review.key}/")

    tab.get_by_label(re.compile("What worked")).fill("Good job!")
    tab.locator("#advice-strength").get_by_text("Saved.").wait_for()

    assert Review.objects.get(pk=review.pk).words == {"strength": "Good job!"}
    assert tab.locator("#advice-strength li").count() >= 1
    tab.reload()
    expect(tab.get_by_label(re.compile("What worked"))).to_have_value("Good job!")


def test_words_written_without_the_network_are_told_kept_and_saved_when_it_is_back(browser, tool):
    peer = peers.under_review(people=5)
    me = place_of(peer, 0)
    review = me.given.of_peers().order_by("pk").first()
    tab = opens(browser, tool, peer, me.person, f"reviews/{review.key}/")

    with no_network(tab.context):
        tab.get_by_label(re.compile("What worked")).fill("You waited after the question.")
        tab.locator("#advice-strength").get_by_text("Not saved yet: there is no connection").wait_for()
        tab.get_by_role("button", name="Now the form").click()
        expect(tab.locator("#announcer")).to_have_class("toast")
        assert tab.locator("#announcer").bounding_box()["height"] > 20  # to be seen, not only heard

    tab.locator("#advice-strength").get_by_text("Saved.").wait_for()
    expect(tab.locator("#announcer")).to_have_class("visually-hidden")
    assert Review.objects.get(pk=review.pk).words == {"strength": "You waited after the question."}


def test_file_and_text_are_handed_in_with_one_press(browser, tool, peer):
    peers.go_to(peer, Phase.SUBMIT)
    me = place_of(peer, 0)
    tab = opens(browser, tool, peer, me.person, "work/")

    def chooses(name):
        tab.get_by_label("Add a file").set_input_files(
            {"name": name, "mimeType": "text/plain", "buffer": b"What I did"}
        )

    tab.get_by_label("Text", exact=True).fill("What I saw")
    chooses("one.txt")
    tab.get_by_role("button", name="Add this file").click()
    tab.get_by_role("link", name="work-1.txt").wait_for()
    expect(tab.get_by_label("Text", exact=True)).to_have_value("What I saw")
    tab.get_by_label("Text", exact=True).fill("What I saw, and heard")
    tab.get_by_label("Link to a film").press("Enter")
    tab.get_by_text("Saved. It is not handed in yet.").wait_for()
    tab.get_by_role("button", name="Remove").click()
    tab.get_by_text("The file was removed.").wait_for()
    chooses("two.txt")
    tab.get_by_label(DONE).check()
    tab.get_by_role("button", name="Hand in").click()
    tab.get_by_text("Handed in. You can take it back").wait_for()

    work = submitting.submission_of(me)
    assert (work.text, [file.original_name for file in work.files.all()]) == (
        "What I saw, and heard",
        ["two.txt"],
    )


def test_list_before_a_round_leads_to_its_part_of_the_settings(browser, tool, peer):
    tab = opens(browser, tool, peer, teacher_of(peer))

    tab.get_by_role("link", name="Instructions").click()

    expect(tab.get_by_label("Instructions")).to_be_in_viewport()
    expect(tab.get_by_role("heading", name="How it works")).not_to_be_in_viewport()
