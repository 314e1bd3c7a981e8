"""Who may plan an exam, run it, examine in it. Which exam: Exam.objects.visible_to."""

from assessments.osce.models import Session
from lti_tool.port import Launch, Role


def can_plan(launch: Launch) -> bool:
    """Stations, blueprint, times, circuits: what says nothing about people."""
    return launch.role in {Role.INSTRUCTOR, Role.DESIGNER}


def can_run(launch: Launch) -> bool:
    """Sessions and everybody in them."""
    return launch.role == Role.INSTRUCTOR


def can_see_clock(launch: Launch, session: Session) -> bool:
    """Whoever has to do with the session: those who teach the course, its staff, its candidates."""
    return launch.role in {Role.INSTRUCTOR, Role.TEACHING_ASSISTANT} or (
        session.is_published and (is_staff_of(launch, session) or is_candidate_of(launch, session))
    )


def is_staff_of(launch: Launch, session: Session) -> bool:
    return session.exam.staff.filter(person=launch.person).exists()


def is_candidate_of(launch: Launch, session: Session) -> bool:
    return session.candidates.filter(person=launch.person).exists()


def can_watch(launch: Launch) -> bool:
    """The board shows who is where and who is late, never a mark."""
    return launch.role in {Role.INSTRUCTOR, Role.TEACHING_ASSISTANT}
