"""Who takes part in a round, in which groups, and who must or must not review whom; and one person's part of it."""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments.activities.pages import form_problems, problems_of, see
from assessments.peer import assigning, calling, groups, pairing, participants, standing
from assessments.peer.finding import staff, teacher, visitor
from assessments.peer.forms import GroupsForm, PairForm, PlaceForm, TimeForm
from assessments.peer.models import Participant, PeerActivity
from assessments.peer.permissions import can_decide, can_look_after, can_take_part
from assessments.peer.views import mine
from lti_tool.port import Launch, launch_required

Problems = dict[str, list[str]]


@require_http_methods(["GET", "HEAD", "POST"])
@launch_required
def people(http: HttpRequest, key: UUID) -> HttpResponse:
    """POST changes many at once; `what`: take_in, groups or lms_groups."""
    launch, peer = staff(http, key)
    if http.method != "POST":
        return _people_page(http, launch, peer)
    if not can_decide(launch):
        raise PermissionDenied(_("This is for the course's teachers."))
    act = ACTS.get(http.POST.get("what", ""))
    if act is None:
        return _people_page(http, launch, peer, {"": [_("Nothing was changed.")]})
    try:
        n = act(http, peer, launch)
    except ValidationError as error:
        return _people_page(http, launch, peer, problems_of(error))
    return see("peer:people", key, done=http.POST["what"], n=n)


@require_POST
@launch_required
def pairs(http: HttpRequest, key: UUID) -> HttpResponse:
    launch, peer = teacher(http, key)
    form = PairForm(http.POST, names=calling.of(peer))
    try:
        if not form.is_valid():
            raise ValidationError(form_problems(form))
        pairing.rule(peer=peer, by=launch.person, **form.cleaned_data)
    except ValidationError as error:
        return _people_page(http, launch, peer, problems_of(error))
    return see("peer:people", key, done="pair")


@require_POST
@launch_required
def pair_removal(http: HttpRequest, key: UUID, pair_id: int) -> HttpResponse:
    launch, peer = teacher(http, key)
    rows = peer.pair_rules.select_related("reviewer", "author", "peer__activity")
    pairing.drop(rule=get_object_or_404(rows, pk=pair_id), by=launch.person)
    return see("peer:people", key, done="pair_gone")


@require_safe
@launch_required
def person(http: HttpRequest, key: UUID, person_key: UUID) -> HttpResponse:
    """Somebody's part of the round, for those who teach; for themselves their own page. Also opened by the gradebook."""
    launch, peer = visitor(http, key)
    if launch.person.key == person_key and can_take_part(launch):
        found: HttpResponse = mine(http, key)
        return found
    if not can_look_after(launch):
        raise PermissionDenied(_("This is for those who teach the course."))
    return _person_page(http, launch, peer, _participant(launch, peer, person_key))


@require_POST
@launch_required
def place(http: HttpRequest, key: UUID, person_key: UUID) -> HttpResponse:
    """`what`: describe, extend, drop (their work stays to be reviewed) or back."""
    launch, peer = teacher(http, key)
    row = _participant(launch, peer, person_key)
    what = http.POST.get("what", "")
    try:
        _place(http, launch, row, what)
    except ValidationError as error:
        return _person_page(http, launch, peer, row, problems_of(error), sent=what)
    return see("peer:person", key, person_key, done=what)


@require_POST
@launch_required
def withdrawal(http: HttpRequest, key: UUID, person_key: UUID) -> HttpResponse:
    """They leave the round, and their work with them."""
    launch, peer = teacher(http, key)
    row = _participant(launch, peer, person_key)
    assigning.leave(participant=row, by=launch.person, reason=http.POST.get("reason", ""))
    return see("peer:person", key, person_key, done="withdrawn")


# --- many -------------------------------------------------------------------------------------


def _take_in(http: HttpRequest, peer: PeerActivity, launch: Launch) -> int:
    return participants.take_in(peer=peer, by=launch.person)


