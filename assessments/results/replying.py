"""What candidates say to a released result, and what staff answers. It changes no result by itself."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.audit.recording import record
from assessments.results.models import REASON_MAX, Reply, Result

# So many questions and appeals may wait for an answer at once.
MOST_OPEN = 5


@transaction.atomic
def acknowledge(*, result: Result, by: Any) -> Reply:
    """That the candidate has read it; of the same outcome once."""
    row, is_new = Reply.objects.get_or_create(result=result, outcome=result.outcome, kind=Reply.Kind.READ)
    if is_new:
        record("result.acknowledged", by=by, on=result.activity, data={"candidate": result.candidate_id})
    return row


@transaction.atomic
def write(*, result: Result, kind: str, text: str, by: Any) -> Reply:
    """A question or an appeal, in the candidate's words."""
    if kind not in (Reply.Kind.QUESTION, Reply.Kind.APPEAL):
        raise ValidationError({"kind": _("Choose whether you ask or appeal.")})
    Result.objects.select_for_update().get(pk=result.pk)
    if result.replies.filter(answered_at=None).exclude(kind=Reply.Kind.READ).count() >= MOST_OPEN:
        raise ValidationError(_("Wait for an answer to what you wrote before. Nothing was sent."))
    row = Reply.objects.create(
        result=result,
        outcome=result.outcome,
        kind=kind,
        text=_words(text, "text", _("Write what it is about.")),
    )
    data = {"candidate": result.candidate_id, "reply": row.pk}
    record(f"result.{kind}_written", by=by, on=result.activity, data=data)
    return row


@transaction.atomic
def answer(*, reply: Reply, text: str, by: Any) -> Reply:
    """What staff says to it; again to say it better. The candidate reads it beside their own words."""
    reply = Reply.objects.select_for_update().get(pk=reply.pk)
    reply.answer = _words(text, "answer", _("Write an answer."))
    reply.answered_by, reply.answered_at = by, timezone.now()
    reply.save(update_fields=["answer", "answered_by", "answered_at"])
    record("result.reply_answered", by=by, on=reply.result.activity, data={"reply": reply.pk})
    return reply


def _words(text: str, field: str, missing: str) -> str:
    text = text.replace("\x00", "").replace("\r\n", "\n").strip()
    if not text:
        raise ValidationError({field: missing})
    if len(text) > REASON_MAX:
        raise ValidationError({field: _("At most %(n)d characters.") % {"n": REASON_MAX}})
    return text
