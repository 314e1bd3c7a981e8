"""From the request to the sheet: ask, withdraw, decline, begin. Handing in is the sheet's own."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.audit.recording import record
from assessments.marking import marking
from assessments.marking.comments import read_comment
from assessments.marking.models import MarkSheet
from assessments.workplace.models import SITUATION_MAX, AssessmentRequest, Assessor, Workplace
from lti_tool.port import end_guest_visits

MOST_WAITING = 30


@transaction.atomic
def ask(
    *,
    workplace: Workplace,
    key: UUID,
    learner: Any,
    assessor: Assessor,
    situation: str,
    observed_on: date,
    by: Any,
) -> AssessmentRequest:
    """A new request; `key` was on the form: the same form makes one, not two. Raises ValidationError by field."""
    # Locked, so that two forms of one learner do not both pass the count.
    Workplace.objects.select_for_update().get(pk=workplace.pk)
    if there := workplace.requests.filter(key=key, learner=learner).first():
        return there
    situation = _read_situation(situation)
    _check_day(workplace, observed_on)
    _check_people(workplace, learner, assessor)
    if workplace.requests.waiting().filter(learner=learner).count() >= MOST_WAITING:
        raise ValidationError(
            _(
                "%(most)d requests of this learner wait for an answer; at most that many can. Withdraw one first."
            ),
            code="many",
            params={"most": MOST_WAITING},
        )
    now = timezone.now()
    made = AssessmentRequest.objects.create(
        key=key,
        workplace=workplace,
        learner=learner,
        assessor=assessor,
        situation=situation,
        observed_on=observed_on,
        asked_by=by,
        asked_at=now,
        expires_at=now + timedelta(days=workplace.days_to_answer),
    )
    record("assessment.requested", by=by, on=made, data={"learner": learner.pk, "assessor": assessor.pk})
    return made


@transaction.atomic
def begin(*, request: AssessmentRequest, by: Any) -> MarkSheet:
    """The sheet of the request, begun now unless it is; with the form as it is now. Raises ValidationError when it is over."""
    request = _locked(request)
    if request.sheet is not None:
        return request.sheet
    _check_waiting(request)
    rubric = request.workplace.activity.rubric
    assert rubric
    request.sheet = marking.open_sheet(
        rubric=rubric,
        candidate=request.learner,
        assigned_to=request.assessor.person,
        comment_first=True,
        by=by,
    )
    request.save(update_fields=["sheet"])
    record("assessment.begun", by=by, on=request, data={"sheet": request.sheet.pk})
    return request.sheet


@transaction.atomic
def withdraw(*, request: AssessmentRequest, by: Any) -> AssessmentRequest:
    """The learner asks no more. Not once it is begun: then there are marks, and they are the assessor's."""
    request = _locked(request)
    _check_waiting(request)
    if request.sheet is not None:
        raise ValidationError(
            _("%(who)s has begun this assessment. Ask them to hand it in, or to decline it."),
            code="begun",
            params={"who": request.assessor.display_name},
        )
    return _end(request, AssessmentRequest.Ending.WITHDRAWN, by)


@transaction.atomic
def decline(*, request: AssessmentRequest, by: Any, reason: str = "") -> AssessmentRequest:
    """The assessor will not do it; the learner reads the reason. What is marked already stays on the sheet, closed."""
    request = _locked(request)
    _check_waiting(request)
    request.reason = read_comment(reason)
    if request.sheet is not None:
        marking.close_sheets(sheets=MarkSheet.objects.filter(pk=request.sheet.pk), by=by)
    return _end(request, AssessmentRequest.Ending.DECLINED, by)


def on_submitted(*, sheet: MarkSheet, by: Any, **_more: Any) -> None:
    """The visit that a link opened ends with the sheet: the phone may be the learner's."""
    request = AssessmentRequest.objects.filter(sheet=sheet).first()
    if request is not None:
        end_guest_visits(door=request.key)


def _end(request: AssessmentRequest, ending: AssessmentRequest.Ending, by: Any) -> AssessmentRequest:
    request.ending, request.ended_at = ending, timezone.now()
    request.save(update_fields=["ending", "ended_at", "reason"])
    end_guest_visits(door=request.key)
    record(f"assessment.{ending.value}", by=by, on=request)
    return request


def _locked(request: AssessmentRequest) -> AssessmentRequest:
    AssessmentRequest.objects.select_for_update().get(pk=request.pk)
    return AssessmentRequest.objects.whole().get(pk=request.pk)


def _check_waiting(request: AssessmentRequest) -> None:
    words = {
        AssessmentRequest.State.SUBMITTED: _("This assessment is handed in already."),
        AssessmentRequest.State.WITHDRAWN: _("This request was withdrawn by the learner."),
        AssessmentRequest.State.DECLINED: _("This request was declined."),
        AssessmentRequest.State.EXPIRED: _("This request has expired. The learner can ask anew."),
    }
    if request.state in words:
        raise ValidationError(words[request.state], code=request.state)


def _read_situation(typed: str) -> str:
    situation = " ".join(read_comment(typed).split())
    if not situation:
        raise ValidationError({"situation": _("Say in a few words what was observed.")})
    if len(situation) > SITUATION_MAX:
        raise ValidationError(
            {"situation": _("At most %(most)d characters, please.") % {"most": SITUATION_MAX}}
        )
    return situation


def _check_day(workplace: Workplace, observed_on: date) -> None:
    ago = (timezone.localdate() - observed_on).days
    if ago < 0:
        raise ValidationError({"observed_on": _("This day is still to come.")})
    if ago > workplace.days_to_ask:
        sentence = ngettext(
            "Ask within %(n)d day of what was observed: this was longer ago.",
            "Ask within %(n)d days of what was observed: this was longer ago.",
            workplace.days_to_ask,
        )
        raise ValidationError({"observed_on": sentence % {"n": workplace.days_to_ask}})


def _check_people(workplace: Workplace, learner: Any, assessor: Assessor) -> None:
    is_theirs = assessor.named_by_id in (None, learner.pk)
    if assessor.workplace_id != workplace.pk or assessor.withdrawn_at or not is_theirs:
        raise ValidationError({"assessor": _("Choose somebody from the list.")})
    if assessor.person_id == learner.pk:
        raise ValidationError({"assessor": _("Nobody assesses themselves. Ask somebody who was there.")})
