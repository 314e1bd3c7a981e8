"""What those who teach read and decide about reviews and work, on its pages."""

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assessments.audit.models import Event
from assessments.marking import marking
from assessments.peer import moderating, names, reading, reviewing, submitting
from assessments.peer.models import PeerActivity, QualitySample, Report, Review, Unmasking, WorkFile
from assessments.results.models import Result
from lti_tool.models import Role
from tests import factories, peers
from tests.peer.pages import Browser, assistant, learner, member, teacher

pytestmark = pytest.mark.django_db
Phase = PeerActivity.Phase


def reviewed(people=3, **settings):
    """Everybody has handed in their review."""
    settings = {"reviews_each": 1, "least_reviews": 1, "releasing": "at_once", **settings}
    peer = peers.under_review(people=people, **settings)
    peers.all_review(peer)
    return peers.fresh(peer)


def author_of(review):
    return review.submission.authors.select_related("person", "peer__activity").first()


def readable(review):
    author = author_of(review)
    return [row.pk for row in reading.readable(submitting.submission_of(author), author)]


def shown(page):
    return [row.review.pk for row in page.context["rows"]]


# --- the queue --------------------------------------------------------------------------------


def test_what_may_hurt_or_harm_comes_first():
    peer = peers.under_review(people=5)
    plain, mild, insult, reported, *_rest = peers.reviews_of(peer)
    plain = peers.hand_in(plain)
    mild = peers.hand_in(mild, words="ok", place=0)
    insult = peers.hand_in(insult, words="You are stupid.")
    reported = peers.hand_in(reported)
    moderating.report(peer=peer, by=author_of(reported), kind="unkind", text="", review=reported)

    page = teacher(peer).get("queue")

    assert shown(page) == [reported.pk, insult.pk, mild.pk, plain.pk]
    assert "A word that can hurt." in page.text
    assert "A very low score with hardly a word." in page.text


def test_words_on_the_form_are_read_too():
    peer = peers.under_review(people=5)
    first, second, *_rest = peers.reviews_of(peer)
    peers.hand_in(first)
    review = peers.begin(second)
    for step in ("strength", "next_step"):
        reviewing.write(review=review, step=step, text=peers.WORDS, by=review.reviewer)
    sheet = factories.fill(review.sheet, review.reviewer.person, comment="You are an idiot.")
    marking.submit(sheet=sheet, by=review.reviewer.person, revision=sheet.revision)

    page = teacher(peer).get("queue")

    assert shown(page)[0] == second.pk
    assert page.context["rows"][0].is_first


def test_reviewer_who_is_often_reported_is_pointed_out():
    peer = reviewed(reviews_each=2, forbids_pairs=False)
    reviewer = peers.people_of(peer)[0]
    one, other = (row for row in peers.reviews_of(peer) if row.reviewer_id == reviewer.pk)
    for kind in ("unkind", "misconduct"):
        moderating.report(peer=peer, by=author_of(one), kind=kind, text="", review=one)

    rows = {row.review.pk: row for row in teacher(peer).get("queue", show="all").context["rows"]}

    assert rows[other.pk].was_often_reported
    assert not rows[one.pk].was_often_reported
    assert sum(row.was_often_reported for row in rows.values()) == 1


def test_filters_show_what_they_say():
    peer = reviewed(releasing="approved")
    reviews = peers.reviews_of(peer)
    browser = teacher(peer)
    moderating.approve(reviews=reviews[:1], by=browser.person)
    moderating.report(peer=peer, by=author_of(reviews[1]), kind="unkind", text="", review=reviews[1])
    moderating.withhold(review=reviews[2], reason="Looked at", by=browser.person)

    found = {
        name: set(shown(browser.get("queue", show=name))) for name in ("unread", "reported", "waiting", "all")
    }

    every = {row.pk for row in reviews}
    assert found["all"] == every
    assert found["reported"] == {reviews[1].pk}
    assert found["unread"] == every - {reviews[0].pk, reviews[2].pk}
    assert found["waiting"] == every - {reviews[0].pk, reviews[2].pk}


def test_ticked_reviews_are_approved_and_then_read():
    peer = reviewed(releasing="approved")
    one, two, other = peers.reviews_of(peer)[:3]
    tutor = assistant(peer)
    assert readable(one) == []

    done = tutor.post("approval", review=[one.key, two.key, "nonsense"], show="waiting")

    page = tutor.follow(done)
    assert "Approved." in page.text
    assert {one.pk, two.pk}.isdisjoint(shown(page))
    assert other.pk in shown(page)
    assert one.pk in readable(one)


