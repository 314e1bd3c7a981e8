"""Who may do what with the rubrics of their own course. Which rubrics those are: Rubric.objects.visible_to."""

from lti_tool.port import Launch, Role

EDITORS = {Role.INSTRUCTOR, Role.DESIGNER}
READERS = EDITORS | {Role.TEACHING_ASSISTANT}


def can_see_rubrics(launch: Launch) -> bool:
    return launch.role in READERS


def can_edit_rubrics(launch: Launch) -> bool:
    return launch.role in EDITORS
