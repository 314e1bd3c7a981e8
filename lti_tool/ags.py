"""Assignment and Grade Services 2.0: line items, scores, results. Speaks; stores nothing."""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import quote, urlencode

from pylti1p3.assignments_grades import AssignmentsGradesService

from lti_tool import claims
from lti_tool.connector import PlatformConnector, check
from lti_tool.errors import Kind, ServiceError
from lti_tool.http import Answer
from lti_tool.models import URL_LENGTH, ResourceLink

LINE_ITEM = "application/vnd.ims.lis.v2.lineitem+json"
LINE_ITEMS = "application/vnd.ims.lis.v2.lineitemcontainer+json"
SCORE = "application/vnd.ims.lis.v1.score+json"
RESULTS = "application/vnd.ims.lis.v2.resultcontainer+json"
SUBMISSION_EXTENSION = claims.CANVAS + "submission"


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
        """The URL of our line item of this tag; None where there is none. Looks at every page.

        A column that the platform made with the link (by deep linking) is ours by link and tag, whatever its resourceId;
        another one by tag and resourceId. The filter spares pages where it is understood; its answer is checked all the same.
        """
        url = _with_query(self.link.lineitems_url, tag=tag)
        second_best = None
        for items in self._pages(url, LINE_ITEMS):
            for item in items:
                if not isinstance(item, dict) or not _is_url(item.get("id")) or item.get("tag") != tag:
                    continue
                if item.get("resourceLinkId") == self.link.link_id:
                    return str(item["id"])
                if item.get("resourceId") == resource_id and not item.get("resourceLinkId"):
                    second_best = second_best or str(item["id"])
        return second_best

    def _pages(self, url: str, media_type: str) -> Iterator[list[Any]]:
        for page in self.connector.pages(url, self.link.ags_scopes, accept=media_type):
            if not isinstance(page, list):
                raise ServiceError(Kind.TRANSIENT, said="no list in the answer")
            yield page

    def update(self, line_item_url: str, **changes: Any) -> None:
        """Change members of a line item and keep the others, known to us or not: a PUT replaces the whole of it.

        Of a member that is an object, what is not named is kept too. Left out, Moodle takes the column from its link and
        forgets tag and resourceId.
        """
        answer = self.connector.call("GET", line_item_url, self.link.ags_scopes, accept=LINE_ITEM)
        check(answer)
        item = answer.json()
        if not isinstance(item, dict) or not item.get("label") or "scoreMaximum" not in item:
            raise ServiceError(Kind.TRANSIENT, status=answer.status, said="no line item in the answer")
        changed = {**item, **{name: _merged(item.get(name), value) for name, value in changes.items()}}
        if changed == item:
            return
        answer = self.connector.call(
            "PUT",
            line_item_url,
            self.link.ags_scopes,
            accept=LINE_ITEM,
            content_type=LINE_ITEM,
            body=_compact(changed),
        )
        check(answer)

    def create(
        self,
        *,
        tag: str,
        resource_id: str,
        label: str,
        maximum: Decimal,
        tied_to_link: bool,
        review: Mapping[str, str] | None = None,
    ) -> str:
        """Make a line item; gives its URL, to be used as it came."""
        wanted: dict[str, Any] = {
            "scoreMaximum": float(maximum),
            "label": label[:255],
            "tag": tag,
            "resourceId": resource_id,
        }
        if tied_to_link:
            wanted["resourceLinkId"] = self.link.link_id
        if review:
            wanted["submissionReview"] = dict(review)
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
        if not isinstance(made, dict) or not _is_url(made.get("id")):
            raise ServiceError(Kind.TRANSIENT, status=answer.status, said="no id in the answer")
        return str(made["id"])

    def shown(self, line_item_url: str, user_id: str) -> Shown | None:
        """What the LMS shows for this person; None for an empty cell."""
        url = _with_query(self._add_url_path_ending(line_item_url, "results"), user_id=user_id)
        for results in self._pages(url, RESULTS):
            for result in results:
                if _user_of(result) == user_id and (found := _shown(result)):
                    return found
        return None

    def everybody_shown(
        self, line_item_url: str, people: Collection[str], *, page_size: int | None
    ) -> dict[str, Shown]:
        """What the LMS shows for these people, from the whole column.

        Who is missing has an empty cell. One page is held at a time. `page_size` None sends no `limit`: Moodle breaks on it.
        """
        url = self._add_url_path_ending(line_item_url, "results")
        if page_size:
            url = _with_query(url, limit=str(page_size))
        found: dict[str, Shown] = {}
        for results in self._pages(url, RESULTS):
            for result in results:
                user_id = _user_of(result)
                if user_id in people and (shown := _shown(result)):
                    found[user_id] = shown
        return found

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
    submitted_at: datetime | None = None,
) -> bytes:
    """The message for a score, on one line. Without `given` it clears the cell: only a withdrawal is sent so."""
    message: dict[str, Any] = {
        "userId": user_id,
        "timestamp": _moment(timestamp),
        "activityProgress": "Completed" if given is not None else "InProgress",
        "gradingProgress": "FullyGraded" if given is not None else "NotReady",
    }
    if given is not None:
        message |= {"scoreGiven": float(given), "scoreMaximum": float(maximum)}
    if comment is not None:
        message["comment"] = comment
    if submitted_at is not None:
        message["submission"] = {"submittedAt": _moment(submitted_at)}
    if extension is not None:
        message[SUBMISSION_EXTENSION] = dict(extension)
    return _compact(message)


def _moment(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _compact(message: Mapping[str, Any]) -> bytes:
    # One line: Moodle answers 200 to a refused score whose body has a line break in it.
    return json.dumps(message, separators=(",", ":")).encode()


def _merged(old: Any, new: Any) -> Any:
    return {**old, **new} if isinstance(old, dict) and isinstance(new, dict) else new


def _is_url(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= URL_LENGTH


def _with_query(url: str, **values: str) -> str:
    return url + ("&" if "?" in url else "?") + urlencode(values, quote_via=quote, safe="")


def _user_of(result: Any) -> str:
    """Whose result it is. One that we cannot read might be anybody's: then nothing is known about the column."""
    user_id = result.get("userId") if isinstance(result, dict) else None
    if not isinstance(user_id, str | int) or isinstance(user_id, bool) or user_id == "":
        raise ServiceError(Kind.TRANSIENT, said="a result that is nobody's")
    return str(user_id)


def _shown(result: Mapping[str, Any]) -> Shown | None:
    if result.get("resultScore") is None:
        return None
    return Shown(_number(result["resultScore"]), _number(result.get("resultMaximum") or 1))


def _short(number: Decimal) -> str:
    """For people: two decimals at the most, none that say nothing."""
    return f"{round(number, 2).normalize():f}"


def _number(value: object) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise ServiceError(Kind.TRANSIENT, said="a result that is no number")
    return number
