"""The pages of learners, and those of one request."""

from operator import itemgetter
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments.marking.models import MarkSheet
from assessments.rubrics.outline import by_kind, outline
from assessments.workplace import asking, assessors, links, progress
from assessments.workplace.finding import reader, visitor
from assessments.workplace.forms import AskForm, read_uuid
from assessments.workplace.models import AssessmentRequest, Assessor, Workplace
from assessments.workplace.permissions import (
    can_ask,
    can_assess,
    can_decline,
    can_look_after,
    can_set_up,
    is_assessor_of,
    is_learner_of,
)
from lti_tool.port import Launch, Role, launch_required


@require_safe
@launch_required
def home(http: HttpRequest, key: UUID) -> HttpResponse:
    """The activity as this person's role needs it."""
    launch, workplace = visitor(http, key)
    if can_look_after(launch):
        context = {**_asked(launch, workplace), "standings": progress.standings(workplace)}
        return render(http, "workplace/overview.html", context)
    if can_assess(launch):
        return render(http, "workplace/asked.html", _asked(launch, workplace))
    if can_set_up(launch):
        return render(http, "workplace/designer.html", {"activity": workplace.activity})
    if can_ask(launch):
        return _mine(http, launch, workplace)
    return render(http, "workplace/visitor.html", {"activity": workplace.activity})


@require_safe
@launch_required
def mine(http: HttpRequest, key: UUID) -> HttpResponse:
    """One's own assessments, also for those who teach here as well."""
    launch, workplace = _learner(http, key)
    return _mine(http, launch, workplace)


@require_http_methods(["GET", "HEAD", "POST"])
@launch_required
def ask(http: HttpRequest, key: UUID) -> HttpResponse:
    """POST asks one person; the answer is the request's page, with its link."""
    launch, workplace = _learner(http, key)
    if http.method != "POST":
        again = {name: http.GET[name] for name in ("situation", "observed_on") if name in http.GET}
        return _ask_page(http, launch, workplace, AskForm(initial=again))
    form = AskForm(http.POST)
    if not form.is_valid():
        return _ask_page(http, launch, workplace, form)
    wanted = form.cleaned_data
    try:
        made = asking.ask(
            workplace=workplace,
            key=wanted["key"],
            learner=launch.person,
            assessor=_meant(launch, workplace, wanted),
            situation=wanted["situation"],
            observed_on=wanted["observed_on"],
            by=launch.person,
        )
    except ValidationError as error:
        form.add_error(None, error)
        return _ask_page(http, launch, workplace, form)
    return _see(made, "asked")


@require_safe
@launch_required
def request(http: HttpRequest, key: UUID, request_key: UUID) -> HttpResponse:
    """One request as its learner, its assessor or a teacher needs it: its link, its state, and in the end what was said."""
    launch, found = reader(http, key, request_key)
    return _request_page(http, launch, found)


@require_POST
@launch_required
def beginning(http: HttpRequest, key: UUID, request_key: UUID) -> HttpResponse:
    """The assessor opens the sheet, beginning it unless it is begun."""
    launch, found = reader(http, key, request_key)
    if not is_assessor_of(launch, found):
        raise PermissionDenied(_("Only the one who was asked fills in this sheet."))
    try:
        sheet = asking.begin(request=found, by=launch.person)
    except ValidationError as error:
        return _request_page(http, launch, found, problems={"": error.messages})
    return HttpResponse(status=303, headers={"Location": sheet.get_absolute_url()})


@require_POST
@launch_required
def withdrawal(http: HttpRequest, key: UUID, request_key: UUID) -> HttpResponse:
    launch, found = reader(http, key, request_key)
    if not is_learner_of(launch, found):
        raise PermissionDenied(_("A request is withdrawn by the learner who made it."))
    try:
        asking.withdraw(request=found, by=launch.person)
    except ValidationError as error:
        return _request_page(http, launch, found, problems={"": error.messages})
    return _see(found, "withdrawn")


@require_POST
@launch_required
def refusal(http: HttpRequest, key: UUID, request_key: UUID) -> HttpResponse:
    """The assessor declines, also in the visit that the link opened, which ends with it."""
    launch, workplace = visitor(http, key)
    found = get_object_or_404(workplace.requests.whole(), key=request_key)
    if not can_decline(launch, found):
        raise PermissionDenied(_("A request is declined by the one who was asked."))
    try:
        asking.decline(request=found, by=launch.person, reason=http.POST.get("reason", ""))
    except ValidationError as error:
        if launch.role == Role.GUEST:
            raise PermissionDenied(" ".join(error.messages)) from None
        return _request_page(http, launch, found, problems={"reason": error.messages})
    if launch.role == Role.GUEST:
        return HttpResponse(status=303, headers={"Location": f"{reverse('workplace:door')}?done=declined"})
    return _see(found, "declined")


