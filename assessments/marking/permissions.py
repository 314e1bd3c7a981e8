"""Who may see, mark and amend a sheet of their own course. Which sheets there are: MarkSheet.objects.visible_to.

A sheet that is assigned is its rater's, whatever their role, and the teachers'; the others who mark in the course do not see it,
so that raters judge by themselves. One that is assigned to nobody is every marker's. Someone who teaches and learns in the same
course is on both sides of the table, never on both sides of one sheet. A self-assessment is assigned to its candidate, and
withheld from them for as long as the feature that it is for says so: it shows what others look for.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from lti_tool.port import Launch, Role

if TYPE_CHECKING:
    from assessments.marking.models import MarkSheet

# Why somebody who teaches does not open a sheet that is not theirs, in words; empty where they may.
Shield = Callable[[Launch, "MarkSheet"], str]
_shields: list[Shield] = []
# Of a self-assessment: why its candidate does not see it yet, in words; empty where they may.
Withholding = Callable[["MarkSheet"], str]
_withholding: list[Withholding] = []

MARKERS = {Role.INSTRUCTOR, Role.TEACHING_ASSISTANT}


def withhold(rule: Withholding) -> None:
    """Features say when their app is ready which self-assessments are not open yet."""
    _withholding.append(rule)


def shield(rule: Shield) -> None:
    """Features say when their app is ready which sheets teachers do not open, because they would read whose they are."""
    _shields.append(rule)


def can_see_sheets(launch: Launch) -> bool:
    """Whether they mark in the course at all, not only what was assigned to them."""
    return launch.role in MARKERS


def can_see(launch: Launch, sheet: "MarkSheet") -> bool:
    if sheet.context_id != launch.context.pk:
        return False
    if sheet.assigned_to_id == launch.person.pk:
        return not why_withheld(sheet)
    return _sees_as_marker(launch, sheet)


def can_mark(launch: Launch, sheet: "MarkSheet") -> bool:
    """Teachers may take over what is assigned to somebody else; the Event names them."""
    return can_see(launch, sheet)


def can_amend(launch: Launch, sheet: "MarkSheet") -> bool:
    """Not those whom it is assigned to: they correct it for as long as corrections are accepted."""
    return sheet.context_id == launch.context.pk and _sees_as_marker(launch, sheet)


def can_type_in(launch: Launch, sheet: "MarkSheet") -> bool:
    """From paper, for whoever marked: teachers, never what is about themselves."""
    return launch.role == Role.INSTRUCTOR and can_see(launch, sheet) and not sheet.is_self_assessment


def why_withheld(sheet: "MarkSheet") -> str:
    if not sheet.is_self_assessment:
        return ""
    return next((why for rule in _withholding if (why := rule(sheet))), "")


def why_not_seen(launch: Launch, sheet: "MarkSheet") -> str:
    """What somebody hears who may not see this sheet of their course: whose it is, and what to do."""
    if sheet.assigned_to_id == launch.person.pk and (why := why_withheld(sheet)):
        return why
    if launch.role == Role.INSTRUCTOR and (why := _why_shielded(launch, sheet)):
        return why
    if sheet.candidate_id == launch.person.pk:
        return _("This is your own mark sheet. You see your feedback once it is released.")
    if can_see_sheets(launch) or launch.role == Role.GUEST:
        return _(
            "This sheet is for another examiner, and examiners mark on their own. "
            "If it is yours to mark, ask the coordinator to reassign it to you."
        )
    return _("Mark sheets are for those who examine in this course.")


def _why_shielded(launch: Launch, sheet: "MarkSheet") -> str:
    return next((why for rule in _shields if (why := rule(launch, sheet))), "")


def _sees_as_marker(launch: Launch, sheet: "MarkSheet") -> bool:
    if sheet.candidate_id == launch.person.pk:
        return False
    if launch.role == Role.INSTRUCTOR:
        return not _why_shielded(launch, sheet)
    return can_see_sheets(launch) and sheet.assigned_to_id is None