def test_review_of_another_round_is_not_approved():
    peer, other = reviewed(), reviewed()

    teacher(peer).post("approval", review=[peers.reviews_of(other)[0].key])

    assert not Review.objects.filter(approved_at__isnull=False).exists()


def test_queue_asks_as_often_for_thirty_as_for_few():
    settings = {"anonymity": "named"}
    few, many = reviewed(people=3, **settings), reviewed(people=30, **settings)

    assert teacher(few).queries("queue", show="all") == teacher(many).queries("queue", show="all")


# --- one review -------------------------------------------------------------------------------


def test_page_of_a_review_shows_words_and_form_and_no_names():
    named, masked = reviewed(anonymity="named"), reviewed(anonymity="both")

    page = teacher(named).get("staff_review", peers.reviews_of(named)[0].key)
    assert "Learner 0" in page.text
    review = peers.reviews_of(masked)[0]
    page = teacher(masked).get("staff_review", review.key)

    assert "Learner 0" not in page.text
    assert peers.WORDS.split(".")[1] in page.text
    assert "Criterion by criterion" in page.text
    assert names.staff_names(review, is_unmasked=False)[0] in page.text


def test_unmasked_with_a_reason_that_everybody_who_teaches_reads():
    peer = reviewed(anonymity="both")
    review, other = peers.reviews_of(peer)[:2]
    browser, tutor = teacher(peer), assistant(peer)

    silent = browser.post("unmasking", review.key, reason=" ")
    assert (silent.status_code, Unmasking.objects.count()) == (400, 0)
    page = browser.follow(browser.post("unmasking", review.key, reason="A threat."))

    assert review.reviewer.display_name in page.text
    assert Event.objects.filter(verb="review.unmasked", actor=browser.person).count() == 1
    for other_page in (browser.get("staff_review", other.key), tutor.get("staff_review", review.key)):
        assert "Learner 0" not in other_page.text
    assert "A threat." in tutor.get("staff_review", review.key).text


def test_withheld_review_is_gone_for_its_author_at_once_and_comes_back():
    peer = reviewed()
    review = peers.reviews_of(peer)[0]
    author, tutor = learner(author_of(review)), assistant(peer)
    name = names.reviewer_name(review, author_of(review))
    assert name in author.get("feedback").text

    tutor.follow(tutor.post("review_decision", review.key, what="withhold", reason="It is about the person."))
    assert name not in author.get("feedback").text
    assert author.post("answer", review.key, is_kind="yes").status_code == 404
    tutor.follow(tutor.post("review_decision", review.key, what="show", reason="Talked about it."))

    assert name in author.get("feedback").text


@pytest.mark.parametrize("what", ["withhold", "show", "leave_out", "count", "nonsense"])
def test_nothing_is_decided_without_a_reason(what):
    peer = reviewed(counts=True)
    review = peers.reviews_of(peer)[0]

    refused = teacher(peer).post("review_decision", review.key, what=what, reason="")

    assert refused.status_code == 400
    review = peers.reviews_of(peer, pk=review.pk)[0]
    assert (review.hidden_at, review.excluded_at) == (None, None)


def test_review_that_is_not_handed_in_is_not_decided_on():
    peer = peers.under_review()
    review = peers.reviews_of(peer)[0]

    refused = teacher(peer).post("review_decision", review.key, what="withhold", reason="Early")

    assert refused.status_code == 400
    assert "not handed in" in refused.text


@pytest.mark.parametrize("people", [3, 6])
def test_review_left_out_touches_only_the_grade_of_its_work(people):
    peer = reviewed(people=people, counts=True, reviews_each=2, forbids_pairs=False)
    review = peers.reviews_of(peer)[0]
    before = {row.pk: row.computed_at for row in Result.objects.all()}
    browser = teacher(peer)

    browser.follow(browser.post("review_decision", review.key, what="leave_out", reason="Another report."))

    changed = [row for row in Result.objects.all() if before.get(row.pk) != row.computed_at]
    assert [row.candidate_id for row in changed] == [author_of(review).person_id]
    assert changed[0].computed["work"]["n"] == 1
    browser.follow(browser.post("review_decision", review.key, what="count", reason="The right one."))
    assert Result.objects.get(pk=changed[0].pk).computed["work"]["n"] == 2


