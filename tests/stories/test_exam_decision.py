"""An exam's results from the locked session to the gradebook and back: a dropped station, a discrepancy, a correction."""

import pytest

from assessments.osce import publishing
from lti_tool import worker
from tests import exams
from tests.assessments.moderating import PATTERN, add_second, fill, hand_in
from tests.schools import enrol
from tests.stories.test_grade_return import Person, later

pytestmark = pytest.mark.django_db
STUDENTS = 5


@pytest.fixture(params=["moodle", "canvas"])
def school(request, sandbox, tool_key):
    return enrol(sandbox, request.param)


@pytest.fixture
def students(school):
    """In the order of their numbers."""
    return [Person(school, school.add_student()) for _n in range(STUDENTS)]


@pytest.fixture
def exam(school, students):
    """Marked and locked: three stations, the third of which went wrong; two examiners far apart on one candidate."""
    link = students[0].launch.resource_link
    made = exams.exam(link, stations=3, candidates=0)
    for number, student in enumerate(students, start=1):
        made.candidates.create(person=student.launch.person, number=number, session=made.sessions.get())
    session = exams.published(made)
    second = add_second(session, 3)
    fill(session, [[*row, (0, 0, 2)] for row in PATTERN])
    hand_in(second, 2, 2, grade=3)
    publishing.lock(session=session, by=None)
    return made


def test_from_the_locked_session_to_the_gradebook_and_a_correction(school, exam, students):
    teacher, colleague = Person(school, "teacher"), Person(school, second_teacher(school))
    home = f"/activities/{exam.activity.key}"
    first, _second, wrong = exam.stations.order_by("place")
    third = students[2].launch.person

    # What is in the way is named, and put out of it.
    page = teacher.get(f"{home}/decision/").text
    assert "1 encounter was marked too differently by two examiners." in page
    assert "1 station has no cut." in page
    dropped = {"method": "regression", "adjustment": "0", "is_dropped": "on", "reason": "The manikin broke"}
    assert "Decided." in teacher.post(f"{home}/decision/parts/{wrong.key}/", dropped).text
    agreed = {"part": first.key, "candidate": third.key, "mark": "60", "reason": "Both saw the film"}
    assert "decided: 60.0 %" in teacher.post(f"{home}/decision/discrepancies/", agreed).text

    # One proposes, another signs; nobody sees anything yet.
    assert "somebody else signs" in teacher.post(f"{home}/decision/sign-off/", {"step": "propose"}).text
    sign(colleague, home)
    assert "not released yet" in students[2].get(f"{home}/exam/feedback/").text
    worker.work_once()
    assert cells(school, students) == [None] * STUDENTS

    # Released, and in the gradebook: the two stations that count, in per cent.
    seen = colleague.get(f"{home}/exam/release/").context["seen"]
    assert "Candidates see their results now" in colleague.post(f"{home}/exam/release/", {"seen": seen}).text
    worker.work_once()
    assert cells(school, students) == [12.5, 25, 55, 75, 100]
    feedback = students[2].get(f"{home}/exam/feedback/").text
    for words in (
        "Your total is 55.0 %.",
        "The manikin broke",
        "50.0 / 100.0; decided on 60.0: Both saw the film",
    ):
        assert words in feedback
    for name in ("Examiner A1", "Second", students[3].launch.person.name):
        assert name not in feedback

    # A correction: nothing moves until it is signed, then only what changed.
    session = exam.sessions.get()
    unlock = f"/exams/{exam.activity.key}/sessions/{session.key}/lock/"
    refused = teacher.client.post(unlock, {"open": "yes"}, headers=teacher.headers)
    assert "The decision is signed. Take it back first" in refused.text
    teacher.post(f"{home}/decision/sign-off/", {"step": "take_back", "reason": "A sheet was mixed up"})
    assert "Unlocked." in teacher.post(unlock, {"open": "yes"}).text
    amend(teacher, exams.sheet_of(session, exam.candidates.get(number=1), first))
    assert "Locked." in teacher.post(unlock).text
    worker.work_once()
    assert cells(school, students)[0] == 12.5
    teacher.post(f"{home}/decision/sign-off/", {"step": "propose"})
    sign(colleague, home)
    with later(seconds=2):  # Canvas takes a second grade for somebody in another second only
        worker.work_once()
    assert cells(school, students) == [25, 25, 55, 75, 100]
    assert "Your total is 25.0 %." in students[0].get(f"{home}/exam/feedback/").text
    history = teacher.get(f"{home}/decision/").text
    assert "A sheet was mixed up" in history
    assert "Proposal 2" in history


def second_teacher(school):
    [person] = school.add_people({"handle": "carla", "name": "Carla Colleague", "role": "teacher"})
    return person.handle


def sign(colleague, home):
    seen = colleague.get(f"{home}/decision/").context["proposal"].fingerprint
    page = colleague.post(f"{home}/decision/sign-off/", {"step": "sign", "seen": seen}).text
    assert "Signed. The results are ready to be released." in page


def amend(teacher, sheet):
    """By the page that changes a submitted sheet."""
    criterion = sheet.rubric.criteria.first()
    answers = {f"level_{row.criterion_id}": row.level_id for row in sheet.marks.all()}
    answers[f"level_{criterion.pk}"] = list(criterion.levels.all())[1].pk
    sent = {**answers, "reason": "Mixed up with another sheet", "revision": sheet.revision}
    page = teacher.post(f"/sheets/{sheet.key}/amendment/", sent)
    assert page.status_code == 200, page.text


def cells(school, students):
    return [school.cell(student.launch.person.sub)["score"] for student in students]
