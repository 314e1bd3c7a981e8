"""Who takes part in a round: the learners of the course, as far as its teachers do not say otherwise."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.audit.recording import record
from assessments.peer import setting
from assessments.peer.holding import hold
from assessments.peer.models import Participant, PeerActivity, PeerGroup, Submission
from lti_tool.port import Member, Role, members


def learners(peer: PeerActivity) -> list[Member]:
    """Those of the course who could take part: never the test student, never who has left."""
    rows = members(peer.activity.context, Role.LEARNER)
    return [row for row in rows if row.is_active and not row.is_test_student]


@transaction.atomic
def take_in(*, peer: PeerActivity, by: Any) -> int:
    """Give everybody of the course who has none a place, and who left and came back theirs; gives how many are new.

    Groups come from the LMS where it names exactly one for a person and nobody was put into one by hand.
    """
    hold(peer)
    there = set(peer.participants.values_list("person", flat=True))
    new = [row for row in learners(peer) if row.person.pk not in there]
    groups = _groups(peer, {row.groups[0] for row in new if len(row.groups) == 1})
    Participant.objects.bulk_create(
        Participant(
            peer=peer,
            person=row.person,
            group=groups.get(row.groups[0]) if len(row.groups) == 1 else None,
        )
        for row in new
    )
    if new:
        record("peer.taken_in", by=by, on=peer, data={"people": [row.person.pk for row in new]})
        follow(peer, by)
    return len(new)


def join(*, peer: PeerActivity, person: Any) -> Participant | None:
    """The place of a learner who comes by themselves. None for the test student, whom nobody is paired with."""
    found = peer.participants.filter(person=person).first()
    if found or not any(row.person.pk == person.pk for row in learners(peer)):
        return found
    take_in(peer=peer, by=person)
    return peer.participants.filter(person=person).first()


@transaction.atomic
def drop(*, participant: Participant, by: Any, reason: str = "") -> Participant:
    """They take no part any more. What they reviewed stays; what they had not handed in yet is free for others."""
    hold(participant.peer)
    participant = Participant.objects.select_for_update().get(pk=participant.pk)
    if participant.dropped_at is None:
        participant.dropped_at = timezone.now()
        participant.save(update_fields=["dropped_at"])
        setting.try_again(participant.peer)
        record("peer.dropped", by=by, on=participant, data={"has_reason": bool(reason)})
    return participant


@transaction.atomic
def bring_back(*, participant: Participant, by: Any) -> Participant:
    participant = Participant.objects.select_for_update().get(pk=participant.pk)
    if participant.dropped_at is not None:
        participant.dropped_at = None
        participant.save(update_fields=["dropped_at"])
        setting.try_again(participant.peer)
        record("peer.brought_back", by=by, on=participant)
    return participant


@transaction.atomic
def extend(
    *, participant: Participant, by: Any, submit_until: datetime | None, review_until: datetime | None
) -> Participant:
    """More time for one person; None for the same time as everybody."""
    participant = Participant.objects.select_for_update().get(pk=participant.pk)
    participant.submit_until, participant.review_until = submit_until, review_until
    participant.save(update_fields=["submit_until", "review_until"])
    times = {"submit_until": submit_until, "review_until": review_until}
    told = {name: at.isoformat() if at else None for name, at in times.items()}
    record("peer.extended", by=by, on=participant, data=told)
    return participant


@transaction.atomic
def describe(
    *, participant: Participant, by: Any, hands_in: bool, reviews: bool, stratum: str, group: str
) -> Participant:
    """What somebody does in the round, with whom, and what they are. Not once their work is handed in or reviews are drawn."""
    hold(participant.peer)
    Participant.objects.select_for_update().get(pk=participant.pk)
    participant = Participant.objects.select_related("peer", "group").get(pk=participant.pk)
    made = _groups(participant.peer, {group.strip()}).get(group.strip()) if group.strip() else None
    is_same_group = (participant.group_id or None) == (made.pk if made else None)
    if participant.peer.is_group_work and not is_same_group and _has_handed_in(participant):
        raise ValidationError(
            {"group": _("Their group has handed in, so they stay in it. Nothing was changed.")}
        )
    participant.hands_in, participant.reviews = hands_in, reviews
    participant.stratum, participant.group = stratum.strip()[:100], made
    participant.save(update_fields=["hands_in", "reviews", "stratum", "group"])
    if participant.peer.is_group_work and not is_same_group:
        leave_drafts([participant])
    record("peer.described", by=by, on=participant, data={"hands_in": hands_in, "reviews": reviews})
    follow(participant.peer, by)
    return participant


def follow(peer: PeerActivity, by: Any) -> None:
    """What was drawn is mended for whoever came or changed; what could not be drawn is tried once more."""
    from assessments.peer import assigning

    setting.try_again(peer)
    assigning.repair_where_drawn(peer=PeerActivity.objects.get(pk=peer.pk), by=by)


def leave_drafts(people: Collection[Participant]) -> None:
    """What their earlier group is still writing is not theirs any more."""
    authors = Submission.authors.through.objects.filter(submission__state=Submission.State.DRAFT)
    authors.filter(participant__in=people).delete()


def _has_handed_in(participant: Participant) -> bool:
    return participant.submissions.filter(state=Submission.State.HANDED_IN).exists()


def _groups(peer: PeerActivity, names: Collection[str]) -> Mapping[str, PeerGroup]:
    return {name: peer.groups.get_or_create(name=name[:200])[0] for name in sorted(names) if name}
