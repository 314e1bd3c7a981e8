"""What learners see and send in a round, page by page."""

import io
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assessments.peer import assigning, moderating, submitting
from assessments.peer.models import Action, ConductConcern, PeerActivity, Report, Response, Review, Submission
from lti_tool.models import Role
from tests import factories, peers
from tests.peer.requests import Visitor

pytestmark = pytest.mark.django_db
Phase = PeerActivity.Phase


def visitor(peer, place=0):
    me = peers.people_of(peer)[place]
    return Visitor(peer, me.person), me


def text_of(answer):
    return " ".join(answer.content.decode().split())


def test_learner_reads_what_to_do_now_in_every_phase():
    peer = peers.peer_round(people=5, reviews_each=2)
    web, _me = visitor(peer)
    said = {Phase.SETUP: "This round has not begun yet.", Phase.SUBMIT: "Hand in your work."}

    assert said[Phase.SETUP] in text_of(web.sees("home"))
    peer = peers.go_to(peer, Phase.SUBMIT)
    assert said[Phase.SUBMIT] in text_of(web.sees("home"))
    peers.everybody_hands_in(peer)
    assert "Reviewing begins when everybody has handed in." in text_of(web.sees("home"))
    peer = peers.go_to(peer, Phase.SELF)
    assert "Assess your own work, before you read what others say." in text_of(web.sees("home"))
    peers.self_assess(peers.people_of(peer)[0])
    peer = peers.go_to(peer, Phase.REVIEW)
    assert "2 reviews wait for you." in text_of(web.sees("home"))
    peers.all_review(peer)
    peer = peers.go_to(peer, Phase.RESPOND)
    assert "Read 2 reviews, and answer them." in text_of(web.sees("home"))
    peer = peers.go_to(peer, Phase.CLOSED)
    assert "Write down what you will do." in text_of(web.sees("home"))


def test_phase_goes_on_when_somebody_looks_after_its_time():
    over = timezone.now() - timedelta(minutes=1)
    peer = peers.peer_round(
        people=5, reviews_each=2, self_assesses=False, phase=Phase.SUBMIT, submit_until=over
    )
    for place in range(5):
        Submission.objects.create(peer=peer, state="handed_in", handed_in_at=over, text="x").authors.add(
            peers.people_of(peer)[place]
        )

    web, _me = visitor(peer)

    assert "2 reviews wait for you." in text_of(web.sees("home"))
    assert peers.fresh(peer).phase == Phase.REVIEW


def test_test_student_is_told_that_there_is_nothing_to_do():
    peer = peers.peer_round(people=2)
    person = factories.member(peer.activity.context, is_test_student=True)

    answer = Visitor(peer, person).sees("home")

    assert "This is the test student" in text_of(answer)
    assert not peer.participants.filter(person=person).exists()


def test_work_is_written_kept_and_handed_in():
    peer = peers.go_to(peers.peer_round(people=3), Phase.SUBMIT)
    web, me = visitor(peer)

    kept = web.sends("words", text="A draft", link="", revision="0")
    early = web.sends("words", text="A better one", link="", revision="1", hand_in="yes")
    done = web.sends("words", text="A better one", link="", revision="2", hand_in="yes", attests="yes")

    assert (kept.status_code, early.status_code, done.status_code) == (303, 400, 303)
    assert "Confirm that nobody can be recognised in your work." in text_of(early)
    submission = submitting.submission_of(me)
    assert (submission.text, submission.state) == ("A better one", "handed_in")
    assert "Take it back to change it" in text_of(web.sees("work"))


