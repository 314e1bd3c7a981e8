"""Grades of the work and of the reviewing: how they are made, left out, overridden, and how little is computed anew."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assessments.marking import marking
from assessments.measurement.undefined import Undefined
from assessments.peer import assigning, grading, moderating, reviewing
from assessments.peer.models import GradeOverride, PeerActivity, Review
from assessments.results.models import Result
from lti_tool.models import Role
from tests import factories, peers

pytestmark = pytest.mark.django_db
Phase = PeerActivity.Phase


def graded(people=6, **settings):
    settings = {"counts": True, "forbids_pairs": False, **settings}
    return peers.under_review(people=people, **settings)


def author_of(peer):
    return peers.people_of(peer)[0]


def review_work(peer, *per_cents, author=None):
    """The author's reviews come to these, in order."""
    author = author or author_of(peer)
    reviews = peers.reviews_of(peer, submission__authors=author)
    for review, per_cent in zip(reviews, per_cents, strict=False):
        peers.hand_in(review)
        Review.objects.filter(pk=review.pk).update(per_cent=per_cent)
    grading.compute_submission(reviews[0].submission, by=None)
    return reviews


def part(person, name="work"):
    return (Result.objects.get(candidate=person.person).computed or {}).get(name, {})


def per_cent(person, name="work"):
    told = part(person, name).get("per_cent")
    return None if told is None else float(told)


@pytest.mark.parametrize(("scoring", "expected"), [("mean", 52.0), ("median", 50.0), ("trimmed", 53 + 1 / 3)])
def test_grade_of_the_work_is_made_as_the_round_says(scoring, expected):
    peer = graded(7, reviews_each=5, scoring=scoring)

    review_work(peer, 0, 40, 50, 70, 100)

    assert per_cent(author_of(peer)) == pytest.approx(expected, abs=1e-6)
    assert part(author_of(peer))["n"] == 5


def test_teachers_review_counts_as_often_as_the_round_says():
    peer = graded(scoring="staff", staff_weight=2)
    reviews = review_work(peer, 40, 60)
    teacher = factories.member(peer.activity.context, Role.INSTRUCTOR)
    own = reviewing.begin_as_teacher(submission=reviews[0].submission, by=teacher)
    sheet = factories.fill(own.sheet, teacher)

    marking.submit(sheet=sheet, by=teacher, revision=sheet.revision)

    assert per_cent(author_of(peer)) == pytest.approx((40 + 60 + 2 * 100) / 4)


def test_own_assessment_is_never_a_grade():
    peer = graded(self_assesses=True)
    review_work(peer, 40, 60)

    peers.self_assess(author_of(peer))

    assert per_cent(author_of(peer)) == 50


def test_there_are_no_grades_where_peers_marks_do_not_count():
    peer = graded(counts=False)
    review_work(peer, 40, 60)

    assert grading.compute_all(peers.fresh(peer), by=None) == 0
    assert not Result.objects.exists()


def test_review_that_is_left_out_does_not_count_until_it_is_taken_in_again():
    peer = graded()
    first, _second = review_work(peer, 0, 60)

    moderating.leave_out(review=first, reason="Wrong work", by=None)
    assert (per_cent(author_of(peer)), part(author_of(peer))["n"]) == (60, 1)
    moderating.leave_out(review=first, reason="After all", by=None, is_excluded=False)

    assert per_cent(author_of(peer)) == 30


def test_withheld_review_counts_as_before():
    peer = graded()
    first, _second = review_work(peer, 0, 60)

    moderating.withhold(review=first, reason="Unkind", by=None)
    grading.compute_submission(first.submission, by=None)

    assert per_cent(author_of(peer)) == 30


def test_sheet_that_is_amended_changes_the_grade():
    peer = graded()
    review = peers.hand_in(peers.reviews_of(peer, submission__authors=author_of(peer))[0])
    assert per_cent(author_of(peer)) == 100
    worst = {row: marking.Answer(level=row.levels.first()) for row in review.sheet.rubric.criteria.all()}

    marking.amend(
        sheet=review.sheet,
        by=None,
        reason="Mixed up",
        marks=worst,
        overall_comment="",
        revision=review.sheet.revision,
    )

    assert per_cent(author_of(peer)) == 0


