"""What the criterion form sends, as plain values; drafting says what is wrong with them."""

from itertools import zip_longest

from django.http import QueryDict

from assessments.rubrics.wording import CriterionWording, LevelWording

FIRST_ROWS = 4


def read_criterion(sent: QueryDict) -> CriterionWording:
    """Level rows that were left empty are not there."""
    rows = zip_longest(
        sent.getlist("level_title"),
        sent.getlist("level_points"),
        sent.getlist("level_description"),
        fillvalue="",
    )
    levels = tuple(LevelWording(*row) for row in rows if any(text.strip() for text in row))
    return CriterionWording(sent.get("title", ""), levels, sent.get("description", ""))
