"""Everything the board decides on, on paper: the exam, its stations with their charts, rulings, and each decision."""

from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import get_language

from assessments.activities.models import Activity
from assessments.results import moderating
from assessments.results.examiners import examiners
from assessments.results.pictures import of_part, of_totals
from assessments.results.quality import quality
from assessments.results.standing import Standing
from assessments.results.traces import traces


def pdf(activity: Activity, standing: Standing) -> bytes:
    # Takes most of a second to load, and most processes never print.
    from weasyprint import HTML

    html = render_to_string("results/board_pack.html", told(activity, standing))
    found: bytes = HTML(string=html, url_fetcher=_nothing).write_pdf(pdf_variant="pdf/ua-1")
    return found


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


def _nothing(url: str, *args: Any, **more: Any) -> Any:
    """What is printed comes from nowhere else."""
    raise ValueError("Nothing is fetched for the board's pack.")
