"""Canvas's throttle (request_throttle.rb): a bucket for each client that fills with work and leaks ten a second.

A request reserves 50 while it is in flight and costs its seconds when done; a token request costs 200 more, in a bucket
of its own, since it comes from an address and not yet from a client. At 600 and above the next one is refused.
The buckets live in memory and end with the process.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve

from lti_tool.sandbox import clock
from lti_tool.sandbox.models import School

HIGH_WATER_MARK = 600
MAXIMUM = 800
LEAK = 10
UP_FRONT = 50
TOKEN = 200
# The names of URLs that count, and what their requests cost beside their seconds.
COSTS = {"lineitems": 0, "scores": 0, "results": 0, "memberships": 0, "notice_handlers": 0, "token": TOKEN}
_lock = threading.Lock()
_buckets: dict[tuple[str, str], "Bucket"] = {}


@dataclass
class Bucket:
    level: float = 0.0
    at: float = field(default_factory=clock.now)

    def add(self, cost: float) -> float:
        """The level after what has leaked since and this cost."""
        now = clock.now()
        left = max(0.0, self.level - LEAK * (now - self.at))
        self.level, self.at = min(MAXIMUM, max(0.0, left + cost)), now
        return self.level


def fill(school: str, level: float) -> None:
    with _lock:
        _buckets[school, "client"] = Bucket(level)


def empty(school: str) -> None:
    with _lock:
        for name in ("client", "address"):
            _buckets.pop((school, name), None)


class Throttle:
    """Middleware, outside the faults: a request that hangs is in flight too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            match = resolve(request.path_info)
        except Resolver404:
            return self.get_response(request)
        name, school = match.url_name or "", match.kwargs.get("school", "")
        if name not in COSTS or not School.objects.filter(slug=school, profile="canvas").exists():
            return self.get_response(request)
        return self._measured(request, (school, "address" if name == "token" else "client"), COSTS[name])

    def _measured(self, request: HttpRequest, key: tuple[str, str], extra: float) -> HttpResponse:
        began = time.monotonic()
        level = _pour(key, UP_FRONT)
        if level >= HIGH_WATER_MARK:
            _pour(key, -UP_FRONT)
            return _refusal()
        response = self.get_response(request)
        cost = time.monotonic() - began + extra
        left = max(0.0, HIGH_WATER_MARK - _pour(key, cost - UP_FRONT))
        response["X-Request-Cost"] = f"{cost:.4f}"
        response["X-Rate-Limit-Remaining"] = f"{left:.1f}"
        return response


def _pour(key: tuple[str, str], cost: float) -> float:
    with _lock:
        return _buckets.setdefault(key, Bucket()).add(cost)


def _refusal() -> HttpResponse:
    text = "403 Forbidden (Rate Limit Exceeded)\n"
    response = HttpResponse(text, status=403, content_type="text/plain; charset=utf-8")
    response["X-Rate-Limit-Remaining"] = "0.0"
    return response
