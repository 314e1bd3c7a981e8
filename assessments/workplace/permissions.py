"""Who may ask, assess and look after workplace-based assessments. Which ones there are: Workplace.objects.visible_to."""

from assessments.workplace.models import AssessmentRequest
from lti_tool.port import Launch, Role

ASSESSING = {Role.INSTRUCTOR, Role.TEACHING_ASSISTANT}


def can_look_after(launch: Launch) -> bool:
    """Everybody's progress, and the list of assessors."""
    return launch.role == Role.INSTRUCTOR


def can_set_up(launch: Launch) -> bool:
    return launch.role in {Role.INSTRUCTOR, Role.DESIGNER}


def can_assess(launch: Launch) -> bool:
    """Whether they may be asked, and begin by themselves. Guests come by a link and see one sheet."""
    return launch.role in ASSESSING


def can_ask(launch: Launch) -> bool:
    return launch.is_learner


def is_learner_of(launch: Launch, request: AssessmentRequest) -> bool:
    return launch.is_learner and request.learner_id == launch.person.pk


def is_assessor_of(launch: Launch, request: AssessmentRequest) -> bool:
    """In a launch of their own: what came by a link opens the sheet, never the page of the request."""
    return can_assess(launch) and request.assessor.person_id == launch.person.pk


def can_decline(launch: Launch, request: AssessmentRequest) -> bool:
    """Also with the visit that its link opened."""
    is_by_link = launch.role == Role.GUEST and request.assessor.person_id == launch.person.pk
    return is_by_link or is_assessor_of(launch, request)


def can_read(launch: Launch, request: AssessmentRequest) -> bool:
    """Its learner, its assessor, and the teachers, but for what is about themselves."""
    if request.learner_id == launch.person.pk:
        return launch.is_learner
    return is_assessor_of(launch, request) or can_look_after(launch)
