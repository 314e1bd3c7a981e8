"""Signed results on their way to candidates and gradebook: at once, at a time, taken back, corrected."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from assessments.audit.models import Event
from assessments.marking import marking
from assessments.osce import publishing
from assessments.osce.models import SheetRole
from assessments.results import moderating, releasing
from assessments.results.models import Result
from lti_tool import worker
from lti_tool.models import LineItem, Role, Score
from tests import exams, factories
from tests.assessments.moderating import PATTERN, Moderator, add_second, fill, hand_in, locked_exam
from tests.assessments.test_decisions import amend, person, signed

pytestmark = pytest.mark.django_db


def teachers(exam):
    return [
        factories.member(exam.activity.context, Role.INSTRUCTOR, name=f"{name} Teacher")
        for name in ("First", "Second")
    ]


@pytest.fixture
def exam():
    exam = locked_exam()
    signed(exam, *teachers(exam))
    return exam


def release(exam, **more):
    return releasing.release(activity=exam.activity, by=None, **more)


def scores():
    return {row.person.name: row.given for row in Score.objects.select_related("person")}


class Candidate(Moderator):
    """A candidate's browser."""

    def __init__(self, client, exam, number):
        self.client, self.exam = client, exam
        token = factories.launch(person(exam, number), exam.activity.link, Role.LEARNER).token
        self.headers = {"Authorization": f"Bearer {token}"}


def test_everybody_gets_one_grade_in_per_cent(exam):
    release(exam)

    assert scores() == {
        f"Candidate 00{n}": Decimal(given)
        for n, given in enumerate(("12.5", "25", "50", "75", "100"), start=1)
    }
    column = LineItem.objects.get()
    assert (column.tag, column.score_maximum) == ("result", 100)
    comments = set(Score.objects.values_list("comment", flat=True))
    assert comments == {
        "Passed. The feedback is in the activity.",
        "Not passed. The feedback is in the activity.",
    }


def test_whoever_is_not_decided_gets_no_grade():
    session = exams.published(exams.exam(stations=2, candidates=5))
    fill(session, [[None, None], *PATTERN[1:]])
    session.encounters.filter(candidate__number=1).update(state="absent")
    publishing.lock(session=session, by=None)
    exam = session.exam
    signed(exam, *teachers(exam))

    release(exam)

    assert "Candidate 001" not in scores()
    assert len(scores()) == 4
    assert Result.objects.get(candidate=person(exam, 1)).is_released


def test_only_what_is_signed_is_released(client, exam):
    browser = Moderator(client, exam)
    moderating.take_back(activity=exam.activity, reason="Look again", by=None)

    page = browser.get("exam_release")
    answer = browser.post("exam_release", seen="whatever")

    assert "The decision is not signed" in page.text
    assert answer.status_code == 409
    assert not Result.objects.released().exists()


def test_page_releases_exactly_what_was_shown(client, exam):
    browser = Moderator(client, exam)
    page = browser.get("exam_release")
    assert "5 candidates see their decision" in page.text

    stale = browser.post("exam_release", seen="something else")
    done = browser.post("exam_release", seen=page.context["seen"])

    assert (stale.status_code, done.status_code) == (409, 303)
    assert "Released. Candidates see their results now" in browser.follow(done).text
    assert Result.objects.released().count() == 5


def test_released_at_a_time_and_not_before(client, exam):
    browser = Moderator(client, exam)
    seen = browser.get("exam_release").context["seen"]
    tomorrow = timezone.localtime() + timedelta(days=1)

    past = browser.post("exam_release", seen=seen, at="2020-01-01T10:00")
    done = browser.post("exam_release", seen=seen, at=tomorrow.strftime("%Y-%m-%dT%H:%M"))

    assert (past.status_code, done.status_code) == (409, 303)
    assert "That time is over" in past.text
    assert "To be released on" in browser.get("exam").text
    assert "not released yet" in Candidate(client, exam, 5).get("exam_feedback").text
    assert worker._do_chores(None) is False
    assert not Score.objects.exists()
    Result.objects.update(released_at=timezone.now() - timedelta(seconds=1))  # the time has come
    assert worker._do_chores(None) is True
    assert len(scores()) == 5
    assert worker._do_chores(None) is False
    assert "You passed 2 stations." in Candidate(client, exam, 5).get("exam_feedback").text


def test_many_grades_go_in_small_steps_and_another_worker_goes_on(client, exam):
    Result.objects.update(released_at=timezone.now())

    assert releasing.hand_over(exam.activity, most=2) == 2
    assert len(scores()) == 2
    assert "3 grades are still to be queued" in Moderator(client, exam).get("exam").text
    assert releasing.hand_over(exam.activity, most=2) == 2
    assert releasing.go_on() is True
    assert len(scores()) == 5
    assert releasing.go_on() is False
    assert Result.objects.to_hand_over().count() == 0


