"""Planning an exam by its pages, as a teacher does it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from icalendar import Calendar

from assessments.osce import timetable
from assessments.osce.days import Days
from assessments.osce.models import Candidate, Competency, Duty, Session, SheetRole, StaffMember, Station
from lti_tool.models import Role
from tests import exams, factories

pytestmark = pytest.mark.django_db


class Planner:
    """A teacher's browser on one exam."""

    def __init__(self, client, exam, role=Role.INSTRUCTOR):
        self.client, self.exam = client, exam
        person = factories.member(exam.activity.context, role)
        self.headers = {"Authorization": f"Bearer {factories.launch(person, exam.activity.link).token}"}

    def url(self, name, *arguments):
        return reverse(f"osce:{name}", args=[self.exam.activity.key, *arguments])

    def get(self, name, *arguments, **query):
        return self.client.get(self.url(name, *arguments), query, headers=self.headers)

    def post(self, name, *arguments, **sent):
        return self.client.post(self.url(name, *arguments), sent, headers=self.headers)

    def follow(self, answer):
        assert answer.status_code == 303, answer.text
        return self.client.get(answer["Location"], headers=self.headers)


@pytest.fixture
def planner(client):
    return Planner(client, exams.exam(stations=0, candidates=0))


STATION = {"title": "Chest pain", "kind": "patient", "rounds": "1", "weight": "1"}


def test_every_page_of_a_planned_exam_opens(client):
    exam = exams.exam(stations=3, rests=1, circuits=2, candidates=5)
    planner = Planner(client, exam)
    session = exam.sessions.get()
    planner.post("timetable", session.key)

    pages = [
        planner.get("home"),
        planner.get("stations"),
        planner.get("new_station"),
        planner.get("station", exam.stations.first().key),
        planner.get("blueprint"),
        planner.get("timing"),
        planner.get("circuits"),
        planner.get("candidates"),
        planner.get("staff"),
        planner.get("new_session"),
        planner.get("session", session.key),
        planner.get("session_settings", session.key),
        planner.get("session_posts", session.key, exam.circuits.first().key),
        planner.get("timetable", session.key),
    ]

    assert [page.status_code for page in pages] == [200] * len(pages)


def test_home_says_what_is_best_done_next(planner):
    exam = planner.exam
    exam.sessions.all().delete()
    seen = []

    def look():
        step = planner.client.get(exam.activity.get_absolute_url(), headers=planner.headers).context[
            "next_step"
        ]
        seen.append(step and step.words)

    look()
    station = Station.objects.create(exam=exam, place=0, title="Chest pain")
    look()
    rubric = factories.published(exam.activity.context, factories.criterion())
    Station.objects.filter(pk=station.pk).update(rubric=rubric)
    look()
    session = exams.add_session(exam)
    look()
    exams.add_candidates(exam, 1, session=session)
    look()

    assert seen == [
        "Add the first station",
        "Look at the stations",
        "Add a session",
        "Choose the candidates",
        None,
    ]


def test_home_leads_to_the_board_while_a_session_is_published(client):
    exam = exams.exam(stations=2, candidates=2)
    session = exams.published(exam)
    exams.hand_in(session.encounters.first().sheets.get().sheet)
    visitor = Planner(client, exam, Role.INSTRUCTOR)

    page = client.get(exam.activity.get_absolute_url(), headers=visitor.headers)

    assert page.context["next_step"].sentence == "“Morning” is published: 1 of 4 sheets submitted."
    assert page.context["next_step"].url == reverse("osce:board", args=[exam.activity.key, session.key])


def test_designer_is_not_sent_to_people(client):
    visitor = Planner(client, exams.exam(stations=1, candidates=0), Role.DESIGNER)

    page = client.get(visitor.exam.activity.get_absolute_url(), headers=visitor.headers)

    assert page.context["next_step"] is None


