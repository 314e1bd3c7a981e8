"""An exam beside the ones before it: what each signed decision came to, as it was kept then."""

from dataclasses import dataclass
from typing import Any

from assessments.activities.models import Activity
from assessments.results.models import Proposal
from lti_tool.port import Role, members

MOST = 10


@dataclass(frozen=True)
class Year:
    activity: Activity
    proposal: Proposal

    @property
    def summary(self) -> Any:
        return self.proposal.summary


def years(activity: Activity, viewer: Any) -> list[Year]:
    """Newest first: this one, what it was copied from, and so on; only where the viewer is a teacher of that course."""
    found = []
    row: Activity | None = activity
    for _step in range(MOST):
        if row is None:
            break
        proposal = _signed(row)
        if proposal and (row.pk == activity.pk or _teaches(viewer, row)):
            found.append(Year(row, proposal))
        row = (
            Activity.objects.select_related("context").filter(pk=row.copied_from_id).first()
            if row.copied_from_id
            else None
        )
    return found


def _signed(activity: Activity) -> Proposal | None:
    signed = Proposal.objects.filter(moderation__activity=activity, signed_at__isnull=False)
    return signed.order_by("-number").first()


def _teaches(viewer: Any, activity: Activity) -> bool:
    teachers = members(activity.context, Role.INSTRUCTOR)
    return any(row.is_active and row.person.pk == viewer.pk for row in teachers)
