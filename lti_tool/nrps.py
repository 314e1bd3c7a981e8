"""Names and Role Provisioning Services 2.0: who is in the course. Speaks; stores nothing."""

from collections.abc import Iterator
from typing import Any

from lti_tool import claims, links
from lti_tool.connector import PlatformConnector, check
from lti_tool.errors import Kind, ServiceError
from lti_tool.models import Context

CONTAINER = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
MAX_PAGES = 1000


def pages(context: Context) -> Iterator[list[dict[str, Any]]]:
    """Every page of the course's members, as sent. Asks for no role and no limit: Moodle's next page loses the role."""
    connector = PlatformConnector(context.deployment)
    url: str | None = context.memberships_url
    for _page in range(MAX_PAGES):
        if not url:
            return
        answer = connector.call("GET", url, [claims.SCOPE_NRPS], accept=CONTAINER)
        check(answer)
        container = answer.json()
        found = container.get("members") if isinstance(container, dict) else None
        if not isinstance(found, list):
            raise ServiceError(Kind.TRANSIENT, status=answer.status, said="no list of members")
        yield [member for member in found if isinstance(member, dict)]
        url = links.next_page(answer.headers.get("Link", ""))
    raise ServiceError(Kind.TRANSIENT, said="the list of members does not end")
