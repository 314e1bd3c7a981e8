"""What Moodle does that one exchange cannot show: a teacher's hand, the clock, and who is who."""

import json
from pathlib import Path

import jwt
import pytest

from tests.sandbox.services import (
    MEMBERS,
    RESULTS,
    SINGLE,
    assertion,
    at,
    beside,
    get_results,
    post_score,
    score,
    token,
)
from tests.sandbox_lms import NoForm

SAMPLES = Path(__file__).parent.parent / "samples" / "platforms" / "moodle"


@pytest.fixture
def column(moodle):
    """The activity's own column, of 100 points."""
    return moodle.links[0]["line_item"]["id"]


@pytest.fixture
def own_column(moodle):
    made = moodle.call(
        "POST",
        moodle.course["lineitems_url"],
        token=token(moodle),
        content_type=SINGLE,
        body={"label": "Station 1", "scoreMaximum": 100, "tag": "own"},
    )
    return made.json()["id"]


def number_of(moodle, tag):
    return next(item["number"] for item in moodle.line_items() if item["tag"] == tag)


def test_a_grade_typed_over_the_tools_stays_in_the_activitys_column(moodle, column):
    post_score(moodle, column, score(moodle, timestamp=at(-9)))
    moodle.teacher_types("student", 12.5, comment="teacher says")

    answer = post_score(moodle, column, score(moodle, given=30, timestamp=at(9)))

    assert (answer.status_code, answer.text) == (200, "")
    (result,) = get_results(moodle, column)
    assert (result["resultScore"], result["comment"]) == (12.5, "teacher says")
    assert moodle.cell("student")["graded_by"] == "teacher"


def test_a_grade_typed_over_the_tools_is_overwritten_in_a_column_of_its_own(moodle, own_column):
    number = number_of(moodle, "own")
    moodle.teacher_types("student", 12.5, line_item=number)

    post_score(moodle, own_column, score(moodle, given=30, timestamp=at(9)))

    (result,) = get_results(moodle, own_column)
    assert result["resultScore"] == 60


def test_a_cell_emptied_by_the_teacher_stays_empty_until_the_override_is_taken_off(moodle, column):
    post_score(moodle, column, score(moodle, timestamp=at(-9)))
    moodle.teacher_clears("student")

    post_score(moodle, column, score(moodle, timestamp=at(9)))
    assert moodle.cell("student")["score"] is None

    moodle.override("student", on=False)
    post_score(moodle, column, score(moodle, timestamp=at(19)))
    assert moodle.cell("student")["score"] == 80


def test_a_score_older_than_the_teachers_change_is_refused(moodle, column):
    moodle.teacher_types("student", 12)

    answer = post_score(moodle, column, score(moodle, timestamp=at(-5)))

    assert (answer.status_code, answer.text) == (409, "[]")


def test_a_locked_column_answers_500_and_stores_nothing(moodle, column):
    moodle.lock()

    answer = post_score(moodle, column, score(moodle))

    assert (answer.status_code, answer.text) == (500, "[]")
    assert moodle.gradebook() == []


def test_a_student_who_left_cannot_be_graded_and_a_suspended_one_can(moodle, column):
    moodle.suspend("student")
    assert post_score(moodle, column, score(moodle)).status_code == 200

    moodle.unenrol("student")
    assert post_score(moodle, column, score(moodle, timestamp=at(5))).status_code == 400


def test_a_smaller_maximum_keeps_the_percentage_of_grades(moodle, own_column):
    post_score(moodle, own_column, score(moodle, given=25))

    body = {"label": "Station 1", "scoreMaximum": 10}
    moodle.call("PUT", own_column, token=token(moodle), content_type=SINGLE, body=body)

    assert moodle.cell("student")["score"] == 5


def test_the_roster_has_short_roles_and_calls_the_assistant_a_learner(moodle):
    answer = moodle.call("GET", moodle.course["memberships_url"], token=token(moodle), accept=MEMBERS)

    roles = {member["user_id"]: member["roles"] for member in answer.json()["members"]}
    assert roles[moodle.sub("teacher")] == ["Instructor"]
    assert roles[moodle.sub("ta")] == ["Learner"]
    assert "Link" not in answer.headers


def test_a_roster_has_the_recorded_members(moodle):
    recorded = json.loads((SAMPLES / "nrps.json").read_text())[0]

    answer = moodle.call("GET", moodle.course["memberships_url"], token=token(moodle), accept=MEMBERS)

    assert answer.headers["Content-Type"] == recorded["headers"]["Content-Type"]
    assert set(answer.json()) == set(recorded["body"])
    assert set(answer.json()["members"][0]) == set(recorded["body"]["members"][0])


def test_the_rosters_next_page_forgets_the_role(moodle):
    url = moodle.course["memberships_url"] + "?role=Learner&limit=2"

    answer = moodle.call("GET", url, token=token(moodle), accept=MEMBERS)

    assert answer.headers["Link"] == f'<{moodle.course["memberships_url"]}?limit=2&from=2>; rel="next"'


def test_a_suspended_student_is_not_on_the_roster_and_cannot_launch(moodle):
    before = moodle.call("GET", moodle.course["memberships_url"], token=token(moodle), accept=MEMBERS).json()
    moodle.suspend("student")
    after = moodle.call("GET", moodle.course["memberships_url"], token=token(moodle), accept=MEMBERS).json()

    gone = {m["user_id"] for m in before["members"]} - {m["user_id"] for m in after["members"]}
    assert gone == {moodle.sub("student")}
    with pytest.raises(NoForm):
        moodle.collect(moodle.begin_launch("student"))


def test_a_roster_for_an_unknown_link_is_404_and_of_a_wrong_media_type_400(moodle):
    url = moodle.course["memberships_url"]

    assert moodle.call("GET", f"{url}?rlid=999", token=token(moodle), accept=MEMBERS).status_code == 404
    assert moodle.call("GET", url, token=token(moodle), accept="application/json").status_code == 400
    assert moodle.call("GET", url, accept=MEMBERS).status_code == 401


def test_the_token_endpoint_looks_at_neither_audience_nor_jti(moodle):
    lax = assertion(moodle, aud="https://elsewhere.example/", jti=None)

    answer = moodle.ask_token(lax, "https://purl.imsglobal.org/spec/lti-ags/scope/score unknown")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.json()["scope"] == "https://purl.imsglobal.org/spec/lti-ags/scope/score"


@pytest.mark.parametrize(
    ("claims", "error"),
    [({"exp": 1}, "Expired token"), ({"iss": "x", "sub": "x"}, "invalid_client")],
)
def test_the_token_endpoint_refuses_in_moodles_words(moodle, claims, error):
    answer = moodle.ask_token(assertion(moodle, **claims), "openid")

    assert (answer.status_code, answer.json()) == (400, {"error": error})


def test_a_launch_after_the_column_was_deleted_names_no_line_item(moodle, column):
    assert moodle.call("DELETE", column, token=token(moodle)).status_code == 204

    form = moodle.collect(moodle.begin_launch("student"))

    claims = jwt.decode(form["id_token"], options={"verify_signature": False})
    assert "lineitem" not in claims["https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"]
    results = moodle.call("GET", beside(column, "results"), token=token(moodle), accept=RESULTS)
    assert results.status_code == 404
