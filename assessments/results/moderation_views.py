"""From marks to a decision: what is in the way, the rulings, the proposal and its signature, and each candidate's chain."""

from collections import Counter
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments.activities.pages import form_problems, posted, problems_of, see
from assessments.marking.conflict import Conflict
from assessments.marking.models import MarkSheet
from assessments.results import moderating, trace_files
from assessments.results.double_marking import agreed
from assessments.results.finding import moderator
from assessments.results.forms import CandidateForm, MarkForm, PartForm, ReadReasonForm, RuleForm
from assessments.results.item_scores import items_of
from assessments.results.judging import judged
from assessments.results.models import Outcome, PartRuling, Result
from assessments.results.pictures import of_part
from assessments.results.quality import UNHAPPY, quality
from assessments.results.standing import Standing
from assessments.results.steps import steps
from assessments.results.traces import traces
from lti_tool.port import launch_required


@require_safe
@launch_required
def home(request: HttpRequest, key: UUID) -> HttpResponse:
    """How far the decision is, and what comes next."""
    launch, activity, standing = moderator(request, key)
    return _home(request, launch, activity, standing)


@require_http_methods(["GET", "HEAD", "POST"])
@launch_required
def rule(request: HttpRequest, key: UUID) -> HttpResponse:
    launch, activity, standing = moderator(request, key)
    form = RuleForm(posted(request), instance=standing.rulings.moderation)
    if request.method == "POST" and form.is_valid():
        try:
            moderating.set_rule(activity=activity, by=launch.person, **form.cleaned_data)
            return see("results:moderation", key, done="rule")
        except ValidationError as error:
            form.add_error(None, error.messages)
    context = {"activity": activity, "form": form, "problems": form_problems(form)}
    return render(request, "results/rule.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@launch_required
def part(request: HttpRequest, key: UUID, part_key: UUID) -> HttpResponse:
    """One station: its cut, whether it counts. POST with `plain` takes back what was decided on it.

    GET `method`, `cut`, `is_dropped`: what the form begins with, after it was tried out.
    """
    launch, activity, standing = moderator(request, key)
    place = _place_of_part(standing, part_key)
    if request.method == "POST" and "plain" in request.POST:
        problems = _tried(moderating.rule_as_planned, activity=activity, part=part_key, by=launch.person)
        return (
            see("results:quality", key, done="plain")
            if not problems
            else _part(request, activity, standing, place, problems)
        )
    ruling = standing.ruling(place)
    begun = {name: request.GET[name] for name in ("method", "cut", "is_dropped") if name in request.GET}
    form = PartForm(posted(request), instance=ruling, marks=standing.given[:, place], initial=begun)
    if request.method == "POST" and form.is_valid():
        problems = _tried(
            moderating.rule_on_part, activity=activity, part=part_key, by=launch.person, **form.cleaned_data
        )
        if not problems:
            return see("results:quality", key, done="ruled")
        return _part(request, activity, standing, place, problems, form)
    return _part(request, activity, standing, place, form_problems(form), form)


@require_http_methods(["GET", "HEAD", "POST"])
@launch_required
def discrepancies(request: HttpRequest, key: UUID) -> HttpResponse:
    """Where two examiners were too far apart. POST: `part`, `candidate`, the `mark` that counts and the `reason`."""
    launch, activity, standing = moderator(request, key)
    apart = [row for row in standing.double_marks.values() if row.is_apart or row.resolution]
    sent = None
    form = MarkForm()
    if request.method == "POST":
        sent = next((row for row in apart if _is_at(standing, row, request)), None)
        form = MarkForm(request.POST)
        if sent is None:
            raise Http404
        if form.is_valid():
            problems = _tried(
                moderating.resolve,
                activity=activity,
                part=standing.scores.parts[sent.part].key,
                candidate=standing.scores.candidates[sent.candidate].person,
                seen=sent.seen,
                by=launch.person,
                **form.cleaned_data,
            )
            if not problems:
                return see("results:discrepancies", key, done="resolved")
            form.add_error(None, problems.get("") or [text for found in problems.values() for text in found])
    rows = [
        {
            "double": row,
            "candidate": standing.scores.candidates[row.candidate],
            "part": standing.scores.parts[row.part],
            "form": form if row is sent else MarkForm(initial=_resolved(row), prefix=None),
        }
        for row in sorted(apart, key=lambda row: (row.is_settled, -row.apart))
    ]
    context = {
        "activity": activity,
        "rows": rows,
        "rule": standing.rulings.moderation,
        "doubly": len(standing.double_marks),
        "agreement": agreed(standing),
        "problems": form_problems(form) if sent else {},
    }
    return render(request, "results/discrepancies.html", context, status=400 if context["problems"] else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@launch_required
def gaps(request: HttpRequest, key: UUID) -> HttpResponse:
    """Encounters that did not take place. POST leaves the ticked ones out with a `reason`, or with `again` counts one again."""
    launch, activity, standing = moderator(request, key)
    problems: dict[str, list[str]] = {}
    if request.method == "POST":
        known = {row.value: (row.part.key, row.candidate.person) for row in standing.missing}
        again = known.get(request.POST.get("again", ""))
        places = [known[value] for value in request.POST.getlist("place") if value in known]
        if again:
            problems = _tried(
                moderating.count_again, activity=activity, part=again[0], candidate=again[1], by=launch.person
            )
        elif not places:
            problems = {"": [_("Nothing was changed: tick whom it is about.")]}
        else:
            problems = _tried(
                moderating.excuse,
                activity=activity,
                places=places,
                reason=request.POST.get("reason", ""),
                by=launch.person,
            )
        if not problems:
            return see("results:gaps", key, done="again" if again else "excused")
    form = ReadReasonForm(posted(request))
    context = {"activity": activity, "rows": standing.missing, "form": form, "problems": problems}
    return render(request, "results/gaps.html", context, status=400 if problems else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@launch_required
def concerns(request: HttpRequest, key: UUID) -> HttpResponse:
    """What examiners were worried about. POST: `sheet`, the `concern` that was read, and the `note` on it."""
    launch, activity, standing = moderator(request, key)
    raised = [row for row in standing.scores.ratings if row.concern]
    problems: dict[str, list[str]] = {}
    if request.method == "POST":
        sheets = {str(row.sheet) for row in raised}
        if request.POST.get("sheet") not in sheets:
            raise Http404
        sheet = get_object_or_404(MarkSheet, pk=request.POST["sheet"])
        problems = _tried(
            moderating.note_concern,
            activity=activity,
            sheet=sheet,
            concern=request.POST.get("concern", "").replace("\r\n", "\n"),
            note=request.POST.get("note", ""),
            by=launch.person,
        )
        if not problems:
            return see("results:concerns", key, done="noted")
    unread = {row.sheet for row in moderating.unread_concerns(standing)}
    cards = {name: sum(row.name == name for row in raised) for name in {row.name for row in raised}}
    rows = [
        {
            "rating": row,
            "candidate": standing.scores.candidates[row.candidate],
            "part": standing.scores.parts[row.part],
            "is_unread": row.sheet in unread,
            "note": standing.rulings.concern_notes.get(row.sheet),
            "cards": cards[row.name],
            "sheets": standing.scores.sheets_of[row.name],
        }
        for row in sorted(raised, key=lambda row: row.sheet not in unread)
    ]
    context = {"activity": activity, "rows": rows, "problems": problems}
    return render(request, "results/concerns.html", context, status=400 if problems else 200)


@require_safe
@launch_required
def decisions(request: HttpRequest, key: UUID) -> HttpResponse:
    """Every candidate's decision as it stands now."""
    _launch, activity, standing = moderator(request, key)
    rows = [
        {"candidate": candidate, "traced": traced}
        for candidate, traced in zip(standing.scores.candidates, traces(standing), strict=True)
    ]
    return render(
        request, "results/decisions.html", {"activity": activity, "rows": rows, "standing": standing}
    )


@require_http_methods(["GET", "HEAD", "POST"])
@launch_required
def decision(request: HttpRequest, key: UUID, person_key: UUID) -> HttpResponse:
    """One candidate's chain. POST: the board's own `verdict` and `reason`, or `plain` to leave it to the rule."""
    launch, activity, standing = moderator(request, key)
    place = _place_of_candidate(standing, person_key)
    person = standing.scores.candidates[place].person
    form = CandidateForm(posted(request))
    problems: dict[str, list[str]] = {}
    if request.method == "POST":
        if "plain" in request.POST:
            problems = _tried(moderating.leave_to_rule, activity=activity, candidate=person, by=launch.person)
        elif form.is_valid():
            problems = _tried(
                moderating.rule_on_candidate,
                activity=activity,
                candidate=person,
                by=launch.person,
                **form.cleaned_data,
            )
        else:
            problems = form_problems(form)
        if not problems:
            return see("results:decision", key, person_key, done="ruled")
    context = {
        "activity": activity,
        "candidate": standing.scores.candidates[place],
        "traced": traces(standing)[place],
        "ruling": standing.rulings.candidates.get(person.pk),
        "moderation": standing.rulings.moderation,
        "signed": _signed(activity, person),
        "form": form if problems else CandidateForm(),
        "problems": problems,
    }
    return render(request, "results/decision.html", context, status=400 if problems else 200)


@require_safe
@launch_required
def trace_json(request: HttpRequest, key: UUID, person_key: UUID) -> HttpResponse:
    """The signed decision on one candidate, with the rule it was made by, for an appeal."""
    outcome = _outcome(request, key, person_key)
    answer = JsonResponse(trace_files.plain(outcome), json_dumps_params={"indent": 2, "ensure_ascii": False})
    answer["Content-Disposition"] = f'attachment; filename="decision-{outcome.trace["candidate"]}.json"'
    return answer


@require_safe
@launch_required
def trace_pdf(request: HttpRequest, key: UUID, person_key: UUID) -> HttpResponse:
    """The same to print."""
    outcome = _outcome(request, key, person_key)
    name = f"decision-{outcome.trace['candidate']}.pdf"
    return HttpResponse(
        trace_files.pdf(outcome),
        content_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


STEPS = {"propose": "proposed", "sign": "signed", "take_back": "taken_back"}


@require_POST
@launch_required
def sign_off(request: HttpRequest, key: UUID) -> HttpResponse:
    """`step`: propose; sign, with `seen`; take_back, with a `reason`."""
    launch, activity, standing = moderator(request, key)
    step = request.POST.get("step", "")
    changes: dict[str, Any] = {
        "propose": (moderating.propose, {}),
        "sign": (moderating.sign, {"seen": request.POST.get("seen", "")}),
        "take_back": (moderating.take_back, {"reason": request.POST.get("reason", "")}),
    }
    if step not in changes:
        raise Http404
    change, more = changes[step]
    problems = _tried(change, activity=activity, by=launch.person, **more)
    if problems:
        return _home(request, launch, activity, standing, problems)
    return see("results:moderation", key, done=STEPS[step])


def _home(
    request: HttpRequest,
    launch: Any,
    activity: Any,
    standing: Standing,
    problems: dict[str, list[str]] | None = None,
) -> HttpResponse:
    moderation = standing.rulings.moderation
    proposal = moderating.current(moderation) if moderation.pk else None
    results = Result.objects.filter(activity=activity, outcome__isnull=False)
    context = {
        "activity": activity,
        "standing": standing,
        "moderation": moderation,
        "steps": steps(activity, standing),
        "obstacles": moderating.obstacles(standing),
        "proposal": proposal,
        "is_own": proposal is not None and proposal.by_id == launch.person.pk,
        "history": moderation.proposals.select_related("by", "signed_by", "withdrawn_by")
        if moderation.pk
        else [],
        "unreleased": results.unreleased().count(),
        "released": results.released().count(),
        "problems": problems or {},
    }
    return render(request, "results/moderation.html", context, status=409 if problems else 200)


def _part(
    request: HttpRequest,
    activity: Any,
    standing: Standing,
    place: int,
    problems: dict[str, list[str]],
    form: PartForm | None = None,
) -> HttpResponse:
    items = items_of(standing.scores, place)
    of_judges = judged(standing.ruling(place))
    fits = of_judges is not None and len(of_judges.expected) == len(items)
    expected = of_judges.expected if of_judges and fits else [None] * len(items)
    context = {
        "activity": activity,
        "part": standing.scores.parts[place],
        "ruling": PartRuling.objects.filter(pk=standing.ruling(place).pk).select_related("by").first(),
        "cut": standing.cuts[place],
        "row": quality(standing).rows[place],
        "unhappy": UNHAPPY,
        "points": _points(standing, place),
        "cut_interval": standing.cut_interval(place),
        "judged": of_judges,
        "regression": standing.regressions[place],
        "chart": of_part(standing, place),
        "grades": _grades(standing, place),
        "items": list(zip(items, expected, strict=True)),
        "form": form or PartForm(instance=standing.ruling(place), marks=standing.given[:, place]),
        "problems": problems,
    }
    return render(request, "results/part.html", context, status=400 if problems else 200)


def _points(standing: Standing, place: int) -> list[tuple[str, float, float]]:
    """What the chart is drawn from: number, grade and mark of each candidate who has both."""
    rows = zip(standing.scores.candidates, standing.grades[:, place], standing.given[:, place], strict=True)
    return [
        (row.code, float(grade), float(mark)) for row, grade, mark in rows if grade == grade and mark == mark
    ]


def _grades(standing: Standing, place: int) -> list[tuple[float, int]]:
    """How many have each global grade."""
    found = Counter(float(grade) for grade in standing.grades[:, place] if grade == grade)
    return sorted(found.items())


def _tried(change: Any, **what: Any) -> dict[str, list[str]]:
    """Makes a change; gives the problems by field where it was refused."""
    try:
        change(**what)
    except ValidationError as error:
        return problems_of(error)
    except Conflict as conflict:
        return {"": [str(conflict)]}
    return {}


def _place_of_part(standing: Standing, key: UUID) -> int:
    try:
        return standing.scores.part(key)
    except KeyError:
        raise Http404 from None


def _place_of_candidate(standing: Standing, key: UUID) -> int:
    found = (place for place, row in enumerate(standing.scores.candidates) if row.person.key == key)
    place = next(found, None)
    if place is None:
        raise Http404
    return place


def _is_at(standing: Standing, row: Any, request: HttpRequest) -> bool:
    part, person = standing.scores.parts[row.part], standing.scores.candidates[row.candidate].person
    return (str(part.key), str(person.key)) == (request.POST.get("part"), request.POST.get("candidate"))


def _resolved(row: Any) -> dict[str, Any]:
    return {"mark": row.resolution.mark, "reason": row.resolution.reason} if row.resolution else {}


def _signed(activity: Any, person: Any) -> Outcome | None:
    """What was last signed on a candidate."""
    return (
        Outcome.objects.filter(result__activity=activity, candidate=person).select_related("proposal").first()
    )


def _outcome(request: HttpRequest, key: UUID, person_key: UUID) -> Outcome:
    _launch, activity, _standing = moderator(request, key)
    signed = Outcome.objects.filter(result__activity=activity).select_related(
        "proposal__by", "proposal__signed_by", "proposal__moderation__activity__context", "candidate"
    )
    return get_object_or_404(signed, candidate__key=person_key)
