"""Who may mark, see and amend the sheets of their own course. Which sheets: MarkSheet.objects.visible_to.

Someone who teaches and learns in the same course is on both sides of the table: never on both sides of one sheet.
"""

from typing import TYPE_CHECKING

from lti_tool.port import Launch, Role

if TYPE_CHECKING:
    from assessments.marking.models import MarkSheet

MARKERS = {Role.INSTRUCTOR, Role.TEACHING_ASSISTANT}


def can_see_sheets(launch: Launch) -> bool:
    return launch.role in MARKERS


def can_see(launch: Launch, sheet: "MarkSheet") -> bool:
    return (
        can_see_sheets(launch)
        and sheet.context_id == launch.context.pk
        and sheet.candidate_id != launch.person.pk
    )


def can_mark(launch: Launch, sheet: "MarkSheet") -> bool:
    return can_see(launch, sheet)


def can_amend(launch: Launch, sheet: "MarkSheet") -> bool:
    return can_see(launch, sheet)
