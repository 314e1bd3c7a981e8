"""What went wrong with a platform, for the administrator to find: one row a kind, counted, without names or tokens."""

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from lti_tool.claims import storable
from lti_tool.models import Deployment, Problem, Registration

MAX_SAID = 500


def note(
    registration: Registration,
    *,
    area: Problem.Area,
    code: str,
    said: str = "",
    deployment: Deployment | None = None,
) -> None:
    """Count this kind of problem once more, with the platform's newest words for it."""
    now = timezone.now()
    place = {"registration": registration, "deployment": deployment, "area": area, "code": code}
    newest = {"said": storable(said)[:MAX_SAID], "last_at": now}
    if Problem.objects.filter(**place).update(times=F("times") + 1, **newest):
        return
    with transaction.atomic():
        row, is_new = Problem.objects.get_or_create(**place, defaults={**newest, "first_at": now})
    if not is_new:  # another request met it in the same moment
        Problem.objects.filter(pk=row.pk).update(times=F("times") + 1, **newest)
