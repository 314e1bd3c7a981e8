"""Published tables computed again on this installation: name, source, published, computed, difference."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from assessments.measurement import (
    agreement,
    comparative_judgement,
    items,
    rasch,
    reliability,
    stations,
    team_contribution,
    workshop_grades,
)
from assessments.measurement import generalizability as gt
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
    return [
        *_standard_setting(),
        *_regressions(),
        *_groups(),
        *_reliability(),
        *_items(),
        *_kappas(),
        *_fleiss(),
        *_krippendorff(),
        *_icc(),
        *_generalizability(),
        *_analysis_of_variance(),
        *_rasch(),
        *_comparisons(),
        *_teams(),
        *_workshop(),
    ]


def _standard_setting() -> Iterator[Check]:
    yield Check(
        "Cohen, cut", "Cohen-Schotanus & van der Vleuten 2010", 16.8, setting.cohen_from(24, chance=6), 0.05
    )


def _regressions() -> Iterator[Check]:
    """Marks on grades, and groups on marks, are regressions like others: theirs is computed by the same lines."""
    x, y = _numbers("regression_anscombe_1973_1.csv").T
    line = setting.borderline_regression(y, x, 9)
    for name, published, value, tolerance in (
        ("marks a grade", 0.5, _of(line, "slope"), 0.0005),
        ("intercept", 3.0, _of(line, "intercept"), 0.005),
        ("R²", 0.667, _of(line, "r_squared"), 0.0005),
        ("cut at a grade of 9", 7.5, _of(line, "cut", "value"), 0.005),
        ("its standard error", 0.373, _of(line, "cut", "standard_error"), 0.0005),
    ):
        yield Check(
            f"Borderline regression, {name}", "Anscombe 1973, data set 1", published, value, tolerance
        )
    doses, groups = [], []
    for dose, beetles, killed in _numbers("logistic_bliss_1935.csv"):
        doses += [dose] * int(beetles)
        groups += [1] * int(killed) + [0] * int(beetles - killed)
    even = setting.contrasting_groups(doses, groups, 0)
    source = "Bliss 1935; Dobson 1990, logit"
    yield Check("Contrasting groups, even odds", source, 60.717 / 34.270, even.value, 0.00005)


def _groups() -> Iterator[Check]:
    group, weight = _numbers("groups_dobson_1983.csv").T
    between = stations.between_groups(weight, list(group))
    for name, published, tolerance in (("f", 4.846, 0.0005), ("p", 0.0159, 0.00005)):
        yield Check(
            f"Between groups, {name}", "Dobson 1983, plants", published, _of(between, name), tolerance
        )


def _of(found: Any, *names: str) -> Number:
    """What an attribute of a result holds, or why there is no result."""
    for name in names:
        found = found if isinstance(found, Undefined) else getattr(found, name)
    value: Number = found
    return value


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


def _fleiss() -> Iterator[Check]:
    found = agreement.fleiss_kappa(_numbers("kappa_fleiss_1971_counts.csv")[:, 1:])
    yield Check("Fleiss' kappa, 30 patients × 6 psychiatrists", "Fleiss 1971", 0.430, found, 0.0005)


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


def _generalizability() -> Iterator[Check]:
    """Components in the order of the design's effects, then Eρ² and Φ of the design as it was."""
    brennan = "Brennan 2001, data"
    crossed = _numbers("gtheory_brennan_synthetic1_pxi.csv")[:, 1:]
    of_one = gt.g_study(gt.P_BY_I, crossed)
    yield from _study(of_one, gt.P_BY_I, f"{brennan} 1", [0.0574, 0.0754, 0.1269], (0.844, 0.773))
    for items_planned, shown in ((5, (0.693, 0.586)), (20, (0.901, 0.850))):
        planned = of_one if isinstance(of_one, Undefined) else of_one.d_study(i=items_planned)
        yield from _coefficients(planned, f"p × i, {items_planned} items", f"{brennan} 1", shown, 0.001)
    occasions = _numbers("gtheory_brennan_synthetic3_pxixo.csv")[:, 1:].reshape(10, 2, 4).swapaxes(1, 2)
    shown_components = [0.5528, 0.4417, 0.0074, 0.5750, 0.1009, 0.1565, 0.9352]
    of_three = gt.g_study(gt.P_BY_I_BY_O, occasions)
    yield from _study(of_three, gt.P_BY_I_BY_O, f"{brennan} 3", shown_components, (0.64, 0.55), 0.005)
    nested = _numbers("gtheory_brennan_synthetic4_pxr_in_s.csv")[:, 1:].reshape(10, 3, 4).swapaxes(1, 2)
    shown_components = [0.4731, 0.3252, 0.6475, 0.5596, 2.3802]
    of_four = gt.g_study(gt.P_BY_R_IN_S, nested)
    yield from _study(of_four, gt.P_BY_R_IN_S, f"{brennan} 4", shown_components, (0.55, 0.46), 0.005)
    marks = _numbers("gtheory_brennan_unbalanced_pxr_in_s.csv")[:, 1:]
    people, places = np.indices(marks.shape)
    stations = np.array([0, 0, 1, 1, 1, 1, 2, 2])[places]
    levels = {"p": people.ravel(), "r": places.ravel(), "s": stations.ravel()}
    unbalanced = gt.g_study_of_ratings(gt.P_BY_R_IN_S, marks.ravel(), levels)
    shown_components = [1.2014, 2.9161, 0.2946, 0.9913, 0.8429]
    yield from _study(
        unbalanced,
        gt.P_BY_R_IN_S,
        "Brennan 2001, ch. 7",
        shown_components,
        (0.716, 0.4277),
        named="unbalanced ",
        component_tolerance=0.00015,  # .9913 is .99143, rounded on the way
    )


