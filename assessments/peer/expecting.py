"""How many reviews to ask for, from how many were handed in when this course was asked before."""

from dataclasses import dataclass

from django.db.models import Count, Q

from assessments.peer import progress
from assessments.peer.allocation import chances
from assessments.peer.models import MOST_REVIEWS, PeerActivity, Review

CERTAINTY = 0.95
Phase = PeerActivity.Phase


@dataclass(frozen=True)
class Experience:
    """`asked`, `done`: reviews of earlier rounds. `reviews`: to ask for, so that `needed` arrive; None where no number does."""

    asked: int
    done: int
    needed: int
    reviews: int | None

    @property
    def per_cent(self) -> int:
        return int(100 * self.done / self.asked)


def experience(peer: PeerActivity) -> Experience | None:
    """None where this course has finished no round of reviewing. What was taken back from people was not asked of them."""
    earlier = PeerActivity.objects.filter(
        activity__context=peer.activity.context_id, phase__in=[Phase.RESPOND, Phase.ACT, Phase.CLOSED]
    ).exclude(pk=peer.pk)
    rows = Review.objects.of_peers().filter(peer__in=earlier, staff=None)
    counted = rows.exclude(state=Review.State.CANCELLED).aggregate(
        asked=Count("pk"), done=Count("pk", filter=Q(state=Review.State.DONE))
    )
    if not counted["asked"]:
        return None
    needed = progress.least_of(peer)
    reviews = _reviews(counted["done"] / counted["asked"], needed)
    return Experience(counted["asked"], counted["done"], needed, reviews)


def _reviews(rate: float, needed: int) -> int | None:
    if chances.chance_of(needed, MOST_REVIEWS, rate) < CERTAINTY:
        return None
    return chances.suggest_reviews(rate, needed, CERTAINTY)
