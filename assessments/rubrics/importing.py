"""Drafts from files."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from assessments.audit.recording import record
from assessments.rubrics import drafting
from assessments.rubrics.models import Rubric
from assessments.rubrics.wording import RubricWording


@transaction.atomic
def import_drafts(*, context: Any, by: Any, rubrics: Sequence[RubricWording]) -> list[Rubric]:
    """A new draft of each, or of none: raises ValidationError where drafting refuses one of them."""
    drafts = []
    for wording in rubrics:
        draft = drafting.start(context=context, by=by, wording=wording)
        record(
            "rubric.imported", by=by, on=draft, data={"of": len(rubrics), "criteria": len(wording.criteria)}
        )
        drafts.append(draft)
    return drafts
