"""Grades that can be explained: the table, one person's, releasing them and taking them back. Only where peers' marks count."""

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assessments.activities.pages import form_problems, posted, problems_of, see
from assessments.marking.conflict import Conflict
from assessments.peer import finding, grade_tables, grading, what_if
from assessments.peer.grade_forms import AtForm, MarkForm, OverrideForm
from assessments.peer.models import Participant, PeerActivity
from assessments.peer.permissions import can_decide
from assessments.results import releasing
from assessments.results.columns import columns
from assessments.results.forms import ReasonForm
from assessments.results.models import Result
from lti_tool.port import Launch, launch_required

ON_A_PAGE = 200
Problems = dict[str, list[str]]


@require_http_methods(["GET", "HEAD", "POST"])
@launch_required
def grades(http: HttpRequest, key: UUID) -> HttpResponse:
    """Everybody's grades and what they are made of; with `what_if` also what other ways to them would give.

    POST keeps a teacher's `mark` for the work of a `team`.
    """
    launch, peer = finding.staff(http, key) if http.method != "POST" else finding.teacher(http, key)
    if not peer.counts:
        return _off(http, peer)
    if http.method == "POST":
        return _mark_team(http, launch, peer)
    return _page(http, launch, peer)


def _mark_team(http: HttpRequest, launch: Launch, peer: PeerActivity) -> HttpResponse:
    groups = peer.groups.select_related("peer__activity")
    number = http.POST.get("team", "")
    group = get_object_or_404(
        groups, pk=int(number) if number.isascii() and number.isdigit() and len(number) < 19 else 0
    )
    form = MarkForm(http.POST)
    if problems := form_problems(form):
        return _page(http, launch, peer, problems)
    try:
        grading.mark_team(group=group, mark=form.cleaned_data["mark"], by=launch.person)
    except ValidationError as error:
        return _page(http, launch, peer, problems_of(error))
    return see("peer:grades", str(peer.activity.key), done="mark")