def test_station_is_added_changed_moved_and_removed(planner):
    rubric = factories.published(planner.exam.activity.context)
    for title in ("Chest pain", "Abdomen"):
        page = planner.follow(planner.post("new_station", **{**STATION, "title": title, "rubric": rubric.pk}))
    assert page.text.index("Chest pain") < page.text.index("Abdomen")
    abdomen = Station.objects.get(title="Abdomen")

    planner.post("station_place", abdomen.key, direction="up")
    planner.post(
        "station",
        abdomen.key,
        **{**STATION, "title": "Abdominal pain", "rubric": rubric.pk, "is_pilot": "on"},
    )

    assert list(planner.exam.stations.values_list("title", "is_pilot")) == [
        ("Abdominal pain", True),
        ("Chest pain", False),
    ]
    page = planner.follow(planner.post("station_removal", abdomen.key))
    assert "Abdominal pain" not in page.text


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"title": ""}, "This field is required."),
        (
            {"kind": "rest", "is_pilot": "on"},
            "A rest lasts one round and is marked by nobody: no rubric, no pilot, no link.",
        ),
        ({"rounds": "5"}, "Ensure this value is less than or equal to 4."),
        ({"rubric": "0"}, "Select a valid choice."),
    ],
)
def test_station_that_cannot_be_is_refused_and_what_was_typed_stays(planner, sent, sentence):
    answer = planner.post("new_station", **{**STATION, "candidate_instructions": "Take a history.", **sent})

    assert answer.status_code == 400
    assert sentence in answer.text
    assert "Take a history." in answer.text
    assert not planner.exam.stations.exists()


def test_rubric_of_another_course_is_no_choice(planner):
    foreign = factories.published(factories.ContextFactory())

    answer = planner.post("new_station", **{**STATION, "rubric": foreign.pk})

    assert answer.status_code == 400


def test_instructions_are_printed_a_page_for_each_reader(planner):
    assert "No station has instructions yet." in planner.get("papers").text
    station = Station.objects.create(exam=planner.exam, place=0, title="Chest pain")
    Station.objects.filter(pk=station.pk).update(
        candidate_instructions="Take a history.", patient_script="You are worried.", equipment=" "
    )

    text = planner.get("papers").text

    assert text.count("sheet-of-paper") == 2
    assert "Take a history." in text
    assert "Chest pain" not in text  # the name of a station gives away what awaits


def test_published_rubric_is_led_to_the_stations_where_it_is_chosen(planner):
    rubric = factories.published(planner.exam.activity.context, factories.criterion())

    answer = planner.client.post("/activities/setup/", {"rubric": rubric.key}, headers=planner.headers)

    assert answer["Location"] == f"{planner.url('stations')}?rubric={rubric.key}"
    assert "Add a station with it" in planner.follow(answer).text
    form = planner.get("new_station", rubric=rubric.key).context["form"]
    assert form["rubric"].value() == rubric.pk


@pytest.mark.parametrize("whose", ["another course", "draft", "nobody"])
def test_rubric_that_is_no_choice_is_not_offered_by_its_address(planner, whose):
    course = planner.exam.activity.context if whose == "draft" else factories.ContextFactory()
    make = factories.draft if whose == "draft" else factories.published
    key = "nonsense" if whose == "nobody" else make(course, factories.criterion()).key

    page = planner.get("stations", rubric=key)

    assert page.status_code == 200
    assert page.context["rubric"] is None
    assert planner.get("new_station", rubric=key).context["form"]["rubric"].value() is None


def test_times_are_written_in_minutes(planner):
    times = {"reading": "1:30", "running": "8", "warning": "1", "change_over": "0:45", "turnover": "10"}
    times |= {"long_break_after": "150", "long_break": "20", "lunch_after": "240", "lunch": "45"}

    planner.follow(planner.post("timing", **times, extra_time_in="circuit"))

    planner.exam.refresh_from_db()
    assert (planner.exam.reading, planner.exam.running, planner.exam.change_over) == (90, 480, 45)
    assert not planner.exam.may_add_rounds
    assert 'value="1:30"' in planner.get("timing").text
    refused = planner.post("timing", **{**times, "warning": "9", "reading": "soon"}, extra_time_in="circuit")
    assert refused.status_code == 400
    assert "Write minutes, like 8" in refused.text