def test_no_button_of_the_work_loses_what_is_written_or_chosen():
    peer = peers.go_to(peers.peer_round(people=3), Phase.SUBMIT)
    web, me = visitor(peer)

    def sends(name, text, *more, file=None, **fields):
        draft = submitting.submission_of(me)
        sent = {"text": text, "link": "", "revision": str(draft.revision if draft else 0), **fields}
        return web.client.post(web.url(name, *more), sent | ({"file": file} if file else {}))

    def has():
        draft = submitting.submission_of(me)
        return draft.text, [file.original_name for file in draft.files.all()]

    added = sends("files", "Written first", file=SimpleUploadedFile("one.txt", b"1"))
    assert (added.status_code, has()) == (303, ("Written first", ["one.txt"]))

    refused = sends("files", "Then more", file=SimpleUploadedFile("two.pdf", b"no pdf"))
    assert (refused.status_code, has()) == (400, ("Then more", ["one.txt"]))
    assert ">Then more</textarea>" in refused.content.decode()

    key = submitting.submission_of(me).files.get().key
    removed = sends("file_removal", "And more", key)
    assert (removed.status_code, has()) == (303, ("And more", []))

    early = sends("words", "All of it", file=SimpleUploadedFile("three.txt", b"3"), hand_in="yes")
    assert (early.status_code, has()) == (400, ("All of it", ["three.txt"]))
    assert "Saved, but not handed in yet." in text_of(early)

    done = sends("words", "All", file=SimpleUploadedFile("four.txt", b"4"), hand_in="yes", attests="yes")
    assert (done.status_code, has()) == (303, ("All", ["three.txt", "four.txt"]))
    assert submitting.submission_of(me).is_handed_in


def test_two_tabs_lose_nothing():
    peer = peers.go_to(peers.peer_round(people=3), Phase.SUBMIT)
    web, me = visitor(peer)
    web.sends("words", text="From the first tab", link="", revision="0")

    answer = web.sends("words", text="From the second tab", link="", revision="0")

    assert answer.status_code == 409
    assert "From the second tab" in text_of(answer)
    assert "From the first tab" in text_of(answer)
    assert submitting.submission_of(me).text == "From the first tab"


def test_places_that_look_like_a_patient_are_pointed_out_and_refuse_nothing():
    peer = peers.go_to(peers.peer_round(people=3), Phase.SUBMIT)
    web, _me = visitor(peer)
    web.sends("words", text="Mrs Hoskins, DOB 03/04/1951, came in.", link="", revision="0")

    assert "They look as if they could identify somebody." in text_of(web.sees("work"))
    answer = web.sends(
        "words", text="Mrs Hoskins, DOB 03/04/1951, came in.", link="", revision="1", hand_in="y", attests="y"
    )
    assert answer.status_code == 303


def test_file_is_cleaned_named_anew_and_given_out_to_whom_it_concerns():
    peer = peers.go_to(peers.peer_round(people=5, reviews_each=2, self_assesses=False), Phase.SUBMIT)
    web, me = visitor(peer)

    answer = web.client.post(web.url("files"), {"file": SimpleUploadedFile("by-amina.txt", b"What I did\n")})

    assert answer.status_code == 303
    file = submitting.submission_of(me).files.get()
    address = web.url("file", file.key, "work-1.txt")
    got = web.client.get(address)
    assert (got.status_code, got.getvalue()) == (200, b"What I did\n")
    assert got.headers["Content-Disposition"] == 'attachment; filename="work-1.txt"'
    stranger, _other = visitor(peer, 1)
    assert stranger.client.get(address).status_code == 404
    assert web.client.get(web.url("file", file.key, "by-amina.txt")).status_code == 404
    teacher = Visitor(peer, factories.member(peer.activity.context, Role.INSTRUCTOR))
    assert teacher.client.get(address).status_code == 200


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("essay.pdf", b"\x89PNG\r\n\x1a\n" + b"0" * 100, "is really"),
        ("empty.txt", b"", "The file is empty."),
        ("tool.exe", b"MZ" + b"\x00" * 200, "Programs are not taken."),
    ],
)
def test_file_that_cannot_be_taken_says_why_and_leaves_nothing(name, content, sentence, settings):
    peer = peers.go_to(peers.peer_round(people=3), Phase.SUBMIT)
    web, me = visitor(peer)

    answer = web.client.post(web.url("files"), {"file": SimpleUploadedFile(name, content)})

    assert answer.status_code == 400
    assert sentence in text_of(answer)
    assert submitting.submission_of(me) is None or not submitting.submission_of(me).files.exists()


