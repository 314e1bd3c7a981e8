"""A rubric's text as plain values: what a template holds, a form gives, the lint reads and a new version copies."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Kind(TextChoices):
    """How a criterion is judged. All of them are levels to choose from; the kinds differ in what the levels mean."""

    CHECKLIST = "checklist", _("checklist item")  # done or not, or partly
    RATING = "rating", _("rating scale")  # how well
    DOMAIN = "domain", _("domain grade")  # one grade for a whole domain
    GLOBAL = (
        "global",
        _("global rating"),
    )  # the rater's own overall judgement, which never counts in the points


class StatementKind(TextChoices):
    STRENGTH = "strength", _("strength")
    NEXT_STEP = "next_step", _("next step")


@dataclass(frozen=True)
class LevelWording:
    title: str
    points: Decimal | str  # a string is what someone typed; drafting reads it
    description: str = ""
    is_borderline: bool = False  # of a global rating: the anchor of standard setting


@dataclass(frozen=True)
class CriterionWording:
    title: str
    levels: tuple[LevelWording, ...] = ()
    description: str = ""
    kind: str = Kind.CHECKLIST
    section: str = ""
    domain: str = ""
    competency: str = ""
    weight: Decimal | str = Decimal(1)
    is_mandatory: bool = True
    is_critical: bool = False
    allows_not_applicable: bool = False
    is_shown_to_student: bool = True


@dataclass(frozen=True)
class StatementWording:
    """Feedback that raters give with one tap."""

    text: str
    kind: str = StatementKind.STRENGTH


@dataclass(frozen=True)
class RubricWording:
    title: str
    description: str = ""
    criteria: tuple[CriterionWording, ...] = ()
    statements: tuple[StatementWording, ...] = ()
