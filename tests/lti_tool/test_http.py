import socket

import pytest

from lti_tool import http
from lti_tool.errors import ServiceError
from tests.factories import DeploymentFactory, RegistrationFactory


@pytest.fixture
def resolves_to(monkeypatch):
    def resolve(address):
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443))]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: found)

    return resolve


@pytest.mark.parametrize(
    "address",
    ["10.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254", "127.0.0.1", "0.0.0.0", "100.64.0.1"],
)
def test_addresses_inside_our_network_are_not_called(settings, resolves_to, address):
    settings.LTI_ALLOW_LOOPBACK = False
    resolves_to(address)

    with pytest.raises(ServiceError, match="needs_admin"):
        http.check_address("https://lms.example/token")


def test_public_https_address_is_called_and_http_is_not(settings, resolves_to):
    settings.LTI_ALLOW_LOOPBACK = False
    resolves_to("93.184.216.34")

    http.check_address("https://lms.example/token")
    with pytest.raises(ServiceError):
        http.check_address("http://lms.example/token")
    with pytest.raises(ServiceError):
        http.check_address("https://user:secret@lms.example/token")


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://LMS.example/a?b", "https://lms.example"),
        ("https://lms.example:443/", "https://lms.example"),
        ("http://localhost:8001/x", "http://localhost:8001"),
        ("javascript:alert(1)", ""),
        ("https://lms.example:nonsense/", ""),
        ("//lms.example", ""),
        ("https://x;sandbox/", ""),
        ("https://ünïcode.example/", ""),
        ("https://[::1]:8000/", "https://[::1]:8000"),
        ("", ""),
    ],
)
def test_origin(url, origin):
    assert http.origin(url) == origin


@pytest.mark.django_db
def test_bearer_tokens_stay_on_the_origins_of_the_registration():
    registration = RegistrationFactory(
        auth_url="https://sso.example/auth", token_url="https://sso.example/token"
    )
    school = DeploymentFactory(registration=registration, origins=["https://school.example"])
    DeploymentFactory(registration=registration, origins=["https://other-school.example"])

    assert http.at_home(school, "https://school.example/api/1") == "https://school.example/api/1"
    # Self-hosted Canvas behind a proxy names http where it means https.
    assert http.at_home(school, "http://school.example/api/1") == "https://school.example/api/1"
    for elsewhere in ("https://evil.example/api/1", "https://other-school.example/api/1"):
        with pytest.raises(ServiceError):
            http.at_home(school, elsewhere)


@pytest.mark.django_db
def test_a_blocked_deployment_lends_no_origin():
    registration = RegistrationFactory()
    DeploymentFactory(registration=registration, origins=["https://gone.example"], status="blocked")

    assert "https://gone.example" not in http.origins_of(registration)
