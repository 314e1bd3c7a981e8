"""Deciding on an activity's results: rulings, the proposal, its signature by a second person.

Every ruling has a reason and an Event. None is possible while a proposal waits or is signed: take it back first.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.activities.models import Activity
from assessments.audit.recording import record
from assessments.marking.conflict import Conflict
from assessments.marking.models import MarkSheet
from assessments.measurement.undefined import Undefined
from assessments.results import releasing, rulings, scores
from assessments.results.feedback import cohort
from assessments.results.models import (
    REASON_MAX,
    CandidateRuling,
    ConcernNote,
    Excuse,
    Moderation,
    Outcome,
    PartRuling,
    Proposal,
    Resolution,
    Result,
    Withheld,
)
from assessments.results.quality import quality, summary
from assessments.results.rulings import told
from assessments.results.standing import Standing
from assessments.results.traces import fingerprint, traces

PER_CENT = Decimal(100)


def standing(activity: Activity) -> Standing:
    """Where everybody stands now, by the marks and the rulings that there are."""
    return Standing(scores.read(activity), rulings.of(activity))


@transaction.atomic
def set_rule(*, activity: Activity, by: Any, **rule: Any) -> Moderation:
    """`rule`: the fields of Moderation that make the rule. ValidationError by field."""
    moderation = _open(activity)
    before = {name: str(getattr(moderation, name)) for name in rule}
    for name, value in rule.items():
        setattr(moderation, name, value)
    moderation.full_clean(validate_unique=False)
    moderation.save()
    after = {name: str(getattr(moderation, name)) for name in rule}
    record("moderation.rule_set", by=by, on=moderation, data={"before": before, "after": after})
    return moderation


@transaction.atomic
def rule_on_part(*, activity: Activity, part: UUID, reason: str, by: Any, **ruling: Any) -> PartRuling:
    """`ruling`: `method`, `cut`, `panel`, `is_dropped`, `adjustment`."""
    moderation = _open(activity)
    row = PartRuling.objects.filter(moderation=moderation, part=part).first()
    row = row or PartRuling(moderation=moderation, part=part)
    for name, value in ruling.items():
        setattr(row, name, value)
    row.reason, row.by, row.at = _reason(reason), by, timezone.now()
    row.full_clean(exclude=["by"], validate_unique=False)
    row.save()
    data = {"part": str(part), "reason": row.reason, **{name: str(value) for name, value in ruling.items()}}
    record("moderation.part_ruled", by=by, on=moderation, data=data)
    return row


@transaction.atomic
def rule_as_planned(*, activity: Activity, part: UUID, by: Any) -> None:
    """Take back what was decided on a part."""
    moderation = _open(activity)
    if PartRuling.objects.filter(moderation=moderation, part=part).delete()[0]:
        record("moderation.part_unruled", by=by, on=moderation, data={"part": str(part)})


@transaction.atomic
def resolve(
    *, activity: Activity, part: UUID, candidate: Any, mark: Decimal, seen: list[float], reason: str, by: Any
) -> Resolution:
    """The mark, in per cent, that counts where two examiners were apart; `seen` are the marks it was decided on."""
    moderation = _open(activity)
    if not 0 <= mark <= PER_CENT:
        raise ValidationError({"mark": _("A mark is in per cent, 0 to 100.")})
    at = (moderation, part, candidate)
    row, _made = Resolution.objects.update_or_create(
        **_place(*at),
        defaults={
            "mark": mark,
            "seen": seen,
            "reason": _reason(reason),
            "by": by,
            "at": timezone.now(),
        },
    )
    data = {"part": str(part), "candidate": candidate.pk, "mark": str(mark), "seen": seen}
    record("moderation.resolved", by=by, on=moderation, data={**data, "reason": row.reason})
    return row


@transaction.atomic
def excuse(*, activity: Activity, places: list[tuple[UUID, Any]], reason: str, by: Any) -> None:
    """Leave parts out for candidates: what else they have stands for the whole."""
    moderation = _open(activity)
    why, now = _reason(reason), timezone.now()
    for part, candidate in places:
        Excuse.objects.update_or_create(
            **_place(moderation, part, candidate), defaults={"reason": why, "by": by, "at": now}
        )
    told = [[str(part), candidate.pk] for part, candidate in places]
    record("moderation.excused", by=by, on=moderation, data={"places": told, "reason": why})


@transaction.atomic
def count_again(*, activity: Activity, part: UUID, candidate: Any, by: Any) -> None:
    """Take an excuse back."""
    moderation = _open(activity)
    if Excuse.objects.filter(**_place(moderation, part, candidate)).delete()[0]:
        data = {"part": str(part), "candidate": candidate.pk}
        record("moderation.unexcused", by=by, on=moderation, data=data)


@transaction.atomic
def rule_on_candidate(
    *, activity: Activity, candidate: Any, verdict: str, reason: str, by: Any
) -> CandidateRuling:
    """The board's own word in place of what the rule gives."""
    moderation = _open(activity)
    row, _made = CandidateRuling.objects.update_or_create(
        moderation=moderation,
        candidate=candidate,
        defaults={
            "verdict": CandidateRuling.Verdict(verdict),
            "reason": _reason(reason),
            "by": by,
            "at": timezone.now(),
        },
    )
    data = {"candidate": candidate.pk, "verdict": row.verdict, "reason": row.reason}
    record("moderation.candidate_ruled", by=by, on=moderation, data=data)
    return row


