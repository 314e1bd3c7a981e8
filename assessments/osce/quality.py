"""What an exam's marks come to: its stations one by one, and who would pass by a rule. Stores and releases nothing."""

from dataclasses import dataclass

import numpy as np

from assessments.measurement import items, reliability, stations
from assessments.measurement.arrays import Floats
from assessments.measurement.exam_rule import Decision, Decisions, Rule, decide
from assessments.measurement.standard_setting import Caution, Regression, borderline_regression
from assessments.measurement.stations import BetweenGroups, PatientAgreement, Spread
from assessments.measurement.undefined import Number, Reason, Undefined, undefined
from assessments.osce.models import Candidate, Station
from assessments.osce.scores import ExamScores

# A simulated patient's sheet in per cent, at or below which they count as unhappy: a choice of ours.
UNHAPPY = 25.0


@dataclass(frozen=True)
class StationQuality:
    """Marks in per cent of what the station gives. `alpha_without`: the exam's alpha if the station were dropped."""

    station: Station
    spread: Spread
    regression: Regression | Undefined
    fail_rate: Number
    alpha_without: Number
    rest: Number
    between_circuits: BetweenGroups | Number
    between_examiners: BetweenGroups | Number
    patients: PatientAgreement | None

    @property
    def cut(self) -> Number:
        return self.regression if isinstance(self.regression, Undefined) else self.regression.cut.value

    @property
    def gaps(self) -> list[Undefined]:
        """Why numbers of it are not there, each reason once."""
        cut_error = () if isinstance(self.regression, Undefined) else (self.regression.r_squared,)
        values = (self.cut, *cut_error, self.alpha_without, self.rest, self.between_circuits)
        found = {value.reason: value for value in values if isinstance(value, Undefined)}
        return list(found.values())


@dataclass(frozen=True)
class Line:
    """One candidate under the rule."""

    candidate: Candidate
    decision: Decision


@dataclass(frozen=True)
class ExamQuality:
    """Totals in per cent, stations by their weights. Pilots have a row and count in nothing."""

    scores: ExamScores
    rows: list[StationQuality]
    alpha: Number
    sem: Number
    spread: Spread
    decisions: Decisions
    lines: list[Line]

    @property
    def without_cut(self) -> int:
        return sum(isinstance(row.cut, Undefined) for row in self.rows if row.station.is_counted)

    @property
    def gaps(self) -> list[tuple[Undefined, list[Station]]]:
        """Each reason for a number that is not there, with the stations that it holds for."""
        found: dict[tuple[object, ...], tuple[Undefined, list[Station]]] = {}
        for row in self.rows:
            for gap in row.gaps:
                name = (gap.reason, *sorted(gap.numbers.items()))
                found.setdefault(name, (gap, []))[1].append(row.station)
        return list(found.values())

    @property
    def cautions(self) -> list[Caution]:
        """Of all stations' cuts, each once."""
        lines = [row.regression for row in self.rows if not isinstance(row.regression, Undefined)]
        return list(dict.fromkeys(caution for line in lines for caution in line.cut.cautions))

    @property
    def passing(self) -> int:
        return sum(line.decision.passed is True for line in self.lines)

    @property
    def failing(self) -> int:
        return sum(line.decision.passed is False for line in self.lines)

    @property
    def undecided(self) -> int:
        return sum(line.decision.passed is None for line in self.lines)


def quality(scores: ExamScores, *, z: float, least_stations: int) -> ExamQuality:
    counted = [
        place for place, station in enumerate(scores.stations) if station.is_counted and station.weight
    ]
    shares = _shares(scores, counted)
    weighted = scores.marks[:, counted] * shares
    alphas = dict(zip(counted, reliability.alpha_if_deleted(weighted), strict=True)) if counted else {}
    rests = dict(zip(counted, items.item_rest(weighted), strict=True)) if counted else {}
    rows = [_station(scores, place, alphas, rests) for place in range(len(scores.stations))]
    must_pass = tuple(at for at, place in enumerate(counted) if scores.stations[place].is_must_pass)
    rule = Rule(z, least_stations, must_pass)
    cuts = [_share_of(rows[place].cut, share) for place, share in zip(counted, shares, strict=True)]
    sem = reliability.sem_of_total(weighted)
    # A station in which something critical was missed is not passed, whatever its marks.
    decisions = decide(weighted, cuts, rule, sem=sem, barred=scores.missed[:, counted] > 0)
    lines = [Line(*pair) for pair in zip(scores.candidates, decisions.candidates, strict=True)]
    whole = weighted.sum(axis=1) if counted else np.full(len(scores.candidates), np.nan)
    return ExamQuality(
        scores, rows, reliability.cronbach_alpha(weighted), sem, stations.spread(whole), decisions, lines
    )


def _shares(scores: ExamScores, counted: list[int]) -> Floats:
    weights = np.array([float(scores.stations[place].weight) for place in counted])
    return weights / weights.sum() if counted else weights


def _share_of(cut: Number, share: float) -> Number:
    return cut if isinstance(cut, Undefined) else cut * float(share)


def _station(
    scores: ExamScores, place: int, alphas: dict[int, Number], rests: dict[int, Number]
) -> StationQuality:
    marks = scores.marks[:, place]
    borderline = scores.borderline(place)
    regression = (
        borderline_regression(marks, scores.grades[:, place], borderline, maximum=100)
        if borderline is not None
        else undefined(Reason.NO_ANCHOR)
    )
    cut = regression if isinstance(regression, Undefined) else regression.cut.value
    pilot = undefined(Reason.NOT_COUNTED)
    patients = scores.patients[:, place]
    return StationQuality(
        scores.stations[place],
        stations.spread(marks),
        regression,
        cut if isinstance(cut, Undefined) else stations.fail_rate(marks, cut),
        alphas.get(place, pilot),
        rests.get(place, pilot),
        stations.between_groups(marks, [row[place] for row in scores.circuits]),
        stations.between_groups(marks, [row[place] for row in scores.examiners]),
        None if np.isnan(patients).all() else stations.patient_agreement(patients, marks, unhappy=UNHAPPY),
    )
