"""Who may compare the course list with launches and gradebook, and who decides about candidates."""

from assessments.activities.permissions import can_see_candidates
from lti_tool.port import Launch, Role


def can_see_people(launch: Launch) -> bool:
    return can_see_candidates(launch)


def can_decide(launch: Launch) -> bool:
    return launch.role == Role.INSTRUCTOR
