"""AGS as Moodle 5.1.3 does it, seen live: tests/samples/platforms/moodle has the exchanges that this follows."""

import math
import re
from typing import Any

from django.http import HttpResponse

from lti_tool.sandbox import addresses, clock, columns, gradebook, timestamps
from lti_tool.sandbox.claims import AGS_SCOPE
from lti_tool.sandbox.models import Grade, LineItem, as_number
from lti_tool.sandbox.service import Call, answer, is_number

BAD_GATEWAY = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>\r\n"  # noqa: E501
ERROR_PAGE = "<!DOCTYPE html>\n<html lang='en'><head><title>Error</title></head><body>Error</body></html>\n"
READ = (AGS_SCOPE + "lineitem", AGS_SCOPE + "lineitem.readonly")
WRITE = (AGS_SCOPE + "lineitem",)


def problem(call: Call, status: int, reason: str, tail: str = "") -> HttpResponse:
    """Moodle's JSON errors repeat the request; the text is in the reason phrase too."""
    body = {
        "status": status,
        "reason": reason + tail,
        "request": {
            "method": call.method,
            "url": call.request.get_full_path(),
            "accept": call.accept,
            "contentType": call.content_type,
        },
    }
    return answer(body, status=status, reason=reason)


def refused_media_type(call: Call, wanted: str, path: str) -> HttpResponse | None:
    """Media types must be exact; a charset after the content type is fine."""
    if call.method in ("POST", "PUT"):
        if call.content_type != wanted:
            return problem(call, 400, f"No handler found for {path}  {call.content_type}")
    elif call.method == "GET" and call.accept == "*/*":
        return problem(call, 400, "No context or unsupported content type")
    elif call.method == "GET" and call.accept != wanted:
        return problem(call, 400, f"No handler found for {path} {call.accept}", " ")
    return None


def refused(call: Call, scopes: tuple[str, ...], number: int | None = None) -> HttpResponse | None:
    if not call.may(*scopes) or call.query.get("type_id", "1") != "1":
        return problem(call, 401, "Unauthorized")
    if call.course is None:
        asked = call.request.path.split("/courses/")[1].split("/")[0]
        return problem(call, 404, f"Not Found: Course {asked} doesn't exist")
    if number is not None and columns.one(call, number) is None:
        return problem(call, 404, f"Not Found: Grade item {number} doesn't exist")
    return None


def line_items(call: Call) -> HttpResponse:
    path = f"/{call.course.pk if call.course else 0}/lineitems"
    wanted = columns.LIST if call.method == "GET" else columns.SINGLE
    refusal = refused_media_type(call, wanted, path) or refused(call, READ if call.method == "GET" else WRITE)
    if refusal:
        return refusal
    return _create(call) if call.method == "POST" else _list(call)


def as_json(item: LineItem) -> dict[str, Any]:
    """Empty resourceId and tag are shown; the link's id stands under two names."""
    members = {
        "id": addresses.line_item(item),
        "label": item.label,
        "scoreMaximum": as_number(item.score_maximum),
        "resourceId": item.resource_id,
        "tag": item.tag,
    }
    if item.link:
        members |= {"resourceLinkId": item.link.resource_link_id, "ltiLinkId": item.link.resource_link_id}
    if "submissionReview" in item.extra:
        members["submissionReview"] = item.extra["submissionReview"]
    return members


def _list(call: Call) -> HttpResponse:
    items = [as_json(item) for item in columns.found(call)]
    limit, start = call.query.get("limit", ""), call.query.get("from", "0")
    if not limit.isdigit() or int(limit) == 0:
        return answer(items, content_type=columns.LIST)
    size, first = int(limit), int(start) if start.isdigit() else 0
    response = answer(items[first : first + size], content_type=columns.LIST)
    response["Link"] = _link_header(call, len(items), size, first)
    return response


def _link_header(call: Call, total: int, size: int, first: int) -> str:
    """Escaped ampersands and typographic quotes, in UTF-8: what Moodle really sends."""
    starts = {"first": 0}
    if 0 < first < total:
        starts["prev"] = max(0, first - size)
    starts["canonical"] = first
    if first + size < total:
        starts["next"] = first + size
    starts["last"] = max(0, total - size + 1)
    base = addresses.line_items(call.course)
    links = (f"<{base}&amp;limit={size}&amp;from={start}>; rel=“{name}”" for name, start in starts.items())
    return ", ".join(links).encode().decode("latin-1")


def _create(call: Call) -> HttpResponse:
    body = call.json()
    refusal = _unusable(call, body)
    if refusal:
        return refusal
    item = LineItem(course=call.course)
    columns.take_over(item, body)
    item.extra = {}
    item.link = call.course.links.filter(resource_link_id=body.get("resourceLinkId", "")).first()
    if body.get("resourceLinkId") and item.link is None:
        return problem(call, 403, "Forbidden")
    item.save()
    return answer(body | {"id": addresses.line_item(item)}, status=201, content_type=columns.SINGLE)


def _unusable(call: Call, body: Any) -> HttpResponse | None:
    if not isinstance(body, dict) or not body.get("label") or "scoreMaximum" not in body:
        return problem(call, 400, "No label or Score Maximum")
    return None if is_number(body["scoreMaximum"]) else problem(call, 400, "Bad Request")


def line_item(call: Call, number: int) -> HttpResponse:
    path = f"/{call.course.pk if call.course else 0}/lineitems/{number}/lineitem"
    refusal = refused_media_type(call, columns.SINGLE, path)
    refusal = refusal or refused(call, READ if call.method == "GET" else WRITE, number)
    if refusal:
        return refusal
    item = columns.one(call, number)
    if call.method == "DELETE":
        LineItem.objects.filter(pk=item.pk).update(deleted=True)
        return HttpResponse(status=204, reason="OK", content_type="text/html; charset=utf-8")
    return (
        _replace(call, item) if call.method == "PUT" else answer(as_json(item), content_type=columns.SINGLE)
    )


