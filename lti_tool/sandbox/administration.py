"""The pages of the school's own LMS administrator: install a tool by its registration address, then switch it on."""

from typing import Any
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from lti_tool.sandbox import profiles, registration
from lti_tool.sandbox.models import School, ToolRegistration

# What the button of the next stage says.
BUTTONS = {"moodle": {"active": "Activate"}, "canvas": {"on": "Switch the key on", "installed": "Install"}}
STAGE_WORDS = {
    "pending": "Pending: teachers do not see it yet.",
    "active": "Active.",
    "off": "The key is off.",
    "on": "The key is on; the app is not installed.",
    "installed": "Installed and available.",
}


def _school(slug: str) -> School:
    return get_object_or_404(School.objects.select_related("tool"), slug=slug)


def _stage(school: School) -> str:
    row = ToolRegistration.objects.filter(tool=school.tool).first()
    return row.stage if row else registration.STAGES[school.profile][-1]


def _next(school: School) -> str:
    """The stage after this one; empty at the end (or where the school behaves like another platform since)."""
    stages = registration.STAGES[school.profile]
    now = _stage(school)
    return stages[stages.index(now) + 1] if now in stages[:-1] else ""


@require_GET
def tools(request: HttpRequest, school: str) -> HttpResponse:
    found = _school(school)
    following = _next(found)
    shown: dict[str, Any] = {
        "school": found,
        "tool": found.tool,
        "profile": profiles.of(found),
        "stage": STAGE_WORDS[_stage(found)],
        "button": BUTTONS.get(found.profile, {}).get(following, ""),
        "can_renew": found.profile == "moodle",
    }
    return render(request, "sandbox/tools.html", shown)


@require_POST
def registering(request: HttpRequest, school: str) -> HttpResponse:
    """The tool's own registration page in a frame, opened with a pass; it says when it is done."""
    found = _school(school)
    url = request.POST.get("url", "").strip()
    if urlsplit(url).scheme not in ("http", "https"):
        return HttpResponseRedirect(reverse("tools", args=[school]))
    token = registration.issue_pass(
        found, renew=request.POST.get("renew") == "yes" and found.profile == "moodle"
    )
    separator = "&" if "?" in url else "?"
    address = url + separator + urlencode(registration.opened_with(found, token))
    return render(request, "sandbox/registering.html", {"school": found, "address": address})


@require_POST
def next_stage(request: HttpRequest, school: str) -> HttpResponse:
    found = _school(school)
    following = _next(found)
    if following:
        ToolRegistration.objects.filter(tool=found.tool).update(stage=following)
        found.tool.is_on = following == registration.STAGES[found.profile][-1]
        found.tool.save()
    return HttpResponseRedirect(reverse("tools", args=[school]))
