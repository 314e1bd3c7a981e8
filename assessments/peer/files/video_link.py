"""The address of a film that plays elsewhere. Nothing is requested: the school's own place for media decides who may see it."""

import ipaddress
import re
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode, urlsplit

from assessments.peer.files.outcomes import Reason, Refused

MOST_CHARACTERS = 1000
# With one of these in hand, somebody else is taken for the owner.
_KEYS = re.compile(
    r"(.*[_-])?(token|jwt|sig|signature|credential|session|sessionid|sid|sesskey|apikey|api[_-]key|secret|password|ticket|auth)",
    re.I,
)
# These say who shared the link, or where it was found.
_TRACES = re.compile(
    r"utm_.*|si|fbclid|gclid|igsh|igshid|authuser|feature|login_hint|email|user|userid|username", re.I
)
_MOMENT = re.compile(r"t=\d+(h\d+)?(m\d+)?[hms]?\d*s?")
_HOST = re.compile(r"(?!-)[a-z0-9-]{1,63}(\.(?!-)[a-z0-9-]{1,63})+\.?")


def check(url: str) -> str:
    """The address as it is shown to peers, without traces of who shared it; raises `Refused`."""
    address = url.strip()
    if len(address) > MOST_CHARACTERS:
        raise Refused(Reason.LINK_TOO_LONG, most=MOST_CHARACTERS)
    parts = _split(address)
    host = _host(parts)
    query = urlencode(
        [(name, value) for name, value in _open_parameters(parts.query) if not _TRACES.fullmatch(name)]
    )
    _open_parameters(parts.fragment)
    fragment = parts.fragment if _MOMENT.fullmatch(parts.fragment) else ""
    return SplitResult("https", host, parts.path or "/", query, fragment).geturl()


def _split(address: str) -> SplitResult:
    if re.search(r"[\s\x00-\x1f\x7f\\]", address):
        raise Refused(Reason.LINK_MALFORMED)
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise Refused(Reason.LINK_MALFORMED) from error
    if parts.scheme != "https":
        raise Refused(Reason.LINK_NOT_HTTPS)
    if "@" in parts.netloc:
        raise Refused(Reason.LINK_WITH_PASSWORD)
    if port not in (None, 443):
        raise Refused(Reason.LINK_PRIVATE)
    return parts


def _host(parts: SplitResult) -> str:
    try:
        host = (parts.hostname or "").encode("idna").decode("ascii").lower()
    except UnicodeError as error:
        raise Refused(Reason.LINK_MALFORMED) from error
    if _is_address(host) or "." not in host or host.endswith((".local", ".localhost", ".internal", ".lan")):
        raise Refused(Reason.LINK_PRIVATE if host else Reason.LINK_MALFORMED)
    if not _HOST.fullmatch(host):
        raise Refused(Reason.LINK_MALFORMED)
    return host.rstrip(".")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        # Browsers read any host that ends in a number as one (WHATWG URL, “ends in a number checker”).
        return bool(re.fullmatch(r"\d+|0x[0-9a-f]*", host.rstrip(".").rpartition(".")[2]))
    return True


def _open_parameters(query: str) -> list[tuple[str, str]]:
    """Those of a query or fragment; raises `Refused` if one of them is a key."""
    parameters = parse_qsl(query, keep_blank_values=True)
    for name, _value in parameters:
        if _KEYS.fullmatch(unquote(name)):
            raise Refused(Reason.LINK_WITH_KEY, name=name)
    return parameters
