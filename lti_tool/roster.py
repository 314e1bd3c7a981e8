"""Who is in the course, as far as we know: what launches and the last roster said, and what a teacher decided.

The worker's side, which reads rosters, is in sweeping.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from lti_tool.errors import Kind
from lti_tool.models import Context, Membership, Person, Role

STALE_AFTER = timedelta(hours=1)
# After so many failures in a row nobody asks any more until somebody who teaches the course opens it.
GIVE_UP = 12


@dataclass(frozen=True)
class Member:
    """One person's place in one course. `is_learner`: counts as a candidate, by the LMS or by a teacher's decision."""

    person: Person
    role: Role
    is_learner: bool
    is_active: bool
    is_test_student: bool
    sections: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    # Of the last launch, and on the last roster they were on; None for never.
    launched_at: datetime | None = None
    launched_role: Role | None = None
    listed_at: datetime | None = None
    listed_role: Role | None = None
    # Missing from complete rosters since.
    left_at: datetime | None = None
    # Teaches here and last looked at the course as a student.
    is_preview: bool = False
    # A teacher's decision whether they are a candidate; None where the LMS decides.
    counts: bool | None = None


@dataclass(frozen=True)
class Status:
    """When the roster was last read, whether it is being read now, and what went wrong the last time, in words."""

    swept_at: datetime | None
    is_wanted: bool
    problem: str
    # People read so far, while it is being read.
    read: int | None = None
    # When it is tried again by itself, after a failure.
    retry_at: datetime | None = None
    # Whether the last complete roster had a name for anybody; None before the first.
    names_people: bool | None = None


def members(context: Context, role: Role | None) -> list[Member]:
    rows = Membership.objects.filter(context=context).select_related("person")
    if role == Role.LEARNER:
        rows = rows.candidates()
    elif role is not None:
        rows = rows.filter(role=role)
    return sorted(map(_member, rows), key=lambda member: member.person.display_name.casefold())


def _member(row: Membership) -> Member:
    return Member(
        person=row.person,
        role=Role(row.role),
        is_learner=row.is_learner if row.counts is None else row.counts,
        is_active=row.is_active,
        is_test_student=row.person.is_test_student,
        sections=tuple(row.sections),
        groups=tuple(row.groups),
        launched_at=row.launched_at,
        launched_role=Role(row.launched_role) if row.launched_role else None,
        listed_at=row.on_roster_at,
        listed_role=Role(row.roster_role) if row.roster_role else None,
        left_at=row.left_at,
        is_preview=row.is_preview,
        counts=row.counts,
    )


def decide(context: Context, person: Person, *, counts: bool | None) -> None:
    """Kept over launches and sweeps, which never touch it."""
    Membership.objects.filter(context=context, person=person).update(counts=counts)


def status(context: Context, *, refresh: bool) -> Status:
    row = Context.objects.get(pk=context.pk)
    if refresh or is_stale(row):
        want(row)
    wanted_at, now = row.roster_wanted_at, timezone.now()
    is_wanted = wanted_at is not None and wanted_at <= now
    return Status(
        swept_at=row.roster_swept_at,
        is_wanted=is_wanted,
        problem=_problem(row),
        read=row.roster_read if is_wanted else None,
        retry_at=None if is_wanted else wanted_at,
        names_people=row.roster_names_people,
    )


def is_stale(context: Context) -> bool:
    """Whether the roster was never read, or more than an hour ago, and nobody has asked for it or failed to get it yet."""
    if context.roster_wanted_at is not None or context.roster_failures:
        return False
    return context.roster_swept_at is None or timezone.now() - context.roster_swept_at > STALE_AFTER


def opened(context: Context) -> None:
    """Somebody who teaches the course opens it: the candidates shall be there when they look for them."""
    has_given_up = context.roster_failures >= GIVE_UP and context.roster_wanted_at is None
    if has_given_up or is_stale(context):
        want(context)


def want(context: Context) -> None:
    """Ask the worker to read the roster now, where the platform shares it."""
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
        "The list of course members could not be read just now. People who opened the activity are shown, and those of the "
        "last list."
    )