def _study(
    found: gt.GStudy | Undefined,
    design: gt.Design,
    source: str,
    components: list[float],
    coefficients: tuple[float, float],
    tolerance: float = 0.0005,
    named: str = "",
    component_tolerance: float = 0.00005,
) -> Iterator[Check]:
    for effect, published in zip(design.effects, components, strict=True):
        value = found if isinstance(found, Undefined) else found.components[effect].estimate
        yield Check(
            f"{named}{design.name}, component {effect}", source, published, value, component_tolerance
        )
    observed = found if isinstance(found, Undefined) else found.observed
    yield from _coefficients(observed, named + design.name, source, coefficients, tolerance)


def _coefficients(
    found: gt.DStudy | Undefined, name: str, source: str, published: tuple[float, float], tolerance: float
) -> Iterator[Check]:
    values = (found, found) if isinstance(found, Undefined) else (found.generalizability, found.dependability)
    for letter, shown, value in zip(("Eρ²", "Φ"), published, values, strict=True):
        yield Check(f"{name}, {letter}", source, shown, value, tolerance)


def _analysis_of_variance() -> Iterator[Check]:
    found = gt.g_study_of_anova(
        gt.P_BY_I,
        sizes={"p": 107, "i": 28},
        sums_of_squares={"p": 52.73097, "i": 80.73565, "pi": 390.76435},
    )
    for effect, published in (("p", 0.01289), ("i", 0.02667), ("pi", 0.13654)):
        value = found if isinstance(found, Undefined) else found.components[effect].estimate
        yield Check(
            f"OSCE of 28 stations, component {effect}",
            "Park et al. 2021, table 2",
            published,
            value,
            0.000005,
        )


def _rasch() -> Iterator[Check]:
    examinee, rater, item, score = _numbers("osce_postcc_uto2024_long.csv").T
    codes = {"examinee": examinee.astype(int), "item": item.astype(int), "rater": rater.astype(int)}
    found = rasch.many_facet_rasch(score, codes)
    source = "Uto et al. 2024, ratings; numbers of other programs"
    raters = None if isinstance(found, Undefined) else found.facets["rater"]
    for place, published in enumerate((0.1516, 0.0690, -0.1132, -0.3013, 0.1939)):
        value = found if isinstance(found, Undefined) else found.facets["rater"].elements[place].measure
        yield Check(f"Severity of rater {place + 1}", source, published, value, 0.00005)
    for name, published, tolerance in (
        ("separation", 2.305, 0.0005),
        ("reliability", 0.842, 0.0005),
        ("fixed_chi2", 24.7, 0.05),
    ):
        value = found if isinstance(found, Undefined) else getattr(raters, name)
        yield Check(f"Raters, {name}", source, published, value, tolerance)
    likelihood = found if isinstance(found, Undefined) else found.log_likelihood
    yield Check("Log-likelihood of the ratings", source, -2144.9762, likelihood, 0.00005)


