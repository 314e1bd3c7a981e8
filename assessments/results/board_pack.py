"""Everything the board decides on, on paper: the exam, its stations with their charts, rulings, and each decision."""

from typing import Any

from django.utils import timezone
from django.utils.translation import get_language

from assessments.activities.models import Activity
from assessments.activities.printing import printed
from assessments.results import moderating
from assessments.results.examiners import examiners
from assessments.results.pictures import of_part, of_totals
from assessments.results.quality import quality
from assessments.results.standing import Standing
from assessments.results.traces import traces


def pdf(activity: Activity, standing: Standing) -> bytes:
    return printed("results/board_pack.html", told(activity, standing))


def told(activity: Activity, standing: Standing) -> dict[str, Any]:
    moderation = standing.rulings.moderation
    found = quality(standing)
    return {
        "activity": activity,
        "language": get_language(),
        "now": timezone.now(),
        "moderation": moderation,
        "proposal": moderating.current(moderation) if moderation.pk else None,
        "obstacles": moderating.obstacles(standing),
        "found": found,
        "totals": of_totals(found),
        "parts": [(row, of_part(standing, place)) for place, row in enumerate(found.rows)],
        "examiners": examiners(standing.scores),
        "decisions": list(zip(standing.scores.candidates, traces(standing), strict=True)),
        "concerns": [
            (row, standing.scores.candidates[row.candidate], standing.scores.parts[row.part])
            for row in standing.scores.ratings
            if row.concern
        ],
    }
