"""What grades of peer-reviewed work cost: `python -m tests.bench.peer_grades`. Takes a few seconds; no network, no database.

From scratch: 10,000 works × 5 reviews, by each method, with intervals, doubts and a reason wherever there is no number, one
object a work: at most 0.2 s of processor time. Beside it the *floor*, which only adds up: one bincount of scores over one of
reviews, one number a work. The ratio says what intervals, doubts and objects cost.

After an override: one work's grade again, from its k scores alone. With 5 and 50 reviews, and beside 100 works and 10,000:
it must not cost more among many works. The shortest of several runs each; the what-ifs are shown without a limit.
"""

import argparse
import sys
import time

import numpy as np

from assessments.measurement import decision_confidence as confidence
from assessments.measurement.peer_grades import Method, Scheme, grade, grades
from assessments.measurement.random_effects import random_effects

ALLOWED_SECONDS, ALLOWED_GROWTH = 0.2, 2.0
BOUNDARIES = (50, 60, 70)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--works", type=int, default=10_000)
    parser.add_argument("--times", type=int, default=7)
    asked = parser.parse_args()
    works, reviewers, scores, staff = course(asked.works, 5)
    floor, _ = least(asked.times, lambda: np.bincount(works, scores) / np.bincount(works))
    print(f"{asked.works} works × 5 reviews; floor {1000 * floor:.3f} ms")
    kept = True
    for method in Method:
        scheme = Scheme(method=method, boundaries=BOUNDARIES, most_sd=12)
        took, found = least(
            asked.times, lambda scheme=scheme: grades(works, scores, staff=staff, scheme=scheme)
        )
        kept = kept and took <= ALLOWED_SECONDS
        doubtful = sum(one.is_uncertain for one in found)
        print(f"  {method:20} {1000 * took:8.1f} ms {took / floor:8.0f} × floor, {doubtful} in doubt")
    kept = overrides(asked.times) and kept
    what_ifs(works, reviewers, scores, floor)
    print("\nkept" if kept else f"\nNOT kept: ≤ {ALLOWED_SECONDS} s, ≤ {ALLOWED_GROWTH} × among many works")
    sys.exit(0 if kept else 1)


def course(count, each, seed=1):
    """By review: its work, its reviewer, a score, and whether it is by staff."""
    dice = np.random.default_rng(seed)
    works = np.repeat(np.arange(count), each)
    reviewers = (works + np.tile(dice.permutation(count)[:each], count)) % count
    scores = 62 + 10 * dice.normal(size=count)[works] + 4 * dice.normal(size=count)[reviewers]
    return works, reviewers, scores + 7 * dice.normal(size=works.size), dice.random(works.size) < 0.05


def overrides(times):
    """One review changed, and the grade of its work again."""
    scheme = Scheme(boundaries=BOUNDARIES)
    print("one grade after an override")
    seconds = {}
    for count in (100, 10_000):
        for each in (5, 50):
            works, _reviewers, scores, _staff = course(count, each)
            rows = np.flatnonzero(works == count // 2)
            scores[rows[0]] = 95
            seconds[count, each], again = least(
                10 * times, lambda scores=scores, rows=rows: grade(scores[rows], scheme=scheme)
            )
            assert again == grades(works, scores, scheme=scheme)[count // 2], "not what it is from scratch"
            print(f"  {each:>4} reviews, {count:>6} works {1e6 * seconds[count, each]:8.0f} µs")
    return seconds[10_000, 5] <= ALLOWED_GROWTH * seconds[100, 5]


def what_ifs(works, reviewers, scores, floor):
    print("what-ifs")
    took, found = least(3, lambda: random_effects(works, reviewers, scores))
    print(f"  random effects       {1000 * took:8.1f} ms {took / floor:8.0f} × floor, {found.steps} rounds")
    took, differences = least(3, lambda: confidence.reviewer_differences(works, reviewers, scores))
    print(f"  differences          {1000 * took:8.1f} ms {took / floor:8.0f} × floor")
    scheme = Scheme(boundaries=BOUNDARIES)
    took, share = least(20, lambda: confidence.stability(64, [False] * 5, differences, seed=1, scheme=scheme))
    print(f"  stability of one     {1000 * took:8.1f} ms; the same in {100 * share:.0f} % of 1,000 draws")


def least(times, call):
    """The shortest processor time of some calls, and what the last one gave."""
    found = []
    for _ in range(times):
        before = time.process_time()
        answer = call()
        found.append(time.process_time() - before)
    return min(found), answer


if __name__ == "__main__":
    main()
