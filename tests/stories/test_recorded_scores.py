"""What Moodle and Canvas answered to scores, played back to the outbox: each answer ends where it should."""

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import time_machine
from django.utils import timezone

from lti_tool import claims, http, outbox, worker
from lti_tool.http import Answer
from lti_tool.models import Score
from tests.factories import (
    ContextFactory,
    DeploymentFactory,
    PersonFactory,
    RegistrationFactory,
    ResourceLinkFactory,
)

pytestmark = pytest.mark.django_db

SAMPLES = Path(__file__).parent.parent / "samples" / "platforms"
LMS = "https://lms.example"
SCOPES = [claims.SCOPE_LINEITEM, claims.SCOPE_RESULT, claims.SCOPE_SCORE]


def moodle_exchanges():
    for name in ("ags_scores_results", "ags_scores_extra", "ags_gradebook_states"):
        for exchange in json.loads((SAMPLES / "moodle" / f"{name}.json").read_text()):
            if exchange["request"]["method"] == "POST" and "/scores" in exchange["request"]["url"]:
                yield pytest.param(exchange, id=exchange["name"])


def canvas_cases():
    for case in json.loads((SAMPLES / "canvas" / "ags.errors.json").read_text())["cases"]:
        if "score" in case["op"] or case["op"].startswith("any"):
            yield pytest.param(case, id=f"{case['op']}: {case['when']}"[:80])


def answer(recorded) -> Answer:
    body = recorded["body"]
    content = body if isinstance(body, str) else json.dumps(body)
    return Answer(
        recorded["status"], recorded.get("reason", ""), recorded.get("headers", {}), content.encode()
    )


class Platform:
    """Answers our requests with what was recorded; after an accepted score it shows what was sent."""

    def __init__(self, score_answer: Answer) -> None:
        self.score_answer = score_answer
        self.sent: dict | None = None

    def __call__(self, method, url, *, body=None, **kwargs):
        if url.endswith("/token"):
            return Answer(200, "OK", {}, b'{"access_token":"t","expires_in":3600}')
        if "/scores" in url:
            self.sent = json.loads(body)
            return self.score_answer
        return Answer(200, "OK", {}, json.dumps(self._results()).encode())

    def _results(self):
        was_taken = self.score_answer.status == 200 and not self.score_answer.content.strip(b'"[] ')
        if not self.sent or not was_taken or self.score_answer.content.strip() == b"[]":
            return []
        shown = {"resultScore": self.sent["scoreGiven"], "resultMaximum": self.sent["scoreMaximum"]}
        return [{"userId": self.sent["userId"], **shown}]


def deliver(monkeypatch, family, score_answer) -> Score:
    registration = RegistrationFactory(
        issuer=LMS, auth_url=f"{LMS}/auth", token_url=f"{LMS}/token", platform_family=family
    )
    context = ContextFactory(deployment=DeploymentFactory(registration=registration))
    link = ResourceLinkFactory(
        context=context,
        ags_scopes=SCOPES,
        lineitems_url=f"{LMS}/2/lineitems",
        lineitem_url=f"{LMS}/2/lineitems/15/lineitem",
    )
    outbox.ensure_line_item(link, tag="result", label="OSCE", score_maximum=Decimal(50))
    person = PersonFactory(registration=registration)
    outbox.publish(
        link, tag="result", person=person, given=Decimal(40), graded_at=timezone.now(), comment="Well done."
    )
    monkeypatch.setattr(http, "request", Platform(score_answer))

    worker.work_once()
    if Score.objects.filter(state="waiting", reason="").exists():  # it goes on in the next second
        with time_machine.travel(timezone.now() + timedelta(seconds=2)):
            worker.work_once()

    return Score.objects.get()


def wanted_of_moodle(exchange):
    """Read off the recording: what such an answer must mean for a grade of ours."""
    status, body, reason = exchange["status"], exchange["body"], exchange["reason"]
    if status == 200:
        return ("delivered", "") if body == "" else ("refused", "gone_user")
    if status == 400:
        return ("refused", "gone_user" if reason.startswith("Incorrect score") else "bug")
    return {
        401: ("waiting", "token"),
        404: ("refused", "gone_item"),
        409: ("waiting", "superseded"),
        500: ("waiting", "transient"),
        502: ("waiting", "transient"),
    }[status]


@pytest.mark.parametrize("exchange", list(moodle_exchanges()))
def test_moodle_answer_ends_where_it_should(monkeypatch, exchange):
    recorded = {**exchange, "body": "" if exchange["body"] in ("", None) else exchange["body"]}

    score = deliver(monkeypatch, "moodle", answer(recorded))

    assert (score.state, score.reason) == wanted_of_moodle(exchange)


CANVAS = {
    "no Authorization header": "token",
    "not a JWT": "token",
    "expired token": "token",
    "scope missing": "needs_admin",
    "key deleted/inactive": "needs_admin",
    "key off in the account": "needs_admin",
    "tool not installed in this course": "needs_admin",
    "no such course / line item / line item of another course": "gone_item",
    "course concluded": "gone_course",
    "concluded for that student": "gone_user",
    "resourceLinkId sent and different": "bug",
    "userId unknown, missing, or not a student (teacher, TA, observer)": "gone_user",
    "activityProgress/gradingProgress/timestamp missing": "bug",
    "assignment unpublished": "needs_teacher",
    "timestamp unparsable": "bug",
    "timestamp < stored result.updated_at (equal is fine)": "superseded",
    "scoreGiven without scoreMaximum": "bug",
    "scoreMaximum negative": "bug",
    "scoreMaximum 0 and line item maximum not 0": "bug",
    "scoreGiven negative": "bug",
    "submittedAt unparsable": "bug",
    "submittedAt > now + 1 min": "bug",
    "submission_type online_upload without content_items": "bug",
    "new submission and no attempts left (unless same submittedAt)": "needs_teacher",
    "Assignment::GradeError while grading": "bug",
    "throttled": "rate",
}
REFUSED = {"gone_user", "gone_course", "gone_item", "bug"}


@pytest.mark.parametrize("case", list(canvas_cases()))
def test_canvas_answer_ends_where_it_should(monkeypatch, case):
    score = deliver(monkeypatch, "canvas", answer(case))

    reason = CANVAS[case["when"]]
    assert (score.state, score.reason) == ("refused" if reason in REFUSED else "waiting", reason)


def test_every_recorded_answer_of_canvas_is_in_the_table():
    assert {case.values[0]["when"] for case in canvas_cases()} == set(CANVAS)


def test_our_message_has_the_shape_that_canvas_took(monkeypatch):
    example = json.loads((SAMPLES / "canvas" / "ags.scores.json").read_text())["examples"][
        "final_grade_keep_attempt"
    ]
    platform = Platform(Answer(200, "OK", {}, b""))
    monkeypatch.setattr("tests.stories.test_recorded_scores.Platform", lambda _: platform)

    deliver(monkeypatch, "canvas", Answer(200, "OK", {}, b""))

    # And where the work is and since when, which Canvas took with another example.
    assert set(platform.sent) == set(example) | {"submission"}
    extension = platform.sent["https://canvas.instructure.com/lti/submission"]
    assert extension["submission_type"] == "basic_lti_launch"
