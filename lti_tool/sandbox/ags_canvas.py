"""AGS as Canvas does it, after its source: scores_controller.rb, line_items_controller.rb, results_controller.rb."""

from typing import Any

from django.http import HttpResponse

from lti_tool.sandbox import addresses, canvas_scores, clock, columns, gradebook
from lti_tool.sandbox.canvas_errors import error, not_found, unprocessable
from lti_tool.sandbox.claims import AGS_SCOPE
from lti_tool.sandbox.launches import new_resource_link_id
from lti_tool.sandbox.models import Grade, LineItem, Link
from lti_tool.sandbox.service import Call, answer

READ = (AGS_SCOPE + "lineitem", AGS_SCOPE + "lineitem.readonly")
WRITE = (AGS_SCOPE + "lineitem",)
SUBMISSION_TYPE = "https://canvas.instructure.com/lti/submission_type"
LAUNCH_URL = "https://canvas.instructure.com/lti/launch_url"
OFFLINE_TYPES = ("none", "external_tool", "on_paper")


def refused(call: Call, scopes: tuple[str, ...]) -> HttpResponse | None:
    """Token, key, scope, account, course, tool: in the order of lti_services.rb and advantage_services.rb."""
    if not call.request.headers.get("Authorization"):
        return error(401, "unauthorized", "Missing access token")
    if call.token is None:
        return error(401, "unauthorized", "Invalid access token format")
    if call.token.expires_at < clock.now():
        return error(401, "unauthorized", "Access token expired")
    if not call.school.tool.is_on:
        return error(401, "unauthorized", "Unknown or inactive Developer Key")
    if not call.may(*scopes):
        return error(401, "unauthorized", "Insufficient permissions")
    if not call.school.tool.is_on_in_account:
        return error(401, "unauthorized", "Invalid Developer Key")
    if call.course is None:
        return not_found()
    if not call.course.has_tool:
        return error(401, "unauthorized", "Access Token not linked to a Tool associated with this Context")
    return None


def refused_grades(call: Call, scopes: tuple[str, ...]) -> HttpResponse | None:
    """The same, and gradebook_services.rb: a course that is over keeps its roster and takes no grades."""
    refusal = refused(call, scopes)
    if refusal:
        return refusal
    if call.course.concluded:
        words = "This course has concluded. AGS requests will no longer be accepted for this course."
        return error(422, "unprocessable_entity", words)
    return None


def line_items(call: Call) -> HttpResponse:
    refusal = refused_grades(call, READ if call.method == "GET" else WRITE)
    if refusal:
        return refusal
    return _create(call) if call.method == "POST" else _list(call)


def as_json(item: LineItem, call: Call | None = None) -> dict[str, Any]:
    """Without dates and extensions; the address it opens only where the call asks for it."""
    shown = {name: value for name, value in columns.as_json(item).items() if name in columns.KEPT}
    shown["scoreMaximum"] = float(item.score_maximum)
    if call and "launch_url" in call.request.GET.getlist("include[]"):
        shown[LAUNCH_URL] = (item.link and item.link.url) or call.school.tool.target_link_uri
    return shown


def _list(call: Call) -> HttpResponse:
    """What belongs to this tool, published or not; the order is unspecified."""
    mine = [item for item in columns.found(call) if not item.of_other_tool and not _is_gone(item)]
    items = [as_json(item, call) for item in mine]
    size, page = columns.page_numbers(call, 10)
    size = min(size or 10, 100)
    start = (page - 1) * size
    response = answer(items[start : start + size], content_type=columns.LIST)
    response["Link"] = link_header(addresses.line_items(call.course), len(items), size, page, filters(call))
    return response


def _is_gone(item: LineItem) -> bool:
    return item.link is not None and item.link.deleted


def filters(call: Call) -> str:
    return "".join(
        f"&{name}={value}" for name, value in call.query.items() if name not in ("page", "limit", "per_page")
    )