def test_taken_back_with_a_reason_and_out_of_the_gradebook(client, exam):
    release(exam)
    browser = Moderator(client, exam)

    silent = browser.post("exam_back", reason=" ")
    done = browser.post("exam_back", reason="Station 2 was wrong")

    assert (silent.status_code, done.status_code) == (409, 303)
    assert set(scores().values()) == {None}
    assert "not released yet" in Candidate(client, exam, 5).get("exam_feedback").text
    assert Event.objects.get(verb="results.taken_back").data["reason"] == "Station 2 was wrong"
    assert browser.post("exam_back", reason="Again").status_code == 409
    release(exam)
    assert None not in scores().values()


def test_taking_back_what_is_only_planned_sends_nothing(exam):
    release(exam, at=timezone.now() + timedelta(days=1))

    assert releasing.take_back(activity=exam.activity, reason="Too early", by=None) == 5
    assert not Score.objects.exists()
    assert Result.objects.unreleased().count() == 5


def test_correction_after_the_release_follows_into_the_gradebook(exam):
    release(exam)
    before = {row.person.name: row.revision for row in Score.objects.all()}
    moderating.take_back(activity=exam.activity, reason="Sheet was mixed up", by=None)
    session = exam.sessions.get()
    publishing.unlock(session=session, by=None)
    amend(exams.sheet_of(session, exam.candidates.get(number=1), exam.stations.first()), 1)
    publishing.lock(session=session, by=None)
    assert scores()["Candidate 001"] == Decimal("12.5")  # nothing moves before it is signed

    signed(exam, *teachers(exam))

    assert scores()["Candidate 001"] == Decimal("25")
    changed = {
        name for name, revision in before.items() if Score.objects.get(person__name=name).revision > revision
    }
    assert changed == {"Candidate 001"}
    assert Result.objects.get(candidate=person(exam, 1)).is_released


def test_correction_to_undecided_takes_the_grade_out(exam):
    release(exam)
    moderating.take_back(activity=exam.activity, reason="They were not there", by=None)
    session = exam.sessions.get()
    session.encounters.filter(candidate__number=5, station__place=0).update(state="void", reason="Wrong room")

    signed(exam, *teachers(exam))

    assert scores()["Candidate 005"] is None
    assert scores()["Candidate 004"] == 75


def test_gradebook_leads_candidates_to_their_own_and_teachers_to_the_decision(client, exam):
    release(exam)
    own, other = person(exam, 5), person(exam, 4)

    assert "Your result" in Candidate(client, exam, 5).get("exam_candidate", own.key).text
    assert Candidate(client, exam, 5).get("exam_candidate", other.key).status_code == 403
    assert "How it comes to this" in Moderator(client, exam).get("exam_candidate", other.key).text
    assert (
        Moderator(client, exam, Role.TEACHING_ASSISTANT).get("exam_candidate", other.key).status_code == 403
    )


class TestStationColumns:
    def test_each_station_that_counts_has_one_where_that_is_wanted(self, client, exam):
        browser = Moderator(client, exam)
        seen = browser.get("exam_release").context["seen"]

        assert browser.post("exam_release", seen=seen, with_parts="on").status_code == 303

        told = {
            (row.line_item.label, row.person.name): row.given
            for row in Score.objects.select_related("line_item", "person")
        }
        assert len(told) == 15
        assert told["Finals: Station 1", "Candidate 003"] == 50
        assert told["Finals: Station 2", "Candidate 001"] == 25
        assert told["Finals", "Candidate 003"] == 50
        assert set(Score.objects.exclude(line_item__tag="result").values_list("comment", flat=True)) == {""}

    def test_small_steps_count_every_column(self, exam):
        release(exam, at=timezone.now() + timedelta(days=1), with_parts=True)
        Result.objects.update(released_at=timezone.now())

        assert releasing.hand_over(exam.activity, most=6) == 2
        assert Score.objects.count() == 6

    def test_taken_back_together(self, exam):
        release(exam, with_parts=True)

        releasing.take_back(activity=exam.activity, reason="Wrong", by=None)

        assert set(Score.objects.values_list("given", flat=True)) == {None}

    def test_station_left_out_later_is_taken_out(self, exam):
        release(exam, with_parts=True)
        moderating.take_back(activity=exam.activity, reason="Broken", by=None)
        where = [(exam.stations.first().key, person(exam, 5))]
        moderating.excuse(activity=exam.activity, places=where, reason="Power cut", by=None)

        signed(exam, *teachers(exam))

        given = {
            row.line_item.label: row.given
            for row in Score.objects.filter(person=person(exam, 5)).select_related("line_item")
        }
        assert given == {"Finals": 100, "Finals: Station 1": None, "Finals: Station 2": 100}

    def test_what_was_typed_there_is_decided_one_by_one(self, client, exam):
        release(exam, with_parts=True)
        score = Score.objects.get(person=person(exam, 5), line_item__label="Finals: Station 1")
        Score.objects.filter(pk=score.pk).update(state=Score.State.CONFLICT, lms_shows="7")
        browser = Moderator(client, exam)
        page = browser.get("exam").text
        assert "Station columns" in page

        sent = {"decision": "keep_theirs", "seen": "7"}
        nowhere = browser.post("delivery", person(exam, 5).key, **sent, tag="station-x")
        kept = browser.post("delivery", person(exam, 5).key, **sent, tag=score.line_item.tag)

        assert (nowhere.status_code, kept.status_code) == (404, 303)
        score.refresh_from_db()
        assert score.state == Score.State.KEPT

    def test_none_where_nobody_asked(self, exam):
        release(exam)

        assert Score.objects.count() == 5


