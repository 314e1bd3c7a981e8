import json
from concurrent.futures import ThreadPoolExecutor

import jwt
import pytest
from django.db import connection

from lti_tool import claims, connector, http, pace
from lti_tool.connector import PlatformConnector
from lti_tool.errors import Kind, ServiceError
from lti_tool.models import Deployment, Registration
from tests.factories import DeploymentFactory, RegistrationFactory
from tests.schools import enrol

SCOPES = [claims.SCOPE_NRPS]
ROSTER = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"


def deployment_of(school) -> Deployment:
    return Deployment.objects.get(deployment_id=school.registration["deployment_id"])


def memberships_url(school) -> str:
    return school.course["memberships_url"]


@pytest.fixture
def platform_answers(monkeypatch):
    """What the token endpoint says, without a platform; and who asked how often."""
    asked = []

    def answer_with(body, status=200):
        text = body if isinstance(body, bytes) else json.dumps(body).encode()

        def request(method, url, **how):
            asked.append(how["body"])
            return http.Answer(status, "", {}, text)

        monkeypatch.setattr(http, "request", request)
        return asked

    return answer_with


@pytest.mark.row("S21", "C1")
def test_schools_that_share_an_issuer_share_no_token(tool_key, platform_answers):
    shared = {"issuer": "https://canvas.instructure.com", "token_url": "https://sso.canvaslms.com/token"}
    one = DeploymentFactory(registration=RegistrationFactory(client_id="1", **shared))
    other = DeploymentFactory(registration=RegistrationFactory(client_id="2", **shared))
    platform_answers({"access_token": "of-one", "expires_in": 3600})
    assert PlatformConnector(one).get_access_token(SCOPES) == "of-one"

    platform_answers({"access_token": "of-other", "expires_in": 3600})

    assert PlatformConnector(other).get_access_token(SCOPES) == "of-other"
    assert PlatformConnector(one).get_access_token(SCOPES) == "of-one"


@pytest.mark.row("S21")
def test_a_token_is_good_for_its_scopes_only(tool_key, platform_answers):
    platform = PlatformConnector(DeploymentFactory())
    asked = platform_answers({"access_token": "a", "expires_in": 3600})

    platform.get_access_token([claims.SCOPE_NRPS])
    platform.get_access_token([claims.SCOPE_SCORE])
    platform.get_access_token([claims.SCOPE_NRPS])

    assert [form["scope"] for form in asked] == [claims.SCOPE_NRPS, claims.SCOPE_SCORE]


@pytest.mark.parametrize(
    ("expires_in", "renewals"), [(3600, 1), ("3600", 1), (10**9, 1), (30, 2), (None, 2), ("soon", 2), (-1, 2)]
)
def test_a_token_is_used_until_a_minute_before_its_end(tool_key, platform_answers, expires_in, renewals):
    platform = PlatformConnector(DeploymentFactory())
    asked = platform_answers({"access_token": "a", "expires_in": expires_in})

    platform.get_access_token(SCOPES)
    platform.get_access_token(SCOPES)

    assert len(asked) == renewals


@pytest.mark.row("M27")
@pytest.mark.parametrize(
    ("scope", "granted"),
    [
        (f"{claims.SCOPE_NRPS} openid", {claims.SCOPE_NRPS, "openid"}),
        (None, set(SCOPES)),
        ("", set(SCOPES)),
        (["a"], set(SCOPES)),
    ],
)
def test_the_scopes_that_were_granted_are_read(tool_key, platform_answers, scope, granted):
    platform_answers({"access_token": "a", "expires_in": 3600, "scope": scope})

    assert PlatformConnector(DeploymentFactory()).token(SCOPES).scopes == granted


@pytest.mark.parametrize(
    "body",
    [
        b"<html>Log in",
        b"[]",
        b'"token"',
        b"{}",
        {"access_token": None},
        {"access_token": 7},
        {"access_token": ""},
        {"access_token": "a\r\nX-Evil: 1"},
        {"access_token": "tökén"},
        {"access_token": "a" * 20_000},
        b"[" * 100_000,
    ],
)
def test_what_is_no_token_is_never_kept(tool_key, platform_answers, body):
    platform = PlatformConnector(DeploymentFactory())
    platform_answers(body)

    with pytest.raises(ServiceError) as refusal:
        platform.get_access_token(SCOPES)
    assert refusal.value.kind == Kind.TRANSIENT

    platform_answers({"access_token": "good", "expires_in": 3600})
    assert platform.get_access_token(SCOPES) == "good"


