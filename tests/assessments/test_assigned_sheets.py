"""Whose a sheet is to mark: what they see, what others hear, and how it is given to somebody else."""

import json
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import RestrictedError
from django.test import Client
from django.test.utils import CaptureQueriesContext

from assessments.audit.models import Event
from assessments.marking import marking
from assessments.marking.models import MarkSheet, Reassignment
from assessments.rubrics.models import Rubric
from tests import factories

ANOTHERS = "This sheet is for another examiner"


@pytest.fixture
def guest(course):
    return factories.guest(course.context, "Gwen Guest")


@pytest.fixture
def assigned(course, guest):
    """The guest's sheet about Alice."""
    return open_one(course, course.alice, guest)


@pytest.fixture
def as_guest(course, guest):
    visit = factories.guest_visit(guest, course.link)
    return Client(headers={"Authorization": f"Bearer {visit.token}"})


def open_one(course, candidate, person, **more):
    rubric = course.activity.rubric
    return marking.open_sheets(rubric=rubric, places=[(candidate, person)], by=course.teacher, **more)[0]


def tap(client, sheet, field="overall", value="Calm and clear"):
    body = {"log": str(uuid4()), "taps": [{"sequence": 1, "field": field, "value": value, "seen": 0}]}
    return client.post(f"/api/sheets/{sheet.key}/taps/", json.dumps(body), content_type="application/json")


def handed_in(sheet):
    filled = factories.fill(sheet, sheet.assigned_to)
    return marking.submit(sheet=filled, by=sheet.assigned_to, revision=filled.revision)


# --- their rater ------------------------------------------------------------------------------------


def test_guest_marks_the_sheet_that_is_theirs(as_guest, assigned, guest):
    assert as_guest.get(assigned.get_absolute_url()).status_code == 200

    assert tap(as_guest, assigned).json()["taken"][0]["outcome"] == "applied"

    kept = MarkSheet.objects.get(pk=assigned.pk)
    assert (kept.overall_comment, kept.rater) == ("Calm and clear", guest)


def test_pages_of_a_guest_lead_nowhere_they_may_not_go(as_guest, assigned, course, visit):
    teachers = visit(course.teacher).get(assigned.get_absolute_url())
    assert "All candidates" in teachers.text

    for sheet in (assigned, handed_in(assigned)):
        page = as_guest.get(sheet.get_absolute_url())
        assert page.status_code == 200
        assert "All candidates" not in page.text
        assert "your course" not in page.text


def test_guest_reads_what_they_handed_in_without_points_and_amendments(as_guest, assigned, course, visit):
    sheet = handed_in(assigned)
    marking.amend(
        sheet=sheet,
        by=course.teacher,
        reason="Heard it on the recording",
        marks={},
        overall_comment="Amended",
        revision=sheet.revision,
    )
    shown = ("of 4 points", "2 of 2 points", "Heard it on the recording", "Amend this sheet")

    teachers = visit(course.teacher).get(sheet.get_absolute_url()).text
    guests = as_guest.get(sheet.get_absolute_url()).text

    assert [words in teachers for words in shown] == [True] * 4
    assert [words in guests for words in shown] == [False] * 4
    assert "Chosen: Fully." in guests


def test_guest_corrects_while_corrections_are_accepted_and_never_amends(as_guest, course, guest):
    closed = handed_in(open_one(course, course.alice, guest))
    still_open = handed_in(open_one(course, course.bob, guest, accepts_corrections=True))

    late, corrected = tap(as_guest, closed), tap(as_guest, still_open)

    assert late.json()["taken"][0]["outcome"] == "refused"
    assert corrected.json()["taken"][0]["outcome"] == "applied"
    assert as_guest.get(f"/sheets/{closed.key}/amendment/").status_code == 403


def test_candidate_assesses_themselves_on_a_sheet_of_their_own(course, visit):
    own = open_one(course, course.alice, course.alice)
    about_alice = factories.sheet(course.activity, course.alice, course.teacher)
    alice = visit(course.alice)

    page = alice.get(own.get_absolute_url())

    assert page.status_code == 200
    assert tap(alice.client, own).json()["taken"][0]["outcome"] == "applied"
    assert alice.get(about_alice.get_absolute_url()).status_code == 403
    assert visit(course.bob).get(own.get_absolute_url()).status_code == 403


def test_self_assessment_carries_no_concern(course, visit):
    own = open_one(course, course.alice, course.alice)
    about_alice = factories.sheet(course.activity, course.alice, course.teacher)
    teacher = visit(course.teacher)
    assert "Raise a concern" in teacher.get(about_alice.get_absolute_url()).text

    assert "Raise a concern" not in teacher.get(own.get_absolute_url()).text
    assert tap(teacher.client, own, "concern", "Rude").json()["taken"][0]["outcome"] == "refused"
    assert MarkSheet.objects.get(pk=own.pk).concern == ""


