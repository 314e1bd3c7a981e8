"""Names and Role Provisioning Services 2.0: who is in the course. Speaks; stores nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from lti_tool import claims, links
from lti_tool.connector import PlatformConnector, check
from lti_tool.errors import Kind, ServiceError
from lti_tool.http import Answer
from lti_tool.models import ID_LENGTH, Context
from lti_tool.platforms import habits

CONTAINER = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
MAX_PAGES = 1000
MAX_ANSWER_BYTES = 20 * 1024 * 1024  # some platforms list everybody in one answer
# Pages in a row that bring nobody new, before we believe that it goes on like this for ever.
MAX_IDLE_PAGES = 3


@dataclass(frozen=True, slots=True)
class Entry:
    """One person of a roster, read so far as it can be read. Absent things are empty."""

    sub: str
    roles: tuple[str, ...]
    is_active: bool
    name: str
    given_name: str
    family_name: str
    email: str
    custom: Mapping[str, Any]

    @property
    def has_name(self) -> bool:
        return bool(self.name or self.given_name or self.family_name or self.email)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a roster, and how many of its entries name nobody: any of them may be somebody we know."""

    entries: list[Entry]
    unread: int


def is_whole(context: Context) -> bool:
    """Whether the address lists the course, and not only those whom one activity is assigned to."""
    rlid = _query(context.memberships_url).get("rlid", [context.context_id])
    return rlid == [context.context_id]


def pages(context: Context) -> Iterator[Page]:
    """Every page of the course's members, once each. Raises ServiceError where it does not end.

    Asks for no role: Moodle's next page loses it.
    """
    connector = PlatformConnector(context.deployment)
    visited: set[str] = set()
    known: set[str] = set()
    idle = 0
    answer: Answer | None = _first(connector, context)
    while answer is not None:
        page = _page(answer)
        yield page
        new = {entry.sub for entry in page.entries} - known
        known |= new
        idle = 0 if new else idle + 1
        url = links.next_page(answer.headers.get("Link", ""))
        answer = None  # a page is let go of before the next one comes
        if not url:
            return
        if url in visited or idle >= MAX_IDLE_PAGES:
            raise ServiceError(Kind.TRANSIENT, said="the list of members goes in circles")
        if len(visited) >= MAX_PAGES - 1:
            raise ServiceError(Kind.TRANSIENT, said="the list of members does not end")
        visited.add(url)
        answer = _ask(connector, url)


def _first(connector: PlatformConnector, context: Context) -> Answer:
    """The address as it was given, with what the platform's family needs to be of use; bare, where that is refused."""
    more = _wanted(context)
    if more:
        url = context.memberships_url
        try:
            return _ask(connector, f"{url}{'&' if '?' in url else '?'}{urlencode(more)}")
        except ServiceError as error:
            if error.status not in (400, 404):
                raise
    return _ask(connector, context.memberships_url)


def _wanted(context: Context) -> dict[str, str]:
    """Canvas names sections and groups only for a link, and takes the course itself for one; Moodle pages only if asked."""
    platform = habits(context.registration)
    wanted = {}
    if platform.roster_takes_the_course_as_link and not context.is_implied:
        wanted["rlid"] = context.context_id
    if platform.roster_page:
        wanted["limit"] = str(platform.roster_page)
    return {name: value for name, value in wanted.items() if name not in _query(context.memberships_url)}


def _query(url: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(url).query)


def _ask(connector: PlatformConnector, url: str) -> Answer:
    answer = connector.call("GET", url, [claims.SCOPE_NRPS], accept=CONTAINER, max_bytes=MAX_ANSWER_BYTES)
    check(answer)
    return answer


def _page(answer: Answer) -> Page:
    container = answer.json()
    found = container.get("members") if isinstance(container, dict) else None
    if not isinstance(found, list):
        raise ServiceError(Kind.TRANSIENT, status=answer.status, said="no list of members")
    entries = [entry for entry in map(_entry, found) if entry]
    return Page(entries, len(found) - len(entries))


def _entry(member: object) -> Entry | None:
    """None for what names nobody; whatever else is odd about it is left out, and the person stays."""
    if not isinstance(member, dict) or not _is_id(member.get("user_id")):
        return None
    roles = member.get("roles")
    return Entry(
        sub=member["user_id"],
        roles=tuple(role for role in roles if isinstance(role, str)) if isinstance(roles, list) else (),
        is_active=member.get("status") in (None, "Active"),
        name=claims.text(member.get("name")),
        given_name=claims.text(member.get("given_name"), 255),
        family_name=claims.text(member.get("family_name"), 255),
        email=claims.text(member.get("email"), 320),
        custom=_custom(member.get("message")),
    )


def _is_id(sub: object) -> bool:
    return isinstance(sub, str) and 0 < len(sub) <= ID_LENGTH and claims.is_storable(sub)


def _custom(messages: object) -> Mapping[str, Any]:
    """The custom values of the first message that has any (NRPS 2.0 §3.2: a list, one message for each kind)."""
    for message in messages if isinstance(messages, list) else []:
        custom = message.get(claims.CUSTOM) if isinstance(message, dict) else None
        if isinstance(custom, dict):
            return custom
    return {}
