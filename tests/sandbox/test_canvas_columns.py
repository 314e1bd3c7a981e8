"""Canvas's line items and results, beside the exchanges written after its source."""

import json
from pathlib import Path

import pytest

from tests.sandbox.services import LIST, SINGLE, SUBMISSION, get_results, post_score, score, token

SAMPLES = Path(__file__).parent.parent / "samples" / "platforms" / "canvas"
ITEMS = json.loads((SAMPLES / "ags.line_items.json").read_text())
RESULTS = json.loads((SAMPLES / "ags.results.json").read_text())
KIND = "https://canvas.instructure.com/lti/submission_type"


@pytest.fixture
def send(canvas):
    def call(method, url="", body=None):
        accept, content_type = (LIST if method == "GET" else "*/*"), SINGLE if body else ""
        url = url or canvas.course["lineitems_url"]
        return canvas.call(
            method, url, token=token(canvas), accept=accept, content_type=content_type, body=body
        )

    return call


def is_shown(canvas, label):
    """Whether the gradebook that teachers see has the column."""
    return label in canvas.call("GET", f"{canvas.url}/as/teacher/gradebook/").text


def made_as(answer, recorded, **replaced):
    """The answer with what only the sandbox can know (ids) as recorded."""
    body = answer.json()
    return answer.status_code, body | {name: recorded["response"][name] for name in ("id", *replaced)}


def test_a_column_with_a_tool_behind_it_is_a_new_assignment(canvas, send):
    recorded = ITEMS["create_uncoupled"]

    answer = send("POST", body=recorded["request"])

    link = answer.json()["resourceLinkId"]
    assert made_as(answer, recorded, resourceLinkId=link) == (recorded["status"], recorded["response"])
    made = next(one for one in canvas.refresh().links if one["resource_link_id"] == link)
    assert made["title"] == recorded["request"]["label"]
    url = f"{canvas.url}/as/student/links/{made['number']}/"
    assert recorded["request"][KIND]["external_tool_url"] in canvas.call("GET", url).text
    shown = send("GET", answer.json()["id"]).json()
    assert set(shown) == set(ITEMS["list"]["response"][1])


def test_a_column_without_a_tool_behind_it_opens_nothing(canvas, send):
    recorded = ITEMS["create_without_extension"]

    answer = send("POST", body=recorded["request"])

    assert made_as(answer, recorded) == (recorded["status"], recorded["response"])
    assert is_shown(canvas, recorded["request"]["label"])


def test_a_second_column_of_an_assignment_is_made_and_never_shown(canvas, send):
    recorded, link = ITEMS["create_on_resource_link"], canvas.links[0]["resource_link_id"]

    answer = send("POST", body=recorded["request"] | {"resourceLinkId": link})

    assert made_as(answer, recorded, resourceLinkId=link) == (recorded["status"], recorded["response"])
    assert answer.json()["resourceLinkId"] == link
    assert not is_shown(canvas, recorded["request"]["label"])


def test_a_column_can_say_what_it_opens(canvas, send):
    recorded = ITEMS["show_include_launch_url"]
    (name,) = recorded["adds"]
    column = canvas.links[0]["line_item"]["id"]
    query = recorded["url"].partition("?")[2]

    plain, told = send("GET", column).json(), send("GET", f"{column}?{query}").json()

    assert told == plain | {name: "http://127.0.0.1:8000/lti/launch/"}
    assert send("GET", f"{canvas.course['lineitems_url']}?{query}").json() == [told]
    assert set(plain) <= set(ITEMS["coupled_from_deep_link"])


def test_a_list_comes_in_pages_with_the_recorded_link_header(canvas, send):
    for number in range(ITEMS["list"]["default_per_page"]):
        canvas.link(f"Circuit {number}")

    first = send("GET")

    here, there = (
        canvas.course["lineitems_url"],
        "https://northfield.canvas.example/api/lti/courses/912/line_items",
    )
    assert first.headers["Link"].replace(here, there) == ITEMS["list"]["link_header"]
    assert len(first.json()) == ITEMS["list"]["default_per_page"]
    assert len(send("GET", f"{here}?limit=500").json()) == 11


def test_a_list_is_filtered_as_asked_and_ten_a_page_is_not_more_than_a_hundred(canvas, send):
    canvas.change("line_item", {"tag": "main", "resource_id": "osce-42"})
    canvas.link("Another")
    url, link = canvas.course["lineitems_url"], canvas.links[0]["resource_link_id"]

    found = [
        [item["label"] for item in send("GET", f"{url}?{query}").json()]
        for query in ("tag=main", "resource_id=osce-42", f"resource_link_id={link}", "tag=none")
    ]

    assert found == [["OSCE circuit"]] * 3 + [[]]


def test_a_change_of_the_first_column_renames_the_assignment(canvas, send):
    column = canvas.links[0]["line_item"]["id"]

    answer = send("PUT", column, {"label": "Renamed", "scoreMaximum": 40})

    assert (answer.json()["label"], answer.json()["scoreMaximum"]) == ("Renamed", 40.0)
    assert canvas.refresh().links[0]["title"] == "Renamed"
    assert answer.json()["resourceLinkId"] == canvas.links[0]["resource_link_id"]


def test_what_a_tool_made_it_may_delete_and_its_assignment_goes_too(canvas, send):
    first = send("POST", body=ITEMS["create_uncoupled"]["request"]).json()
    extra = send(
        "POST", body={"label": "Extra", "scoreMaximum": 5, "resourceLinkId": first["resourceLinkId"]}
    ).json()

    assert send("DELETE", extra["id"]).status_code == 204
    assert first["label"] in canvas.call("GET", f"{canvas.url}/as/teacher/").text
    assert send("DELETE", first["id"]).status_code == 204
    assert first["label"] not in canvas.call("GET", f"{canvas.url}/as/teacher/").text
    assert send("DELETE", canvas.links[0]["line_item"]["id"]).status_code == 401


def test_results_have_the_recorded_members_and_no_empty_ones(canvas):
    column = canvas.links[0]["line_item"]["id"]
    told = {"comment": RESULTS["response"][0]["comment"], SUBMISSION: {"new_submission": False}}
    post_score(canvas, column, score(canvas, 17.5, scoreMaximum=20, **told))
    waiting = {"userId": canvas.sub("student2"), "gradingProgress": "Pending"}
    post_score(canvas, column, score(canvas, None, **waiting))

    graded, ungraded = get_results(canvas, column)

    assert set(graded) == set(RESULTS["response"][0])
    assert graded[SUBMISSION] == RESULTS["response"][0][SUBMISSION]
    assert graded["id"].startswith(f"{column}/results/")
    assert set(ungraded) == set(RESULTS["response"][1])
    assert get_results(canvas, column, f"user_id={canvas.sub('teacher')}") == []
