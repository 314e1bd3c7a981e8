"""What of a rubric a file for Canvas cannot hold, named before it is exported. Where nothing is named, nothing is lost."""

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal

from django.utils.translation import gettext as _

from assessments.rubrics.files.canvas_csv import is_kept, kind_of, rises, weighted
from assessments.rubrics.files.cells import is_formula
from assessments.rubrics.wording import CriterionWording, Kind, RubricWording


def of(rubric: RubricWording) -> list[str]:
    """Sentences, most weighty first; empty when Canvas keeps all."""
    return [*_left_out(rubric), *_marking(rubric), *_wording(rubric)]


def _left_out(rubric: RubricWording) -> Iterator[str]:
    if titles := _titles(rubric.criteria, lambda row: row.kind == Kind.GLOBAL):
        yield (
            _("The global rating (%(titles)s): Canvas would add its points to the total. It is left out.")
            % titles
        )
    if titles := _titles(rubric.criteria, lambda row: not row.levels and row.kind != Kind.GLOBAL):
        yield _("Criteria without levels (%(titles)s): Canvas refuses them. They are left out.") % titles
    if rubric.statements:
        yield _("The feedback statements: %(n)d.") % {"n": len(rubric.statements)}
    if rubric.description:
        yield _("What the rubric is for.")


def _marking(rubric: RubricWording) -> Iterator[str]:
    rows = [row for row in rubric.criteria if is_kept(row)]
    for sentence, is_lost in (
        (_("Critical: %(titles)s."), lambda row: row.is_critical),
        (_("Need not be answered: %(titles)s."), lambda row: not row.is_mandatory),
        (_("May be not applicable: %(titles)s."), lambda row: row.allows_not_applicable),
        (_("Not shown in the feedback: %(titles)s."), lambda row: not row.is_shown_to_student),
        (_("Weights: the points are multiplied by them (%(titles)s)."), lambda row: Decimal(row.weight) != 1),
        (_("Points with more than two decimals are rounded: %(titles)s."), _is_rounded),
        (_("Kinds of criteria: %(titles)s."), lambda row: row.kind != kind_of(row.levels)),
    ):
        if titles := _titles(rows, is_lost):
            yield sentence % titles


def _wording(rubric: RubricWording) -> Iterator[str]:
    rows = [row for row in rubric.criteria if is_kept(row)]
    for sentence, is_lost in (
        (_("Sections: %(titles)s."), lambda row: row.section),
        (_("Domains: %(titles)s."), lambda row: row.domain),
        (_("Competencies: %(titles)s."), lambda row: row.competency),
        (
            _("The order of the levels, which Canvas sorts by points: %(titles)s."),
            lambda row: not rises(row.levels),
        ),
    ):
        if titles := _titles(rows, is_lost):
            yield sentence % titles
    if any(is_formula(text) for text in _texts(rubric)):
        yield _(
            "Texts that begin like a formula (=, +, -, @) get an apostrophe in front, so that no spreadsheet runs them."
        )


def _titles(
    rows: Iterable[CriterionWording], is_lost: Callable[[CriterionWording], object]
) -> dict[str, str]:
    titles = ", ".join(f"“{row.title}”" for row in rows if is_lost(row))
    return {"titles": titles} if titles else {}


def _is_rounded(row: CriterionWording) -> bool:
    return any(weighted(level, row) != Decimal(level.points) * Decimal(row.weight) for level in row.levels)


def _texts(rubric: RubricWording) -> Iterator[str]:
    yield rubric.title
    for row in rubric.criteria:
        yield from (row.title, row.description)
        yield from (text for level in row.levels for text in (level.title, level.description))
