"""How an exam did: its parts, reliability, and who would pass. A rule can be tried out; nothing is stored here."""

from copy import copy
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from assessments.results.finding import moderator
from assessments.results.forms import TryForm
from assessments.results.quality import quality
from assessments.results.standing import Standing
from lti_tool.port import launch_required


@require_safe
@launch_required
def page(request: HttpRequest, key: UUID) -> HttpResponse:
    """GET `z`, `least`: the rule to try out; without them the one that is set."""
    _launch, activity, standing = moderator(request, key)
    rule = standing.rulings.moderation
    own = {"z": float(rule.z), "least": rule.least_parts}
    form = TryForm({name: request.GET.get(name, value) for name, value in own.items()})
    if form.is_valid() and form.cleaned_data != own:
        standing = _tried(standing, form.cleaned_data["z"], form.cleaned_data["least"])
    found = quality(standing)
    context = {
        "activity": activity,
        "form": form,
        "is_tried": standing.rulings.moderation is not rule,
        "found": found,
        "scores": standing.scores,
        "gaps": found.gaps,
        "cautions": found.cautions,
    }
    return render(request, "results/quality.html", context, status=200 if form.is_valid() else 400)


def _tried(standing: Standing, z: float, least: int) -> Standing:
    rule = copy(standing.rulings.moderation)
    rule.z, rule.least_parts = Decimal(repr(z)), least
    return Standing(standing.scores, replace(standing.rulings, moderation=rule))
