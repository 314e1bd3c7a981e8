"""Every way in which a platform's configuration or answer may lie or break: refused in words, noted, never a 500."""

import ipaddress
import json
from pathlib import Path

import pytest

from lti_tool import network, openid_configuration
from lti_tool.errors import Obstacle, RegistrationRefused
from lti_tool.models import Invite, Problem, Registration
from lti_tool.openid_configuration import PLATFORM_CONFIGURATION

CANVAS = Path(__file__).parent.parent / "samples" / "platforms" / "canvas"


def changed(**changes):
    return lambda document: {name: value for name, value in (document | changes).items() if value is not ...}


def platform(**changes):
    def change(document):
        inner = document[PLATFORM_CONFIGURATION] | changes
        return document | {PLATFORM_CONFIGURATION: {k: v for k, v in inner.items() if v is not ...}}

    return change


INCOMPLETE, UNREADABLE, UNUSABLE = (
    Obstacle.CONFIGURATION_INCOMPLETE,
    Obstacle.CONFIGURATION_UNREADABLE,
    Obstacle.ADDRESS_UNUSABLE,
)
FOREIGN, INCAPABLE = Obstacle.ENDPOINT_FOREIGN, Obstacle.PLATFORM_INCAPABLE
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri", "registration_endpoint")
NEEDED = ("issuer", *ENDPOINTS)

NO_TEXT = ("", 7, None, ["x"], {})
SHARED_SECRETS = ["client_secret_basic"]

LIES = [
    *((f"no {name}", changed(**{name: ...}), INCOMPLETE, name) for name in (*NEEDED, PLATFORM_CONFIGURATION)),
    *((f"{name} is {value!r}", changed(**{name: value}), INCOMPLETE, name) for name in NEEDED for value in NO_TEXT),
    *((f"{name} elsewhere", changed(**{name: "http://127.0.0.1:9/x"}), FOREIGN, "127.0.0.1") for name in ENDPOINTS),
    *((f"{name} http", changed(**{name: "http://93.184.216.34/x"}), UNUSABLE, name) for name in NEEDED),
    *((f"{name} private", changed(**{name: "https://10.0.0.1/x"}), UNUSABLE, name) for name in NEEDED),
    *((f"{name} metadata", changed(**{name: "https://169.254.169.254/x"}), UNUSABLE, name) for name in NEEDED),
    *((f"{name} file", changed(**{name: "file:///etc/passwd"}), UNUSABLE, name) for name in NEEDED),
    *((f"{name} broken", changed(**{name: "https://[broken/"}), UNUSABLE, name) for name in NEEDED),
    *((f"{name} with credentials", changed(**{name: "https://a:b@lms.example/"}), UNUSABLE, name) for name in NEEDED),
    *((f"{name} with a fragment", changed(**{name: "https://lms.example/#x"}), INCOMPLETE, name) for name in NEEDED),
    *((f"{name} endless", changed(**{name: "https://lms.example/" + "x" * 3000}), INCOMPLETE, name) for name in NEEDED),
    ("javascript", changed(authorization_endpoint="javascript:alert(1)"), UNUSABLE, "authorization_endpoint"),
    ("issuer of somebody else", changed(issuer="http://127.0.0.1:9"), Obstacle.ISSUER_FOREIGN, "127.0.0.1"),
    ("issuer with a query", lambda d: d | {"issuer": d["issuer"] + "?a=b"}, INCOMPLETE, "issuer"),
    ("issuer of hosted Canvas", changed(issuer="https://canvas.instructure.com"), FOREIGN, "/auth"),
    ("scopes are a string", changed(scopes_supported="openid"), INCOMPLETE, "scopes_supported"),
    ("scopes are numbers", changed(scopes_supported=[1, 2]), INCOMPLETE, "scopes_supported"),
    ("claims are an object", changed(claims_supported={}), INCOMPLETE, "claims_supported"),
    ("no secrets but shared ones", changed(token_endpoint_auth_methods_supported=SHARED_SECRETS), INCAPABLE, "private_key_jwt"),
    ("symmetric signatures", changed(id_token_signing_alg_values_supported=["HS256"]), INCAPABLE, "RS256"),
    ("platform is a list", changed(**{PLATFORM_CONFIGURATION: []}), INCOMPLETE, PLATFORM_CONFIGURATION),
    ("no family", platform(product_family_code=...), INCOMPLETE, "product_family_code"),
    ("family is a number", platform(product_family_code=5), INCOMPLETE, "product_family_code"),
    ("no messages", platform(messages_supported=...), INCOMPLETE, "messages_supported"),
    ("messages are words", platform(messages_supported=["LtiResourceLinkRequest"]), INCOMPLETE, "messages_supported"),
    ("a message without a type", platform(messages_supported=[{}]), INCOMPLETE, "type"),
    ("placements are a word", platform(messages_supported=[{"type": "x", "placements": "y"}]), INCOMPLETE, "placements"),
    ("only deep linking", platform(messages_supported=[{"type": "LtiDeepLinkingRequest"}]), INCAPABLE, "LtiResourceLinkRequest"),
    ("variables are an object", platform(variables={"a": 1}), INCOMPLETE, "variables"),
    ("half a surrogate pair", platform(version="\ud800"), UNREADABLE, ""),
    ("NUL", platform(version="a\x00b"), UNREADABLE, ""),
    ("a list", lambda d: [d], UNREADABLE, "not a JSON object"),
    ("a string", lambda d: json.dumps("hello"), UNREADABLE, "not a JSON object"),
    ("half of it", lambda d: json.dumps(d)[:200], UNREADABLE, "not JSON"),
    ("deeply nested", lambda d: "[" * 100_000, UNREADABLE, "not JSON"),
    ("nothing", lambda d: "", UNREADABLE, "not JSON"),
    ("a web page", lambda d: "<!DOCTYPE html><title>Sign in</title>", UNREADABLE, "not JSON"),
    ("huge", lambda d: json.dumps(d | {"filling": "x" * 2_000_000}), UNREADABLE, "too large"),
]  # fmt: skip


