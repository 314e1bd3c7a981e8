"""What a coordinator changes while a session runs, and that nothing that was marked is lost by it."""

import html
import re
import uuid
from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.urls import reverse

from assessments.audit.models import Event
from assessments.marking import marking, presence
from assessments.marking.models import MarkSheet
from assessments.osce import on_the_day, publishing, running, timetable
from assessments.osce.board import board
from assessments.osce.master_clock import Kind
from assessments.osce.models import Conflict, Encounter, EncounterSheet, SheetRole
from assessments.osce.rotations import verification
from lti_tool.models import Role
from tests import exams
from tests.assessments.test_exam_pages import Planner

pytestmark = pytest.mark.django_db

State = Encounter.State


@pytest.fixture
def session():
    return exams.published(exams.exam(stations=4, rests=1, circuits=2, candidates=8))


def way(candidate):
    """Where a candidate is when."""
    rows = Encounter.objects.filter(candidate=candidate).exclude(round=None)
    return sorted(rows.values_list("rotation", "round", "circuit__title", "station__title"))


def begin(sheet):
    marking.comment_overall(sheet=sheet, comment="Calm", by=sheet.assigned_to)


def first_sheet(candidate):
    row = EncounterSheet.objects.filter(encounter__candidate=candidate).order_by("encounter__round").first()
    return row.sheet


def answer(sheet, place=0):
    """The first criterion, or with None that it has no answer."""
    row = sheet.rubric.criteria.first()
    level = None if place is None else row.levels.all()[place]
    return marking.mark(sheet=sheet, criterion=row, level=level, by=sheet.assigned_to)


class TestAbsent:
    def test_absent_everywhere_leaves_what_was_marked(self, session):
        candidate = session.candidates.first()
        answer(first_sheet(candidate))

        absent = on_the_day.mark_absent(candidate=candidate, by=None)

        states = candidate.encounters.values_list("state", flat=True)
        assert (len(absent), sorted(states)) == (4, ["absent"] * 4 + ["planned"])
        assert Event.objects.filter(verb="encounter.absent").count() == 4

    def test_whoever_was_marked_was_there(self, session):
        candidate = session.candidates.first()
        sheet = first_sheet(candidate)
        answer(sheet)

        with pytest.raises(ValidationError, match="C-001 was marked there"):
            on_the_day.mark_absent(candidate=candidate, encounters=[sheet.encounter_sheet.encounter], by=None)

    def test_comment_that_nobody_came_and_a_tap_that_was_taken_back_are_no_marks(self, session):
        candidate = session.candidates.first()
        sheet = first_sheet(candidate)
        begin(sheet)
        answer(sheet)
        answer(sheet, None)

        absent = on_the_day.mark_absent(candidate=candidate, by=None)

        assert len(absent) == 5
        assert board(session).contradicted == []

    def test_marks_that_come_after_it_are_named_and_keep_the_session_open(self, session):
        candidate = session.candidates.first()
        sheet = first_sheet(candidate)
        row = sheet.encounter_sheet.encounter
        everywhere = on_the_day.mark_absent(candidate=candidate, by=None)
        assert row in everywhere
        for other in session.encounters.filter(state=State.PLANNED).exclude(post=None):
            exams.hand_in(other.sheets.get().sheet)
        assert not board(session).needs_somebody

        answer(sheet)

        told = board(session)
        assert [cell.encounter for cell in told.contradicted] == [row]
        assert told.needs_somebody
        with pytest.raises(ValidationError) as refused:
            publishing.lock(session=session, by=None)
        assert refused.value.messages == [
            f"C-001 at “{row.station}” is said to be absent, and was marked by {sheet.assigned_to.name}. "
            "Say which is right."
        ]
        answer(sheet, None)
        assert publishing.lock(session=session, by=None).is_locked

    def test_absence_is_taken_back(self, session):
        candidate = session.candidates.first()
        on_the_day.mark_absent(candidate=candidate, by=None)

        on_the_day.take_back_absence(candidate=candidate, by=None)

        assert set(candidate.encounters.values_list("state", flat=True)) == {"planned"}


