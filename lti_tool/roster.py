"""What we keep of the conversation about who is in the course."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from lti_tool import claims, nrps
from lti_tool.errors import Kind, ServiceError
from lti_tool.models import ID_LENGTH, Context, Membership, Person, Role, in_service

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=5)
STALE_AFTER = timedelta(hours=1)


@dataclass(frozen=True)
class Member:
    """One person's place in one course."""

    person: Person
    role: Role
    is_learner: bool
    is_active: bool
    is_test_student: bool


@dataclass(frozen=True)
class Status:
    """When the roster was last read, whether it is being read now, and what went wrong the last time, in words."""

    swept_at: datetime | None
    is_wanted: bool
    problem: str


def members(context: Context, role: Role | None) -> list[Member]:
    rows = Membership.objects.filter(context=context).select_related("person")
    if role == Role.LEARNER:
        rows = rows.filter(is_learner=True)
    elif role is not None:
        rows = rows.filter(role=role)
    found = [
        Member(row.person, Role(row.role), row.is_learner, row.is_active, row.person.is_test_student)
        for row in rows
    ]
    return sorted(found, key=lambda member: member.person.display_name.casefold())


def status(context: Context, *, refresh: bool) -> Status:
    row = Context.objects.get(pk=context.pk)
    if refresh or is_stale(row):
        want(row)
    return Status(row.roster_swept_at, row.roster_wanted_at is not None, _problem(row))


def is_stale(context: Context) -> bool:
    """Whether the roster was never read, or more than an hour ago, and nobody has asked for it yet."""
    if context.roster_wanted_at is not None:
        return False
    return context.roster_swept_at is None or timezone.now() - context.roster_swept_at > STALE_AFTER


def want(context: Context) -> None:
    """Ask the worker to read the roster, where the platform shares it."""
    if context.memberships_url:
        context.roster_wanted_at = timezone.now()
        context.save(update_fields=["roster_wanted_at"])


def _problem(context: Context) -> str:
    if not context.memberships_url:
        return _(
            "Your LMS does not share the list of course members. People appear here once they open the activity."
        )
    if not context.roster_problem:
        return ""
    if context.roster_problem == Kind.NEEDS_ADMIN:
        return _(
            "Your LMS did not allow Bellringer to read the list of course members. Its administrator can allow it."
        )
    return _(
        "The list of course members could not be read just now. People who opened the activity are shown."
    )


# --- the worker's side ----------------------------------------------------------------------------


def claim() -> Context | None:
    """A course whose roster is wanted, leased to this worker."""
    now = timezone.now()
    free = Q(roster_lease_expires_at=None) | Q(roster_lease_expires_at__lt=now)
    with transaction.atomic():
        due = Context.objects.select_for_update(skip_locked=True, of=("self",)).filter(
            free, in_service("deployment"), roster_wanted_at__lte=now
        )
        context = due.select_related("deployment__registration").order_by("roster_wanted_at").first()
        if context:
            Context.objects.filter(pk=context.pk).update(roster_lease_expires_at=now + LEASE)
    return context


def sweep(context: Context) -> None:
    """Read the whole roster and keep it. People who are missing are marked as left only after a complete sweep."""
    began = timezone.now()
    try:
        for page in nrps.pages(context):
            _keep(context, page, began)
    except ServiceError as error:
        _end(context, problem=error.kind.value)
        return
    except Exception:  # one odd list must not keep grades and other rosters from moving
        log.exception("roster not read", context=context.pk)
        _end(context, problem=Kind.TRANSIENT.value)
        return
    Membership.objects.filter(context=context, on_roster_at__lt=began).update(is_active=False)
    _end(context, problem="", swept_at=began)


def _end(context: Context, *, problem: str, swept_at: datetime | None = None) -> None:
    changes: dict[str, Any] = {
        "roster_problem": problem,
        "roster_lease_expires_at": None,
        "roster_wanted_at": None,
    }
    if swept_at:
        changes["roster_swept_at"] = swept_at
    Context.objects.filter(pk=context.pk).update(**changes)


def _keep(context: Context, page: list[dict[str, Any]], began: datetime) -> None:
    """One page in a handful of queries, however long it is."""
    entries = {sub: entry for entry in page if (sub := _sub(entry))}
    with transaction.atomic():
        people = _keep_people(context, entries)
        known = {
            row.person_id: row
            for row in Membership.objects.filter(context=context, person__in=people.values())
        }
        new: list[Membership] = []
        changed: list[Membership] = []
        for sub, person in people.items():
            row = known.get(person.pk) or Membership(context=context, person=person)
            _set_place(row, entries[sub], began)
            (changed if row.pk else new).append(row)
        Membership.objects.bulk_create(new, ignore_conflicts=True)
        Membership.objects.bulk_update(
            changed, ["role", "is_learner", "is_active", "on_roster_at"], batch_size=500
        )


def _keep_people(context: Context, entries: dict[str, dict[str, Any]]) -> dict[str, Person]:
    registration = context.registration
    known = {row.sub: row for row in Person.objects.filter(registration=registration, sub__in=entries)}
    new = [
        _named(Person(registration=registration, sub=sub), entry)
        for sub, entry in entries.items()
        if sub not in known
    ]
    Person.objects.bulk_create(new, ignore_conflicts=True)
    Person.objects.bulk_update(
        [_named(row, entries[sub]) for sub, row in known.items()],
        ["name", "given_name", "family_name", "email", "is_test_student"],
        batch_size=500,
    )
    return {row.sub: row for row in Person.objects.filter(registration=registration, sub__in=entries)}


def _named(person: Person, entry: dict[str, Any]) -> Person:
    for field, limit in (("name", 500), ("given_name", 255), ("family_name", 255), ("email", 320)):
        sent = claims.text(entry.get(field), limit)
        if sent:
            setattr(person, field, sent)
    person.is_test_student = person.is_test_student or claims.TEST_USER in _roles(entry)
    return person


def _set_place(row: Membership, entry: dict[str, Any], began: datetime) -> None:
    """A role that a launch has shown wins: Moodle lists its non-editing teachers as learners."""
    if row.launched_at is None:
        row.role = claims.decide_role(_roles(entry))
        row.is_learner = claims.learns(_roles(entry))
    row.is_active = entry.get("status", "Active") == "Active"
    row.on_roster_at = began


def _sub(entry: dict[str, Any]) -> str:
    sub = entry.get("user_id")
    is_usable = isinstance(sub, str) and 0 < len(sub) <= ID_LENGTH and claims.is_storable(sub)
    return str(sub) if is_usable else ""


def _roles(entry: dict[str, Any]) -> list[str]:
    roles = entry.get("roles")
    return [role for role in roles if isinstance(role, str)] if isinstance(roles, list) else []
