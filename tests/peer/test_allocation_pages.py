"""Who reviews what, on its pages: looked at, drawn, repaired, changed by hand."""

import pytest

from assessments.peer import assigning, names
from assessments.peer.models import Allocation, PairRule, PeerActivity, Review
from tests import peers
from tests.peer.pages import assistant, learner, teacher

pytestmark = pytest.mark.django_db
Phase = PeerActivity.Phase


def handed_in(people=6, **settings):
    settings = {"reviews_each": 2, "self_assesses": False, **settings}
    peer = peers.go_to(peers.peer_round(people=people, **settings), Phase.SUBMIT)
    peers.everybody_hands_in(peer)
    return peers.fresh(peer)


def pairs(peer):
    return {
        (row.reviewer_id, row.submission_id)
        for row in peers.reviews_of(peer).copy()
        if row.state == "planned"
    }


def test_what_was_looked_at_is_what_is_drawn():
    peer = handed_in(anonymity="named")
    browser = teacher(peer)

    page = browser.get("allocation", seed=7)
    assert "What would be drawn" in page.text
    assert "Nobody reviews their own work." in page.text
    assert page.context["preview"]["reviews"] == 12
    assert not Review.objects.exists()
    done = browser.post("drawing", seed=page.context["seed"])

    assert "Drawn. Everybody has their reviews now." in browser.follow(done).text
    assert pairs(peer) == set(assigning.plans.draw(peer, 7).places)
    assert Allocation.objects.get().seed == 7


def test_another_draw_has_another_seed():
    page = teacher(handed_in()).get("allocation", seed=7)

    assert page.context["next_seed"] != 7
    assert f"?seed={page.context['next_seed']}" in page.text


def test_what_cannot_be_drawn_says_with_whom_and_what_to_change():
    peer = peers.go_to(peers.peer_round(people=2, reviews_each=3, self_assesses=False), Phase.SUBMIT)
    peers.everybody_hands_in(peer)
    browser = teacher(peer)

    page = browser.get("allocation")
    refused = browser.post("drawing", seed=1)

    assert "It cannot be drawn like this" in page.text
    assert "Learner 00, Learner 01" in page.text
    assert browser.url("settings") in page.text
    assert refused.status_code == 400
    assert not Review.objects.exists()


def test_preview_lists_nobody_where_names_are_hidden():
    named, masked = handed_in(anonymity="named"), handed_in(anonymity="both")

    assert "Learner 03" in teacher(named).get("allocation").text
    assert "Learner 0" not in teacher(masked).get("allocation").text


@pytest.mark.parametrize("by", ["work", "reviewer"])
def test_tables_show_pseudonyms_where_names_are_hidden(by):
    named, masked = peers.under_review(anonymity="named"), peers.under_review(anonymity="authors")

    assert "Learner 03" in teacher(named).get("allocation", by=by).text
    page = teacher(masked).get("allocation", by=by)
    assert "Learner 0" not in page.text
    assert names.staff_work_name(peers.submission(masked)) in page.text


def test_reviewer_is_not_listed_under_the_pseudonym_of_a_review():
    peer = peers.under_review(anonymity="both")
    review = peers.reviews_of(peer)[0]
    name, _author = names.staff_names(review, is_unmasked=False)
    browser = teacher(peer)

    assert name in browser.get("allocation", by="work").text
    assert name not in browser.get("allocation", by="reviewer").text


def test_certificate_and_every_change_are_told():
    peer = peers.under_review()
    browser = teacher(peer)
    someone = peers.people_of(peer)[0]
    assigning.leave(participant=someone, by=browser.person)

    page = browser.get("allocation")

    assert "What holds of it" in page.text
    assert "Nobody has the same work twice." in page.text
    kinds = [row.kind for row in page.context["changes"]]
    assert kinds == ["repaired", "drawn"]
    assert "Tara Teacher" in page.text


def test_begun_reviews_are_not_drawn_anew_and_nothing_is_lost():
    peer = peers.under_review()
    review = peers.begin(peers.reviews_of(peer)[0])
    browser = teacher(peer)

    refused = browser.post("drawing", seed=3)

    assert refused.status_code == 400
    assert "they are not drawn anew" in refused.text
    assert Review.objects.filter(pk=review.pk, state="started").exists()
    assert "Draw anew" not in browser.get("allocation").text


def test_nothing_to_repair_says_so():
    browser = teacher(peers.under_review())

    assert "There was nothing to repair" in browser.follow(browser.post("repair")).text


def test_works_that_are_short_are_named():
    peer = peers.under_review(least_reviews=2, anonymity="named")
    browser = teacher(peer)
    review = peers.reviews_of(peer)[0]
    author = names.authors_of(review.submission)
    assert "have fewer than" not in browser.get("allocation").text

    done = browser.post("edit", what="take_away", review=review.key)

    page = browser.follow(done)
    assert "The review is taken away." in page.text
    assert page.context["short"] == [author]
    assert peers.reviews_of(peer, pk=review.pk)[0].state == "cancelled"


def test_begun_review_is_not_taken_away():
    peer = peers.under_review()
    review = peers.begin(peers.reviews_of(peer)[0])

    refused = teacher(peer).post("edit", what="take_away", review=review.key)

    assert refused.status_code == 400
    assert "This review is begun, so it stays." in refused.text


