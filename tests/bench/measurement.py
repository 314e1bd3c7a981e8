"""What the statistics of a large exam cost: `python -m tests.bench.measurement`. Takes half a minute; no network, no database.

The whole analysis: 400 candidates × 20 stations × 30 items, marked 0 to 3 by 60 examiners (240,000 ratings), and everything that
`assessments.measurement` has but resampling: cut scores, station and item metrics, alpha without each, agreement of a second
rater at every station, decisions, four generalizability studies with D-studies, many-facet Rasch. Processor seconds of all
threads and peak memory of a process of its own; the exam is made before the clock starts. The median of three.

Many-facet Rasch alone: 100,000 ratings against two plain numpy loops over the same ratings, in one process, in turn.
The *floor* only looks: as many times as the method took steps and once more, it computes each rating's probabilities,
expectation and variance, and adds them up for each element. It solves nothing, and checks and describes nothing. The method
may take three times that. The *textbook* is what those passes are for when no matrix is solved: Linacre's cyclic
Newton, facet by facet, until no measure changes by 0.0001; shown to compare with, it ends at the same severities.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

# As config/settings.py has it, before numpy is loaded: threads that wait busily for each other count as work otherwise.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from assessments.measurement import agreement, exam_rule, items, reliability, stations
from assessments.measurement import generalizability as gt
from assessments.measurement import standard_setting as setting
from assessments.measurement.rasch import many_facet_rasch

ROOT = Path(__file__).resolve().parent.parent.parent
# The figures to keep: processor seconds and megabytes of the whole analysis, and Rasch against its floor.
ALLOWED_SECONDS, ALLOWED_MB, ALLOWED_RATIO = 2, 500, 3
CANDIDATES, STATIONS, ITEMS, EXAMINERS = 400, 20, 30, 60


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--one", action="store_true")
    if parser.parse_args().one:
        print(json.dumps(whole_analysis()))
        return
    command = [sys.executable, "-m", "tests.bench.measurement", "--one"]
    runs = [
        json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)
        for _run in range(3)
    ]
    seconds = statistics.median(run["seconds"] for run in runs)
    megabytes = max(run["megabytes"] for run in runs)
    print(f"whole analysis of 240,000 ratings: {seconds:.2f} s of processor, {megabytes:.0f} MB")
    for part in runs[0]["parts"]:
        print(f"  {part:20} {statistics.median(run['parts'][part] for run in runs):6.3f} s")
    took, floor, textbook, passes = rasch_against_loops()
    print(f"Rasch of 100,000 ratings: {took:.3f} s; floor {floor:.3f} s, ratio {took / floor:.2f}; ", end="")
    print(f"textbook {textbook:.3f} s in {passes} rounds, ratio {took / textbook:.2f}")
    kept = seconds <= ALLOWED_SECONDS and megabytes <= ALLOWED_MB and took <= ALLOWED_RATIO * floor
    told = f"NOT kept: ≤ {ALLOWED_SECONDS} s, ≤ {ALLOWED_MB} MB, ≤ {ALLOWED_RATIO} × floor"
    print("\nkept" if kept else f"\n{told}")
    sys.exit(0 if kept else 1)


def exam(candidates, stations_count, items_count, examiners, seed=1):
    """Ratings as the model has them: marks (N), whose and of which item and examiner they are, grades of two raters."""
    dice = np.random.default_rng(seed)
    ability, severity = dice.normal(0.4, 0.8, candidates), dice.normal(0, 0.4, examiners)
    difficulty = dice.normal(0, 0.7, (stations_count, items_count))
    candidate, station, item = (
        part.ravel() for part in np.indices((candidates, stations_count, items_count))
    )
    # Every examiner marks some candidates at a few stations, so that all are linked.
    examiner = (candidate // 7 * 13 + station * 7 + candidate % 3) % examiners
    logits = ability[candidate] - difficulty[station, item] - severity[examiner]
    shares = np.exp(np.arange(4) * logits[:, None] - [0.0, -1.0, -1.0, 0.0])
    shares = np.cumsum(shares / shares.sum(axis=1, keepdims=True), axis=1)
    marks = (shares < dice.random(logits.size)[:, None]).sum(axis=1).astype(float)
    seen = ability[:, None] + dice.normal(0, 0.5, (candidates, stations_count))
    grades = np.clip(np.round(2 + seen), 0, 4)
    second = np.clip(grades + dice.integers(-1, 2, grades.shape), 0, 4)
    codes = {"candidate": candidate, "item": station * items_count + item, "examiner": examiner}
    return marks, codes, grades, second


def whole_analysis():
    marks, codes, grades, second = exam(CANDIDATES, STATIONS, ITEMS, EXAMINERS)
    cube = marks.reshape(CANDIDATES, STATIONS, ITEMS)
    judged = np.random.default_rng(2).random((10, ITEMS))
    ends = {"": time.process_time()}

    def done(part):
        ends[part] = time.process_time()

    totals = cube.sum(axis=2)
    cuts = [
        standard_setting(totals[:, place], grades[:, place], judged, 3 * ITEMS) for place in range(STATIONS)
    ]
    done("standard setting")
    examiners = codes["examiner"].reshape(cube.shape)[:, :, 0]
    for place in range(STATIONS):
        column = totals[:, place]
        stations.spread(column)
        stations.fail_rate(column, cuts[place])
        stations.between_groups(column, examiners[:, place])
        stations.grade_distribution(grades[:, place], range(5))
        stations.station_rest(column, totals.sum(axis=1) - column)
        stations.patient_agreement(second[:, place], column, unhappy=1)
    done("stations")
    most = np.full(ITEMS, 3.0)
    for place in range(STATIONS):
        own = cube[:, place]
        items.facility(own, most)
        items.item_rest(own)
        items.item_total(own)
        items.upper_lower(own, most)
        reliability.cronbach_alpha(own)
        reliability.alpha_if_deleted(own)
    done("items")
    for place in range(STATIONS):
        both = np.stack([grades[:, place], second[:, place]], axis=1)
        agreement.percentage_agreement(both[:, 0], both[:, 1])
        table = agreement.cross_table(both[:, 0], both[:, 1])
        for weights in agreement.Weights:
            agreement.cohen_kappa(table, weights)
        agreement.fleiss_kappa(agreement.counts_of(both)[0])
        for metric in agreement.Metric:
            agreement.krippendorff_alpha(both.T, metric)
        agreement.intraclass_correlations(both)
    done("agreement")
    reliability.cronbach_alpha(totals)
    reliability.alpha_if_deleted(totals)
    rule = exam_rule.Rule(z=1, least_stations=12, must_pass=(0,))
    exam_rule.decide(totals, cuts, rule, sem=reliability.sem_of_total(totals))
    done("decisions")
    # The second rater of every encounter is the examiner of the next number.
    candidate, station = (np.tile(part.ravel(), 2) for part in np.indices(totals.shape))
    raters = np.concatenate([examiners.ravel(), (examiners.ravel() + 1) % EXAMINERS])
    twice = np.concatenate([totals.ravel(), (totals + second - grades).ravel()])
    levels = {"p": candidate, "s": station, "r": raters}
    studies = [
        gt.g_study(gt.P_BY_S, totals),
        gt.g_study(gt.P_BY_I, marks.reshape(CANDIDATES, -1)),
        gt.g_study(gt.P_BY_I_BY_O, cube.swapaxes(1, 2)),
        gt.g_study_of_ratings(gt.P_BY_R_IN_S, twice, levels),
    ]
    for number in range(4, 31):
        studies[0].d_study(s=number)
    done("generalizability")
    found = many_facet_rasch(marks, codes)
    done("many-facet Rasch")
    assert found.facets["examiner"].groups == 1
    assert all(isinstance(study, gt.GStudy) for study in studies)
    parts = {part: end - before for (part, end), before in zip(list(ends.items())[1:], ends.values())}
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": sum(parts.values()), "megabytes": megabytes, "parts": parts}


def standard_setting(marks, grades, judged, maximum):
    """Every method; the cut of borderline regression."""
    setting.borderline_group(marks, grades, 1)
    setting.contrasting_groups(marks, grades, 1)
    setting.angoff(judged)
    setting.ebel([[10, 8], [6, 6]], [[0.9, 0.7], [0.8, 0.5]])
    for curve in setting.Curve:
        limits = {"lowest_cut": [0.4 * maximum], "highest_cut": [0.7 * maximum]}
        rates = {"lowest_fail_rate": [0.02], "highest_fail_rate": [0.4]}
        setting.hofstee(marks, **limits, **rates, curve=curve)
    setting.cohen(marks)
    setting.fixed(0.5, maximum)
    return setting.borderline_regression(marks, grades, 1, maximum=maximum).cut.value


def rasch_against_loops():
    """Seconds of ours, of the floor and of the textbook, and the textbook's rounds; ours and the floor three times in turn."""
    marks, codes, _grades, _second = exam(250, 20, 20, 60, seed=5)
    ours, floors = [], []
    for _run in range(3):
        began = time.process_time()
        found = many_facet_rasch(marks, codes)
        ours.append(time.process_time() - began)
        measures = [np.zeros(code.max() + 1) for code in codes.values()]
        began = time.process_time()
        for _pass in range(found.steps + 1):
            look(marks, list(codes.values()), measures, np.zeros(4))
        floors.append(time.process_time() - began)
    assert found.used == found.ratings == 100_000
    began = time.process_time()
    measures, rounds = textbook(marks, list(codes.values()))
    took = time.process_time() - began
    severities = [element.measure for element in found.facets["examiner"].elements]
    assert np.abs(measures[2] - severities).max() < 0.01, "the two computations disagree"
    return statistics.median(ours), statistics.median(floors), took, rounds