def test_file_over_the_limit_is_refused_and_never_kept_whole(settings, monkeypatch):
    settings.WORK_FILE_MAX = 1024 * 1024
    peer = peers.go_to(peers.peer_round(people=3), Phase.SUBMIT)
    web, _me = visitor(peer)
    kept = []
    from assessments.peer import uploads

    finish = uploads.CappedOnDisk.file_complete
    monkeypatch.setattr(
        uploads.CappedOnDisk,
        "file_complete",
        lambda self, size: (kept.append(self.kept.tell()), finish(self, size))[1],
    )

    answer = web.client.post(web.url("files"), {"file": io.BytesIO(b"a" * (5 * 1024 * 1024))})

    assert "larger than 1 MB" in text_of(answer)
    assert kept == [settings.WORK_FILE_MAX + 1]


def under_review():
    peer = peers.under_review(people=6)
    web, me = visitor(peer)
    return peer, web, me, me.given.of_peers().whole().order_by("pk").first()


def test_words_are_kept_as_they_are_typed_with_advice():
    _peer, web, _me, review = under_review()

    answer = web.sends("review_words", review.key, step="strength", strength="Good job!")

    assert answer.status_code == 200
    assert "Saved." in text_of(answer)
    assert "<li>" in text_of(answer)
    assert Review.objects.get(pk=review.pk).words == {"strength": "Good job!"}


def test_review_leads_to_the_form_and_its_hand_in_asks_for_words():
    _peer, web, me, review = under_review()

    answer = web.sends("review_beginning", review.key, strength="You waited.")

    assert answer.status_code == 303
    review = Review.objects.whole().get(pk=review.pk)
    assert answer.headers["Location"] == review.sheet.get_absolute_url()
    assert review.words == {"strength": "You waited."}
    page = web.client.get(review.sheet.get_absolute_url())
    author = review.submission.authors.get()
    assert author.display_name not in text_of(page)
    assert me.display_name not in text_of(page)


def test_declined_review_goes_to_somebody_else():
    peer, web, me, review = under_review()

    nothing = web.sends("review_refusal", review.key, reason=" ")
    assert web.sends("review_refusal", review.key, reason="x" * 2_001).status_code == 400
    answer = web.sends("review_refusal", review.key, reason="I know them well.")

    assert (nothing.status_code, answer.status_code) == (400, 303)
    assert Review.objects.get(pk=review.pk).state == Review.State.DECLINED
    others = review.submission.reviews.of_peers().live()
    assert others.count() == 2
    assert not others.filter(reviewer=me).exists()
    assert peer.allocations.first().kind == "repaired"


def test_reviewer_reports_work_and_tells_a_concern():
    _peer, web, _me, review = under_review()

    answer = web.sends("report_work", review.key, kind="confidentiality", text="A name on page 2")
    told = web.sends("concern_about_work", review.key, text="They laughed at a patient.")

    assert (answer.status_code, told.status_code) == (303, 303)
    assert Report.objects.get().submission_id == review.submission_id
    assert ConductConcern.objects.get().text == "They laughed at a patient."
    assert "This work is hidden until a teacher has looked at it." in text_of(web.sees("review", review.key))


def test_nobody_finds_somebody_elses_review():
    _peer, _web, _me, review = under_review()
    stranger, other = visitor(_peer, 3)
    assert review.reviewer_id != other.pk

    for name in ("review",):
        assert stranger.sees(name, review.key).status_code == 404
    for name in ("review_words", "review_beginning", "review_refusal", "report_work", "concern_about_work"):
        assert stranger.sends(name, review.key, text="x", reason="x", kind="unkind").status_code == 404


def test_next_work_is_taken_one_by_one():
    peer = peers.under_review(people=5, allocating="pull")
    web, me = visitor(peer)

    first = web.sends("next")
    again = web.sends("next")

    assert first.status_code == again.status_code == 303
    assert first.headers["Location"] == again.headers["Location"]
    peers.hand_in(me.given.of_peers().whole().get())
    peers.hand_in(assigning.take_next(participant=me))
    assert "you have given yours" in text_of(web.sends("next"))


def responding_round():
    peer = peers.under_review(people=6)
    peers.all_review(peer, place=1)
    peer = peers.go_to(peer, Phase.RESPOND)
    web, me = visitor(peer)
    return peer, web, me