def _replace(call: Call, item: LineItem) -> HttpResponse:
    """PUT replaces; without resourceLinkId the column leaves its link; another maximum rescales the grades."""
    body = call.json()
    refusal = _unusable(call, body)
    if refusal:
        return refusal
    review = item.extra.get("submissionReview")
    before = item.score_maximum
    columns.take_over(item, body)
    item.extra = {"submissionReview": body["submissionReview"]} if "submissionReview" in body else {}
    if review and "submissionReview" in body:
        item.extra["submissionReview"] = review | body["submissionReview"]
    item.link = call.course.links.filter(resource_link_id=body.get("resourceLinkId", "")).first()
    item.save()
    if before > 0 and item.score_maximum != before:
        for grade in item.grades.exclude(score=None):
            grade.score = round(grade.score * item.score_maximum / before, 5)
            grade.save()
    return answer(body | {"id": addresses.line_item(item)}, content_type=columns.SINGLE)


def scores(call: Call, number: int) -> HttpResponse:
    path = f"/{call.course.pk if call.course else 0}/lineitems/{number}/lineitem/scores"
    if call.method != "POST":
        return problem(call, 400, f"No handler found for {path} {call.accept}", " ")
    refusal = refused_media_type(call, columns.SCORE, path) or refused(call, (AGS_SCOPE + "score",), number)
    return refusal or _score(call, columns.one(call, number))


def _score(call: Call, item: LineItem) -> HttpResponse:
    body = call.json()
    if not _complete(body):
        return _incorrect(call)
    if not re.fullmatch(r"\d+", str(body["userId"])) and not gradebook.gradable(
        call.course, body["userId"], even_suspended=True
    ):
        return HttpResponse(BAD_GATEWAY, status=502, content_type="text/html")
    person = gradebook.gradable(call.course, body["userId"], even_suspended=True)
    if person is None:
        return _incorrect(call)
    stored = Grade.objects.filter(line_item=item, person=person).first()
    moment = timestamps.seconds(body["timestamp"])
    if stored and int(moment) <= int(stored.changed_at):
        words = f"Refusing score with an earlier timestamp for item {item.pk} and user {person.sub}"
        return answer([], status=409, reason=words, content_type=columns.SCORE)
    if item.locked:
        return answer([], status=500, content_type=columns.SCORE)
    _store(item, stored or Grade(line_item=item, person=person), body, moment)
    return answer("", content_type=columns.SCORE)


def _complete(body: Any) -> bool:
    needed = ("userId", "timestamp", "activityProgress", "gradingProgress")
    if not isinstance(body, dict) or not all(body.get(name) for name in needed):
        return False
    if "scoreGiven" in body and "scoreMaximum" not in body:
        return False
    return timestamps.seconds(body["timestamp"]) is not None


def _incorrect(call: Call) -> HttpResponse:
    """The whole body goes into the reason phrase. PHP drops a header with a newline, and 200 goes out instead."""
    if re.search(r"[\r\n\0]", call.text):
        return answer([], content_type=columns.SCORE)
    reason = "Incorrect score received" + call.request.body.decode("latin-1")
    return answer([], status=400, reason=reason, content_type=columns.SCORE)


def _store(item: LineItem, grade: Grade, body: dict[str, Any], moment: float) -> None:
    gradebook.keep_post(grade, body, moment)
    # The teacher's grade in the activity's own column stays; a column of the tool's own is overwritten.
    if not (grade.overridden and item.coupled):
        gradebook.show(grade, _shown(item, body), by="tool", at=moment)
        grade.overridden = False
        grade.comments = [{"text": body["comment"], "by": "tool"}] if body.get("comment") else []
    grade.save()


def _shown(item: LineItem, body: dict[str, Any]) -> float | None:
    """Anything but FullyGraded clears; too much is cut, below zero is zero; five decimals are kept."""
    if body["gradingProgress"] != "FullyGraded" or body.get("scoreGiven") is None:
        return None
    given, maximum = float(body["scoreGiven"]), float(body["scoreMaximum"])
    scaled = given * item.score_maximum / maximum if maximum > 0 else given
    shown = min(max(scaled, 0.0), item.score_maximum)
    return math.floor(shown * 1e5 + 0.5) / 1e5


def results(call: Call, number: int) -> HttpResponse:
    path = f"/{call.course.pk if call.course else 0}/lineitems/{number}/lineitem/results"
    refusal = refused_media_type(call, columns.RESULTS, path)
    refusal = refusal or refused(call, (AGS_SCOPE + "result.readonly",), number)
    if refusal:
        return refusal
    if "limit" in call.query:
        return HttpResponse(ERROR_PAGE, status=404)
    grades = (
        columns.one(call, number).grades.select_related("person", "line_item__course__school").order_by("pk")
    )
    if "user_id" in call.query:
        grades = grades.filter(person__sub=call.query["user_id"])
    return answer([_result(grade) for grade in grades], content_type=columns.RESULTS)


def _result(grade: Grade) -> dict[str, Any]:
    result = {"id": addresses.result(grade.line_item, grade.person, grade.pk), "userId": grade.person.sub}
    if grade.score is None:
        return result
    result |= {
        "resultScore": as_number(grade.score),
        "resultMaximum": as_number(grade.line_item.score_maximum),
    }
    if grade.comments:
        result["comment"] = grade.comments[-1]["text"]
    return result | {
        "scoreOf": addresses.line_item(grade.line_item),
        "timestamp": timestamps.whole_seconds(grade.changed_at or clock.now()),
    }