def _page(
    http: HttpRequest, launch: Launch, peer: PeerActivity, problems: Problems | None = None
) -> HttpResponse:
    sentence, peer.drops_answers = grade_tables.retaliation_sentence(peer)
    rows = grade_tables.rows(peer)
    troubled = [sent for row in rows for _tag, _label, sent in row.sent if row.needs_somebody]
    unreleased = [row for row in rows if row.result and row.result.released_at is None]
    context: dict[str, Any] = {
        "activity": peer.activity,
        "peer": peer,
        "rows": Paginator(rows, ON_A_PAGE).get_page(http.GET.get("page")),
        "doubtful": sum(bool(row.doubts) for row in rows),
        "doubt_words": grade_tables.doubt_words(),
        "released": sum(bool(row.result and row.result.is_released) for row in rows),
        "scheduled": next((at for row in rows if (at := _ahead(row.result))), None),
        "unreleased": len(unreleased),
        "retaliation": sentence,
        "can_decide": can_decide(launch),
        "can_release": can_decide(launch),
        "reasons": list(
            dict.fromkeys(sent.sentence for sent in troubled if sent.can_retry or sent.can_keep_theirs)
        ),
        "is_on_the_way": any(sent.state == "waiting" for row in rows for _tag, _label, sent in row.sent),
        "can_send_all_again": any(sent.can_retry for sent in troubled),
        "is_team": peer.mode == PeerActivity.Mode.TEAM,
        "teams": grade_tables.teams(peer) if peer.mode == PeerActivity.Mode.TEAM else [],
        "problems": problems or {},
    }
    if http.GET.get("what_if") == "1":
        context |= {"what_if": what_if.of(peer)}
    return render(http, "peer/grades.html", context, status=400 if problems else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@launch_required
def override(http: HttpRequest, key: UUID, person_key: UUID) -> HttpResponse:
    """One person's grades; POST keeps a teacher's own for one `part`, or takes it away (`what`=remove), with a reason."""
    launch, peer = finding.teacher(http, key)
    if not peer.counts:
        return _off(http, peer)
    people = peer.participants.select_related("person", "group", "peer__activity")
    person = get_object_or_404(people, key=person_key)
    form, problems = OverrideForm(posted(http)), Problems()
    if http.method == "POST":
        problems = form_problems(form)
        if not problems:
            try:
                _override(http, launch, person, form.cleaned_data)
                done = "removed" if http.POST.get("what") == "remove" else "overridden"
                return see("peer:override", key, person_key, done=done)
            except ValidationError as error:
                problems = problems_of(error)
    _sentence, peer.drops_answers = grade_tables.retaliation_sentence(peer)
    [row] = grade_tables.rows(peer, only=person)
    context = {
        "activity": peer.activity,
        "peer": peer,
        "row": row,
        "doubt_sentences": grade_tables.doubt_sentences(),
        "scores": _scores(peer, row.submission),
        "sent": http.POST,
        "problems": problems,
    }
    return render(http, "peer/override.html", context, status=400 if problems else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@launch_required
def release(http: HttpRequest, key: UUID) -> HttpResponse:
    """Shows who would get what in both columns; POST releases exactly what was shown, at once or `at` a time."""
    launch, peer = finding.teacher(http, key)
    if not peer.counts:
        return _off(http, peer)
    # Usually nothing is left to do: results follow each review. After the settings changed, this is where they follow.
    grading.compute_all(peer, by=launch.person)
    form, problems = AtForm(posted(http)), Problems()
    if http.method == "POST":
        problems = form_problems(form)
        if not problems:
            at = form.cleaned_data["at"]
            try:
                seen = http.POST.get("seen", "")
                releasing.release(activity=peer.activity, by=launch.person, seen=seen, at=at)
                return see("peer:grades", key, done="scheduled" if at else "released")
            except ValidationError as error:
                problems = problems_of(error)
            except Conflict:
                sentence = _("A grade has changed since you looked. Nothing was released; please look again.")
                problems = {"": [sentence]}
    held = Result.objects.unreleased().filter(activity=peer.activity).select_related("candidate")
    unreleased = sorted(held, key=lambda row: row.candidate.display_name.casefold())
    both = columns(peer.activity)
    context = {
        "activity": peer.activity,
        "peer": peer,
        "columns": both,
        "rows": [(row.candidate, [column.grade(row) for column in both]) for row in unreleased],
        "seen": releasing.fingerprint(unreleased),
        "form": form,
        "problems": problems,
    }
    return render(http, "peer/release.html", context, status=409 if problems else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@launch_required
def take_back(http: HttpRequest, key: UUID) -> HttpResponse:
    """Asks why; POST takes every released grade back, and out of the gradebook."""
    launch, peer = finding.teacher(http, key)
    problems = Problems()
    if http.method == "POST":
        try:
            releasing.take_back(activity=peer.activity, reason=http.POST.get("reason", ""), by=launch.person)
            return see("peer:grades", key, done="taken_back")
        except ValidationError as error:
            problems = problems_of(error)
    rows = Result.objects.filter(activity=peer.activity, released_at__isnull=False)
    context = {
        "activity": peer.activity,
        "n": rows.count(),
        "form": ReasonForm(posted(http)),
        "problems": problems,
    }
    return render(http, "peer/take_back.html", context, status=400 if problems else 200)


def _off(http: HttpRequest, peer: PeerActivity) -> HttpResponse:
    """Where peers' marks do not count there are no grades: what it would take. What was released before can be taken back."""
    is_released = Result.objects.filter(activity=peer.activity, released_at__isnull=False).exists()
    context = {
        "activity": peer.activity,
        "peer": peer,
        "is_released": is_released,
        "is_never": peer.mode == PeerActivity.Mode.MULTI_SOURCE,
        "teams": grade_tables.teams(peer) if peer.mode == PeerActivity.Mode.TEAM else [],
    }
    return render(http, "peer/grades_off.html", context)


def _override(http: HttpRequest, launch: Launch, person: Participant, sent: dict[str, Any]) -> None:
    is_removed = http.POST.get("what") == "remove"
    if not is_removed and sent["per_cent"] is None:
        raise ValidationError({"per_cent": _("Write the grade, from 0 to 100.")})
    grading.override(
        participant=person,
        part=sent["part"],
        per_cent=None if is_removed else sent["per_cent"],
        reason=sent["reason"],
        by=launch.person,
    )


def _scores(peer: PeerActivity, submission: int | None) -> list[grading.Score]:
    """The highest first: an order that says nothing of who gave which."""
    if submission is None:
        return []
    found = grading.scores(peer, [submission]).get(submission, [])
    return sorted(found, key=lambda row: -row.per_cent)


def _ahead(result: Result | None) -> Any:
    return result.released_at if result and result.released_at and not result.is_released else None
