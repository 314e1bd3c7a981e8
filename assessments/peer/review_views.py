"""Writing a review: the work on one side, the words and the form on the other."""

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments.activities.pages import SEE_OTHER, problems_of, see
from assessments.peer import assigning, moderating, names, phases, reviewing, submitting
from assessments.peer.finding import my_review, participant
from assessments.peer.models import Participant, PeerActivity, Report, Review, Submission
from assessments.peer.words import coach, formats
from assessments.rubrics.models import Rubric
from lti_tool.port import launch_required


@require_safe
@launch_required
def review(http: HttpRequest, key: UUID, review_key: UUID) -> HttpResponse:
    _launch, peer, me, found = my_review(http, key, review_key)
    return _page(http, peer, me, found)


@require_http_methods(["GET", "HEAD", "POST"])
@launch_required
def self_assessment(http: HttpRequest, key: UUID) -> HttpResponse:
    """POST opens one's own look at one's own work; GET asks whether to."""
    _launch, peer, me = participant(http, key)
    submission = submitting.submission_of(me)
    if submission is None or not submission.is_handed_in:
        return render(http, "peer/self.html", {"activity": peer.activity, "peer": peer, "has_work": False})
    if http.method != "POST":
        own = submission.reviews.filter(is_self=True, reviewer=me).first()
        if own:
            return see("peer:review", key, own.key)
        return render(http, "peer/self.html", {"activity": peer.activity, "peer": peer, "has_work": True})
    try:
        found = reviewing.begin_self(submission=submission, by=me)
    except ValidationError as error:
        context = {"activity": peer.activity, "peer": peer, "has_work": True, "problems": problems_of(error)}
        return render(http, "peer/self.html", context, status=400)
    return see("peer:review", key, found.key)


@require_http_methods(["GET", "HEAD", "POST"])
@launch_required
def next_work(http: HttpRequest, key: UUID) -> HttpResponse:
    """POST takes the next work to review, where everybody takes their own."""
    _launch, peer, me = participant(http, key)
    context: dict[str, Any] = {"activity": peer.activity, "peer": peer}
    is_pull = peer.is_pull and phases.can_review(peer, me)
    if http.method != "POST" or not is_pull:
        return render(
            http,
            "peer/next.html",
            {**context, "is_open": is_pull},
            status=200 if http.method != "POST" else 400,
        )
    found = assigning.take_next(participant=me)
    if found is None:
        return render(http, "peer/next.html", {**context, "is_open": is_pull, "is_nothing_left": True})
    return see("peer:review", key, found.key)


@require_POST
@launch_required
def words(http: HttpRequest, key: UUID, review_key: UUID) -> HttpResponse:
    """Keeps one answer as it is typed, and says what could be better about it. Suggestions, never a refusal."""
    _launch, _peer, me, found = my_review(http, key, review_key)
    step = http.POST.get("step", "")
    text = http.POST.get(step, "")
    problems, status = {}, 200
    try:
        found = reviewing.write(review=found, step=step, text=text, by=me)
    except ValidationError as error:
        problems, status = problems_of(error), 400
    context = {
        "advice": () if problems else _advice(found, me, step, text),
        "problems": [sentence for sentences in problems.values() for sentence in sentences],
        "is_saved": not problems,
    }
    return render(http, "peer/_advice.html", context, status=status)


@require_POST
@launch_required
def beginning(http: HttpRequest, key: UUID, review_key: UUID) -> HttpResponse:
    """Opens the form of the review, beginning it unless it is begun."""
    _launch, peer, me, found = my_review(http, key, review_key)
    try:
        found = reviewing.begin(review=found, by=me)
        _write_all(http, found, me)
    except ValidationError as error:
        return _page(http, peer, me, found, problems=problems_of(error))
    assert found.sheet
    return HttpResponse(status=SEE_OTHER, headers={"Location": found.sheet.get_absolute_url()})


