"""A session given out: who gets which sheet, what may be taken back, when it can be locked."""

import uuid
from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.test import Client

from assessments.audit.models import Event
from assessments.marking import marking, taps
from assessments.marking.conflict import Conflict
from assessments.marking.models import MarkSheet, Tap
from assessments.marking.taps import Told
from assessments.osce import publishing, running, timetable
from assessments.osce.master_clock import Kind
from assessments.osce.models import Encounter, EncounterSheet, SheetRole, StaffMember, Station
from assessments.rubrics import drafting
from assessments.rubrics import publishing as rubric_publishing
from lti_tool.models import Membership, Role
from tests import exams, factories

pytestmark = pytest.mark.django_db


def test_every_encounter_gets_a_sheet_for_its_examiner():
    exam = exams.exam(stations=3, rests=1, circuits=2, candidates=7)

    session = exams.published(exam)

    sheets = EncounterSheet.objects.filter(encounter__session=session).select_related(
        "sheet", "encounter", "staff"
    )
    assert sheets.count() == 7 * 3
    for row in sheets:
        assert row.role == SheetRole.EXAMINER
        assert row.sheet.candidate_id == row.encounter.candidate.person_id
        assert row.sheet.assigned_to_id == row.staff.person_id
        assert row.encounter.post.duties.get().staff_id == row.staff_id
        assert row.sheet.accepts_corrections
    assert Event.objects.get(verb="session.published").data == {"sheets": 21}


def test_four_raters_have_four_sheets_on_one_encounter():
    exam = exams.exam(stations=1, candidates=1)
    short = factories.published(
        exam.activity.context, factories.criterion("Felt heard"), title="Patient's view"
    )
    exam.stations.update(patient_rubric=short, asks_candidate=True)
    post = exam.sessions.get().posts.get()
    exams.add_duty(post, exams.staff(exam, "Sam Second"), SheetRole.SECOND)
    exams.add_duty(post, exams.staff(exam, "Pat Patient", role=None), SheetRole.PATIENT)

    exams.published(exam)

    rows = EncounterSheet.objects.select_related("sheet__assigned_to", "sheet__rubric").order_by("pk")
    rubric = exam.stations.get().rubric
    candidate = exam.candidates.get().person
    assert {row.role: (row.sheet.assigned_to.name, row.sheet.rubric) for row in rows} == {
        "examiner": ("Examiner A1", rubric),
        "second": ("Sam Second", rubric),
        "patient": ("Pat Patient", short),
        "self": (candidate.name, rubric),
    }
    assert len({row.encounter_id for row in rows}) == 1


def test_whoever_is_only_named_becomes_a_guest_and_no_member_of_the_course():
    exam = exams.exam(stations=1, candidates=1)
    post = exam.sessions.get().posts.get()
    post.duties.all().delete()
    gina = exams.staff(exam, "Gina Guest", role=None)
    exams.add_duty(post, gina)

    exams.published(exam)

    gina.refresh_from_db()
    assert gina.person.is_guest
    assert MarkSheet.objects.get().assigned_to == gina.person
    assert not Membership.objects.filter(person=gina.person).exists()


def test_examiners_of_each_rotation_get_the_sheets_of_theirs():
    exam = exams.exam(stations=1, candidates=2)
    session = exam.sessions.get()
    session.most_rotations = 2
    session.save()
    post = session.posts.get()
    post.duties.all().delete()
    for rotation, name in ((1, "First"), (2, "Second")):
        exams.add_duty(post, exams.staff(exam, name), rotation=rotation)

    exams.published(exam)

    rows = EncounterSheet.objects.order_by("encounter__rotation").values_list(
        "encounter__rotation", "staff__name"
    )
    assert list(rows) == [(1, "First"), (2, "Second")]


def test_publishing_again_makes_nothing_twice():
    exam = exams.exam(candidates=2)
    session = exams.published(exam)

    publishing.publish(session=session, by=None)

    assert EncounterSheet.objects.count() == 6


def test_publishing_takes_as_many_queries_for_many_candidates(django_assert_max_num_queries):
    exam = exams.exam(stations=10, circuits=2, candidates=40)
    session = exam.sessions.get()
    timetable.make(session=session, by=None)

    with django_assert_max_num_queries(60):
        publishing.publish(session=session, by=None)

    assert MarkSheet.objects.count() == 400


