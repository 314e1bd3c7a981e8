"""Each exchange that was recorded with a real Moodle, played again in the same order against the sandbox."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.services import AGS, ALL, JWKS, LIST, SINGLE, token
from tests.sandbox_lms import JSON, Sandbox, School

RECORDINGS = Path(__file__).parent.parent / "samples" / "platforms" / "moodle"
BASE = "https://moodle.localhost:8443/mod/lti/services.php"
READ_ONLY = f"{AGS}lineitem.readonly"
# The real one answered these about another course's name or a page of its own making.
FREE_BODY = ("results limit=2", "results limit=2 from=2")


def recorded(name: str) -> list[JSON]:
    exchanges = json.loads((RECORDINGS / f"{name}.json").read_text())
    return [exchange for exchange in exchanges if "/services.php/" in exchange["request"]["url"]]


class Replay:
    """A school with the recording's people and columns, and the words to compare its answers with."""

    def __init__(self, sandbox: Sandbox) -> None:
        people = [{"handle": "teacher", "name": "Tina O'Teacher", "role": "teacher", "sub": "3"}]
        people += [{"handle": "ta", "name": "Non Editing", "role": "ta", "sub": "4"}]
        people += [{"handle": "both", "name": "Bo Both", "role": "both", "sub": "6"}]
        people += [{"handle": "gone", "name": "Sus Pended", "role": "student", "sub": "7", "suspended": True}]
        people += [{"handle": f"s{n}", "name": f"Student {n}", "sub": str(n)} for n in range(8, 39)]
        self.school: School = sandbox.school("moodle", public_jwks=JWKS, people=people, activity=False)
        self.course = self.school.course["number"]
        other = self.school.add_course()["number"]
        self.courses = {"2": self.course, "3": other, "999": 10**9}
        self.items: dict[str, str] = {}
        self.tokens = {scope: token(self.school, scope) for scope in (ALL, READ_ONLY)}

    def activity(self, number: str, link: str, title: str) -> None:
        made = self.school.do(
            "link", title=title, resource_link_id=link, score_maximum=100, course=self.course
        )
        self.items[number] = str(made["line_item"]["number"])

    def column(self, number: str, maximum: float) -> None:
        made = self.school.call(
            "POST",
            self.school.course["lineitems_url"],
            token=self.tokens[ALL],
            content_type=SINGLE,
            body={"label": "x", "scoreMaximum": maximum},
        )
        self.items[number] = re.search(r"/lineitems/(\d+)/", made.json()["id"])[1]

    def send(self, exchange: JSON) -> JSON:
        request = exchange["request"]
        answer = self.school.call(
            request["method"],
            self._here(request["url"]),
            token=self._token(exchange),
            accept=request["headers"].get("Accept", "*/*"),
            content_type=request["headers"].get("Content-Type", ""),
            body=request["body"],
        )
        text = answer.content.decode()
        if request["method"] == "POST" and answer.status_code == 201:
            number = re.search(r"/lineitems/(\d+)/", exchange["body"]["id"])[1]
            self.items[number] = re.search(r"/lineitems/(\d+)/lineitem", json.loads(text)["id"])[1]
        return {
            "status": answer.status_code,
            "reason": self._there(answer.reason),
            "type": answer.headers["Content-Type"],
            "link": self._there(answer.headers.get("Link", "").encode("latin-1").decode()) or None,
            "body": self._there(text),
        }

    def _token(self, exchange: JSON) -> str:
        name = exchange["name"]
        if "without token" in name:
            return ""
        if "bad token" in name:
            return "nonsense"
        if "with readonly scope" in name:
            return self.tokens[READ_ONLY]
        return self.tokens[READ_ONLY] if re.search(r"without .*scope", name) else self.tokens[ALL]

    def _here(self, url: str) -> str:
        course, rest = re.fullmatch(re.escape(BASE) + r"/(\d+)(/.*)", url).groups()
        rest = re.sub(r"/lineitems/(\d+)", lambda found: f"/lineitems/{self.items.get(found[1], 0)}", rest)
        return f"{self.school.url}/api/courses/{self.courses[course]}{rest}"

    def _there(self, text: str) -> str:
        numbers = {live: number for number, live in self.items.items()}
        courses = {str(live): number for number, live in self.courses.items()}
        for here, there in (
            (f"{self.school.url}/api/courses/", f"{BASE}/"),
            (f"/{self.school.slug}/api/courses/", "/mod/lti/services.php/"),
            ("for /", "for /"),
            ("Course ", "Course "),
        ):
            text = re.sub(
                rf"{re.escape(here)}(\d+)", lambda found, there=there: there + courses[found[1]], text
            )
        return re.sub(
            r"(/lineitems/|[Ii]tem )(\d+)\b", lambda found: found[1] + numbers.get(found[2], found[2]), text
        )


