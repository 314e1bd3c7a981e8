"""What reading a file gives."""

from dataclasses import dataclass

from assessments.rubrics.wording import RubricWording

MOST_RUBRICS = 50  # of one file


@dataclass(frozen=True)
class Remark:
    """One sentence about a place in a file; both places are in words, empty where it is about the whole file."""

    sentence: str
    where: str = ""  # "Row 4", "Rubric 1, criterion 3"
    column: str = ""  # the heading of the column, or the name of the field


@dataclass(frozen=True)
class Reading:
    """Either rubrics, each as drafting would keep it, or problems: with a problem there is no rubric."""

    rubrics: tuple[RubricWording, ...] = ()
    problems: tuple[Remark, ...] = ()
    notes: tuple[Remark, ...] = ()  # what was understood otherwise than it is written


def outcome(
    rubrics: list[RubricWording], problems: list[Remark], notes: list[Remark] | None = None
) -> Reading:
    if problems:
        return Reading(problems=tuple(problems))
    return Reading(tuple(rubrics), notes=tuple(notes or ()))