def _put(http: HttpRequest, peer: PeerActivity, launch: Launch) -> int:
    form = GroupsForm(http.POST, names=calling.of(peer))
    if not form.is_valid():
        raise ValidationError(form_problems(form))
    return groups.put(peer=peer, wanted=form.cleaned_data["lines"], by=launch.person)


def _put_as_in_the_lms(http: HttpRequest, peer: PeerActivity, launch: Launch) -> int:
    return groups.put_as_in_the_lms(peer=peer, by=launch.person)


ACTS = {"take_in": _take_in, "groups": _put, "lms_groups": _put_as_in_the_lms}


def _people_page(
    http: HttpRequest, launch: Launch, peer: PeerActivity, problems: Problems | None = None
) -> HttpResponse:
    there = {row.person.pk for row in participants.learners(peer)}
    rows = list(peer.participants.select_related("person", "group").order_by("person__name", "pk"))
    names = calling.Names(rows)
    sent = http.POST if http.method == "POST" else None
    context: dict[str, Any] = {
        "activity": peer.activity,
        "peer": peer,
        "rows": [(row, row.person_id in there) for row in rows],
        "newcomers": len(there - {row.person_id for row in rows}),
        "labels": sorted(names.by_label, key=str.casefold),
        "rules": peer.pair_rules.select_related("reviewer__person", "author__person").order_by("pk"),
        "is_team": peer.mode == peer.Mode.TEAM,
        "is_drawn": assigning.is_drawn(peer),
        "pair_form": PairForm(names=names, initial=sent.dict() if sent else {}),
        "groups_form": GroupsForm(names=names, initial=sent.dict() if sent else {}),
        "can_decide": can_decide(launch),
        "problems": problems or {},
    }
    return render(http, "peer/people.html", context, status=400 if problems else 200)


# --- one --------------------------------------------------------------------------------------


def _participant(launch: Launch, peer: PeerActivity, person_key: UUID) -> Participant:
    """Also of a learner whom the gradebook asks for before they had a place; else 404."""
    rows = peer.participants.select_related("person", "group", "peer__activity")
    found = rows.filter(person__key=person_key).first()
    if found is None:
        member = next((row for row in participants.learners(peer) if row.person.key == person_key), None)
        found = participants.join(peer=peer, person=member.person) if member else None
    if found is None:
        raise Http404
    found.peer = peer
    return found


def _place(http: HttpRequest, launch: Launch, row: Participant, what: str) -> None:
    by = launch.person
    if what == "describe":
        participants.describe(participant=row, by=by, **_read(PlaceForm(http.POST)))
    elif what == "extend":
        participants.extend(participant=row, by=by, **_read(TimeForm(http.POST)))
    elif what == "drop":
        reason = http.POST.get("reason", "")
        assigning.leave(participant=row, by=by, reason=reason, leaves_work=True)
    elif what == "back":
        assigning.come_back(participant=row, by=by)
    else:
        raise ValidationError(_("Nothing was changed."))


def _read(form: Any) -> dict[str, Any]:
    if not form.is_valid():
        raise ValidationError(form_problems(form))
    found: dict[str, Any] = form.cleaned_data
    return found


def _person_page(
    http: HttpRequest,
    launch: Launch,
    peer: PeerActivity,
    row: Participant,
    problems: Problems | None = None,
    sent: str = "",
) -> HttpResponse:
    described = {
        "hands_in": row.hands_in,
        "reviews": row.reviews,
        "stratum": row.stratum,
        "group": row.group.name if row.group else "",
    }
    times = {"submit_until": row.submit_until, "review_until": row.review_until}
    context = {
        "activity": peer.activity,
        "peer": peer,
        "person": row,
        "standing": standing.of(row, launch.person),
        "place_form": PlaceForm(http.POST if sent == "describe" else None, initial=described),
        "time_form": TimeForm(http.POST if sent == "extend" else None, initial=times),
        "group_names": peer.groups.values_list("name", flat=True),
        "can_decide": can_decide(launch),
        "problems": problems or {},
    }
    return render(http, "peer/person.html", context, status=400 if problems else 200)
