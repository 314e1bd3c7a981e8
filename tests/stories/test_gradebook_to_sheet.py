"""From the LMS's gradebook to one candidate's page, by Moodle's links and by Canvas's SpeedGrader, and who gets there."""

import json

import pytest
from django.test import Client

from assessments.results.models import Result
from lti_tool import review, worker
from lti_tool.errors import WORDS, Reason
from lti_tool.models import Person as Somebody
from tests.certification.launching import open_begun
from tests.schools import enrol
from tests.stories.test_grade_return import Person, later, mark, release, set_up

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["moodle", "canvas"])
def school(request, sandbox, tool_key):
    return enrol(sandbox, request.param)


@pytest.fixture
def activity(school):
    """An activity where the student is marked."""
    _, activity = set_up(school)
    mark(school, activity, "A clear opening.")
    return activity


def released(school, activity):
    release(Person(school, "teacher"), activity)
    worker.work_once()


def candidate(school, handle):
    client_id = school.registration["client_id"]
    return Somebody.objects.get(sub=school.sub(handle), registration__client_id=client_id)


def open_work(school, activity, who, of):
    """Go there as that LMS goes there, or as somebody who changes the address does."""
    if school.profile == "moodle":
        begun = school.begin_review(who, of=of)
    else:
        begun = school.begin_retrieve(who, review.address(activity.resource_link, candidate(school, of)))
    return open_begun(Client(), school, begun)


@pytest.mark.parametrize("who", ["teacher", "ta"])
def test_staff_see_marks_feedback_and_where_the_grade_is(school, activity, who):
    released(school, activity)

    page = open_work(school, activity, who, "student")

    assert page.status_code == 200
    assert school.person("student").name in page.text
    assert "A clear opening." in page.text
    assert "On 1." in page.text
    assert "Delivered." in page.text
    assert Result.objects.get().sheet.get_absolute_url() in page.text


def test_staff_see_that_somebody_is_not_marked_yet(school, activity):
    page = open_work(school, activity, "teacher", "student2")

    assert "Not marked yet." in page.text
    assert "A clear opening." not in page.text


def test_student_sees_their_own_feedback_once_it_is_released(school, activity):
    before = open_work(school, activity, "student", "student")
    assert "not released yet" in before.text
    assert "A clear opening." not in before.text

    released(school, activity)
    after = open_work(school, activity, "student", "student")
    assert "A clear opening." in after.text
    assert school.person("ta").name not in after.text


def test_student_who_asks_for_anothers_work_is_refused_in_words(school, activity):
    """Moodle signs it for them; in Canvas the address is in everybody's browser."""
    released(school, activity)
    Person(school, "student2")

    page = open_work(school, activity, "student2", "student")

    assert page.status_code == 403
    assert "This is somebody else" in page.text
    assert "A clear opening." not in page.text
    assert school.person("student").name not in page.text


def test_observer_sees_nothing(school, activity):
    released(school, activity)

    page = open_work(school, activity, "observer", "student")

    assert page.status_code == 403
    assert "A clear opening." not in page.text


def test_somebody_whom_the_course_does_not_know_is_not_there(school, activity, sandbox):
    other = enrol(sandbox, school.profile)
    stranger = Person(other, "student").launch
    if school.profile == "moodle":
        begun = school.begin_launch(
            "teacher", set={"message_type": "LtiSubmissionReviewRequest", "for_user": {"user_id": "9999999"}}
        )
    else:
        begun = school.begin_retrieve("teacher", review.address(activity.resource_link, stranger.person))

    page = open_begun(Client(), school, begun)

    assert page.status_code == 404
    assert str(WORDS[Reason.REVIEW_UNKNOWN][1]) in page.text


def test_activity_of_another_course_or_school_is_not_there(school, activity, sandbox):
    other = enrol(sandbox, school.profile)
    theirs = Person(other, "student").launch
    begun = school.begin_retrieve("teacher", review.address(theirs.resource_link, theirs.person))
    assert open_begun(Client(), school, begun).status_code == 404

    second = school.add_course()
    school.do("enrol", person="teacher", role="teacher", course=second["number"])
    own = review.address(activity.resource_link, candidate(school, "student"))
    begun = school.begin_retrieve("teacher", own, course=second["number"])
    assert open_begun(Client(), school, begun).status_code == 404


