"""Publishing freezes a rubric: from then on people are marked with exactly this text."""

from collections import Counter
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.audit.recording import record
from assessments.rubrics.models import Criterion, Rubric


@transaction.atomic
def publish(*, rubric: Rubric, by: Any) -> Rubric:
    """Freeze the draft. ValidationError lists everything that still has to be mended first."""
    rubric = Rubric.objects.select_for_update().whole().get(pk=rubric.pk)
    if not rubric.is_draft:
        raise ValidationError(_("This rubric is already published."), code="state")
    if missing := obstacles(rubric):
        raise ValidationError(missing, code="obstacles")
    rubric.state = Rubric.State.PUBLISHED
    rubric.published_at = timezone.now()
    rubric.published_by = by
    rubric.save(update_fields=["state", "published_at", "published_by"])
    record("rubric.published", by=by, on=rubric, data={"maximum": str(rubric.maximum)})
    return rubric


def obstacles(rubric: Rubric) -> list[str]:
    """What keeps this rubric from being used, a sentence each."""
    criteria = list(rubric.criteria.all())
    if not criteria:
        return [_("The rubric has no criteria yet. Add at least one.")]
    found = [sentence for criterion in criteria for sentence in _of_criterion(criterion)]
    repeated = [title for title, n in Counter(row.title.casefold() for row in criteria).items() if n > 1]
    for criterion in criteria:
        if criterion.title.casefold() in repeated:
            repeated.remove(criterion.title.casefold())
            found.append(_("Two criteria are called “%(title)s”. Rename one.") % {"title": criterion.title})
    if not rubric.maximum:
        found.append(_("No level gives any points, so the result would always be 0. Give some level points."))
    return found


def _of_criterion(criterion: Criterion) -> list[str]:
    levels = list(criterion.levels.all())
    if criterion.is_global_rating and sum(level.is_borderline for level in levels) != 1:
        return [_("“%(title)s” needs one level that is the borderline.") % {"title": criterion.title}]
    if len(levels) < 2:
        return [_("“%(title)s” needs at least two levels to choose from.") % {"title": criterion.title}]
    if len({level.title.casefold() for level in levels}) < len(levels):
        return [_("“%(title)s” has two levels of the same name. Rename one.") % {"title": criterion.title}]
    return []
