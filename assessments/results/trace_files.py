"""A signed decision on one candidate as a file that holds without the tool: JSON to compute again, PDF to read."""

from typing import Any

from django.utils.translation import get_language

from assessments.activities.printing import printed
from assessments.results.models import Moderation, Outcome


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
    rule = outcome.proposal.rule
    told = {
        "outcome": outcome,
        "proposal": outcome.proposal,
        "threshold": rule["threshold"],
        "resolving": Moderation.Resolving(rule["resolving"]).label,
        "language": get_language(),
    }
    return printed("results/trace_print.html", told | {"trace": outcome.trace})


def _who(person: Any, at: Any) -> dict[str, Any]:
    return {"by": person.display_name if person else None, "at": at.isoformat() if at else None}
