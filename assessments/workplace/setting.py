"""Changing how an activity works, for requests from then on."""

from typing import Any

from django.db import transaction

from assessments.audit.recording import record
from assessments.rubrics.models import Rubric
from assessments.workplace.models import Workplace


@transaction.atomic
def change(*, workplace: Workplace, rubric: Rubric, by: Any) -> Workplace:
    """Keep what a checked form put on the row, and the form that sheets begin with from now on. Begun ones keep theirs."""
    assert rubric.context_id == workplace.context_id and not rubric.is_draft
    workplace.save()
    activity = workplace.activity
    activity.rubric = rubric
    activity.save(update_fields=["rubric"])
    settings = {
        "days_to_ask": workplace.days_to_ask,
        "days_to_answer": workplace.days_to_answer,
        "wanted": workplace.wanted,
        "takes_anybody": workplace.takes_anybody,
        "rubric": rubric.pk,
    }
    record("workplace.changed", by=by, on=workplace, data=settings)
    return workplace
