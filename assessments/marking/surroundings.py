"""What stands around a sheet: the feature that a sheet is for says where it came from and where one goes on.

Features register a finder when their app is ready; marking asks each, and knows none of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from assessments.marking.models import MarkSheet
from assessments.marking.permissions import can_see_sheets
from lti_tool.port import Launch


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """`subject`: whom or what the sheet is about, where that is not the candidate's name. `template`: its head, with `context`;
    empty for the subject and the rubric's title.

    `back_url` may be empty: then there is nowhere that this person may go. `done_url`: where one goes after handing in,
    `submit_words`: what the button says that does so. `comment_hint`: what the overall comment is for, and who reads it
    when; empty for what the candidate reads after the release. `foot`: a template under the sheet, with `context` too.
    """

    back_url: str = ""
    back_words: str = ""
    done_url: str
    submit_words: str
    subject: str = ""
    template: str = ""
    comment_hint: str = ""
    foot: str = ""
    context: Mapping[str, Any] = field(default_factory=dict)


Finder = Callable[[MarkSheet, Launch], Surroundings | None]
_finders: list[Finder] = []


def register(find: Finder) -> None:
    _finders.append(find)


def around(sheet: MarkSheet, launch: Launch) -> Surroundings:
    """Of the feature that knows the sheet, else of the link that was launched."""
    found = (find(sheet, launch) for find in _finders)
    return next((it for it in found if it is not None), None) or _of_launch(launch)


def _of_launch(launch: Launch) -> Surroundings:
    start = reverse("activities:start")
    is_marker = can_see_sheets(launch)
    return Surroundings(
        back_url=start if is_marker else "",
        back_words=_("All candidates"),
        done_url=f"{start}?done=submitted",
        submit_words=_("Submit"),
    )
