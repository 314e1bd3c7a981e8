"""The platform without habits, the faults it can be given, and the pages for people."""

import time

import pytest
import requests

from tests.sandbox.services import LIST, MEMBERS, SCORE, at, get_results, post_score, score, token


@pytest.fixture
def column(plain):
    return plain.links[0]["line_item"]["id"]


def test_a_score_is_scaled_and_an_older_one_refused(plain, column):
    now = at()
    assert post_score(plain, column, score(plain, timestamp=now)).status_code == 204
    assert post_score(plain, column, score(plain, given=1, timestamp=now)).status_code == 409

    (result,) = get_results(plain, column)
    assert (result["resultScore"], result["resultMaximum"]) == (80, 100)


def test_the_three_filters_and_the_limit(plain):
    plain.link("Second")
    url = plain.course["lineitems_url"]

    def found(query):
        return plain.call("GET", f"{url}?{query}", token=token(plain), accept=LIST)

    link = plain.links[1]["resource_link_id"]
    assert [item["label"] for item in found(f"resource_link_id={link}").json()] == ["Second"]
    assert found("tag=none").json() == []
    first = found("limit=1")
    assert len(first.json()) == 1
    assert [i["label"] for i in plain.call("GET", first.links["next"]["url"], token=token(plain)).json()] == [
        "Second"
    ]


def test_scopes_are_those_of_the_token(plain, column):
    reading = token(plain, "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly")

    assert post_score(plain, column, score(plain), token=reading).status_code == 403
    assert post_score(plain, column, score(plain), token="nonsense").status_code == 401


def test_the_roster_can_be_paged_and_filtered(plain):
    plain.add_students(5)
    url = plain.course["memberships_url"] + "?limit=4"

    first = plain.call("GET", url, token=token(plain), accept=MEMBERS)
    assert len(first.json()["members"]) == 4
    rest = plain.call("GET", first.links["next"]["url"], token=token(plain), accept=MEMBERS)
    assert len(rest.json()["members"]) == 4


# Faults


def test_a_fault_happens_as_often_as_it_was_asked_for(plain, column):
    plain.fault("scores", status=500, times=2, body="oops", headers={"Retry-After": "7"})

    answers = [post_score(plain, column, score(plain, timestamp=at(n))) for n in range(3)]

    assert [answer.status_code for answer in answers] == [500, 500, 204]
    assert (answers[0].text, answers[0].headers["Retry-After"]) == ("oops", "7")
    assert (plain.requests("scores"), len(plain.posts())) == (3, 1)


def test_an_answer_can_be_lost_after_the_work_was_done(plain, column):
    plain.fault("scores", process_first=True, close=True)

    with pytest.raises(requests.ConnectionError):
        post_score(plain, column, score(plain))

    assert plain.cell("student")["score"] == 80


def test_a_connection_can_be_closed_before_any_work(plain, column):
    plain.fault("scores", close=True, times=None)

    with pytest.raises(requests.ConnectionError):
        post_score(plain, column, score(plain))
    plain.clear_faults()

    assert plain.gradebook() == []
    assert post_score(plain, column, score(plain)).status_code == 204


def test_a_platform_can_be_slow(plain):
    access = token(plain)
    plain.fault("memberships", hang=0.3)
    began = time.monotonic()

    answer = plain.call("GET", plain.course["memberships_url"], token=access)

    assert (answer.status_code, time.monotonic() - began >= 0.3) == (200, True)


def test_schools_do_not_see_each_other(plain, canvas, column):
    foreign = token(canvas)

    assert post_score(plain, column, score(plain), token=foreign).status_code == 401
    canvas.fault("scores", status=500)
    assert post_score(plain, column, score(plain)).status_code == 204


# Pages


def page(school, path, **form):
    method = "POST" if form else "GET"
    answer = school.sandbox.request(method, f"{school.url}/{path}", data=form or None)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_a_teacher_adds_an_activity_and_a_student_opens_it(plain):
    page(plain, "as/teacher/links/", title="Station <1>")
    link = plain.refresh().links[-1]

    seen = page(plain, "as/student/")
    opened = page(plain, f"as/student/links/{link['number']}/")

    assert "Station &lt;1&gt;" in seen
    assert "Add Bellringer" not in seen
    assert 'target="tool-frame"' in opened
    assert "http://127.0.0.1:8000/lti/login/" in opened
    assert "lti_storage_target" not in opened


def test_canvas_offers_storage_in_the_frame_and_not_in_a_tab_of_its_own(canvas):
    path = f"as/student/links/{canvas.links[0]['number']}/"

    assert 'name="lti_storage_target" value="post_message_forwarding"' in page(canvas, path)
    assert "lti_storage_target" not in page(canvas, path + "?window=1")


def test_a_student_sees_only_what_is_published(canvas):
    canvas.unpublish()

    assert "OSCE circuit" not in page(canvas, "as/student/")
    assert "Not published" in page(canvas, "as/teacher/")
    page(canvas, f"as/teacher/links/{canvas.links[0]['number']}/published/", published="yes")
    assert "OSCE circuit" in page(canvas, "as/student/")


def test_a_teacher_types_a_grade_and_the_student_sees_it(plain):
    number = plain.line_items()[0]["number"]

    page(plain, f"as/teacher/gradebook/{number}/student/", score="12,5", comment="See me")

    assert plain.cell("student")["score"] == 12.5
    own = page(plain, "as/student/gradebook/")
    assert "12.5" in own
    assert "See me" in own
    assert "Bea" not in own
    assert "See me" not in page(plain, "as/student2/gradebook/")
    page(plain, f"as/teacher/gradebook/{number}/student/", score="")
    assert plain.cell("student")["score"] is None


def test_a_student_cannot_type_a_grade(plain):
    number = plain.line_items()[0]["number"]

    page(plain, f"as/student/gradebook/{number}/student/", score="100")

    assert plain.gradebook() == []


def test_pages_have_no_inline_script_or_style_and_say_so(plain):
    answer = plain.sandbox.request("GET", f"{plain.url}/as/teacher/")

    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "<style" not in answer.text
    assert "style=" not in answer.text


def test_scores_are_logged_as_they_came(plain, column):
    post_score(plain, column, "not json", content_type=SCORE)

    (post,) = plain.posts()
    assert (post["body"], post["json"], post["status"]) == ("not json", None, 400)
