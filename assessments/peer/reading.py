"""Which reviews an author reads by now, and why the others not yet."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from assessments.peer import phases
from assessments.peer.models import Participant, PeerActivity, Review, Submission

Releasing = PeerActivity.Releasing


def readable(submission: Submission, viewer: Participant) -> list[Review]:
    """The reviews of a submission that this author reads now; [] where even that they exist would say too much."""
    if why_nothing(submission, viewer):
        return []
    return [row for row in _done(submission) if is_readable(row, among=_done(submission))]


def is_readable(review: Review, *, among: Sequence[Review] | None = None) -> bool:
    """Whether the release rule lets the authors of the work read this review. Teams' reviews are read by nobody but staff."""
    peer = review.peer
    if review.state != Review.State.DONE or review.hidden_at or peer.mode == peer.Mode.TEAM:
        return False
    done = among if among is not None else _done(review.submission)
    if peer.mode == peer.Mode.MULTI_SOURCE:
        # All at once: whoever sees the mean of eight, and then of nine, knows the ninth.
        return len(_sources(done)) >= peer.least_sources and phases.is_past(peer, PeerActivity.Phase.REVIEW)
    if peer.releasing == Releasing.AFTER_K:
        return len(done) >= peer.least_reviews
    if peer.releasing == Releasing.AT_DATE:
        return phases.is_past(peer, PeerActivity.Phase.REVIEW)
    if peer.releasing == Releasing.APPROVED:
        return review.approved_at is not None
    return True


def why_nothing(submission: Submission, viewer: Participant) -> str:
    """Why this author reads none of the reviews yet, in words; empty where the release rule alone decides."""
    peer = submission.peer
    if peer.mode == peer.Mode.TEAM:
        return _("What teams say of each other is confidential: your teachers read it, and nobody else.")
    if owes_self_assessment(submission, viewer):
        return _("First assess your own work; then you read what the others say.")
    if peer.mode == peer.Mode.MULTI_SOURCE and not phases.is_past(peer, PeerActivity.Phase.REVIEW):
        return _("What others say is shown all at once, when everybody's time to answer is over.")
    if peer.mode == peer.Mode.MULTI_SOURCE and len(_sources(_done(submission))) < peer.least_sources:
        return _("Nothing is shown before %(n)d people have answered, so that nobody can be guessed.") % {
            "n": peer.least_sources
        }
    return ""


def owes_self_assessment(submission: Submission, viewer: Participant) -> bool:
    """Self before peer: for as long as it can still be handed in."""
    if not phases.can_self_assess(submission.peer):
        return False
    own = submission.reviews.filter(is_self=True, reviewer=viewer)
    return not own.done().exists()


def _sources(done: Sequence[Review]) -> list[Review]:
    """Those among whom nobody is found: what is withheld is not read, and a teacher's review says that it is one."""
    return [row for row in done if row.hidden_at is None and row.staff_id is None]


def _done(submission: Submission) -> list[Review]:
    """Peers' and teachers' reviews that are handed in, once a submission however often it is asked."""
    if not hasattr(submission, "_done_reviews"):
        rows = submission.reviews.of_peers().done().whole()
        # Kept on the object, as Django keeps what it fetched before; types know nothing of that.
        submission._done_reviews = list(rows.order_by("pk"))  # type: ignore[attr-defined]
    return submission._done_reviews  # type: ignore[attr-defined]
