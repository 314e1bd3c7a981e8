"""What a decision still needs, step by step, for those who make it."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.measurement.undefined import Undefined
from assessments.results.moderating import unread_concerns
from assessments.results.standing import Standing


@dataclass(frozen=True)
class Step:
    title: str
    url: str
    sentence: str
    is_done: bool


def steps(activity: Any, standing: Standing) -> list[Step]:
    return [
        _rule(activity, standing),
        _parts(activity, standing),
        _discrepancies(activity, standing),
        _gaps(activity, standing),
        _concerns(activity, standing),
        _decisions(activity, standing),
    ]


def _rule(activity: Any, standing: Standing) -> Step:
    rule = standing.rulings.moderation
    said = _("cuts + %(z)s × SEM") % {"z": f"{rule.z.normalize():f}"}
    if rule.least_parts:
        n = rule.least_parts
        said += ", " + ngettext("%(n)d station passed", "%(n)d stations passed", n) % {"n": n}
    return Step(_("The rule"), _url("rule", activity), said, is_done=True)


def _parts(activity: Any, standing: Standing) -> Step:
    without = sum(isinstance(standing.cuts[place].value, Undefined) for place in standing.counted)
    n = without or len(standing.counted)
    said = (
        ngettext("%(n)d station has no cut", "%(n)d stations have no cut", n)
        if without
        else ngettext("%(n)d station counts, with a cut", "%(n)d stations count, all with a cut", n)
    )
    return Step(
        _("Stations and cuts"), _url("quality", activity), said % {"n": n}, is_done=not without and n > 0
    )


def _discrepancies(activity: Any, standing: Standing) -> Step:
    open_ones = sum(not row.is_settled for row in standing.double_marks.values())
    if not standing.double_marks:
        said = _("nothing was marked by two examiners")
    elif open_ones:
        said = ngettext("%(n)d to decide", "%(n)d to decide", open_ones) % {"n": open_ones}
    else:
        n = len(standing.double_marks)
        said = ngettext("%(n)d marked by two, settled", "%(n)d marked by two, all settled", n) % {"n": n}
    return Step(_("Two examiners, two marks"), _url("discrepancies", activity), said, is_done=not open_ones)


def _gaps(activity: Any, standing: Standing) -> Step:
    n = sum(row.excuse is None for row in standing.missing)
    if not standing.missing:
        said = _("everybody was marked everywhere")
    elif n:
        said = ngettext("%(n)d mark is missing: not a zero", "%(n)d marks are missing: not zeros", n) % {
            "n": n
        }
    else:
        said = _("what is missing was left out, with a reason")
    return Step(_("Absent and void"), _url("gaps", activity), said, is_done=not n)


def _concerns(activity: Any, standing: Standing) -> Step:
    raised = sum(bool(row.concern) for row in standing.scores.ratings)
    unread = len(unread_concerns(standing))
    if not raised:
        said = _("none was raised")
    elif unread:
        said = ngettext("%(n)d to read", "%(n)d to read", unread) % {"n": unread}
    else:
        said = ngettext("%(n)d, read", "%(n)d, all read", raised) % {"n": raised}
    return Step(_("Examiners' concerns"), _url("concerns", activity), said, is_done=not unread)


def _decisions(activity: Any, standing: Standing) -> Step:
    decided = standing.decisions.candidates
    numbers = {
        "passing": sum(row.passed is True for row in decided),
        "failing": sum(row.passed is False for row in decided),
        "open": sum(row.passed is None for row in decided),
    }
    said = _("by the rule %(passing)d pass, %(failing)d do not, %(open)d cannot be decided") % numbers
    ruled = sum(row.person.pk in standing.rulings.candidates for row in standing.scores.candidates)
    if ruled:
        said += "; " + ngettext(
            "the board decided on %(n)d itself", "the board decided on %(n)d itself", ruled
        ) % {"n": ruled}
    return Step(_("Candidates"), _url("decisions", activity), said, is_done=not numbers["open"])


def _url(name: str, activity: Any) -> str:
    return reverse(f"results:{name}", args=[activity.key])