def test_blueprint_shows_what_nothing_measures(planner):
    context = planner.exam.activity.context
    rubric = factories.published(
        context, factories.criterion(competency="COM-1"), factories.criterion("Asks")
    )
    for title, more in (("Chest pain", {}), ("Tried out", {"is_pilot": "on"})):
        planner.post("new_station", **{**STATION, "title": title, "rubric": rubric.pk, **more})
    chest = Station.objects.get(title="Chest pain")

    page = planner.follow(
        planner.post(
            "blueprint",
            competency_code=["COM-1", "ETH-2", ""],
            competency_title=["Communication", "Ethics", ""],
            cell=[f"{chest.pk}:COM-1", f"{chest.pk}:ETH-2"],
        )
    )

    assert list(Competency.objects.values_list("code", "title")) == [
        ("COM-1", "Communication"),
        ("ETH-2", "Ethics"),
    ]
    assert {row.code for row in chest.competencies.all()} == {"COM-1", "ETH-2"}
    assert "1 competency is measured by nothing that counts:</strong> Ethics." in page.text
    assert "1 items in 1 station" in page.text  # the pilot counts for nothing
    twice = planner.post("blueprint", competency_code=["A", "A"], competency_title=["", ""])
    assert twice.status_code == 400
    assert "The code “A” is there twice." in twice.text


def test_people_are_written_where_they_work(planner):
    for title in ("Chest pain", "Abdomen"):
        planner.post("new_station", **{**STATION, "title": title})
    session = planner.exam.sessions.get()
    circuit = planner.exam.circuits.get()
    exams.staff(planner.exam, "Kim Lee")
    planner.get("session_posts", session.key, circuit.key)
    first, second = session.posts.all()
    sent = {
        f"room_{first.pk}": "101",
        f"examiner_{first.pk}": "kim lee",
        f"patient_{first.pk}": "Mia Mild / Tom Tall",
    }
    sent |= {
        f"room_{second.pk}": "102",
        f"examiner_{second.pk}": "Ana Roth",
        f"second_{second.pk}": "Sam Two",
    }

    page = planner.follow(planner.post("session_posts", session.key, circuit.key, **sent))

    assert "Added to the staff: 4." in page.text
    duties = Duty.objects.order_by("post", "role", "place").values_list("post__room", "role", "staff__name")
    assert list(duties) == [
        ("101", SheetRole.EXAMINER, "Kim Lee"),
        ("101", SheetRole.PATIENT, "Mia Mild"),
        ("101", SheetRole.PATIENT, "Tom Tall"),
        ("102", SheetRole.EXAMINER, "Ana Roth"),
        ("102", SheetRole.SECOND, "Sam Two"),
    ]
    assert "Mia Mild / Tom Tall" in planner.get("session_posts", session.key, circuit.key).text


def test_member_of_the_course_whose_name_is_typed_marks_from_the_course(client):
    exam = exams.exam(stations=1, candidates=1)
    Duty.objects.all().delete()
    evan = factories.member(exam.activity.context, Role.TEACHING_ASSISTANT, name="Evan  Examiner")
    planner, session, circuit = Planner(client, exam), exam.sessions.get(), exam.circuits.get()
    page = planner.get("session_posts", session.key, circuit.key)
    assert '<option value="Evan  Examiner">' in page.text
    [post] = session.posts.all()

    typed = {f"room_{post.pk}": "A1", f"examiner_{post.pk}": "evan examiner"}
    planner.follow(planner.post("session_posts", session.key, circuit.key, **typed))

    assert post.duties.get().staff.person == evan


def test_name_that_two_members_of_the_course_have_is_asked_about(client):
    exam = exams.exam(stations=1, candidates=1)
    for _n in range(2):
        factories.member(exam.activity.context, Role.TEACHING_ASSISTANT, name="Evan Examiner")
    planner, session, circuit = Planner(client, exam), exam.sessions.get(), exam.circuits.get()
    [post] = session.posts.all()
    before = post.duties.get().staff

    typed = {f"room_{post.pk}": "A1", f"examiner_{post.pk}": "Evan Examiner"}
    refused = planner.post("session_posts", session.key, circuit.key, **typed)

    assert refused.status_code == 400
    assert "Several members of the course are called Evan Examiner." in refused.text
    assert post.duties.get().staff == before
    assert not exam.staff.filter(name="Evan Examiner").exists()


def test_learner_of_the_same_name_is_not_taken_for_an_examiner(client):
    exam = exams.exam(stations=1, candidates=0)
    factories.member(exam.activity.context, Role.LEARNER, name="Sam Same")
    planner, session, circuit = Planner(client, exam), exam.sessions.get(), exam.circuits.get()
    [post] = session.posts.all()

    typed = {f"room_{post.pk}": "A1", f"examiner_{post.pk}": "Sam Same"}
    planner.follow(planner.post("session_posts", session.key, circuit.key, **typed))

    assert post.duties.get().staff.person is None


