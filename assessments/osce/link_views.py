"""What a coordinator does with the links of a session: make, show, print, prolong and withdraw them."""

from collections import Counter
from dataclasses import dataclass
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments.activities.pages import problems_of
from assessments.marking.models import MarkSheet
from assessments.osce import links as verbs
from assessments.osce.finding import session_runner
from assessments.osce.forms import ValidityForm
from assessments.osce.models import Duty, Encounter, EncounterSheet, ExaminerLink, Session, StaffMember
from assessments.osce.planning_views import see
from assessments.osce.qr import picture
from lti_tool.port import launch_required


@dataclass(frozen=True)
class Row:
    """`link` is the newest; None where there never was one. Whoever took somebody's place on the day works without a duty.

    `to_mark`: how many sheets are theirs to fill still; None before sheets are given out.
    """

    staff: StaffMember
    duties: list[Duty]
    link: ExaminerLink | None
    works: bool
    to_mark: int | None

    @property
    def is_valid(self) -> bool:
        return self.link is not None and self.link.is_valid


@require_http_methods(["GET", "HEAD", "POST"])
@launch_required
def links(request: HttpRequest, key: UUID, session_key: UUID) -> HttpResponse:
    """Who has a link. POST makes one for everybody who has none that is valid."""
    launch, session = session_runner(request, key, session_key)
    if request.method != "POST":
        return _links_page(request, session)
    try:
        made = verbs.make_missing(session=session, by=launch.person)
    except ValidationError as error:
        return _links_page(request, session, problems=problems_of(error))
    return see("osce:links", session.exam, session.key, done="made", n=len(made))


@require_POST
@launch_required
def validity(request: HttpRequest, key: UUID, session_key: UUID) -> HttpResponse:
    """Changes until when all of the session's links are valid; what is printed stays."""
    launch, session = session_runner(request, key, session_key)
    form = ValidityForm(request.POST)
    if not form.is_valid():
        problems = {name: [str(problem) for problem in found] for name, found in form.errors.items()}
        return _links_page(request, session, form, problems)
    changed = verbs.set_validity(session=session, until=form.cleaned_data["until"], by=launch.person)
    return see("osce:links", session.exam, session.key, done="prolonged", n=changed)


@require_safe
@launch_required
def cards(request: HttpRequest, key: UUID, session_key: UUID) -> HttpResponse:
    """Every valid link as a card to print and cut."""
    _launch, session = session_runner(request, key, session_key)
    valid = [
        (row, row.link, picture(verbs.address(row.link)))
        for row in _rows(session)
        if row.link and row.is_valid
    ]
    return render(request, "osce/link_cards.html", {"session": session, "exam": session.exam, "cards": valid})


@require_http_methods(["GET", "HEAD", "POST"])
@launch_required
def link(request: HttpRequest, key: UUID, session_key: UUID, staff_key: UUID) -> HttpResponse:
    """One person's link with its QR code. POST makes a new one; the one before opens nothing any more."""
    launch, session = session_runner(request, key, session_key)
    row = _row(session, staff_key)
    if request.method == "POST":
        try:
            verbs.make(session=session, staff=row.staff, by=launch.person)
        except ValidationError as error:
            return _links_page(request, session, problems=problems_of(error))
        return see("osce:link", session.exam, session.key, row.staff.key, done="made")
    shown = {}
    if row.link is not None and row.is_valid:
        shown = {"address": verbs.address(row.link), "picture": picture(verbs.address(row.link))}
    context = {"session": session, "exam": session.exam, "row": row, **shown}
    return render(request, "osce/link.html", context)


@require_POST
@launch_required
def withdrawal(request: HttpRequest, key: UUID, session_key: UUID, staff_key: UUID) -> HttpResponse:
    """The person's link opens nothing any more, from now on and on every device."""
    launch, session = session_runner(request, key, session_key)
    staff = get_object_or_404(session.exam.staff, key=staff_key)
    for current in session.links.filter(staff=staff, revoked_at=None):
        verbs.withdraw(link=current, by=launch.person)
    return see("osce:links", session.exam, session.key, done="withdrawn", who=staff.key)


def _rows(session: Session) -> list[Row]:
    """Everybody with a post in the session, and whoever holds a link that was not withdrawn; by name."""
    newest = {row.staff_id: row for row in session.links.select_related("staff__person")}
    staff = {row.pk: row for row in verbs.on_duty(session)}
    working = set(staff)
    staff |= {
        row.staff_id: row.staff for row in newest.values() if not row.revoked_at and row.staff_id not in staff
    }
    duties: dict[int, list[Duty]] = {pk: [] for pk in staff}
    for duty in Duty.objects.filter(post__session=session).select_related("post__station"):
        duties[duty.staff_id].append(duty)
    to_mark = _to_mark(session) if session.is_published else None
    rows = [
        Row(row, duties[pk], newest.get(pk), pk in working, None if to_mark is None else to_mark[pk])
        for pk, row in staff.items()
    ]
    return sorted(rows, key=lambda row: row.staff.display_name.casefold())


def _to_mark(session: Session) -> Counter[int]:
    """By staff id, their sheets that are not submitted, of encounters that take place."""
    rows = EncounterSheet.objects.filter(
        encounter__session=session,
        encounter__state=Encounter.State.PLANNED,
        sheet__state=MarkSheet.State.DRAFT,
    )
    return Counter(rows.exclude(staff=None).values_list("staff", flat=True))


def _row(session: Session, staff_key: UUID) -> Row:
    for row in _rows(session):
        if row.staff.key == staff_key:
            return row
    raise Http404


def _links_page(
    request: HttpRequest,
    session: Session,
    form: ValidityForm | None = None,
    problems: dict[str, list[str]] | None = None,
) -> HttpResponse:
    rows = _rows(session)
    valid = [row for row in rows if row.is_valid]
    ends = verbs.planned_end(session)
    context = {
        "session": session,
        "exam": session.exam,
        "rows": rows,
        "valid": len(valid),
        "missing": sum(row.works and not row.is_valid for row in rows),
        "has_links": any(row.link and not row.link.revoked_at for row in rows),
        "too_short": [row for row in valid if row.link and row.link.expires_at < ends],
        "form": form or ValidityForm(initial={"until": timezone.localtime(verbs.validity(session))}),
        "problems": problems or {},
        "n": request.GET.get("n", ""),
    }
    return render(request, "osce/links.html", context, status=400 if problems else 200)