def test_everything_that_is_in_the_way_is_named_at_once():
    exam = exams.exam(stations=2, candidates=1)
    session = exam.sessions.get()
    session.posts.first().duties.all().delete()
    timetable.make(session=session, by=None)
    Station.objects.filter(title="Station 2").update(rubric=None)

    with pytest.raises(ValidationError) as refused:
        publishing.publish(session=session, by=None)

    assert refused.value.messages == [
        "“Station 2” has no rubric.",
        "A1 (Circuit A, “Station 1”) has no examiner.",
    ]
    assert not MarkSheet.objects.exists()


def test_outdated_timetable_is_not_published():
    exam = exams.exam(stations=2, candidates=1)
    timetable.make(session=exam.sessions.get(), by=None)
    exams.add_candidates(exam, 1)

    with pytest.raises(ValidationError, match="Make it again"):
        publishing.publish(session=exam.sessions.get(), by=None)


def test_publication_is_taken_back_until_somebody_marks():
    exam = exams.exam(stations=2, candidates=2)
    session = exams.published(exam)

    publishing.take_back(session=session, by=None)
    assert not MarkSheet.objects.exists()
    session = publishing.publish(session=exam.sessions.get(), by=None)
    sheet = MarkSheet.objects.first()
    marking.comment_overall(sheet=sheet, comment="Calm", by=sheet.assigned_to)

    with pytest.raises(ValidationError, match="nothing that was marked may go"):
        publishing.take_back(session=session, by=None)
    assert MarkSheet.objects.count() == 4


def test_publication_stays_once_a_clock_runs():
    session = exams.published(exams.exam(candidates=1))
    running.order(session=session, kind=Kind.START, by=None)

    with pytest.raises(ValidationError):
        publishing.take_back(session=session, by=None)


def test_session_is_locked_once_every_sheet_is_submitted_absent_or_void():
    exam = exams.exam(stations=2, candidates=2)
    session = exams.published(exam)
    first, second = exam.candidates.all()
    one, two = exam.stations.all()
    exams.hand_in(exams.sheet_of(session, first, one))
    exams.hand_in(exams.sheet_of(session, first, two))
    Encounter.objects.filter(candidate=second, station=one).update(state=Encounter.State.ABSENT)

    with pytest.raises(ValidationError) as refused:
        publishing.lock(session=session, by=None)
    assert refused.value.messages == ["Not submitted: C-002 at “Station 2”, Examiner A2."]
    Encounter.objects.filter(candidate=second, station=two).update(state=Encounter.State.VOID)
    session = publishing.lock(session=session, by=None)

    assert session.is_locked
    assert not MarkSheet.objects.filter(is_closed=False).exists()


class TestLocked:
    @pytest.fixture
    def sheet(self):
        exam = exams.exam(stations=1, candidates=1)
        session = exams.published(exam)
        sheet = exams.hand_in(MarkSheet.objects.get())
        publishing.lock(session=session, by=None)
        sheet.refresh_from_db()
        return sheet

    def test_correction_is_refused_and_the_tap_kept_with_the_reason(self, sheet):
        criterion = sheet.rubric.criteria.first()
        told = Told(1, f"level:{criterion.pk}", criterion.levels.first().pk, sheet.revision)

        taken = taps.take(
            sheet=sheet, log="5f0c0f6e-0000-4000-8000-000000000001", told=[told], by=sheet.assigned_to
        )

        (row,) = taken.rows
        assert row.outcome == Tap.Outcome.REFUSED
        assert row.reason.startswith("This sheet is closed")

    def test_no_verb_changes_it(self, sheet):
        with pytest.raises(Conflict):
            marking.comment_overall(sheet=sheet, comment="New", by=sheet.assigned_to)
        with pytest.raises(ValidationError, match="closed"):
            marking.amend(
                sheet=sheet, by=None, reason="Slip", marks={}, overall_comment="New", revision=sheet.revision
            )

    def test_unlocked_it_takes_corrections_again(self, sheet):
        publishing.unlock(session=sheet.encounter_sheet.encounter.session, by=None)

        marking.comment_overall(sheet=sheet, comment="New", by=sheet.assigned_to)

        sheet.refresh_from_db()
        assert sheet.overall_comment == "New"


