"""Line items as the services read and write them."""

from typing import Any

from lti_tool.sandbox import addresses
from lti_tool.sandbox.models import LineItem, as_number
from lti_tool.sandbox.service import Call

SINGLE = "application/vnd.ims.lis.v2.lineitem+json"
LIST = "application/vnd.ims.lis.v2.lineitemcontainer+json"
SCORE = "application/vnd.ims.lis.v1.score+json"
RESULTS = "application/vnd.ims.lis.v2.resultcontainer+json"
KEPT = ("id", "label", "scoreMaximum", "resourceId", "tag", "resourceLinkId", "ltiLinkId")


def found(call: Call) -> list[LineItem]:
    """The course's line items after the three filters of AGS 2.0 §3.2.4.1."""
    assert call.course is not None
    items = (
        call.course.line_items.filter(deleted=False).select_related("link", "course__school").order_by("pk")
    )
    for parameter, field in (
        ("tag", "tag"),
        ("resource_id", "resource_id"),
        ("resource_link_id", "link__resource_link_id"),
    ):
        if parameter in call.query:
            items = items.filter(**{field: call.query[parameter]})
    return list(items)


def one(call: Call, number: int) -> LineItem | None:
    if call.course is None:
        return None
    items = call.course.line_items.select_related("link", "course__school")
    return items.filter(pk=number, deleted=False).first()


def as_json(item: LineItem) -> dict[str, Any]:
    """Without empty members: as Canvas and the specification write a line item."""
    members: dict[str, Any] = {
        "id": addresses.line_item(item),
        "scoreMaximum": as_number(item.score_maximum),
        "label": item.label,
        "resourceId": item.resource_id,
        "tag": item.tag,
        "resourceLinkId": item.link.resource_link_id if item.link else "",
    }
    return {name: value for name, value in members.items() if value != ""} | item.extra


def take_over(item: LineItem, body: dict[str, Any]) -> None:
    """PUT replaces: what is left out is emptied."""
    item.label, item.score_maximum = body["label"], float(body["scoreMaximum"])
    item.resource_id, item.tag = body.get("resourceId") or "", body.get("tag") or ""
    item.extra = {name: value for name, value in body.items() if name not in KEPT}


def page_numbers(call: Call, default: int | None) -> tuple[int | None, int]:
    """`limit` and `page` of the query, made safe. No limit and no default: everything."""
    limit = call.query.get("limit") or call.query.get("per_page") or ""
    size = int(limit) if limit.isdigit() and int(limit) > 0 else default
    page = call.query.get("page", "1")
    return size, int(page) if page.isdigit() and int(page) > 0 else 1
