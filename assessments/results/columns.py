"""The columns of the gradebook that an activity has: its result, and where that is wanted one for each station of an exam.

A kind whose results it computes itself says what its columns are.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from assessments.activities import kinds
from assessments.activities.models import Activity
from assessments.results.models import Moderation, Outcome, Result

TAG = "result"
PART_TAG = "station-"
PER_CENT = Decimal(100)
STEP = Decimal("0.001")
COMMENT_MAX = 4500


@dataclass(frozen=True)
class Column:
    """`grade`: a result's points on the column's scale, None where there is nothing to send. `comment`: what stands beside it."""

    tag: str
    label: str
    maximum: Decimal
    grade: Callable[[Result], Decimal | None]
    comment: Callable[[Result], str]


_of_kinds: dict[str, Callable[[Activity], list[Column]]] = {}
_pages: dict[str, str] = {}


def register(kind: str, of: Callable[[Activity], list[Column]], *, page: str) -> None:
    """Activities of this kind have the columns that `of` gives; the result's first. `page`: the URL name of their grades."""
    _of_kinds[kind], _pages[kind] = of, page


def computing_kinds() -> list[str]:
    """The kinds that compute their results themselves."""
    return list(_of_kinds)


def page(kind: str) -> str:
    """The URL name of the page with the grades of a kind that computes its results itself."""
    return _pages[kind]


def columns(activity: Activity) -> list[Column]:
    """The result's first. Stations have theirs in the order of the exam, those that count."""
    if activity.kind in _of_kinds:
        return _of_kinds[activity.kind](activity)
    maximum = kinds.find(activity.kind).maximum(activity)
    assert maximum
    own = Column(TAG, activity.title, maximum, lambda result: grade(result, maximum), comment)
    return [own, *(_of_part(activity, part) for part in _parts(activity))]


def grade(result: Result, column: Decimal) -> Decimal | None:
    """The points on the column's scale: the share of what was applicable to the candidate. Rounded here and nowhere else."""
    if result.total is None or result.maximum == column:
        return result.total
    return (result.total / result.maximum * column).quantize(STEP, ROUND_HALF_UP)


def comment(result: Result) -> str:
    """What stands beside the grade: the examiner's words on a sheet; of an exam, its decision. Never a name."""
    if result.sheet:
        return gradebook_comment(result.sheet.overall_comment)
    assert result.outcome
    return _("%(verdict)s. The feedback is in the activity.") % {
        "verdict": capfirst(result.outcome.get_verdict_display())
    }


def gradebook_comment(text: str) -> str:
    """The overall comment as the gradebook gets it: whole, or cut at a word with a sentence where the rest is."""
    if len(text) <= COMMENT_MAX:
        return text
    rest = _("… The whole comment is in the activity.")
    head = text[: COMMENT_MAX - len(rest)]
    return (head.rsplit(None, 1)[0] if " " in head else head) + rest


def _parts(activity: Activity) -> list[dict[str, Any]]:
    """The parts that have a column, as the signed decision knows them."""
    if not Moderation.objects.filter(activity=activity, sends_parts=True).exists():
        return []
    outcome = Outcome.objects.filter(result__activity=activity).order_by("pk").first()
    links = outcome.trace["parts"] if outcome else []
    return [link for link in links if not link["is_pilot"]]


def _of_part(activity: Activity, part: dict[str, Any]) -> Column:
    def mark(result: Result) -> Decimal | None:
        links = result.outcome.trace["parts"] if result.outcome else []
        found = next((link for link in links if link["part"] == part["part"]), None)
        if found is None or found["mark"] is None or not found["counts"]:
            return None
        return Decimal(repr(found["mark"])).quantize(STEP, ROUND_HALF_UP)

    label = f"{activity.title}: {part['title']}"
    return Column(PART_TAG + part["part"], label, PER_CENT, mark, lambda result: "")
