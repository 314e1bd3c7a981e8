"""What Canvas and Moodle really do with columns, scores and results, row by row of docs/lti-matrix.md."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from lti_tool import http, worker
from lti_tool.ags import Gradebook
from lti_tool.errors import Kind
from lti_tool.http import Answer
from lti_tool.models import LineItem, Problem, ScorePost
from lti_tool.platforms import classify
from tests.certification.launching import launch
from tests.grades import Column

pytestmark = pytest.mark.django_db


@pytest.fixture
def moodle(sandbox, tool_key):
    return Column.of_new_school(sandbox, "moodle")


@pytest.fixture
def canvas(sandbox, tool_key):
    return Column.of_new_school(sandbox, "canvas")


@pytest.fixture(params=["moodle", "canvas"])
def column(request, sandbox, tool_key):
    return Column.of_new_school(sandbox, request.param)


@pytest.fixture
def asked(monkeypatch):
    """Every service call, with its headers."""
    calls, real = [], http.request

    def request(method, url, **how):
        calls.append((method, url, how))
        return real(method, url, **how)

    monkeypatch.setattr(http, "request", request)
    return calls


def later(**delta):
    return time_machine.travel(timezone.now() + timedelta(**delta))


def posted(asked):
    return [json.loads(how["body"]) for _method, url, how in asked if "/scores" in url]


def sent(column):
    return [json.loads(post["body"]) for post in column.school.posts()]


# lti.md §5.4, row by row: status, text in the body or the reason phrase, what it means.
CLASSES = [
    (200, "", Kind.OK),
    (201, "{}", Kind.OK),
    (204, "", Kind.OK),
    (409, "[]", Kind.SUPERSEDED),
    (400, "Provided timestamp of x before last updated timestamp of y", Kind.SUPERSEDED),
    (400, "Score already exists for the provided timestamp", Kind.SUPERSEDED),
    (422, "User not found in course or is not a student", Kind.GONE_USER),
    (400, "Incorrect score received{}", Kind.GONE_USER),
    (400, "User could not be found", Kind.GONE_USER),
    (422, "This course has concluded for this student.", Kind.GONE_USER),
    (422, "This course has concluded. AGS requests will no longer be accepted", Kind.GONE_COURSE),
    (404, "", Kind.GONE_ITEM),
    (410, "", Kind.GONE_ITEM),
    (422, "This assignment is still unpublished", Kind.NEEDS_TEACHER),
    (422, "The maximum number of allowed attempts has been reached", Kind.NEEDS_TEACHER),
    (422, "moderated grading", Kind.NEEDS_TEACHER),
    (401, "Unknown or inactive Developer Key", Kind.NEEDS_ADMIN),
    (401, "Invalid Developer Key", Kind.NEEDS_ADMIN),
    (401, "Access token is not linked to a Tool associated with this Context", Kind.NEEDS_ADMIN),
    (401, "Insufficient permissions", Kind.NEEDS_ADMIN),
    (403, "Forbidden", Kind.NEEDS_ADMIN),
    (401, "Access token expired", Kind.TOKEN),
    (401, "Invalid access token format", Kind.TOKEN),
    (401, "", Kind.TOKEN),
    (403, "403 Forbidden (Rate Limit Exceeded)", Kind.RATE),
    (429, "", Kind.RATE),
    (500, "[]", Kind.TRANSIENT),
    (502, "<html>", Kind.TRANSIENT),
    (503, "", Kind.TRANSIENT),
    (408, "", Kind.TRANSIENT),
    (301, "", Kind.TRANSIENT),
    (400, "param is missing", Kind.BUG),
    (412, "", Kind.BUG),
    (413, "", Kind.BUG),
    (415, "", Kind.BUG),
    (418, "what is this", Kind.BUG),
]


@pytest.mark.row("C11", "C12", "C13", "C14", "C15", "C17", "C18", "M1", "M3")
@pytest.mark.parametrize(("status", "text", "kind"), CLASSES)
def test_answer_means_what_the_table_says(status, text, kind):
    assert classify(Answer(status, "", {}, text.encode())) == kind
    assert classify(Answer(status, text, {}, b"")) == kind


@pytest.mark.row("C8", "C14")
def test_student_without_attempts_left_gets_the_grade_without_one(canvas, asked):
    said = "The maximum number of allowed attempts has been reached for this submission"
    canvas.school.fault("scores", status=422, body=said, content_type="application/json")
    canvas.publish(14)

    canvas.work()
    with later(seconds=2):
        canvas.work()

    assert (canvas.shown(), canvas.cell()["attempts"]) == (14, 0)
    assert [
        post["https://canvas.instructure.com/lti/submission"]["new_submission"] for post in posted(asked)
    ] == [
        True,
        False,
    ]


@pytest.mark.row("C10", "M20")
def test_comment_goes_along_as_plain_text_once(column):
    column.publish(14, comment="Ask <b>openly</b> & listen.")
    column.work()
    column.publish(15, comment="Ask <b>openly</b> & listen.")
    with later(seconds=2):
        column.work()

    assert column.comments() == ["Ask <b>openly</b> & listen."]


@pytest.mark.row("C16", "C7", "M5")
def test_every_grade_has_its_maximum_and_is_final(column):
    column.publish(14)
    column.work()
    column.publish(0)
    with later(seconds=2):
        column.work()

    told = [
        (post["scoreGiven"], post["scoreMaximum"], post["activityProgress"], post["gradingProgress"])
        for post in sent(column)
    ]
    assert told == [(14, 20, "Completed", "FullyGraded"), (0, 20, "Completed", "FullyGraded")]


@pytest.mark.row("M5", "C7")
def test_withdrawal_is_the_only_post_without_a_grade(column):
    column.publish(14)
    column.work()
    column.withdraw()
    with later(seconds=2):
        column.work()

    with_grade, without = sent(column)
    assert "scoreGiven" in with_grade
    assert "scoreGiven" not in without
    assert column.shown() is None


@pytest.mark.row("C15", "M1")
def test_time_of_a_score_is_never_in_the_future_and_moves_by_a_second(column):
    for given in (11, 12, 13):
        column.publish(given)
        column.work()
        with later(seconds=1):
            column.work()

    seconds = [int(post.timestamp.timestamp()) for post in ScorePost.objects.order_by("id")]
    assert seconds == sorted(set(seconds))
    assert max(seconds) <= timezone.now().timestamp() + 1


@pytest.mark.row("M1")
def test_conflict_of_times_is_read_back_and_sent_again(moodle):
    moodle.school.fault("scores", status=409, body="[]", content_type="application/json", process_first=True)
    moodle.publish(14)
    moodle.work()
    assert moodle.score().reason == "superseded"

    with later(seconds=10):
        moodle.work()

    assert (moodle.score().state, moodle.school.requests("scores")) == ("delivered", 1)


@pytest.mark.row("M2")
def test_message_to_moodle_is_one_line_and_its_refusal_is_seen(moodle):
    moodle.school.unenrol("student")
    moodle.publish(14, comment="Two\nlines.")

    moodle.work()

    (post,) = moodle.school.posts()
    assert (post["status"], "\n" in post["body"]) == (400, False)
    assert moodle.score().reason == "gone_user"


@pytest.mark.row("M4")
def test_person_is_named_as_the_platform_named_them(column):
    column.publish(14)
    column.work()

    assert [post["userId"] for post in sent(column)] == [column.school.sub("student")]


@pytest.mark.row("M7")
def test_results_of_moodle_are_asked_for_without_a_limit(sandbox, tool_key, asked):
    column = Column.of_new_school(sandbox, "moodle", students=6)
    for person in column.people:
        column.publish(14, person)

    column.work()

    looks = [url for _method, url, _how in asked if "/results" in url]
    assert looks
    assert not any("limit" in url for url in looks)
    assert {column.shown(person) for person in column.people} == {14}


@pytest.mark.row("C21")
def test_results_of_canvas_are_read_page_by_page(sandbox, tool_key, monkeypatch):
    column = Column.of_new_school(sandbox, "canvas", students=7)
    for person in column.people:
        column.publish(14, person)
    column.work()

    gradebook = Gradebook(column.link)
    people = {person.sub for person in column.people}
    shown = gradebook.everybody_shown(LineItem.objects.get().url, people, page_size=3)

    assert set(shown) == people
    assert {str(grade) for grade in shown.values()} == {"14 / 20"}


@pytest.mark.row("C21", "M18", "M17", "C19")
@pytest.mark.parametrize("profile", ["moodle", "canvas", "plain"])
def test_column_made_before_is_found_on_a_later_page_and_not_made_twice(sandbox, tool_key, profile, asked):
    column = Column.of_new_school(sandbox, profile)
    for number in range(12):
        column.school.link(f"Another {number}")
    column.link.lineitem_url = ""  # as with two columns on one link: the claim names none
    column.link.save()
    LineItem.objects.update(tag="total")
    column_of = LineItem.objects.get()
    gradebook = Gradebook(column.link)
    made = gradebook.create(
        tag="total",
        resource_id=f"bellringer-{column_of.pk}",
        label="Total",
        maximum=column_of.score_maximum,
        tied_to_link=False,
    )

    found = gradebook.find(tag="total", resource_id=f"bellringer-{column_of.pk}")

    assert found == made
    lists = [url for method, url, _ in asked if method == "GET" and "ine" in url and "/results" not in url]
    assert all("tag=total" in url for url in lists if "page" not in url)
    assert gradebook.find(tag="total", resource_id="bellringer-999999") is None
    assert gradebook.find(tag="other", resource_id=f"bellringer-{column_of.pk}") is None


@pytest.mark.row("M17", "C21")
def test_filter_that_the_platform_does_not_understand_finds_nothing_wrong(monkeypatch, column):
    """The answer is checked as if nothing had been asked for."""
    others = [{"id": f"{column.link.lineitems_url}/{n}", "tag": "theirs", "label": "x"} for n in range(3)]
    mine = {"id": "https://lms.example/mine", "tag": "total", "resourceLinkId": column.link.link_id}
    monkeypatch.setattr(Gradebook, "_pages", lambda self, url, media_type: iter([[*others, "odd", mine]]))

    assert Gradebook(column.link).find(tag="total", resource_id="x") == "https://lms.example/mine"


@pytest.mark.row("C19")
def test_deep_linked_column_is_ours_by_link_and_tag(sandbox, tool_key):
    """The platform made it with the link; its resourceId is what the choice said, not what we would have said."""
    column = Column.of_new_school(sandbox, "moodle")
    number = column.school.line_items()[0]["number"]
    column.school.change("line_item", {"tag": "result", "resource_id": "activity-7"}, line_item=number)
    column.link.lineitem_url = ""
    column.link.save()
    column.publish(14)

    column.work()

    assert column.shown() == 14
    assert len(column.school.line_items()) == 1


@pytest.mark.row("C19", "C20")
def test_further_column_in_canvas_is_an_assignment_of_its_own(canvas):
    gradebook = Gradebook(canvas.link)
    gradebook.create(
        tag="reviews",
        resource_id="bellringer-2",
        label="Reviews done",
        maximum=LineItem.objects.get().score_maximum,
        tied_to_link=False,
    )

    (further,) = [row for row in canvas.school.line_items() if row["tag"] == "reviews"]
    assert further["resource_link_id"] == ""


@pytest.mark.row("M15")
def test_change_of_a_column_keeps_what_it_does_not_name(moodle):
    gradebook = Gradebook(moodle.link)
    (before,) = moodle.school.line_items()

    gradebook.update(before["id"], submissionReview={"url": "http://127.0.0.1:8000/lti/launch/"})
    gradebook.update(before["id"], label="Renamed")

    (after,) = moodle.school.line_items()
    assert after == before | {"label": "Renamed"}
    begun = moodle.school.begin_review("teacher")
    assert begun.params["target_link_uri"] == "http://127.0.0.1:8000/lti/launch/"


@pytest.mark.row("M15")
def test_column_that_cannot_be_changed_holds_no_grade_up(moodle):
    moodle.school.fault("lineitems", method="PUT", status=500, body="[]", content_type="application/json")
    moodle.publish(14)

    moodle.work()

    assert moodle.shown() == 14
    assert Problem.objects.get(area="grades").code == "transient"


@pytest.mark.row("M16", "C20")
def test_nothing_is_ever_deleted_in_the_lms(column, asked):
    column.publish(14)
    column.work()
    column.withdraw()
    with later(seconds=2):
        column.work()
    column.school.delete_column()
    column.publish(15)
    with later(seconds=4):
        column.work()
    column.retry()
    with later(seconds=6):
        column.work()

    assert {method for method, _url, _how in asked} <= {"GET", "POST", "PUT"}


@pytest.mark.row("M13", "M14")
def test_media_types_are_exact_and_addresses_are_used_as_they_came(moodle, asked):
    moodle.link.lineitem_url = ""
    moodle.link.save()
    moodle.publish(14)

    moodle.work()

    assert (
        moodle.score().state == "delivered"
    )  # Moodle answers 400 to any other media type, 401 without type_id
    services = [url for _method, url, _how in asked if "lineitems" in url]
    assert services
    assert all("type_id=1" in url for url in services)
    types = {
        how["headers"].get("Content-Type", how["headers"]["Accept"])
        for _m, url, how in asked
        if url in services
    }
    assert (
        types
        == {
            "application/vnd.ims.lis.v2.lineitemcontainer+json",
            "application/vnd.ims.lis.v2.lineitem+json",
            "application/vnd.ims.lis.v1.score+json",
            "application/vnd.ims.lis.v2.resultcontainer+json",
        }
        & types
    )
    assert len(types) >= 3


@pytest.mark.row("M6")
def test_curly_next_link_of_moodles_columns_is_followed(moodle):
    for number in range(5):
        moodle.school.link(f"Another {number}")
    gradebook = Gradebook(moodle.link)
    url = moodle.link.lineitems_url + "&limit=2"

    seen = []
    while url:
        items, url = gradebook.get_lineitems_page(url)
        seen += [item["id"] for item in items]

    assert len(seen) == len(set(seen)) == 6


@pytest.mark.row("M19")
def test_rescaled_and_rounded_grade_is_still_ours(sandbox, tool_key):
    column = Column.of_new_school(sandbox, "moodle")
    number = column.school.line_items()[0]["number"]
    column.school.change("line_item", {"score_maximum": 7}, line_item=number)
    column.publish("13.333")
    column.work()
    assert column.score().state == "delivered"

    column.publish("6.667")
    with later(seconds=2):
        column.work()

    assert column.score().state == "delivered"
    assert column.shown() == pytest.approx(7 * 6.667 / 20, abs=1e-4)


@pytest.mark.row("M21")
def test_suspended_student_is_still_graded(moodle):
    moodle.school.suspend("student")
    moodle.publish(14)

    moodle.work()

    assert (moodle.score().state, moodle.shown()) == ("delivered", 14)


@pytest.mark.row("C27")
def test_http_addresses_of_an_https_canvas_are_lifted(canvas, monkeypatch):
    registration = canvas.link.deployment.registration
    monkeypatch.setattr("lti_tool.http.origins_of", lambda *_: {"https://canvas.example"})
    lifted = http.at_home(canvas.link.deployment, "http://canvas.example/api/lti/courses/1/line_items")

    assert lifted == "https://canvas.example/api/lti/courses/1/line_items"
    assert registration


@pytest.mark.row("C30")
def test_who_has_no_grade_gets_no_zero(sandbox, tool_key):
    column = Column.of_new_school(sandbox, "canvas", students=3)
    column.publish(14)

    column.work()

    graded, *others = column.people
    assert column.shown(graded) == 14
    assert [column.cell(person)["score"] for person in others] == [None, None]
    assert column.school.requests("scores") == 1


@pytest.mark.row("C9")
def test_work_is_announced_again_until_it_has_arrived(canvas, asked):
    canvas.school.fault("scores", status=500, body="")
    canvas.publish(14)
    canvas.work()
    with later(seconds=20):
        canvas.work()

    first, second = posted(asked)
    assert first["https://canvas.instructure.com/lti/submission"]["new_submission"] is True
    assert second["https://canvas.instructure.com/lti/submission"]["new_submission"] is True
    assert first["submission"] == second["submission"]
    assert (canvas.cell()["attempts"], canvas.cell()["submission"]["type"]) == (1, "basic_lti_launch")


@pytest.mark.row("M16")
def test_column_deleted_in_moodle_is_made_anew_on_request(moodle):
    moodle.publish(14)
    moodle.work()
    moodle.school.delete_column()
    moodle.publish(15)
    with later(seconds=2):
        moodle.work()
    assert moodle.score().reason == "gone_item"

    launch(Client(), moodle.school, "student")  # brings no column any more
    moodle.retry()
    with later(seconds=4):
        worker.work_once()

    assert moodle.score().state == "delivered"
    assert LineItem.objects.get().url != ""
    assert moodle.shown() == 15