def feedback_of(sheet: MarkSheet, *, for_learner: bool) -> dict[str, Any]:
    """What the templates of a filled sheet need; for its learner without the criteria that the form hides from them."""
    sheet = MarkSheet.objects.whole().get(pk=sheet.pk)
    marks = {mark.criterion_id: mark for mark in sheet.marks.all()}
    criteria = [row for row in sheet.rubric.criteria.all() if row.is_shown_to_student or not for_learner]
    fields = [(criterion, marks.get(criterion.pk)) for criterion in criteria]
    return {
        "sheet": sheet,
        "outline": outline(fields, itemgetter(0)),
        "given": by_kind(sheet.statements.all()),
    }


def _learner(http: HttpRequest, key: UUID) -> tuple[Launch, Workplace]:
    launch, workplace = visitor(http, key)
    if not can_ask(launch):
        raise PermissionDenied(_("Assessments are asked for by the learners of this course."))
    return launch, workplace


def _mine(http: HttpRequest, launch: Launch, workplace: Workplace) -> HttpResponse:
    requests = progress.of_learner(workplace, launch.person)
    context = {
        "activity": workplace.activity,
        "workplace": workplace,
        "requests": requests,
        "table": progress.table(requests, for_learner=True),
        "has_other_home": can_assess(launch),
    }
    return render(http, "workplace/mine.html", context)


def _asked(launch: Launch, workplace: Workplace) -> dict[str, Any]:
    """What was asked of somebody of the course, and their own row, if they were ever asked."""
    requests = list(workplace.requests.whole().filter(assessor__person=launch.person))
    return {
        "activity": workplace.activity,
        "workplace": workplace,
        "waiting": [request for request in requests if request.is_waiting],
        "done": [request for request in requests if request.state == AssessmentRequest.State.SUBMITTED],
        "me": workplace.assessors.filter(person=launch.person).first(),
        "is_learner_too": can_ask(launch),
    }


def _meant(launch: Launch, workplace: Workplace, wanted: dict[str, Any]) -> Assessor:
    """Whom the form names: a guest of the list, somebody of the course, or a name. Raises ValidationError."""
    kind, _colon, name = wanted["assessor"].partition(":")
    found = read_uuid(name)
    if kind == "listed" and found:
        row = workplace.assessors.filter(key=found, withdrawn_at=None).first()
        if row is not None:
            return row
    if kind == "member" and found:
        for person in assessors.staff(workplace):
            if person.key == found:
                return assessors.of_member(workplace=workplace, person=person, by=launch.person)
    if not kind and wanted["name"].strip():
        return assessors.name_somebody(workplace=workplace, name=wanted["name"], by=launch.person)
    raise ValidationError({"assessor": _("Choose somebody from the list.")})


def _ask_page(http: HttpRequest, launch: Launch, workplace: Workplace, form: AskForm) -> HttpResponse:
    context = {
        "activity": workplace.activity,
        "workplace": workplace,
        "form": form,
        "staff": [person for person in assessors.staff(workplace) if person.pk != launch.person.pk],
        "guests": [row for row in assessors.listed(workplace) if row.is_guest],
        "named": workplace.assessors.filter(named_by=launch.person).select_related("person"),
    }
    return render(http, "workplace/ask.html", context, status=400 if form.errors else 200)


def _request_page(
    http: HttpRequest,
    launch: Launch,
    found: AssessmentRequest,
    problems: dict[str, list[str]] | None = None,
) -> HttpResponse:
    found = AssessmentRequest.objects.whole().get(pk=found.pk)
    is_mine = found.learner_id == launch.person.pk
    context: dict[str, Any] = {
        "activity": found.workplace.activity,
        "found": found,
        "is_mine": is_mine,
        "is_asked": is_assessor_of(launch, found),
        "looks_after": can_look_after(launch) and not is_mine,
        "problems": problems or {},
    }
    if found.state == AssessmentRequest.State.SUBMITTED and found.sheet:
        context |= feedback_of(found.sheet, for_learner=is_mine)
    elif found.is_waiting and is_mine:
        context |= {"address": links.address(found), "picture": links.picture(found)}
    return render(http, "workplace/request.html", context, status=400 if problems else 200)


def _see(request: AssessmentRequest, done: str) -> HttpResponse:
    return HttpResponse(status=303, headers={"Location": f"{request.get_absolute_url()}?done={done}"})
