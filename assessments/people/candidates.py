"""A teacher's own word on who is a candidate."""

from typing import Any

from django.db import transaction

from assessments.activities.models import Activity
from assessments.audit.recording import record
from lti_tool.port import decide_candidate


@transaction.atomic
def decide(*, activity: Activity, person: Any, counts: bool | None, by: Any) -> None:
    """The person counts as a candidate of the activity's course, or does not, whatever the LMS says; None: as the LMS says.

    Marks and results stay as they are.
    """
    decide_candidate(activity.context, member=person, counts=counts)
    record("candidate.decided", by=by, on=activity, data={"person": person.pk, "counts": counts})
