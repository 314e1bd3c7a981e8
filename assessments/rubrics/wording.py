"""A rubric's text as plain values: what a template holds, a form gives, the lint reads and a new version copies."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class LevelWording:
    title: str
    points: Decimal | str  # a string is what someone typed; drafting reads it
    description: str = ""


@dataclass(frozen=True)
class CriterionWording:
    title: str
    levels: tuple[LevelWording, ...] = ()
    description: str = ""