def test_leaving_out_asks_as_often_in_a_large_class_as_in_a_small_one():
    asked = []
    for people in (3, 8):
        peer = reviewed(people=people, counts=True)
        review, browser = peers.reviews_of(peer)[0], teacher(peer, name=f"Teacher {people}")
        with CaptureQueriesContext(connection) as found:
            assert (
                browser.post("review_decision", review.key, what="leave_out", reason="Why").status_code == 303
            )
        asked.append(len(found))

    assert asked[0] == asked[1]


def test_sample_of_quality_is_kept_and_changed():
    peer = reviewed(counts=True)
    review = peers.reviews_of(peer)[0]
    tutor = assistant(peer)

    refused = tutor.post("quality_sample", review.key, evidence="4")
    tutor.follow(tutor.post("quality_sample", review.key, evidence="3", suggestion="yes"))
    page = tutor.follow(
        tutor.post("quality_sample", review.key, evidence="2", suggestion="yes", connection="yes")
    )

    assert refused.status_code == 400
    assert "Tom Tutor" in page.text
    sample = QualitySample.objects.get()
    assert (sample.evidence, sample.suggestion, sample.connection) == (2, True, True)
    result = Result.objects.get(candidate=review.reviewer.person)
    assert result.computed["reviewing"]["computed"] == "92.000000"


# --- reports, work, files ---------------------------------------------------------------------


def test_report_is_settled_with_a_reason_and_names_nobody():
    peer = reviewed(anonymity="both", reviews_each=2, forbids_pairs=False)
    review = peers.reviews_of(peer)[0]
    report = moderating.report(
        peer=peer, by=author_of(review), kind="unsafe", text="Wrong dose.", review=review
    )
    tutor = assistant(peer)

    page = tutor.get("report", report.key)
    assert "the author of the work" in page.text
    assert "Learner 0" not in page.text
    silent = tutor.post("report", report.key, outcome="withheld", reason="")
    done = tutor.follow(tutor.post("report", report.key, outcome="withheld", reason="It is wrong."))

    assert silent.status_code == 400
    assert "The report is settled." in done.text
    assert "It is wrong." in done.text
    assert Report.objects.get().outcome == "withheld"
    assert readable(review) != [] and review.pk not in readable(review)


def file_of(work):
    return WorkFile.objects.create(
        submission=work,
        place=1,
        content=ContentFile(b"Mrs A, 12 Mill Lane", name="work"),
        extension="txt",
        media_type="text/plain",
        size=19,
        original_name="learner-02-report.txt",
    )


@pytest.mark.parametrize(("anonymity", "is_told"), [("both", False), ("named", True)])
def test_own_name_of_a_file_is_told_only_where_its_author_is(anonymity, is_told):
    peer = reviewed(anonymity=anonymity)
    work = peers.submission(peer)
    file_of(work)

    page = assistant(peer).get("staff_work", work.key)

    assert "work-1.txt" in page.text
    assert ("learner-02-report.txt" in page.text) == is_told


def test_file_is_removed_at_once():
    peer = reviewed()
    work = peers.submission(peer)
    file = file_of(work)
    tutor = assistant(peer)
    assert tutor.get("file", file.key, "work-1.txt").status_code == 200

    page = tutor.get("staff_work", work.key)
    assert "Remove this file?" in page.text
    done = tutor.follow(tutor.post("staff_file_removal", work.key, file.key))

    assert "Nobody can open it any more." in done.text
    assert tutor.get("file", file.key, "work-1.txt").status_code == 404
    assert WorkFile.objects.get().content.name == ""


def test_work_is_hidden_by_report_and_shown_again():
    peer = reviewed()
    review = peers.reviews_of(peer)[0]
    report = moderating.report(
        peer=peer, by=review.reviewer, kind="confidentiality", text="A street.", submission=review.submission
    )
    browser = teacher(peer)
    assert "Hidden from its reviewers." in browser.get("staff_work", review.submission.key).text
    assert "Breach of confidentiality" in browser.get("queue").text

    page = browser.follow(browser.post("report", report.key, outcome="shown", reason="A made-up street."))

    assert "Hidden from its reviewers." not in page.text