def free_pair(peer):
    """Somebody and a work of others that they do not review."""
    for person in peers.people_of(peer):
        for work in peer.submissions.all():
            own = work.authors.filter(pk=person.pk).exists()
            if not own and not work.reviews.filter(reviewer=person).exists():
                return person, work
    raise AssertionError


def test_given_review_first_says_what_it_breaks_and_asks_once():
    peer = peers.under_review()
    browser = teacher(peer)
    person, work = free_pair(peer)

    asked = browser.post("edit", reviewer=person.key, work=work.key)
    assert asked.status_code == 409
    assert "They would give 3, not 2." in asked.text
    assert Review.objects.count() == 12
    done = browser.post("edit", reviewer=person.key, work=work.key, anyway="yes")

    assert "The review is given." in browser.follow(done).text
    assert peers.reviews_of(peer, source="manual")[0].reviewer == person
    assert Allocation.objects.first().kind == "edited"


def test_own_work_is_never_given_even_anyway():
    peer = peers.under_review()
    work = peers.submission(peer)

    refused = teacher(peer).post("edit", reviewer=work.authors.get().key, work=work.key, anyway="yes")

    assert refused.status_code == 400
    assert "Nobody reviews their own work as a peer." in refused.text


def test_nonsense_for_a_person_is_asked_again():
    peer = peers.under_review()

    refused = teacher(peer).post("edit", reviewer="nobody", work=peers.submission(peer).key)

    assert refused.status_code == 400
    assert "Choose who reviews, and what." in refused.text


def test_edit_by_pseudonym_where_names_are_hidden():
    named, masked = peers.under_review(anonymity="named"), peers.under_review(anonymity="both")

    assert "Learner 03" in teacher(named).get("edit").text
    assert "Learner 0" not in teacher(masked).get("edit").text


def test_group_that_reviews_is_given_the_review():
    peer = peers.peer_round(
        people=6,
        reviews_each=1,
        least_reviews=1,
        self_assesses=False,
        is_group_work=True,
        groups_review=True,
        forbids_pairs=False,
    )
    for number, person in enumerate(peers.people_of(peer)):
        assigning.participants.describe(
            participant=person, by=None, hands_in=True, reviews=True, stratum="", group=f"G{number // 2}"
        )
    peer = peers.go_to(peer, Phase.SUBMIT)
    for person in peers.people_of(peer)[::2]:
        peers.work_of(person)
    peer = peers.go_to(peer, Phase.REVIEW)
    browser = teacher(peer)
    work = peers.submission(peer)
    had = set(work.reviews.values_list("group", flat=True))
    person = next(row for row in peers.people_of(peer) if row.group_id not in had | {work.group_id})

    browser.follow(browser.post("edit", reviewer=person.key, work=work.key, anyway="yes"))

    assert peers.reviews_of(peer, source="manual")[0].group == person.group


def test_taken_works_show_leases_and_a_manual_one_does_not_start_a_drawing():
    peer = peers.under_review(allocating="pull")
    person = peers.people_of(peer)[0]
    taken = assigning.take_next(participant=person)
    browser = teacher(peer)

    page = browser.get("allocation")
    assert "Everybody takes the next work" in page.text
    assert "1 taken and not begun" in page.text
    assert "until" in page.text
    other, work = free_pair(peer)
    browser.follow(browser.post("edit", reviewer=other.key, work=work.key, anyway="yes"))
    assigning.end(review=taken, state=Review.State.DECLINED, by=person.person)

    assert len(pairs(peer)) == 1


def test_assistant_looks_and_does_not_draw():
    peer = peers.under_review()
    review = peers.reviews_of(peer)[0]
    tutor = assistant(peer)

    page = tutor.get("allocation")
    refused = [
        tutor.post("drawing", seed=1),
        tutor.post("repair"),
        tutor.get("edit"),
        tutor.post("edit", what="take_away", review=review.key),
    ]

    assert page.status_code == 200
    assert "Take away" not in page.text
    assert [answer.status_code for answer in refused] == [403] * 4
    assert learner(peers.people_of(peer)[0]).get("allocation").status_code == 403


def test_review_of_another_round_is_not_found():
    peer, other = peers.under_review(), peers.under_review()

    answer = teacher(peer).post("edit", what="take_away", review=peers.reviews_of(other)[0].key)

    assert answer.status_code == 404


@pytest.mark.parametrize("by", ["work", "reviewer"])
def test_tables_ask_as_often_for_thirty_as_for_few(by):
    few = peers.under_review(people=5, anonymity="named")
    many = peers.under_review(people=30, anonymity="named")

    assert teacher(few).queries("allocation", by=by) == teacher(many).queries("allocation", by=by)


def test_pair_that_must_not_be_is_told_before_it_is_given():
    peer = peers.under_review()
    person, work = free_pair(peer)
    PairRule.objects.create(peer=peer, reviewer=person, author=work.authors.get(), kind="must_not")

    asked = teacher(peer).post("edit", reviewer=person.key, work=work.key)

    assert "The two are kept apart." in asked.text
