"""What a real Moodle did while teachers locked, typed, hid and unenrolled, played again in the same order."""

import json
from pathlib import Path

import jwt
import pytest

from tests.sandbox.services import JWKS, MEMBERS, SINGLE, at, get_results, post_score, score, token
from tests.sandbox_lms import NoForm

SAMPLES = Path(__file__).parent.parent / "samples" / "platforms" / "moodle"
STATES = json.loads((SAMPLES / "ags_gradebook_states.json").read_text())
COLUMNS = json.loads((SAMPLES / "ags_link_with_two_columns.json").read_text())
PAGES = json.loads((SAMPLES / "own_pages.json").read_text())
AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"


def recorded(kind, words):
    """The score with these words, and the result that was read after it."""
    number = next(n for n, exchange in enumerate(STATES) if exchange["name"] == f"{kind}: {words}")
    return STATES[number], STATES[number + 1]


class Gradebook:
    """The students of the recording, and the column of one kind."""

    def __init__(self, sandbox, kind):
        people = [{"handle": f"s{n}", "name": f"Student {n}", "sub": str(n)} for n in range(25, 31)]
        self.school = sandbox.school("moodle", public_jwks=JWKS, people=people)
        self.kind, self.clock = kind, -30
        self.url, self.number = self._column()

    def _column(self):
        if self.kind == "activity item":
            own = self.school.links[0]["line_item"]
            return own["id"], own["number"]
        body = {"label": "States", "scoreMaximum": 100, "resourceId": "st"}
        url = self.school.course["lineitems_url"]
        made = self.school.call("POST", url, token=token(self.school), content_type=SINGLE, body=body)
        (number,) = [item["number"] for item in self.school.line_items() if item["resource_id"] == "st"]
        return made.json()["id"], number

    def plays(self, words):
        """The recorded score, a second later than the last one, and what is read afterwards."""
        sent, read = recorded(self.kind, words)
        body = json.loads(sent["request"]["body"])
        self.clock += 1
        answer = post_score(self.school, self.url, body | {"timestamp": at(self.clock)})
        assert (answer.status_code, answer.text) == (sent["status"], text_of(sent["body"]))
        results = get_results(self.school, self.url, f"user_id={body['userId']}")
        assert [told(result) for result in results] == [told(result) for result in read["body"]]


def text_of(body):
    return body if isinstance(body, str) else json.dumps(body)


def told(result):
    return {name: result.get(name) for name in ("userId", "resultScore", "resultMaximum", "comment")}


@pytest.mark.parametrize("kind", ["activity item", "standalone item"])
def test_a_gradebook_in_other_hands_answers_as_moodles_did(sandbox, kind):
    gradebook = Gradebook(sandbox, kind)
    school, number = gradebook.school, gradebook.number

    gradebook.plays("first score")
    school.teacher_types("s25", 12.5, line_item=number, comment="teacher says")
    gradebook.clock = 0
    gradebook.plays("after a teacher overrode the grade in the gradebook (12.5)")
    school.change("line_item", {"locked": True}, line_item=number)
    gradebook.plays("whole item locked")
    school.change("line_item", {"locked": False}, line_item=number)
    school.unenrol("s28")
    gradebook.plays("student unenrolled")
    gradebook.plays("another student after the item was unlocked")


def test_a_link_with_two_columns_names_none_until_one_is_left(moodle):
    def claim():
        form = moodle.collect(moodle.begin_launch("teacher"))
        return jwt.decode(form["id_token"], options={"verify_signature": False})[AGS]

    link = moodle.links[0]["resource_link_id"]
    body = {
        "label": "Second",
        "scoreMaximum": 20,
        "resourceId": "second",
        "tag": "assess",
        "resourceLinkId": link,
    }
    second = moodle.call(
        "POST", moodle.course["lineitems_url"], token=token(moodle), content_type=SINGLE, body=body
    ).json()["id"]
    assert set(claim()) == set(COLUMNS["two columns coupled to the link"])

    review = COLUMNS["after PUT with submissionReview"]["submissionReview"]
    moodle.call(
        "PUT", second, token=token(moodle), content_type=SINGLE, body=body | {"submissionReview": review}
    )
    read = moodle.call("GET", second, token=token(moodle), accept=SINGLE).json()
    assert set(read) == set(COLUMNS["after PUT with submissionReview"])
    assert read["submissionReview"] == review

    moodle.call("DELETE", second, token=token(moodle))
    assert set(claim()) == set(COLUMNS["one column again"])
    assert claim()["lineitem"] == moodle.links[0]["line_item"]["id"]


def test_who_may_not_enter_sees_moodles_own_page(moodle):
    moodle.suspend("student")
    with pytest.raises(NoForm) as refused:
        moodle.collect(moodle.begin_launch("student"))
    assert refused.value.text_line in PAGES["launch_refused_suspended1"]["text"].splitlines()

    begun = moodle.begin_launch("teacher")
    moodle.collect(begun)
    with pytest.raises(NoForm) as refused:
        moodle.collect(begun)
    assert refused.value.text_line in PAGES["oidc_replayed_initiation"]["text"].splitlines()


def test_a_roster_is_told_and_a_score_taken_while_a_suspended_student_is_away(moodle):
    moodle.suspend("student")

    roster = moodle.call("GET", moodle.course["memberships_url"], token=token(moodle), accept=MEMBERS)
    scored = post_score(moodle, moodle.links[0]["line_item"]["id"], score(moodle))

    assert moodle.sub("student") not in {member["user_id"] for member in roster.json()["members"]}
    assert scored.status_code == 200
