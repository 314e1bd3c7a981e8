"""The two columns of a round in the gradebook: the work, and the reviewing. Without words that could name anybody."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.translation import gettext as _

from assessments.activities.models import Activity
from assessments.results.columns import PER_CENT, STEP, TAG, Column
from assessments.results.models import Result

REVIEWING_TAG = "reviewing"


def of_round(activity: Activity) -> list[Column]:
    """The work's first; a round in which nobody hands in has it too, for what peers said of each."""
    return [
        Column(TAG, activity.title, PER_CENT, _grade_of("work"), _comment),
        Column(
            REVIEWING_TAG,
            _("%(title)s: reviewing") % {"title": activity.title},
            PER_CENT,
            _grade_of("reviewing"),
            _comment,
        ),
    ]


def _grade_of(part: str) -> Any:
    def grade(result: Result) -> Decimal | None:
        per_cent = (result.computed or {}).get(part, {}).get("per_cent")
        return None if per_cent is None else Decimal(per_cent).quantize(STEP, ROUND_HALF_UP)

    return grade


def _comment(result: Result) -> str:
    return _("The feedback is in the activity.")