def test_role_is_that_of_the_launch_not_of_the_address(school, activity):
    """A teacher who is a student in another course is one there, whatever the address says."""
    second = school.add_course()
    school.do("enrol", person="teacher", role="student", course=second["number"])
    own = review.address(activity.resource_link, candidate(school, "student"))

    page = open_begun(Client(), school, school.begin_retrieve("teacher", own, course=second["number"]))

    assert page.status_code == 404
    assert "A clear opening." not in page.text


def test_column_head_opens_everybody(sandbox, tool_key):
    school = enrol(sandbox, "moodle")
    _, activity = set_up(school)

    page = open_begun(Client(), school, school.begin_review("teacher"))

    assert page.status_code == 200
    assert school.person("student").name in page.text
    assert school.person("student2").name in page.text
    assert activity.title in page.text


@pytest.mark.parametrize("for_user", ["11", {"user_id": 11}, {"user_id": ""}, {"user_id": "x" * 256}, ["11"]])
def test_malformed_for_user_is_refused_in_words(sandbox, tool_key, for_user):
    school = enrol(sandbox, "moodle")
    asked = {"message_type": "LtiSubmissionReviewRequest", "for_user": for_user}

    page = open_begun(Client(), school, school.begin_launch("teacher", set=asked))

    assert page.status_code == 400
    assert not Somebody.objects.exists()


@pytest.mark.parametrize("for_user", [None, {}, {"person_sourcedid": "ID-1"}])
def test_for_user_that_names_nobody_opens_everybody(sandbox, tool_key, for_user):
    school = enrol(sandbox, "moodle")
    set_up(school)
    asked = {"message_type": "LtiSubmissionReviewRequest", "for_user": for_user}

    page = open_begun(Client(), school, school.begin_launch("teacher", set=asked))

    assert page.status_code == 200
    assert school.person("student").name in page.text


@pytest.mark.row("M15")
def test_moodle_column_learns_where_a_sheet_is_and_loses_nothing_by_it(sandbox, tool_key):
    school = enrol(sandbox, "moodle")
    _, activity = set_up(school)
    mark(school, activity, "A clear opening.")
    before = school.line_items()[0]
    released(school, activity)

    after = school.line_items()[0]
    assert after == before  # label, maximum, tag, resourceId and its link
    begun = school.begin_review("teacher", of="student")
    assert begun.params["target_link_uri"] == "http://127.0.0.1:8000/lti/launch/"


@pytest.mark.row("C8", "C9", "C26")
def test_speedgrader_still_opens_the_sheet_after_corrections(sandbox, tool_key):
    school = enrol(sandbox, "canvas")
    teacher, activity = set_up(school)
    examiner, sheet = mark(school, activity, "A clear opening.")
    released(school, activity)
    stored = school.cell("student")["submission"]
    sheet.refresh_from_db()
    answers = {f"level_{c.pk}": c.levels.first().pk for c in sheet.rubric.criteria.all()}
    sent = {**answers, "revision": sheet.revision, "overall_comment": "Again.", "reason": "Wrong candidate."}
    examiner.post(f"/sheets/{sheet.key}/amendment/", sent)
    with later(seconds=2):
        worker.work_once()

    cell = school.cell("student")
    assert (cell["score"], cell["attempts"], cell["submission"]) == (0, 1, stored)
    assert stored["type"] == "basic_lti_launch"
    assert set(stored["data"].removeprefix("http://127.0.0.1:8000")) <= set(
        "abcdefghijklmnopqrstuvwxyz0123456789-_/"
    )
    times = {json.loads(post["body"])["submission"]["submittedAt"] for post in school.posts()}
    assert len(times) == 1
    page = open_begun(Client(), school, school.begin_retrieve("teacher", stored["data"]))
    assert "Again." in page.text
