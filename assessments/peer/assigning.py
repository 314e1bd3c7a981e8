"""Who reviews what: drawn at once, taken one by one, repaired when somebody leaves or comes late, changed by hand.

The choosing itself is arithmetic, in `allocation`; this is where it meets the rows. After each change, the properties of what
stands then are certified anew and kept.
"""

import random
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.audit.recording import record
from assessments.marking import marking
from assessments.marking.models import MarkSheet
from assessments.peer import participants, plans, rows, setting
from assessments.peer.holding import hold
from assessments.peer.models import (
    Allocation,
    Participant,
    PeerActivity,
    Review,
    Submission,
    SubmissionQuerySet,
)
from assessments.peer.plans import Plan

State = Review.State
Phase = PeerActivity.Phase


@dataclass(frozen=True)
class Preview:
    """What would be drawn with this seed, and what holds of it. Nothing is kept."""

    plan: Plan
    certificate: dict[str, Any]

    @property
    def seed(self) -> int:
        return self.plan.seed


def new_seed() -> int:
    return secrets.randbelow(2**31)


def preview(peer: PeerActivity, seed: int) -> Preview:
    """Raises ValidationError with the people who make it impossible."""
    plan = plans.draw(peer, seed)
    return Preview(plan, plan.certificate)


@transaction.atomic
def draw(*, peer: PeerActivity, by: Any, seed: int | None = None) -> Allocation:
    """Give everybody their reviews. Those of an earlier drawing are taken back; not once somebody has begun one."""
    peer = _locked(peer)
    live = peer.reviews.of_peers().live().filter(staff=None)
    if live.exclude(state=State.PLANNED).exists():
        raise ValidationError(
            _(
                "Somebody has begun a review, so they are not drawn anew. Repair the drawing, or change it by hand."
            ),
            code="begun",
        )
    people_as_works(peer)
    plan = plans.draw(peer, new_seed() if seed is None else seed)
    live.delete()
    rows.write(peer, plan.places, source=Review.Source.ALLOCATION)
    setting.lock_anonymity(peer)
    return _keep(peer, Allocation.Kind.DRAWN, plan, by, added=len(plan.places), cancelled=0)


def draw_where_due(*, peer: PeerActivity, by: Any) -> None:
    """When reviewing begins: everybody's reviews, unless they are drawn already or taken one by one."""
    people_as_works(peer)
    if peer.is_pull:
        return
    if is_drawn(peer):
        repair(peer=peer, by=by)
    else:
        draw(peer=peer, by=by)


def is_drawn(peer: PeerActivity) -> bool:
    return peer.allocations.exists()


def repair_where_drawn(*, peer: PeerActivity, by: Any) -> None:
    """After somebody came, left, withdrew or declined. Where it cannot be mended, teachers see who still lacks reviews."""
    if is_drawn(peer) and not peer.is_pull and peer.phase in (Phase.REVIEW, Phase.SELF):
        repair(peer=peer, by=by)


@transaction.atomic
def repair(*, peer: PeerActivity, by: Any, seed: int | None = None) -> Allocation | None:
    """Mend what people's coming and going has broken. Reviews that are begun or done never move. None where nothing was to do."""
    peer = _locked(peer)
    people_as_works(peer)
    change = plans.repair(peer, new_seed() if seed is None else seed)
    if not change.cancel and not change.add:
        return None
    _take_back(peer, change.cancel)
    rows.write(peer, change.add, source=Review.Source.REPAIR)
    plan = plans.standing(peer, change.seed)
    return _keep(
        peer, Allocation.Kind.REPAIRED, plan, by, added=len(change.add), cancelled=len(change.cancel)
    )


@transaction.atomic
def give(*, peer: PeerActivity, reviewer: Participant, submission: Submission, by: Any) -> Allocation:
    """A teacher gives one review to somebody, or to their group where groups review, whatever the rules say; never one's
    own work, never twice.
    """
    peer = _locked(peer)
    is_own = Q(group=reviewer.group) if peer.groups_review else Q(pk=reviewer.pk)
    if submission.authors.filter(is_own).exists():
        raise ValidationError(_("Nobody reviews their own work as a peer. Nothing was changed."), code="own")
    who = reviewer.group_id if peer.groups_review else reviewer.pk
    if who is None:
        raise ValidationError(_("Groups review here, and this person is in none. Nothing was changed."))
    is_theirs = Q(group=who) if peer.groups_review else Q(reviewer=who)
    if submission.reviews.of_peers().live().filter(is_theirs).exists():
        raise ValidationError(_("They review this work already. Nothing was changed."), code="twice")
    if not submission.is_handed_in:
        raise ValidationError(_("This work is not handed in, so it cannot be reviewed."), code="state")
    rows.write(peer, [(who, submission.pk)], source=Review.Source.MANUAL)
    setting.lock_anonymity(peer)
    return _keep(peer, Allocation.Kind.EDITED, plans.standing(peer, 0), by, added=1, cancelled=0)


