"""Who must, or must not, review whom, whatever the drawing would say."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from assessments.audit.recording import record
from assessments.peer.models import PairRule, Participant, PeerActivity


@transaction.atomic
def rule(*, peer: PeerActivity, reviewer: Participant, author: Participant, kind: str, by: Any) -> PairRule:
    """A later rule about the same two takes the place of the earlier one."""
    if kind not in PairRule.Kind.values:
        raise ValidationError({"kind": _("Choose whether they must or must not review each other.")})
    if reviewer.pk == author.pk:
        raise ValidationError({"author": _("Nobody reviews their own work, so no rule is needed.")})
    row, _is_new = peer.pair_rules.update_or_create(reviewer=reviewer, author=author, defaults={"kind": kind})
    people = {"reviewer": reviewer.person_id, "author": author.person_id}
    record("peer.pair_ruled", by=by, on=peer, data={"kind": kind, **people})
    return row


@transaction.atomic
def drop(*, rule: PairRule, by: Any) -> None:
    people = {"reviewer": rule.reviewer.person_id, "author": rule.author.person_id}
    record("peer.pair_rule_dropped", by=by, on=rule.peer, data={"kind": rule.kind, **people})
    rule.delete()
