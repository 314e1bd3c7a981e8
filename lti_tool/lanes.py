"""Who may send grades now: the worker's side of the outbox. Does no HTTP.

A platform takes so many requests at once and no more, from all our workers together. Each of those is a lane, a row
under a lease; whoever holds the lane has one request under way at a time. With a lane come scores of one column, under
a lease as well, so a worker that dies loses nothing: another one claims them. Registrations take turns: the one with
the fewest lanes in use goes first, then the one that has waited longest.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Max, Q, QuerySet
from django.utils import timezone

from lti_tool.models import Deployment, LineItem, Registration, Score, SendingLane, in_service
from lti_tool.platforms import habits

_LINK = "line_item__resource_link"
_DEPLOYMENT = f"{_LINK}__deployment"
# A lane that nobody answered rests for 5 s, twice as long each time, to five minutes at the most.
FIRST_REST, LONGEST_REST = 5.0, 300.0
SMALL_BATCH = 10


@dataclass
class Batch:
    """Scores of one column that this worker may send, and the lane to send them on."""

    lane: SendingLane
    line_item: LineItem
    scores: list[Score]
    # After a pause of the deployment one score goes ahead, to see whether it is over.
    is_probe: bool = False

    @property
    def registration(self) -> Registration:
        return self.line_item.resource_link.deployment.registration

    @property
    def deployment(self) -> Deployment:
        return self.line_item.resource_link.deployment


def lease_time() -> timedelta:
    return timedelta(seconds=settings.LTI_SCORE_LEASE_SECONDS)


def _unclaimed(now: datetime) -> Q:
    return Q(lease=None) | Q(lease_expires_at__lt=now)


def due(now: datetime) -> QuerySet[Score]:
    """Scores that may be sent now and that nobody is sending."""
    not_paused = Q(**{f"{_DEPLOYMENT}__paused_until": None}) | Q(**{f"{_DEPLOYMENT}__paused_until__lte": now})
    return Score.objects.filter(
        _unclaimed(now), not_paused, in_service(_DEPLOYMENT), state=Score.State.WAITING, not_before__lte=now
    )


def claim() -> Batch | None:
    """A lane and what to send on it; None when nothing is due or every lane is taken or at rest."""
    now = timezone.now()
    for registration in _in_turn(now):
        batch = _claim_for(registration, now)
        if batch:
            return batch
    return None


def _in_turn(now: datetime) -> list[Registration]:
    """Registrations with something to send, in the order of their turn."""
    ids = due(now).order_by().values_list(f"{_DEPLOYMENT}__registration", flat=True).distinct()
    taken = Count("lanes", filter=Q(lanes__lease__isnull=False, lanes__lease_expires_at__gte=now))
    rows: Any = Registration.objects.filter(pk__in=list(ids)).annotate(
        taken=taken, last=Max("lanes__taken_at")
    )
    in_turn = sorted(
        (row for row in rows if row.taken < habits(row).at_once),
        key=lambda row: (row.taken, row.last.timestamp() if row.last else 0.0),
    )
    return list(in_turn)


def _claim_for(registration: Registration, now: datetime) -> Batch | None:
    count = habits(registration).at_once
    if SendingLane.objects.filter(registration=registration).count() < count:
        SendingLane.objects.bulk_create(
            [SendingLane(registration=registration, number=n) for n in range(1, count + 1)],
            ignore_conflicts=True,
        )
    with transaction.atomic():
        awake = Q(rests_until=None) | Q(rests_until__lte=now)
        lanes = SendingLane.objects.select_for_update(skip_locked=True).order_by("number")
        lane = lanes.filter(_unclaimed(now), awake, registration=registration, number__lte=count).first()
        batch = _fill(lane, now) if lane else None
        if batch:
            lane = batch.lane
            lane.lease, lane.lease_expires_at, lane.taken_at = uuid.uuid4(), now + lease_time(), now
            lane.save(update_fields=["lease", "lease_expires_at", "taken_at"])
    return batch


def _fill(lane: SendingLane, now: datetime) -> Batch | None:
    """The oldest score that is due, and others of its column."""
    mine = due(now).filter(**{f"{_DEPLOYMENT}__registration": lane.registration_id})
    first = (
        mine.select_related(f"{_LINK}__deployment__registration", f"{_LINK}__context")
        .order_by("not_before", "pk")
        .first()
    )
    if first is None:
        return None
    item, deployment = first.line_item, first.line_item.resource_link.deployment
    is_probe = deployment.paused_until is not None
    column = mine.filter(line_item=item)
    size = 1 if is_probe else _share(column.count(), deployment.registration)
    rows = column.select_for_update(skip_locked=True, of=("self",))
    scores = list(rows.select_related("person").order_by("not_before", "pk")[:size])
    if is_probe and not _take_probe(deployment, now):
        return None
    lease, ends = uuid.uuid4(), now + lease_time()
    Score.objects.filter(pk__in=[score.pk for score in scores]).update(lease=lease, lease_expires_at=ends)
    for score in scores:
        score.lease, score.lease_expires_at, score.line_item = lease, ends, item
    return Batch(lane, item, scores, is_probe) if scores else None


def _share(count: int, registration: Registration) -> int:
    """As many of a column's scores as leave some for the other lanes, but enough to share a look."""
    platform = habits(registration)
    return min(platform.batch, max(SMALL_BATCH, -(-count // platform.at_once)))


def _take_probe(deployment: Deployment, now: datetime) -> bool:
    """The first who comes after a pause tries it; the others wait for what comes of it."""
    ended = Deployment.objects.filter(pk=deployment.pk, paused_until=deployment.paused_until)
    return bool(ended.update(paused_until=now + lease_time()))


# --- while sending --------------------------------------------------------------------------------


def still_ours(score: Score, **changes: object) -> bool:
    """Whether this worker's lease on the row holds; extends it, and writes what is given."""
    ends = timezone.now() + lease_time()
    return bool(Score.objects.filter(pk=score.pk, lease=score.lease).update(lease_expires_at=ends, **changes))


def keep(lane: SendingLane) -> bool:
    """Whether the lane is still this worker's; extends its lease when a third of it has gone."""
    now = timezone.now()
    if lane.lease_expires_at and lane.lease_expires_at - now > lease_time() * 2 / 3:
        return True
    lane.lease_expires_at = now + lease_time()
    mine = SendingLane.objects.filter(pk=lane.pk, lease=lane.lease)
    return bool(mine.update(lease_expires_at=lane.lease_expires_at))


def give_back(lane: SendingLane, *, answered: bool = False) -> None:
    """Somebody else may send. Giving back twice does no harm."""
    SendingLane.objects.filter(pk=lane.pk, lease=lane.lease).update(lease=None, lease_expires_at=None)
    if answered:
        SendingLane.objects.filter(registration=lane.registration_id, failures__gt=0).update(failures=0)


def release(scores: list[Score]) -> None:
    """Rows that were not reached: free for the next worker at once."""
    for lease in {score.lease for score in scores}:
        mine = [score.pk for score in scores if score.lease == lease]
        Score.objects.filter(pk__in=mine, lease=lease).update(lease=None, lease_expires_at=None)


def settle(score: Score, **changes: object) -> bool:
    """Write how the delivery of this revision ended, unless the lease was lost.

    A newer revision that arrived meanwhile stays waiting and goes next; what was delivered is kept all the same.
    """
    changes |= {"lease": None, "lease_expires_at": None}
    kept = {
        name: value
        for name, value in changes.items()
        if name.startswith(("delivered_", "lease", "lms_", "may_"))
    }
    mine = Score.objects.filter(pk=score.pk, lease=score.lease)
    if mine.filter(revision=score.revision).update(**changes):
        return True
    return bool(mine.exclude(revision=score.revision).update(**kept))


# --- when it does not go on -----------------------------------------------------------------------


def rest(registration: Registration, until: datetime, *, but_one: bool = False) -> None:
    """No lane of the registration is taken until then: its platform is out of breath. `but_one`: one goes on."""
    lanes = SendingLane.objects.filter(registration=registration, number__gt=1 if but_one else 0)
    lanes.filter(Q(rests_until=None) | Q(rests_until__lt=until)).update(rests_until=until)


def longer_rest(lane: SendingLane, jitter: float) -> timedelta:
    """How long to leave the platform in peace, longer each time in a row."""
    seconds = min(LONGEST_REST, FIRST_REST * 2 ** min(lane.failures, 10)) * jitter
    SendingLane.objects.filter(registration=lane.registration_id).update(failures=lane.failures + 1)
    return timedelta(seconds=seconds)


def waiting(lease: uuid.UUID | None, **where: object) -> QuerySet[Score]:
    """Scores that wait there and that no other worker is sending."""
    now = timezone.now()
    return Score.objects.filter(
        _unclaimed(now) | Q(lease=lease), state=Score.State.WAITING, **where
    ).order_by()


def change_waiting(rows: QuerySet[Score], **changes: object) -> None:
    """Write the same into all of them and let them go. Rows that somebody is changing just now are left out."""
    with transaction.atomic():
        locked = list(rows.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True))
        Score.objects.filter(pk__in=locked).update(lease=None, lease_expires_at=None, **changes)


def pause(deployment: Deployment, kind: str, until: datetime) -> None:
    Deployment.objects.filter(pk=deployment.pk).update(paused_until=until, pause_reason=kind)


def end_pause(deployment: Deployment) -> None:
    Deployment.objects.filter(pk=deployment.pk).exclude(paused_until=None).update(
        paused_until=None, pause_reason=""
    )


def wake(deployment: Deployment) -> None:
    """Somebody asks us to try now: end the pause, and the rest after a platform that did not answer."""
    end_pause(deployment)
    lanes = SendingLane.objects.filter(registration=deployment.registration_id, failures__gt=0)
    lanes.update(rests_until=None, failures=0)


def works_elsewhere(line_item: LineItem, since: datetime) -> bool:
    """Whether grades of other courses of the deployment have arrived lately: then it is this course that does not work."""
    link = line_item.resource_link
    others = Score.objects.filter(delivered_at__gte=since, **{_DEPLOYMENT: link.deployment_id})
    return others.exclude(**{f"{_LINK}__context": link.context_id}).exists()
