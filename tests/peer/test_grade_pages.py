"""Grades on their pages: explained, overridden, released and taken back; and what learners see of them."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assessments.audit.models import Event
from assessments.peer import grading, participants
from assessments.peer.models import GradeOverride, PeerActivity
from assessments.results.models import Result
from lti_tool import worker
from lti_tool.models import LineItem, Score
from tests import peers
from tests.peer.pages import assistant, learner, teacher

pytestmark = pytest.mark.django_db
Phase = PeerActivity.Phase


def reviewed(people=3, *, places=(2, 1), **settings):
    """Everybody has handed in their reviews; each work got one at each of these levels (0 to 3), of which 3 is all."""
    settings = {"counts": True, "reviews_each": 2, "releasing": "at_once", "forbids_pairs": False, **settings}
    peer = peers.under_review(people=people, **settings)
    had = {}
    for review in peers.reviews_of(peer, state="planned"):
        turn = had.get(review.submission_id, 0)
        had[review.submission_id] = turn + 1
        peers.hand_in(review, place=places[turn % len(places)])
    return peers.fresh(peer)


def small(**settings):
    """The smallest round there is: two, who reviewed each other."""
    return reviewed(people=2, reviews_each=1, least_reviews=1, **settings)


def person(peer, number=0):
    return peers.people_of(peer)[number]


def release(browser, **more):
    page = browser.get("release")
    return browser.post("release", seen=page.context["seen"], **more)


def sent():
    return {
        (row.line_item.tag, row.person.name): row.given
        for row in Score.objects.select_related("person", "line_item")
    }


def stamps():
    return {row.candidate_id: row.computed_at for row in Result.objects.all()}


# --- the table --------------------------------------------------------------------------------


def test_without_counting_there_is_a_page_that_says_what_it_takes():
    peer = small(counts=False)
    browser = teacher(peer)

    page = browser.get("grades")

    assert "peers' marks do not count" in page.text
    assert browser.url("settings") in page.text
    for name in ("release",):
        assert "peers' marks do not count" in browser.get(name).text
        assert browser.post(name, seen="").status_code == 200
    assert (
        browser.post("override", person(peer).key, part="work", per_cent="50", reason="Why").status_code
        == 200
    )
    assert not Result.objects.exists()
    assert not GradeOverride.objects.exists()


def test_table_explains_each_grade():
    peer = reviewed(spread_limit=10, pass_mark=50)

    page = teacher(peer).get("grades")

    row = page.context["rows"][0]
    assert (row.work.per_cent, row.reviews.n) == (pytest.approx(50), 2)
    assert row.reviews.sd == pytest.approx(23.57, abs=0.01)
    assert row.reviewing.per_cent == 100
    for text in (
        "Learner 00",
        "50.0 %",
        "23.6",
        "reviewers differ",
        "about the pass mark",
        "mean of its reviews",
    ):
        assert text in page.text
    assert "Whether authors&#x27; answers follow the score they were given cannot be told yet." in page.text


def test_answers_that_follow_the_score_stay_out_and_the_page_says_so():
    peer = peers.under_review(people=13, counts=True, releasing="at_once", responds=True)
    for number, review in enumerate(peers.reviews_of(peer)):
        peers.hand_in(review, place=3 * (number % 2))
    peer = peers.go_to(peer, Phase.RESPOND)
    for review in peers.reviews_of(peer):
        good = review.per_cent > 50
        peers.answer(review, is_specific=good, is_actionable=good, is_kind=good)

    page = teacher(peer).get("grades")

    assert "so they stay out of the grades for reviewing" in page.text
    assert all(row.given.is_completion_alone for row in page.context["rows"])


def test_table_asks_as_often_for_thirty_as_for_one():
    one = peers.go_to(peers.peer_round(people=1, counts=True), Phase.SUBMIT)
    peers.everybody_hands_in(one)
    many = reviewed(people=30, reviews_each=1, least_reviews=1)

    for query in ({}, {"what_if": "1"}):
        asked = [teacher(peer).queries("grades", **query) for peer in (one, many)]
        assert asked[0] == asked[1]


def test_what_if_shows_other_ways_and_changes_nothing():
    peer = reviewed(people=10, places=(3, 0, 0), reviews_each=3, pass_mark=50)
    browser = teacher(peer)
    before = stamps()

    page = browser.get("grades", what_if="1")

    assert "What if?" in page.text
    shown = page.context["what_if"]
    work = page.context["rows"][0].submission
    assert shown.grades[work][:2] == [pytest.approx(100 / 3), 0]
    assert 0 < shown.stable[work] < 1
    assert shown.told_apart[work] > 0
    assert stamps() == before
    assert not Score.objects.exists()


def test_too_few_reviewers_for_a_what_if_is_a_sentence():
    page = teacher(reviewed(pass_mark=50)).get("grades", what_if="1")

    assert "Only 3 of the 10 needed are there." in page.text


# --- one person -------------------------------------------------------------------------------


def test_override_stands_beside_what_is_computed_and_goes_away_again():
    peer = reviewed()
    browser, someone = teacher(peer), person(peer)

    silent = browser.post("override", someone.key, part="work", per_cent="80", reason=" ")
    page = browser.follow(
        browser.post("override", someone.key, part="work", per_cent="80.5", reason="Another report.")
    )
    assert silent.status_code == 400
    assert "Another report." in page.text
    assert "80.5 %" in page.text
    assert "50.0 %" in page.text
    table = browser.get("grades").text
    assert "by a teacher" in table
    assert Result.objects.get(candidate=someone.person).total == Decimal("80.5")
    page = browser.follow(
        browser.post("override", someone.key, part="work", what="remove", reason="A mistake.")
    )

    assert "What is computed counts again." in page.text
    assert Result.objects.get(candidate=someone.person).total == 50
    assert Event.objects.filter(verb="grade.overridden").count() == 2


@pytest.mark.parametrize(
    "sent",
    [
        {"per_cent": "101"},
        {"per_cent": "-1"},
        {"per_cent": "NaN"},
        {"per_cent": ""},
        {"part": "all", "per_cent": "5"},
    ],
)
def test_grade_that_is_none_is_refused(sent):
    peer = small()

    refused = teacher(peer).post("override", person(peer).key, **{"part": "work", "reason": "Why", **sent})

    assert refused.status_code == 400
    assert not GradeOverride.objects.exists()


@pytest.mark.parametrize("part", ["work", "reviewing"])
def test_override_touches_one_row_and_asks_as_often_in_a_large_class(part):
    asked = []
    for people in (3, 8):
        peer = reviewed(people=people, reviews_each=1, least_reviews=1)
        browser, before, someone = teacher(peer), stamps(), person(peer)
        with CaptureQueriesContext(connection) as found:
            done = browser.post("override", someone.key, part=part, per_cent="80", reason="Why")
        assert done.status_code == 303
        after = stamps()
        assert [pk for pk in after if before.get(pk) != after[pk]] == [someone.person_id]
        asked.append(len(found))

    assert asked[0] == asked[1]


def test_scores_of_one_person_name_no_reviewer():
    peer = reviewed(anonymity="both")

    page = teacher(peer).get("override", person(peer).key)

    assert "66.7 % · 33.3 %" in " ".join(page.text.split())
    assert "Learner 00" in page.text
    assert "Learner 01" not in page.text


# --- releasing --------------------------------------------------------------------------------


def test_nothing_is_sent_before_the_release_and_then_two_columns():
    peer = reviewed()
    browser = teacher(peer)
    assert not Score.objects.exists()

    page = browser.get("release")
    assert "3 learners see their grades." in page.text
    done = browser.follow(browser.post("release", seen=page.context["seen"]))

    assert "Released. Learners see their grades now" in done.text
    assert sent() == {
        (tag, f"Learner 0{n}"): given for n in range(3) for tag, given in (("result", 50), ("reviewing", 100))
    }
    assert set(LineItem.objects.values_list("tag", flat=True)) == {"result", "reviewing"}
    assert set(Score.objects.values_list("comment", flat=True)) == {"The feedback is in the activity."}


def test_only_what_was_shown_is_released():
    peer = small()
    browser = teacher(peer)
    seen = browser.get("release").context["seen"]
    grading.override(
        participant=person(peer), part="work", per_cent=Decimal(1), reason="Why", by=browser.person
    )

    refused = browser.post("release", seen=seen)

    assert refused.status_code == 409
    assert "Nothing was released; please look again." in refused.text
    assert not Score.objects.exists()


def test_results_follow_settings_before_they_are_released():
    peer = small(counts=False)
    PeerActivity.objects.update(counts=True)
    browser = teacher(peers.fresh(peer))
    assert not Result.objects.exists()

    browser.follow(release(browser))

    assert len(sent()) == 4


def test_released_at_a_time_and_not_before():
    peer = small()
    browser = teacher(peer)
    tomorrow = (timezone.localtime() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")

    past = release(browser, at="2020-01-01T10:00")
    done = browser.follow(release(browser, at=tomorrow))

    assert past.status_code == 409
    assert "To be released on" in done.text
    assert not Score.objects.exists()
    assert "Your grades" not in learner(person(peer)).get("mine").text
    Result.objects.update(released_at=timezone.now() - timedelta(seconds=1))  # the time has come
    while worker._do_chores(None):
        pass
    assert len(sent()) == 4


def test_released_grade_is_sent_again_only_where_it_changed():
    peer = small()
    browser = teacher(peer)
    browser.follow(release(browser))
    before = {row.pk: row.given for row in Score.objects.all()}
    handed_over = {row.candidate_id: row.handed_over_at for row in Result.objects.all()}

    browser.follow(browser.post("override", person(peer).key, part="work", per_cent="80", reason="Why"))

    changed = {row.pk for row in Score.objects.all() if before.get(row.pk) != row.given}
    assert [Score.objects.get(pk=pk).person.name for pk in changed] == ["Learner 00"]
    moved = [
        row.candidate.name
        for row in Result.objects.all()
        if row.handed_over_at != handed_over[row.candidate_id]
    ]
    assert moved == ["Learner 00"]
    assert "There is nothing to release" in browser.get("release").text


def test_taken_back_with_a_reason_and_out_of_the_gradebook():
    peer = small()
    browser = teacher(peer)
    browser.follow(release(browser))
    assert "Your grades" in learner(person(peer)).get("mine").text

    silent = browser.post("take_back", reason=" ")
    page = browser.follow(browser.post("take_back", reason="A wrong setting."))

    assert silent.status_code == 400
    assert "Taken back. Learners see no grade any more" in page.text
    assert "Your grades" not in learner(person(peer)).get("mine").text
    assert not Result.objects.released().exists()


def test_deliveries_lead_back_to_the_grades():
    peer = small()
    browser = teacher(peer)
    browser.follow(release(browser))
    url = reverse("results:deliveries", args=[peer.activity.key])
    one = reverse("results:delivery", args=[peer.activity.key, person(peer).person.key])

    again = browser.follow(browser.client.post(url))
    undecided = browser.follow(browser.client.post(one, {"decision": "?"}))
    changed = browser.follow(
        browser.client.post(one, {"decision": "keep_theirs", "seen": "12", "tag": "reviewing"})
    )

    assert "The grades are being sent again." in again.text
    assert "please choose one of the two" in undecided.text
    assert "The gradebook has changed since you looked." in changed.text


def test_learner_sees_both_grades_and_never_who_gave_what():
    peer = reviewed(anonymity="both")
    mine = learner(person(peer))
    assert "Your grades" not in mine.get("mine").text
    browser = teacher(peer)
    browser.follow(release(browser))

    page = mine.get("mine")

    assert "50.0 %" in page.text
    assert "100.0 %" in page.text
    assert "Your work got 2 reviews that count." in page.text
    assert "You handed in 2 reviews." in page.text
    assert "66.7" not in page.text
    browser.follow(
        browser.post("override", person(peer).key, part="work", per_cent="80", reason="A secret reason.")
    )
    page = mine.get("mine")
    assert "A teacher set the grade for your work." in page.text
    assert "A secret reason." not in page.text


# --- teams ------------------------------------------------------------------------------------


def team_round(**settings):
    peer = peers.peer_round(people=6, mode="team", self_assesses=False, counts=True, **settings)
    for number, member in enumerate(peers.people_of(peer)):
        participants.describe(
            participant=member, by=None, hands_in=True, reviews=True, stratum="", group=f"Team {number // 3}"
        )
    peer = peers.go_to(peer, Phase.REVIEW)
    for review in peers.reviews_of(peer):
        strong = review.submission.authors.get().display_name in ("Learner 00", "Learner 03")
        peers.hand_in(review, place=3 if strong else 1)
    return peers.fresh(peer)


def test_team_contributions_are_for_staff_and_its_mark_makes_the_grades():
    peer = team_round()
    browser = teacher(peer)
    group = peer.groups.get(name="Team 0")

    page = browser.get("grades")
    assert "Who did how much" in page.text
    refused = browser.post("grades", team=group.pk, mark="101")
    done = browser.follow(browser.post("grades", team=group.pk, mark="60"))

    assert refused.status_code == 400
    assert "The team&#x27;s mark is kept." in done.text or "The team's mark is kept." in done.text
    by_name = {row.participant.display_name: row.work.per_cent for row in done.context["rows"]}
    assert by_name["Learner 03"] is None
    assert by_name["Learner 00"] > by_name["Learner 01"] is not None
    assert Result.objects.get(candidate__name="Learner 00").total is not None
    assert "Who did how much" not in learner(person(peer)).get("mine").text


# --- who may ----------------------------------------------------------------------------------


def test_assistant_reads_grades_and_decides_nothing():
    peer = small()
    tutor, key = assistant(peer), person(peer).key

    page = tutor.get("grades")
    refused = [
        tutor.get("override", key),
        tutor.post("override", key, part="work", per_cent="1", reason="Why"),
        tutor.get("release"),
        tutor.post("release", seen=""),
        tutor.post("take_back", reason="Why"),
        tutor.post("grades", team="1", mark="5"),
    ]

    assert page.status_code == 200
    assert "Release…" not in page.text
    assert [answer.status_code for answer in refused] == [403] * 6


def test_learner_and_other_course_reach_no_grades():
    peer, other = small(), small()
    mine, stranger = learner(person(peer)), teacher(other)
    stranger.peer = peer

    for name in ("grades", "release", "take_back"):
        assert mine.get(name).status_code == 403
        assert stranger.get(name).status_code == 404
    assert teacher(peer).get("override", person(other).key).status_code == 404
