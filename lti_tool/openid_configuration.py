"""A platform's own description of itself, fetched and checked. What it claims is believed only of its own address.

LTI Dynamic Registration 1.0 §3.4 and §3.5.1: the issuer's host is the configuration's host, every address is https. Hosted
Canvas is the known exception: all schools share an issuer and its sign-in hosts, and register at the school's own
domain (Canvas doc/api/registration.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from lti_tool import http
from lti_tool.claims import CANVAS, RESOURCE_LINK_REQUEST, is_storable
from lti_tool.errors import Kind, Obstacle, RegistrationRefused, ServiceError
from lti_tool.http import Answer
from lti_tool.models import ID_LENGTH, URL_LENGTH, Registration
from lti_tool.network import Unreachable

PLATFORM_CONFIGURATION = "https://purl.imsglobal.org/spec/lti-platform-configuration"
MAX_BYTES = 512 * 1024
SECONDS = 10.0  # somebody is waiting in front of the page
MAX_TOKEN = 8000

# The issuers that hosted Canvas schools share, each with the hosts that sign for it.
HOSTED_CANVAS = {
    "https://canvas.instructure.com": {"sso.canvaslms.com", "canvas.instructure.com"},
    "https://canvas.beta.instructure.com": {"sso.beta.canvaslms.com", "canvas.beta.instructure.com"},
    "https://canvas.test.instructure.com": {"sso.test.canvaslms.com", "canvas.test.instructure.com"},
}
# Besides its own registered domain, each of these schools has one here.
CANVAS_SCHOOLS = ".instructure.com"


@dataclass(frozen=True)
class PlatformConfiguration:
    """What a checked configuration says. `claims` and `variables` are None where the platform lists none."""

    issuer: str
    auth_url: str
    token_url: str
    jwks_url: str
    registration_url: str
    token_audience: str
    family: str
    scopes: frozenset[str]
    messages: Mapping[str, frozenset[str]]
    claims: frozenset[str] | None
    variables: frozenset[str] | None
    name: str
    guid: str
    origins: tuple[str, ...]  # of the school itself, where its endpoints are elsewhere

    @property
    def host(self) -> str:
        """The address that an administrator knows the platform by."""
        return urlsplit(self.registration_url).netloc


def fetch(url: str, token: str) -> PlatformConfiguration:
    """Read letter for letter what the platform named (Canvas keeps its pass in the query), and check it."""
    if not http.origin(url) or "#" in url or len(url) > URL_LENGTH or not is_storable(url):
        raise RegistrationRefused(Obstacle.ADDRESS_UNUSABLE, "openid_configuration")
    headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    try:
        answer = http.request("GET", url, headers=headers, max_bytes=MAX_BYTES, within=SECONDS)
    except Unreachable as error:
        raise RegistrationRefused(Obstacle.CONFIGURATION_UNREACHABLE, error.said) from None
    except ServiceError as error:
        raise RegistrationRefused(_meaning(error), error.said) from None
    return read(_document(answer), source=url)


def is_usable_token(token: str) -> bool:
    """Whether it can stand in a header: visible ASCII, no spaces, not endless."""
    return len(token) <= MAX_TOKEN and all("!" <= letter <= "~" for letter in token)


def _meaning(error: ServiceError) -> Obstacle:
    return Obstacle.ADDRESS_UNUSABLE if error.kind == Kind.NEEDS_ADMIN else Obstacle.CONFIGURATION_UNREADABLE


def _document(answer: Answer) -> dict[str, Any]:
    if answer.status != 200:
        raise RegistrationRefused(Obstacle.CONFIGURATION_REFUSED, f"status {answer.status}")
    try:
        document = answer.json()
    except ServiceError as error:
        raise RegistrationRefused(Obstacle.CONFIGURATION_UNREADABLE, error.said) from None
    if not isinstance(document, dict) or not is_storable(document):
        raise RegistrationRefused(Obstacle.CONFIGURATION_UNREADABLE, "not a JSON object")
    return document


def read(document: Mapping[str, Any], *, source: str) -> PlatformConfiguration:
    """Check a configuration that was read from `source`. Raises RegistrationRefused naming the member at fault."""
    platform = document.get(PLATFORM_CONFIGURATION)
    if not isinstance(platform, dict):
        raise RegistrationRefused(Obstacle.CONFIGURATION_INCOMPLETE, PLATFORM_CONFIGURATION)
    family = _family(_text(platform, "product_family_code"))
    configuration = PlatformConfiguration(
        issuer=_issuer(document),
        auth_url=_url(document, "authorization_endpoint"),
        token_url=_url(document, "token_endpoint"),
        jwks_url=_url(document, "jwks_uri"),
        registration_url=_url(document, "registration_endpoint"),
        # Canvas names its sign-in host here and wants the token address all the same.
        token_audience=""
        if family == Registration.Family.CANVAS
        else _text(document, "authorization_server", needed=False)[:URL_LENGTH],
        family=family,
        scopes=_set(document, "scopes_supported") or frozenset(),
        messages=_messages(platform),
        claims=_set(document, "claims_supported"),
        variables=_set(platform, "variables"),
        name=_text(platform, CANVAS + "account_name", needed=False)[:200],
        guid=_text(platform, CANVAS + "account_lti_guid", needed=False)[:ID_LENGTH],
        origins=(),
    )
    _check_capabilities(document, configuration)
    school = _text(platform, CANVAS + "account_domain", needed=False)
    return _at_home(configuration, source=source, school=school)


def _issuer(document: Mapping[str, Any]) -> str:
    """The issuer is compared letter for letter for ever after, so it is kept letter for letter."""
    issuer = _url(document, "issuer", limit=ID_LENGTH)
    if urlsplit(issuer).query:
        raise RegistrationRefused(Obstacle.CONFIGURATION_INCOMPLETE, "issuer")
    return issuer


def _url(document: Mapping[str, Any], name: str, *, limit: int = URL_LENGTH) -> str:
    url = _text(document, name)
    if len(url) > limit or "#" in url or url != url.strip():
        raise RegistrationRefused(Obstacle.CONFIGURATION_INCOMPLETE, name)
    if not http.origin(url):
        raise RegistrationRefused(Obstacle.ADDRESS_UNUSABLE, name)
    try:
        http.check_address(url)
    except Unreachable as error:
        raise RegistrationRefused(Obstacle.CONFIGURATION_UNREACHABLE, f"{name}: {error.said}") from None
    except ServiceError as error:
        raise RegistrationRefused(Obstacle.ADDRESS_UNUSABLE, f"{name}: {error.said}") from None
    return url


def _text(document: Mapping[str, Any], name: str, *, needed: bool = True) -> str:
    value = document.get(name)
    if not needed and value is None:
        return ""
    if not isinstance(value, str) or (needed and not value.strip()):
        raise RegistrationRefused(Obstacle.CONFIGURATION_INCOMPLETE, name)
    return value


def _set(document: Mapping[str, Any], name: str) -> frozenset[str] | None:
    value = document.get(name)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        raise RegistrationRefused(Obstacle.CONFIGURATION_INCOMPLETE, name)
    return frozenset(value)


def _messages(platform: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    entries = platform.get("messages_supported")
    if not isinstance(entries, list):
        raise RegistrationRefused(Obstacle.CONFIGURATION_INCOMPLETE, "messages_supported")
    found: dict[str, frozenset[str]] = {}
    for entry in entries:
        if not isinstance(entry, dict):
            raise RegistrationRefused(Obstacle.CONFIGURATION_INCOMPLETE, "messages_supported")
        places = _set(entry, "placements") or frozenset()
        found[_text(entry, "type")] = found.get(_text(entry, "type"), frozenset()) | places
    return found


def _family(code: str) -> str:
    known = (Registration.Family.CANVAS, Registration.Family.MOODLE)
    return code.lower() if code.lower() in known else Registration.Family.OTHER


def _check_capabilities(document: Mapping[str, Any], configuration: PlatformConfiguration) -> None:
    """What we cannot do without. A list that is absent promises nothing and forbids nothing."""
    for name, needed in (
        ("token_endpoint_auth_methods_supported", "private_key_jwt"),
        ("token_endpoint_auth_signing_alg_values_supported", "RS256"),
        ("id_token_signing_alg_values_supported", "RS256"),
        ("response_types_supported", "id_token"),
    ):
        offered = _set(document, name)
        if offered is not None and needed not in offered:
            raise RegistrationRefused(Obstacle.PLATFORM_INCAPABLE, f"{name}: {needed}")
    if RESOURCE_LINK_REQUEST not in configuration.messages:
        raise RegistrationRefused(Obstacle.PLATFORM_INCAPABLE, f"messages_supported: {RESOURCE_LINK_REQUEST}")


def _at_home(found: PlatformConfiguration, *, source: str, school: str) -> PlatformConfiguration:
    """Everything it names belongs to the place it was read from; the school's own origins are added."""
    if found.issuer in HOSTED_CANVAS:
        return _at_hosted_canvas(found, source=source, school=school)
    home = http.origin(source)
    if http.origin(found.issuer) != home:
        raise RegistrationRefused(Obstacle.ISSUER_FOREIGN, found.issuer)
    for url in (found.auth_url, found.token_url, found.jwks_url, found.registration_url):
        if http.origin(url) != home:
            raise RegistrationRefused(Obstacle.ENDPOINT_FOREIGN, url)
    return found


