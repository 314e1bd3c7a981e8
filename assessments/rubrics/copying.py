"""The same rubric in another course."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from assessments.audit.recording import record
from assessments.rubrics import drafting, publishing
from assessments.rubrics.models import Rubric


@transaction.atomic
def copy(*, rubric: Rubric, context: Any, by: Any) -> Rubric:
    """A published rubric's text, published in `context` as the first version of a family of its own.

    Whoever changes one later does not change the other. The copy there is, if there is one; a rubric of the course itself
    is used as it is.
    """
    # The lock lets two who copy at once meet on one copy.
    rubric = Rubric.objects.select_for_update().get(pk=rubric.pk)
    if rubric.context_id == context.pk:
        return rubric
    if rubric.is_draft:
        raise ValidationError(_("This rubric is still a draft. Publish it first."), code="state")
    there = Rubric.objects.filter(context=context, copied_from=rubric).first()
    if there:
        return there
    made = drafting.start(context=context, by=by, wording=rubric.wording())
    made.copied_from = rubric
    made.save(update_fields=["copied_from"])
    record("rubric.copied", by=by, on=made, data={"from": rubric.pk})
    return publishing.publish(rubric=made, by=by)
