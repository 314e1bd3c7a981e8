"""How a grade gets home, and everything that can happen on the way, against a platform that behaves like each LMS."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from lti_tool import claims, delivery, lanes
from lti_tool.models import Deployment, LineItem, Score, ScorePost
from tests.certification.launching import launch
from tests.grades import Column

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["plain", "moodle", "canvas"])
def column(request, sandbox, tool_key):
    return Column.of_new_school(sandbox, request.param)


@pytest.fixture
def moodle_column(sandbox, tool_key):
    return Column.of_new_school(sandbox, "moodle")


@pytest.fixture
def canvas_column(sandbox, tool_key):
    return Column.of_new_school(sandbox, "canvas")


def later(**delta):
    return time_machine.travel(timezone.now() + timedelta(**delta))


def test_grade_and_comment_arrive_in_the_gradebook(column):
    column.publish("14.5")

    column.work()

    assert (column.shown(), column.comments()) == (14.5, ["A clear opening."])
    assert column.score().state == "delivered"
    assert "shows 14.5 / 20" in column.sentence()


@pytest.mark.row("C30")
def test_zero_is_a_grade(column):
    column.publish(0)

    column.work()

    assert column.shown() == 0
    assert column.score().state == "delivered"


@pytest.mark.row("M2", "C16", "M5")
def test_message_is_compact_complete_and_never_without_a_score(column):
    column.publish(14, comment="Two lines.\nOf comment.")

    column.work()

    (post,) = column.school.posts()
    assert "\n" not in post["body"]
    assert ": " not in post["body"].split('"comment"')[0]
    sent = json.loads(post["body"])
    assert sent["userId"] == column.people[0].sub
    assert (sent["scoreGiven"], sent["scoreMaximum"]) == (14, 20)
    assert (sent["activityProgress"], sent["gradingProgress"]) == ("Completed", "FullyGraded")


@pytest.mark.row("M1", "C15")
def test_corrected_grade_replaces_ours_with_a_later_second(column):
    column.publish(14)
    column.work()
    column.publish(17)
    column.work()  # still the same second: it waits
    with later(seconds=2):
        column.work()

    assert column.shown() == 17
    first, second = ScorePost.objects.order_by("id")
    assert int(second.timestamp.timestamp()) > int(first.timestamp.timestamp())
    assert second.timestamp <= timezone.now() + timedelta(seconds=2)


def test_newest_of_two_queued_grades_wins_and_only_it_is_sent(column):
    column.publish(9)
    column.publish(17)

    column.work()

    assert column.shown() == 17
    assert column.school.requests("scores") == 1


def test_publishing_the_same_again_sends_nothing(column):
    column.publish(14)
    column.work()
    column.publish(14)
    with later(seconds=2):
        column.work()

    assert column.school.requests("scores") == 1


@pytest.mark.row("M5")
def test_grade_typed_in_the_lms_before_is_left_alone(moodle_column):
    moodle_column.school.teacher_types("student", 12)
    moodle_column.publish(14)

    moodle_column.work()

    assert moodle_column.shown() == 12
    assert moodle_column.score().state == "conflict"
    assert "entered there. We left it as it is" in moodle_column.sentence()


@pytest.mark.row("C7")
def test_canvas_is_asked_to_spare_a_grade_it_does_not_show_us(canvas_column):
    # Canvas lists results only where a tool has posted: the look finds nothing, the first post must not destroy it.
    canvas_column.school.teacher_types("student", 12)
    canvas_column.publish(14)

    canvas_column.work()

    assert canvas_column.shown() == 12
    assert canvas_column.score().state == "conflict"


def test_grade_typed_in_the_lms_after_delivery_is_left_alone(column):
    column.publish(14)
    column.work()
    column.school.teacher_types("student", 12)
    column.publish(17)
    with later(seconds=2):
        column.work()

    assert column.shown() == 12
    assert column.score().state == "conflict"

    # Not even by pressing Send again.
    assert column.retry() == 0
    with later(seconds=4):
        column.work()
    assert column.shown() == 12


@pytest.mark.parametrize("column", ["plain", "canvas"], indirect=True)
def test_cell_cleared_in_the_lms_is_filled_only_on_request(column):
    column.publish(14)
    column.work()
    column.school.teacher_clears("student")
    column.publish(17)
    with later(seconds=2):
        column.work()
    assert column.shown() is None
    assert "cleared in" in column.sentence()
    assert column.retry() == 0

    column.send_anyway("")
    with later(seconds=4):
        column.work()
    assert column.shown() == 17


@pytest.mark.row("M5")
def test_cell_that_moodle_keeps_empty_is_named_after_a_few_tries(moodle_column):
    # A grade that was typed and cleared there stays overridden: Moodle takes ours and shows none.
    moodle_column.publish(14)
    moodle_column.work()
    moodle_column.school.teacher_clears("student")
    moodle_column.publish(17)
    with later(seconds=2):
        moodle_column.work()
    moodle_column.send_anyway("")
    for hours in range(1, 9):
        with later(hours=2 * hours):
            moodle_column.work()

    assert moodle_column.shown() is None
    assert moodle_column.score().state == "conflict"
    assert "goes on showing an empty cell" in moodle_column.sentence()


def test_withdrawal_clears_our_own_grade_and_nobody_elses(column):
    column.publish(14)
    column.work()
    column.withdraw()
    with later(seconds=2):
        column.work()
    assert column.shown() is None
    assert column.score().state == "delivered"

    column.school.teacher_types("student", 12)
    column.publish(14)
    column.withdraw()
    with later(seconds=4):
        column.work()
    assert column.shown() == 12


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"status": 500, "body": "[]", "content_type": "application/json"}, "500"),
        ({"status": 502, "body": "<html><h1>Bad gateway", "content_type": "text/html"}, "with a web page"),
        ({"status": 503, "body": ""}, "503"),
        ({"close": True}, "could not take this grade"),
    ],
)
def test_platform_that_fails_is_tried_again(column, fault, said):
    column.school.fault("scores", **fault)
    column.publish(14)

    column.work()
    assert column.score().state == "waiting"
    assert said in column.sentence()
    assert "Nothing is lost" in column.sentence()

    with later(seconds=60):
        column.work()
    assert column.shown() == 14
    assert column.score().state == "delivered"


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 200, "body": "<html>Log in", "content_type": "text/html"},
        {"status": 200, "body": "{garbage", "content_type": "application/json"},
        {"status": 200, "body": '{"not": "a list"}', "content_type": "application/json"},
        {"status": 500, "body": ""},
        {"close": True, "times": 3},
    ],
)
def test_results_that_cannot_be_read_hold_a_correction_back(column, fault):
    column.publish(14)
    column.work()
    column.school.fault("results", **fault)
    column.publish(17)

    with later(seconds=2):
        column.work()
    assert column.score().state == "waiting"
    assert column.school.requests("scores") == 1

    with later(seconds=60):
        column.work()
    assert column.shown() == 17


# Canvas is not asked first: it spares what it does not show (test_canvas_is_asked_to_spare_a_grade_it_does_not_show_us).
@pytest.mark.parametrize("column", ["plain", "moodle"], indirect=True)
def test_results_that_cannot_be_read_hold_the_first_grade_back(column):
    column.school.fault("results", status=500, body="")
    column.publish(14)

    column.work()

    assert column.score().state == "waiting"
    assert column.school.requests("scores") == 0


def test_platform_that_never_answers_is_given_up_in_time(sandbox, tool_key, settings):
    settings.LTI_HTTP_TIMEOUT_SECONDS = (1, 1)
    column = Column.of_new_school(sandbox, "plain")
    column.school.fault("scores", hang=5, status=500)
    column.publish(14)

    column.work()

    assert column.score().state == "waiting"
    assert "could not take this grade" in column.sentence()


def test_refused_for_want_of_leave_names_the_administrator(column):
    column.school.fault("scores", status=403, body="Forbidden", times=1)
    column.publish(14)

    column.work()

    assert column.score().state == "waiting"
    assert "The LMS administrator can mend it" in column.sentence()
    assert column.score().not_before > timezone.now() + timedelta(minutes=50)


@pytest.mark.row("C18")
def test_expired_token_is_renewed_once(column):
    column.publish(14)
    column.school.fault("scores", status=401, body="Access token expired", times=1)

    column.work()

    assert column.shown() == 14
    for_notices = column.school.requests("notice_handlers")  # other scopes, another token
    assert column.school.requests("token") - for_notices == 2


def test_token_that_is_always_refused_waits_for_the_administrator(column):
    column.school.fault("scores", status=401, body="Access token expired", times=None)
    column.publish(14)

    column.work()

    assert column.score().state == "waiting"
    assert column.school.requests("scores") == 2
    assert "administrator" in column.sentence()


@pytest.mark.row("M1", "C15")
def test_older_than_what_the_lms_holds_is_read_back_and_sent_again(column):
    column.school.fault("scores", status=409, body="[]", content_type="application/json", times=1)
    column.publish(14)

    column.work()
    assert column.score().state == "waiting"

    with later(seconds=60):
        column.work()
    assert column.shown() == 14


@pytest.mark.row("C17")
def test_throttled_platform_is_left_in_peace_for_all_its_grades(sandbox, tool_key):
    column = Column.of_new_school(sandbox, "canvas", students=3)
    column.school.fault("scores", status=403, body="403 Forbidden (Rate Limit Exceeded)\n", times=1)
    for person in column.people:
        column.publish(14, person)

    column.work()
    assert sorted(score.reason for score in Score.objects.filter(state="waiting")) == ["", "", "rate"]
    assert column.school.requests("scores") == 1
    assert "slow down" in column.sentence(Score.objects.get(reason="rate").person)
    column.work()
    assert column.school.requests("scores") == 1

    with later(seconds=60):
        column.work()
    assert {column.shown(person) for person in column.people} == {14}


@pytest.mark.row("M2")
def test_moodle_refusal_that_looks_like_success_is_a_refusal(moodle_column):
    moodle_column.school.fault("scores", status=200, body="[]", content_type="application/json")
    moodle_column.publish(14)

    moodle_column.work()

    assert moodle_column.score().state == "refused"
    assert "not a student in the course" in moodle_column.sentence()


@pytest.mark.parametrize("page", ["<html>Log in", "Down for maintenance", "{}"])
def test_page_in_place_of_moodles_empty_answer_says_nothing_of_the_person(moodle_column, page):
    moodle_column.school.fault("scores", status=200, body=page)
    moodle_column.publish(14)
    moodle_column.work()

    assert (moodle_column.score().state, moodle_column.score().reason) == ("waiting", "transient")
    assert "not a student" not in moodle_column.sentence()
    with later(seconds=10):
        moodle_column.work()
    assert (moodle_column.score().state, moodle_column.shown()) == ("delivered", 14)


@pytest.mark.row("M3")
def test_teacher_has_no_grade_in_moodle(sandbox, tool_key):
    column = Column.of_new_school(sandbox, "moodle")
    teacher = launch(Client(), column.school, "teacher").context["launch"].person
    column.publish(14, teacher)

    column.work()

    assert column.score(teacher).state == "refused"
    assert "not a student in the course" in column.sentence(teacher)


@pytest.mark.row("C13")
def test_unpublished_canvas_assignment_waits_for_the_teacher(canvas_column):
    canvas_column.school.unpublish()
    canvas_column.publish(14)

    canvas_column.work()
    assert canvas_column.score().state == "waiting"
    assert "Publish the assignment" in canvas_column.sentence()

    canvas_column.school.publish()
    canvas_column.retry()
    with later(seconds=2):
        canvas_column.work()
    assert canvas_column.shown() == 14


@pytest.mark.row("C8", "C10")
def test_canvas_keeps_one_attempt_and_one_comment_over_corrections(canvas_column):
    for seconds, given in enumerate((11, 12, 13)):
        canvas_column.publish(given)
        with later(seconds=2 * seconds):
            canvas_column.work()

    cell = canvas_column.cell()
    assert (cell["score"], cell["attempts"], cell["comments"]) == (13, 1, ["A clear opening."])


def test_locked_moodle_column_waits_and_says_what_to_look_at(moodle_column):
    moodle_column.school.lock()
    moodle_column.publish(14)

    moodle_column.work()

    assert moodle_column.score().state in ("waiting", "conflict")
    assert moodle_column.shown() is None


@pytest.mark.row("C20", "M16")
def test_column_that_the_teacher_deleted_is_made_anew_on_request(column):
    column.publish(14)
    column.work()
    column.school.delete_column()
    column.publish(17)
    with later(seconds=2):
        column.work()
    assert column.score().state == "refused"
    assert "no longer has the gradebook column" in column.sentence()

    launch(Client(), column.school, "student")
    column.retry()
    with later(seconds=4):
        column.work()
    assert column.score().state in ("delivered", "conflict")


@pytest.mark.row("M17", "M18")
def test_no_column_of_its_own_is_found_or_made_once(sandbox, tool_key):
    column = Column.of_new_school(sandbox, "plain", students=3)
    column.link.lineitem_url = ""
    column.link.save()
    for person in column.people:
        column.publish(14, person)

    column.work()

    item = LineItem.objects.get()
    mine = [row for row in column.school.line_items() if row["tag"] == "result"]
    assert [row["id"] for row in mine] == [item.url]
    assert {score.state for score in Score.objects.all()} == {"delivered"}

    # Another tool process that does not know the URL finds the same one.
    LineItem.objects.update(url="")
    column.publish(15)
    with later(seconds=2):
        column.work()
    assert len([row for row in column.school.line_items() if row["tag"] == "result"]) == 1


def test_activity_without_grade_service_says_so(column):
    column.link.ags_scopes = []
    column.link.save()
    column.publish(14)

    column.work()

    assert column.score().state == "refused"
    assert "has not given Bellringer leave to send grades" in column.sentence()


def test_lease_keeps_two_workers_from_sending_the_same(column):
    column.publish(14)

    first, second = lanes.claim(), lanes.claim()

    assert (len(first.scores), second) == (1, None)
    lanes.release(first.scores)
    assert len(lanes.claim().scores) == 1


def test_one_row_that_cannot_be_sent_does_not_keep_the_others(sandbox, tool_key, monkeypatch):
    column = Column.of_new_school(sandbox, "plain", students=2)
    broken, fine = column.people
    for person in column.people:
        column.publish(14, person)
    real = delivery.score_body
    monkeypatch.setattr(
        delivery, "score_body", lambda **kwargs: 1 / 0 if kwargs["user_id"] == broken.sub else real(**kwargs)
    )

    column.work()

    assert column.score(broken).state == "waiting"
    assert column.score(fine).state == "delivered"


# Canvas shows a tool nothing of a cell before its first post, so there the two cannot be told apart.
@pytest.mark.parametrize("column", ["plain", "moodle"], indirect=True)
def test_same_grade_typed_by_a_teacher_stays_theirs(column):
    column.school.teacher_types("student", 14)
    column.publish(14)
    column.work()
    column.publish(17)
    with later(seconds=2):
        column.work()
    column.withdraw()
    with later(seconds=4):
        column.work()

    assert column.shown() == 14


def test_grade_stored_behind_a_failing_gateway_is_still_ours(column):
    column.school.fault("scores", status=504, body="gateway", process_first=True)
    column.publish(14)
    column.work()
    column.publish(17)
    with later(seconds=2):
        column.work()

    assert column.shown() == 17
    assert column.score().state == "delivered"


def test_results_that_lag_behind_are_looked_at_again(column):
    column.publish(14)
    column.work()
    column.publish(17)
    stale = json.dumps([{"userId": column.people[0].sub, "resultScore": 14, "resultMaximum": 20}])
    as_json = {"status": 200, "body": stale, "content_type": "application/json"}
    column.school.fault("results", times=2, **as_json)
    with later(seconds=2):
        column.work()
    assert column.score().state == "waiting"

    with later(seconds=60):
        column.work()
    assert column.score().state == "delivered"


def test_without_leave_to_read_results_nothing_is_sent(column):
    column.link.ags_scopes = [scope for scope in column.link.ags_scopes if "result" not in scope]
    column.link.save()
    column.school.teacher_types("student", 3)
    column.publish(14)

    column.work()

    assert column.shown() == 3
    assert column.score().state == "refused"


@pytest.mark.row("M20")
def test_comment_that_was_taken_back_leaves_moodle(moodle_column):
    moodle_column.publish(14, comment="Meant for somebody else.")
    moodle_column.work()
    moodle_column.publish(14, comment="")
    with later(seconds=2):
        moodle_column.work()

    sent = json.loads(moodle_column.school.posts()[-1]["body"])
    assert sent["comment"] == ""


def test_platform_that_was_switched_off_receives_nothing(column):
    column.publish(14)
    Deployment.objects.update(status="blocked")

    column.work()

    assert column.school.requests("scores") == 0


def test_launch_without_grade_service_takes_none_away(column):
    launch(Client(), column.school, "student", remove=[claims.AGS])
    column.publish(14)

    column.work()

    assert column.shown() == 14
