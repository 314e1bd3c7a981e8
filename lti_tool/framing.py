"""Who may put an answer of ours into a frame: the platform it belongs to, and nobody else.

Most answers know their platform. The small shell and error pages do not: they hold nobody's data, and there the browser's
word on who asks, which no page can forge, picks one of the registered platforms. Where it says nothing, as many of them
as a header bears. Sources: CSP Level 3 §6.4.2; Fetch §3.1 (Origin), §4.1 (Referer).
"""

from collections.abc import Iterable

from django.http import HttpRequest

from lti_tool import http
from lti_tool.models import Registration

# Proxies take headers of 4 to 8 KB, and this is one of several.
MOST_ORIGINS, MOST_CHARACTERS = 60, 3000


def ancestors(request: HttpRequest) -> list[str]:
    """The origins for `frame-ancestors`, besides our own. Whoever asks comes first, where the platform is theirs."""
    asking = asking_origin(request)
    if visit := getattr(request, "visit", None):
        return _bounded(http.origins_of(visit.registration, visit.context.deployment), asking)
    if registration := getattr(request, "framed_by", None):
        return _bounded(http.origins_of(registration), asking)
    if (named := getattr(request, "framed_by_origins", None)) is not None:
        return _bounded(named, asking)
    active = Registration.objects.filter(status=Registration.Status.ACTIVE).prefetch_related("deployments")
    every = [http.origins_of(row) for row in active]
    theirs = [origins for origins in every if asking in origins]
    return _bounded(set().union(*(theirs or every)), asking)


def asking_origin(request: HttpRequest) -> str:
    """Where the request comes from, as the browser says; empty where it does not say."""
    return http.origin(request.headers.get("Origin", "")) or http.origin(request.headers.get("Referer", ""))


def _bounded(origins: Iterable[str], first: str) -> list[str]:
    kept: list[str] = []
    for origin in sorted(origins, key=lambda origin: (origin != first, origin))[:MOST_ORIGINS]:
        if sum(map(len, kept)) + len(kept) + len(origin) > MOST_CHARACTERS:
            break
        kept.append(origin)
    return kept
