"""The Platform Notification Service: asked for, verified like a launch, kept once, a hint and no more."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.db import connections
from django.test import Client
from django.utils import timezone

from lti_tool import claims, limits, notices, worker
from lti_tool.errors import Reason
from lti_tool.models import Context, Deployment, Notice, Problem
from tests import recordings
from tests.certification.launching import launch

pytestmark = [pytest.mark.django_db, pytest.mark.row("S27")]
URL = "/lti/notices/"


def post(client, *tokens):
    body = {"notices": [{"jwt": token} for token in tokens]}
    return client.post(URL, json.dumps(body), content_type="application/json")


@pytest.fixture
def listening(client, canvas):
    """A Canvas in which somebody has launched, so that it was asked for its notices."""
    launch(client, canvas, "teacher")
    worker.work_once()
    return canvas


def copied(school, **how):
    course, sent = school.copy_course(**how)
    return course["context_id"], sent


def sample():
    return json.loads((recordings.LAUNCHES.parent / "platforms/canvas/pns.json").read_text())


def test_platform_that_has_notices_is_asked_once_for_those_we_use(client, canvas):
    launch(client, canvas, "teacher")
    deployment = Deployment.objects.get()
    assert deployment.notices_url.startswith(canvas.url)

    for _ in range(3):
        worker.work_once()

    assert canvas.requests("notice_handlers") == 1
    launch(client, canvas, "student")
    worker.work_once()
    assert canvas.requests("notice_handlers") == 1
    with time_machine.travel(timezone.now() + timedelta(days=8)):
        worker.work_once()
    assert canvas.requests("notice_handlers") == 2  # in case it forgot
    assert not Problem.objects.filter(area=Problem.Area.NOTICES).exists()


def test_handler_is_registered_in_the_recorded_shape(listening):
    """What the sandbox took is what Canvas documents: PUT of one type, our address, echoed."""
    recorded = sample()
    assert recorded["register"]["method"] == "PUT"
    assert set(recorded["register"]["body"]) == {"notice_type", "handler"}
    assert recorded["register"]["scope"] == claims.SCOPE_NOTICES
    _, sent = copied(listening)
    assert len(sent) == 1  # somebody listens


@pytest.mark.parametrize("profile", ["plain", "moodle"])
def test_platform_without_notices_is_not_asked(client, school, moodle, profile):
    asked = school if profile == "plain" else moodle
    launch(client, asked, "teacher")
    worker.work_once()

    assert asked.requests("notice_handlers") == 0
    assert set(Deployment.objects.values_list("notices_url", "notices_ask_at")) == {("", None)}


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"status": 403, "body": "nothing for you"},
        {"status": 404, "body": "<!DOCTYPE html>", "content_type": "text/html"},
        {"close": True},
    ],
)
def test_platform_that_refuses_is_asked_again_later_and_the_administrator_hears_of_it(client, canvas, fault):
    launch(client, canvas, "teacher")
    canvas.fault("notice_handlers", **fault)
    worker.work_once()

    assert Problem.objects.get(area=Problem.Area.NOTICES).times == 1
    assert canvas.copy_course()[1] == []
    worker.work_once()
    assert canvas.requests("notice_handlers") == 1
    with time_machine.travel(timezone.now() + timedelta(hours=7)):
        worker.work_once()
    assert len(canvas.copy_course()[1]) == 1


def test_copied_course_is_known_before_anybody_launches_in_it(client, listening):
    new, sent = copied(listening)

    answer = post(client, *sent)

    assert (answer.status_code, answer.json()) == (200, {})
    assert not Context.objects.filter(context_id=new).exists()  # kept now, worked on by the worker
    worker.work_once()
    origin = listening.course["context_id"]
    course = Context.objects.get(context_id=new)
    assert (course.history, course.title) == ([origin], "Clinical Skills Year 3 copy 1")
    assert Notice.objects.get().handled_at is not None

    _, of_copy = copied(listening, course=listening.described["courses"][1]["number"])
    post(client, *of_copy)
    worker.work_once()
    assert Context.objects.order_by("pk").last().history == [new, origin]


def test_what_launches_said_of_a_course_is_not_overruled_by_a_notice(client, listening):
    new, sent = copied(listening)
    said = Context.objects.create(deployment=Deployment.objects.get(), context_id=new, history=["x", "y"])

    post(client, *sent)
    worker.work_once()

    said.refresh_from_db()
    assert said.history == ["x", "y"]


@pytest.mark.row("C32")
def test_lost_notice_leaves_no_trace_and_doubled_ones_are_worked_on_once(client, listening):
    _, lost = copied(listening, notice="lost")
    assert lost == []

    _, doubled = copied(listening, notice="doubled")
    assert post(client, *doubled).status_code == 200
    assert post(client, doubled[0]).status_code == 200
    worker.work_once()
    assert post(client, doubled[0]).status_code == 200

    assert Notice.objects.count() == 1
    assert not notices.work_on_next()


def test_forged_notice_is_refused_and_the_good_one_beside_it_is_kept(client, listening):
    _, forged = copied(listening, notice="forged")
    _, good = copied(listening)

    answer = post(client, *forged, *good)

    assert (answer.status_code, answer.json()) == (
        400,
        {"errors": [{"notice": 0, "reason": Reason.SIGNATURE_WRONG}]},
    )
    assert Notice.objects.count() == 1
    assert Problem.objects.get(area=Problem.Area.NOTICES).code == Reason.SIGNATURE_WRONG


COPY = {
    claims.CONTEXT: {"id": "new", "title": "New", "type": ["x"]},
    claims.ORIGIN_CONTEXTS: ["old"],
}


@pytest.mark.parametrize(
    ("bent", "reason"),
    [
        ({"set": {"aud": "another tool", "azp": "another tool"}}, Reason.REGISTRATION_UNKNOWN),
        ({"set": {"azp": "another tool"}}, Reason.AUDIENCE_WRONG),
        ({"set": {"iss": "https://evil.example"}}, Reason.REGISTRATION_UNKNOWN),
        ({"sign_with_other_key": True}, Reason.SIGNATURE_WRONG),
        ({"header": {"kid": None}}, Reason.KEY_MISSING),
        ({"header": {"kid": "unknown"}}, Reason.KEY_UNKNOWN),
        ({"alg": "none"}, Reason.SIGNATURE_WRONG),
        ({"alg": "HS256"}, Reason.SIGNATURE_WRONG),
        ({"iat": -7300, "expires": 60}, Reason.TIME_WRONG),
        ({"iat": -100, "expires": -80}, Reason.TIME_WRONG),
        ({"remove": ["exp"]}, Reason.TIME_MISSING),
        ({"remove": ["nonce"]}, Reason.TOKEN_MALFORMED),
        ({"set": {"deployment_id": "nobody knows"}}, Reason.DEPLOYMENT_UNKNOWN),
        ({"remove": ["version"]}, Reason.VERSION_WRONG),
        ({"set": {"message_type": "LtiResourceLinkRequest"}}, Reason.MESSAGE_INVALID),
        ({"remove": [claims.NOTICE]}, Reason.MESSAGE_INVALID),
        ({"set": {claims.NOTICE: "text"}}, Reason.MESSAGE_INVALID),
        ({"set": {f"{claims.NOTICE}>id": 17}}, Reason.MESSAGE_INVALID),
        ({"set": {f"{claims.NOTICE}>type": ["x"]}}, Reason.MESSAGE_INVALID),
        ({"set": {f"{claims.NOTICE}>type": "x" * 101}}, Reason.MESSAGE_INVALID),
        ({"set": {"context": "text"}}, Reason.MESSAGE_INVALID),
        ({"set": {"context>id": "x" * 256}}, Reason.MESSAGE_INVALID),
        ({"remove": [claims.ORIGIN_CONTEXTS]}, Reason.MESSAGE_INVALID),
        ({"set": {claims.ORIGIN_CONTEXTS: [17, None, ""]}}, Reason.MESSAGE_INVALID),
        ({"set": {claims.ORIGIN_CONTEXTS: "old"}}, Reason.MESSAGE_INVALID),
    ],
    ids=lambda value: str(value)[:60],
)
def test_every_bent_notice_is_refused_with_its_reason_and_leaves_nothing(client, canvas, bent, reason):
    moments = {name: int(time.time()) + bent[name] for name in ("iat", "expires") if name in bent}
    token = canvas.notice(claims=COPY, **bent | moments)

    answer = post(client, token)

    assert (answer.status_code, answer.json()) == (400, {"errors": [{"notice": 0, "reason": reason}]})
    assert Notice.objects.count() == Context.objects.count() == 0
    assert Deployment.objects.count() == 1  # nor does a notice put a place before the administrator


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"<!DOCTYPE html><title>Error</title>",
        b'{"notices": []}',
        b'{"notices": {"jwt": "x"}}',
        b'{"notices": [' + b"[" * 100_000,
        b'{"notices": [' + b'{"jwt":"x"},' * 60 + b'{"jwt":"x"}]}',
        b'{"notices": [{"jwt": "' + b"x" * 1_100_000 + b'"}]}',
        "\udcff".encode("utf-8", "surrogateescape"),
    ],
    ids=lambda body: f"{body[:24]!r} {len(body)}",
)
def test_what_is_no_list_of_notices_is_refused(client, db, body):
    answer = client.post(URL, body, content_type="application/json")

    assert (answer.status_code, answer.json()) == (400, {"errors": [{"reason": Reason.TOKEN_MALFORMED}]})


@pytest.mark.parametrize(
    "notice", ['{"jwt": 17}', "17", "null", '{"jwt": "a.b.c"}', '{"other": "x"}', '{"jwt": ""}']
)
def test_what_is_no_notice_is_refused_by_its_place(client, canvas, notice):
    body = f'{{"notices": [{notice}]}}'

    answer = client.post(URL, body, content_type="application/json")

    assert answer.status_code == 400
    assert [error["notice"] for error in answer.json()["errors"]] == [0]


def test_flood_of_forged_notices_waits_a_minute(client, canvas, monkeypatch):
    monkeypatch.setattr(limits.rejections, "per_minute", 3)
    forged = canvas.notice(claims=COPY, sign_with_other_key=True)

    statuses = [post(client, forged).status_code for _ in range(4)]

    assert statuses == [400, 400, 400, 429]


def test_other_notices_are_kept_without_what_they_say(client, canvas):
    token = canvas.notice("LtiHelloWorldNotice", {claims.CONTEXT: {"id": "1", "title": "Northfield"}})

    assert post(client, token).status_code == 200
    worker.work_once()

    kept = Notice.objects.get()
    assert (kept.notice_type, kept.body) == ("LtiHelloWorldNotice", {})
    assert Context.objects.count() == 0


@pytest.mark.parametrize("payload", ["hello_world_payload", "context_copy_payload"])
def test_recorded_notices_are_taken(client, monkeypatch, payload):
    """The documented bodies, signed by a key of ours, at their own time."""
    body = sample()[payload]
    registration = recordings.register(body, "canvas")
    monkeypatch.setattr("lti_tool.jwks.public_key", lambda *args: recordings.PRIVATE_KEY.public_key())

    with time_machine.travel(body["iat"] + 1, tick=False):
        answer = post(client, recordings.signed(body))

    assert answer.status_code == 200, answer.json()
    notice = Notice.objects.get()
    assert notice.deployment.registration == registration
    assert notice.notice_id == body[claims.NOTICE]["id"]
    if payload == "context_copy_payload":
        assert notice.body["origins"] == body[claims.ORIGIN_CONTEXTS]


@pytest.mark.django_db(transaction=True)
def test_the_same_notice_at_the_same_moment_is_kept_once(canvas):
    token = canvas.notice(claims=COPY)

    def send(_):
        try:
            return post(Client(), token).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(send, range(4))) == {200}
    assert Notice.objects.count() == 1
