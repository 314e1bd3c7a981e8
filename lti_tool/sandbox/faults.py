"""Making the platform fail on purpose, and counting what was asked of it. Both live in memory and end with the process."""

import contextlib
import socket
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve

ENDPOINTS = (
    "auth",
    "jwks",
    "token",
    "lineitems",
    "scores",
    "results",
    "memberships",
    "configuration",
    "registration",
    "notice_handlers",
)
_lock = threading.Lock()
_faults: dict[str, list["Fault"]] = defaultdict(list)
_counts: dict[str, Counter[str]] = defaultdict(Counter)


@dataclass
class Fault:
    """What goes wrong at an endpoint, the next `times` requests or (None) until cleared.

    `process_first` does the work before failing: the grade is stored, its answer lost. `hang` sleeps; `close` ends the
    connection without an answer; `status` answers instead, with `pad` spaces after the body. A fault that only hangs answers
    properly afterwards.
    """

    endpoint: str
    times: int | None = 1
    method: str = ""
    process_first: bool = False
    hang: float = 0
    close: bool = False
    status: int = 0
    body: str = ""
    pad: int = 0
    content_type: str = "text/plain; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)


def add(school: str, fault: Fault) -> None:
    with _lock:
        _faults[school].append(fault)


def clear(school: str) -> None:
    with _lock:
        _faults.pop(school, None)


def counts(school: str) -> dict[str, int]:
    with _lock:
        return {name: _counts[school][name] for name in ENDPOINTS}


def _count(school: str, endpoint: str) -> None:
    with _lock:
        _counts[school][endpoint] += 1


def _take(school: str, endpoint: str, method: str) -> Fault | None:
    with _lock:
        for fault in _faults.get(school, []):
            if fault.endpoint == endpoint and fault.method in ("", method) and fault.times != 0:
                if fault.times is not None:
                    fault.times -= 1
                return fault
    return None


class Faults:
    """Middleware: looks at the platform's own endpoints only, never at pages for people."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            match = resolve(request.path_info)
        except Resolver404:
            return self.get_response(request)
        if match.url_name not in ENDPOINTS:
            return self.get_response(request)
        school = match.kwargs["school"]
        _count(school, match.url_name)
        fault = _take(school, match.url_name, request.method or "")
        return self._fail(request, fault) if fault else self.get_response(request)

    def _fail(self, request: HttpRequest, fault: Fault) -> HttpResponse:
        answer: Any = self.get_response(request) if fault.process_first else None
        if fault.hang:
            time.sleep(fault.hang)
        if fault.close:
            _close(request)
        if fault.status:
            return HttpResponse(
                fault.body + " " * fault.pad,
                status=fault.status,
                content_type=fault.content_type,
                headers=fault.headers,
            )
        if fault.close:
            return HttpResponse(status=503)
        return answer or self.get_response(request)


def _close(request: HttpRequest) -> None:
    connection = request.META.get("gunicorn.socket")
    if connection is not None:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
