"""Course list, launches and gradebook side by side, and a teacher's word on who is a candidate."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assessments.audit.models import Event
from assessments.people import comparison, differences
from assessments.people.comparison import Chosen
from assessments.results import releasing
from assessments.results.overview import overview
from lti_tool.errors import Kind
from lti_tool.models import Context, Membership, Person, Role, Score
from lti_tool.port import Delivery, Member, members
from tests import factories

WHEN = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
LISTED = Member(
    Person(pk=1, sub="1", name="Ada"), Role.LEARNER, True, True, False,
    launched_at=WHEN, launched_role=Role.LEARNER, listed_at=WHEN, listed_role=Role.LEARNER,
)  # fmt: skip


def kinds(member, **more):
    known = {"list_was_read": True, "is_marked": False, "delivery": None, "is_twice": False}
    return [found.kind for found in differences.of(member, **(known | more))]


def delivery(state):
    return Delivery(
        state=state, sentence="Words.", given=Decimal(1), maximum=Decimal(2), next_try_at=None, delivered_at=None,
        can_retry=False,
    )  # fmt: skip


TEACHER = {"role": Role.INSTRUCTOR, "is_learner": False, "launched_role": Role.INSTRUCTOR}


@pytest.mark.parametrize(
    ("changes", "more", "expected"),
    [
        ({}, {}, []),
        ({"launched_at": None, "launched_role": None}, {}, ["never"]),
        ({"left_at": WHEN, "is_active": False}, {}, ["left"]),
        ({"left_at": WHEN, "is_active": False, "launched_at": None}, {}, ["left"]),
        ({"is_active": False}, {}, ["inactive"]),
        ({"listed_at": None, "listed_role": None}, {}, ["not_listed"]),
        ({"listed_at": None, "listed_role": None}, {"list_was_read": False}, []),
        (TEACHER, {}, ["teaches"]),
        (TEACHER | {"listed_role": Role.INSTRUCTOR}, {}, []),
        (TEACHER | {"listed_role": Role.INSTRUCTOR, "is_learner": True}, {}, ["both"]),
        (TEACHER | {"listed_role": Role.INSTRUCTOR, "launched_role": Role.LEARNER, "is_preview": True}, {}, ["preview"]),
        ({"counts": False, "is_learner": False}, {"is_marked": True}, ["decided", "marked"]),
        (TEACHER | {"counts": True, "is_learner": True}, {}, ["teaches", "decided"]),
        ({"is_test_student": True, "launched_at": None}, {}, ["test"]),
        ({}, {"delivery": delivery("refused")}, ["refused"]),
        ({}, {"delivery": delivery("conflict")}, ["refused"]),
        ({}, {"delivery": delivery("delivered")}, []),
        ({}, {"is_twice": True}, ["twice"]),
    ],
)  # fmt: skip
def test_each_difference_has_its_words(changes, more, expected):
    assert kinds(replace(LISTED, **changes), **more) == expected
    assert set(expected) <= set(differences.KINDS)


def somebody(number, name="", email="", **changes):
    return replace(LISTED, person=Person(pk=number, sub=str(number), name=name, email=email), **changes)


def test_one_person_with_two_accounts_is_suspected():
    gone = {"left_at": WHEN, "is_active": False}
    people = [
        somebody(1, "Ada", "ada@x.example"),
        somebody(2, "A. Lovelace", "ADA@x.example "),
        somebody(3, "Bo", **gone),
        somebody(4, "Bo"),
        somebody(5, "Same Name"),
        somebody(6, "Same Name"),  # two students may well have one name
        somebody(7),
        somebody(8),
        somebody(9, "Ada", "ada@x.example", is_test_student=True),
    ]

    assert differences.twice(people) == {1, 2, 3, 4}


@pytest.fixture
def panel(course):
    return reverse("people:people", args=[course.activity.key])


def decide(visit, course, person, counts, by=None):
    address = reverse("people:decision", args=[course.activity.key, person.key])
    return visit(by or course.teacher).post(f"{address}?kind=never&page=1", {"counts": counts})


def test_teacher_sees_everybody_with_what_differs(course, visit, panel):
    gone = factories.member(course.context, name="Gail Gone", is_active=False)
    Membership.objects.filter(person=gone).update(left_at=WHEN, on_roster_at=WHEN, roster_role=Role.LEARNER)
    Context.objects.update(roster_swept_at=timezone.now())
    examiner = visit(course.examiner)
    Membership.objects.filter(person=course.examiner).update(
        launched_at=WHEN, launched_role=Role.INSTRUCTOR, roster_role=Role.LEARNER, on_roster_at=WHEN
    )

    page = visit(course.teacher).get(panel)

    text = page.text
    for name in ("Alice", "Bob", "Charlie", "Gail Gone", "Sam Okafor", "Mara Lindqvist"):
        assert name in text
    assert "missing since 3 Nov 2026" in text
    assert "the LMS opened the activity for them as a teacher" in text
    assert "3 candidates, 0 have opened the activity." in text
    assert "Count as candidate" in text
    assert examiner.get(panel).status_code == 200
    assert "Count as candidate" not in examiner.get(panel).text  # examiners look, teachers decide


def test_names_of_the_course_are_not_shown_to_its_students(course, visit, panel):
    assert "Alice" in visit(course.teacher).get(panel).text

    answer = visit(course.bob).get(panel)

    assert answer.status_code == 403
    assert "Alice" not in answer.text


def test_decision_holds_is_recorded_and_can_be_taken_back(course, visit, panel):
    answer = decide(visit, course, course.alice, "no")

    assert (answer.status_code, answer["Location"]) == (303, f"{panel}?kind=never&done=decided")
    assert course.alice.pk not in {m.person.pk for m in members(course.context, Role.LEARNER)}
    event = Event.objects.get(verb="candidate.decided")
    assert (event.actor, event.object_id, event.data) == (
        course.teacher,
        course.activity.pk,
        {"person": course.alice.pk, "counts": False},
    )
    page = visit(course.teacher).get(panel).text
    assert "A teacher decided: no candidate." in page
    assert "As the LMS says" in page

    decide(visit, course, course.alice, "lms")

    assert course.alice.pk in {m.person.pk for m in members(course.context, Role.LEARNER)}
    assert Event.objects.filter(verb="candidate.decided").count() == 2


def test_examiner_does_not_decide(course, visit):
    assert decide(visit, course, course.alice, "no", by=course.examiner).status_code == 403
    assert not Event.objects.filter(verb="candidate.decided").exists()


def test_anything_but_the_three_choices_changes_nothing(course, visit):
    answer = decide(visit, course, course.alice, "perhaps")

    assert answer.status_code == 400
    assert "Nothing was done" in answer.text
    assert Membership.objects.get(person=course.alice).counts is None


def test_whoever_is_counted_can_be_marked_and_whoever_is_not_cannot(course, visit):
    begin = reverse("activities:sheet", args=[course.activity.key, course.examiner.key])
    assert visit(course.teacher).post(begin).status_code == 404
    decide(visit, course, course.examiner, "yes")
    assert visit(course.teacher).post(begin).status_code == 303

    begin = reverse("activities:sheet", args=[course.activity.key, course.alice.key])
    decide(visit, course, course.alice, "no")
    assert visit(course.teacher).post(begin).status_code == 404


def test_marks_of_whoever_is_not_counted_any_more_are_kept_and_named(course, visit, panel):
    factories.marked(course.activity, course.alice, course.examiner)
    factories.sheet(course.activity, course.bob, course.examiner)
    decide(visit, course, course.alice, "no")
    decide(visit, course, course.bob, "no")

    seen = overview(course.activity, course.teacher)

    by_name = {row.person.display_name: row for row in seen.rows}
    assert by_name["Alice"].is_marked
    assert [row.person.display_name for row in seen.counted] == ["Charlie", "Alice"]
    assert seen.next_to_mark.person == course.charlie  # not Bob, whose sheet was begun
    assert "Has been marked, but is no candidate of this course." in visit(course.teacher).get(panel).text
    home = visit(course.teacher).get(course.activity.get_absolute_url()).text
    assert "not counted as a candidate" in home
    assert "no longer in the course" not in home


def test_test_student_is_marked_and_counts_nowhere(course, visit, panel):
    tester = factories.member(course.context, name="Test Student", is_test_student=True)
    factories.marked(course.activity, tester, course.examiner)

    seen = overview(course.activity, course.teacher)
    page = visit(course.teacher).get(panel).text

    assert seen.sentence == "0 of 3 marked, nothing released."
    assert tester not in [row.person for row in seen.counted]
    assert [row.person for row in seen.test_rows] == [tester]
    assert "3 candidates" in page
    assert "Not a real person." in page


def test_grade_that_the_gradebook_refused_is_named_with_its_reason(course, visit, panel):
    factories.marked(course.activity, course.alice, course.examiner)
    releasing.release(activity=course.activity, by=course.teacher)
    Score.objects.update(state=Score.State.REFUSED, reason=Kind.GONE_USER)

    page = visit(course.teacher).get(f"{panel}?kind=refused").text

    assert "this person is not a student in the course there" in page
    assert "1 person" in page
    assert "Bob" not in page


def test_list_is_narrowed_by_section_and_group(course, visit, panel):
    Membership.objects.filter(person=course.alice).update(sections=["Stream A & B"], groups=["7"])
    Membership.objects.filter(person=course.bob).update(sections=["Stream C"])

    teacher = visit(course.teacher)

    section = teacher.get(f"{panel}?section=Stream+A+%26+B").text
    assert "Alice" in section
    assert "Bob" not in section
    assert "Alice" in teacher.get(f"{panel}?group=7").text
    assert "Nobody fits this choice." in teacher.get(f"{panel}?group=8").text
    assert teacher.get(f"{panel}?group=7&page=99&kind=nonsense").status_code == 200


def test_list_again_says_how_far_it_is_and_comes_back_here(course, visit, panel):
    Context.objects.update(memberships_url="https://lms.example/members")

    answer = visit(course.teacher).post(reverse("people:roster", args=[course.activity.key]) + "?group=7")
    Context.objects.update(roster_read=1250)
    page = visit(course.teacher).get(panel).text

    assert (answer.status_code, answer["Location"]) == (303, f"{panel}?group=7&done=roster")
    assert "The course list is being read: 1250 people so far…" in page
    assert "every 4s" in page

    later = timezone.now() + timezone.timedelta(hours=1)
    Context.objects.update(roster_wanted_at=later, roster_failures=3, roster_problem=Kind.TRANSIENT)
    page = visit(course.teacher).get(panel).text
    assert "could not be read just now" in page
    assert f"We try again at {later:%H:%M}." in page
    assert "every 4s" not in page


def test_names_that_are_no_longer_told_are_said_to_be_old(course, visit, panel):
    Context.objects.update(roster_swept_at=timezone.now(), roster_names_people=False)

    assert "no longer tells Bellringer people's names" in visit(course.teacher).get(panel).text


def test_page_takes_as_many_queries_for_three_as_for_three_hundred(course, visit, panel):
    teacher = visit(course.teacher)
    with CaptureQueriesContext(connection) as few:
        teacher.get(panel)
    for _ in range(300):
        factories.member(course.context)

    with CaptureQueriesContext(connection) as many:
        page = teacher.get(panel).text

    assert len(few) == len(many) <= 8
    assert "1 to 100 of 305 people" in page
    assert page.count('<th scope="row">') == 100
    assert "301 to 305 of 305 people" in teacher.get(f"{panel}?page=4").text


def test_ten_thousand_people_are_compared_in_one_go(course, django_assert_num_queries):
    registration = course.context.deployment.registration
    made = [Person(registration=registration, sub=f"p{n}", name=f"P {n:05d}") for n in range(10_000)]
    people = Person.objects.bulk_create(made)
    Membership.objects.bulk_create(
        Membership(context=course.context, person=person, role=Role.LEARNER, is_learner=True)
        for person in people
    )
    activity = course.activity
    activity.resource_link = course.link

    with django_assert_num_queries(4):
        seen = comparison.compare(activity, Chosen(page=101), list_was_read=True)
        rows = seen.rows

    assert (seen.pages, len(rows), len(seen.every_row)) == (101, 5, 10_005)
    assert [(kind, n) for kind, _words, n in seen.kinds] == [("never", 10_003)]