def test_teacher_takes_a_sheet_over_and_the_trail_names_them(assigned, course, visit):
    teacher = visit(course.teacher)

    page = teacher.get(assigned.get_absolute_url())
    tap(teacher.client, assigned)

    assert "This is Gwen Guest's sheet." in page.text
    assert Event.objects.filter(verb="sheet.commented", object_id=assigned.pk).get().actor == course.teacher
    assert MarkSheet.objects.get(pk=assigned.pk).assigned_to.name == "Gwen Guest"


# --- the others -------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["", "amendment/"])
def test_other_examiner_hears_whose_it_is_and_what_to_do(assigned, course, visit, ending):
    answer = visit(course.examiner).get(f"{assigned.get_absolute_url()}{ending}")

    assert answer.status_code == 403
    assert ANOTHERS in answer.text
    assert "ask the coordinator to reassign it to you" in answer.text
    assert "Gwen" not in answer.text
    assert "Alice" not in answer.text


def test_other_examiners_device_hears_the_same(assigned, course, visit):
    examiner = visit(course.examiner)

    answers = examiner.get(f"/api/sheets/{assigned.key}/"), tap(examiner.client, assigned)

    assert [answer.status_code for answer in answers] == [403, 403]
    assert all(ANOTHERS in answer.json()["detail"] for answer in answers)
    assert MarkSheet.objects.get(pk=assigned.pk).overall_comment == ""


def test_another_guest_hears_the_same(assigned, course):
    stranger = factories.guest_visit(factories.guest(course.context), course.link)

    answer = Client().get(assigned.get_absolute_url(), headers={"Authorization": f"Bearer {stranger.token}"})

    assert (answer.status_code, ANOTHERS in answer.text) == (403, True)


def test_member_who_comes_by_a_link_sees_what_is_theirs_only(course, assigned):
    """A teacher's link that somebody photographed opens no other sheet."""
    link = factories.guest_visit(course.teacher, course.link)
    client = Client(headers={"Authorization": f"Bearer {link.token}"})
    theirs = open_one(course, course.bob, course.teacher)

    answers = [client.get(sheet.get_absolute_url()).status_code for sheet in (theirs, assigned)]

    assert answers == [200, 403]


def test_person_with_a_sheet_to_mark_cannot_be_deleted(assigned, guest):
    with pytest.raises(RestrictedError):
        guest.delete()


def test_course_goes_as_a_whole_with_its_assigned_sheets(assigned, course):
    course.activity.assessments.all().delete()

    course.context.registration.delete()

    assert not MarkSheet.objects.exists()


# --- giving it to somebody else ---------------------------------------------------------------------


def test_reassigned_sheet_is_the_others_from_then_on(as_guest, assigned, course, visit, guest):
    tap(as_guest, assigned)

    marking.reassign(sheet=assigned, to=course.examiner, by=course.teacher, reason=" Fell ill ")

    assert as_guest.get(assigned.get_absolute_url()).status_code == 403
    assert tap(as_guest, assigned).status_code == 403
    page = visit(course.examiner).get(assigned.get_absolute_url())
    assert "Calm and clear" in page.text
    row = Reassignment.objects.get()
    assert (row.sheet, row.by, row.before, row.after, row.reason) == (
        assigned,
        course.teacher,
        guest,
        course.examiner,
        "Fell ill",
    )
    event = Event.objects.get(verb="sheet.reassigned")
    assert (event.object_id, event.actor) == (assigned.pk, course.teacher)
    assert event.data == {"from": guest.pk, "to": course.examiner.pk, "reassignment": row.pk}


def test_teachers_read_who_gave_it_to_whom_and_why_and_raters_do_not(
    assigned, course, visit, guest, as_guest
):
    marking.reassign(sheet=assigned, to=None, by=course.teacher, reason="Fell ill")
    marking.reassign(sheet=assigned, to=guest, by=course.teacher, reason="Came back")
    said = [
        "From Gwen Guest to anybody who marks.",
        "From anybody who marks to Gwen Guest.",
        "Fell ill",
        "Came back",
    ]

    for sheet in (assigned, handed_in(MarkSheet.objects.get(pk=assigned.pk))):
        teachers = visit(course.teacher).get(sheet.get_absolute_url()).text
        guests = as_guest.get(sheet.get_absolute_url()).text
        assert [words in teachers for words in said] == [True] * 4
        assert [words in guests for words in said] == [False] * 4


