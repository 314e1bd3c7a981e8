"""How a round is set up. What people were promised does not change under them: names stay as hidden as they were told."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.audit.recording import record
from assessments.peer import grading, phases
from assessments.peer.models import PeerActivity
from assessments.rubrics.models import Rubric

# Nobody may have relied on these before somebody handed in or was given a review.
LOCKED_WITH_THE_FIRST = ("anonymity", "mode", "is_group_work")
# What grades are made of, and whether there are any.
GRADES = (
    "counts",
    "scoring",
    "staff_weight",
    "completion_share",
    "contribution_weight",
    "spread_limit",
    "pass_mark",
)


@transaction.atomic
def change(*, peer: PeerActivity, rubric: Rubric, by: Any) -> PeerActivity:
    """Keep the settings as they are on `peer`, and the form. Raises ValidationError by field; then nothing is kept."""
    there = PeerActivity.objects.select_for_update().get(pk=peer.pk)
    _check_promises(peer, there)
    _check_numbers(peer)
    _check_dates(peer)
    peer.problem = ""
    # Where the round stands is not theirs to write: it may have gone on while the form was open.
    skipped = {"phase", "phase_since", "secret", "anonymity_locked_at", "drops_answers", "id", "activity"}
    fields = [field.name for field in PeerActivity._meta.concrete_fields if field.name not in skipped]
    peer.save(update_fields=fields)
    activity = peer.activity
    if activity.rubric_id != rubric.pk:
        _check_rubric(peer, rubric)
        activity.rubric = rubric
        activity.save(update_fields=["rubric"])
    record("peer.changed", by=by, on=peer, data={"rubric": rubric.pk, "anonymity": peer.anonymity})
    if any(getattr(peer, name) != getattr(there, name) for name in GRADES):
        grading.compute_all(peer, by=by)
    return peer


def lock_anonymity(peer: PeerActivity) -> None:
    """From now on names stay as hidden as they are. Called with the first submission and the first drawing."""
    if peer.anonymity_locked_at is None:
        peer.anonymity_locked_at = timezone.now()
        PeerActivity.objects.filter(pk=peer.pk, anonymity_locked_at=None).update(
            anonymity_locked_at=peer.anonymity_locked_at
        )


def try_again(peer: PeerActivity) -> None:
    """What kept the round from going on by itself may be mended now, so that it is tried once more."""
    PeerActivity.objects.filter(pk=peer.pk).exclude(problem="").update(problem="")


def is_locked(peer: PeerActivity) -> bool:
    return peer.anonymity_locked_at is not None


def has_reviews(peer: PeerActivity) -> bool:
    """Whether somebody has begun to review: from then on the form and the questions stay."""
    return peer.reviews.filter(sheet__isnull=False).exists()


def _check_promises(new: PeerActivity, there: PeerActivity) -> None:
    if new.format != there.format and has_reviews(there):
        raise ValidationError(
            {
                "format": _(
                    "Reviewing has begun with the questions there are, so they stay: else answers would be lost."
                )
            }
        )
    if not is_locked(there):
        return
    sentence = _("Somebody has handed in or was given a review already, so this stays as everybody was told.")
    changed = [name for name in LOCKED_WITH_THE_FIRST if getattr(new, name) != getattr(there, name)]
    if changed:
        raise ValidationError(dict.fromkeys(changed, sentence))
    if new.least_sources < there.least_sources:
        more = _("Everybody was told that so many answers are waited for; it can be more, but not fewer.")
        raise ValidationError({"least_sources": more})


def _check_numbers(peer: PeerActivity) -> None:
    problems = {}
    if peer.least_reviews > peer.reviews_each:
        problems["least_reviews"] = _(
            "More than the reviews that everybody gives: it could never be reached."
        )
    takes_something = peer.takes_text or peer.takes_files or peer.takes_link
    if peer.has_submissions and not takes_something:
        problems["takes_text"] = _("Choose at least one form in which work is handed in.")
    if peer.counts and peer.mode == peer.Mode.MULTI_SOURCE:
        problems["counts"] = _("Multi-source feedback is for learning; it is never a grade.")
    if peer.groups_review and not peer.is_group_work:
        problems["groups_review"] = _("Groups review together only where groups hand in together.")
    if peer.is_group_work and not peer.has_submissions:
        problems["is_group_work"] = _("Groups hand in together only where something is handed in.")
    if peer.groups_review and peer.allocating == peer.Allocating.PULL:
        problems["allocating"] = _("Groups that review together get all their reviews at once.")
    if problems:
        raise ValidationError(problems)


def _check_dates(peer: PeerActivity) -> None:
    sentence = _("This lies before the end of an earlier phase. Choose a later time.")
    wrong: list[tuple[str, datetime, datetime]] = phases.in_order(peer)
    if wrong:
        raise ValidationError({name: sentence for name, _end, _earlier in wrong})


def _check_rubric(peer: PeerActivity, rubric: Rubric) -> None:
    if rubric.context_id != peer.context_id:
        raise ValidationError({"rubric": _("This rubric belongs to another course.")})
    if rubric.is_draft:
        raise ValidationError({"rubric": _("This rubric is still a draft. Publish it first.")})
    if has_reviews(peer):
        raise ValidationError(
            {"rubric": _("Reviewing has begun with the form there is, so it stays: reviews can be compared.")}
        )