@require_POST
@launch_required
def refusal(http: HttpRequest, key: UUID, review_key: UUID) -> HttpResponse:
    _launch, peer, me, found = my_review(http, key, review_key)
    try:
        reviewing.decline(review=found, reason=http.POST.get("reason", ""), by=me)
    except ValidationError as error:
        return _page(http, peer, me, found, problems=problems_of(error))
    return see("peer:mine", key, done="declined")


@require_POST
@launch_required
def report(http: HttpRequest, key: UUID, review_key: UUID) -> HttpResponse:
    """A reviewer says that something is wrong with the work."""
    _launch, peer, me, found = my_review(http, key, review_key)
    try:
        moderating.report(
            peer=peer,
            by=me,
            kind=http.POST.get("kind", ""),
            text=http.POST.get("text", ""),
            submission=found.submission,
        )
    except ValidationError as error:
        return _page(http, peer, me, found, problems=problems_of(error))
    return see("peer:review", key, found.key, done="reported")


@require_POST
@launch_required
def concern(http: HttpRequest, key: UUID, review_key: UUID) -> HttpResponse:
    """A concern about somebody's conduct, for the lead alone."""
    _launch, peer, me, found = my_review(http, key, review_key)
    try:
        moderating.raise_concern(
            peer=peer, by=me, text=http.POST.get("text", ""), submission=found.submission
        )
    except ValidationError as error:
        return _page(http, peer, me, found, problems=problems_of(error))
    return see("peer:review", key, found.key, done="told")


def _write_all(http: HttpRequest, found: Review, me: Participant) -> None:
    """Without scripts, or when the network was slow, the answers come with the button."""
    if not found.is_open:
        return
    for step in reviewing.steps(found):
        if step.key in http.POST and http.POST[step.key] != found.words.get(step.key, ""):
            reviewing.write(review=found, step=step.key, text=http.POST[step.key], by=me)


def _page(
    http: HttpRequest,
    peer: PeerActivity,
    me: Participant,
    found: Review,
    *,
    problems: dict[str, list[str]] | None = None,
) -> HttpResponse:
    submission = found.submission
    is_theirs = found.is_open or found.state == Review.State.DONE
    is_hidden = bool(submission.hidden_at) and not found.is_self
    context = {
        "activity": peer.activity,
        "peer": peer,
        "review": found,
        "submission": submission,
        "subject": _("Your own work") if found.is_self else names.author_name(submission, me),
        "is_theirs": is_theirs,
        "files": [] if is_hidden else [row for row in submission.files.all() if row.removed_at is None],
        "is_hidden": is_hidden,
        "is_withdrawn": submission.state == Submission.State.WITHDRAWN,
        "format": formats.by_key(peer.format),
        "steps": [(step, found.words.get(step.key, "")) for step in reviewing.steps(found)],
        "kinds": Report.Kind.choices,
        "can_write": found.is_open
        and (phases.can_self_assess(peer) if found.is_self else phases.can_review(peer, me)),
        "until": found.lease_until
        or me.review_until
        or (peer.self_until if found.is_self else peer.review_until),
        "reported": submission.reports.filter(by=me, settled_at=None).exists(),
        "save_url": reverse("peer:review_words", args=[peer.activity.key, found.key]),
        "problems": problems or {},
    }
    return render(http, "peer/review.html", context, status=400 if problems else 200)


def _advice(found: Review, me: Participant, step: str, text: str) -> tuple[coach.Advice, ...]:
    rubric = found.peer.activity.rubric
    others = Review.objects.filter(peer=found.peer, reviewer=me).exclude(pk=found.pk)
    earlier = [
        str(value) for words in others.values_list("words", flat=True) for value in words.values() if value
    ]
    earlier += [str(value) for name, value in found.words.items() if name != step and value]
    found_out = coach.advise(text, criterion_words=_criterion_words(rubric), earlier=tuple(earlier))
    # What to do otherwise is asked last: nobody has to say it before.
    is_last = step == reviewing.steps(found)[-1].key
    return tuple(row for row in found_out if is_last or row.code != coach.Code.SUGGESTION)


def _criterion_words(rubric: Rubric | None) -> tuple[str, ...]:
    if rubric is None:
        return ()
    return tuple(f"{row.title} {row.description}".strip() for row in rubric.criteria.all())
