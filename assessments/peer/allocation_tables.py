"""Who reviews what as those who teach read it, in a constant number of queries; and what holds of it, in words."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count
from django.utils.translation import gettext as _

from assessments.peer import assigning, names
from assessments.peer.allocation.certificates import Verdict
from assessments.peer.allocation.fields import Rule
from assessments.peer.models import Participant, PeerActivity, PeerGroup, Review, Submission, Unmasking

ON_A_PAGE = 100
NAMED_AT_MOST = 12


@dataclass(frozen=True)
class Row:
    """A work or a reviewer, and its reviews, each with the name of the other side."""

    name: str
    submission: Submission | None
    reviews: list[tuple[Review, str]]


@dataclass(frozen=True)
class Property:
    """One rule of the drawing: what it is, whether it holds, and the sentence that says so."""

    title: str
    verdict: str
    word: str
    sentence: str


def by_work(peer: PeerActivity, person: Any, page: str | None) -> Page[Any]:
    works = peer.submissions.handed_in().select_related("group").prefetch_related("authors__person")
    # An order that says nothing of whose work it is, where that is hidden.
    found: Page[Any] = Paginator(works.order_by("key" if peer.is_masked else "pk"), ON_A_PAGE).get_page(page)
    shown = {row.pk: row for row in found.object_list}
    unmasked = unmasked_for(peer, person)
    reviews: dict[int, list[tuple[Review, str]]] = defaultdict(list)
    for review in _reviews(peer).filter(submission__in=shown):
        review.peer, review.submission = peer, shown[review.submission_id]
        reviewer, _author = names.staff_names(review, is_unmasked=review.pk in unmasked)
        reviews[review.submission_id].append((review, reviewer))
    for work in shown.values():
        work.peer = peer
    found.object_list = [Row(names.staff_work_name(work), work, reviews[pk]) for pk, work in shown.items()]
    return found


def by_reviewer(peer: PeerActivity, page: str | None) -> Page[Any]:
    """Never by name where names are hidden: who reads one name here would know all that this person reviewed."""
    found = Paginator(_reviewers(peer), ON_A_PAGE).get_page(page)
    shown = list(found.object_list)
    by = "group" if peer.groups_review else "reviewer"
    rows = _reviews(peer).filter(**{f"{by}__in": shown}).prefetch_related("submission__authors__person")
    reviews: dict[int, list[tuple[Review, str]]] = defaultdict(list)
    for review in rows:
        review.submission.peer = peer
        name = names.staff_work_name(review.submission)
        reviews[getattr(review, f"{by}_id")].append((review, name))
    found.object_list = [Row(names.staff_reviewer_name(peer, row), None, reviews[row.pk]) for row in shown]
    return found


def counts(peer: PeerActivity) -> dict[str, int]:
    """Peers' reviews by their state."""
    rows = peer.reviews.of_peers().filter(staff=None).order_by().values("state").annotate(n=Count("pk"))
    return {row["state"]: row["n"] for row in rows}


def short(peer: PeerActivity) -> tuple[list[str], int]:
    """Works with fewer reviews on their way or done than each needs: the first of them by name, and how many more."""
    if peer.mode == PeerActivity.Mode.TEAM or not (assigning.is_drawn(peer) or peer.is_pull):
        return [], 0
    works = peer.submissions.handed_in().filter(live_reviews__lt=peer.least_reviews)
    n = works.count()
    rows = list(
        works.select_related("group").prefetch_related("authors__person").order_by("key")[:NAMED_AT_MOST]
    )
    for row in rows:
        row.peer = peer
    return sorted(names.staff_work_name(row) for row in rows), n - len(rows)


