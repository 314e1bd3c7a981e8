"""How a round stands, for those who look after it: what needs them, its phases, everybody's progress."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from assessments.activities.pages import problems_of, see
from assessments.peer import attention, moving, nudging, participants, phases, progress, turning
from assessments.peer.finding import staff, teacher
from assessments.peer.models import PeerActivity, Submission
from assessments.peer.permissions import can_decide, can_set_up, can_take_part
from assessments.peer.progress import Progress, Row
from assessments.results.exporting import csv_lines
from lti_tool.port import Launch, launch_required, roster_status

CSV = "text/csv; charset=utf-8"
COLUMNS = [
    "name",
    "group",
    "takes_part",
    "work",
    "late",
    "reviews_given",
    "reviews_to_give",
    "reviews_received",
    "reviews_expected",
    "assessed_oneself",
    "reviews_answered",
    "needs_a_look",
]
Phase = PeerActivity.Phase


def overview(
    http: HttpRequest,
    launch: Launch,
    peer: PeerActivity,
    problems: dict[str, list[str]] | None = None,
) -> HttpResponse:
    """The first page of those who teach. Also where it says why a phase could not begin."""
    peer = _up_to_date(launch, peer)
    found = progress.of(peer)
    only_stuck = http.GET.get("show") == "stuck"
    context = {
        "activity": peer.activity,
        "peer": peer,
        "progress": found,
        "rows": [(row, nudging.owes(peer, row)) for row in (found.stuck if only_stuck else found.rows)],
        "owing": len(nudging.owing(found)),
        "only_stuck": only_stuck,
        "steps": phases.steps(peer),
        "attention": attention.of(launch, peer, found),
        "checklist": attention.checklist(peer, found) if peer.phase == Phase.SETUP else [],
        "forward": turning.forward(peer, found),
        "back": turning.back(peer),
        "shows": _shown(peer),
        "roster": roster_status(peer.activity.context) if not found.rows else None,
        "can_set_up": can_set_up(launch),
        "can_decide": can_decide(launch),
        "is_learner_too": can_take_part(launch),
        "problems": problems or {},
        "problems_heading": _("Nothing was changed. Please look at this first:"),
    }
    return render(http, "peer/overview.html", context, status=400 if problems else 200)


@require_POST
@launch_required
def phase(http: HttpRequest, key: UUID) -> HttpResponse:
    launch, peer = teacher(http, key)
    try:
        moving.go_to(peer=peer, phase=http.POST.get("phase", ""), by=launch.person)
    except ValidationError as error:
        return overview(http, launch, peer, problems_of(error))
    return see("peer:home", key, done="phase")


@require_POST
@launch_required
def nudges(http: HttpRequest, key: UUID) -> HttpResponse:
    """Asks one person, or everybody who has something left to do, to go on."""
    launch, peer = staff(http, key)
    try:
        asked = nudging.nudge(peer=peer, people=_meant(http, peer), by=launch.person)
    except ValidationError as error:
        return overview(http, launch, peer, problems_of(error))
    return see("peer:home", key, done="nudged", n=asked)


@require_safe
@launch_required
def progress_file(http: HttpRequest, key: UUID) -> Any:
    """Everybody's progress for a spreadsheet. Who reviewed whom is not in it."""
    _launch, peer = staff(http, key)
    answer = StreamingHttpResponse(csv_lines(_lines(progress.of(peer))), content_type=CSV)
    answer["Content-Disposition"] = 'attachment; filename="progress.csv"'
    return answer


def _up_to_date(launch: Launch, peer: PeerActivity) -> PeerActivity:
    """Nobody waits for the worker: a phase whose time is over goes on, and before the first the course's learners get their
    place.
    """
    if peer.phase == Phase.SETUP:
        there = peer.participants.values_list("person", flat=True)
        if {row.person.pk for row in participants.learners(peer)} - set(there):
            participants.take_in(peer=peer, by=launch.person)
    if not peer.problem and phases.is_over(peer):
        moving.go_on(peer)
        peer = PeerActivity.objects.whole().get(pk=peer.pk)
        peer.activity.resource_link = launch.resource_link
    return peer


def _meant(http: HttpRequest, peer: PeerActivity) -> Any:
    if "person" not in http.POST:
        return [row.participant for row in nudging.owing(progress.of(peer))]
    try:
        wanted = UUID(http.POST["person"])
    except ValueError:
        raise ValidationError(_("Choose somebody from the list. Nobody was asked.")) from None
    return [get_object_or_404(peer.participants, person__key=wanted)]


def _shown(peer: PeerActivity) -> dict[str, bool]:
    """Which columns this round has."""
    has = phases.phases_of(peer)
    return {"work": peer.has_submissions, "self": peer.self_assesses, "answers": Phase.RESPOND in has}


def _lines(found: Progress) -> Iterator[list[Any]]:
    yield COLUMNS
    yield from map(_line, found.rows)


def _line(row: Row) -> list[Any]:
    person = row.participant
    return [
        person.display_name,
        person.group.name if person.group else "",
        int(person.dropped_at is None),
        Submission.State(row.work).label if row.work else "",
        int(row.is_late),
        row.given,
        row.planned,
        row.received,
        row.expected,
        int(row.has_self),
        row.answered,
        "; ".join(row.problems),
    ]
