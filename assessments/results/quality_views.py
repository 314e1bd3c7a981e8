"""How an exam did: its parts, reliability, and who would pass. A rule can be tried out; nothing is stored here."""

from copy import copy
from dataclasses import replace
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from assessments.results.finding import moderator
from assessments.results.forms import TryForm
from assessments.results.models import PartRuling
from assessments.results.pictures import of_totals
from assessments.results.quality import ExamQuality, Line, quality
from assessments.results.scores import Part
from assessments.results.standing import Standing
from lti_tool.port import launch_required


@require_safe
@launch_required
def page(request: HttpRequest, key: UUID) -> HttpResponse:
    """GET `z`, `least`, `without`, `part` with its `cut`: what to try out; without them what is set."""
    _launch, activity, standing = moderator(request, key)
    rule = standing.rulings.moderation
    asked = request.GET.copy()
    asked.setdefault("z", str(float(rule.z)))
    asked.setdefault("least", str(rule.least_parts))
    form = TryForm(asked, parts=standing.scores.parts)
    found = quality(standing)
    tried = (
        quality(_tried(standing, form.cleaned_data))
        if form.is_valid() and request.GET.keys() & {"z"}
        else None
    )
    shown = tried or found
    context = {
        "activity": activity,
        "form": form,
        "is_tried": tried is not None,
        "changes": _changes(found, tried) if tried else [],
        "to_decide": _to_decide(standing, form.cleaned_data) if tried else [],
        "found": shown,
        "scores": standing.scores,
        "gaps": shown.gaps,
        "cautions": shown.cautions,
        "chart": of_totals(shown),
    }
    return render(request, "results/quality.html", context, status=200 if form.is_valid() else 400)


def _tried(standing: Standing, asked: dict[str, Any]) -> Standing:
    """The same marks by another rule, without some of the parts, with another cut at one."""
    rule = copy(standing.rulings.moderation)
    rule.z, rule.least_parts = Decimal(repr(asked["z"])), asked["least"]
    parts = dict(standing.rulings.parts)
    for part in standing.scores.parts:
        if str(part.key) in asked["without"]:
            parts[part.key] = _ruled(standing, part, is_dropped=True)
        elif str(part.key) == asked["part"]:
            cut = Decimal(repr(asked["cut"]))
            parts[part.key] = _ruled(standing, part, method=PartRuling.Method.FIXED, cut=cut)
    return Standing(standing.scores, replace(standing.rulings, moderation=rule, parts=parts))


def _ruled(standing: Standing, part: Part, **what: Any) -> PartRuling:
    """What is decided on a part, but for this; it is not stored."""
    ruling = copy(standing.rulings.of_part(part.key))
    for name, value in what.items():
        setattr(ruling, name, value)
    return ruling


def _to_decide(standing: Standing, asked: dict[str, Any]) -> list[tuple[Part, str]]:
    """The stations that something is tried out on, and what their own pages are to begin with."""
    found = [
        (part, urlencode({"is_dropped": "on"}))
        for part in standing.scores.parts
        if str(part.key) in asked["without"]
    ]
    return found + [
        (part, urlencode({"method": PartRuling.Method.FIXED, "cut": f"{asked['cut']:g}"}))
        for part in standing.scores.parts
        if str(part.key) == asked["part"] and str(part.key) not in asked["without"]
    ]


def _changes(before: ExamQuality, after: ExamQuality) -> list[tuple[Line, Line]]:
    """Whose decision would be another."""
    both = zip(before.lines, after.lines, strict=True)
    return [(old, new) for old, new in both if old.decision.passed != new.decision.passed]
