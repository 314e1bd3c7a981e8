"""An exam as one of the kinds of activity: begun in a new link, found again, copied with its course."""

import pytest

from assessments.activities import linking
from assessments.activities.models import Activity
from assessments.osce.models import Competency, Station
from lti_tool.models import Role
from tests import exams, factories

pytestmark = pytest.mark.django_db

START = "/activities/start/"


@pytest.fixture
def link(course):
    return factories.ResourceLinkFactory(context=course.context, title="Finals")


def test_teacher_of_a_new_link_plans_an_exam_and_finds_it_again(visit, course, link):
    teacher = visit(course.teacher, link)
    assert "Plan: OSCE exam" in teacher.get(START).text

    answer = teacher.post("/activities/setup/kind/", {"kind": "osce"})
    teacher.post("/activities/setup/kind/", {"kind": "osce"})

    assert answer.status_code == 303
    activity = Activity.objects.get(resource_link=link)
    assert (activity.kind, activity.title) == ("osce", "Finals")
    assert "What is examined" in teacher.get(START).text
    assert [circuit.title for circuit in activity.exam.circuits.all()] == ["Circuit A"]


def test_kind_that_nobody_knows_is_refused_in_words(visit, course, link):
    answer = visit(course.teacher, link).post("/activities/setup/kind/", {"kind": "duel"})

    assert answer.status_code == 400
    assert "Choose what kind of activity it is." in answer.text


def test_link_of_an_exam_takes_no_rubric_of_its_own(visit, course, link):
    teacher = visit(course.teacher, link)
    teacher.post("/activities/setup/kind/", {"kind": "osce"})

    teacher.post("/activities/setup/", {"rubric": str(course.activity.rubric.key)})

    activity = Activity.objects.get(resource_link=link)
    assert (activity.kind, activity.rubric) == ("osce", None)


@pytest.mark.parametrize("role", [Role.TEACHING_ASSISTANT, Role.LEARNER, Role.OBSERVER, Role.VISITOR])
def test_others_find_nothing_of_what_is_planned(visit, course, link, role):
    exams.exam(link, stations=1)

    page = visit(factories.member(course.context, role), link).get(START)

    assert page.status_code == 200
    assert "Station 1" not in page.text
    assert "Candidate 001" not in page.text


def test_copied_course_gets_the_exam_without_sessions_and_people(course):
    exam = exams.exam(
        factories.ResourceLinkFactory(context=course.context), stations=2, rests=1, circuits=2, running=600
    )
    com = Competency.objects.create(exam=exam, place=0, code="COM-1", title="Communication")
    exam.stations.first().competencies.add(com)
    exam.stations.filter(place=0).update(candidate_instructions="Take a history.", is_pilot=True)
    other = factories.ResourceLinkFactory()

    made = linking.copy(source=exam.activity, resource_link=other, by=None).exam

    assert (made.running, made.circuits.count()) == (600, 2)
    told = ("title", "kind", "is_pilot", "candidate_instructions", "rubric__title", "competencies__code")
    assert list(made.stations.values_list(*told)) == list(exam.stations.values_list(*told))
    assert {row.rubric.context_id for row in made.stations.exclude(rubric=None)} == {other.context_id}
    assert not made.sessions.exists()
    assert not made.candidates.exists()
    assert not made.staff.exists()


def test_copied_exam_can_be_dropped_until_it_begins(course):
    exam = exams.exam(factories.ResourceLinkFactory(context=course.context))
    made = linking.copy(source=exam.activity, resource_link=factories.ResourceLinkFactory(), by=None)

    linking.start_empty(activity=made, by=None)

    made.refresh_from_db()
    assert not made.is_set_up
    assert Station.objects.filter(exam__activity=made).count() == 0
