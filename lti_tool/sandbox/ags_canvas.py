"""AGS as Canvas does it, after its source: scores_controller.rb, line_items_controller.rb, results_controller.rb."""

from typing import Any

from django.http import HttpResponse

from lti_tool.sandbox import addresses, canvas_scores, clock, columns, faults, gradebook
from lti_tool.sandbox.canvas_errors import error, not_found
from lti_tool.sandbox.claims import AGS_SCOPE
from lti_tool.sandbox.launches import new_resource_link_id
from lti_tool.sandbox.models import Grade, LineItem, Link
from lti_tool.sandbox.service import Call, answer

READ = (AGS_SCOPE + "lineitem", AGS_SCOPE + "lineitem.readonly")
WRITE = (AGS_SCOPE + "lineitem",)
SUBMISSION_TYPE = "https://canvas.instructure.com/lti/submission_type"
OFFLINE_TYPES = ("none", "external_tool", "on_paper")


def refused(call: Call, scopes: tuple[str, ...]) -> HttpResponse | None:
    """Throttle, token, key, scope, course: in the order of lti_services.rb and gradebook_services.rb."""
    if faults.bucket_level(call.school.slug) >= 600:
        return throttled()
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
    if call.course is None:
        return not_found()
    if call.course.concluded:
        words = "This course has concluded. AGS requests will no longer be accepted for this course."
        return error(422, "unprocessable_entity", words)
    return None


def throttled() -> HttpResponse:
    response = answer("403 Forbidden (Rate Limit Exceeded)\n", status=403, content_type="text/plain")
    response["X-Rate-Limit-Remaining"] = "0.0"
    return response


def with_cost(call: Call, response: HttpResponse) -> HttpResponse:
    response.setdefault("X-Request-Cost", "0.0481")
    left = max(0.0, 600 - faults.bucket_level(call.school.slug))
    response.setdefault("X-Rate-Limit-Remaining", f"{left:.1f}")
    return response


def line_items(call: Call) -> HttpResponse:
    refusal = refused(call, READ if call.method == "GET" else WRITE)
    if refusal:
        return refusal
    return with_cost(call, _create(call) if call.method == "POST" else _list(call))


def as_json(item: LineItem) -> dict[str, Any]:
    shown = columns.as_json(item) | {"scoreMaximum": float(item.score_maximum)}
    return {name: value for name, value in shown.items() if name not in ("startDateTime", "endDateTime")}


def _list(call: Call) -> HttpResponse:
    items = [as_json(item) for item in columns.found(call)]
    size, page = columns.page_numbers(call, 10)
    size = min(size or 10, 100)
    start = (page - 1) * size
    response = answer(items[start : start + size], content_type=columns.LIST)
    response["Link"] = link_header(addresses.line_items(call.course), len(items), size, page, filters(call))
    return response


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
    item = LineItem(course=call.course)
    columns.take_over(item, body)
    if body.get("resourceLinkId"):
        item.link = call.course.links.filter(resource_link_id=body["resourceLinkId"]).first()
        if item.link is None:
            return not_found()
        if not item.link.line_items.filter(deleted=False).exists():
            return answer("", status=412)
    elif extension.get("type") == "external_tool":
        item.link = Link.objects.create(
            course=call.course,
            resource_link_id=new_resource_link_id(call.school),
            title=body["label"],
            url=extension.get("external_tool_url", ""),
        )
    item.save()
    return answer(as_json(item), status=201, content_type=columns.SINGLE)


def line_item(call: Call, number: int) -> HttpResponse:
    refusal = refused(call, READ if call.method == "GET" else WRITE)
    if refusal:
        return refusal
    item = columns.one(call, number)
    if item is None:
        return not_found()
    if call.method == "DELETE":
        return _delete(item)
    if call.method == "PUT":
        return _change(call, item)
    return with_cost(call, answer(as_json(item), content_type=columns.SINGLE))


def _delete(item: LineItem) -> HttpResponse:
    """What Canvas made for its own assignment cannot be deleted by the tool."""
    if item.coupled:
        return answer("", status=401)
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
    if item.coupled and item.link:
        Link.objects.filter(pk=item.link_id).update(title=item.label)
    return answer(as_json(item), content_type=columns.SINGLE)


def scores(call: Call, number: int) -> HttpResponse:
    refusal = refused(call, (AGS_SCOPE + "score",))
    if refusal:
        return refusal
    item = columns.one(call, number)
    if call.method != "POST" or item is None:
        return not_found()
    return with_cost(call, canvas_scores.post(call, item))


def results(call: Call, number: int) -> HttpResponse:
    """Only people whom the tool has scored; a teacher's change shows."""
    refusal = refused(call, (AGS_SCOPE + "result.readonly",))
    if refusal:
        return refusal
    item = columns.one(call, number)
    if item is None:
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
    return with_cost(call, response)


def _result(grade: Grade) -> dict[str, Any]:
    """Empty members are dropped."""
    members: dict[str, Any] = {
        "id": addresses.result(grade.line_item, grade.person, grade.pk),
        "scoreOf": addresses.line_item(grade.line_item),
        "userId": grade.person.sub,
        "resultScore": grade.score,
        "resultMaximum": float(grade.line_item.score_maximum),
        "comment": canvas_scores.last_tool_comment(grade),
    }
    return {name: value for name, value in members.items() if value not in (None, "")}