@transaction.atomic
def take_away(*, review: Review, by: Any) -> Allocation:
    """A teacher takes a review back that nobody has begun."""
    peer = _locked(review.peer)
    review = Review.objects.select_for_update(of=("self",)).get(pk=review.pk)
    if review.state != State.PLANNED:
        raise ValidationError(_("This review is begun, so it stays. Nothing was changed."), code="begun")
    _take_back(peer, [review.pk])
    return _keep(peer, Allocation.Kind.EDITED, plans.standing(peer, 0), by, added=0, cancelled=1)


@transaction.atomic
def take_next(*, participant: Participant) -> Review | None:
    """For whoever is ready to review: the work with the fewest reviews, by lot among them. None where none is left for them.

    It is theirs for the hours that the round gives; then somebody else can take it. Two who ask at once never get one place
    twice: who takes a work locks its row, and the others pass it by.
    """
    participant = (
        Participant.objects.select_for_update(of=("self",)).select_related("peer").get(pk=participant.pk)
    )
    peer = participant.peer
    mine = participant.given.of_peers()
    if (begun := mine.filter(state__in=[State.PLANNED, State.STARTED]).first()) is not None:
        return begun
    if mine.live().count() >= peer.reviews_each:
        return None
    found = _next_for(participant)
    if found is None:
        return None
    until = timezone.now() + timedelta(hours=peer.lease_hours)
    review = Review.objects.create(
        peer=peer, submission=found, reviewer=participant, source=Review.Source.PULL, lease_until=until
    )
    found.live_reviews, found.lot = found.live_reviews + 1, random.random()
    found.save(update_fields=["live_reviews", "lot"])
    setting.lock_anonymity(peer)
    record("review.taken", by=participant.person, on=review)
    return review


def _next_for(participant: Participant) -> Submission | None:
    peer = participant.peer
    authored = Submission.authors.through.objects.filter(submission__peer=peer)

    def by(**authors: Any) -> Any:
        return authored.filter(**authors).values("submission")

    had = participant.given.exclude(state=State.CANCELLED).values("submission")
    open_to = peer.submissions.handed_in().filter(hidden_at=None).exclude(pk__in=by(participant=participant))
    if not peer.has_submissions:
        open_to = open_to.exclude(pk__in=plans.gone(peer).values("pk"))
    open_to = open_to.exclude(pk__in=had).exclude(
        pk__in=by(participant__in=plans.must_not_review(participant))
    )
    if peer.grouping == PeerActivity.Grouping.ONLY_SAME:
        open_to = open_to.filter(pk__in=by(participant__group=participant.group_id))
    elif peer.grouping == PeerActivity.Grouping.NEVER_SAME and participant.group_id:
        open_to = open_to.exclude(pk__in=by(participant__group=participant.group_id))
    if peer.forbids_pairs:
        reviewers = (
            Review.objects.of_peers().live().filter(submission__authors=participant, reviewer__isnull=False)
        )
        one_way = open_to.exclude(pk__in=by(participant__in=reviewers.values("reviewer")))
        # Better a pair than nobody, where the last works are those of one's own reviewers.
        return _first(one_way) or _first(open_to)
    return _first(open_to)


def _first(works: SubmissionQuerySet) -> Submission | None:
    """One with the fewest reviews. Those that others take in this moment get one more, so one of the next count does as well;
    where there is none, it waits until they have it. A count that changed meanwhile is looked at anew.
    """
    ordered = works.order_by("live_reviews", "lot")
    while (fewest := ordered.values_list("live_reviews", flat=True).first()) is not None:
        for count in (fewest, fewest + 1):
            if (found := _hold_one(ordered.filter(live_reviews=count))) is not None:
                return found
        _hold_one(ordered.filter(live_reviews=fewest), waits=True)
    return None


def _hold_one(works: SubmissionQuerySet, *, waits: bool = False) -> Submission | None:
    """The first that nobody else holds; with `waits` none, once whoever holds the first of all is done with it.

    Where it gives none it holds none. PostgreSQL locks a row before it sees that its count has changed and it is none of these
    any more; whoever kept that lock and waited for another work could wait for somebody who does the same the other way round.
    """
    before = transaction.savepoint()
    found = works.select_for_update(of=("self",), skip_locked=not waits).first()
    if waits or found is None:
        transaction.savepoint_rollback(before)
        return None
    transaction.savepoint_commit(before)
    return found