@pytest.mark.django_db(transaction=True)
@pytest.mark.profile("canvas")
@pytest.mark.row("C17")
def test_many_threads_fetch_one_token(school):
    """A token costs Canvas 200 of the 600 that we may spend."""
    platform = PlatformConnector(deployment_of(school))

    def token(_):
        try:
            return platform.get_access_token(SCOPES)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        tokens = set(pool.map(token, range(16)))

    assert (len(tokens), school.requests("token")) == (1, 1)


@pytest.mark.row("C18")
@pytest.mark.parametrize("profile", ["plain", "moodle", "canvas"])
def test_a_token_that_the_platform_forgot_is_renewed_once(sandbox, tool_key, profile):
    school = enrol(sandbox, profile)
    platform = PlatformConnector(deployment_of(school))
    assert platform.call("GET", memberships_url(school), SCOPES, accept=ROSTER).status == 200

    school.forget_tokens()
    assert platform.call("GET", memberships_url(school), SCOPES, accept=ROSTER).status == 200
    assert school.requests("token") == 2

    school.fault("memberships", status=401, body="no", times=None)
    assert platform.call("GET", memberships_url(school), SCOPES, accept=ROSTER).status == 401
    assert school.requests("token") == 3


@pytest.mark.row("S17")
def test_a_bearer_token_goes_nowhere_else(school, monkeypatch):
    platform = PlatformConnector(deployment_of(school))
    platform.get_access_token(SCOPES)
    monkeypatch.setattr(http, "request", lambda *args, **how: pytest.fail("asked elsewhere"))

    with pytest.raises(ServiceError) as refusal:
        platform.call("GET", "https://evil.example/members", SCOPES)

    assert refusal.value.kind == Kind.NEEDS_ADMIN


@pytest.mark.row("S20")
def test_the_assertion_says_what_every_platform_checks(tool_key, platform_answers):
    registration = RegistrationFactory(client_id="client", token_audience="")
    asked = platform_answers({"access_token": "a", "expires_in": 0})
    platform = PlatformConnector(DeploymentFactory(registration=registration))
    platform.get_access_token(SCOPES)
    platform.get_access_token(SCOPES)

    first, second = (
        jwt.decode(form["client_assertion"], options={"verify_signature": False}) for form in asked
    )
    header = jwt.get_unverified_header(asked[0]["client_assertion"])
    assert (first["iss"], first["sub"], first["aud"]) == ("client", "client", registration.token_url)
    assert 0 < first["exp"] - first["iat"] <= 310
    assert first["jti"] != second["jti"]
    assert (header["kid"], header["alg"]) == (tool_key.kid, "RS256")

    Registration.objects.filter(pk=registration.pk).update(token_audience="https://fixed.example/audience")
    PlatformConnector(Deployment.objects.get()).get_access_token(SCOPES)
    audience = jwt.decode(asked[2]["client_assertion"], options={"verify_signature": False})["aud"]
    assert audience == "https://fixed.example/audience"


def test_what_a_platform_says_is_shortened_and_holds_no_page():
    page = http.Answer(500, "Oops", {"Content-Type": "text/html"}, b"<html>" + b"x" * 9000)
    words = http.Answer(400, 'Incorrect score received {"userId": "7"}', {}, b"[]")

    assert connector.said(page) == "500 with a web page"
    assert connector.said(words) == "400 Incorrect score received"
    assert len(connector.said(http.Answer(422, "", {}, b"word " * 9000))) <= connector.MAX_SAID


@pytest.mark.row("C17")
def test_we_slow_down_before_canvas_refuses_us(school, monkeypatch):
    pauses = []
    monkeypatch.setattr(connector.time, "sleep", pauses.append)
    platform = PlatformConnector(deployment_of(school))

    def call_with(left):
        school.fault("memberships", status=200, body="{}", headers={"X-Rate-Limit-Remaining": left})
        platform.call("GET", memberships_url(school), SCOPES, accept=ROSTER)

    call_with("599.5")
    call_with("180")
    assert pauses == []
    call_with("0.0")
    assert pauses == [pytest.approx(2, abs=0.5)]  # 20 are missing, and 10 come back a second
    call_with("nonsense")
    assert pauses[1:] == [pytest.approx(pace.LONGEST, abs=0.5)]
