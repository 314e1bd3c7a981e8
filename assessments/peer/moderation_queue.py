"""Which reviews those who teach should read first, and why: reported, words that hurt or harm, a low score with hardly a word."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from assessments.marking.models import Mark
from assessments.peer import names
from assessments.peer.allocation_tables import unmasked_for
from assessments.peer.models import PeerActivity, Report, Review
from assessments.peer.words import screening

ON_A_PAGE = 50
OFTEN = 2  # earlier reports of one reviewer's reviews from which it is said
Reviews = QuerySet[Review]


@dataclass(frozen=True)
class Row:
    """A review under the names that may be read. `worries`: sentences; `text`: all that is written in it."""

    review: Review
    reviewer: str
    author: str
    risk: screening.Risk
    reports: int
    reported_before: int
    text: str

    @property
    def is_first(self) -> bool:
        return bool(self.reports) or self.risk.level == screening.Level.FIRST

    @property
    def worries(self) -> list[str]:
        return list(dict.fromkeys(worry.sentence for worry in self.risk.reasons))

    @property
    def was_often_reported(self) -> bool:
        return self.reported_before >= OFTEN


def filters(peer: PeerActivity) -> dict[str, str]:
    """By name in the address, in words; the first is where one begins."""
    found = {"unread": _("Not yet read"), "reported": _("Reported")}
    if peer.releasing == PeerActivity.Releasing.APPROVED:
        found["waiting"] = _("Waiting for approval")
    return {**found, "all": _("All")}


def chosen(peer: PeerActivity, name: str) -> Reviews:
    """`unread`: nobody who teaches has approved it, sampled it, withheld it or settled a report of it."""
    rows = peer.reviews.of_peers().done().filter(staff=None)
    reports = Report.objects.filter(review=OuterRef("pk"))
    is_open = Exists(reports.filter(settled_at=None))
    if name == "reported":
        return rows.filter(is_open)
    if name == "waiting":
        return rows.filter(approved_at=None, hidden_at=None)
    if name == "all":
        return rows
    is_settled = Exists(reports.filter(settled_at__isnull=False))
    new = rows.filter(approved_at=None, sample=None, hidden_at=None).exclude(is_settled)
    return rows.filter(is_open) | new


def page_of(peer: PeerActivity, name: str, person: Any, page: str | None) -> Page[Any]:
    """Sorted by risk. Only what is on the page is read whole."""
    found: Page[Any] = Paginator(_sorted(peer, chosen(peer, name)), ON_A_PAGE).get_page(page)
    listed = list(found.object_list)
    wanted = [row[0] for row in listed]
    unmasked = unmasked_for(peer, person)
    whole = Review.objects.whole().select_related("staff", "submission__group")
    reviews = whole.prefetch_related("submission__authors__person").in_bulk(wanted)
    rows = []
    for pk, risk, reports, before, text in listed:
        review = reviews[pk]
        review.peer, review.submission.peer = peer, peer
        reviewer, author = names.staff_names(review, is_unmasked=pk in unmasked)
        rows.append(Row(review, reviewer, author, risk, reports, before, text))
    found.object_list = rows
    return found


def written(review: Review) -> str:
    """All words of one review, its sheet's among them."""
    comments = (
        Mark.objects.filter(sheet=review.sheet_id).exclude(comment="").values_list("comment", flat=True)
    )
    overall = review.sheet.overall_comment if review.sheet else ""
    return _joined(review.words, overall, list(comments) if review.sheet_id else [])


def _sorted(peer: PeerActivity, rows: Reviews) -> list[tuple[int, screening.Risk, int, int, str]]:
    """Of each its id, risk, open reports, earlier reports of the same reviewer, and text."""
    open_reports, by_reviewer = _reports(peer)
    comments: dict[int, list[str]] = defaultdict(list)
    marks = Mark.objects.filter(sheet__peer_review__peer=peer).exclude(comment="").order_by("pk")
    for sheet, comment in marks.values_list("sheet", "comment"):
        comments[sheet].append(comment)
    found = []
    known = rows.order_by("done_at", "pk").values_list(
        "pk", "reviewer", "words", "per_cent", "sheet", "sheet__overall_comment"
    )
    for pk, reviewer, words, per_cent, sheet, overall in known:
        text = _joined(words, overall, comments[sheet])
        risk = _risk(text, None if per_cent is None else per_cent / 100)
        before = by_reviewer[reviewer] - open_reports[pk]
        found.append((pk, risk, open_reports[pk], before, text))
    return sorted(found, key=lambda row: (not row[2], -row[1].level, -row[3]))


@lru_cache(maxsize=20_000)
def _risk(text: str, score: float | None) -> screening.Risk:
    """A third of a millisecond each: not again for every look at the same five thousand reviews."""
    return screening.risk(text, score=score)


def _reports(peer: PeerActivity) -> tuple[Counter[int], Counter[int]]:
    """Open reports by review; reports by reviewer, without those that came to nothing."""
    by_review: Counter[int] = Counter()
    by_reviewer: Counter[int] = Counter()
    rows = peer.reports.filter(review__isnull=False)
    for review, reviewer, outcome in rows.values_list("review", "review__reviewer", "outcome"):
        by_review[review] += not outcome
        by_reviewer[reviewer] += outcome != Report.Outcome.SHOWN
    return by_review, by_reviewer


def _joined(words: dict[str, str], overall: str, comments: list[str]) -> str:
    return "\n".join(text for text in [*words.values(), overall, *comments] if text)
