"""How the API says no: {"detail": sentence} or {"detail": …, "fields": {name: [sentences]}}, whatever raised it."""

from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, ValidationError
from django.utils.translation import gettext_lazy as _
from rest_framework.parsers import JSONParser
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_handler
from rest_framework.views import set_rollback

from assessments.marking.conflict import Conflict

TOO_LARGE = _("This is too much at once, so nothing of it was taken. Send it in smaller parts.")


class BoundedJSONParser(JSONParser):
    """DRF reads a body of any size; ours has the limit of every other body."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        assert parser_context
        length = parser_context["request"].META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise RequestDataTooBig
        return super().parse(stream, media_type, parser_context)


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's own handler knows Http404 and PermissionDenied; Django's ValidationError and our Conflict it does not."""
    if isinstance(error, ValidationError):
        set_rollback()
        body: dict[str, Any] = {"detail": " ".join(error.messages)}
        if hasattr(error, "error_dict"):
            body["fields"] = error.message_dict
        return Response(body, status=400)
    if isinstance(error, Conflict):
        set_rollback()
        return Response({"detail": str(error)}, status=409)
    if isinstance(error, RequestDataTooBig):
        return Response({"detail": TOO_LARGE}, status=413)
    return drf_handler(error, context)
