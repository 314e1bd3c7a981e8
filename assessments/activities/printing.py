"""PDF from a template, readable by screen readers (PDF/UA)."""

from collections.abc import Mapping
from typing import Any

from django.template.loader import render_to_string


def printed(template: str, told: Mapping[str, Any]) -> bytes:
    # Takes most of a second to load, and most processes never print.
    from weasyprint import HTML

    html = render_to_string(template, dict(told))
    found: bytes = HTML(string=html, url_fetcher=_nothing).write_pdf(pdf_variant="pdf/ua-1")
    return found


def _nothing(url: str, *args: Any, **more: Any) -> Any:
    """What is printed comes from nowhere else."""
    raise ValueError("Nothing is fetched for what is printed.")