@transaction.atomic
def leave_to_rule(*, activity: Activity, candidate: Any, by: Any) -> None:
    """Take the board's word on a candidate back."""
    moderation = _open(activity)
    if CandidateRuling.objects.filter(moderation=moderation, candidate=candidate).delete()[0]:
        record("moderation.candidate_unruled", by=by, on=moderation, data={"candidate": candidate.pk})


@transaction.atomic
def note_concern(*, activity: Activity, sheet: MarkSheet, concern: str, note: str, by: Any) -> ConcernNote:
    """What the board makes of an examiner's concern. `concern`: what was read; Conflict when it says something else by now."""
    moderation = _open(activity)
    if sheet.concern != concern:
        raise Conflict(
            _("The examiner has changed the concern since. Nothing was kept; please read it again.")
        )
    row, _made = ConcernNote.objects.update_or_create(
        sheet=sheet,
        defaults={
            "moderation": moderation,
            "concern": concern,
            "reason": _reason(note),
            "by": by,
            "at": timezone.now(),
        },
    )
    record("moderation.concern_noted", by=by, on=moderation, data={"sheet": sheet.pk, "note": row.reason})
    return row


@transaction.atomic
def withhold_words(*, activity: Activity, sheet: MarkSheet, reason: str, by: Any) -> Withheld:
    """Keep what a rater wrote on a sheet from its candidate. Possible at any time: it decides nothing."""
    moderation = _locked(activity)
    row, _made = Withheld.objects.update_or_create(
        sheet=sheet,
        defaults={"moderation": moderation, "reason": _reason(reason), "by": by, "at": timezone.now()},
    )
    record("moderation.words_withheld", by=by, on=moderation, data={"sheet": sheet.pk, "reason": row.reason})
    return row


@transaction.atomic
def show_words(*, activity: Activity, sheet: MarkSheet, by: Any) -> None:
    """Let the candidate read them after all."""
    moderation = _locked(activity)
    if Withheld.objects.filter(moderation=moderation, sheet=sheet).delete()[0]:
        record("moderation.words_shown", by=by, on=moderation, data={"sheet": sheet.pk})


def obstacles(found: Standing) -> list[str]:
    """What has to be done before a decision can be proposed, in sentences; empty when nothing is in the way."""
    told = list(found.scores.open)
    if found.scores.missing:
        n = found.scores.missing
        told.append(
            ngettext("%(n)d sheet is not submitted.", "%(n)d sheets are not submitted.", n) % {"n": n}
        )
    if not found.counted:
        told.append(_("No station counts."))
    if n := sum(not row.is_settled for row in found.double_marks.values()):
        told.append(
            ngettext(
                "%(n)d encounter was marked too differently by two examiners.",
                "%(n)d encounters were marked too differently by two examiners.",
                n,
            )
            % {"n": n}
        )
    if n := sum(isinstance(found.cuts[place].value, Undefined) for place in found.counted):
        told.append(ngettext("%(n)d station has no cut.", "%(n)d stations have no cut.", n) % {"n": n})
    if n := len(unread_concerns(found)):
        told.append(ngettext("%(n)d concern is not read.", "%(n)d concerns are not read.", n) % {"n": n})
    return told


def unread_concerns(found: Standing) -> list[Any]:
    """Concerns without a note of the board, or which were changed after it."""
    notes = found.rulings.concern_notes
    return [
        row
        for row in found.scores.ratings
        if row.concern and (row.sheet not in notes or notes[row.sheet].concern != row.concern)
    ]


@transaction.atomic
def propose(*, activity: Activity, by: Any) -> Proposal:
    """Keep the decision on everybody as it stands, for a second person to sign. ValidationError with what is in the way."""
    moderation = _open(activity)
    found = standing(activity)
    if problems := obstacles(found):
        raise ValidationError(problems)
    decided = traces(found)
    proposal = Proposal.objects.create(
        moderation=moderation,
        number=moderation.proposals.count() + 1,
        rule=told(found.rulings),
        cohort=cohort(found.scores.parts, found.marks),
        summary=summary(quality(found)),
        fingerprint=fingerprint(found, decided),
        by=by,
    )
    Outcome.objects.bulk_create(
        [
            Outcome(
                proposal=proposal,
                candidate=row.person,
                verdict=row.verdict,
                total=row.total,
                trace=row.trace,
            )
            for row in decided
        ],
        batch_size=200,
    )
    _move(moderation, Moderation.State.PROPOSED)
    data = {"proposal": proposal.number, "fingerprint": proposal.fingerprint}
    record("moderation.proposed", by=by, on=moderation, data=data)
    return proposal


