"""Canvas's bucket, with the numbers of its source: 600 is full, ten a second leak, 50 are held while a request runs."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from tests.sandbox.services import AGS, JWKS, LIST, assertion, token

RULES = json.loads(
    (Path(__file__).parent.parent / "samples" / "platforms" / "canvas" / "throttling.json").read_text()
)
FULL, HELD, LEAK = (
    RULES[name] for name in ("high_water_mark", "up_front_cost_per_request_in_flight", "leak_per_second")
)


def lists(school):
    return school.call("GET", school.course["lineitems_url"], token=token(school), accept=LIST)


def is_refusal(answer):
    refusal = RULES["refusal"]
    return (
        (answer.status_code, answer.text) == (refusal["status"], refusal["body"])
        and answer.headers["Content-Type"] == refusal["content_type"]
        and refusal["headers"].items() <= dict(answer.headers).items()
        and "Retry-After" not in answer.headers
    )


def test_every_answer_says_what_it_cost_and_what_is_left(canvas):
    answer = lists(canvas)

    assert RULES["headers_always"].keys() <= dict(answer.headers).keys()
    assert 0 < float(answer.headers["X-Request-Cost"]) < 5
    assert FULL - 5 < float(answer.headers["X-Rate-Limit-Remaining"]) <= FULL


def test_a_full_bucket_refuses_until_it_has_leaked(canvas):
    lists(canvas)
    canvas.throttle(FULL - HELD + 3)
    assert is_refusal(lists(canvas))

    time.sleep(3 / LEAK + 0.1)

    assert lists(canvas).status_code == 200


def test_a_dozen_requests_in_flight_fill_the_bucket(canvas):
    access = token(canvas)
    at_once = FULL // HELD
    canvas.fault("lineitems", times=at_once, hang=1.5)
    headers = {"Authorization": f"Bearer {access}", "Accept": LIST}

    def ask(_):
        return requests.get(canvas.course["lineitems_url"], headers=headers, timeout=20)

    with ThreadPoolExecutor(at_once) as pool:
        running = [pool.submit(ask, number) for number in range(at_once)]
        time.sleep(0.7)
        assert is_refusal(ask(0))
        # The last of them is let in by what has leaked meanwhile, or just not.
        assert [answer.result().status_code for answer in running].count(200) >= at_once - 1
    assert lists(canvas).status_code == 200


def test_a_token_costs_two_hundred_of_another_bucket(canvas):
    def ask():
        return canvas.ask_token(assertion(canvas), f"{AGS}lineitem")

    answers = [ask() for _ in range(4)]

    assert [answer.status_code for answer in answers[:3]] == [200, 200, 200]
    assert float(answers[0].headers["X-Request-Cost"]) >= 200
    assert is_refusal(answers[3])
    access = answers[0].json()["access_token"]
    assert canvas.call("GET", canvas.course["lineitems_url"], token=access, accept=LIST).status_code == 200


@pytest.mark.parametrize("profile", ["plain", "moodle"])
def test_nobody_else_throttles(sandbox, profile):
    school = sandbox.school(profile, public_jwks=JWKS)
    answers = [school.ask_token(assertion(school), f"{AGS}lineitem") for _ in range(5)]

    assert {answer.status_code for answer in answers} == {200}
    assert "X-Request-Cost" not in answers[0].headers
