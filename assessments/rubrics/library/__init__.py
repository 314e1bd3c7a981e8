"""Ready rubrics to start from, in our own words, one module each. A course gets a draft copy and changes it as it likes.

They are Python and not files of ours, so that every text is a literal that gettext collects and translators meet.
"""

from collections.abc import Callable
from dataclasses import dataclass

from assessments.rubrics.library import (
    cannulation,
    cardiorespiratory,
    collapse,
    consultation,
    diagnosis,
    feedback_back,
    hand_hygiene,
    handover,
    history,
    pain_history,
    peer_feedback,
    procedure,
    supervision,
    teamwork,
)
from assessments.rubrics.wording import RubricWording

_WORDINGS: dict[str, Callable[[], RubricWording]] = {
    "history": history.wording,
    "diagnosis": diagnosis.wording,
    "cannulation": cannulation.wording,
    "pain-history": pain_history.wording,
    "cardiorespiratory": cardiorespiratory.wording,
    "hand-hygiene": hand_hygiene.wording,
    "handover": handover.wording,
    "consultation": consultation.wording,
    "collapse": collapse.wording,
    "procedure": procedure.wording,
    "supervision": supervision.wording,
    "teamwork": teamwork.wording,
    "peer-feedback": peer_feedback.wording,
    "feedback-back": feedback_back.wording,
}


@dataclass(frozen=True)
class Template:
    slug: str
    wording: RubricWording


def templates() -> tuple[Template, ...]:
    """All of them, in the language of the moment."""
    return tuple(Template(slug, wording()) for slug, wording in _WORDINGS.items())


def find(slug: str) -> Template | None:
    wording = _WORDINGS.get(slug)
    return Template(slug, wording()) if wording else None