def test_new_version_of_a_rubric_goes_to_sheets_that_nobody_has_begun():
    exam = exams.exam(stations=1, candidates=3)
    session = exams.published(exam)
    station = exam.stations.get()
    begun = exams.sheet_of(session, exam.candidates.first(), station)
    marking.comment_overall(sheet=begun, comment="Calm", by=begun.assigned_to)
    draft = drafting.revise(rubric=station.rubric, by=None)
    newer = rubric_publishing.publish(rubric=draft, by=None)

    took, kept = publishing.take_rubric(station=station, rubric=newer, by=None)

    assert (took, kept) == (2, 1)
    begun.refresh_from_db()
    assert begun.rubric == station.rubric
    assert MarkSheet.objects.filter(rubric=newer).count() == 2


def test_candidates_and_examiners_see_their_part_only_once_it_is_published(client):
    exam = exams.exam(stations=2, candidates=2)
    session = exam.sessions.get()
    timetable.make(session=session, by=None)
    link = exam.activity.link
    candidate = factories.launch(exam.candidates.first().person, link)
    examiner = factories.launch(StaffMember.objects.first().person, link)

    def ask(who):
        return client.get(
            f"/exams/{exam.activity.key}/", headers={"Authorization": f"Bearer {who.token}"}
        ).text

    assert "Your time is not published yet." in ask(candidate)
    assert "Nothing is yours to mark yet." in ask(examiner)

    publishing.publish(session=session, by=None)

    assert "You begin at: Station" in ask(candidate)
    page = ask(examiner)
    assert "0 of 2 submitted." in page
    assert "C-001 Candidate 001" in page
    assert "Candidate 002" not in ask(candidate)


def test_sheet_of_an_encounter_says_who_comes_next(client):
    exam = exams.exam(stations=2, candidates=2)
    exams.published(exam)
    examiner = StaffMember.objects.get(name="Examiner A1").person
    first, second = MarkSheet.objects.filter(assigned_to=examiner).order_by(
        "encounter_sheet__encounter__round"
    )
    launch = factories.launch(examiner, exam.activity.link)
    page = client.get(first.get_absolute_url(), headers={"Authorization": f"Bearer {launch.token}"}).text

    next_one = second.encounter_sheet.encounter.candidate
    assert f"Next: {next_one.code} {next_one.person.name}" in page
    assert f'data-done-url="{second.get_absolute_url()}"' in page
    assert "Submit and next" in page
    last = client.get(second.get_absolute_url(), headers={"Authorization": f"Bearer {launch.token}"}).text
    assert "The last one" in last
    assert f'data-done-url="/exams/{exam.activity.key}/mine/?done=submitted"' in last


def test_each_rater_reads_their_own_instructions_beside_the_sheet(client):
    exam = exams.exam(stations=1, candidates=1)
    station = exam.stations.get()
    station.candidate_instructions, station.examiner_instructions = "TASK at the door", "Do not PROMPT"
    station.patient_script, station.equipment = "You FEAR cancer", "One MANIKIN"
    station.asks_candidate, station.patient_rubric = True, station.rubric
    station.save()
    mia = exams.staff(exam, "Mia Actor")
    exams.add_duty(exam.sessions.get().posts.get(), mia, SheetRole.PATIENT)
    session = exams.published(exam)

    def reads(role):
        sheet = session.encounters.get(post__isnull=False).sheets.get(role=role).sheet
        launch = factories.launch(sheet.assigned_to, exam.activity.link)
        page = client.get(sheet.get_absolute_url(), headers={"Authorization": f"Bearer {launch.token}"})
        assert page.status_code == 200
        return [word for word in ("TASK", "PROMPT", "FEAR", "MANIKIN") if word in page.text]

    assert reads(SheetRole.EXAMINER) == ["TASK", "PROMPT", "FEAR", "MANIKIN"]
    assert reads(SheetRole.PATIENT) == ["TASK", "FEAR"]
    with time_machine.travel(exams.STARTS, tick=False):
        running.order(session=session, kind=Kind.START, by=None)
    with time_machine.travel(exams.STARTS + timedelta(hours=5), tick=False):
        assert reads(SheetRole.SELF) == []