class TestVoid:
    def test_station_is_void_for_one_circuit_with_its_reason_and_keeps_its_marks(self, session):
        station, circuit = session.exam.stations.first(), session.exam.circuits.first()
        sheet = session.posts.get(circuit=circuit, station=station).encounters.first().sheets.get().sheet
        begin(sheet)

        on_the_day.void(session=session, circuit=circuit, station=station, reason="Wrong manikin", by=None)

        rows = Encounter.objects.filter(station=station)
        assert set(rows.filter(circuit=circuit).values_list("state", "reason")) == {("void", "Wrong manikin")}
        assert set(rows.exclude(circuit=circuit).values_list("state", flat=True)) == {"planned"}
        sheet.refresh_from_db()
        assert sheet.overall_comment == "Calm"
        on_the_day.take_back_void(session=session, circuit=circuit, station=station, by=None)
        assert set(rows.values_list("state", flat=True)) == {"planned"}

    def test_void_needs_a_reason(self, session):
        with pytest.raises(ValidationError, match="Say why"):
            on_the_day.void(
                session=session,
                circuit=session.exam.circuits.first(),
                station=session.exam.stations.first(),
                reason=" ",
                by=None,
            )


class TestSwap:
    def test_each_goes_the_others_way_and_is_marked_by_who_is_there(self, session):
        first, *_others, second = session.candidates.all()
        before = {who: way(who) for who in (first, second)}
        assert before[first] != before[second]

        on_the_day.swap(first=first, second=second, by=None)

        assert {who: way(who) for who in (first, second)} == {first: before[second], second: before[first]}
        for row in EncounterSheet.objects.filter(encounter__candidate__in=[first, second]).select_related(
            "sheet", "staff", "encounter__post"
        ):
            duty = row.encounter.post.duties.get(role=row.role)
            assert row.staff_id == duty.staff_id
            assert row.sheet.assigned_to_id == duty.staff.person_id
        plan = timetable.read(type(session).objects.get(pk=session.pk))
        assert verification.verify(plan, plan.request) == []

    def test_whoever_was_marked_keeps_their_way(self, session):
        first, *_others, second = session.candidates.all()
        begin(first_sheet(second))
        before = way(first)

        with pytest.raises(ValidationError, match="C-008 was marked already"):
            on_the_day.swap(first=first, second=second, by=None)

        assert way(first) == before

    def test_declared_conflict_keeps_two_from_being_swapped(self, session):
        first, *_others, second = session.candidates.all()
        theirs = EncounterSheet.objects.filter(encounter__candidate=second).values_list("staff", flat=True)
        own = EncounterSheet.objects.filter(encounter__candidate=first).values_list("staff", flat=True)
        staff = session.exam.staff.filter(pk__in=theirs).exclude(pk__in=own).first()
        Conflict.objects.create(exam=session.exam, staff=staff, candidate=first)
        before = way(first)

        with pytest.raises(ValidationError, match="must not meet"):
            on_the_day.swap(first=first, second=second, by=None)

        assert way(first) == before

    def test_nobody_is_swapped_with_themselves_or_with_other_extra_time(self, session):
        first, second, *_others = session.candidates.all()
        with pytest.raises(ValidationError):
            on_the_day.swap(first=first, second=first, by=None)
        second.extra_time = 25
        second.save()
        with pytest.raises(ValidationError, match="extra time"):
            on_the_day.swap(first=first, second=second, by=None)