@transaction.atomic
def sign(*, activity: Activity, seen: str, by: Any) -> Proposal:
    """The second person's signature: results become what the proposal says. Nothing is shown to candidates by it.

    `seen`: the fingerprint of the proposal that was looked at. Raises Conflict where it is another by now, or where the marks no
    longer give it; ValidationError for whoever proposed it.
    """
    moderation = _locked(activity)
    proposal = current(moderation)
    if moderation.state != Moderation.State.PROPOSED or proposal is None:
        raise Conflict(_("There is no proposal that waits for a signature."))
    if proposal.by_id == by.pk:
        raise ValidationError(_("Whoever proposed the decision cannot sign it: that takes a second person."))
    found = standing(activity)
    if obstacles(found) or not (seen == proposal.fingerprint == fingerprint(found, traces(found))):
        raise Conflict(
            _(
                "What it is based on has changed since it was proposed. Nothing was signed; take it back and propose it again."
            )
        )
    proposal.signed_by, proposal.signed_at = by, timezone.now()
    proposal.save(update_fields=["signed_by", "signed_at"])
    _move(moderation, Moderation.State.SIGNED)
    _become_results(activity, proposal)
    data = {"proposal": proposal.number, "fingerprint": proposal.fingerprint}
    record("moderation.signed", by=by, on=moderation, data=data)
    return proposal


@transaction.atomic
def take_back(*, activity: Activity, reason: str, by: Any) -> None:
    """Open the decision again. Results that were signed stay as they are until another decision is signed."""
    moderation = _locked(activity)
    proposal = current(moderation)
    if moderation.is_open or proposal is None:
        raise Conflict(_("Nothing is proposed, so nothing can be taken back."))
    proposal.withdrawn_by, proposal.withdrawn_at = by, timezone.now()
    proposal.withdrawn_reason = _reason(reason)
    proposal.save(update_fields=["withdrawn_by", "withdrawn_at", "withdrawn_reason"])
    was_signed = moderation.is_signed
    _move(moderation, Moderation.State.OPEN)
    data = {"proposal": proposal.number, "reason": proposal.withdrawn_reason, "was_signed": was_signed}
    record("moderation.taken_back", by=by, on=moderation, data=data)


def current(moderation: Moderation) -> Proposal | None:
    """The proposal that waits or is signed."""
    return (
        moderation.proposals.filter(withdrawn_at=None)
        .select_related("by", "signed_by")
        .order_by("-number")
        .first()
    )


def check_may_change(activity: Activity) -> None:
    """ValidationError where the marks are part of a decision: for whoever wants to unlock what they were given in."""
    moderation = Moderation.objects.select_for_update().filter(activity=activity).first()
    if moderation and not moderation.is_open:
        raise ValidationError(_frozen(moderation), code="decided")


def _become_results(activity: Activity, proposal: Proposal) -> None:
    """Of whom the decision says something else than before; the others' rows stay untouched but for what they point at."""
    held = {row.candidate_id: row for row in Result.objects.filter(activity=activity).select_for_update()}
    now = timezone.now()
    new, changed = [], []
    for outcome in proposal.outcomes.all():
        row = held.pop(outcome.candidate_id, None)
        if row is None:
            row = Result(activity=activity, candidate_id=outcome.candidate_id, maximum=PER_CENT)
            new.append(row)
        else:
            changed.append(row)
        row.outcome, row.total, row.computed_at = outcome, outcome.total, now
    Result.objects.bulk_create(new, batch_size=500)
    Result.objects.bulk_update(changed, ["outcome", "total", "computed_at"], batch_size=500)
    releasing.publish_released(activity)


def _open(activity: Activity) -> Moderation:
    moderation = _locked(activity)
    if not moderation.is_open:
        raise ValidationError(_frozen(moderation), code="decided")
    return moderation


def _frozen(moderation: Moderation) -> str:
    if moderation.is_signed:
        return _(
            "The decision is signed. Take it back first, with a reason; results stay as they are until then."
        )
    return _("A proposal waits for its signature. Take it back first.")


def _locked(activity: Activity) -> Moderation:
    moderation, _made = Moderation.objects.get_or_create(activity=activity)
    return Moderation.objects.select_for_update().select_related("activity").get(pk=moderation.pk)


def _move(moderation: Moderation, state: str) -> None:
    moderation.state = state
    moderation.save(update_fields=["state"])


def _place(moderation: Moderation, part: UUID, candidate: Any) -> Mapping[str, Any]:
    return {"moderation": moderation, "part": part, "candidate": candidate}


def _reason(text: str) -> str:
    text = " ".join(text.replace("\x00", "").split())
    if not text:
        raise ValidationError({"reason": _("Write down why: it stays with the decision.")})
    if len(text) > REASON_MAX:
        raise ValidationError({"reason": _("At most %(n)d characters.") % {"n": REASON_MAX}})
    return text
