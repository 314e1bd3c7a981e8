"""What of a round needs somebody who looks after it: first of all, or before it begins."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.peer import phases
from assessments.peer.models import PeerActivity
from assessments.peer.permissions import is_lead
from assessments.peer.progress import Progress, least_of
from lti_tool.port import Launch, Role, members

Phase = PeerActivity.Phase


@dataclass(frozen=True)
class Need:
    sentence: str
    url: str
    words: str


@dataclass(frozen=True)
class Point:
    """Of the list before the first phase. `is_done`: nothing is left to do for it."""

    is_done: bool
    sentence: str
    url: str = ""
    words: str = ""


def of(launch: Launch, peer: PeerActivity, progress: Progress) -> list[Need]:
    return list(_needs(launch, peer, progress))


def _needs(launch: Launch, peer: PeerActivity, progress: Progress) -> Iterator[Need]:
    key = peer.activity.key
    if is_lead(launch, peer) and (n := peer.concerns.filter(settled_at=None).count()):
        yield Need(
            ngettext(
                "%(n)d concern about professional conduct waits for you.",
                "%(n)d concerns about professional conduct wait for you.",
                n,
            )
            % {"n": n},
            reverse("peer:concerns", args=[key]),
            _("Read"),
        )
    if peer.lead_id and not _teaches_here(peer, peer.lead_id):
        yield Need(
            _("The lead for professional conduct does not teach here any more, so nobody reads concerns."),
            reverse("peer:settings", args=[key]),
            _("Choose another"),
        )
    if n := peer.reports.filter(outcome="").count():
        yield Need(
            ngettext("%(n)d report waits for an answer.", "%(n)d reports wait for an answer.", n) % {"n": n},
            reverse("peer:queue", args=[key]),
            _("Look at them"),
        )
    if peer.releasing == PeerActivity.Releasing.APPROVED and (n := _unapproved(peer)):
        yield Need(
            ngettext("%(n)d review waits for approval.", "%(n)d reviews wait for approval.", n) % {"n": n},
            reverse("peer:queue", args=[key]),
            _("Approve"),
        )
    if n := _short(peer):
        yield Need(
            ngettext(
                "%(n)d work has fewer reviews than needed.", "%(n)d works have fewer reviews than needed.", n
            )
            % {"n": n},
            reverse("peer:allocation", args=[key]),
            _("See who reviews what"),
        )
    if n := len(progress.stuck):
        yield Need(
            ngettext("%(n)d person is stuck.", "%(n)d people are stuck.", n) % {"n": n},
            f"{reverse('peer:home', args=[key])}?show=stuck",
            _("Show them alone"),
        )


def _teaches_here(peer: PeerActivity, person: int) -> bool:
    teachers = members(peer.activity.context, Role.INSTRUCTOR)
    return any(row.person.pk == person and row.is_active for row in teachers)


def _unapproved(peer: PeerActivity) -> int:
    return peer.reviews.of_peers().done().filter(approved_at=None, hidden_at=None).count()


def _short(peer: PeerActivity) -> int:
    """Works that do not get the reviews they need with those on their way; where each takes the next one, nobody knows yet."""
    if peer.phase != Phase.REVIEW or peer.is_pull:
        return 0
    return peer.submissions.handed_in().filter(live_reviews__lt=least_of(peer)).count()


def checklist(peer: PeerActivity, progress: Progress) -> list[Point]:
    """Before the first phase."""
    settings = reverse("peer:settings", args=[peer.activity.key])
    people = reverse("peer:people", args=[peer.activity.key])
    n = len(progress.taking_part)
    grouped = sum(row.participant.group_id is not None for row in progress.taking_part)
    needs_groups = (
        peer.is_group_work or peer.mode == peer.Mode.TEAM or peer.grouping == PeerActivity.Grouping.ONLY_SAME
    )
    points = [
        Point(
            True,
            _("Form: %(title)s.") % {"title": peer.activity.rubric},
            peer.activity.rubric.get_absolute_url() if peer.activity.rubric else settings,
            _("Look at it"),
        ),
        Point(_has_dates(peer), _dates(peer), f"{settings}#part-phases", _("Dates")),
        Point(True, _names(peer), f"{settings}#part-names", _("Names")),
        Point(
            n > 1,
            ngettext("%(n)d learner takes part.", "%(n)d learners take part.", n) % {"n": n},
            people,
            _("People"),
        ),
    ]
    if peer.has_submissions:
        words = (
            _("There are instructions for what is handed in.")
            if peer.instructions
            else _("Nobody is told yet what to hand in.")
        )
        points.insert(1, Point(bool(peer.instructions), words, f"{settings}#part-work", _("Instructions")))
    if needs_groups:
        told = _("%(n)d of %(all)d are in a group.") % {"n": grouped, "all": n}
        points.append(Point(0 < n == grouped, told, people, _("Groups")))
    return points


def _has_dates(peer: PeerActivity) -> bool:
    needed = [phase for phase in phases.phases_of(peer) if phase in phases.ENDS]
    return not peer.switches_itself or all(phases.ends_at(peer, phase) for phase in needed)


def _dates(peer: PeerActivity) -> str:
    if not peer.switches_itself:
        return _("Phases begin when you press the button.")
    if _has_dates(peer):
        return _("Every phase has its end, and the round goes on by itself.")
    return _("Some phases have no end yet: there the round waits until you press the button.")


def _names(peer: PeerActivity) -> str:
    if peer.hides_authors and peer.hides_reviewers:
        return _("Names are hidden both ways; this is locked when the first work is handed in.")
    if peer.hides_authors:
        return _("Reviewers do not read whose work it is; this is locked when the first work is handed in.")
    if peer.hides_reviewers:
        return _("Authors do not read who reviewed; this is locked with the first work or review.")
    return _("Everybody reads names; this is locked with the first work or review.")