class TestLate:
    def test_missed_stations_go_into_free_rounds(self, session):
        candidate = session.candidates.first()
        before = way(candidate)
        missed = {row[3] for row in before if row[1] < 3 and not row[3].startswith("Rest")}

        moved = on_the_day.join_late(candidate=candidate, rotation=1, round=3, by=None)

        after = way(candidate)
        assert {row.station.title for row in moved} == missed
        assert all(row[:2] >= (1, 3) for row in after if row[3] in missed)
        assert len({row[:2] for row in after}) == len(after)
        stations = [row[3] for row in after if not row[3].startswith("Rest")]
        assert sorted(stations) == ["Station 1", "Station 2", "Station 3", "Station 4"]

    def test_full_circuit_gets_rounds_at_its_end(self):
        session = exams.published(exams.exam(stations=3, circuits=1, candidates=3))
        candidate = session.candidates.first()

        on_the_day.join_late(candidate=candidate, rotation=1, round=3, by=None)

        session.refresh_from_db()
        rounds = timetable.rounds(session)
        assert [row.number for row in rounds] == [1, 2, 3, 4, 5]
        assert rounds[3].starts == rounds[2].ends
        assert [row[1] for row in way(candidate)] == [3, 4, 5]
        running.order(session=session, kind=Kind.START, by=None)
        assert {beat.round for beat in running.clocks(session)[rounds[0].circuit].beats} == {1, 2, 3, 4, 5}

    def test_who_was_marked_absent_is_expected_again(self, session):
        candidate = session.candidates.first()
        on_the_day.mark_absent(candidate=candidate, by=None)

        moved = on_the_day.join_late(candidate=candidate, rotation=1, round=4, by=None)

        assert {row.state for row in moved} == {State.PLANNED}

    def test_who_missed_nothing_is_told_so(self, session):
        with pytest.raises(ValidationError, match="has missed nothing"):
            on_the_day.join_late(candidate=session.candidates.first(), rotation=1, round=1, by=None)


class TestReplace:
    def test_new_examiner_gets_what_nobody_began_and_the_old_one_keeps_the_rest(self, session):
        post = session.posts.first()
        old = post.duties.get().staff
        done, begun, *_untouched = (row.sheets.get().sheet for row in post.encounters.order_by("round"))
        exams.hand_in(done)
        begin(begun)

        n = on_the_day.replace(post=post, role=SheetRole.EXAMINER, name="Nora New", reason="Ill", by=None)

        new = session.exam.staff.get(name="Nora New")
        assert new.person.is_guest
        owners = dict(EncounterSheet.objects.filter(encounter__post=post).values_list("sheet", "staff"))
        assert owners.pop(done.pk) == owners.pop(begun.pk) == old.pk
        assert set(owners.values()) == {new.pk}
        assert n == len(owners)
        assert {row.assigned_to_id for row in MarkSheet.objects.filter(pk__in=owners)} == {new.person_id}

    def test_begun_sheet_goes_along_when_that_is_wanted(self, session):
        post = session.posts.first()
        begun = post.encounters.order_by("round").first().sheets.get().sheet
        begin(begun)

        on_the_day.replace(
            post=post, role=SheetRole.EXAMINER, name="Nora New", reason="Fainted", with_begun=True, by=None
        )

        begun.refresh_from_db()
        assert begun.assigned_to.name == "Nora New"
        assert begun.overall_comment == "Calm"

    def test_nobody_gets_a_candidate_they_must_not_meet(self, session):
        post = session.posts.first()
        nora = exams.staff(session.exam, "Nora New")
        candidate = post.encounters.first().candidate
        Conflict.objects.create(exam=session.exam, staff=nora, candidate=candidate)

        with pytest.raises(ValidationError, match="must not meet"):
            on_the_day.replace(post=post, role=SheetRole.EXAMINER, name="nora new", reason="Ill", by=None)

        assert not EncounterSheet.objects.filter(staff=nora).exists()


class TestWrongCandidate:
    def test_sheets_change_places_and_keep_marks_and_raters(self, session):
        post = session.posts.first()
        one, two = list(post.encounters.order_by("round"))[:2]
        filled, empty = one.sheets.get().sheet, two.sheets.get().sheet
        exams.hand_in(filled)

        on_the_day.correct_candidate(
            row=one.sheets.get(), to=two.candidate, reason="They had swapped places", by=None
        )

        assert (one.sheets.get().sheet, two.sheets.get().sheet) == (empty, filled)
        filled.refresh_from_db()
        assert (filled.candidate, filled.is_submitted) == (two.candidate.person, True)
        assert filled.marks.count() == 3
        assert Event.objects.get(verb="sheets.exchanged")
        assert filled.reassignments.get().reason == "They had swapped places"

    def test_it_needs_a_reason_and_another_candidate(self, session):
        row = session.posts.first().encounters.first().sheets.get()

        for to, reason in ((row.encounter.candidate, "Slip"), (session.candidates.last(), " ")):
            with pytest.raises(ValidationError):
                on_the_day.correct_candidate(row=row, to=to, reason=reason, by=None)


