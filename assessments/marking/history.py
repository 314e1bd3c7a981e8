"""Where what a sheet says came from: amendments and late taps in the words of the rubric, and typing from paper."""

from dataclasses import dataclass
from typing import Any

from django.utils import formats, timezone
from django.utils.translation import gettext as _

from assessments.marking.models import Amendment, MarkSheet, Tap


@dataclass(frozen=True)
class Change:
    what: str
    before: str
    after: str


def changes(amendment: Amendment, sheet: MarkSheet) -> list[Change]:
    """Each answer that differs, in the rubric's order, the overall comment last."""
    found = []
    for criterion in sheet.rubric.criteria.all():
        titles = {level.pk: level.title for level in criterion.levels.all()}

        def said(answer: dict[str, Any], titles: dict[int, str] = titles) -> str:
            return _("Not applicable") if answer.get("not_applicable") else titles.get(answer["level"], "–")

        before, after = (
            answers["marks"].get(str(criterion.pk), {"level": None, "comment": ""})
            for answers in (amendment.before, amendment.after)
        )
        if said(before) != said(after):
            found.append(Change(criterion.title, said(before), said(after)))
        if before["comment"] != after["comment"]:
            what = _("Comment on “%(title)s”") % {"title": criterion.title}
            found.append(Change(what, before["comment"] or "–", after["comment"] or "–"))
    before, after = amendment.before["overall_comment"], amendment.after["overall_comment"]
    if before != after:
        found.append(Change(_("Overall comment"), before or "–", after or "–"))
    return found


def late_taps(sheet: MarkSheet) -> list[str]:
    """What came too late to be applied and nobody has tapped about since, in words, oldest first."""
    late = list(sheet.taps.filter(outcome=Tap.Outcome.LATE))
    if not late:
        return []
    last = {tap.field: tap.pk for tap in sheet.taps.filter(outcome=Tap.Outcome.APPLIED)}
    wording = Wording(sheet)
    return [_said_late(wording, tap) for tap in late if last.get(tap.field, 0) < tap.pk]


def from_paper(sheet: MarkSheet) -> str:
    """Who marked on paper and who typed it in; empty of a sheet that did not come from paper.

    The log names whoever took the typed sheet over for each answer, as it names whoever tapped.
    """
    entries = list(sheet.paper_entries.exclude(taken_at=None).select_related("by"))
    if not entries:
        return ""
    typists = [entry.by.display_name if entry.by else "–" for entry in entries]
    taken_at = timezone.localtime(entries[-1].taken_at)
    words = {
        "who": sheet.assigned_to.display_name if sheet.assigned_to else "",
        "first": typists[0],
        "second": typists[-1],
        "date": formats.date_format(taken_at),
        "time": formats.time_format(taken_at),
    }
    marked = _("Marked on paper by %(who)s.") if words["who"] else _("Marked on paper.")
    typed = _("Typed in by %(first)s, a second time by %(second)s, and taken over on %(date)s, %(time)s.")
    return f"{marked} {typed}" % words


class Wording:
    """What the fields of a sheet's taps are called, and what their values say."""

    def __init__(self, sheet: MarkSheet) -> None:
        criteria = list(sheet.rubric.criteria.all())
        self._criteria = {str(row.pk): row.title for row in criteria}
        self._levels = {level.pk: level.title for row in criteria for level in row.levels.all()}
        self._statements = {str(row.pk): row.text for row in sheet.rubric.statements.all()}

    def what(self, field: str) -> str:
        name, _colon, about = field.partition(":")
        if name == "level":
            return self._criteria.get(about, "–")
        if name == "comment":
            return _("Comment on “%(title)s”") % {"title": self._criteria.get(about, "–")}
        if name == "statement":
            return self._statements.get(about, _("Statement"))
        return _("Concern") if name == "concern" else _("Overall comment")

    def value(self, field: str, value: Any) -> str:
        if field.startswith("level:"):
            return _("Not applicable") if value == "na" else self._levels.get(value, _("no answer"))
        if isinstance(value, bool) or field.startswith("statement:"):
            return _("chosen") if value else _("not chosen")
        return value or "–"


def _said_late(wording: Wording, tap: Tap) -> str:
    return _("%(what)s: %(value)s (received %(time)s)") % {
        "what": wording.what(tap.field),
        "value": wording.value(tap.field, tap.value),
        "time": formats.time_format(timezone.localtime(tap.received_at)),
    }