def test_authors_of_a_work_are_hidden_only_where_reviewers_do_not_read_them():
    blind, open_ = reviewed(anonymity="both"), reviewed(anonymity="reviewers")
    browser = teacher(blind)
    work = peers.submission(blind)
    name = names.authors_of(work)

    assert name in teacher(open_).get("staff_work", peers.submission(open_).key).text
    assert name not in browser.get("staff_work", work.key).text
    moderating.unmask(review=work.reviews.first(), reason="A threat.", by=browser.person)

    assert name in browser.get("staff_work", work.key).text
    assert name not in assistant(blind).get("staff_work", work.key).text


def test_draft_is_not_for_staff():
    peer = peers.go_to(peers.peer_round(people=2), Phase.SUBMIT)
    draft = submitting.begin(participant=peers.people_of(peer)[0])

    assert teacher(peer).get("staff_work", draft.key).status_code == 404


def test_teacher_reviews_on_the_same_form_once():
    peer = peers.under_review()
    work = peers.submission(peer)
    browser = teacher(peer)

    first, again = browser.post("own_review", work.key), browser.post("own_review", work.key)

    assert first.status_code == again.status_code == 303
    assert first.headers["Location"] == again.headers["Location"]
    assert browser.client.get(first.headers["Location"]).status_code == 200
    assert Review.objects.filter(staff=browser.person).count() == 1
    assert "Go on with your review" in browser.get("staff_work", work.key).text


def test_teacher_who_learns_here_too_does_not_review_their_own_work():
    peer = peers.under_review()
    work = peers.submission(peer)
    own = Browser(peer, work.authors.get().person, Role.INSTRUCTOR)

    refused = own.post("own_review", work.key)

    assert refused.status_code == 400
    assert not Review.objects.filter(staff__isnull=False).exists()


# --- concerns ---------------------------------------------------------------------------------


def test_concern_is_read_and_settled_by_the_lead_alone():
    peer = reviewed()
    lead, other = teacher(peer, name="Lena Lead"), teacher(peer)
    PeerActivity.objects.update(lead=lead.person)
    peer = peers.fresh(peer)
    review = peers.reviews_of(peer)[0]
    concern = moderating.raise_concern(
        peer=peer, by=author_of(review), text="Seen at the ward.", review=review
    )

    refused = [
        browser.get(*page)
        for browser in (other, assistant(peer), learner(review.reviewer))
        for page in (("concerns",), ("concern", concern.key))
    ]
    assert [answer.status_code for answer in refused] == [403] * 6
    assert "Concerns about conduct" not in other.get("queue").text
    assert "Concerns about conduct (1)" in lead.get("queue").text
    page = lead.get("concern", concern.key)
    assert "Seen at the ward." in page.text
    assert "Learner 0" not in page.text
    silent = lead.post("concern", concern.key, reason="")
    done = lead.follow(lead.post("concern", concern.key, reason="Talked to both."))

    assert silent.status_code == 400
    assert "Talked to both." in done.text
    assert not Result.objects.exists()


# --- who may ----------------------------------------------------------------------------------


def test_assistant_moderates_and_leaves_grades_and_names_to_teachers():
    peer = reviewed(counts=True)
    review = peers.reviews_of(peer)[0]
    tutor = assistant(peer)

    pages = [
        tutor.get("queue"),
        tutor.get("staff_review", review.key),
        tutor.get("staff_work", review.submission.key),
    ]
    refused = [
        tutor.post("unmasking", review.key, reason="Curious"),
        tutor.post("review_decision", review.key, what="leave_out", reason="Why"),
        tutor.post("review_decision", review.key, what="count", reason="Why"),
    ]

    assert [page.status_code for page in pages] == [200] * 3
    assert [answer.status_code for answer in refused] == [403] * 3
    assert not Unmasking.objects.exists()
    assert "Unmask…" not in pages[1].text


def test_nobody_else_moderates():
    peer = reviewed()
    review = peers.reviews_of(peer)[0]
    others = [
        learner(review.reviewer),
        Browser(peer, member(peer, Role.DESIGNER, "Dee")),
        teacher(reviewed()),
    ]

    for browser in others:
        browser.peer = peer
        answers = [
            browser.get("queue"),
            browser.post("approval", review=[review.key]),
            browser.get("staff_review", review.key),
            browser.post("review_decision", review.key, what="approve"),
            browser.post("unmasking", review.key, reason="Why"),
            browser.post("quality_sample", review.key, evidence="1"),
            browser.get("staff_work", review.submission.key),
            browser.post("own_review", review.submission.key),
        ]
        assert {answer.status_code for answer in answers} <= {403, 404}
