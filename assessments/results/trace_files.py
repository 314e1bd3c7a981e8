"""A signed decision on one candidate as a file that holds without the tool: JSON to compute again, PDF to read."""

from typing import Any

from django.template.loader import render_to_string
from django.utils.translation import get_language

from assessments.results.models import Outcome


def plain(outcome: Outcome) -> dict[str, Any]:
    """The chain, and of the rule what concerns this candidate: nobody else's marks or rulings."""
    proposal = outcome.proposal
    activity = proposal.moderation.activity
    rule = dict(proposal.rule)
    for name in ("resolutions", "excuses", "candidates"):
        rule[name] = [row for row in rule[name] if row["candidate"] == outcome.candidate_id]
    del rule["concerns"]
    return {
        "exam": activity.title,
        "course": activity.context.title,
        "candidate": outcome.candidate.display_name,
        "proposal": proposal.number,
        "fingerprint": proposal.fingerprint,
        "proposed": _who(proposal.by, proposal.at),
        "signed": _who(proposal.signed_by, proposal.signed_at),
        "verdict": outcome.verdict,
        "rule": rule,
        "trace": outcome.trace,
    }


def pdf(outcome: Outcome) -> bytes:
    # Takes most of a second to load, and most processes never print.
    from weasyprint import HTML

    told = {"outcome": outcome, "proposal": outcome.proposal, "language": get_language()}
    html = render_to_string("results/trace_print.html", told | {"trace": outcome.trace})
    found: bytes = HTML(string=html, url_fetcher=_nothing).write_pdf(pdf_variant="pdf/ua-1")
    return found


def _who(person: Any, at: Any) -> dict[str, Any]:
    return {"by": person.display_name if person else None, "at": at.isoformat() if at else None}


def _nothing(url: str, *args: Any, **more: Any) -> Any:
    """What is printed comes from nowhere else."""
    raise ValueError("Nothing is fetched for a printed decision.")