def refused(answer, obstacle, said=""):
    """In words, with the code, the status of the table, and nothing registered; the administrator finds it too."""
    refusal = answer.context["refusal"]
    assert (refusal.obstacle, answer.status_code) == (obstacle, refusal.status), refusal.said
    assert 400 <= answer.status_code < 500
    assert said in refusal.said
    text = answer.text.replace("&#x27;", "'")
    assert str(refusal.what_happened) in text
    assert str(refusal.what_to_do) in text
    assert f"{obstacle.value} · {answer.wsgi_request.correlation_id}" in text
    assert Registration.objects.count() == 0
    noted = Invite.objects.get()
    assert (noted.refused_code, noted.used_at) == (obstacle.value, None)
    assert noted.refused_at is not None
    return refusal


@pytest.mark.django_db
@pytest.mark.row("S17", "S18")
@pytest.mark.parametrize(("name", "lie", "obstacle", "said"), LIES, ids=[lie[0] for lie in LIES])
def test_a_configuration_that_lies(client, lms, invited, monkeypatch, name, lie, obstacle, said):
    monkeypatch.setattr(network, "resolve", resolve)
    school = lms()
    _, path = invited()
    school.lies(lie(school.description()), content_type="text/html" if "page" in name else "application/json")

    refused(school.opens(client, path), obstacle, said)
    refused(client.post(path, school.opened_with), obstacle, said)

    assert school.school.requests("registration") == 0


def resolve(host, port):
    """No name server: addresses as written, localhost, and an example far away."""
    named = {
        "localhost": "127.0.0.1",
        "lms.example": "93.184.216.34",
        "canvas.instructure.com": "93.184.216.35",
    }
    return [ipaddress.ip_address(named.get(host, host))]


@pytest.mark.django_db
@pytest.mark.parametrize("status", [301, 302, 401, 403, 404, 500, 503])
def test_a_configuration_that_is_not_given(client, lms, invited, status):
    school = lms()
    _, path = invited()
    school.lies("", status=status, headers={"Location": "http://127.0.0.1:1/secrets"})

    refused(school.opens(client, path), Obstacle.CONFIGURATION_REFUSED, f"status {status}")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "obstacle"),
    [
        ("http://127.0.0.1:1/", Obstacle.CONFIGURATION_UNREACHABLE),
        ("http://10.0.0.1/", UNUSABLE),
        ("https://169.254.169.254/latest/meta-data/", UNUSABLE),
        ("https://[::ffff:169.254.169.254]/", UNUSABLE),
        ("file:///etc/passwd", UNUSABLE),
        ("//lms.example/", UNUSABLE),
        ("https://user:word@lms.example/", UNUSABLE),
        ("https://lms.example/#fragment", UNUSABLE),
        ("https://lms.example/" + "x" * 3000, UNUSABLE),
        ("https://[broken/", UNUSABLE),
        ("https://lms.example:99999/", UNUSABLE),
        ("nonsense", UNUSABLE),
        ("https://lms.example/\x00", UNUSABLE),
    ],
)
def test_an_address_that_must_not_be_called(client, invited, monkeypatch, address, obstacle):
    monkeypatch.setattr(network, "resolve", resolve)
    _, path = invited()

    refused(client.get(path, {"openid_configuration": address, "registration_token": "t"}), obstacle)


