"""Who must, or must not, review whom, whatever the drawing would say."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from assessments.audit.recording import record
from assessments.peer import assigning
from assessments.peer.holding import hold
from assessments.peer.models import PairRule, Participant, PeerActivity, Review


@transaction.atomic
def rule(*, peer: PeerActivity, reviewer: Participant, author: Participant, kind: str, by: Any) -> PairRule:
    """A later rule about the same two takes the place of the earlier one. Reviews that are begun stay."""
    if kind not in PairRule.Kind.values:
        raise ValidationError({"kind": _("Choose whether they must or must not review each other.")})
    if reviewer.pk == author.pk:
        raise ValidationError({"author": _("Nobody reviews their own work, so no rule is needed.")})
    hold(peer)
    row, _is_new = peer.pair_rules.update_or_create(reviewer=reviewer, author=author, defaults={"kind": kind})
    people = {"reviewer": reviewer.person_id, "author": author.person_id}
    record("peer.pair_ruled", by=by, on=peer, data={"kind": kind, **people})
    if kind == PairRule.Kind.MUST_NOT:
        _take_apart(peer, reviewer, author, by)
    return row


def _take_apart(peer: PeerActivity, reviewer: Participant, author: Participant, by: Any) -> None:
    """What the one was given of the other's and nobody has begun goes to somebody else."""
    given = Q(group=reviewer.group_id) if peer.groups_review else Q(reviewer=reviewer)
    reviews = peer.reviews.of_peers().filter(given, state=Review.State.PLANNED, submission__authors=author)
    for review in reviews.select_related("peer"):
        assigning.take_away(review=review, by=by)
    assigning.repair_where_drawn(peer=peer, by=by)


@transaction.atomic
def drop(*, rule: PairRule, by: Any) -> None:
    people = {"reviewer": rule.reviewer.person_id, "author": rule.author.person_id}
    record("peer.pair_rule_dropped", by=by, on=rule.peer, data={"kind": rule.kind, **people})
    rule.delete()
