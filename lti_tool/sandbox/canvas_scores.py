"""One score as Canvas takes it (scores_controller.rb): first all checks, then the attempt, then the grade."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse

from lti_tool.sandbox import addresses, clock, columns, gradebook, profiles, timestamps
from lti_tool.sandbox.canvas_errors import bad_request, error, unprocessable
from lti_tool.sandbox.models import Enrolment, Grade, LineItem, Person
from lti_tool.sandbox.service import Call, answer

SUBMISSION = "https://canvas.instructure.com/lti/submission"


def post(call: Call, item: LineItem) -> HttpResponse:
    body = call.json()
    body = body if isinstance(body, dict) else {}
    person = gradebook.gradable(call.course, body.get("userId"), even_suspended=False)
    grade = Grade.objects.filter(line_item=item, person=person).first() if person else None
    refusal = _refused(item, body, person) or _refused_times(body, grade) or _refused_numbers(item, body)
    refusal = refusal or _refused_submission(item, body, grade)
    if item.grade_error and not refusal:
        refusal = unprocessable(item.grade_error)
    if refusal:
        return refusal
    grade = grade or Grade(line_item=item, person=person)
    _store(item, grade, body)
    answered = {SUBMISSION: {"content_items": []}, "resultUrl": addresses.result(item, person, grade.pk)}
    return answer(answered, content_type=columns.SCORE)


def other_link(item: LineItem, body: Mapping[str, Any]) -> HttpResponse | None:
    sent = body.get("resourceLinkId")
    if sent and sent != (item.link.resource_link_id if item.link else ""):
        return error(
            412, "precondition_failed", "The specified LTI link ID is not associated with the line item."
        )
    return None


def _refused(item: LineItem, body: dict[str, Any], person: Person | None) -> HttpResponse | None:
    mismatch = other_link(item, body)
    if mismatch:
        return mismatch
    if person is None:
        return unprocessable("User not found in course or is not a student")
    if Enrolment.objects.filter(course=item.course, person=person, concluded=True).exists():
        return unprocessable(
            "This course has concluded for this student. AGS requests will no longer be accepted for this course."
        )
    for name in ("activityProgress", "gradingProgress", "timestamp"):
        if not body.get(name):
            return bad_request(f"param is missing or the value is empty: {name}")
    if not item.is_published():
        return unprocessable("This assignment is still unpublished")
    return None


def _refused_times(body: dict[str, Any], grade: Grade | None) -> HttpResponse | None:
    moment = timestamps.seconds(body["timestamp"])
    if moment is None:
        return bad_request(f"Provided timestamp of {body['timestamp']} not a valid timestamp")
    if grade and grade.tool_time is not None and moment < grade.tool_time:
        before = timestamps.milliseconds(grade.tool_time)
        return bad_request(
            f"Provided timestamp of {body['timestamp']} before last updated timestamp of {before}"
        )
    return None


def _refused_numbers(item: LineItem, body: dict[str, Any]) -> HttpResponse | None:
    given, maximum = body.get("scoreGiven"), body.get("scoreMaximum")
    if given is not None and maximum is None:
        return unprocessable("ScoreMaximum not supplied when ScoreGiven present.")
    if maximum is not None and float(maximum) < 0:
        return unprocessable("ScoreMaximum must be greater than or equal to 0")
    if maximum is not None and float(maximum) == 0 and item.score_maximum != 0:
        return unprocessable("cannot be zero if line item's maximum is not zero")
    if given is not None and float(given) < 0:
        return unprocessable("ScoreGiven must be greater than or equal to 0")
    return None


def _refused_submission(item: LineItem, body: dict[str, Any], grade: Grade | None) -> HttpResponse | None:
    submitted = _submitted_text(body)
    moment = timestamps.seconds(submitted) if submitted else None
    if submitted and moment is None:
        return bad_request(f"Provided submitted_at timestamp of {submitted} not a valid timestamp")
    if moment is not None and moment > clock.now() + 60:
        return bad_request(f"Provided submitted_at timestamp of {submitted} in the future")
    extension = body.get(SUBMISSION) or {}
    if extension.get("submission_type") == "online_upload" and not extension.get("content_items"):
        return unprocessable("Content items must be provided with submission type 'online_upload'")
    used_up = (
        item.allowed_attempts is not None and grade is not None and grade.attempts >= item.allowed_attempts
    )
    if used_up and _makes_attempt(item, body) and not _same_submission(grade, submitted):
        return unprocessable("The maximum number of allowed attempts has been reached for this submission")
    return None


def _submitted_text(body: dict[str, Any]) -> str:
    own = body.get("submission") or {}
    extension = body.get(SUBMISSION) or {}
    return own.get("submittedAt") or extension.get("submitted_at") or ""


def _same_submission(grade: Grade | None, submitted: str) -> bool:
    """The same submittedAt is the same piece of work: no further attempt is counted."""
    return bool(grade and submitted and grade.submission.get("submitted_at") == submitted)


def _makes_attempt(item: LineItem, body: dict[str, Any]) -> bool:
    """Unless the tool says no, each post is a new attempt. Hosted Canvas 2026: only of Submitted and Completed work."""
    extension = body.get(SUBMISSION) or {}
    if extension.get("submission_type") == "none" or extension.get("new_submission") is False:
        return False
    if profiles.canvas_of(item.course.school).is_old:
        return body["activityProgress"] != "Initialized"
    return body["activityProgress"] in ("Submitted", "Completed")


def _store(item: LineItem, grade: Grade, body: dict[str, Any]) -> None:
    moment = timestamps.seconds(body["timestamp"])
    assert moment is not None
    _submit(item, grade, body)
    _grade(item, grade, body)
    gradebook.keep_post(grade, body, moment)
    grade.extension = body.get(SUBMISSION) or {}
    if body.get("comment") and body.get("scoreGiven") is not None:
        grade.comments = [*grade.comments, {"text": body["comment"], "by": "tool"}]
    grade.save()


def _submit(item: LineItem, grade: Grade, body: dict[str, Any]) -> None:
    """A later post without the extension replaces a stored launch URL by nothing (measured live by others)."""
    if not _makes_attempt(item, body):
        return
    submitted = _submitted_text(body)
    if not _same_submission(grade, submitted):
        grade.attempts += 1
    extension = body.get(SUBMISSION) or {}
    grade.submission = {
        "submitted_at": submitted or timestamps.milliseconds(clock.now()),
        "type": extension.get("submission_type", "external_tool"),
        "data": extension.get("submission_data", ""),
    }


def _grade(item: LineItem, grade: Grade, body: dict[str, Any]) -> None:
    """The reset rule: whatever is not a finished or pending score empties the cell, a teacher's grade included."""
    extension = body.get(SUBMISSION) or {}
    given = body.get("scoreGiven")
    if body["gradingProgress"] in ("FullyGraded", "PendingManual") and given is not None:
        if extension.get("prioritize_non_tool_grade") and grade.score is not None:
            return
        shown = _shown(item, float(given), float(body["scoreMaximum"]))
        gradebook.show(grade, shown, by="tool", at=clock.now())
        grade.overridden = False
    elif not extension.get("preserve_score"):
        gradebook.show(grade, None, by="", at=clock.now())
        grade.overridden = False
    if body["gradingProgress"] == "PendingManual":
        grade.state = "pending_review"


def _shown(item: LineItem, given: float, maximum: float) -> float:
    """Canvas source: scaled, above the maximum too; an assignment that is complete or not has all points or none."""
    if item.pass_fail:
        return item.score_maximum if given > 0 else 0.0
    return given * (item.score_maximum / maximum if maximum else 1)


def last_tool_comment(grade: Grade) -> str:
    said = [entry["text"] for entry in grade.comments if entry["by"] == "tool"]
    return said[-1] if said else ""