def link_header(url: str, total: int, size: int, page: int, tail: str = "") -> str:
    last = max(1, -(-total // size))
    pages = {"current": page}
    if page < last:
        pages["next"] = page + 1
    if page > 1:
        pages["prev"] = page - 1
    pages |= {"first": 1, "last": last}
    return ",".join(
        f'<{url}?page={number}&per_page={size}{tail}>; rel="{name}"' for name, number in pages.items()
    )


def _create(call: Call) -> HttpResponse:
    body = call.json()
    if not isinstance(body, dict) or not body.get("label") or body.get("scoreMaximum") is None:
        return error(400, "bad_request", "param is missing or the value is empty")
    extension = body.get(SUBMISSION_TYPE) or {}
    if extension and extension.get("type") not in OFFLINE_TYPES:
        words = f"Invalid submission_type for new assignment: {extension.get('type')}"
        return answer({"error": words}, status=400)
    refusal, link = _link_named(call, body.get("resourceLinkId"))
    if refusal:
        return refusal
    item = LineItem(course=call.course, link=link)
    columns.take_over(item, body)
    if link is None and extension.get("type") == "external_tool":
        item.link = Link.objects.create(
            course=call.course,
            resource_link_id=new_resource_link_id(call.school),
            title=body["label"],
            url=extension.get("external_tool_url", ""),
        )
    item.save()
    echoed = {SUBMISSION_TYPE: extension} if extension else {}
    return answer(as_json(item) | echoed, status=201, content_type=columns.SINGLE)


def _link_named(call: Call, resource_link_id: str | None) -> tuple[HttpResponse | None, Link | None]:
    """The assignment that a new column shall belong to, or what Canvas says instead."""
    if not resource_link_id:
        return None, None
    link = Link.objects.filter(course__school=call.school, resource_link_id=resource_link_id).first()
    if link is None:
        return not_found(), None
    if link.of_other_tool:
        return unprocessable("Resource link id points to Tool not associated with this Context"), None
    if link.deleted or link.course_id != call.course.pk or not link.line_items.filter(deleted=False).exists():
        return answer("", status=412), None
    return None, link


def line_item(call: Call, number: int) -> HttpResponse:
    refusal = refused_grades(call, READ if call.method == "GET" else WRITE)
    if refusal:
        return refusal
    item = columns.one(call, number)
    if item is None:
        return not_found()
    if item.of_other_tool:
        return error(412, "precondition_failed", "Tool does not have permission to view line_item")
    if _is_gone(item):
        return answer("", status=404)
    mismatch = canvas_scores.other_link(item, call.query)
    if mismatch:
        return mismatch
    if call.method == "DELETE":
        return _delete(item)
    if call.method == "PUT":
        return _change(call, item)
    return answer(as_json(item, call), content_type=columns.SINGLE)


def _delete(item: LineItem) -> HttpResponse:
    """What Canvas made for its own assignment cannot be deleted by the tool; with its own first column the assignment goes."""
    if item.coupled:
        return answer("", status=401)
    if item.link and item.is_first_of_link():
        Link.objects.filter(pk=item.link_id).update(deleted=True)
    LineItem.objects.filter(pk=item.pk).update(deleted=True)
    return HttpResponse(status=204)


def _change(call: Call, item: LineItem) -> HttpResponse:
    """PUT changes what it names; resourceLinkId must be the item's own and is never changed."""
    body = call.json() or {}
    mismatch = canvas_scores.other_link(item, body)
    if mismatch:
        return mismatch
    item.label = body.get("label", item.label)
    item.score_maximum = float(body.get("scoreMaximum", item.score_maximum))
    item.resource_id = body.get("resourceId", item.resource_id) or ""
    item.tag = body.get("tag", item.tag) or ""
    item.save()
    if item.link and item.is_first_of_link():
        Link.objects.filter(pk=item.link_id).update(title=item.label)
    return answer(as_json(item), content_type=columns.SINGLE)


def scores(call: Call, number: int) -> HttpResponse:
    refusal = refused_grades(call, (AGS_SCOPE + "score",))
    if refusal:
        return refusal
    item = columns.one(call, number)
    if call.method != "POST" or item is None or _is_gone(item):
        return not_found()
    return canvas_scores.post(call, item)


def results(call: Call, number: int) -> HttpResponse:
    """Only people whom the tool has scored; a teacher's change shows."""
    refusal = refused_grades(call, (AGS_SCOPE + "result.readonly",))
    if refusal:
        return refusal
    item = columns.one(call, number)
    if item is None or _is_gone(item):
        return not_found()
    grades = (
        item.grades.filter(posted=True).select_related("person", "line_item__course__school").order_by("pk")
    )
    if "user_id" in call.query:
        person = gradebook.gradable(call.course, call.query["user_id"], even_suspended=False)
        grades = grades.filter(person=person) if person else grades.none()
    size, page = columns.page_numbers(call, 10)
    size = min(size or 10, 100)
    shown = list(grades)
    start = (page - 1) * size
    response = answer([_result(grade) for grade in shown[start : start + size]], content_type=columns.RESULTS)
    url = addresses.line_item(item) + "/results"
    response["Link"] = link_header(url, len(shown), size, page, filters(call))
    return response


def _result(grade: Grade) -> dict[str, Any]:
    """Empty members are dropped."""
    members: dict[str, Any] = {
        "id": addresses.result(grade.line_item, grade.person, grade.pk),
        "scoreOf": addresses.line_item(grade.line_item),
        "userId": grade.person.sub,
        "resultScore": grade.score,
        "resultMaximum": float(grade.line_item.score_maximum),
        "comment": canvas_scores.last_tool_comment(grade),
        canvas_scores.SUBMISSION: grade.extension or None,
    }
    return {name: value for name, value in members.items() if value not in (None, "")}
