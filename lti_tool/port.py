"""All of lti_tool that the rest of the house may use. Its size does not grow without a decision record."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from decimal import Decimal
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from rest_framework.permissions import BasePermission

from lti_tool import course_copies, guests, outbox, roster, worker
from lti_tool import deep_linking as choices
from lti_tool.deep_linking import Item
from lti_tool.first_page import first_page
from lti_tool.limits import Limit
from lti_tool.models import Context, Person, ResourceLink, Role
from lti_tool.outbox import ChangedSince, Delivery
from lti_tool.roster import Member
from lti_tool.session import DeepLinking, Launch, shell

__all__ = [
    "ChangedSince",
    "DeepLinking",
    "Delivery",
    "Item",
    "Launch",
    "LaunchRequired",
    "Limit",
    "Member",
    "Role",
    "beside_requests",
    "copied_contexts",
    "copied_links",
    "current_launch",
    "decide_candidate",
    "deep_link_answer",
    "deep_linking",
    "deep_linking_required",
    "deliveries",
    "end_guest_visits",
    "ensure_line_item",
    "first_page",
    "keep_theirs",
    "launch_required",
    "make_guest",
    "members",
    "move_guest_visits",
    "open_guest_visit",
    "publish_score",
    "retry",
    "roster_status",
    "send_anyway",
    "withdraw_score",
]


def current_launch(request: HttpRequest) -> Launch | None:
    """The launch this request belongs to; None without a valid launch token."""
    return getattr(request, "launch", None)


def launch_required(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For pages: without a launch the answer is the small shell, the same for everyone, which asks again with its token."""

    @wraps(view)
    def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if current_launch(request) is None:
            return shell(request)
        return view(request, *args, **kwargs)

    page.launch_required = True  # type: ignore[attr-defined]
    return page


def deep_linking(request: HttpRequest) -> DeepLinking | None:
    """The choice this request belongs to: somebody in the LMS chooses what a new link shall open. Never also a launch."""
    return getattr(request, "deep_linking", None)


