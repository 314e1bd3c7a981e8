"""Who may set an activity up, look after it, mark in it. Which activity: Activity.objects.visible_to."""

from lti_tool.port import DeepLinking, Launch, Role

STAFF = {Role.INSTRUCTOR, Role.TEACHING_ASSISTANT}


def can_choose(visit: DeepLinking) -> bool:
    """Whether they may add activities to their course, new ones or those there are."""
    return visit.role in {Role.INSTRUCTOR, Role.DESIGNER}


def can_set_up(launch: Launch) -> bool:
    return launch.role in {Role.INSTRUCTOR, Role.DESIGNER}


def can_see_candidates(launch: Launch) -> bool:
    return launch.role in STAFF


def can_assess(launch: Launch, candidate_id: int) -> bool:
    """Whether they may mark this person; nobody marks themselves."""
    return launch.role in STAFF and candidate_id != launch.person.pk
