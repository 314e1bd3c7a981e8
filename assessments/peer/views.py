"""The first page of a round, as this person's role needs it."""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from assessments.peer import (
    grade_tables,
    moving,
    names,
    now,
    participants,
    reading,
    responding,
    submitting,
)
from assessments.peer.finding import visitor
from assessments.peer.models import Participant, PeerActivity, Review
from assessments.peer.permissions import can_look_after, can_set_up, can_take_part
from assessments.peer.phases import steps
from assessments.peer.staff_views import overview
from lti_tool.port import Launch, launch_required


@require_safe
@launch_required
def home(http: HttpRequest, key: UUID) -> HttpResponse:
    launch, peer = visitor(http, key)
    if can_look_after(launch):
        return overview(http, launch, peer)
    if can_set_up(launch):
        return render(http, "peer/designer.html", {"activity": peer.activity, "peer": peer})
    if can_take_part(launch):
        return _mine(http, launch, peer)
    return render(http, "peer/visitor.html", {"activity": peer.activity})


@require_safe
@launch_required
def mine(http: HttpRequest, key: UUID) -> HttpResponse:
    """One's own part of the round, also for those who teach here as well."""
    launch, peer = visitor(http, key)
    if not can_take_part(launch):
        raise PermissionDenied(_("This is for those who take part in the round."))
    return _mine(http, launch, peer)


def _mine(http: HttpRequest, launch: Launch, peer: PeerActivity) -> HttpResponse:
    # Nobody has to wait for the worker to see that a phase's time is over.
    if moving.go_on(peer):
        peer = PeerActivity.objects.whole().get(pk=peer.pk)
        peer.activity.resource_link = launch.resource_link
    me = participants.join(peer=peer, person=launch.person)
    if me is None:
        return render(http, "peer/visitor.html", {"activity": peer.activity, "is_test_student": True})
    me.peer = peer
    return render(http, "peer/mine.html", _my_round(launch, peer, me))


def _my_round(launch: Launch, peer: PeerActivity, me: Participant) -> dict[str, Any]:
    submission = submitting.submission_of(me)
    if submission:
        submission.peer = peer
    given = given_by(me)
    answers = responding.responses_to(me)
    tasks = now.tasks(me, submission, given)
    return {
        "activity": peer.activity,
        "peer": peer,
        "me": me,
        "tasks": tasks,
        "nudge": now.nudge(me, tasks),
        "steps": steps(peer),
        "submission": submission,
        "files": [row for row in submission.files.all() if row.removed_at is None] if submission else [],
        "given": [(row, names.author_name(row.submission, me), answers.get(row.pk, [])) for row in given],
        "readable": reading.readable(submission, me) if submission else [],
        "why_nothing": reading.why_nothing(submission, me) if submission else "",
        "carried": responding.carried_over(me),
        "actions": list(me.actions.all()),
        "grades": grade_tables.released_to(me),
        "looks_after": can_look_after(launch),
    }


def given_by(me: Participant) -> list[Review]:
    """The reviews that are theirs to write or that they wrote; those begun first, then by the lot of the viewer."""
    rows = me.peer.reviews.of_peers().whole().filter(reviewer=me)
    if me.peer.groups_review and me.group_id:
        rows = rows | me.peer.reviews.of_peers().whole().filter(reviewer=None, group=me.group)
    shown = list(rows.exclude(state=Review.State.CANCELLED).prefetch_related("submission__authors__person"))
    for row in shown:
        row.peer = row.submission.peer = me.peer
    order = {Review.State.STARTED: 0, Review.State.PLANNED: 1}
    return sorted(names.shuffled(me.peer, me, shown), key=lambda row: order.get(Review.State(row.state), 2))