def test_two_names_for_four_rotations_are_refused_in_words(planner):
    planner.post("new_station", **STATION)
    session, circuit = planner.exam.sessions.get(), planner.exam.circuits.get()
    planner.get("session_posts", session.key, circuit.key)
    post = session.posts.get()

    answer = planner.post(
        "session_posts", session.key, circuit.key, **{f"room_{post.pk}": "", f"examiner_{post.pk}": "A / B"}
    )

    assert answer.status_code == 400
    assert "Write one name, or one for each of the 4 rotations" in answer.text
    assert "Give the room a name" in answer.text
    assert not StaffMember.objects.exists()


def test_another_session_takes_rooms_and_people_over(client):
    exam = exams.exam(stations=2, candidates=0)
    planner = Planner(client, exam)
    morning = exam.sessions.get()
    planner.follow(
        planner.post("new_session", title="Afternoon", starts_at="2026-11-24T14:00", most_rotations="2")
    )
    afternoon = Session.objects.get(title="Afternoon")

    planner.post("posts_copy", afternoon.key, **{"from": morning.key})

    assert list(afternoon.posts.values_list("room", "duties__staff")) == list(
        morning.posts.values_list("room", "duties__staff")
    )


def test_students_of_the_course_become_candidates_once_each_and_never_the_test_student(planner):
    context = planner.exam.activity.context
    for name in ("Ben", "Ada"):
        factories.member(context, name=name)
    factories.member(context, name="Test student", is_test_student=True)
    factories.member(context, name="Gone", is_active=False)
    assert "Take in 2 students of the course" in planner.get("candidates").text

    page = planner.follow(planner.post("candidates"))
    planner.post("candidates")

    assert list(planner.exam.candidates.values_list("number", "person__name", "session__title")) == [
        (1, "Ada", "Morning"),
        (2, "Ben", "Morning"),
    ]
    assert "C-001" in page.text


def test_candidate_gets_extra_time_and_withdraws(client):
    exam = exams.exam(candidates=2)
    planner = Planner(client, exam)
    first, second = exam.candidates.all()

    planner.follow(
        planner.post("candidate_changes", **{f"extra_{first.pk}": "25", f"session_{second.pk}": ""})
    )
    planner.post("candidate_withdrawal", second.key)

    assert list(exam.candidates.values_list("extra_time", "session__title")) == [(25, "Morning"), (0, None)]
    assert list(Candidate.objects.present()) == [first]
    planner.post("candidate_withdrawal", second.key, back="yes")
    assert Candidate.objects.present().count() == 2


def test_conflict_is_declared_and_taken_back(client):
    exam = exams.exam(candidates=1)
    planner = Planner(client, exam)
    staff, candidate = exam.staff.first(), exam.candidates.get()

    page = planner.follow(planner.post("conflicts", staff=staff.key, candidate=candidate.key, note="Sister"))
    assert "Sister" in page.text
    planner.post("conflict_removal", exam.conflicts.get().pk)

    assert not exam.conflicts.exists()


def test_timetable_that_cannot_be_made_says_why(client):
    exam = exams.exam(stations=2, candidates=0)
    planner = Planner(client, exam)

    answer = planner.post("timetable", exam.sessions.get().key)

    assert answer.status_code == 400
    assert "There is no candidate." in answer.text


def test_grid_has_a_line_for_each_round_and_a_cell_for_each_station(client):
    exam = exams.exam(stations=4, candidates=3, circuits=1)
    planner = Planner(client, exam)
    session = exam.sessions.get()

    page = planner.follow(planner.post("timetable", session.key, seed="5"))

    assert page.text.count('<tr><th scope="row" class="figure">') == 4
    assert page.text.count(">C-00") == 12
    assert "9:00" in page.text


def test_grid_takes_the_same_number_of_queries_for_many(client):
    counts = []
    for candidates in (2, 20):
        exam = exams.exam(stations=5, circuits=2, candidates=candidates)
        planner = Planner(client, exam)
        session = exam.sessions.get()
        planner.post("timetable", session.key)
        with CaptureQueriesContext(connection) as asked:
            planner.get("timetable", session.key)
        counts.append(len(asked))

    assert counts[0] == counts[1]


def test_designer_plans_and_meets_no_people(client):
    exam = exams.exam(candidates=3)
    planner = Planner(client, exam, Role.DESIGNER)

    home = planner.get("home")

    assert "Stations" in home.text
    assert "Candidate" not in home.text
    assert planner.get("candidates").status_code == 403
    assert planner.get("session", exam.sessions.get().key).status_code == 403