class TestSelfAssessment:
    """It shows what examiners look for."""

    @pytest.fixture
    def session(self):
        exam = exams.exam(stations=1, candidates=2, circuits=2)
        exam.stations.update(asks_candidate=True, title="Breaking bad news")
        return exams.published(exam)

    @pytest.fixture
    def sheet(self, session):
        return exams.sheet_of(
            session, session.candidates.first(), session.exam.stations.get(), role=SheetRole.SELF
        )

    def ask(self, sheet, path, **sent):
        launch = factories.launch(sheet.candidate, sheet.encounter_sheet.encounter.session.exam.activity.link)
        headers = {"Authorization": f"Bearer {launch.token}"}
        if sent:
            return Client().post(path, sent, content_type="application/json", headers=headers)
        return Client().get(path, headers=headers)

    def everything(self, sheet):
        mine = f"/exams/{sheet.encounter_sheet.encounter.session.exam.activity.key}/mine/"
        return [
            self.ask(sheet, sheet.get_absolute_url()),
            self.ask(sheet, f"/api/sheets/{sheet.key}/"),
            self.ask(sheet, mine),
            self.ask(sheet, "/activities/start/"),
        ]

    @pytest.mark.parametrize("minutes", [-600, 1, 8])
    def test_candidate_sees_nothing_of_it_before_the_session_is_over(self, session, sheet, minutes):
        if minutes > 0:
            with time_machine.travel(exams.STARTS, tick=False):
                running.order(session=session, kind=Kind.START, by=None)

        with time_machine.travel(exams.STARTS + timedelta(minutes=minutes), tick=False):
            page, api, mine, home = self.everything(sheet)
            taps = self.ask(sheet, f"/api/sheets/{sheet.key}/taps/", log=str(uuid.uuid4()), taps=[])

        assert [page.status_code, api.status_code, taps.status_code] == [403, 403, 403]
        assert [mine.status_code, home.status_code] == [200, 200]
        assert "You rate yourself here once the session is over" in page.text
        assert "Your own sheets open here once the session is over." in home.text
        for answer in (page, api, mine, home, taps):
            assert "Breaking bad news" not in answer.text
            assert "Asks openly" not in answer.text

    def test_one_circuit_that_still_runs_withholds_it_from_all(self, session, sheet):
        first, second = session.exam.circuits.all()
        with time_machine.travel(exams.STARTS, tick=False):
            running.order(session=session, kind=Kind.START, by=None, circuit=first)
        with time_machine.travel(exams.STARTS + timedelta(hours=2), tick=False):
            assert self.ask(sheet, sheet.get_absolute_url()).status_code == 403
            running.order(session=session, kind=Kind.START, by=None, circuit=second)
            assert self.ask(sheet, sheet.get_absolute_url()).status_code == 403

        with time_machine.travel(exams.STARTS + timedelta(hours=4), tick=False):
            assert self.ask(sheet, sheet.get_absolute_url()).status_code == 200

    def test_it_opens_once_every_clock_has_run_to_its_end(self, session, sheet):
        with time_machine.travel(exams.STARTS, tick=False):
            running.order(session=session, kind=Kind.START, by=None)

        with time_machine.travel(exams.STARTS + timedelta(hours=2), tick=False):
            page, api, mine, home = self.everything(sheet)

        assert [answer.status_code for answer in (page, api, mine, home)] == [200] * 4
        assert "Asks openly" in page.text
        assert "Breaking bad news" in mine.text
        assert "My own sheets" in home.text

    def test_examiners_see_theirs_all_the_time(self, session):
        sheet = exams.sheet_of(session, session.candidates.first(), session.exam.stations.get())
        launch = factories.launch(sheet.assigned_to, session.exam.activity.link)

        answer = Client().get(sheet.get_absolute_url(), headers={"Authorization": f"Bearer {launch.token}"})

        assert answer.status_code == 200


@pytest.mark.parametrize("role", [Role.TEACHING_ASSISTANT, Role.LEARNER])
def test_sheet_of_somebody_elses_station_is_refused_in_words(client, role):
    exam = exams.exam(stations=1, candidates=1)
    exams.published(exam)
    other = factories.launch(factories.member(exam.activity.context, role), exam.activity.link)

    answer = client.get(
        MarkSheet.objects.get().get_absolute_url(), headers={"Authorization": f"Bearer {other.token}"}
    )

    assert answer.status_code == 403
    assert ("ask the coordinator to reassign it" in answer.text) == (role == Role.TEACHING_ASSISTANT)