def test_score_is_shown_once_the_author_has_said_whether_it_helped():
    _peer, web, me = responding_round()
    review = submitting.submission_of(me).reviews.of_peers().done().order_by("pk").first()
    before = text_of(web.sees("feedback"))

    answer = web.sends("answer", review.key, is_specific="yes", acting="will", text="I will.")

    assert "Criterion by criterion" not in before
    assert "The answers on the form are shown once you have said whether this helped." in before
    assert answer.status_code == 303
    assert "Criterion by criterion" in text_of(web.sees("feedback"))
    row = Response.objects.get()
    assert (row.is_specific, row.is_actionable, row.acting, row.text) == (True, False, "will", "I will.")


def test_reviewer_reads_the_answer_to_their_review():
    peer, web, me = responding_round()
    review = submitting.submission_of(me).reviews.of_peers().done().whole().order_by("pk").first()
    web.sends("answer", review.key, is_kind="yes", text="Thank you for the example.")

    page = text_of(Visitor(peer, review.reviewer.person).sees("home"))

    assert "Thank you for the example." in page
    assert me.display_name not in page


def test_refusing_to_act_needs_a_reason():
    _peer, web, me = responding_round()
    review = submitting.submission_of(me).reviews.of_peers().done().first()

    answer = web.sends("answer", review.key, acting="will_not", text="")

    assert answer.status_code == 400
    assert "Say why you will not act on it." in text_of(answer)
    assert not Response.objects.exists()


def test_withheld_review_is_not_there_for_its_author():
    _peer, web, me = responding_round()
    review = submitting.submission_of(me).reviews.of_peers().done().first()
    assert "Read 2 reviews" in text_of(web.sees("home"))
    moderating.withhold(review=review, reason="It names a patient.", by=None)

    assert web.sends("answer", review.key, is_kind="yes").status_code == 404
    assert "Read 1 review, and answer it." in text_of(web.sees("home"))


def test_three_actions_are_kept_and_come_back_in_the_next_round():
    peer, web, me = responding_round()

    for text in ("Wait.", "Ask openly.", "Wash hands."):
        assert web.sends("actions", text=text, until="2027-01-31").status_code == 303
    assert web.sends("actions", text="A fourth", until="").status_code == 400
    action = Action.objects.get(text="Wait.")
    web.sends("action", action.pk, what="done")
    link = factories.ResourceLinkFactory(
        context=peer.activity.context, deployment=peer.activity.context.deployment
    )
    later = peers.peer_round(link)

    page = text_of(Visitor(later, me.person).sees("home"))

    assert "What you meant to do" in page
    assert "Ask openly." in page
    assert "Wait." not in page


def test_action_of_somebody_else_is_not_there():
    peer, web, me = responding_round()
    other = peers.people_of(peer)[1]
    action = Action.objects.create(peer=peer, participant=other, text="Theirs")

    assert web.sends("action", action.pk, what="done").status_code == 404
    assert Action.objects.get().done_at is None


def test_home_of_a_learner_takes_as_many_queries_with_many_as_with_few():
    counts = []
    for people, each in ((5, 1), (12, 4)):
        peer = peers.under_review(people=people, reviews_each=each)
        web, _me = visitor(peer)
        web.sees("home")
        with CaptureQueriesContext(connection) as queries:
            web.sees("home")
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_action_with_too_many_words_about_it_is_refused_in_a_sentence():
    peer, web, me = responding_round()
    action = Action.objects.create(peer=peer, participant=me, text="Mine")

    answer = web.sends("action", action.pk, what="done", evidence="x" * 2_001)

    assert (answer.status_code, Action.objects.get().done_at) == (400, None)
    assert "At most" in text_of(answer)


def test_own_work_without_questions_has_the_form_alone():
    peer = peers.peer_round(people=3)
    peers.everybody_hands_in(peers.go_to(peer, Phase.SUBMIT))
    peers.go_to(peer, Phase.SELF)
    web, _me = visitor(peer)

    page = text_of(web.client.get(web.sends("self").headers["Location"]))

    assert "Go on with the form" in page
    assert "Your words" not in page
    assert "What is suggested while you write" not in page


def test_declining_without_a_reason_leaves_the_question_open():
    peer = peers.under_review(people=5)
    web, me = visitor(peer)
    review = me.given.of_peers().first()

    answer = web.client.post(web.url("review_refusal", review.key), {"reason": " "})

    assert answer.status_code == 400
    assert '<details class="section" open><summary>I cannot review this' in text_of(answer)
