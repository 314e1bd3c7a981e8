"""The charts of an exam, on its pages and in the board's pack."""

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from assessments.measurement.undefined import Undefined
from assessments.results import charts
from assessments.results.quality import ExamQuality
from assessments.results.standing import Standing
from assessments.results.wording import shown


def of_part(standing: Standing, place: int) -> SafeString | str:
    """A station's marks on its global grades, with line and cut; nothing without grades."""
    marks, grades = standing.given[:, place], standing.grades[:, place]
    both = [
        (float(mark), float(grade))
        for mark, grade in zip(marks, grades, strict=True)
        if mark == mark and grade == grade
    ]
    if not both:
        return ""
    part, cut, line = standing.scores.parts[place], standing.cuts[place].value, standing.regressions[place]
    known = None if isinstance(cut, Undefined) else cut
    return charts.scatter(
        [mark for mark, _grade in both],
        [grade for _mark, grade in both],
        words=_("Marks on global grades at %(station)s, a circle for each candidate.")
        % {"station": part.title},
        axes=(_("global grade"), _("mark, per cent")),
        regression=None if isinstance(line, Undefined) else line,
        borderline=part.borderline,
        cut=known,
        cut_words="" if known is None else _("cut %(cut)s %%") % {"cut": shown(known)},
    )


def of_totals(found: ExamQuality) -> SafeString | str:
    """The candidates' totals with the pass mark; nothing where nobody has one."""
    totals = [line.decision.total for line in found.lines if not isinstance(line.decision.total, Undefined)]
    if not totals:
        return ""
    mark = None if isinstance(found.pass_mark, Undefined) else found.pass_mark
    return charts.histogram(
        totals,
        words=_("How many candidates have which total; the table below has each."),
        axes=(_("total, per cent"), _("candidates")),
        at=mark,
        at_words="" if mark is None else _("pass mark %(mark)s %%") % {"mark": shown(mark)},
    )
