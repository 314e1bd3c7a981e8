"""What the forms send, as plain values; drafting says what is wrong with them."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import zip_longest

from django.http import QueryDict

from assessments.rubrics.wording import (
    CriterionWording,
    Kind,
    LevelWording,
    StatementKind,
    StatementWording,
)

FIRST_ROWS = 4
FIRST_STATEMENTS = 2
_TEXTS = ("title", "description", "section", "domain", "competency")
# Under “More” in the form, which is open when one of them is not as usual.
MORE = (
    "section",
    "domain",
    "competency",
    "weight",
    "is_mandatory",
    "is_critical",
    "allows_not_applicable",
    "is_shown_to_student",
)


def read_criterion(sent: QueryDict) -> CriterionWording:
    """A switch that is not sent is as usual. Level rows that were left empty are not there."""
    return CriterionWording(
        levels=tuple(_read_levels(sent)),
        kind=sent.get("kind", Kind.CHECKLIST),
        weight=_read_weight(sent.get("weight", "")),
        is_mandatory="is_optional" not in sent,
        is_critical="is_critical" in sent,
        allows_not_applicable="allows_not_applicable" in sent,
        is_shown_to_student="is_hidden_from_student" not in sent,
        **{name: sent.get(name, "") for name in _TEXTS},
    )


def as_sent(wording: CriterionWording) -> list[tuple[str, str]]:
    """The fields from which read_criterion reads this wording again."""
    switches = {
        "is_optional": not wording.is_mandatory,
        "is_critical": wording.is_critical,
        "allows_not_applicable": wording.allows_not_applicable,
        "is_hidden_from_student": not wording.is_shown_to_student,
    }
    fields = [(name, str(getattr(wording, name))) for name in (*_TEXTS, "kind", "weight")]
    fields += [(name, "yes") for name, is_on in switches.items() if is_on]
    for place, level in enumerate(wording.levels):
        fields += [("level_row", str(place)), ("level_title", level.title)]
        fields += [("level_points", str(level.points)), ("level_description", level.description)]
        if level.is_borderline:
            fields.append(("borderline", str(place)))
    return fields


def has_more(wording: CriterionWording) -> bool:
    usual = CriterionWording("")
    return any(getattr(wording, name) != getattr(usual, name) for name in MORE)


def read_statements(sent: QueryDict) -> list[StatementWording]:
    """The strengths, then the next steps, each in the order of its rows. Empty rows are not there."""
    return [
        StatementWording(text, kind)
        for kind in StatementKind
        for text in sent.getlist(kind.value)
        if text.strip()
    ]


def _read_levels(sent: QueryDict) -> Iterator[LevelWording]:
    texts = (sent.getlist(f"level_{name}") for name in ("title", "points", "description", "row"))
    borderline = sent.get("borderline", "")
    for title, points, description, row in zip_longest(*texts, fillvalue=""):
        if any(text.strip() for text in (title, points, description)):
            yield LevelWording(title, points, description, row != "" and row == borderline)


def _read_weight(typed: str) -> Decimal | str:
    return CriterionWording.weight if typed.strip() in ("", "1") else typed
