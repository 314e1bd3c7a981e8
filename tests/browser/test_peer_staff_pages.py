"""The pages that set a round up and look after it: axe, and 320 px; what asks before it is done."""

import pytest
from playwright.sync_api import expect

from assessments.peer import nudging
from assessments.peer.models import PairRule, PeerActivity
from lti_tool.models import Role
from tests import factories, peers
from tests.browser.test_accessibility import LONG_NAME, LONG_WORD, Inspector, path
from tests.browser.visiting import visit
from tests.peer import moodle_backups as moodle

pytestmark = pytest.mark.django_db(transaction=True)
Phase = PeerActivity.Phase


@pytest.fixture
def inspector(chromium, tool):
    context = chromium.new_context(bypass_csp=True)
    context.set_default_timeout(10_000)
    yield Inspector(context, tool)
    context.close()


@pytest.fixture
def peer(tool):
    link = factories.ResourceLinkFactory(title=f"Reflection {LONG_WORD}")
    factories.member(link.context, name=LONG_NAME)
    return peers.peer_round(link, people=5, reviews_each=2, instructions=LONG_WORD, self_assesses=False)


def test_pages_of_teachers(peer, inspector):
    teacher = factories.member(peer.activity.context, Role.INSTRUCTOR, name="Tara Teacher")
    launch = factories.launch(teacher, peer.activity.link)

    def looks(name, page, heading, *more):
        inspector.visits(launch, path(f"peer:{page}", peer.activity.key, *more), name, heading)

    looks("set-up", "home", peer.activity.title)
    looks("settings", "settings", "How it works")
    looks("workshop", "workshop", "Bring a Moodle Workshop")
    peer = peers.go_to(peer, Phase.SUBMIT)
    peers.everybody_hands_in(peer)
    peer = peers.go_to(peer, Phase.REVIEW)
    peers.hand_in(peers.reviews_of(peer)[0])
    first, second = peers.people_of(peer)[:2]
    peer.participants.update(group=peer.groups.create(name=LONG_WORD), stratum=LONG_WORD)
    PairRule.objects.create(peer=peer, reviewer=first, author=second, kind="must_not")
    nudging.nudge(peer=peer, people=[first], by=teacher)
    looks("while reviewing", "home", peer.activity.title)
    looks("settings that are locked", "settings", "How it works")
    looks("people", "people", "People")
    looks("one person", "person", first.display_name, first.person.key)


def test_going_on_before_everybody_is_ready_asks_first(browser, tool, peer):
    teacher = factories.member(peer.activity.context, Role.INSTRUCTOR)
    peer = peers.go_to(peer, Phase.SUBMIT)
    tab = visit(
        browser.new_page(),
        tool,
        factories.launch(teacher, peer.activity.link),
        path("peer:home", peer.activity.key),
    )

    tab.get_by_role("button", name="Go back…").click()
    tab.get_by_role("button", name="Leave it as it is").click()
    assert peers.fresh(peer).phase == Phase.SUBMIT
    tab.get_by_role("button", name="Go back…").click()
    tab.get_by_role("dialog").get_by_role("button", name="Go back", exact=True).click()
    tab.get_by_text("The round is now at “set-up”").wait_for()
    tab.get_by_role("button", name="Go on", exact=True).click()
    tab.get_by_text("The round is now at “hand in”").wait_for()
    tab.get_by_role("button", name="Ask all 6 who have something to do").click()

    expect(tab.get_by_text("Asked: 6.")).to_be_visible()


def test_workshop_of_moodle_is_brought_in_two_steps(browser, tool, peer, tmp_path):
    teacher = factories.member(peer.activity.context, Role.INSTRUCTOR)
    form = moodle.rubric_xml({"description": "Clarity", "levels": [(0, "Poor"), (5, "Good")]})
    file = tmp_path / "backup.mbz"
    file.write_bytes(moodle.tar(moodle.files(moodle.workshop_xml(form, name="Case reports"))).read())
    tab = visit(
        browser.new_page(),
        tool,
        factories.launch(teacher, peer.activity.link),
        path("peer:settings", peer.activity.key),
    )

    tab.get_by_role("link", name="Bring a Moodle Workshop").click()
    tab.get_by_label("Backup", exact=True).set_input_files(file)
    tab.get_by_role("button", name="Show what is in it").click()
    tab.get_by_role("heading", name="Case reports").wait_for()
    assert peers.fresh(peer).activity.rubric == peer.activity.rubric
    tab.get_by_role("button", name="Bring this").click()

    expect(tab.get_by_text("The workshop's set-up is here.")).to_be_visible()
    assert peers.fresh(peer).activity.rubric.title == "Case reports"
