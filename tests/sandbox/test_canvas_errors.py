"""Each row of Canvas' table of errors, done to the sandbox and answered as its source does."""

import json
from pathlib import Path

import pytest

from tests.sandbox.services import AGS, LIST, SINGLE, SUBMISSION, at, post_score, score, token

SAMPLES = Path(__file__).parent.parent / "samples" / "platforms" / "canvas"
ROWS = json.loads((SAMPLES / "ags.errors.json").read_text())["cases"]
NOT_FOUND = {"errors": [{"message": "The specified resource does not exist."}]}
# Rows that say in words what the body is.
BODIES = {
    "Canvas 404 JSON": NOT_FOUND,
    "<grade error text>": "This student has left",
}
SCENARIOS = {}


class Tool:
    """A tool and a school like Canvas, with the activity's own column."""

    def __init__(self, canvas):
        self.canvas = canvas
        self.link = canvas.links[0]
        self.column = self.link["line_item"]["id"]
        self.access = token(canvas)

    def posts(self, given=40, access=None, **changes):
        access = self.access if access is None else access
        return post_score(self.canvas, self.column, score(self.canvas, given, **changes), token=access)

    def lists(self, access=None):
        access = self.access if access is None else access
        return self.canvas.call("GET", self.canvas.course["lineitems_url"], token=access, accept=LIST)

    def creates(self, **body):
        body = {"label": "Sub", "scoreMaximum": 5} | body
        url = self.canvas.course["lineitems_url"]
        return self.canvas.call("POST", url, token=self.access, content_type=SINGLE, body=body)

    def calls(self, method, url=None, body=None):
        url = url or self.column
        return self.canvas.call(method, url, token=self.access, content_type=SINGLE, body=body)

    def marks(self, what, **fields):
        which = {} if what in ("tool", "course") else {"link": self.link["number"]}
        self.canvas.change(what, fields, **which)


def row(op, when):
    def register(scenario):
        SCENARIOS[op, when] = scenario
        return scenario

    return register


@row("any", "no Authorization header")
def _(tool):
    return tool.lists(access="")


@row("any", "not a JWT")
def _(tool):
    return tool.lists(access="nonsense")


@row("any", "expired token")
def _(tool):
    tool.canvas.forget_tokens()
    return tool.lists()


@row("any", "scope missing")
def _(tool):
    return tool.posts(access=token(tool.canvas, f"{AGS}lineitem"))


@row("any", "key deleted/inactive")
def _(tool):
    tool.canvas.switch_off_tool()
    return tool.lists()


@row("any", "key off in the account")
def _(tool):
    tool.marks("tool", is_on_in_account=False)
    return tool.lists()


@row("any", "tool not installed in this course")
def _(tool):
    tool.marks("course", has_tool=False)
    return tool.lists()


@row("any", "no such course / line item / line item of another course")
def _(tool):
    other = tool.canvas.add_course()
    elsewhere = tool.canvas.do("link", title="Elsewhere", course=other["number"])["line_item"]["number"]
    path, _, number = tool.column.rpartition("/")
    nowhere = path.replace(f"/courses/{tool.canvas.course['number']}/", "/courses/999999/")
    answers = [
        tool.calls("GET", url) for url in (f"{nowhere}/{number}", f"{path}/999999", f"{path}/{elsewhere}")
    ]
    assert {answer.text for answer in answers} == {answers[0].text}
    return answers[0]


@row("any AGS", "course concluded")
def _(tool):
    tool.canvas.conclude()
    return tool.lists()


@row("score/result for a user", "concluded for that student")
def _(tool):
    tool.canvas.conclude("student")
    return tool.posts()


@row("lineitem show/update/delete", "line item of another client")
def _(tool):
    tool.canvas.change("line_item", {"of_other_tool": True})
    assert tool.lists().json() == []
    answers = [tool.calls("GET"), tool.calls("PUT", body={"label": "x"}), tool.calls("DELETE")]
    assert {(answer.status_code, answer.text) for answer in answers} == {(412, answers[0].text)}
    return answers[0]


@row("lineitem show/update/delete, score", "resourceLinkId sent and different")
def _(tool):
    changed = tool.calls("PUT", body={"resourceLinkId": "another"})
    scored = tool.posts(resourceLinkId="another")
    shown = tool.calls("GET", tool.column + "?resourceLinkId=another")
    assert scored.text == changed.text == shown.text
    return changed


@row("lineitem create", "resourceLinkId unknown")
def _(tool):
    return tool.creates(resourceLinkId="nobody's")


@row("lineitem create", "resource link without active line item, other course, or deleted assignment")
def _(tool):
    other = tool.canvas.add_course()
    elsewhere = tool.canvas.do("link", title="Elsewhere", course=other["number"])
    bare = tool.canvas.do("link", title="Bare", line_item=False)
    tool.marks("link", deleted=True)
    answers = [tool.creates(resourceLinkId=link["resource_link_id"]) for link in (elsewhere, bare, tool.link)]
    assert {(answer.status_code, answer.text) for answer in answers} == {(412, "")}
    return answers[0]