@pytest.mark.django_db
@pytest.mark.parametrize("token", ["a b", "a\r\nX-Evil: 1", "ü", "x" * 9000])
def test_a_token_that_cannot_stand_in_a_header(client, lms, invited, token):
    school = lms()
    _, path = invited()

    refused(school.opens(client, path, registration_token=token), Obstacle.TOKEN_REFUSED)

    assert school.school.requests("configuration") == 0


BROKEN = [
    (400, "missing_domain", Obstacle.PLATFORM_REFUSED, "missing_domain"),
    (401, "token_already_used", Obstacle.TOKEN_REFUSED, "token_already_used"),
    (403, "", Obstacle.TOKEN_REFUSED, ""),
    (404, "<!DOCTYPE html>", Obstacle.PLATFORM_REFUSED, "404"),
    (422, '{"errors":[{"field":"scopes","message":"Invalid scopes: x"}]}', Obstacle.PLATFORM_REFUSED, "Invalid scopes"),
    (302, "", Obstacle.PLATFORM_BROKEN, "302"),
    (500, "<!DOCTYPE html>", Obstacle.PLATFORM_BROKEN, "500"),
    (200, "<!DOCTYPE html>", Obstacle.ANSWER_UNREADABLE, "not JSON"),
    (201, "[]", Obstacle.ANSWER_UNREADABLE, "not a JSON object"),
    (200, "{}", Obstacle.ANSWER_UNREADABLE, "client_id"),
    (200, '{"client_id": ""}', Obstacle.ANSWER_UNREADABLE, "client_id"),
    (200, '{"client_id": null}', Obstacle.ANSWER_UNREADABLE, "client_id"),
    (200, '{"client_id": true}', Obstacle.ANSWER_UNREADABLE, "client_id"),
    (200, '{"client_id": ["a"]}', Obstacle.ANSWER_UNREADABLE, "client_id"),
    (200, json.dumps({"client_id": "x" * 300}), Obstacle.ANSWER_UNREADABLE, "client_id"),
    (200, json.dumps({"client_id": "a\x00"}), Obstacle.ANSWER_UNREADABLE, ""),
    (200, '{"client_id": "1", "deployment_id": {"a": 1}}', Obstacle.ANSWER_UNREADABLE, "deployment_id"),
    (200, json.dumps({"client_id": "1", "deployment_id": "x" * 300}), Obstacle.ANSWER_UNREADABLE, "deployment_id"),
    (200, json.dumps({"client_id": "1", "x": "y" * 2_000_000}), Obstacle.ANSWER_UNREADABLE, "too large"),
]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(("status", "body", "obstacle", "said"), BROKEN)
def test_a_registration_that_is_refused_or_answered_with_nonsense(
    client, lms, invited, status, body, obstacle, said
):
    school = lms()
    _, path = invited()
    school.lies(body, endpoint="registration", status=status, headers={"Location": "http://127.0.0.1:1/"})

    refusal = refused(school.registers(client, path), obstacle, said)

    assert school.opened_with["registration_token"] not in refusal.said
    school.school.clear_faults()
    assert school.registers(client, path).status_code == 200  # the invitation was given back


@pytest.mark.django_db
def test_a_platform_that_hangs_up(client, lms, invited):
    school = lms()
    _, path = invited()
    school.school.fault("registration", close=True)

    refused(school.registers(client, path), Obstacle.PLATFORM_UNREACHABLE)


@pytest.mark.django_db
def test_a_lie_while_renewing_is_a_problem_of_that_registration(client, lms, invited):
    school = lms("moodle")
    school.registers(client, invited(approves=True)[1])
    row = Registration.objects.get()
    school.new_pass(renew=True)
    school.lies("token_already_used", endpoint="registration", status=401)

    assert school.registers(client, invited(renews=row)[1]).status_code == 424

    noted = Problem.objects.get()
    assert (noted.registration, noted.area, noted.code) == (row, "registration", "token-refused")
    row.refresh_from_db()
    assert row.status == "active"


