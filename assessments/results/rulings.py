"""Everything that people decided about an activity's results, read at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from uuid import UUID

from assessments.results.models import (
    CandidateRuling,
    ConcernNote,
    Excuse,
    Moderation,
    PartRuling,
    Resolution,
    Ruling,
)

Place: TypeAlias = tuple[UUID, int]  # a part's key and a candidate's person id


@dataclass(frozen=True)
class Rulings:
    """`moderation` holds the rule; it need not be saved."""

    moderation: Moderation
    parts: Mapping[UUID, PartRuling] = field(default_factory=dict)
    resolutions: Mapping[Place, Resolution] = field(default_factory=dict)
    excuses: Mapping[Place, Excuse] = field(default_factory=dict)
    candidates: Mapping[int, CandidateRuling] = field(default_factory=dict)
    concern_notes: Mapping[int, ConcernNote] = field(default_factory=dict)

    def of_part(self, key: UUID) -> PartRuling:
        """What was decided on it; without a decision, a ruling that changes nothing."""
        return self.parts.get(key) or PartRuling(moderation=self.moderation, part=key)


def read(moderation: Moderation) -> Rulings:
    """Five queries, however many rulings."""
    if moderation.pk is None:
        return Rulings(moderation)
    return Rulings(
        moderation,
        parts={row.part: row for row in _rows(moderation.part_rulings)},
        resolutions={(row.part, row.candidate_id): row for row in _rows(moderation.resolutions)},
        excuses={(row.part, row.candidate_id): row for row in _rows(moderation.excuses)},
        candidates={row.candidate_id: row for row in _rows(moderation.candidate_rulings)},
        concern_notes={row.sheet_id: row for row in _rows(moderation.concern_notes)},
    )


def of(activity: Any) -> Rulings:
    """An activity that nobody has moderated yet has the rule that ours begins with, and no rulings."""
    return read(
        Moderation.objects.filter(activity=activity).select_related("activity").first()
        or Moderation(activity=activity)
    )


def _rows(rulings: Any) -> list[Any]:
    return list(rulings.select_related("by"))


def told(rulings: Rulings) -> dict[str, Any]:
    """All of it as plain values, without names, for a proposal to keep."""
    rule = rulings.moderation
    return {
        "z": float(rule.z),
        "least_parts": rule.least_parts,
        "threshold": float(rule.threshold),
        "resolving": rule.resolving,
        "parts": [
            {
                "part": str(row.part),
                "method": row.method,
                "cut": None if row.cut is None else float(row.cut),
                "panel": row.panel,
                "is_dropped": row.is_dropped,
                "adjustment": float(row.adjustment),
                **_why(row),
            }
            for row in rulings.parts.values()
        ],
        "resolutions": [
            {**_place(row), "mark": float(row.mark), "seen": row.seen, **_why(row)}
            for row in rulings.resolutions.values()
        ],
        "excuses": [{**_place(row), **_why(row)} for row in rulings.excuses.values()],
        "candidates": [
            {"candidate": row.candidate_id, "verdict": row.verdict, **_why(row)}
            for row in rulings.candidates.values()
        ],
        "concerns": [{"sheet": row.sheet_id, **_why(row)} for row in rulings.concern_notes.values()],
    }


def _place(row: Resolution | Excuse) -> dict[str, Any]:
    return {"part": str(row.part), "candidate": row.candidate_id}


def _why(row: Ruling) -> dict[str, Any]:
    return {"reason": row.reason, "by": row.by_id, "at": row.at.isoformat()}
