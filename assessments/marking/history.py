"""What an amendment changed, in the words of the rubric."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from assessments.marking.models import Amendment, MarkSheet


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
