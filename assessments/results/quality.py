"""How an exam did: its parts one by one, and as a whole. Computed from a standing; stores and releases nothing."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from assessments.measurement import items, reliability, stations
from assessments.measurement.exam_rule import Decision
from assessments.measurement.standard_setting import Caution, Cut, Regression
from assessments.measurement.stations import BetweenGroups, PatientAgreement, Spread
from assessments.measurement.undefined import Number, Reason, Undefined, undefined
from assessments.results.models import PartRuling
from assessments.results.scores import Assessed, Part
from assessments.results.standing import Standing

# A simulated patient's sheet in per cent, at or below which they count as unhappy: a choice of ours.
UNHAPPY = 25.0


@dataclass(frozen=True)
class PartQuality:
    """Marks in per cent of what the part gives. `alpha_without`: the exam's alpha if the part were dropped."""

    part: Part
    ruling: PartRuling
    spread: Spread
    cut: Cut
    regression: Regression | Undefined
    fail_rate: Number
    alpha_without: Number
    rest: Number
    between_groups: BetweenGroups | Number
    patients: PatientAgreement | None

    @property
    def counts(self) -> bool:
        return self.part.is_counted and not self.ruling.is_dropped

    @property
    def gaps(self) -> list[Undefined]:
        """Why numbers of it are not there, each reason once."""
        fit = self.regression if isinstance(self.regression, Undefined) else self.regression.r_squared
        patients = self.patients.correlation if self.patients else None
        values = (self.cut.value, fit, self.alpha_without, self.rest, self.between_groups, patients)
        found = {value.reason: value for value in values if isinstance(value, Undefined)}
        return list(found.values())


@dataclass(frozen=True)
class Line:
    """One candidate under the rule."""

    candidate: Assessed
    decision: Decision


@dataclass(frozen=True)
class ExamQuality:
    """Totals in per cent, parts by their weights. What does not count has a row all the same, and counts in nothing."""

    standing: Standing
    rows: list[PartQuality]
    alpha: Number
    sem: Number
    spread: Spread
    pass_mark: Number
    lines: list[Line]

    @property
    def without_cut(self) -> int:
        return sum(isinstance(row.cut.value, Undefined) for row in self.rows if row.counts)

    @property
    def gaps(self) -> list[tuple[Undefined, list[str]]]:
        """Each reason for a number that is not there, with the names of the parts that it holds for."""
        found: dict[tuple[object, ...], tuple[Undefined, list[str]]] = {}
        for row in self.rows:
            for gap in row.gaps:
                name = (gap.reason, *sorted(gap.numbers.items()))
                found.setdefault(name, (gap, []))[1].append(row.part.title)
        return list(found.values())

    @property
    def cautions(self) -> list[Caution]:
        """Of all cuts, each once."""
        return list(dict.fromkeys(caution for row in self.rows for caution in row.cut.cautions))

    @property
    def passing(self) -> int:
        return sum(line.decision.passed is True for line in self.lines)

    @property
    def failing(self) -> int:
        return sum(line.decision.passed is False for line in self.lines)

    @property
    def undecided(self) -> int:
        return sum(line.decision.passed is None for line in self.lines)


def quality(standing: Standing) -> ExamQuality:
    scores, counted, weighted = standing.scores, standing.counted, standing.weighted
    alphas = dict(zip(counted, reliability.alpha_if_deleted(weighted), strict=True)) if counted else {}
    rests = dict(zip(counted, items.item_rest(weighted), strict=True)) if counted else {}
    whole = weighted.sum(axis=1) if counted else np.full(len(scores.candidates), np.nan)
    lines = [Line(*pair) for pair in zip(scores.candidates, standing.decisions.candidates, strict=True)]
    return ExamQuality(
        standing=standing,
        rows=[_part(standing, place, alphas, rests) for place in range(len(scores.parts))],
        alpha=reliability.cronbach_alpha(weighted),
        sem=standing.sem,
        spread=stations.spread(whole),
        pass_mark=standing.decisions.pass_mark,
        lines=lines,
    )


def _part(standing: Standing, place: int, alphas: dict[int, Number], rests: dict[int, Number]) -> PartQuality:
    marks, cut, patients = standing.marks[:, place], standing.cuts[place], standing.patients[:, place]
    outside = undefined(Reason.NOT_COUNTED)
    return PartQuality(
        part=standing.scores.parts[place],
        ruling=standing.ruling(place),
        spread=stations.spread(marks),
        cut=cut,
        regression=standing.regressions[place],
        fail_rate=cut.value if isinstance(cut.value, Undefined) else stations.fail_rate(marks, cut.value),
        alpha_without=alphas.get(place, outside),
        rest=rests.get(place, outside),
        between_groups=stations.between_groups(marks, [row[place] for row in standing.scores.groups]),
        patients=None
        if np.isnan(patients).all()
        else stations.patient_agreement(patients, marks, unhappy=UNHAPPY),
    )


def summary(found: ExamQuality) -> dict[str, Any]:
    """What a later year is set beside, as plain values; None where there is no number."""
    return {
        "candidates": len(found.lines),
        "mean": _plain(found.spread.mean),
        "sd": _plain(found.spread.sd),
        "alpha": _plain(found.alpha),
        "sem": _plain(found.sem),
        "pass_mark": _plain(found.pass_mark),
        "passing": found.passing,
        "failing": found.failing,
        "undecided": found.undecided,
        "parts": [
            {
                "title": row.part.title,
                "counts": row.counts,
                "mean": _plain(row.spread.mean),
                "cut": _plain(row.cut.value),
                "fail_rate": _plain(row.fail_rate),
            }
            for row in found.rows
        ],
    }


def _plain(value: Number) -> float | None:
    return None if isinstance(value, Undefined) else float(value)
