"""Two people do the same thing in the same moment, each with a connection of their own."""

import threading

import pytest
from django.db import connection, transaction
from django.utils import timezone

from assessments.activities import activities
from assessments.activities.models import Assessment
from assessments.audit.models import Event
from assessments.marking import marking
from assessments.marking.conflict import Conflict
from assessments.marking.models import MarkSheet, Reassignment
from assessments.osce import links
from assessments.osce.models import ExaminerLink
from assessments.results import releasing
from assessments.results.models import Result
from lti_tool.models import LaunchToken, Person, Role, Score
from tests import exams, factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def course():
    link = factories.ResourceLinkFactory()
    people = [factories.member(link.context, Role.INSTRUCTOR) for _ in range(2)]
    return factories.activity(link, by=people[0]), people, factories.member(link.context)


def at_once(*actions):
    """What each action gave or raised, after all have started together."""
    barrier, outcomes = threading.Barrier(len(actions)), [None] * len(actions)

    def run(place, action):
        barrier.wait()
        try:
            outcomes[place] = action()
        except Exception as error:
            outcomes[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return outcomes


def test_one_of_two_submissions_wins(course):
    activity, people, candidate = course
    sheet = factories.fill(factories.sheet(activity, candidate, people[0]), people[0])

    outcomes = at_once(
        *[lambda by=by: marking.submit(sheet=sheet, by=by, revision=sheet.revision) for by in people]
    )

    won = [outcome for outcome in outcomes if isinstance(outcome, MarkSheet)]
    lost = [outcome for outcome in outcomes if isinstance(outcome, Conflict)]
    assert (len(won), len(lost)) == (1, 1)
    assert won[0].submitted_by.display_name in str(lost[0])
    assert Event.objects.filter(verb="sheet.submitted").count() == 1
    assert Result.objects.count() == 1


def test_two_examiners_who_begin_the_same_candidate_share_one_sheet(course):
    activity, people, candidate = course

    outcomes = at_once(
        *[lambda by=by: activities.assess(activity=activity, candidate=candidate, by=by) for by in people]
    )

    assert outcomes == [Assessment.objects.get()] * 2
    assert MarkSheet.objects.count() == 1


def test_two_releases_release_once(course):
    activity, people, candidate = course
    factories.marked(activity, candidate, people[0])

    outcomes = at_once(*[lambda by=by: releasing.release(activity=activity, by=by) for by in people])

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["ValidationError", "list"]
    assert Score.objects.count() == 1


def test_marks_of_two_examiners_are_all_kept(course):
    activity, people, candidate = course
    sheet = factories.sheet(activity, candidate, people[0])
    rows = list(sheet.rubric.criteria.all())

    outcomes = at_once(
        *[
            lambda by=by, row=row: marking.mark(
                sheet=sheet, criterion=row, level=row.levels.last(), comment="", by=by
            )
            for by, row in zip(people, rows, strict=True)
        ]
    )

    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    kept = MarkSheet.objects.whole().get()
    assert (kept.unanswered(), kept.revision) == ([], 2)


def test_result_is_gone_with_the_submission_that_failed(course, monkeypatch):
    activity, people, candidate = course
    sheet = factories.fill(factories.sheet(activity, candidate, people[0]), people[0])

    with pytest.raises(RuntimeError), transaction.atomic():
        marking.submit(sheet=sheet, by=people[0], revision=sheet.revision)
        raise RuntimeError

    assert not Result.objects.exists()
    assert not MarkSheet.objects.submitted().exists()


@pytest.fixture
def staffed():
    """An exam's session and somebody who is only named in it."""
    exam = exams.exam(stations=1, candidates=1)
    return exam.sessions.get(), exams.staff(exam, "Gwen Guest", role=None)


def test_two_links_made_at_once_leave_one_that_opens_for_one_person(staffed):
    session, gwen = staffed

    outcomes = at_once(*[lambda: links.make(session=session, staff=gwen, by=None)] * 3)

    assert {type(outcome) for outcome in outcomes} == {ExaminerLink}
    assert [link.is_valid for link in ExaminerLink.objects.order_by("id")] == [False, False, True]
    assert Person.objects.filter(sub=None).count() == 1


def test_link_that_is_opened_while_it_is_withdrawn_leaves_no_visit(staffed):
    session, gwen = staffed
    for _ in range(5):
        link = links.make(session=session, staff=gwen, by=None)
        found = links.find(links.secret(link))

        at_once(
            lambda found=found: links.open_visit(link=found, device=None),
            lambda link=link: links.withdraw(link=link, by=None),
        )

        assert not LaunchToken.objects.filter(door=link.key, expires_at__gt=timezone.now()).exists()


def test_sheet_given_to_two_people_at_once_is_the_second_ones_and_both_are_kept(course):
    activity, people, candidate = course
    sheet = factories.sheet(activity, candidate, people[0])
    guests = [factories.guest(activity.context, f"Guest {n}") for n in range(2)]

    at_once(
        *[lambda to=to: marking.reassign(sheet=sheet, to=to, by=people[0], reason="Swapped") for to in guests]
    )

    second, first = Reassignment.objects.all()
    assert (first.before, second.before) == (None, first.after)
    assert MarkSheet.objects.get().assigned_to == second.after