@pytest.mark.parametrize("name", ["work", "reviewing"])
def test_override_takes_the_place_of_the_grade_until_it_is_taken_away(name):
    peer = graded()
    review_work(peer, 40, 60)
    grading.compute_all(peers.fresh(peer), by=None)
    person = author_of(peer)
    before = part(person, name)

    grading.override(participant=person, part=name, per_cent=Decimal("81.25"), reason="Heard", by=None)
    assert (per_cent(person, name), part(person, name)["computed"]) == (81.25, before["computed"])
    grading.compute_all(peers.fresh(peer), by=None)
    assert per_cent(person, name) == 81.25
    grading.override(participant=person, part=name, per_cent=None, reason="Withdrawn", by=None)

    assert part(person, name) == before
    assert not GradeOverride.objects.exists()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"reason": " "}, "reason"),
        ({"per_cent": Decimal(101)}, "per_cent"),
        ({"per_cent": Decimal(-1)}, "per_cent"),
        ({"part": "looks"}, "part"),
    ],
)
def test_override_without_a_reason_or_out_of_bounds_is_refused(given, field):
    peer = graded()
    review_work(peer, 40, 60)

    with pytest.raises(ValidationError) as refused:
        grading.override(
            participant=author_of(peer),
            by=None,
            **{"part": "work", "per_cent": Decimal(50), "reason": "x", **given},
        )

    assert set(refused.value.message_dict) == {field}
    assert per_cent(author_of(peer)) == 50


def test_grade_for_reviewing_is_what_was_done_of_what_was_asked_until_somebody_judges_the_words():
    peer = graded()
    reviewer = author_of(peer)
    first, second = peers.reviews_of(peer, reviewer=reviewer)

    peers.hand_in(first)
    assert (per_cent(reviewer, "reviewing"), part(reviewer, "reviewing")["is_completion_alone"]) == (50, True)
    peers.hand_in(second)
    assert per_cent(reviewer, "reviewing") == 100
    moderating.sample(review=first, evidence=0, suggestion=False, connection=False, by=None)

    assert per_cent(reviewer, "reviewing") < 100
    assert part(reviewer, "reviewing")["is_completion_alone"] is False


def test_grade_for_reviewing_does_not_ask_how_close_it_is_to_the_others():
    """One gives the most, the other the least, of the same work."""
    peer = graded()
    first, second = peers.reviews_of(peer, submission__authors=author_of(peer))

    peers.hand_in(first, place=-1)
    peers.hand_in(second, place=0)

    assert per_cent(first.reviewer, "reviewing") == per_cent(second.reviewer, "reviewing")


def test_answers_of_authors_count_for_the_reviewer():
    peer = graded()
    review = peers.hand_in(peers.reviews_of(peer)[0])
    before = per_cent(review.reviewer, "reviewing")
    peers.go_to(peer, Phase.RESPOND)

    peers.answer(
        Review.objects.whole().get(pk=review.pk), is_kind=False, is_specific=False, is_actionable=False
    )

    assert per_cent(review.reviewer, "reviewing") < before


def test_what_was_taken_from_a_reviewer_was_not_asked_of_them_and_what_they_declined_was():
    peer = graded(people=8)
    person = author_of(peer)
    first, second = peers.reviews_of(peer, reviewer=person)
    peers.hand_in(first)
    Review.objects.filter(pk=second.pk).update(state="cancelled")
    assert grading.reviewing_grade(peers.fresh(peer), person).grade == 1

    Review.objects.filter(pk=second.pk).update(state="declined")

    assert grading.reviewing_grade(peers.fresh(peer), person).grade == 0.5


def test_who_takes_fewer_than_the_round_asks_of_each_has_not_done_all_of_it():
    peer = graded(people=5, allocating="pull", reviews_each=2)
    one, none = peers.people_of(peer)[:2]
    peers.hand_in(assigning.take_next(participant=one))

    found = grading.reviewing_grades_of(peer, [one.pk, none.pk])

    assert (found[one.pk].grade, found[none.pk].grade) == (0.5, 0)


def test_of_nobody_more_is_asked_than_there_is_to_take():
    peer = graded(people=2, allocating="pull", reviews_each=3, least_reviews=1)
    one = author_of(peer)
    peers.hand_in(assigning.take_next(participant=one))

    assert grading.reviewing_grade(peer, one).grade == 1