def expire_leases() -> bool:
    """For the worker: one review that was taken and not handed in in time is free for others. Whether there was one."""
    due = Review.objects.filter(lease_until__lte=timezone.now(), state__in=[State.PLANNED, State.STARTED])
    if (first := due.select_related("peer").order_by("lease_until").first()) is None:
        return False
    with transaction.atomic():
        review = held(first)
        if not review.is_open or review.lease_until is None or review.lease_until > timezone.now():
            return True
        # What somebody wrote is not lost: a review that has marks or words stays theirs, and the work is free for one more.
        if review.state == State.STARTED and (review.words or _is_marked(review)):
            Review.objects.filter(pk=review.pk).update(lease_until=None)
            rows.recount([review.submission_id], less=1)
        else:
            end(review=review, state=State.EXPIRED, by=None)
        return True


def _is_marked(review: Review) -> bool:
    return MarkSheet.objects.filter(peer_review=review, revision__gt=0).exists()


def held(review: Review) -> Review:
    """The review as it is now, which nobody else changes: locked after its round and its sheet, in everybody's order."""
    hold(review.peer)
    list(MarkSheet.objects.select_for_update(of=("self",)).filter(peer_review=review))
    Review.objects.select_for_update(of=("self",)).get(pk=review.pk)
    return Review.objects.whole().get(pk=review.pk)


@transaction.atomic
def end(*, review: Review, state: Review.State, by: Any, reason: str = "") -> Review:
    """A review that will not be handed in. Its sheet is closed with what is on it; the work gets another reviewer if it can."""
    if review.sheet_id is not None:
        marking.close_sheets(sheets=MarkSheet.objects.filter(peer_review=review), by=by)
    review.state, review.ended_reason = state, reason
    review.save(update_fields=["state", "ended_reason"])
    record(f"review.{state.value}", by=by, on=review)
    rows.recount([review.submission_id])
    repair_where_drawn(peer=review.peer, by=by)
    return review


@transaction.atomic
def leave(*, participant: Participant, by: Any, reason: str = "", leaves_work: bool = False) -> None:
    """Somebody takes no part any more: others get what they had not begun. Their work is withdrawn, unless it is left there
    to be reviewed. What is done stays.
    """
    participants.drop(participant=participant, by=by, reason=reason)
    if participant.peer.has_submissions and not leaves_work:
        alone = participant.submissions.handed_in().filter(group=None)
        alone.update(state=Submission.State.WITHDRAWN)
    repair_where_drawn(peer=participant.peer, by=by)


@transaction.atomic
def come_back(*, participant: Participant, by: Any) -> None:
    """They take part again, and get reviews again where those are drawn. Work that was withdrawn is handed in anew."""
    participants.bring_back(participant=participant, by=by)
    repair_where_drawn(peer=participant.peer, by=by)


def _take_back(peer: PeerActivity, reviews: Collection[int]) -> None:
    """Only of those that nobody has begun: somebody may have, meanwhile."""
    unbegun = peer.reviews.filter(pk__in=list(reviews), state=State.PLANNED)
    works = list(unbegun.values_list("submission", flat=True))
    unbegun.update(state=State.CANCELLED)
    rows.recount(works)


def people_as_works(peer: PeerActivity) -> None:
    """Where nothing is handed in, people themselves are looked at: each has a place that reviews can point at."""
    if peer.has_submissions:
        return
    now = timezone.now()
    without = peer.participants.taking_part().filter(hands_in=True).exclude(submissions__state="handed_in")
    people = list(without)
    made = Submission.objects.bulk_create(
        Submission(peer=peer, state=Submission.State.HANDED_IN, handed_in_at=now, group_id=row.group_id)
        for row in people
    )
    through = Submission.authors.through
    through.objects.bulk_create(
        through(submission_id=work.pk, participant_id=row.pk) for work, row in zip(made, people, strict=True)
    )


def _locked(peer: PeerActivity) -> PeerActivity:
    hold(peer)
    return PeerActivity.objects.whole().get(pk=peer.pk)


def _keep(
    peer: PeerActivity, kind: Allocation.Kind, plan: Plan, by: Any, *, added: int, cancelled: int
) -> Allocation:
    kept = Allocation.objects.create(
        peer=peer,
        kind=kind,
        seed=plan.seed,
        certificate=plan.certificate,
        changes={"added": added, "cancelled": cancelled},
        by=by,
    )
    record(
        f"peer.{kind.value}", by=by, on=kept, data={"seed": plan.seed, "added": added, "cancelled": cancelled}
    )
    return kept
