"""Canvas's table of scores and errors, row by row."""

import json
from pathlib import Path

import pytest

from tests.sandbox.services import (
    AGS,
    JWKS,
    LIST,
    MEMBERS,
    SINGLE,
    SUBMISSION,
    assertion,
    at,
    get_results,
    post_score,
    score,
    token,
)

SAMPLES = Path(__file__).parent.parent / "samples" / "platforms" / "canvas"
ERRORS = json.loads((SAMPLES / "ags.errors.json").read_text())["cases"]


def error(op, when):
    """Status and body of a row of Canvas's error table."""
    row = next(case for case in ERRORS if case["op"] == op and case["when"].startswith(when))
    return row["status"], row["body"]


def answered(response):
    return response.status_code, response.json() if response.content else ""


@pytest.fixture
def column(canvas):
    return canvas.links[0]["line_item"]["id"]


@pytest.fixture
def post(canvas, column):
    """Posts a score for the student; the changes are members of its body."""
    return lambda given=40, **changes: post_score(canvas, column, score(canvas, given, **changes))


def shown(canvas):
    return canvas.cell("student")["score"]


# What a score does


def test_a_finished_score_is_scaled_and_answered_with_its_result(canvas, column, post):
    answer = post()

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("application/vnd.ims.lis.v1.score+json")
    assert set(answer.json()) == {SUBMISSION, "resultUrl"}
    assert answer.json()["resultUrl"].startswith(column + "/results/")
    assert shown(canvas) == 80


def test_a_score_over_the_maximum_is_kept(canvas, post):
    post(75)

    assert shown(canvas) == 150


@pytest.mark.parametrize("progress", ["Pending", "Failed", "NotReady", "PendingManual", "FullyGraded"])
def test_no_score_or_an_unfinished_one_wipes_even_a_teachers_grade(canvas, post, progress):
    canvas.teacher_types("student", 75)

    post(None, gradingProgress=progress)

    assert shown(canvas) is None


def test_pending_manual_with_a_score_stores_it_for_review(canvas, post):
    post(gradingProgress="PendingManual")

    assert (shown(canvas), canvas.cell("student")["state"]) == (80, "pending_review")


def test_preserve_score_keeps_the_grade(canvas, post):
    canvas.teacher_types("student", 75)

    post(None, gradingProgress="NotReady", **{SUBMISSION: {"preserve_score": True}})

    assert shown(canvas) == 75


def test_prioritize_non_tool_grade_spares_any_score_there_is(canvas, post):
    spare = {SUBMISSION: {"prioritize_non_tool_grade": True}}
    post(**spare)
    assert shown(canvas) == 80

    post(10, **spare)
    assert shown(canvas) == 80


def test_a_plain_score_overwrites_a_teachers_grade(canvas, post):
    canvas.teacher_types("student", 75)

    post()

    assert (shown(canvas), canvas.cell("student")["graded_by"]) == (80, "tool")


def test_each_post_is_an_attempt_unless_the_tool_says_otherwise(canvas, post):
    post()
    post()
    assert canvas.cell("student")["attempts"] == 2

    post(**{SUBMISSION: {"new_submission": False}})
    post(activityProgress="InProgress")
    assert canvas.cell("student")["attempts"] == 2


def test_the_same_hand_in_time_is_the_same_attempt(canvas, post):
    work = {"submission": {"submittedAt": at(-60)}}
    post(**work)
    post(**work)

    assert canvas.cell("student")["attempts"] == 1


def test_a_launch_url_is_lost_by_a_later_post_without_it(canvas, post):
    post(**{SUBMISSION: {"submission_type": "basic_lti_launch", "submission_data": "https://tool/x"}})
    assert canvas.cell("student")["submission"]["data"] == "https://tool/x"

    post()
    assert canvas.cell("student")["submission"]["data"] == ""


def test_every_comment_is_one_more_comment(canvas, post):
    post(comment="Well done")
    post(comment="Well done")

    assert canvas.cell("student")["comments"] == ["Well done", "Well done"]


def test_an_equal_timestamp_passes_and_an_older_one_does_not(canvas, post):
    now = at()
    assert post(timestamp=now).status_code == 200
    assert post(timestamp=now).status_code == 200

    older = at(-60)
    answer = post(timestamp=older)
    assert answer.status_code == 400
    assert answer.json()["errors"]["message"] == (
        f"Provided timestamp of {older} before last updated timestamp of {now}"
    )


def test_a_second_line_item_of_a_link_never_reaches_the_gradebook(canvas):
    body = {"label": "Sub", "scoreMaximum": 5, "resourceLinkId": canvas.links[0]["resource_link_id"]}
    made = canvas.call(
        "POST", canvas.course["lineitems_url"], token=token(canvas), content_type=SINGLE, body=body
    )
    assert made.status_code == 201

    post_score(canvas, made.json()["id"], score(canvas))

    assert canvas.cell("student")["score"] is None
    assert get_results(canvas, made.json()["id"])[0]["resultScore"] == 4


