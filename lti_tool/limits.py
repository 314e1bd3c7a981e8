"""How often one address may knock at the public doors. In memory: each server process counts for itself.

A whole exam hall launches from one address within a minute, so the numbers are high: they keep a flood from filling the
database or wearing out a platform's key set, not a person from trying twice.
"""

import ipaddress
import threading
import time

from django.conf import settings
from django.http import HttpRequest

WINDOW = 60.0
MAX_ADDRESSES = 10_000


class Limit:
    """At most `per_minute` counts for each address (or whatever else is named) in a minute."""

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._began = 0.0
        self._counts: dict[str, int] = {}
        self._lock = threading.Lock()

    def count(self, request: HttpRequest) -> None:
        self.count_name(address_of(request))

    def is_reached(self, request: HttpRequest) -> bool:
        return self.is_reached_by(address_of(request))

    def count_name(self, name: str) -> None:
        with self._lock:
            self._turn_page()
            if name in self._counts or len(self._counts) < MAX_ADDRESSES:
                self._counts[name] = self._counts.get(name, 0) + 1

    def is_reached_by(self, name: str) -> bool:
        with self._lock:
            self._turn_page()
            return self._counts.get(name, 0) >= self.per_minute

    def forget(self) -> None:
        with self._lock:
            self._counts.clear()

    def _turn_page(self) -> None:
        if time.monotonic() - self._began >= WINDOW:
            self._began = time.monotonic()
            self._counts.clear()


def address_of(request: HttpRequest) -> str:
    """Who knocks: behind a proxy the address it adds at the end of X-Forwarded-For. An IPv6 household is one address."""
    address = request.META.get("REMOTE_ADDR", "")
    if settings.BEHIND_PROXY:
        address = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip() or address
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    return str(ipaddress.ip_network(f"{found}/64", strict=False)) if found.version == 6 else str(found)


logins = Limit(settings.LTI_LOGINS_PER_MINUTE)
rejections = Limit(settings.LTI_REJECTIONS_PER_MINUTE)
sign_ins = Limit(settings.SIGN_INS_PER_MINUTE)
