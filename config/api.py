"""How the API says no: {"detail": sentence} or {"detail": …, "fields": {name: [sentences]}}, whatever raised it."""

from typing import Any

from django.core.exceptions import ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_handler
from rest_framework.views import set_rollback

from assessments.marking.conflict import Conflict


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
    return drf_handler(error, context)
