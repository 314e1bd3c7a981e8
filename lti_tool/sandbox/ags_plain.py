"""AGS 2.0 as its text reads, without anybody's habits."""

from typing import Any

from django.http import HttpResponse

from lti_tool.sandbox import addresses, clock, columns, gradebook, timestamps
from lti_tool.sandbox.claims import AGS_SCOPE
from lti_tool.sandbox.models import Grade, LineItem, as_number
from lti_tool.sandbox.service import Call, answer, is_number

READ = (AGS_SCOPE + "lineitem", AGS_SCOPE + "lineitem.readonly")
WRITE = (AGS_SCOPE + "lineitem",)
ACTIVITY = ("Initialized", "Started", "InProgress", "Submitted", "Completed")
GRADING = ("FullyGraded", "Pending", "PendingManual", "Failed", "NotReady")


def problem(status: int, words: str) -> HttpResponse:
    return answer({"error": words}, status=status)


def refused(call: Call, scopes: tuple[str, ...], number: int | None = None) -> HttpResponse | None:
    if call.token is None or call.token.expires_at < clock.now():
        return problem(401, "the access token is missing, unknown or expired")
    if not call.may(*scopes):
        return problem(403, "the access token lacks the scope")
    if call.course is None or (number is not None and columns.one(call, number) is None):
        return problem(404, "no such line item")
    return None


def line_items(call: Call) -> HttpResponse:
    refusal = refused(call, READ if call.method == "GET" else WRITE)
    if refusal:
        return refusal
    return _create(call) if call.method == "POST" else _list(call)


def _list(call: Call) -> HttpResponse:
    items = columns.found(call)
    size, page = columns.page_numbers(call, None)
    if size is None:
        return answer([columns.as_json(item) for item in items], content_type=columns.LIST)
    start = (page - 1) * size
    shown = [columns.as_json(item) for item in items[start : start + size]]
    response = answer(shown, content_type=columns.LIST)
    if start + size < len(items):
        filters = {name: value for name, value in call.query.items() if name not in ("page", "limit")}
        following = addresses.with_query(
            f"{addresses.course(call.course)}/lineitems", call.school, **filters, limit=size, page=page + 1
        )
        response["Link"] = f'<{following}>; rel="next"'
    return response


def _create(call: Call) -> HttpResponse:
    body = call.json()
    if not usable(body):
        return problem(400, "label and a scoreMaximum above 0 are required")
    item = LineItem(course=call.course)
    columns.take_over(item, body)
    item.link = call.course.links.filter(resource_link_id=body.get("resourceLinkId", "")).first()
    if body.get("resourceLinkId") and item.link is None:
        return problem(404, "no such resource link")
    item.save()
    return answer(columns.as_json(item), status=201, content_type=columns.SINGLE)


def usable(body: Any) -> bool:
    if not isinstance(body, dict) or not isinstance(body.get("label"), str) or not body["label"]:
        return False
    return is_number(body.get("scoreMaximum")) and body["scoreMaximum"] > 0


def line_item(call: Call, number: int) -> HttpResponse:
    refusal = refused(call, READ if call.method == "GET" else WRITE, number)
    if refusal:
        return refusal
    item = columns.one(call, number)
    if call.method == "DELETE":
        LineItem.objects.filter(pk=item.pk).update(deleted=True)
        return HttpResponse(status=204)
    if call.method == "PUT":
        body = call.json()
        if not usable(body):
            return problem(400, "label and a scoreMaximum above 0 are required")
        columns.take_over(item, body)
        item.save()
    return answer(columns.as_json(item), content_type=columns.SINGLE)


def scores(call: Call, number: int) -> HttpResponse:
    refusal = refused(call, (AGS_SCOPE + "score",), number)
    if refusal or call.method != "POST":
        return refusal or problem(405, "POST only")
    body, item = call.json(), columns.one(call, number)
    if not _complete(body):
        return problem(400, "not a score")
    person = gradebook.gradable(call.course, body["userId"], even_suspended=False)
    if person is None:
        return problem(404, "no such student in this course")
    if item.locked:
        return problem(403, "this column is locked")
    grade = gradebook.grade_of(item, person)
    moment = timestamps.seconds(body["timestamp"])
    if grade.tool_time is not None and moment <= grade.tool_time:
        return problem(409, "a score with this or a later timestamp is here already")
    _store(grade, body, moment)
    return HttpResponse(status=204)


def _complete(body: Any) -> bool:
    """AGS 2.0 §3.4: the required members, and a maximum beside each score."""
    if (
        not isinstance(body, dict)
        or not body.get("userId")
        or timestamps.seconds(body.get("timestamp")) is None
    ):
        return False
    if body.get("activityProgress") not in ACTIVITY or body.get("gradingProgress") not in GRADING:
        return False
    given, maximum = body.get("scoreGiven"), body.get("scoreMaximum")
    if given is None:
        return maximum is None or is_number(maximum)
    return is_number(given) and is_number(maximum) and given >= 0 and maximum > 0


def _store(grade: Grade, body: dict[str, Any], moment: float) -> None:
    """§3.4.8: without scoreGiven, or when grading is not finished, the platform should show no final score."""
    gradebook.keep_post(grade, body, moment)
    shown = None
    if body["gradingProgress"] == "FullyGraded" and body.get("scoreGiven") is not None:
        shown = body["scoreGiven"] * grade.line_item.score_maximum / body["scoreMaximum"]
    gradebook.show(grade, shown, by="tool", at=clock.now())
    grade.overridden = False
    grade.comments = [{"text": body["comment"], "by": "tool"}] if body.get("comment") else []
    grade.save()


def results(call: Call, number: int) -> HttpResponse:
    refusal = refused(call, (AGS_SCOPE + "result.readonly",), number)
    if refusal:
        return refusal
    grades = (
        columns.one(call, number).grades.select_related("person", "line_item__course__school").order_by("pk")
    )
    if "user_id" in call.query:
        grades = grades.filter(person__sub=call.query["user_id"])
    size, page = columns.page_numbers(call, None)
    shown = list(grades)[(page - 1) * (size or 0) : page * size if size else None]
    return answer([result(grade) for grade in shown], content_type=columns.RESULTS)


def result(grade: Grade) -> dict[str, Any]:
    members: dict[str, Any] = {
        "id": addresses.result(grade.line_item, grade.person, grade.pk),
        "scoreOf": addresses.line_item(grade.line_item),
        "userId": grade.person.sub,
        "resultMaximum": as_number(grade.line_item.score_maximum),
    }
    if grade.score is not None:
        members["resultScore"] = as_number(grade.score)
    if grade.comments:
        members["comment"] = grade.comments[-1]["text"]
    return members