def test_sheet_can_be_left_to_anybody_who_marks_and_taken_from_them(assigned, course, visit, guest):
    marking.reassign(sheet=assigned, to=None, by=course.teacher, reason="Nobody came")
    assert visit(course.examiner).get(assigned.get_absolute_url()).status_code == 200

    marking.reassign(sheet=assigned, to=guest, by=course.teacher, reason="They came")
    assert visit(course.examiner).get(assigned.get_absolute_url()).status_code == 403


def test_giving_it_to_whose_it_is_changes_nothing(assigned, course, guest):
    events = Event.objects.count()

    marking.reassign(sheet=assigned, to=guest, by=course.teacher, reason="")

    assert (Event.objects.count(), Reassignment.objects.count()) == (events, 0)


@pytest.mark.parametrize(
    ("to", "reason", "words"),
    [
        ("examiner", "  ", "Say why"),
        ("alice", "Mixed up", "Candidates assess themselves"),
        ("stranger", "Mixed up", "not known in the course"),
    ],
)
def test_reassignment_that_makes_no_sense_is_refused(assigned, course, guest, to, reason, words):
    people = {"stranger": factories.guest(factories.ContextFactory()), **vars(course)}

    with pytest.raises(ValidationError, match=words):
        marking.reassign(sheet=assigned, to=people[to], by=course.teacher, reason=reason)

    assert MarkSheet.objects.get(pk=assigned.pk).assigned_to == guest


def test_self_assessment_stays_with_its_candidate(course):
    own = open_one(course, course.alice, course.alice)

    with pytest.raises(ValidationError, match="Candidates assess themselves"):
        marking.reassign(sheet=own, to=course.examiner, by=course.teacher, reason="Mixed up")


def test_submitted_sheet_stays_with_whoever_marked_it(course, guest):
    for sheet in (open_one(course, course.alice, guest, accepts_corrections=more) for more in (True, False)):
        done = handed_in(sheet)
        with pytest.raises(ValidationError, match="submitted"):
            marking.reassign(sheet=done, to=course.examiner, by=course.teacher, reason="Mixed up")


# --- opening many -----------------------------------------------------------------------------------


def test_sheets_are_opened_as_they_were_asked_for_each_with_its_event(course, guest):
    places = [
        (course.alice, guest),
        (course.bob, None),
        (course.charlie, course.charlie),
        (course.alice, None),
    ]

    sheets = marking.open_sheets(
        rubric=course.activity.rubric, places=places, by=course.teacher, accepts_corrections=True
    )

    assert [(sheet.candidate, sheet.assigned_to) for sheet in sheets] == places
    kept = {sheet.pk: sheet for sheet in MarkSheet.objects.filter(accepts_corrections=True)}
    assert [(kept[sheet.pk].candidate, kept[sheet.pk].assigned_to) for sheet in sheets] == places
    assert {sheet.context for sheet in kept.values()} == {course.context}
    events = Event.objects.filter(verb="sheet.opened", actor=course.teacher, context=course.context)
    assert {event.object_id: event.data for event in events} == {
        sheet.pk: {
            "rubric": course.activity.rubric_id,
            "candidate": sheet.candidate_id,
            "assigned_to": sheet.assigned_to_id,
        }
        for sheet in sheets
    }


def test_no_sheet_is_opened_where_one_makes_no_sense(course, guest):
    draft = factories.draft(course.context)
    stranger = factories.guest(factories.ContextFactory())
    rubric = course.activity.rubric

    for asked, places in (
        (draft, [(course.alice, guest)]),
        (rubric, [(course.bob, None), (course.alice, stranger)]),
    ):
        with pytest.raises(ValidationError):
            marking.open_sheets(rubric=asked, places=places, by=course.teacher)

    assert not MarkSheet.objects.exists()


def test_thirty_sheets_cost_as_many_statements_as_one(course, guest):
    def statements(n):
        rubric = Rubric.objects.get(pk=course.activity.rubric_id)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            marking.open_sheets(rubric=rubric, places=[(course.alice, guest)] * n, by=course.teacher)
        return len(queries)

    assert statements(1) == statements(30) <= 6


def test_guest_is_no_examiner_of_the_course(as_guest, course):
    """What is assigned to nobody is for those who mark in the course."""
    sheet = factories.sheet(course.activity, course.alice, course.teacher)

    assert as_guest.get(sheet.get_absolute_url()).status_code == 403
    assert as_guest.get(f"/activities/{course.activity.key}/").status_code == 200
    assert "Alice" not in as_guest.get(f"/activities/{course.activity.key}/").text
