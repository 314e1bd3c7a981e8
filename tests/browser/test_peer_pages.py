"""Every page of a round, as each role that sees it: axe, and 320 px."""

import pytest

from assessments.peer import reading, responding, submitting
from assessments.peer.models import PeerActivity
from lti_tool.models import Role
from tests import factories, peers
from tests.browser.test_accessibility import LONG_NAME, LONG_WORD, Inspector, path
from tests.peer.test_leaks import pdf_by

pytestmark = pytest.mark.django_db(transaction=True)
Phase = PeerActivity.Phase


@pytest.fixture
def inspector(chromium, tool):
    context = chromium.new_context(bypass_csp=True)
    context.set_default_timeout(10_000)
    yield Inspector(context, tool)
    context.close()


@pytest.fixture
def peer(tool, settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    link = factories.ResourceLinkFactory(title=f"Reflection {LONG_WORD}")
    teacher = factories.member(link.context, Role.INSTRUCTOR, name="Tara Teacher")
    factories.member(link.context, name=LONG_NAME)
    return peers.peer_round(
        link, by=teacher, people=5, reviews_each=2, takes_link=True, instructions=LONG_WORD, counts=True
    )


def test_pages_of_a_learner(peer, inspector):
    me = peers.people_of(peer)[0]
    launch = factories.launch(me.person, peer.activity.link)
    title = peer.activity.title

    def looks(name, page, heading, *more):
        inspector.visits(launch, path(f"peer:{page}", peer.activity.key, *more), name, heading)

    looks("before it begins", "home", title)
    peer = peers.go_to(peer, Phase.SUBMIT)
    looks("hand in", "home", title)
    me = peers.people_of(peer)[0]
    submission = submitting.begin(participant=me)
    content = pdf_by(LONG_WORD)
    content.seek(0)
    submitting.add_file(submission=submission, by=me, content=content, name=f"{LONG_WORD}.pdf")
    looks("work", "work", "Your work")
    submission.refresh_from_db()
    submission = submitting.write(
        submission=submission,
        by=me,
        text=f"Mrs Hoskins, DOB 03/04/1951. {LONG_WORD}",
        link="https://media.example/1",
        revision=submission.revision,
    )
    looks("work with hints", "work", "Your work")
    submitting.hand_in(submission=submission, by=me, attests=True, revision=submission.revision)
    for other in peers.people_of(peer)[1:]:
        peers.work_of(other, text=LONG_WORD)
    looks("handed in", "work", "Your work")
    peer = peers.go_to(peer, Phase.SELF)
    looks("self", "self", "Assess your own work")
    peers.self_assess(peers.people_of(peer)[0])
    peer = peers.go_to(peer, Phase.REVIEW)
    me = peers.people_of(peer)[0]
    review = me.given.of_peers().whole().order_by("pk").first()
    looks("reviews wait", "home", title)
    inspector.visits(launch, review.get_absolute_url(), "review", subject(review, me))
    peers.all_review(peer, place=1)
    inspector.visits(launch, review.get_absolute_url(), "review, handed in", subject(review, me))
    peer = peers.go_to(peer, Phase.RESPOND)
    mine = peers.people_of(peer)[0]
    first = reading.readable(submitting.submission_of(mine), mine)[0]
    peers.answer(first, mine, acting="will", text=LONG_WORD)
    responding.plan(participant=mine, text=LONG_WORD)
    looks("feedback", "feedback", "Your feedback")
    looks("in the end", "home", title)

    assert inspector.found == ""


def subject(review, me):
    from assessments.peer import names

    return names.author_name(review.submission, me)


def test_pages_of_other_rounds_and_roles(tool, inspector, peer):
    observer = factories.member(peer.activity.context, Role.OBSERVER)
    designer = factories.member(peer.activity.context, Role.DESIGNER)
    home = path("peer:home", peer.activity.key)
    inspector.visits(factories.launch(observer, peer.activity.link), home, "observer", peer.activity.title)
    inspector.visits(factories.launch(designer, peer.activity.link), home, "designer", peer.activity.title)
    pulled = peers.under_review(people=5, allocating="pull")
    me = peers.people_of(pulled)[0]
    inspector.visits(
        factories.launch(me.person, pulled.activity.link),
        path("peer:next", pulled.activity.key),
        "next work",
        "The next work to review",
    )
    sources = peers.under_review(people=8, mode="sources", reviews_each=6, forbids_pairs=False)
    peers.all_review(sources, place=1)
    sources = peers.go_to(sources, Phase.RESPOND)
    me = peers.people_of(sources)[0]
    inspector.visits(
        factories.launch(me.person, sources.activity.link),
        path("peer:feedback", sources.activity.key),
        "many sources",
        "Your feedback",
    )

    assert inspector.found == ""
