"""What an author reads of their reviews, answers, and plans. Whether a review helped is asked before its score is shown."""

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from assessments.activities.pages import problems_of, see
from assessments.peer import feedback as reports
from assessments.peer import moderating, phases, responding, submitting
from assessments.peer.finding import participant, review_of_my_work
from assessments.peer.models import MOST_ACTIONS, Action, Participant, PeerActivity, Report, Response
from lti_tool.port import launch_required


@require_safe
@launch_required
def feedback(http: HttpRequest, key: UUID) -> HttpResponse:
    _launch, peer, me = participant(http, key)
    return _page(http, peer, me)


@require_POST
@launch_required
def answer(http: HttpRequest, key: UUID, review_key: UUID) -> HttpResponse:
    """Whether it helped, and what the author does with it."""
    _launch, peer, me, review = review_of_my_work(http, key, review_key)
    ticked = {name: http.POST.get(name) == "yes" for name in ("is_specific", "is_actionable", "is_kind")}
    try:
        responding.respond(
            review=review,
            by=me,
            acting=http.POST.get("acting", ""),
            text=http.POST.get("text", ""),
            **ticked,
        )
    except ValidationError as error:
        return _page(http, peer, me, problems=problems_of(error))
    return see("peer:feedback", key, done="answered")


@require_POST
@launch_required
def report(http: HttpRequest, key: UUID, review_key: UUID) -> HttpResponse:
    _launch, peer, me, review = review_of_my_work(http, key, review_key)
    try:
        moderating.report(
            peer=peer, by=me, kind=http.POST.get("kind", ""), text=http.POST.get("text", ""), review=review
        )
    except ValidationError as error:
        return _page(http, peer, me, problems=problems_of(error))
    return see("peer:feedback", key, done="reported")


@require_POST
@launch_required
def concern(http: HttpRequest, key: UUID, review_key: UUID) -> HttpResponse:
    """A concern about somebody's conduct, for the lead alone."""
    _launch, peer, me, review = review_of_my_work(http, key, review_key)
    try:
        moderating.raise_concern(peer=peer, by=me, text=http.POST.get("text", ""), review=review)
    except ValidationError as error:
        return _page(http, peer, me, problems=problems_of(error))
    return see("peer:feedback", key, done="told")


@require_POST
@launch_required
def actions(http: HttpRequest, key: UUID) -> HttpResponse:
    """One more thing that the author will do."""
    _launch, peer, me = participant(http, key)
    try:
        until = parse_date(http.POST.get("until", "")[:10])
    except ValueError:
        until = None
    try:
        responding.plan(participant=me, text=http.POST.get("text", ""), until=until)
    except ValidationError as error:
        return _page(http, peer, me, problems=problems_of(error))
    return see("peer:feedback", key, done="planned")


@require_POST
@launch_required
def action(http: HttpRequest, key: UUID, action_id: int) -> HttpResponse:
    """Of an action of their own, also one that came along from an earlier round: done, after all not yet, or taken away."""
    _launch, peer, me = participant(http, key)
    rows = Action.objects.filter(
        participant__person=me.person, peer__activity__context=peer.activity.context_id
    )
    found = get_object_or_404(rows, pk=action_id)
    if http.POST.get("what") == "remove" and found.peer_id == peer.pk:
        responding.take_away(action=found, by=me)
        return see("peer:feedback", key, done="removed")
    is_done = http.POST.get("what") == "done"
    try:
        responding.finish(action=found, by=me, is_done=is_done, evidence=http.POST.get("evidence", ""))
    except ValidationError as error:
        return _page(http, peer, me, problems=problems_of(error))
    return see(
        "peer:feedback" if found.peer_id == peer.pk else "peer:mine", key, done="done" if is_done else "open"
    )


def _page(
    http: HttpRequest,
    peer: PeerActivity,
    me: Participant,
    *,
    problems: dict[str, list[str]] | None = None,
) -> HttpResponse:
    me.peer = peer
    submission = submitting.submission_of(me)
    if submission:
        submission.peer = peer
    shown = reports.of(submission, me) if submission else None
    if shown and shown.reviews and not problems:
        responding.acknowledge(participant=me)
    context: dict[str, Any] = {
        "activity": peer.activity,
        "peer": peer,
        "report": shown,
        "can_respond": phases.can_respond(peer),
        "can_plan": phases.can_plan(peer) and me.actions.count() < MOST_ACTIONS,
        "actions": list(me.actions.all()),
        "kinds": Report.Kind.choices,
        "actings": Response.Acting.choices,
        "problems": problems or {},
        "nothing": _("There are no reviews of your work to read yet."),
    }
    return render(http, "peer/feedback.html", context, status=400 if problems else 200)