@row("lineitem create", "resourceLinkId is an assignment of another tool")
def _(tool):
    tool.marks("link", of_other_tool=True)
    return tool.creates(resourceLinkId=tool.link["resource_link_id"])


@row("lineitem create", "submission_type.type not an offline type")
def _(tool):
    kind = {"https://canvas.instructure.com/lti/submission_type": {"type": "online_upload"}}
    return tool.creates(**kind)


@row("lineitem show", "its assignment was deleted")
def _(tool):
    tool.marks("link", deleted=True)
    assert tool.lists().json() == []
    return tool.calls("GET")


@row("lineitem delete", "coupled (made by Canvas for an external-tool assignment)")
def _(tool):
    return tool.calls("DELETE")


@row("score", "userId unknown, missing, or not a student (teacher, TA, observer)")
def _(tool):
    answers = [tool.posts(userId=who) for who in ("unknown", None, tool.canvas.sub("teacher"))]
    assert {answer.text for answer in answers} == {answers[0].text}
    return answers[0]


@row("score", "activityProgress/gradingProgress/timestamp missing")
def _(tool):
    return tool.posts(gradingProgress=None)


@row("score", "assignment unpublished")
def _(tool):
    tool.canvas.unpublish()
    return tool.posts()


@row("score", "timestamp unparsable")
def _(tool):
    return tool.posts(timestamp="yesterdayish")


@row("score", "timestamp < stored result.updated_at (equal is fine)")
def _(tool):
    stored, older = "2026-09-20T08:00:00.250Z", "2026-09-20T08:00:00.000Z"
    assert [tool.posts(timestamp=stored).status_code for _ in range(2)] == [200, 200]
    return tool.posts(timestamp=older)


@row("score", "scoreGiven without scoreMaximum")
def _(tool):
    return tool.posts(scoreMaximum=None)


@row("score", "scoreMaximum negative")
def _(tool):
    return tool.posts(scoreMaximum=-1)


@row("score", "scoreMaximum 0 and line item maximum not 0")
def _(tool):
    return tool.posts(scoreMaximum=0)


@row("score", "scoreGiven negative")
def _(tool):
    return tool.posts(-1)


@row("score", "submittedAt unparsable")
def _(tool):
    return tool.posts(submission={"submittedAt": "x"})


@row("score", "submittedAt > now + 1 min")
def _(tool):
    assert tool.posts(submission={"submittedAt": at(30)}).status_code == 200
    return tool.posts(submission={"submittedAt": at(120)})


@row("score", "submission_type online_upload without content_items")
def _(tool):
    return tool.posts(**{SUBMISSION: {"submission_type": "online_upload"}})


@row("score", "new submission and no attempts left (unless same submittedAt)")
def _(tool):
    tool.canvas.change("line_item", {"allowed_attempts": 1})
    handed_in = {"submission": {"submittedAt": at(-60)}}
    assert [tool.posts(**handed_in).status_code for _ in range(2)] == [200, 200]
    assert tool.posts(**{SUBMISSION: {"new_submission": False}}).status_code == 200
    return tool.posts()


@row("score", "Assignment::GradeError while grading")
def _(tool):
    tool.canvas.change("line_item", {"grade_error": BODIES["<grade error text>"]})
    return tool.posts()


@row("any", "throttled")
def _(tool):
    tool.canvas.throttle()
    return tool.lists()


def test_every_row_of_the_table_is_done():
    assert set(SCENARIOS) == {(row["op"], row["when"]) for row in ROWS}


@pytest.mark.parametrize("wanted", ROWS, ids=[f"{row['op']}: {row['when']}" for row in ROWS])
def test_an_error_is_told_in_canvas_words(canvas, wanted):
    tool = Tool(canvas)

    answer = SCENARIOS[wanted["op"], wanted["when"]](tool)

    assert answer.status_code == wanted["status"]
    assert wanted.get("headers", {}).items() <= dict(answer.headers).items()
    assert body_of(answer) == expected_body(wanted, answer)


def body_of(answer):
    is_json = answer.headers["Content-Type"].startswith("application/json")
    return answer.json() if is_json and answer.content else answer.text


def expected_body(wanted, answer):
    body = wanted["body"]
    if "not pinned" in body:  # nobody has seen it
        return body_of(answer)
    if isinstance(body, str):
        return BODIES.get(body, body)
    message = body.get("errors", {}).get("message", "") if isinstance(body.get("errors"), dict) else ""
    if message == "<grade error text>":
        return {"errors": body["errors"] | {"message": BODIES[message]}}
    if message.endswith("in the future"):  # its example is a date that has come by the time this runs
        sent = answer.json()["errors"]["message"]
        assert message.partition(" of ")[0] == sent.partition(" of ")[0]
        return {"errors": body["errors"] | {"message": sent}}
    return body


def test_what_is_refused_leaves_the_gradebook_as_it_was(canvas):
    tool = Tool(canvas)
    canvas.teacher_types("student", 75)

    for op, when in SCENARIOS:
        if op == "score" and "attempts" not in when and "<" not in when and ">" not in when:
            SCENARIOS[op, when](tool)

    assert canvas.cell("student")["score"] == 75
