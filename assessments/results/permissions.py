"""Who may release, and who may read feedback."""

from assessments.activities.permissions import STAFF
from assessments.results.models import Result
from lti_tool.port import Launch, Role


def can_release(launch: Launch) -> bool:
    return launch.role == Role.INSTRUCTOR


def can_see_candidate(launch: Launch, person_id: int) -> bool:
    """Staff see each candidate's page but their own: that is what the release is for."""
    return launch.role in STAFF and person_id != launch.person.pk


def can_read_feedback(launch: Launch, result: Result) -> bool:
    """Candidates read their own, once it is released. Staff read sheets, not feedback."""
    return launch.is_learner and result.candidate_id == launch.person.pk and result.is_released


def can_moderate(launch: Launch) -> bool:
    """Decide on an exam's results, and see what that takes: every mark, cut and concern."""
    return launch.role == Role.INSTRUCTOR