def test_nothing_is_changed_once_the_session_is_locked(session):
    for row in publishing.missing(session):
        exams.hand_in(row.sheet)
    publishing.lock(session=session, by=None)

    with pytest.raises(ValidationError, match="locked"):
        on_the_day.mark_absent(candidate=session.candidates.first(), by=None)


class TestBoard:
    def states(self, session):
        return {
            cell.encounter.key: cell.state
            for circuit in board(session, shows_all=True).circuits
            for row in circuit.rows
            for cell in row.cells
            if cell
        }

    def test_each_encounter_says_how_far_it_is(self, session):
        now = exams.STARTS
        with time_machine.travel(now, tick=False):
            running.order(session=session, kind=Kind.START, by=None)
        rows = list(session.encounters.exclude(post=None).order_by("round", "pk"))
        in_first = [row for row in rows if row.round == 1]
        exams.hand_in(in_first[0].sheets.get().sheet)
        begin(in_first[1].sheets.get().sheet)
        absent, void, later = [row for row in rows if row.round == 3][:3]
        Encounter.objects.filter(pk=absent.pk).update(state=State.ABSENT)
        Encounter.objects.filter(pk=void.pk).update(state=State.VOID)

        with time_machine.travel(now + timedelta(seconds=90), tick=False):
            found = self.states(session)
            assert found[in_first[0].key] == "submitted"
            assert found[in_first[1].key] == "begun"
            assert found[in_first[2].key] == "present"
            assert (found[absent.key], found[void.key], found[later.key]) == ("absent", "void", "expected")
        with time_machine.travel(now + timedelta(seconds=601), tick=False):
            found = self.states(session)
            assert (found[in_first[1].key], found[in_first[2].key]) == ("missing", "missing")
            told = board(session)
            assert {cell.encounter for cell in told.missing} == set(in_first[1:])
            assert told.missing[0].raters == [str(told.missing[0].encounter.sheets.get().staff)]
            assert told.submitted == 1

    def test_of_many_missing_ten_are_listed_and_all_are_counted(self, session):
        with time_machine.travel(exams.STARTS, tick=False):
            running.order(session=session, kind=Kind.START, by=None)
        with time_machine.travel(exams.STARTS + timedelta(hours=3), tick=False):
            told = board(session)

        assert (len(told.missing), told.missing_count) == (10, 32)

    def test_three_rounds_are_shown_around_the_present_one(self, session):
        with time_machine.travel(exams.STARTS, tick=False):
            assert board(session).circuits[0].columns == [(1, 1), (1, 2)]
            running.order(session=session, kind=Kind.START, by=None)
        with time_machine.travel(exams.STARTS + timedelta(seconds=1300), tick=False):
            circuit = board(session).circuits[0]

        assert (circuit.columns, circuit.now) == ([(1, 2), (1, 3), (1, 4)], (1, 3))
        assert [len(row.cells) for row in circuit.rows] == [3] * 4

    def test_pilot_is_watched_like_any_other_and_a_rest_is_not_there(self, session):
        session.exam.stations.filter(title="Station 1").update(is_pilot=True)

        assert board(session).expected == 8 * 4

    def test_queries_are_as_many_for_many_candidates(self, django_assert_num_queries):
        small = exams.published(exams.exam(stations=5, circuits=2, candidates=4))
        # More sheets than an expression of SQLite may have parts.
        large = exams.published(exams.exam(stations=20, circuits=3, candidates=54))
        assert MarkSheet.objects.filter(encounter_sheet__encounter__session=large).count() > 1000

        for session in (small, large):
            session = type(session).objects.select_related("exam__activity").get(pk=session.pk)
            with django_assert_num_queries(9):
                told = board(session)
            assert told.expected == session.encounters.count()