def test_the_test_student_can_be_graded(sandbox):
    people = [{"handle": "student", "name": "Test Student", "role": "test_student"}]
    school = sandbox.school("canvas", public_jwks=JWKS, people=people)

    assert post_score(school, school.links[0]["line_item"]["id"], score(school)).status_code == 200


def test_results_are_of_the_scored_only_and_show_a_teachers_change(canvas, column, post):
    canvas.teacher_types("student2", 60)
    assert get_results(canvas, column) == []

    post(comment="Well done")
    canvas.teacher_types("student", 75)

    (result,) = get_results(canvas, column)
    assert (result["resultScore"], result["resultMaximum"], result["comment"]) == (75, 100, "Well done")
    assert get_results(canvas, column, "user_id=nobody") == []


def test_a_score_finds_somebody_by_their_number_and_by_an_id_from_before_a_merge(canvas, post):
    canvas.change("person", {"past_subs": ["before-the-merge"]}, person="student")
    scored = post(userId="before-the-merge")
    assert (scored.status_code, shown(canvas)) == (200, 80)

    (result,) = get_results(canvas, canvas.links[0]["line_item"]["id"], "user_id=before-the-merge")
    assert result["userId"] == canvas.sub("student")


# What is refused: each row of the table is in test_canvas_errors


@pytest.mark.parametrize("who", ["teacher", "ta", "observer"])
def test_only_students_have_grades(canvas, post, who):
    assert post(userId=canvas.sub(who)).status_code == 422


@pytest.mark.parametrize("member", ["activityProgress", "gradingProgress", "timestamp"])
def test_a_score_without_a_required_member_is_400(post, member):
    assert post(**{member: None}).status_code == 400


def test_an_unpublished_assignment_takes_no_score_until_it_is_published(canvas, post):
    canvas.unpublish()
    assert post().status_code == 422

    canvas.publish()
    assert post().status_code == 200


def test_an_error_of_an_earlier_check_hides_the_later(canvas, post):
    canvas.unpublish()

    assert post(userId="unknown", timestamp="x").json()["errors"]["message"].startswith("User not found")
    assert post(timestamp="x").json()["errors"]["message"] == "This assignment is still unpublished"


def test_a_course_that_is_over_keeps_its_roster(canvas, post):
    canvas.conclude()

    roster = canvas.call("GET", canvas.course["memberships_url"], token=token(canvas), accept=MEMBERS)

    assert (post().status_code, roster.status_code) == (422, 200)


def test_an_assignment_that_is_complete_or_not_has_all_points_or_none(canvas, post):
    canvas.change("line_item", {"pass_fail": True})

    post(1)
    assert shown(canvas) == 100
    post(0)
    assert shown(canvas) == 0


def test_an_old_canvas_makes_attempts_of_work_in_progress_too(sandbox):
    school = sandbox.school("canvas", environment="old_self_hosted", public_jwks=JWKS)
    column = school.links[0]["line_item"]["id"]

    for progress in ("Initialized", "Started", "InProgress"):
        post_score(school, column, score(school, activityProgress=progress))

    assert school.cell("student")["attempts"] == 2


# Lists


def test_line_items_come_in_pages_of_ten(canvas):
    for number in range(12):
        canvas.link(f"Circuit {number}")
    url = canvas.course["lineitems_url"]

    first = canvas.call("GET", url, token=token(canvas), accept=LIST)

    assert len(first.json()) == 10
    assert first.links["next"]["url"] == f"{url}?page=2&per_page=10"
    rest = canvas.call("GET", first.links["next"]["url"], token=token(canvas), accept=LIST)
    assert (len(rest.json()), "next" in rest.links) == (3, False)


def test_the_roster_comes_in_pages_of_at_most_fifty(canvas):
    canvas.add_students(70)
    url = canvas.course["memberships_url"] + "?limit=100"

    first = canvas.call("GET", url, token=token(canvas), accept=MEMBERS)

    assert len(first.json()["members"]) == 50
    rest = canvas.call("GET", first.links["next"]["url"], token=token(canvas), accept=MEMBERS)
    assert len(rest.json()["members"]) == 25
    recorded = json.loads((SAMPLES / "nrps.course.page1.json").read_text())["body"]["members"][0]
    assert set(rest.json()["members"][0]) == set(recorded)


@pytest.mark.parametrize(
    ("claims", "description"),
    [
        ({"aud": "https://elsewhere.example/"}, "the 'aud' is invalid"),
        ({"iat": 1}, "the 'iat' must be less than 300 seconds old"),
        ({"iat": 2**40}, "the 'iat' must not be in the future"),
        ({"exp": 1}, "the JWT has expired"),
        ({"jti": None}, "the following assertions are missing: jti"),
    ],
)
def test_the_token_endpoint_refuses_in_canvas_words(canvas, claims, description):
    answer = canvas.ask_token(assertion(canvas, **claims), f"{AGS}score")

    assert answered(answer) == (400, {"error": "invalid_request", "error_description": description})
