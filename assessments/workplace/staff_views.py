"""The pages of those who teach: learners, the list of assessors, PINs, and how the activity works."""

from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments.workplace import asking, assessors, progress, setting
from assessments.workplace.finding import teacher, visitor
from assessments.workplace.forms import NamesForm, ObserveForm, SettingsForm
from assessments.workplace.models import Workplace
from assessments.workplace.permissions import can_assess, can_look_after, can_set_up
from lti_tool.port import Launch, Role, launch_required, members


@require_safe
@launch_required
def learner(http: HttpRequest, key: UUID, person_key: UUID) -> HttpResponse:
    """All assessments of one learner: for teachers, and for the learner. Opened from here and from the LMS's gradebook."""
    launch, workplace = visitor(http, key)
    is_own = launch.is_learner and launch.person.key == person_key
    if not is_own and not can_look_after(launch):
        raise PermissionDenied(
            _("Learners see their own assessments, and the course's teachers everybody's.")
        )
    standing = next((row for row in progress.standings(workplace) if row.person.key == person_key), None)
    if standing is None or (standing.person.pk == launch.person.pk and not is_own):
        raise Http404
    requests = progress.of_learner(workplace, standing.person)
    context = {
        "activity": workplace.activity,
        "workplace": workplace,
        "standing": standing,
        "requests": requests,
        "table": progress.table(requests, for_learner=is_own),
        "is_own": is_own,
    }
    return render(http, "workplace/learner.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@launch_required
def observe(http: HttpRequest, key: UUID) -> HttpResponse:
    """An assessor begins by themselves, right after what they saw."""
    launch, workplace = visitor(http, key)
    if not can_assess(launch):
        raise PermissionDenied(_("Learners are assessed by those who teach them."))
    form = ObserveForm(http.POST) if http.method == "POST" else ObserveForm()
    learners = _learners(launch, workplace)
    if http.method == "POST" and form.is_valid():
        try:
            return _begin_observing(launch, workplace, form, learners)
        except ValidationError as error:
            form.add_error(None, error)
    context = {"activity": workplace.activity, "form": form, "learners": learners}
    return render(http, "workplace/observe.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@launch_required
def people(http: HttpRequest, key: UUID) -> HttpResponse:
    """The list of assessors. POST puts guests on it, by name."""
    launch, workplace = teacher(http, key)
    form = NamesForm(http.POST) if http.method == "POST" else NamesForm()
    if http.method == "POST" and form.is_valid():
        try:
            names = form.cleaned_data["names"]
            made = assessors.add_guests(workplace=workplace, names=names, by=launch.person)
        except ValidationError as error:
            form.add_error("names", " ".join(error.messages))
        else:
            return _see_people(workplace, f"added&n={len(made)}")
    context = {
        "activity": workplace.activity,
        "workplace": workplace,
        "form": form,
        "assessors": assessors.listed(workplace),
    }
    return render(http, "workplace/assessors.html", context, status=400 if form.errors else 200)


@require_POST
@launch_required
def pin(http: HttpRequest, key: UUID, assessor_key: UUID) -> HttpResponse:
    """A new PIN for a guest, shown in this answer and never again."""
    launch, workplace = teacher(http, key)
    row = get_object_or_404(workplace.assessors.select_related("person"), key=assessor_key, named_by=None)
    if not row.is_guest:
        raise PermissionDenied(
            _("Members of the course give themselves a PIN, so that nobody else knows it.")
        )
    given = assessors.give_pin(assessor=row, by=launch.person)
    return render(http, "workplace/pin.html", {"activity": workplace.activity, "row": row, "pin": given})


@require_POST
@launch_required
def my_pin(http: HttpRequest, key: UUID) -> HttpResponse:
    """A new PIN for oneself, for the phones of learners; shown in this answer and never again."""
    launch, workplace = visitor(http, key)
    if not can_assess(launch):
        raise PermissionDenied(_("PINs are for those who assess in this course."))
    row = assessors.of_member(workplace=workplace, person=launch.person, by=launch.person)
    given = assessors.give_pin(assessor=row, by=launch.person)
    context = {"activity": workplace.activity, "row": row, "pin": given, "is_mine": True}
    return render(http, "workplace/pin.html", context)


@require_POST
@launch_required
def assessor_withdrawal(http: HttpRequest, key: UUID, assessor_key: UUID) -> HttpResponse:
    launch, workplace = teacher(http, key)
    guests = workplace.assessors.filter(is_guest=True, named_by=None, withdrawn_at=None)
    assessors.withdraw(assessor=get_object_or_404(guests, key=assessor_key), by=launch.person)
    return _see_people(workplace, "withdrawn")


@require_http_methods(["GET", "HEAD", "POST"])
@launch_required
def settings(http: HttpRequest, key: UUID) -> HttpResponse:
    """The form, the days, the goal; for requests from then on."""
    launch, workplace = visitor(http, key)
    if not can_set_up(launch):
        raise PermissionDenied(_("Activities are set up by the course's teachers and designers."))
    form = SettingsForm(http.POST if http.method == "POST" else None, instance=workplace)
    if http.method == "POST" and form.is_valid():
        setting.change(workplace=form.instance, rubric=form.cleaned_data["rubric"], by=launch.person)
        home = reverse("workplace:settings", args=[workplace.activity.key])
        return HttpResponse(status=303, headers={"Location": f"{home}?done=saved"})
    context = {
        "activity": workplace.activity,
        "form": form,
        "looks_after": can_look_after(launch),
    }
    return render(http, "workplace/settings.html", context, status=400 if form.errors else 200)


def _learners(launch: Launch, workplace: Workplace) -> list[object]:
    return [
        row.person
        for row in members(workplace.activity.context, Role.LEARNER)
        if row.is_active and row.person.pk != launch.person.pk
    ]


def _begin_observing(
    launch: Launch, workplace: Workplace, form: ObserveForm, learners: list[object]
) -> HttpResponse:
    wanted = form.cleaned_data
    found = [person for person in learners if person.key == wanted["learner"]]  # type: ignore[attr-defined]
    if not found:
        raise ValidationError({"learner": _("Choose one of the learners of this course.")})
    me = assessors.of_member(workplace=workplace, person=launch.person, by=launch.person)
    made = asking.ask(
        workplace=workplace,
        key=wanted["key"],
        learner=found[0],
        assessor=me,
        situation=wanted["situation"],
        observed_on=wanted["observed_on"],
        by=launch.person,
    )
    sheet = asking.begin(request=made, by=launch.person)
    return HttpResponse(status=303, headers={"Location": sheet.get_absolute_url()})


def _see_people(workplace: Workplace, done: str) -> HttpResponse:
    page = reverse("workplace:assessors", args=[workplace.activity.key])
    return HttpResponse(status=303, headers={"Location": f"{page}?done={done}"})