class TestDevices:
    def test_device_is_named_also_where_the_candidate_is_said_to_be_absent(self, session):
        sheet = first_sheet(session.candidates.first())
        presence.hear(log=uuid.uuid4(), by=sheet.assigned_to, waiting={sheet: 2})
        on_the_day.mark_absent(candidate=session.candidates.first(), by=None)

        (cell,) = board(session).unsynced

        assert cell.encounter == sheet.encounter_sheet.encounter
        assert "holds 2 marks that are not here yet" in cell.unsynced[0]

    def test_session_is_not_locked_while_a_device_is_waited_for(self, session):
        for row in session.encounters.exclude(post=None):
            exams.hand_in(row.sheets.get().sheet)
        sheet, log = first_sheet(session.candidates.first()), uuid.uuid4()
        presence.hear(log=log, by=sheet.assigned_to, waiting={sheet: 2})

        with pytest.raises(ValidationError) as refused:
            publishing.lock(session=session, by=None)
        assert refused.value.messages[0].endswith("holds 2 marks that are not here yet.")
        assert refused.value.messages[1:] == [
            "Bring it to the network, or say on the board that nobody waits for it."
        ]

        presence.settle(sheet=sheet, log=log, by=None, reason="Lost in the lake")
        assert publishing.lock(session=session, by=None).is_locked

    def test_board_names_whose_device_may_hold_marks(self, session):
        first, second = session.encounters.filter(sheets__role=SheetRole.EXAMINER).order_by("pk")[:2]
        sheet, handed_in = (exams.sheet_of(session, it.candidate, it.station) for it in (first, second))
        exams.hand_in(handed_in)
        kim = sheet.assigned_to
        with time_machine.travel("2026-11-23T10:42Z", tick=False):
            presence.hear(log=uuid.uuid4(), by=kim, waiting={}, open_on=sheet)
            presence.hear(log=uuid.uuid4(), by=kim, waiting={handed_in: 2})

        with time_machine.travel("2026-11-23T10:43Z", tick=False):
            found = board(session, shows_all=True)

        assert {cell.encounter: (cell.state, cell.unsynced) for cell in found.unsynced} == {
            first: ("expected", [f"{kim.name}'s device, not heard since 10:42, may hold marks."]),
            second: (
                "unsynced",
                [f"{kim.name}'s device, last heard at 10:42, holds 2 marks that are not here yet."],
            ),
        }
        assert found.submitted == 1
        assert found.needs_somebody

    @pytest.fixture
    def lost(self, session):
        """A sheet that waits on a device, and the device."""
        sheet = exams.sheet_of(session, session.candidates.first(), session.exam.stations.first())
        log = uuid.uuid4()
        with time_machine.travel("2026-11-23T10:42Z", tick=False):
            presence.hear(log=log, by=sheet.assigned_to, waiting={sheet: 2})
        return sheet, log

    def test_coordinator_settles_a_lost_device_from_the_board_with_a_reason(self, client, session, lost):
        sheet, log = lost
        planner = Planner(client, session.exam)
        encounter = sheet.encounter_sheet.encounter
        address = planner.url("encounter", session.key, encounter.key)
        assert f'href="{address}#devices"' in planner.get("board", session.key).text
        assert (
            "holds 2 marks that are not here yet" in planner.get("encounter", session.key, encounter.key).text
        )

        sent = {"do": "settle", "sheet": sheet.key, "device": log}
        refused = planner.post("encounter_change", session.key, encounter.key, **sent, reason=" ")
        with time_machine.travel("2026-11-23T11:05Z"):
            settled = planner.post(
                "encounter_change", session.key, encounter.key, **sent, reason="Fell into the sink"
            )

        assert (refused.status_code, "Say what became of the device" in refused.text) == (409, True)
        told = planner.follow(settled).text
        assert "Not all here yet" not in told
        assert "Waited for no more" in told
        assert "Nobody waits for it since 11:05" in told
        assert "Fell into the sink" in told
        [event] = Event.objects.filter(verb="sheet.device_settled")
        assert event.object_id == sheet.pk
        found = board(session)
        assert (found.unsynced, [cell.encounter for cell in found.settled]) == ([], [encounter])
        page = planner.get("encounter", session.key, encounter.key).text
        assert "Fell into the sink" in page
        assert 'value="settle"' not in page

    def test_settled_device_that_comes_back_is_named_again(self, session, lost):
        sheet, log = lost
        presence.settle(sheet=sheet, log=log, by=None, reason="Left in the taxi")
        assert board(session).unsynced == []

        presence.hear(log=log, by=sheet.assigned_to, waiting={sheet: 1})

        found = board(session)
        assert [cell.encounter for cell in found.unsynced] == [sheet.encounter_sheet.encounter]
        assert found.settled == []

    @pytest.mark.parametrize("role", [Role.TEACHING_ASSISTANT, Role.LEARNER, Role.DESIGNER])
    def test_nobody_else_settles_a_device(self, client, session, lost, role):
        sheet, log = lost
        visitor = Planner(client, session.exam, role)
        sent = {"do": "settle", "sheet": sheet.key, "device": log, "reason": "Lost"}

        answer = visitor.post("encounter_change", session.key, sheet.encounter_sheet.encounter.key, **sent)

        assert answer.status_code == 403
        assert [it.is_settled for it in presence.devices([sheet])[sheet.pk]] == [False]

    def test_device_of_another_encounter_is_not_settled_from_this_one(self, client, session, lost):
        sheet, log = lost
        planner = Planner(client, session.exam)
        other = session.encounters.exclude(pk=sheet.encounter_sheet.encounter_id).first()

        answer = planner.post(
            "encounter_change",
            session.key,
            other.key,
            do="settle",
            sheet=sheet.key,
            device=log,
            reason="Lost",
        )

        assert answer.status_code == 404
        assert not presence.devices([sheet])[sheet.pk][0].is_settled