def test_nothing_is_asked_of_reviewers_before_reviewing_begins():
    peer = peers.go_to(peers.peer_round(people=3, allocating="pull", counts=True), Phase.SUBMIT)

    assert isinstance(grading.reviewing_grade(peer, author_of(peer)).grade, Undefined)


def team(**more):
    peer = peers.peer_round(
        people=3, mode="team", self_assesses=False, counts=True, contribution_weight=100, **more
    )
    peer.participants.update(group=peer.groups.create(name="Team 1", mark=60))
    return peers.go_to(peer, Phase.REVIEW)


def test_mark_of_a_team_is_shared_by_what_its_members_say():
    peer = team()
    lazy, *_others = peers.people_of(peer)

    for review in peers.reviews_of(peer):
        peers.hand_in(review, place=0 if review.submission.authors.get() == lazy else -1)

    parts = [per_cent(person) for person in peers.people_of(peer)]
    assert parts[0] < 60 < parts[1]
    assert sum(grading.contributions(lazy.group).values()) == pytest.approx(3)


def test_member_who_has_not_said_something_of_everybody_holds_up_nobody():
    peer = team()
    *_first, last = peers.reviews_of(peer)

    for review in peers.reviews_of(peer):
        peers.hand_in(review) if review != last else None

    assert [per_cent(person) for person in peers.people_of(peer)] == [60, 60, 60]


def test_what_members_say_of_themselves_is_counted_where_all_do():
    peer = peers.peer_round(people=2, mode="team", self_assesses=True, counts=True, contribution_weight=100)
    peer.participants.update(group=peer.groups.create(name="Team 1", mark=60))
    peer = peers.go_to(peer, Phase.REVIEW)
    peers.all_review(peer)
    assert [per_cent(person) for person in peers.people_of(peer)] == [60, 60]

    for person, place in zip(peers.people_of(peer), (0, -1), strict=True):
        peers.self_assess(person, place=place)

    first, second = (per_cent(person) for person in peers.people_of(peer))
    assert first < 60 < second


def test_nobody_of_a_team_has_a_part_before_somebody_says_something():
    peer = team()

    assert grading.contributions(peer.groups.get()) == {}
    grading.compute_all(peer, by=None)
    assert not [row for row in Result.objects.all() if row.computed["work"]["per_cent"]]


# --- how much is computed anew ----------------------------------------------------------------


def changed_results(act):
    """Ids of the results that were written anew, and how many statements it took."""
    before = dict(Result.objects.values_list("pk", "computed_at"))
    with CaptureQueriesContext(connection) as seen:
        act()
    after = dict(Result.objects.values_list("pk", "computed_at"))
    return {pk for pk, at in after.items() if before.get(pk) != at}, len(seen)


@pytest.mark.parametrize("what", ["leave out", "override"])
def test_one_decision_computes_one_result_in_as_many_statements_in_any_class(what):
    found = []
    for people in (6, 20):
        peer = graded(people)
        first, _second = review_work(peer, 40, 60)
        for person in peers.people_of(peer)[1:]:
            review_work(peer, 50, 50, author=person) if people == 6 else None
        person = author_of(peer)
        mine = Result.objects.get(activity=peer.activity, candidate=person.person).pk
        act = {
            "leave out": lambda first=first: moderating.leave_out(review=first, reason="x", by=None),
            "override": lambda person=person: grading.override(
                participant=person, part="work", per_cent=Decimal(9), reason="x", by=None
            ),
        }[what]
        changed, statements = changed_results(act)
        assert changed == {mine}
        found.append(statements)

    assert found[0] == found[1]


def test_result_that_did_not_change_is_not_written_again():
    peer = graded()
    review_work(peer, 40, 60)
    grading.compute_all(peers.fresh(peer), by=None)

    changed, _statements = changed_results(lambda: grading.compute_all(peers.fresh(peer), by=None))

    assert changed == set()


def test_results_that_stay_as_they_are_cost_no_statement_each():
    found = []
    for people in (6, 20):
        peer = graded(people)
        peers.all_review(peer)
        grading.compute_all(peers.fresh(peer), by=None)
        _changed, statements = changed_results(
            lambda peer=peer: grading.compute_all(peers.fresh(peer), by=None)
        )
        found.append(statements)

    assert found[0] == found[1]