@pytest.mark.django_db
def test_odd_but_usable_answers_are_taken(client, lms, invited):
    """Numbers for ids, a secret nobody asked for, a foreign configuration address."""
    school = lms()
    _, path = invited()
    answer = {
        "client_id": 12345,
        "deployment_id": 7,
        "client_secret": "s3cret",
        "registration_access_token": "t0ken",
    }
    school.lies(
        answer | {"registration_client_uri": "https://evil.example/"}, endpoint="registration", status=201
    )

    school.registers(client, path)

    row = Registration.objects.get()
    assert (row.client_id, row.configuration_url, row.deployments.get().deployment_id) == ("12345", "", "7")
    assert row.configuration == {
        "client_id": 12345,
        "deployment_id": 7,
        "registration_client_uri": "https://evil.example/",
    }


# Hosted Canvas: one issuer for all schools, keys and tokens on its sign-in hosts, registration at the school.


def hosted(**changes):
    document = json.loads((CANVAS / "registration.openid_configuration.hosted.json").read_text())
    return document | changes


def read_hosted(source, monkeypatch, **changes):
    monkeypatch.setattr(network, "resolve", lambda host, port: [ipaddress.ip_address("93.184.216.34")])
    return openid_configuration.read(hosted(**changes), source=source)


SCHOOL = "https://northfield.canvas.example/api/lti/security/openid-configuration"
SSO = "https://sso.canvaslms.com/api/lti/security/openid-configuration"


@pytest.mark.parametrize(
    ("source", "changes"),
    [
        (SCHOOL, {}),
        (SSO, {}),
        ("https://northfield.instructure.com/api/lti/security/openid-configuration", {}),
        (SSO, {"registration_endpoint": "https://northfield.instructure.com/api/lti/registrations"}),
        (SCHOOL, {"jwks_uri": "https://canvas.instructure.com/api/lti/security/jwks"}),
    ],
)
def test_hosted_canvas_is_known_by_its_sign_in_hosts(monkeypatch, source, changes):
    found = read_hosted(source, monkeypatch, **changes)

    assert (found.issuer, found.family) == ("https://canvas.instructure.com", "canvas")
    assert found.token_audience == ""
    assert found.name == "Northfield University"
    assert set(found.origins) >= {found.registration_url.removesuffix("/api/lti/registrations")}


@pytest.mark.parametrize("environment", ["beta", "test"])
def test_beta_and_test_of_canvas_are_issuers_of_their_own(monkeypatch, environment):
    sso = f"https://sso.{environment}.canvaslms.com"
    own = {
        "issuer": f"https://canvas.{environment}.instructure.com",
        "authorization_endpoint": f"{sso}/api/lti/authorize_redirect",
        "token_endpoint": f"{sso}/login/oauth2/token",
        "jwks_uri": f"{sso}/api/lti/security/jwks",
    }

    assert read_hosted(SCHOOL, monkeypatch, **own).issuer == own["issuer"]
    with pytest.raises(RegistrationRefused) as refusal:
        read_hosted(SCHOOL, monkeypatch, issuer=own["issuer"])  # with the hosts of production
    assert refusal.value.obstacle == FOREIGN


@pytest.mark.parametrize(
    ("source", "changes"),
    [
        (SCHOOL, {"token_endpoint": "https://evil.example/token"}),
        (SCHOOL, {"jwks_uri": "https://northfield.canvas.example/jwks"}),
        (SCHOOL, {"authorization_endpoint": "https://sso.canvaslms.com.evil.example/"}),
        (SCHOOL, {"token_endpoint": "https://sso.canvaslms.com:8443/login/oauth2/token"}),
        (SCHOOL, {"registration_endpoint": "https://evil.example/registrations"}),
        (SSO, {"registration_endpoint": "https://evil.example/registrations"}),
        ("https://evil.example/", {}),
        ("https://evil-instructure.com/", {}),
    ],
)
def test_nobody_else_speaks_for_hosted_canvas(monkeypatch, source, changes):
    with pytest.raises(RegistrationRefused) as refusal:
        read_hosted(source, monkeypatch, **changes)

    assert refusal.value.obstacle == FOREIGN


def test_self_hosted_canvas_stays_at_home(monkeypatch):
    monkeypatch.setattr(network, "resolve", lambda host, port: [ipaddress.ip_address("93.184.216.34")])
    document = json.loads((CANVAS / "registration.openid_configuration.self_hosted.json").read_text())

    found = openid_configuration.read(
        document, source="https://canvas.selfhosted.example/api/lti/security/openid-configuration"
    )

    assert (found.family, found.origins) == ("canvas", ())
    assert (
        "https://canvas.instructure.com/lti/assignment_selection" in found.messages["LtiDeepLinkingRequest"]
    )