def expected(exchange: JSON) -> JSON:
    body = exchange["body"]
    return {
        "status": exchange["status"],
        "reason": exchange["reason"],
        "type": exchange["headers"]["Content-Type"],
        "link": exchange["raw_link_header"],
        "body": body,
    }


def parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def play(replay: Replay, exchanges: list[JSON]) -> dict[str, JSON]:
    return {f"{n} {exchange['name']}": replay.send(exchange) for n, exchange in enumerate(exchanges)}


SCORES = recorded("ags_scores_results")
EXTRA = recorded("ags_scores_extra")
COLUMNS = recorded("ags_lineitems")


@pytest.fixture(scope="module")
def scores(sandbox: Sandbox) -> dict[str, JSON]:
    replay = Replay(sandbox)
    replay.activity("15", "3", "Graded link two")
    replay.column("17", 50)
    replay.column("20", 53)
    replay.school.delete_column(int(replay.items["20"]))
    return play(replay, SCORES)


@pytest.fixture(scope="module")
def extra(sandbox: Sandbox) -> dict[str, JSON]:
    replay = Replay(sandbox)
    replay.column("28", 50)
    return play(replay, EXTRA)


@pytest.fixture(scope="module")
def columns(sandbox: Sandbox) -> dict[str, JSON]:
    replay = Replay(sandbox)
    replay.activity("3", "2", "Ungraded link")
    replay.activity("15", "3", "Graded link two")
    replay.activity("16", "4", "Sacrificial link")
    return play(replay, COLUMNS)


def same(answers: dict[str, JSON], key: str, exchange: JSON) -> None:
    answer, wanted = answers[key], expected(exchange)
    answer = answer | {"body": parsed(answer["body"])}
    if exchange["name"] in FREE_BODY:
        assert answer["body"].startswith("<!DOCTYPE html>")
        answer["body"] = wanted["body"]
    assert answer == wanted


def named(exchanges: list[JSON]) -> list[Any]:
    keys = [f"{n} {exchange['name']}" for n, exchange in enumerate(exchanges)]
    return [pytest.param(key, exchange, id=key) for key, exchange in zip(keys, exchanges, strict=True)]


@pytest.mark.parametrize(("key", "exchange"), named(SCORES))
def test_a_score_or_result_is_answered_as_moodle_answered_it(scores, key, exchange):
    same(scores, key, exchange)


@pytest.mark.parametrize(("key", "exchange"), named(EXTRA))
def test_an_odd_score_is_answered_as_moodle_answered_it(extra, key, exchange):
    same(extra, key, exchange)


@pytest.mark.parametrize(("key", "exchange"), named(COLUMNS))
def test_a_line_item_is_answered_as_moodle_answered_it(columns, key, exchange):
    same(columns, key, exchange)


def test_every_recorded_line_item_answer_of_a_list_has_its_media_type():
    lists = [
        e
        for e in COLUMNS
        if e["request"]["method"] == "GET" and e["status"] == 200 and isinstance(e["body"], list)
    ]

    assert {e["headers"]["Content-Type"] for e in lists} == {f"{LIST}; charset=utf-8"}