def choices(peer: PeerActivity) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Those who can be given a review and the works it can be of, as (key, name with how many reviews there are)."""
    people = peer.participants.taking_part().filter(reviews=True).select_related("person", "group")
    live = peer.reviews.of_peers().live().filter(staff=None)
    given = dict(live.order_by().values_list("reviewer").annotate(n=Count("pk")))
    works = peer.submissions.handed_in().select_related("group").prefetch_related("authors__person")
    reviewers = [
        (str(row.key), f"{names.staff_reviewer_name(peer, row)} ({given.get(row.pk, 0)})") for row in people
    ]
    listed = []
    for work in works:
        work.peer = peer
        listed.append((str(work.key), f"{names.staff_work_name(work)} ({work.live_reviews})"))
    return sorted(reviewers, key=_by_name), sorted(listed, key=_by_name)


def pairs(peer: PeerActivity, places: list[tuple[int, int]]) -> list[tuple[str, list[str]]]:
    """What would be drawn, by reviewer; only where names are not hidden."""
    works = peer.submissions.select_related("group").prefetch_related("authors__person")
    authors = {row.pk: names.authors_of(row) for row in works}
    found: dict[int, list[str]] = defaultdict(list)
    for who, work in places:
        found[who].append(authors[work])
    rows = peer.groups.all() if peer.groups_review else peer.participants.select_related("person")
    by_id = {row.pk: row for row in rows}
    listed = [(names.staff_reviewer_name(peer, by_id[who]), sorted(works)) for who, works in found.items()]
    return sorted(listed, key=lambda row: row[0].casefold())


def properties(certificate: Mapping[str, Any]) -> list[Property]:
    """Of what was asked for: what did not hold first, then what gave way, then the rest."""
    order = [Verdict.BROKEN, Verdict.RELAXED, Verdict.HELD]
    titles, words = _titles(), _words()
    found = [
        Property(titles[row["rule"]], row["verdict"], words[row["verdict"]], row["sentence"])
        for row in certificate.get("findings", [])
        if row["verdict"] != Verdict.NOT_ASKED
    ]
    return sorted(found, key=lambda row: order.index(Verdict(row.verdict)))


def not_asked(certificate: Mapping[str, Any]) -> list[str]:
    """Of a first drawing enough reviews for every work need no asking: they follow from even numbers."""
    titles = _titles()
    rows = [row for row in certificate.get("findings", []) if row["verdict"] == Verdict.NOT_ASKED]
    return [titles[row["rule"]] for row in rows if row["rule"] != Rule.ENOUGH]


def unmasked_for(peer: PeerActivity, person: Any) -> set[int]:
    """The reviews whose names this person has unmasked."""
    return set(Unmasking.objects.filter(peer=peer, by=person).values_list("review", flat=True))


def _reviews(peer: PeerActivity) -> Any:
    rows = peer.reviews.of_peers().exclude(state=Review.State.CANCELLED)
    return rows.select_related("peer", "reviewer__person", "group", "staff", "submission__group").order_by(
        "key" if peer.is_masked else "pk"
    )


def _reviewers(peer: PeerActivity) -> Any:
    """Those who review now, and who left but has reviewed."""
    if peer.groups_review:
        return PeerGroup.objects.filter(peer=peer).order_by("name")
    people = Participant.objects.filter(peer=peer).select_related("person")
    there = people.filter(dropped_at=None, reviews=True) | people.filter(
        pk__in=peer.reviews.of_peers().filter(reviewer__isnull=False).values("reviewer")
    )
    return there.order_by("key") if peer.is_masked else there.order_by("person__name", "pk")


def _by_name(row: tuple[str, str]) -> str:
    return row[1].casefold()


def _words() -> dict[str, str]:
    return {
        Verdict.HELD: _("held"),
        Verdict.BROKEN: _("broken"),
        Verdict.RELAXED: _("gave way"),
    }


def _titles() -> dict[str, str]:
    return {
        Rule.GIVES: _("Everybody gives the same number"),
        Rule.RECEIVES: _("Every work gets the same number"),
        Rule.NOT_OWN: _("Nobody's own work"),
        Rule.ONCE: _("No work twice"),
        Rule.GROUPS: _("Groups"),
        Rule.FORBIDDEN: _("Pairs that must not be"),
        Rule.MUST: _("Pairs that must be"),
        Rule.NOT_MUTUAL: _("No two review each other"),
        Rule.ENOUGH: _("Enough reviews for every work"),
        Rule.RINGS: _("No short rings"),
        Rule.OVERLAP: _("Two reviewers share one work at most"),
        Rule.STRATA: _("Professions or sites are mixed"),
    }
