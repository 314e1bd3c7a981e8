"""Assignment and Grade Services 2.0: line items, scores, results. Speaks; stores nothing."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import quote

from pylti1p3.assignments_grades import AssignmentsGradesService

from lti_tool import claims
from lti_tool.connector import PlatformConnector, check
from lti_tool.errors import Kind, ServiceError
from lti_tool.http import Answer
from lti_tool.models import ResourceLink

LINE_ITEM = "application/vnd.ims.lis.v2.lineitem+json"
SCORE = "application/vnd.ims.lis.v1.score+json"
RESULTS = "application/vnd.ims.lis.v2.resultcontainer+json"
MAX_PAGES = 200
SUBMISSION_EXTENSION = "https://canvas.instructure.com/lti/submission"


@dataclass(frozen=True)
class Shown:
    """What the LMS shows for one person in one column."""

    given: Decimal
    maximum: Decimal

    def is_close_to(self, given: Decimal, maximum: Decimal) -> bool:
        """Whether it is this grade, whatever its scale: platforms rescale and keep five decimals (1e-4 of the maximum)."""
        if not self.maximum or not maximum:
            return False
        return abs(self.given / self.maximum - given / maximum) <= Decimal("0.0001")

    def __str__(self) -> str:
        return f"{_short(self.given)} / {_short(self.maximum)}"


class Gradebook(AssignmentsGradesService):
    """The gradebook of one resource link's course, over PyLTI1p3's service. Raises ServiceError."""

    def __init__(self, link: ResourceLink) -> None:
        self.link = link
        self.connector = PlatformConnector(link.deployment)
        super().__init__(self.connector, {"scope": link.ags_scopes, "lineitems": link.lineitems_url})

    @property
    def can_read_results(self) -> bool:
        return claims.SCOPE_RESULT in self.link.ags_scopes

    def find(self, *, tag: str, resource_id: str) -> str | None:
        """The URL of our line item of this tag; None where there is none. Looks at every page."""
        url: str | None = self.link.lineitems_url
        for _page in range(MAX_PAGES):
            items, url = self.get_lineitems_page(url)
            for item in items:
                if _is_ours(item, tag=tag, resource_id=resource_id, link_id=self.link.link_id):
                    return str(item["id"])
            if not url:
                return None
        raise ServiceError(Kind.TRANSIENT, said="the list of columns does not end")

    def create(self, *, tag: str, resource_id: str, label: str, maximum: Decimal, tied_to_link: bool) -> str:
        """Make a line item; gives its URL, to be used as it came."""
        wanted = {"scoreMaximum": float(maximum), "label": label[:255], "tag": tag, "resourceId": resource_id}
        if tied_to_link:
            wanted["resourceLinkId"] = self.link.link_id
        answer = self.connector.call(
            "POST",
            self.link.lineitems_url,
            self.link.ags_scopes,
            accept=LINE_ITEM,
            content_type=LINE_ITEM,
            body=_compact(wanted),
        )
        check(answer)
        made = answer.json()
        if not isinstance(made, dict) or not isinstance(made.get("id"), str):
            raise ServiceError(Kind.TRANSIENT, status=answer.status, said="no id in the answer")
        return str(made["id"])

    def shown(self, line_item_url: str, user_id: str) -> Shown | None:
        """What the LMS shows for this person; None for an empty cell. Never sends `limit`: Moodle breaks on it."""
        url = self._add_url_path_ending(line_item_url, "results")
        url += ("&" if "?" in url else "?") + f"user_id={quote(user_id, safe='')}"
        answer = self.connector.call("GET", url, self.link.ags_scopes, accept=RESULTS)
        check(answer)
        results = answer.json() if answer.content else []
        if not isinstance(results, list):
            raise ServiceError(Kind.TRANSIENT, status=answer.status, said="no list of results")
        for result in results:
            if (
                isinstance(result, dict)
                and str(result.get("userId")) == user_id
                and result.get("resultScore") is not None
            ):
                return Shown(_number(result["resultScore"]), _number(result.get("resultMaximum", 1)))
        return None

    def send(self, line_item_url: str, body: bytes) -> Answer:
        """Post a score. Gives the answer of whatever status: what it means depends on more than the status."""
        url = self._add_url_path_ending(line_item_url, "scores")
        return self.connector.call(
            "POST", url, self.link.ags_scopes, content_type=SCORE, accept="*/*", body=body
        )


def score_body(
    *,
    user_id: str,
    given: Decimal | None,
    maximum: Decimal,
    timestamp: datetime,
    comment: str | None,
    extension: Mapping[str, Any] | None = None,
) -> bytes:
    """The message for a score, on one line. Without `given` it clears the cell: only a withdrawal is sent so."""
    message: dict[str, Any] = {
        "userId": user_id,
        "timestamp": timestamp.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "activityProgress": "Completed" if given is not None else "InProgress",
        "gradingProgress": "FullyGraded" if given is not None else "NotReady",
    }
    if given is not None:
        message |= {"scoreGiven": float(given), "scoreMaximum": float(maximum)}
    if comment is not None:
        message["comment"] = comment
    if extension is not None:
        message[SUBMISSION_EXTENSION] = dict(extension)
    return _compact(message)


def _compact(message: Mapping[str, Any]) -> bytes:
    # One line: Moodle answers 200 to a refused score whose body has a line break in it.
    return json.dumps(message, separators=(",", ":")).encode()


def _is_ours(item: Any, *, tag: str, resource_id: str, link_id: str) -> bool:
    if not isinstance(item, dict) or not isinstance(item.get("id"), str):
        return False
    tied_elsewhere = item.get("resourceLinkId") not in (None, "", link_id)
    return item.get("tag") == tag and item.get("resourceId") == resource_id and not tied_elsewhere


def _short(number: Decimal) -> str:
    """For people: two decimals at the most, none that say nothing."""
    return f"{round(number, 2).normalize():f}"


def _number(value: object) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise ServiceError(Kind.TRANSIENT, said="a result that is no number") from None
    return number if number.is_finite() else Decimal(0)