class TestReadings:
    @pytest.fixture
    def planned(self, client):
        exam = exams.exam(stations=3, rests=1, circuits=1, candidates=4)
        session = exam.sessions.get()
        timetable.make(session=session, by=None, seed=3)
        session.refresh_from_db()
        return Planner(client, exam), session

    def test_candidate_reads_numbers_and_rooms_and_never_what_awaits(self, planned):
        planner, session = planned
        Station.objects.filter(exam=planner.exam, place=0).update(title="Chest pain")
        candidate = planner.exam.candidates.first()

        stops = Days(session).of_candidate(candidate)

        assert sorted((stop.what, stop.room) for stop in stops) == [
            ("Rest", ""),
            ("Station 1", "A1"),
            ("Station 2", "A2"),
            ("Station 3", "A3"),
        ]
        assert [stop.starts_at for stop in stops] == [session.at(600 * n) for n in range(4)]
        assert "Chest pain" not in planner.get("tickets", session.key).text

    def test_examiner_reads_every_round_of_their_post(self, planned):
        planner, session = planned
        post = session.posts.first()

        stops = Days(session).of_staff(post.duties.get().staff)

        assert len(stops) == 4
        assert {stop.candidate.code for stop in stops} == {"C-001", "C-002", "C-003", "C-004"}
        assert {stop.room for stop in stops} == {"A1"}

    def test_simulated_patient_reads_only_the_rounds_they_play(self, client):
        exam = exams.exam(stations=2, candidates=2)
        post = exam.sessions.get().posts.first()
        mia, tom = (exams.staff(exam, name) for name in ("Mia", "Tom"))
        StaffMember.objects.filter(pk__in=[mia.pk, tom.pk]).update(most_rounds=1)
        exams.add_duty(post, mia, SheetRole.PATIENT)
        exams.add_duty(post, tom, SheetRole.PATIENT)
        timetable.make(session=post.session, by=None)
        days = Days(Session.objects.get())

        assert [len(days.of_staff(who)) for who in (mia, tom)] == [1, 1]
        assert len(days.of_staff(post.duties.get(role=SheetRole.EXAMINER).staff)) == 2

    def test_calendar_file_has_one_event_and_nobody_else(self, planned):
        planner, session = planned
        candidate = planner.exam.candidates.first()

        answer = planner.get("candidate_calendar", session.key, candidate.key)

        (event,) = Calendar.from_ical(answer.content).walk("VEVENT")
        assert answer["Content-Type"] == "text/calendar; charset=utf-8"
        assert event["SUMMARY"] == "Finals: Morning"
        assert (event.decoded("DTSTART"), event.decoded("DTEND")) == (session.at(0), session.at(2400))
        assert "Examiner" not in answer.text
        assert "Candidate" not in answer.text

    def test_bells_and_rooms_are_there_to_print(self, planned):
        planner, session = planned

        assert planner.get("bells", session.key).text.count("Reading time complete") == 4
        assert planner.get("rooms", session.key).text.count("C-001") == 3
        assert planner.get("staff_days", session.key).text.count("Examiner A1") == 2

    def test_room_sheet_says_where_nobody_comes_and_names_its_station_once(self, client):
        exam = exams.exam(stations=3, candidates=2)
        Station.objects.filter(exam=exam, place=0).update(title="Chest pain")
        timetable.make(session=exam.sessions.get(), by=None)

        text = Planner(client, exam).get("rooms", exam.sessions.get().key).text

        assert (text.count("Chest pain"), text.count("Nobody comes")) == (1, 3)

    def test_bell_plan_names_circuits_only_where_not_all_ring(self, client):
        exam = exams.exam(stations=2, circuits=2, candidates=4)
        session = exam.sessions.get()
        timetable.make(session=session, by=None)
        session.refresh_from_db()

        assert {ring.circuits is None for ring in Days(session).bells()} == {True}
        assert "<td>all</td>" in Planner(client, exam).get("bells", session.key).text

    def test_readings_of_a_session_without_timetable_are_not_there(self, client):
        exam = exams.exam()
        planner = Planner(client, exam)

        assert {
            planner.get(name, exam.sessions.get().key).status_code for name in ("rooms", "bells", "tickets")
        } == {404}
