"""Who may plan an exam, run it, examine in it. Which exam: Exam.objects.visible_to."""

from lti_tool.port import Launch, Role


def can_plan(launch: Launch) -> bool:
    """Stations, blueprint, times, circuits: what says nothing about people."""
    return launch.role in {Role.INSTRUCTOR, Role.DESIGNER}


def can_run(launch: Launch) -> bool:
    """Sessions and everybody in them."""
    return launch.role == Role.INSTRUCTOR
