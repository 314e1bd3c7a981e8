import gzip
import ipaddress
import socket
import threading
import time

import pytest

from lti_tool import http, network
from lti_tool.errors import Kind, ServiceError
from tests.factories import DeploymentFactory, RegistrationFactory

OUTSIDE = "93.184.216.34"


@pytest.fixture
def names(monkeypatch):
    """A name server of ours: each call of a name takes the next of its answers, the last one for ever."""
    answers = {}

    def getaddrinfo(host, port, *args, **kwargs):
        if host not in answers:
            raise socket.gaierror("unknown")
        found = answers[host][0]
        if len(answers[host]) > 1:
            answers[host].pop(0)
        family = {4: socket.AF_INET, 6: socket.AF_INET6}
        return [
            (family[ipaddress.ip_address(one).version], socket.SOCK_STREAM, 6, "", (one, port))
            for one in found
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return answers


@pytest.fixture
def dialled(monkeypatch):
    """The addresses that connections were opened to; none of them answers."""
    tried = []

    def create_connection(address, *args, **kwargs):
        tried.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(network, "create_connection", create_connection)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    return tried


@pytest.fixture
def production(settings):
    settings.LTI_ALLOW_LOOPBACK = False
    settings.LTI_PRIVATE_HOSTS = ["moodle.campus.example"]


@pytest.fixture
def server():
    """A platform on loopback that answers each connection with the bytes it was given, piece by piece."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.05)
    pieces, seen, stop = [], [], threading.Event()

    def serve():
        while not stop.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            with connection:
                connection.settimeout(5)
                seen.append(connection.recv(65536))
                for piece, pause in pieces:
                    try:
                        connection.sendall(piece)
                    except OSError:
                        break
                    if stop.wait(pause):
                        break

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield type(
        "Server",
        (),
        {"url": f"http://127.0.0.1:{listener.getsockname()[1]}/", "pieces": pieces, "seen": seen},
    )
    stop.set()
    thread.join(5)
    listener.close()


@pytest.mark.row("S17")
@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1",
        "192.168.1.1",
        "172.16.0.1",
        "127.0.0.1",
        "0.0.0.0",
        "100.64.0.1",
        "169.254.169.254",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fd00:ec2::254",
        "ff02::1",
        "::ffff:10.0.0.1",
        "::ffff:93.184.216.34",
        "64:ff9b::a00:1",
        "2002:a00:1::",
        "2001:0:a00:1::",
    ],
)
def test_addresses_inside_our_network_are_not_called(production, names, dialled, address):
    names["lms.example"] = [[address]]

    with pytest.raises(ServiceError) as refusal:
        http.request("GET", "https://lms.example/token")

    assert (refusal.value.kind, dialled) == (Kind.NEEDS_ADMIN, [])
    with pytest.raises(ServiceError):
        http.check_address("https://lms.example/token")


@pytest.mark.row("S17")
@pytest.mark.parametrize(
    "host",
    ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "127.0.0.1.", "[::1]", "[::ffff:7f00:1]", "2852039166", "0xa9fea9fe"],
)  # fmt: skip
def test_other_spellings_of_an_inside_address_are_not_called(production, dialled, host):
    """Resolvers take numbers of every kind for addresses (inet_aton): here the real one is asked."""
    with pytest.raises(ServiceError):
        http.request("GET", f"https://{host}/latest/meta-data/")

    assert dialled == []


@pytest.mark.row("S17")
@pytest.mark.parametrize(
    "url",
    [
        "http://lms.example/token",
        "https://user:secret@lms.example/",
        "ftp://lms.example/",
        "file:///etc/passwd",
        "https:///nowhere",
        "https://lms.example:nonsense/",
        "gopher://lms.example/",
    ],
)
def test_urls_of_no_platform_are_not_called(production, names, dialled, url):
    names["lms.example"] = [[OUTSIDE]]

    with pytest.raises(ServiceError) as refusal:
        http.request("GET", url)

    assert (refusal.value.kind, dialled) == (Kind.NEEDS_ADMIN, [])


@pytest.mark.row("S17")
def test_the_address_that_was_judged_is_the_one_that_is_called(production, names, dialled):
    """A name server that answers differently the second time does not get a second question."""
    names["lms.example"] = [[OUTSIDE], ["169.254.169.254"]]

    with pytest.raises(http.Unreachable):
        http.request("POST", "https://lms.example/token")

    assert dialled == [(OUTSIDE, 443)]


@pytest.mark.row("S17")
def test_a_name_with_one_bad_address_is_not_called_at_all(production, names, dialled):
    names["lms.example"] = [[OUTSIDE, "10.0.0.1"]]

    with pytest.raises(ServiceError, match="needs_admin"):
        http.request("GET", "https://lms.example/")

    assert dialled == []


def test_a_second_address_is_tried_where_the_first_is_down(production, names, dialled):
    names["lms.example"] = [["2606:2800:220:1::1", OUTSIDE]]

    with pytest.raises(http.Unreachable):
        http.request("POST", "https://lms.example/")

    assert dialled == [("2606:2800:220:1::1", 443), (OUTSIDE, 443)]


@pytest.mark.row("S17")
@pytest.mark.parametrize(
    ("address", "is_called"),
    [
        ("10.1.2.3", True),
        ("fd12::1", True),
        ("127.0.0.1", False),
        ("169.254.169.254", False),
        ("fe80::1", False),
    ],
)
def test_the_operator_may_name_a_host_inside(production, names, dialled, address, is_called):
    names["moodle.campus.example"] = [[address]]

    with pytest.raises(ServiceError):
        http.request("POST", "https://moodle.campus.example/")

    assert bool(dialled) == is_called


@pytest.mark.row("S17")
def test_redirects_are_not_followed(server):
    server.pieces.append(
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n", 0)
    )

    assert http.request("GET", server.url).status == 302


@pytest.mark.row("S17")
@pytest.mark.parametrize(
    ("head", "drop"),
    [
        (b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    ],
    ids=["head", "body", "chunks"],
)
def test_an_answer_that_trickles_is_cut_off(server, head, drop):
    """Each byte comes in time; the whole never does."""
    server.pieces.append((head, 0))
    server.pieces.extend([(drop, 0.1)] * 90)
    began = time.monotonic()

    with pytest.raises(ServiceError) as refusal:
        http.request("POST", server.url, within=0.6)

    assert refusal.value.kind == Kind.TRANSIENT
    assert time.monotonic() - began < 4


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"not HTTP at all\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
        b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX-A: " + b"b" * 70000 + b"\r\n\r\n",
    ],
)
def test_half_answers_are_no_answers(server, answer):
    server.pieces.append((answer, 0))

    with pytest.raises(http.Unreachable):
        http.request("POST", server.url)


@pytest.mark.row("S17")
def test_an_answer_that_is_too_large_is_not_read_to_its_end(server):
    """Also one that is small on the way and large when unpacked."""
    bomb = gzip.compress(b"0" * 20_000_000)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n"
    server.pieces.append((head.encode() + bomb, 0))

    with pytest.raises(ServiceError, match="transient"):
        http.request("POST", server.url, max_bytes=100_000)


def test_a_get_that_meets_a_bad_moment_is_tried_again(server, monkeypatch):
    pauses = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    server.pieces.append((b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", 0))

    assert http.request("GET", server.url).status == 503
    assert len(server.seen) == 3
    assert len(set(pauses)) == 2  # by chance, so that many do not come back at once
    http.request("POST", server.url)
    assert len(server.seen) == 4  # a POST may have arrived: whoever sent it decides


def test_a_platform_that_asks_for_a_long_rest_gets_it_from_the_caller(server, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda seconds: pytest.fail("waited"))
    server.pieces.append(
        (b"HTTP/1.1 503 Busy\r\nRetry-After: 30\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", 0)
    )

    answer = http.request("GET", server.url)

    assert (answer.status, http.retry_after(answer), len(server.seen)) == (503, 30.0, 1)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("999999999999", 3600.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("", None),
        ("٣", None),
        ("²", None),
    ],
)
def test_retry_after(value, seconds):
    assert http.retry_after(http.Answer(429, "", {"Retry-After": value}, b"")) == seconds


@pytest.mark.row("C5", "M26")
def test_every_request_names_its_agent(server):
    server.pieces.append((b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", 0))

    http.request("GET", server.url)

    assert b"User-Agent: Bellringer/" in server.seen[0]


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


@pytest.mark.row("S17", "C27")
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
