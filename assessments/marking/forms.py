"""What the amendment form sends, as the verb wants it."""

from django.http import QueryDict

from assessments.marking.marking import Answer
from assessments.marking.models import MarkSheet
from assessments.rubrics.models import Criterion

NOT_APPLICABLE = "na"


def read_answers(sent: QueryDict, sheet: MarkSheet) -> dict[Criterion, Answer]:
    """The answer of every criterion. A level that is not the criterion's own counts as none chosen."""
    answers = {}
    for criterion in sheet.rubric.criteria.all():
        levels = {str(level.pk): level for level in criterion.levels.all()}
        chosen = sent.get(f"level_{criterion.pk}", "")
        answers[criterion] = Answer(
            levels.get(chosen), sent.get(f"comment_{criterion.pk}", ""), chosen == NOT_APPLICABLE
        )
    return answers


def sent_for(answer: Answer | None) -> int | str:
    """The value of the radio that stands for this answer."""
    if answer is None:
        return ""
    return NOT_APPLICABLE if answer.is_not_applicable else answer.level.pk if answer.level else ""


def read_revision(sent: QueryDict) -> int:
    """The revision the page was made from; -1, which no sheet has, when it was tampered with."""
    text = sent.get("revision", "")
    return int(text) if text.isdecimal() and len(text) < 10 else -1
