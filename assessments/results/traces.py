"""Each candidate's decision as a chain that can be read and computed again: marks, cuts, the rule, what people decided.

A trace is plain values, without names: it is kept as it was, whatever the code or the marks become.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from assessments.measurement.exam_rule import Decision
from assessments.measurement.undefined import Number, Undefined
from assessments.results.models import CandidateRuling, PartRuling
from assessments.results.rulings import told
from assessments.results.standing import Standing

VERSION = 1
Verdict = CandidateRuling.Verdict


@dataclass(frozen=True)
class Traced:
    """A candidate's decision; `total` in per cent, None where something is missing."""

    person: Any
    verdict: str
    total: Decimal | None
    trace: dict[str, Any]


def traces(standing: Standing) -> list[Traced]:
    """Of every candidate, in their order."""
    return [
        _traced(standing, place, decision) for place, decision in enumerate(standing.decisions.candidates)
    ]


def fingerprint(standing: Standing, found: Sequence[Traced]) -> str:
    """Tells two decisions apart: every trace, and the rule with every ruling."""
    whole = [told(standing.rulings), [[row.person.pk, row.verdict, row.trace] for row in found]]
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()


def by_rule(decision: Decision) -> str:
    if decision.passed is None:
        return Verdict.NONE
    return Verdict.PASS if decision.passed else Verdict.FAIL


def _traced(standing: Standing, place: int, decision: Decision) -> Traced:
    person = standing.scores.candidates[place].person
    rule = standing.rulings.moderation
    board = standing.rulings.candidates.get(person.pk)
    verdict = board.verdict if board else by_rule(decision)
    trace = {
        "version": VERSION,
        "candidate": standing.scores.candidates[place].code,
        "parts": [_part(standing, place, at) for at in range(len(standing.scores.parts))],
        "total": _number(decision.total),
        "sum_of_cuts": _number(decision.cuts),
        "z": float(rule.z),
        "sem": _number(standing.sem),
        "pass_mark": _number(decision.pass_mark),
        "reaches_total": decision.reaches_total,
        "parts_passed": decision.stations_passed,
        "least_parts": decision.least_stations,
        "reaches_parts": decision.reaches_stations,
        "misses_must_pass": decision.misses_must_pass,
        "by_rule": by_rule(decision),
        "board": {"verdict": board.verdict, "reason": board.reason} if board else None,
        "verdict": verdict,
    }
    total = None if isinstance(decision.total, Undefined) else _rounded(decision.total)
    return Traced(person, verdict, total, trace)


def _part(standing: Standing, place: int, at: int) -> dict[str, Any]:
    part, ruling, cut = standing.scores.parts[at], standing.ruling(at), standing.cuts[at]
    person = standing.scores.candidates[place].person.pk
    excuse = standing.rulings.excuses.get((part.key, person))
    gap = standing.scores.gaps.get((place, at))
    mark = float(standing.marks[place, at])
    is_barred = bool(standing.barred[place, at])
    has_mark = mark == mark
    return {
        "part": str(part.key),
        "title": part.title,
        "weight": part.weight,
        "counts": at in standing.counted and excuse is None,
        "is_pilot": not part.is_counted,
        "dropped": ruling.reason if ruling.is_dropped else None,
        "excused": excuse.reason if excuse else None,
        "gap": {"state": gap.state, "reason": gap.reason} if gap else None,
        "examiners": _examiners(standing, place, at),
        "patients": _patients(standing, place, at),
        "given": float(standing.given[place, at]) if has_mark else None,
        "added": float(ruling.adjustment),
        "added_because": ruling.reason if ruling.adjustment else None,
        "mark": mark if has_mark else None,
        "cut": _number(cut.value),
        "method": ruling.method,
        "cut_because": ruling.reason if ruling.method != PartRuling.Method.REGRESSION else None,
        "misses_critical": is_barred,
        "is_must_pass": part.is_must_pass,
        "passed": None
        if not has_mark or isinstance(cut.value, Undefined)
        else bool(mark >= cut.value - 1e-9 and not is_barred),
    }


def _examiners(standing: Standing, place: int, at: int) -> dict[str, Any] | None:
    """What each gave, and which of it counts where there were two."""
    ratings = standing.scores.of_place.get((place, at))
    if not ratings:
        return None
    double = standing.double_marks.get((place, at))
    return {
        "marks": [row.share for row in ratings],
        "sheets": [row.sheet for row in ratings],
        "resolving": standing.rulings.moderation.resolving if double and double.is_apart else None,
        "resolved": double.resolution.reason if double and double.resolution else None,
    }


def _patients(standing: Standing, place: int, at: int) -> dict[str, Any] | None:
    """They stand beside the marks and count in nothing."""
    ratings = standing.scores.of_patients.get((place, at))
    if not ratings:
        return None
    return {"marks": [row.share for row in ratings], "sheets": [row.sheet for row in ratings]}


def _number(value: Number) -> Any:
    """A number, or why there is none."""
    if isinstance(value, Undefined):
        return {"reason": value.reason.name, "numbers": dict(value.numbers)}
    return float(value)


def _rounded(total: float) -> Decimal:
    """As a result keeps it. The decision was made before this."""
    return Decimal(repr(total)).quantize(Decimal("0.001"), ROUND_HALF_UP)


def differences(kept: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """The names of what is not the same in two traces."""
    return sorted(name for name in {*kept, *now} if kept.get(name) != now.get(name))
