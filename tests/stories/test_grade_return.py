"""A grade goes home: rubric, mark sheet, release, gradebook, and back to the student; by the pages that people use."""

import json
import uuid
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from assessments.activities.models import Activity
from assessments.audit.models import Event
from assessments.marking.models import MarkSheet
from assessments.rubrics.models import Rubric
from lti_tool import worker
from lti_tool.models import Score
from tests.certification.launching import launch
from tests.schools import enrol

pytestmark = pytest.mark.django_db


class Person:
    """Somebody with the activity open: every request carries the token of their launch."""

    def __init__(self, school, handle):
        self.client = Client()
        self.launch = launch(self.client, school, handle).context["launch"]
        self.headers = {"Authorization": f"Bearer {self.launch.token}"}

    def get(self, path):
        return self.client.get(path, headers=self.headers)

    def post(self, path, data=None):
        """Posts, and follows to the page that answers."""
        answer = self.client.post(path, data or {}, headers=self.headers)
        return self.get(answer["Location"]) if answer.status_code == 303 else answer

    def taps(self, sheet, taps):
        """What a device would tell of these (field, value) pairs."""
        told = [
            {"sequence": number, "field": field, "value": value, "seen": 0}
            for number, (field, value) in enumerate(taps, start=1)
        ]
        body = json.dumps({"log": str(uuid.uuid4()), "taps": told})
        path = f"/api/sheets/{sheet.key}/taps/"
        answer = self.client.post(path, body, content_type="application/json", headers=self.headers)
        assert [tap["outcome"] for tap in answer.json()["taken"]] == ["applied"] * len(told)


@pytest.fixture(params=["plain", "moodle", "canvas"])
def school(request, sandbox, tool_key):
    return enrol(sandbox, request.param)


def later(**delta):
    return time_machine.travel(timezone.now() + timedelta(**delta))


def set_up(school):
    teacher = Person(school, "teacher")
    teacher.post("/rubrics/", {"template": "history"})
    rubric = Rubric.objects.get()
    teacher.post(f"/rubrics/{rubric.key}/publication/")
    teacher.post("/activities/setup/", {"rubric": str(rubric.key)})
    worker.work_once()  # the roster
    return teacher, Activity.objects.get()


def mark(school, activity, comment, levels=-1):
    """The examiner marks the student, taps and all, and submits."""
    examiner = Person(school, "ta")
    candidate = Person(school, "student").launch.person
    examiner.post(f"/activities/{activity.key}/candidates/{candidate.key}/sheet/")
    sheet = MarkSheet.objects.get()
    taps = []
    for criterion in sheet.rubric.criteria.all():
        level = list(criterion.levels.all())[levels]
        taps += [
            (f"level:{criterion.pk}", level.pk),
            (f"comment:{criterion.pk}", f"On {criterion.position}."),
        ]
    examiner.taps(sheet, [*taps, ("overall", comment), ("submit", None)])
    return examiner, sheet


def release(teacher, activity):
    seen = teacher.get(f"/activities/{activity.key}/release/").context["seen"]
    return teacher.post(f"/activities/{activity.key}/release/", {"seen": seen})


def test_from_rubric_to_gradebook_and_back_to_the_student(school):
    teacher, activity = set_up(school)
    mark(school, activity, "A clear opening.")
    assert "not released yet" in Person(school, "student").get(f"/activities/{activity.key}/").text

    assert "Waiting to be sent" in release(teacher, activity).text
    assert school.cell("student")["score"] is None  # nothing leaves before the worker sends it
    worker.work_once()

    cell = school.cell("student")
    assert (cell["score"], cell["comments"]) == (100, ["A clear opening."])
    assert "Delivered." in teacher.get(f"/activities/{activity.key}/").text
    student = Person(school, "student")
    feedback = student.get(f"/activities/{activity.key}/").text
    assert "A clear opening." in feedback
    assert "On 1." in feedback
    for hidden in (school.person("ta").name, school.person("student2").name):
        assert hidden not in feedback


