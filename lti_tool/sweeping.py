"""Reading a whole roster: the worker's side. One page, a few statements; people are marked as left by absence only.

Two hold the same rows at times, a launch and a sweep, or the sweeps of two courses. All lock memberships first, then people,
each in the order of their keys, so that nobody waits in a circle and nobody's change is lost.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from lti_tool import claims, nrps, problems, sections
from lti_tool.errors import Kind, ServiceError
from lti_tool.models import Context, Membership, Person, Problem, in_service
from lti_tool.nrps import Entry
from lti_tool.roster import GIVE_UP

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=5)
# Members written in one transaction: as many statements for each, however long the platform's pages are.
CHUNK = 500
# After the first failure, the second, …; the last one holds for all further ones.
PAUSES = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 720)]

_NAMES = ("name", "given_name", "family_name", "email")
_PLACE = ("roster_role", "roster_learns", "role", "is_learner", "is_active", "left_at", "sections", "groups")


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
            Context.objects.filter(pk=context.pk).update(roster_lease_expires_at=now + LEASE, roster_read=0)
    return context


def sweep(context: Context) -> None:
    """Read the whole roster and keep it. People who are missing are marked as left only after a complete sweep."""
    began = timezone.now()
    try:
        has_names, unread = _read(context, began)
    except ServiceError as error:
        _fail(context, error)
        return
    except Exception:  # one odd list must not keep grades and other rosters from moving
        log.exception("roster not read", context=context.pk)
        _fail(context, ServiceError(Kind.BUG))
        return
    if nrps.is_whole(context) and not unread:
        _mark_leavers(context, began)
    _succeed(context, began, has_names)


def _read(context: Context, began: datetime) -> tuple[bool, int]:
    """Every page, kept as it comes; gives whether anybody had a name, and how many entries named nobody.

    Raises ServiceError.
    """
    read, unread, has_names = 0, 0, False
    for page in nrps.pages(context):
        unread += page.unread
        for entries in _chunks(page.entries):
            keep(context, entries, began)
            read += len(entries)
            has_names = has_names or any(entry.has_name for entry in entries)
            _progress(context, read)
    # A course has a teacher at least: an empty list is a platform's slip, and would make leavers of everybody.
    if not read and Membership.objects.filter(context=context, on_roster_at__isnull=False).exists():
        raise ServiceError(Kind.TRANSIENT, said="an empty list of members")
    return has_names, unread


def _chunks(page: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
    return (page[start : start + CHUNK] for start in range(0, len(page), CHUNK))


def _progress(context: Context, read: int) -> None:
    lease = timezone.now() + LEASE
    Context.objects.filter(pk=context.pk).update(roster_read=read, roster_lease_expires_at=lease)


def _mark_leavers(context: Context, began: datetime) -> None:
    """Those who were on a roster before, are not on this one, and have not come through a launch meanwhile."""
    missing = Membership.objects.filter(context=context, on_roster_at__lt=began).exclude(
        launched_at__gte=began
    )
    missing.filter(left_at=None).update(is_active=False, left_at=began)


def _succeed(context: Context, began: datetime, has_names: bool) -> None:
    _end(
        context,
        roster_problem="",
        roster_failures=0,
        roster_swept_at=began,
        roster_names_people=has_names,
    )
    # Whoever asked while it was being read gets a newer one.
    Context.objects.filter(pk=context.pk, roster_wanted_at__lte=began).update(roster_wanted_at=None)


def _fail(context: Context, error: ServiceError) -> None:
    """Try again after longer and longer pauses, or when somebody asks; after GIVE_UP times only then."""
    failures = context.roster_failures + 1
    pause = max(PAUSES[min(failures, len(PAUSES)) - 1], timedelta(seconds=error.retry_after or 0))
    again_at = timezone.now() + pause if failures < GIVE_UP else None
    _end(
        context,
        roster_problem=error.kind.value,
        roster_failures=failures,
        roster_wanted_at=again_at,
    )
    problems.note(
        context.registration,
        area=Problem.Area.ROSTER,
        code=error.kind.value,
        said=error.said,
        deployment=context.deployment,
    )


def _end(context: Context, **changes: Any) -> None:
    Context.objects.filter(pk=context.pk).update(roster_lease_expires_at=None, roster_read=None, **changes)


def keep(context: Context, entries: Sequence[Entry], began: datetime) -> None:
    """Some members in a handful of statements, however many they are."""
    by_sub = {entry.sub: entry for entry in entries}
    with transaction.atomic():
        rows = Membership.objects.select_for_update(no_key=True, of=("self",)).filter(
            context=context,
            person__registration_id=context.deployment.registration_id,
            person__sub__in=by_sub,
        )
        known = {row.person_id: row for row in rows.order_by("pk")}
        people = _keep_people(context, by_sub)
        changed = [
            row
            for person in people
            if (row := known.get(person.pk)) and _set_place(row, by_sub[person.user_id], began)
        ]
        new = [
            _new_place(context, person, by_sub[person.user_id], began)
            for person in people
            if person.pk not in known
        ]
        _insert(new)
        Membership.objects.bulk_update(changed, _PLACE, batch_size=CHUNK)
        Membership.objects.filter(pk__in=[row.pk for row in known.values()]).update(on_roster_at=began)


def _insert(new: list[Membership]) -> None:
    """A launch may have put somebody here in the same moment: then the row is its own, and learns what the roster says."""
    Membership.objects.bulk_create(
        sorted(new, key=lambda row: row.person_id),
        update_conflicts=True,
        unique_fields=["context", "person"],
        update_fields=["roster_role", "roster_learns", "on_roster_at"],
    )


def _keep_people(context: Context, by_sub: dict[str, Entry]) -> list[Person]:
    registration_id = context.deployment.registration_id
    rows = Person.objects.select_for_update(no_key=True).filter(
        registration_id=registration_id, sub__in=by_sub
    )
    found = list(rows.order_by("pk"))
    changed = [person for person in found if _set_names(person, by_sub[person.user_id])]
    Person.objects.bulk_update(changed, [*_NAMES, "is_test_student"], batch_size=CHUNK)
    unknown = sorted(by_sub.keys() - {person.user_id for person in found})
    if not unknown:
        return found
    made = [Person(registration_id=registration_id, sub=sub) for sub in unknown]
    for person in made:
        _set_names(person, by_sub[person.user_id])
    Person.objects.bulk_create(made, ignore_conflicts=True)
    return found + list(
        Person.objects.filter(registration_id=registration_id, sub__in=unknown).order_by("pk")
    )


def _set_names(person: Person, entry: Entry) -> bool:
    """Set what is told; gives whether that was anything new. A name that is not told any more stays: decisions/0011."""
    sent = {field: getattr(entry, field) for field in _NAMES if getattr(entry, field)}
    if claims.TEST_USER in entry.roles:
        sent["is_test_student"] = True
    return _set(person, sent)


def _new_place(context: Context, person: Person, entry: Entry, began: datetime) -> Membership:
    row = Membership(context=context, person=person, on_roster_at=began)
    _set_place(row, entry, began)
    return row


def _set_place(row: Membership, entry: Entry, began: datetime) -> bool:
    """Role, sections and groups are set, never added to; gives whether anything changed."""
    said: dict[str, Any] = {
        "roster_role": claims.decide_role(entry.roles),
        "roster_learns": claims.learns(entry.roles),
        "is_active": entry.is_active,
        "left_at": None,
    }
    if row.launched_at and row.launched_at >= began and not entry.is_active:
        said.pop("is_active")  # came through a launch while the list was on its way
    changed = _set(row, said | sections.told(entry.custom))
    role, is_learner = row.settled
    return _set(row, {"role": role, "is_learner": is_learner}) or changed


def _set(row: Person | Membership, values: dict[str, Any]) -> bool:
    new = {field: value for field, value in values.items() if getattr(row, field) != value}
    for field, value in new.items():
        setattr(row, field, value)
    return bool(new)
