"""Published tables computed again on this installation: name, source, published, computed, difference."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from assessments.measurement import agreement, items, reliability
from assessments.measurement import standard_setting as setting
from assessments.measurement.agreement import Metric, Weights
from assessments.measurement.arrays import Floats
from assessments.measurement.undefined import Number, Undefined

TABLES = Path(__file__).parent / "published"


@dataclass(frozen=True)
class Check:
    """`tolerance`: half of the last digit that is printed there, as far as that is known."""

    name: str
    source: str
    published: float
    computed: Number
    tolerance: float

    @property
    def difference(self) -> Number:
        return self.computed if isinstance(self.computed, Undefined) else self.computed - self.published

    @property
    def is_good(self) -> bool:
        difference = self.difference
        return not isinstance(difference, Undefined) and abs(difference) <= self.tolerance + 1e-9


def checks() -> list[Check]:
    """Every one, in the order of the modules."""
    return [*_standard_setting(), *_reliability(), *_items(), *_kappas(), *_krippendorff(), *_icc()]


def _standard_setting() -> Iterator[Check]:
    yield Check(
        "Cohen, cut", "Cohen-Schotanus & van der Vleuten 2010", 16.8, setting.cohen_from(24, chance=6), 0.05
    )


def _reliability() -> Iterator[Check]:
    alpha = reliability.cronbach_alpha(_numbers("attitude_chatterjee_price.csv"))
    yield Check("Cronbach's alpha, attitude", "Chatterjee & Price 1977", 0.84, alpha, 0.005)
    kr20 = reliability.cronbach_alpha(_numbers("gtheory_brennan_synthetic1_pxi.csv")[:, 1:])
    yield Check("KR-20, 10 × 12", "Brennan 2001, data 1", 0.844, kr20, 0.0005)


def _items() -> Iterator[Check]:
    corrected = items.item_rest(_numbers("gtheory_brennan_synthetic1_pxi.csv")[:, 1:])
    for place, value in ((1, 0.449), (8, 0.8299), (10, 0.7532)):
        yield Check(f"Item–rest r, item {place + 1}", "Brennan 2001, data 1", value, corrected[place], 0.0005)


def _kappas() -> Iterator[Check]:
    cohen = _json("kappa_cohen_1968.json")
    shares = cohen["proportions"]
    yield Check("Cohen's kappa", "Cohen 1968", 0.492, agreement.cohen_kappa(shares), 0.0005)
    for name, weights, value in (
        ("Weighted kappa", "disagreement_weights", 0.348),
        ("Weighted kappa, weights not symmetric", "weights_asym", 0.353),
    ):
        yield Check(name, "Cohen 1968", value, agreement.cohen_kappa(shares, cohen[weights]), 0.0005)
    counts = _json("kappa_fleiss_cohen_everitt_1969.json")["counts"]
    for weighting, value in ((Weights.NONE, 0.4286), (Weights.LINEAR, 0.4923), (Weights.QUADRATIC, 0.5667)):
        found = agreement.cohen_kappa(counts, weighting)
        yield Check(f"Kappa, weights: {weighting}", "Fleiss, Cohen & Everitt 1969", value, found, 0.00005)


def _krippendorff() -> Iterator[Check]:
    ratings = _numbers("krippendorff_2011_c.csv", skip=0)[:, 1:]
    printed = {Metric.NOMINAL: 0.743, Metric.ORDINAL: 0.815, Metric.INTERVAL: 0.849, Metric.RATIO: 0.797}
    for metric, value in printed.items():
        found = agreement.krippendorff_alpha(ratings, metric)
        yield Check(f"Krippendorff's alpha, {metric}", "Krippendorff 2011, data C", value, found, 0.0005)


def _icc() -> Iterator[Check]:
    found = agreement.intraclass_correlations(_numbers("icc_shrout_fleiss_1979.csv")[:, 1:])
    for place, (single, average) in enumerate(((0.17, 0.44), (0.29, 0.62), (0.71, 0.91))):
        values = (
            (found, found)
            if isinstance(found, Undefined | float)
            else (found.single[place], found.average[place])
        )
        yield Check(f"ICC({place + 1},1)", "Shrout & Fleiss 1979", single, values[0], 0.005)
        yield Check(f"ICC({place + 1},4)", "Shrout & Fleiss 1979", average, values[1], 0.005)


def _numbers(name: str, *, skip: int = 1) -> Floats:
    """What is not a number, a name or a gap, is NaN."""
    with (TABLES / name).open() as file:
        rows = list(csv.reader(file))[skip:]
    return np.array([[_number(cell) for cell in row] for row in rows], dtype=np.float64)


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return float("nan")


def _json(name: str) -> Any:
    return json.loads((TABLES / name).read_text())
