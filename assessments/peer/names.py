"""Whose name a viewer reads. Where names are hidden each viewer knows each other person by a pseudonym of their own.

A pseudonym is made for one viewer and one subject of one activity: two viewers cannot join what they see, nor two activities.
"""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from assessments.peer.models import Participant, PeerActivity, PeerGroup, Review, Submission
from assessments.peer.words import pseudonyms


def author_name(submission: Submission, viewer: Participant | None) -> str:
    """Whose work it is, for one who reviews it."""
    peer = submission.peer
    if peer.hides_authors:
        return _pseudonym(peer, viewer, f"work:{submission.key}")
    if submission.group_id and peer.is_group_work:
        return str(submission.group)
    return ", ".join(sorted(row.display_name for row in submission.authors.all()))


def reviewer_name(review: Review, viewer: Participant | None) -> str:
    """Who reviewed, for the author of the work. A teacher's review says so, never which teacher where names are hidden."""
    peer = review.peer
    if review.staff_id:
        return _("A teacher") if peer.hides_reviewers else str(review.staff)
    if peer.hides_reviewers:
        return _pseudonym(peer, viewer, f"review:{review.key}")
    if review.group_id:
        return str(review.group)
    return review.reviewer.display_name if review.reviewer else _("nobody yet")


def staff_names(review: Review, *, is_unmasked: bool) -> tuple[str, str]:
    """Reviewer and author as teachers read them: in masked activities by pseudonyms until somebody said why they need the names.

    A teacher's own review is no secret among teachers.
    """
    peer = review.peer
    if peer.is_masked and not is_unmasked:
        reviewer = str(review.staff) if review.staff_id else _pseudonym(peer, None, f"review:{review.key}")
        return reviewer, _pseudonym(peer, None, f"work:{review.submission.key}")
    reviewer = review.reviewer.display_name if review.reviewer else str(review.staff or review.group or "–")
    return reviewer, authors_of(review.submission)


def staff_work_name(submission: Submission) -> str:
    """Whose work it is, for teachers: where names are hidden the pseudonym that reviews of it have as well."""
    peer = submission.peer
    return _pseudonym(peer, None, f"work:{submission.key}") if peer.is_masked else authors_of(submission)


def staff_reviewer_name(peer: PeerActivity, reviewer: Participant | PeerGroup) -> str:
    """Who reviews, over all their reviews. Where names are hidden it is not the pseudonym of any single review."""
    if peer.is_masked:
        return _pseudonym(peer, None, f"reviewer:{reviewer.pk}")
    return reviewer.name if isinstance(reviewer, PeerGroup) else reviewer.display_name


def authors_of(submission: Submission) -> str:
    names = sorted(row.display_name for row in submission.authors.all())
    return f"{submission.group}: {', '.join(names)}" if submission.group else ", ".join(names)


def shuffled(peer: PeerActivity, viewer: Participant, rows: Iterable[Review]) -> list[Review]:
    """In an order of this viewer's own that says nothing of when each was written."""
    by_key = {str(row.key): row for row in rows}
    order = pseudonyms.shuffled_for(bytes.fromhex(peer.secret), str(viewer.key), list(by_key))
    return [by_key[key] for key in order]


def _pseudonym(peer: PeerActivity, viewer: Participant | None, subject: str) -> str:
    who = str(viewer.key) if viewer else "staff"
    return pseudonyms.pseudonym(bytes.fromhex(peer.secret), who, subject)