class TestFeedback:
    def test_own_marks_cuts_and_words_without_anybodys_name(self, client):
        session = exams.published(exams.exam(stations=2, candidates=5))
        sheet = exams.sheet_of(session, session.exam.candidates.get(number=3), session.exam.stations.first())
        marking.comment_overall(sheet=sheet, comment="Clear opening, summarise more.", by=sheet.assigned_to)
        marking.raise_concern(sheet=sheet, concern="Smelled of smoke.", by=sheet.assigned_to)
        played = add_second(session, 3, role=SheetRole.PATIENT, name="Pat Player")
        marking.comment_overall(sheet=played, comment="I felt heard.", by=played.assigned_to)
        fill(session, PATTERN)
        hand_in(played, 2, 2, grade=3)
        publishing.lock(session=session, by=None)
        exam = session.exam
        sheet.refresh_from_db()
        moderating.note_concern(
            activity=exam.activity, sheet=sheet, concern="Smelled of smoke.", note="Nothing", by=None
        )
        signed(exam, *teachers(exam))
        release(exam)

        page = Candidate(client, exam, 3).get("exam_feedback").text

        for words in (
            "Clear opening, summarise more.",
            "From the simulated patient",
            "I felt heard.",
            "50.0 %",
        ):
            assert words in page
        for secret in ("Examiner A1", "Pat Player", "smoke", "Candidate 004", "Half of all candidates"):
            assert secret not in page

    def test_words_of_two_examiners_are_told_apart_without_their_names(self, client):
        session = exams.published(exams.exam(stations=2, candidates=5))
        second = add_second(session, 3, name="Dr Other")
        marking.comment_overall(sheet=second, comment="Hurried the end.", by=second.assigned_to)
        fill(session, PATTERN)
        hand_in(second, 1, 1, grade=1)
        publishing.lock(session=session, by=None)
        signed(session.exam, *teachers(session.exam))
        release(session.exam)

        page = Candidate(client, session.exam, 3).get("exam_feedback").text

        place = [
            page.index(words) for words in ("From the first examiner", "From the second examiner", "Hurried")
        ]
        assert place == sorted(place)
        assert page.count("From the first examiner") == 1
        assert "<h3>Overall comment</h3>" in page
        assert "Dr Other" not in page

    def test_cohort_is_shown_where_it_is_large_enough(self, client):
        pattern = [PATTERN[place % 5] for place in range(10)]
        session = exams.published(exams.exam(stations=3, candidates=10, circuits=1))
        fill(session, [[*row, row[0]] for row in pattern])
        publishing.lock(session=session, by=None)
        signed(session.exam, *teachers(session.exam))
        release(session.exam)

        page = Candidate(client, session.exam, 3).get("exam_feedback").text

        assert (
            "Half of all candidates have between 25.0 and 75.0 %; the one in the middle has 50.0 %."
            in " ".join(page.split())
        )

    def test_domains_add_up_over_stations(self, client, exam):
        exam.stations.first().rubric.criteria.filter(position=0).update(domain="Communication")
        release(exam)

        answer = Candidate(client, exam, 4).get("exam_feedback")

        [domain] = answer.context["report"].domains
        assert (domain.name, domain.criteria, domain.share) == ("Communication", 2, 75.0)

    def test_link_is_on_the_candidates_home_once_released(self, client, exam):
        candidate = Candidate(client, exam, 5)
        home = f"/exams/{exam.activity.key}/"
        assert "Read your result" not in client.get(home, headers=candidate.headers).text

        release(exam)

        assert "Read your result" in client.get(home, headers=candidate.headers).text


def test_release_needs_a_result_to_release(exam):
    release(exam)

    with pytest.raises(ValidationError, match="Nothing to release"):
        release(exam)
