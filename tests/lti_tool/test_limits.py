import pytest
from django.test import RequestFactory

from lti_tool import limits
from lti_tool.errors import Reason
from lti_tool.limits import Limit, address_of
from tests.certification.launching import launch


def knock(address="192.0.2.1", **headers):
    return RequestFactory().get("/", REMOTE_ADDR=address, headers=headers)


def login(client, school):
    return client.post("/lti/login/", school.begin_launch(person="student").params)


def test_an_address_that_knocks_too_often_waits_for_the_next_minute(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(limits.time, "monotonic", lambda: now[0])
    limit = Limit(3)

    for _ in range(3):
        assert not limit.is_reached(knock())
        limit.count(knock())
    assert limit.is_reached(knock())
    assert not limit.is_reached(knock("192.0.2.2"))
    now[0] += 61
    assert not limit.is_reached(knock())


def test_a_flood_from_everywhere_does_not_fill_the_memory(monkeypatch):
    monkeypatch.setattr(limits, "MAX_ADDRESSES", 10)
    limit = Limit(1)

    for number in range(100):
        limit.count(knock(f"10.0.0.{number}"))

    assert len(limit._counts) == 10


@pytest.mark.parametrize(
    ("address", "forwarded", "is_behind_proxy", "found"),
    [
        ("192.0.2.1", "", False, "192.0.2.1"),
        ("192.0.2.1", "198.51.100.7", False, "192.0.2.1"),
        ("192.0.2.1", "made.up, 198.51.100.7", True, "198.51.100.7"),
        ("192.0.2.1", "", True, "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "", False, "2001:db8:1:2::/64"),
        ("unix:", "", False, ""),
    ],
)
def test_who_knocks(settings, address, forwarded, is_behind_proxy, found):
    settings.BEHIND_PROXY = is_behind_proxy

    assert address_of(knock(address, **({"X-Forwarded-For": forwarded} if forwarded else {}))) == found


@pytest.mark.row("S24")
def test_a_flood_of_logins_is_refused(client, school, monkeypatch):
    monkeypatch.setattr(limits.logins, "per_minute", 2)
    for _ in range(2):
        assert login(client, school).status_code == 302

    response = login(client, school)

    assert (response.status_code, response.context["rejection"].reason) == (429, Reason.TOO_MANY)


@pytest.mark.row("S24")
def test_a_flood_of_bad_launches_does_not_reach_the_platform(client, school, monkeypatch):
    monkeypatch.setattr(limits.rejections, "per_minute", 2)
    for _ in range(2):
        client.post("/lti/launch/", {"id_token": "junk", "state": "junk"})
    asked = school.requests("jwks")

    response = launch(client, school, "student")

    assert (response.status_code, response.context["rejection"].reason) == (429, Reason.TOO_MANY)
    assert school.requests("jwks") == asked


@pytest.mark.row("S24")
def test_a_token_that_is_too_large_is_not_looked_at(client, db):
    response = client.post("/lti/launch/", {"id_token": "a." * 40_000, "state": "junk"})

    assert response.context["rejection"].reason == Reason.TOKEN_MALFORMED