def _at_hosted_canvas(found: PlatformConfiguration, *, source: str, school: str) -> PlatformConfiguration:
    """The keys and tokens are Canvas's own. The registration is taken at the school: where the configuration came
    from, a domain under instructure.com, or the domain that a configuration from Canvas's own hosts names."""
    ours = HOSTED_CANVAS[found.issuer]
    for url in (found.auth_url, found.token_url, found.jwks_url):
        if _https_host(url) not in ours:
            raise RegistrationRefused(Obstacle.ENDPOINT_FOREIGN, url)
    read_from, registers_at = _https_host(source), _https_host(found.registration_url)
    is_from_canvas = read_from in ours or read_from.endswith(CANVAS_SCHOOLS)
    is_school = registers_at == school.lower() and is_from_canvas
    if not (registers_at == read_from or registers_at.endswith(CANVAS_SCHOOLS) or is_school):
        raise RegistrationRefused(Obstacle.ENDPOINT_FOREIGN, found.registration_url)
    origins = {http.origin(found.registration_url), http.origin(source) if read_from not in ours else ""}
    return replace(found, origins=tuple(sorted(origins - {""})))


def _https_host(url: str) -> str:
    parts = urlsplit(url)
    return (parts.hostname or "") if parts.scheme == "https" and parts.port in (None, 443) else ""