def _comparisons() -> Iterator[Check]:
    """Measures beside the first one's, in logits."""
    table = _json("bradley_terry_stigler_agresti.json")
    for names, wins, source in (
        ("journals", "citations", "Stigler 1994"),
        ("teams", "games", "Agresti 2002"),
    ):
        counts = np.array(table[wins])
        winners, losers = (np.repeat(side.ravel(), counts.ravel()) for side in np.indices(counts.shape))
        found = comparative_judgement.bradley_terry(winners, losers, len(counts), virtual=False)
        for place, published in enumerate(table[f"{names}_printed"], start=1):
            value = (
                found if isinstance(found, Undefined) else _apart(found.measures[place], found.measures[0])
            )
            yield Check(f"Bradley–Terry, {table[names][place]}", source, published, value, 0.00005)
    for place, published in enumerate(table["errors_printed"], start=1):
        value = found if isinstance(found, Undefined) else found.error_of_difference(place, 0)
        yield Check(f"Bradley–Terry, error of {table['teams'][place]}", source, published, value, 0.00005)


def _apart(one: Number, other: Number) -> Number:
    if isinstance(one, Undefined):
        return one
    return other if isinstance(other, Undefined) else one - other


def _teams() -> Iterator[Check]:
    example = _json("webpa_loughborough.json")
    shares = team_contribution.webpa(np.array(example["points"], dtype=np.float64))
    for printed in example["printed"]:
        asked = {"weight": printed["weight"], "penalty": printed["penalty"]}
        for place, published in enumerate(printed["grades"]):
            value = (
                shares if isinstance(shares, Undefined) else shares.grades(printed["mark"], **asked)[place]
            )
            name = f"WebPA, {example['members'][place]}, weight {asked['weight']:g}, penalty {asked['penalty']:g}"
            yield Check(name, "WebPA, worked example", published, value, 0.005)
    team = _json("contribution_teammates.json")
    found = team_contribution.contribution(team["points"])
    for place, published in enumerate(team["perceived"]):
        value = found if isinstance(found, Undefined) else found.perceived[place]
        yield Check(f"Contribution of member {place + 1}", "TEAMMATES, unit test", published, value, 0.5)
        for other, published in enumerate(team["shown"][place]):
            value = found if isinstance(found, Undefined) else found.shown[place][other]
            name = f"Contribution of member {other + 1}, as member {place + 1} is shown it"
            yield Check(name, "TEAMMATES, unit test", published, value, 0.5)


def _workshop() -> Iterator[Check]:
    """Moodle's are exact."""
    source, table = "Moodle Workshop, unit tests", _json("workshop_moodle.json")
    for number, given in enumerate(table["variance"]):
        column = np.array(given["values"], dtype=np.float64)[:, None]
        value = float(workshop_grades.weighted_variance(column, given["weights"])[0])
        yield Check(f"Workshop, weighted variance {number + 1}", source, given["var"], value, 0)
    average = table["average"]
    best = workshop_grades.best(average["rows"], [0] * 3, [100] * 3, [1] * 3, average["weights"])
    for place, published in enumerate(average["expected"]):
        mean = best if isinstance(best, Undefined) else best.averages[place]
        yield Check(f"Workshop, average of aspect {place + 1}", source, published, mean, 0)
    for number, case in enumerate(table["numerrors"]):
        failed = [place in case["errors_at"] for place in range(len(case["weights"]))]
        mapping = {int(errors): float(grade) for errors, grade in case["map"].items()}
        grade = workshop_grades.numerrors(failed, case["weights"], mapping)
        yield Check(f"Workshop, number of errors {number + 1}", source, case["out"], grade, 0)


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