def deep_linking_required(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For pages that choose. Where the place in the LMS takes no activities, the answer says so and leads back."""

    @wraps(view)
    def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        visit = deep_linking(request)
        if visit is None:
            return shell(request)
        if not visit.takes_links:
            return render(request, "lti_tool/deep_linking.html")
        return view(request, *args, **kwargs)

    return page


def deep_link_answer(
    request: HttpRequest, choose: Callable[[], Sequence[Item]], *, message: str = "", problem: str = ""
) -> HttpResponse:
    """Take the choice back to the LMS: the items that `choose` gives, none to cancel.

    `choose` is called at most once for each question of the LMS, in one transaction with the note that it was answered;
    a second click sends the same again and makes nothing. What `choose` raises undoes everything.
    """
    return choices.answer(request, choose, message=message, problem=problem)


class LaunchRequired(BasePermission):
    """For DRF: the same rule; without a launch the answer is 401."""

    def has_permission(self, request: Any, view: Any) -> bool:
        return current_launch(request._request) is not None


def make_guest(context: Context, *, name: str) -> Person:
    """A person of the course's registration whom no platform knows: nothing that a platform sends becomes them.

    They are no member and in no list of the course. `name` is what staff typed; ValidationError where nothing of it is left.
    """
    return guests.make(context, name=name)


def open_guest_visit(person: Person, resource_link: ResourceLink, *, door: UUID, until: datetime) -> Launch:
    """Let a person in without the platform, as Role.GUEST whoever they are there; it carries its raw token, as after a launch.

    `door` names what let them in, for `end_guest_visits`. Raises ValueError for a person of another registration,
    PermissionDenied where the platform was switched off.
    """
    return guests.open_visit(person, resource_link, door=door, until=until)


def move_guest_visits(*, doors: Collection[UUID], until: datetime) -> int:
    """Let every visit that came through these doors, and is not over, end at `until`, later or earlier; gives how many."""
    return guests.move_ends(doors=doors, until=until)


def end_guest_visits(*, door: UUID) -> int:
    """End every visit that came through this door, in all its tabs and on all its devices; gives how many."""
    return guests.end_visits(door=door)


def members(context: Context, role: Role | None = None) -> list[Member]:
    """Everyone known in the course, from the last roster sweep and from launches, ordered by name.

    Leavers are included with `is_active=False`, the test student with `is_test_student=True`: neither takes part in pairing or
    counts in a statistic. `role=Role.LEARNER` gives the candidates: also those who teach and learn here, and whom a teacher
    decided to count.
    """
    return roster.members(context, role)


def roster_status(context: Context, *, refresh: bool = False) -> "roster.Status":
    """When the roster was last swept and what went wrong, in words. `refresh` asks the worker for a new sweep."""
    return roster.status(context, refresh=refresh)


def decide_candidate(context: Context, *, member: Person, counts: bool | None) -> None:
    """A teacher's decision that this person is a candidate here, or is not; None leaves it to the LMS again."""
    roster.decide(context, member, counts=counts)


def copied_contexts(context: Context) -> list[Context]:
    """The courses we know that this one was copied from, nearest first, of the same platform only."""
    return course_copies.contexts(context)


def copied_links(resource_link: ResourceLink) -> list[ResourceLink]:
    """The links we know that this one was copied from, nearest first; of those courses, or of this one."""
    return course_copies.links(resource_link)


def ensure_line_item(resource_link: ResourceLink, *, tag: str, label: str, score_maximum: Decimal) -> None:
    """Make sure the link has a column of this tag for grades. The platform hears of it when the first score is sent."""
    outbox.ensure_line_item(resource_link, tag=tag, label=label, score_maximum=score_maximum)


def publish_score(
    resource_link: ResourceLink,
    *,
    line_item_tag: str,
    member: Person,
    given: Decimal,
    graded_at: datetime,
    comment: str = "",
) -> None:
    """Record the grade the LMS should show, in the caller's transaction. Never does HTTP; the worker delivers it."""
    outbox.publish(
        resource_link, tag=line_item_tag, person=member, given=given, graded_at=graded_at, comment=comment
    )


def withdraw_score(resource_link: ResourceLink, *, line_item_tag: str, member: Person) -> None:
    """Take our grade back out of the LMS. Only on an explicit click: the one call that may clear a cell there."""
    outbox.withdraw(resource_link, tag=line_item_tag, person=member)


def deliveries(resource_link: ResourceLink, *, tag: str) -> dict[int, Delivery]:
    """How far each grade of the column has got, by person id, each with the reason in words."""
    return outbox.deliveries(resource_link, tag=tag)


def retry(resource_link: ResourceLink, *, tag: str) -> int:
    """Send again what was refused or waits; gives how many. What was changed in the LMS is left to a decision."""
    return outbox.retry(resource_link, tag=tag)


def send_anyway(resource_link: ResourceLink, *, tag: str, member: Person, seen: str) -> None:
    """Replace the grade that the LMS shows with ours, or fill its empty cell. Only on an explicit click.

    `seen` is the delivery's `lms_shows` that the person looked at. Raises ChangedSince where that is no longer so.
    """
    outbox.send_anyway(resource_link, tag=tag, person=member, seen=seen)


def keep_theirs(resource_link: ResourceLink, *, tag: str, member: Person, seen: str) -> None:
    """Leave the LMS's grade for good; ours and its corrections are not sent until `send_anyway`. Raises ChangedSince."""
    outbox.keep_theirs(resource_link, tag=tag, person=member, seen=seen)


def beside_requests(chore: Callable[[], bool]) -> None:
    """Let the worker do this again and again: a little each time, in transactions of its own; whether there was something.

    Several workers may do it at once.
    """
    worker.chores.append(chore)