def look(marks, codes, measures, shifts):
    """One plain pass: of each rating expectation and variance, and of each element the sums of both."""
    logits = measures[0][codes[0]] - measures[1][codes[1]] - measures[2][codes[2]]
    weights = np.exp(np.arange(4) * logits[:, None] - shifts)
    shares = weights / weights.sum(axis=1, keepdims=True)
    expected = shares @ np.arange(4)
    variance = shares @ np.arange(4) ** 2 - expected**2
    sums = [(np.bincount(code, marks - expected), np.bincount(code, variance)) for code in codes]
    return sums, shares


def textbook(marks, codes):
    measures, thresholds = [np.zeros(code.max() + 1) for code in codes], np.zeros(3)
    reached = np.array([(marks >= k).sum() for k in (1, 2, 3)])
    for rounds in range(1, 500):
        before = [measure.copy() for measure in measures]
        for place, sign in enumerate((1, -1, -1)):
            sums, _shares = look(marks, codes, measures, np.concatenate([[0], np.cumsum(thresholds)]))
            measures[place] = measures[place] + sign * sums[place][0] / sums[place][1]
            if place:
                measures[place] -= measures[place].mean()
        _sums, shares = look(marks, codes, measures, np.concatenate([[0], np.cumsum(thresholds)]))
        expected = np.array([shares[:, k:].sum() for k in (1, 2, 3)])
        thresholds = thresholds + (expected - reached) / (expected * (1 - expected / marks.size))
        thresholds -= thresholds.mean()
        if max(np.abs(new - old).max() for new, old in zip(measures, before, strict=True)) < 1e-4:
            return measures, rounds
    raise AssertionError("the textbook did not settle")


if __name__ == "__main__":
    main()