def test_amended_sheet_corrects_gradebook_and_feedback(school):
    teacher, activity = set_up(school)
    examiner, sheet = mark(school, activity, "A clear opening.")
    release(teacher, activity)
    worker.work_once()
    sheet.refresh_from_db()
    answers = {f"level_{c.pk}": c.levels.first().pk for c in sheet.rubric.criteria.all()}

    refused = examiner.post(
        f"/sheets/{sheet.key}/amendment/",
        {**answers, "revision": sheet.revision, "overall_comment": "Again."},
    )
    assert refused.status_code == 400  # no reason given
    examiner.post(
        f"/sheets/{sheet.key}/amendment/",
        {**answers, "revision": sheet.revision, "overall_comment": "Again.", "reason": "Wrong candidate."},
    )
    with later(seconds=2):
        worker.work_once()

    assert school.cell("student")["score"] == 0
    assert school.cell("student")["comments"][-1] == "Again."
    assert "Again." in Person(school, "student").get(f"/activities/{activity.key}/").text
    assert Event.objects.filter(verb="sheet.amended").count() == 1


def test_grade_that_a_teacher_typed_is_left_alone_and_shown(school):
    teacher, activity = set_up(school)
    mark(school, activity, "A clear opening.")
    school.teacher_types("student", 55)

    release(teacher, activity)
    worker.work_once()

    assert school.cell("student")["score"] == 55
    assert "We left it as it is" in teacher.get(f"/activities/{activity.key}/").text


def test_grade_that_was_not_taken_says_why_and_is_sent_again_on_request(school):
    teacher, activity = set_up(school)
    mark(school, activity, "A clear opening.")
    school.fault("scores", status=500, body="[]", content_type="application/json")
    release(teacher, activity)
    worker.work_once()
    page = teacher.get(f"/activities/{activity.key}/").text
    assert "Nothing is lost" in page
    assert "Send again" in page

    teacher.post(f"/activities/{activity.key}/deliveries/")
    with later(seconds=2):
        worker.work_once()

    assert school.cell("student")["score"] == 100
    assert Event.objects.filter(verb="results.sent_again").count() == 1


def test_release_and_its_scores_are_one_transaction(school, monkeypatch):
    teacher, activity = set_up(school)
    mark(school, activity, "A clear opening.")
    monkeypatch.setattr("assessments.results.releasing.publish_score", lambda *args, **kwargs: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        release(teacher, activity)

    assert not Score.objects.exists()
    assert "not released yet" in Person(school, "student").get(f"/activities/{activity.key}/").text


@pytest.mark.parametrize("school", ["plain", "canvas"], indirect=True)
def test_cell_cleared_in_the_lms_is_filled_for_the_one_who_is_named(school):
    teacher, activity = set_up(school)
    _, sheet = mark(school, activity, "A clear opening.")
    release(teacher, activity)
    worker.work_once()
    school.teacher_clears("student")
    Score.objects.update(revision=2, state="waiting", given=1)  # as an amendment would
    with later(seconds=2):
        worker.work_once()
    path = f"/activities/{activity.key}/deliveries/"
    assert f"send-{sheet.candidate.key}" in teacher.get(f"/activities/{activity.key}/").text

    teacher.post(path)
    with later(seconds=4):
        worker.work_once()
    assert school.cell("student")["score"] is None

    teacher.post(f"{path}{sheet.candidate.key}/", {"decision": "send_anyway", "seen": ""})
    with later(seconds=6):
        worker.work_once()
    assert school.cell("student")["score"] is not None


def test_teacher_decides_about_a_grade_that_differs_in_the_gradebook(school):
    teacher, activity = set_up(school)
    _, sheet = mark(school, activity, "A clear opening.")
    school.teacher_types("student", 55)
    release(teacher, activity)
    worker.work_once()
    path = f"/activities/{activity.key}/deliveries/{sheet.candidate.key}/"

    old = teacher.client.post(path, {"decision": "keep_theirs", "seen": "54 / 100"}, headers=teacher.headers)
    assert old.status_code == 409
    assert "has changed since you looked" in old.text

    page = teacher.post(path, {"decision": "keep_theirs", "seen": "55 / 100"}).text
    assert "keeps its own grade" in page
    assert f"keep-{sheet.candidate.key}" not in page
    with later(seconds=2):
        worker.work_once()
    assert school.cell("student")["score"] == 55

    teacher.post(path, {"decision": "send_anyway", "seen": "55 / 100"})
    if school.profile == "moodle":
        school.do("override", person="student", on=False)
    with later(seconds=4):
        worker.work_once()
    assert school.cell("student")["score"] == 100
    decided = Event.objects.filter(verb__in=("results.kept_theirs", "results.sent_anyway")).order_by("pk")
    assert [(event.verb, event.data["candidate"]) for event in decided] == [
        ("results.kept_theirs", sheet.candidate_id),
        ("results.sent_anyway", sheet.candidate_id),
    ]
