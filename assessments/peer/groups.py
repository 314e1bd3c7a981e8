"""Groups of a round: put together for many at once, or as the LMS has them."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from assessments.audit.recording import record
from assessments.peer import participants
from assessments.peer.models import Participant, PeerActivity, PeerGroup, Submission


@transaction.atomic
def put(*, peer: PeerActivity, wanted: Mapping[int, str], by: Any) -> int:
    """Participants by their id into groups by name, "" for none; gives how many changed. All of them or, with a
    ValidationError, nobody.
    """
    PeerActivity.objects.select_for_update(of=("self",)).get(pk=peer.pk)
    names = {pk: " ".join(name.split())[:200] for pk, name in wanted.items()}
    groups = _groups(peer, set(names.values()) - {""})
    rows = peer.participants.select_related("person", "group").filter(pk__in=names)
    changed = []
    for row in rows:
        group = groups.get(names[row.pk])
        if row.group != group:
            row.group = group
            changed.append(row)
    _check_handed_in(peer, changed)
    Participant.objects.bulk_update(changed, ["group"], batch_size=500)
    if changed:
        if peer.is_group_work:
            participants.leave_drafts(changed)
        participants.follow(peer, by)
        record("peer.grouped", by=by, on=peer, data={"people": [row.person_id for row in changed]})
    return len(changed)


def put_as_in_the_lms(*, peer: PeerActivity, by: Any) -> int:
    """Whoever is in exactly one group there; the others stay where they are."""
    there = {row.person.pk: row.groups[0] for row in participants.learners(peer) if len(row.groups) == 1}
    if not there:
        raise ValidationError(
            _("The LMS names no groups for this course, or several for each person. Nothing was changed."),
            code="groups",
        )
    pairs = peer.participants.filter(person__in=list(there)).values_list("pk", "person")
    return put(peer=peer, wanted={pk: there[person] for pk, person in pairs}, by=by)


def _groups(peer: PeerActivity, names: set[str]) -> dict[str, PeerGroup]:
    PeerGroup.objects.bulk_create(
        [PeerGroup(peer=peer, name=name) for name in sorted(names)], ignore_conflicts=True
    )
    return {row.name: row for row in peer.groups.filter(name__in=names)}


def _check_handed_in(peer: PeerActivity, changed: list[Participant]) -> None:
    if not peer.is_group_work:
        return
    handed_in = Submission.authors.through.objects.filter(
        submission__peer=peer, submission__state=Submission.State.HANDED_IN
    )
    bound = set(handed_in.values_list("participant_id", flat=True))
    names = sorted(row.display_name for row in changed if row.pk in bound)
    if names:
        raise ValidationError(
            {
                "lines": _("Their group has handed in, so they stay in it: %(names)s. Nothing was changed.")
                % {"names": ", ".join(names[:12])}
            }
        )
