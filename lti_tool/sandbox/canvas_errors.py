from django.http import HttpResponse

from lti_tool.sandbox.service import answer


def error(status: int, kind: str, message: str) -> HttpResponse:
    return answer({"errors": {"type": kind, "message": message}}, status=status)


def unprocessable(message: str) -> HttpResponse:
    return error(422, "unprocessable_entity", message)


def bad_request(message: str) -> HttpResponse:
    return error(400, "bad_request", message)


def not_found() -> HttpResponse:
    return answer({"errors": [{"message": "The specified resource does not exist."}]}, status=404)
