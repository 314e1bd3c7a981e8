"""What all service calls share: who calls, with which token and scopes, for which course; and how answers are written."""

import json
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from lti_tool.sandbox import clock
from lti_tool.sandbox.models import AccessToken, Course, School


@dataclass
class Call:
    request: HttpRequest
    school: School
    course: Course | None
    token: AccessToken | None

    @property
    def method(self) -> str:
        return self.request.method or ""

    @property
    def text(self) -> str:
        return self.request.body.decode("utf-8", "replace")

    @property
    def accept(self) -> str:
        return self.request.headers.get("Accept", "")

    @property
    def content_type(self) -> str:
        return self.request.headers.get("Content-Type", "").partition(";")[0].strip()

    @property
    def query(self) -> dict[str, str]:
        return self.request.GET.dict()

    def may(self, *scopes: str) -> bool:
        return (
            self.token is not None
            and self.token.expires_at > clock.now()
            and bool(set(scopes) & set(self.token.scopes))
        )

    def json(self) -> Any:
        """The body as JSON, or None when it is not JSON."""
        try:
            return json.loads(self.text)
        except ValueError:
            return None


def open_call(request: HttpRequest, school: str, course: int) -> Call:
    found = get_object_or_404(School.objects.select_related("tool"), slug=school)
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    row = (
        AccessToken.objects.filter(school=found, token=token).first() if scheme.lower() == "bearer" else None
    )
    return Call(
        request, found, Course.objects.select_related("school").filter(school=found, pk=course).first(), row
    )


def answer(
    body: Any, *, status: int = 200, content_type: str = "application/json", reason: str | None = None
) -> HttpResponse:
    text = body if isinstance(body, str) else json.dumps(body)
    return HttpResponse(text, status=status, content_type=f"{content_type}; charset=utf-8", reason=reason)


def is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
