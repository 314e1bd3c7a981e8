"""What many templates are made of."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from assessments.rubrics.wording import CriterionWording, Kind, LevelWording, StatementKind, StatementWording


def done(title: str, description: str = "", points: str = "1", **more: Any) -> CriterionWording:
    levels = (LevelWording(_("Not done"), "0"), LevelWording(_("Done"), points))
    return CriterionWording(title, levels, description, **more)


def graded(title: str, missed: str, partly: str, fully: str, **more: Any) -> CriterionWording:
    levels = (
        LevelWording(_("Not done"), "0", missed),
        LevelWording(_("Partly"), "1", partly),
        LevelWording(_("Fully"), "2", fully),
    )
    return CriterionWording(title, levels, **more)


def scale(title: str, names: Sequence[str], looks: Sequence[str], **more: Any) -> CriterionWording:
    """A rating scale, from least to most: 0 points, 1, 2 and so on."""
    pairs = zip(names, looks, strict=True)
    levels = tuple(LevelWording(name, str(n), look) for n, (name, look) in enumerate(pairs))
    return CriterionWording(title, levels, **{"kind": Kind.RATING, **more})


def overall(clear_fail: str, borderline: str, clear_pass: str, excellent: str) -> CriterionWording:
    """The examiner's own judgement of the whole, which borderline regression needs beside the items."""
    return CriterionWording(
        _("Global rating"),
        (
            LevelWording(_("Clear fail"), "0", clear_fail),
            LevelWording(_("Borderline"), "1", borderline, is_borderline=True),
            LevelWording(_("Clear pass"), "2", clear_pass),
            LevelWording(_("Excellent"), "3", excellent),
        ),
        _("Your own judgement of the whole encounter, whatever the items add up to."),
        Kind.GLOBAL,
    )


def statements(*, strengths: Sequence[str], next_steps: Sequence[str]) -> tuple[StatementWording, ...]:
    return (
        *(StatementWording(text) for text in strengths),
        *(StatementWording(text, StatementKind.NEXT_STEP) for text in next_steps),
    )