class TestBoardThatStaysOpen:
    """It asks by itself, with the version of what it shows."""

    def next_question(self, page):
        [address] = re.findall(r'id="board" hx-get="([^"]+)"', page.text)
        return html.unescape(address)

    @pytest.fixture
    def ask(self, client, session):
        planner = Planner(client, session.exam)
        return lambda address: planner.client.get(address, headers=planner.headers)

    @pytest.mark.parametrize("rounds", ["", "?rounds=all"])
    def test_unchanged_board_is_answered_with_nothing(self, ask, session, rounds):
        page = ask(reverse("osce:board", args=[session.exam.activity.key, session.key]) + rounds)

        again = ask(self.next_question(page))

        assert (again.status_code, again.content) == (204, b"")

    def test_changed_board_is_sent_alone_and_goes_on_asking(self, ask, session):
        page = ask(reverse("osce:board", args=[session.exam.activity.key, session.key]))
        exams.hand_in(first_sheet(session.candidates.first()))

        changed = ask(self.next_question(page))

        assert changed.status_code == 200
        assert "1 of 32 encounters submitted." in changed.text
        assert "<html" not in changed.text
        assert "<form" in changed.text
        assert ask(self.next_question(changed)).status_code == 204

    def test_help_that_is_asked_for_is_news_and_so_is_its_answer(self, ask, session):
        page = ask(reverse("osce:board", args=[session.exam.activity.key, session.key]))
        request = running.ask_for_help(session=session, kind="come", by=None, post=session.posts.first())
        asked = ask(self.next_question(page))
        running.answer_help(request=request, by=None)

        answered = ask(self.next_question(asked))

        assert ("Needs you now" in asked.text, "Needs you now" in answered.text) == (True, False)

    def test_board_of_whoever_watches_is_another(self, client, ask, session):
        watcher = Planner(client, session.exam, Role.TEACHING_ASSISTANT)
        asked = self.next_question(ask(reverse("osce:board", args=[session.exam.activity.key, session.key])))

        seen = watcher.client.get(asked, headers=watcher.headers)

        assert seen.status_code == 200
        assert "<form" not in seen.text
