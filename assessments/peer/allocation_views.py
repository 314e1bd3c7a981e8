"""Who reviews what: looked at before it is drawn, drawn, repaired, changed by hand."""

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments.activities.pages import problems_of, see
from assessments.peer import allocation_tables as tables
from assessments.peer import assigning, finding, plans
from assessments.peer.models import PeerActivity, Review
from assessments.peer.permissions import can_decide
from lti_tool.port import Launch, launch_required

CHANGES_SHOWN = 20
Problems = dict[str, list[str]]


@require_safe
@launch_required
def allocation(http: HttpRequest, key: UUID) -> HttpResponse:
    """Before the drawing what would be drawn; after it who reviews what, and what holds of that."""
    launch, peer = finding.staff(http, key)
    return _page(http, launch, peer)


@require_POST
@launch_required
def drawing(http: HttpRequest, key: UUID) -> HttpResponse:
    """Draws what was looked at: with the same seed the same plan, as long as the same people are there."""
    launch, peer = finding.teacher(http, key)
    try:
        assigning.draw(peer=peer, by=launch.person, seed=_seed(http.POST.get("seed")))
    except ValidationError as error:
        return _page(http, launch, peer, problems_of(error))
    return see("peer:allocation", key, done="drawn")


@require_POST
@launch_required
def repair(http: HttpRequest, key: UUID) -> HttpResponse:
    launch, peer = finding.teacher(http, key)
    try:
        _check_drawn(peer)
        kept = assigning.repair(peer=peer, by=launch.person)
    except ValidationError as error:
        return _page(http, launch, peer, problems_of(error))
    return see("peer:allocation", key, done="repaired" if kept else "whole")


@require_http_methods(["GET", "HEAD", "POST"])
@launch_required
def edit(http: HttpRequest, key: UUID) -> HttpResponse:
    """Gives one review by hand, or takes one away (`what`). What a given one would break is said first; `anyway` gives it."""
    launch, peer = finding.teacher(http, key)
    if http.method != "POST":
        return _edit_page(http, peer)
    if http.POST.get("what") == "take_away":
        return _take_away(http, launch, peer)
    people = peer.participants.taking_part().filter(reviews=True).select_related("person", "group")
    reviewer = people.filter(key=_key(http.POST.get("reviewer"))).first()
    work = peer.submissions.handed_in().filter(key=_key(http.POST.get("work"))).first()
    try:
        if reviewer is None or work is None:
            missing = "reviewer" if reviewer is None else "work"
            raise ValidationError({missing: _("Choose who reviews, and what. Nothing was changed.")})
        if not peer.is_pull:
            _check_drawn(peer)
        broken = plans.broken_by(peer, reviewer, work) if "anyway" not in http.POST else []
        if broken:
            return _edit_page(http, peer, broken=broken, status=409)
        assigning.give(peer=peer, reviewer=reviewer, submission=work, by=launch.person)
    except ValidationError as error:
        return _edit_page(http, peer, problems=problems_of(error), status=400)
    return see("peer:allocation", key, done="given")


def _take_away(http: HttpRequest, launch: Launch, peer: PeerActivity) -> HttpResponse:
    rows = peer.reviews.of_peers().filter(staff=None).select_related("peer__activity")
    review = get_object_or_404(rows, key=_key(http.POST.get("review")))
    try:
        assigning.take_away(review=review, by=launch.person)
    except ValidationError as error:
        return _page(http, launch, peer, problems_of(error))
    return see("peer:allocation", str(peer.activity.key), done="taken_away")


def _check_drawn(peer: PeerActivity) -> None:
    if not assigning.is_drawn(peer):
        raise ValidationError(_("Reviews are not drawn yet. Draw them first; nothing was changed."))


def _page(
    http: HttpRequest, launch: Launch, peer: PeerActivity, problems: Problems | None = None
) -> HttpResponse:
    is_drawn, is_taken = assigning.is_drawn(peer), peer.is_pull
    states = tables.counts(peer)
    begun = sum(n for state, n in states.items() if state in (Review.State.STARTED, Review.State.DONE))
    can_draw = not is_taken and not begun and can_decide(launch)
    is_by_reviewer = http.GET.get("by") == "reviewer"
    context: dict[str, Any] = {
        "activity": peer.activity,
        "peer": peer,
        "can_decide": can_decide(launch),
        "can_draw": can_draw,
        "is_drawn": is_drawn,
        "is_taken": is_taken,
        "begun": begun,
        "states": states,
        "is_by_reviewer": is_by_reviewer,
        "problems": problems or {},
    }
    if can_draw and (not is_drawn or "seed" in http.GET) and "done" not in http.GET:
        context |= _preview(peer, _seed(http.GET.get("seed")))
    if is_drawn or is_taken:
        page = http.GET.get("page")
        shown = (
            tables.by_reviewer(peer, page) if is_by_reviewer else tables.by_work(peer, launch.person, page)
        )
        changes = list(peer.allocations.select_related("by")[:CHANGES_SHOWN])
        short, more = tables.short(peer)
        context |= {
            "rows": shown,
            "short": short,
            "short_more": more,
            "changes": changes,
            "latest": changes[0] if changes else None,
            "properties": tables.properties(changes[0].certificate) if changes else [],
            "not_asked": tables.not_asked(changes[0].certificate) if changes else [],
        }
    return render(http, "peer/allocation.html", context, status=400 if problems else 200)


def _preview(peer: PeerActivity, seed: int) -> dict[str, Any]:
    if not peer.has_submissions and not peer.submissions.exists():
        return {"seed": seed, "is_unseen": True}
    try:
        found = assigning.preview(peer, seed)
    except ValidationError as error:
        return {"seed": seed, "why_not": " ".join(error.messages)}
    places = found.plan.places
    loads: dict[int, int] = {}
    for _who, work in places:
        loads[work] = loads.get(work, 0) + 1
    return {
        "seed": seed,
        "next_seed": assigning.new_seed(),
        "preview": {
            "reviews": len(places),
            "reviewers": len({who for who, _work in places}),
            "works": len(loads),
            "least": min(loads.values(), default=0),
            "most": max(loads.values(), default=0),
            "properties": tables.properties(found.certificate),
            "not_asked": tables.not_asked(found.certificate),
            "pairs": [] if peer.is_masked else tables.pairs(peer, places),
        },
    }


def _edit_page(
    http: HttpRequest,
    peer: PeerActivity,
    *,
    broken: list[str] | None = None,
    problems: Problems | None = None,
    status: int = 200,
) -> HttpResponse:
    reviewers, works = tables.choices(peer)
    context = {
        "activity": peer.activity,
        "peer": peer,
        "reviewers": reviewers,
        "works": works,
        "sent": http.POST,
        "broken": broken or [],
        "problems": problems or {},
    }
    return render(http, "peer/edit.html", context, status=status)


def _seed(text: str | None) -> int:
    """The seed that was sent, or a new one where none was."""
    text = text or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 11 else assigning.new_seed()


def _key(text: str | None) -> UUID:
    """One that nothing has, where it is not one at all."""
    try:
        return UUID(text or "")
    except ValueError:
        return UUID(int=0)
