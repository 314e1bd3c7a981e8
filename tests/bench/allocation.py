"""What it takes to say who reviews whom in a large course: `python -m tests.bench.allocation`. No database; half a minute.

The floor, measured in the same run: one random order of n people and an n × k array of 32-bit numbers filled from it. Plans are
made for groups of 25 that never review each other, nobody reviewing their reviewer, no ring of three, no two reviewers sharing
two works. *First* counts what is done once for a course too: turning groups and authors into arrays. The certificate is timed
by itself; `allocate` does both. Processor seconds, the least of some; memory is the peak of a process of its own, with Python,
numpy and scipy in it.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from assessments.peer.allocation.certificates import certify
from assessments.peer.allocation.fields import Field, Groups, Rules
from assessments.peer.allocation.planning import plan
from assessments.peer.allocation.repairs import Changes, repair

ROOT = Path(__file__).resolve().parent.parent.parent
EACH, GROUP = 5, 25
ALLOWED_RATIO = {1_000: None, 10_000: 10, 100_000: 20}
ALLOWED_MB, ALLOWED_REPAIR, ALLOWED_CONFLICTS = 200, 0.1, 0.5
CASES = {}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--one", choices=CASES)
    asked = parser.parse_args().one
    if asked:
        print(json.dumps(CASES[asked]()))
        return
    found = {name: in_own_process(name) for name in CASES}
    kept = [tell_plan(found[f"plan {people}"], people) for people in ALLOWED_RATIO]
    kept += [
        tell("conflicts", found["conflicts"], ALLOWED_CONFLICTS),
        tell("repair", found["repair"], ALLOWED_REPAIR),
    ]
    kept.append(tell("late joiners", found["late joiners"], ALLOWED_REPAIR))
    print("\nkept" if all(kept) else "\nNOT kept")
    sys.exit(0 if all(kept) else 1)


def in_own_process(name):
    command = [sys.executable, "-m", "tests.bench.allocation", "--one", name]
    return json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)


def tell_plan(found, people):
    ratio, allowed = found["first"] / found["floor"], ALLOWED_RATIO[people]
    print(
        f"{people:>7} × {EACH}: floor {found['floor'] * 1e3:.3f} ms, plan {found['plan'] * 1e3:.2f} ms "
        f"(ratio {found['plan'] / found['floor']:.1f}), first {found['first'] * 1e3:.2f} ms (ratio {ratio:.1f}, "
        f"allowed {allowed or 'any'}), certificate {found['certificate'] * 1e3:.0f} ms; "
        f"plan {found['plan_mb']:.0f} MB, with certificate {found['both_mb']:.0f} MB (allowed {ALLOWED_MB})"
    )
    return (allowed is None or ratio <= allowed) and found["both_mb"] <= ALLOWED_MB


def tell(name, found, allowed):
    print(f"{name}: {found['seconds'] * 1e3:.0f} ms (allowed {allowed * 1e3:.0f}); {found['what']}")
    return found["seconds"] <= allowed


def case(name):
    return lambda measure: CASES.setdefault(name, measure)


def measure_plan(people):
    groups = [number // GROUP for number in range(people)]
    rules = Rules(EACH, groups=Groups.NEVER_SAME)
    times = 3 if people > 10_000 else 15
    # All of them are kept: to throw one away takes longer than to plan it.
    fields = [Field.of_people(people, groups) for _time in range(times)]
    unused = iter(fields)
    first, _pairs = least(times, lambda: plan(next(unused), rules, 1))
    field = fields[0]
    again, pairs = least(15, lambda: plan(field, rules, 1))
    plan_mb = peak()
    proof, certificate = least(2, lambda: certify(field, rules, pairs))
    assert certificate.broken == certificate.relaxed == ()
    floor, _ = least(15, lambda: bare(people))
    return {
        "floor": floor,
        "first": first,
        "plan": again,
        "certificate": proof,
        "plan_mb": plan_mb,
        "both_mb": peak(),
    }


for size in ALLOWED_RATIO:
    CASES[f"plan {size}"] = lambda size=size: measure_plan(size)


@case("conflicts")
def conflicts():
    """Forty people whom each may not review, drawn; read anew each time."""
    dice = np.random.default_rng(1)
    pairs = frozenset(map(tuple, dice.integers(0, 10_000, (400_000, 2)).tolist()))
    field = Field.of_people(10_000)
    seconds, made = least(3, lambda: plan(field, Rules(EACH, forbidden=pairs), 1))
    certificate = certify(field, Rules(EACH, forbidden=pairs), made)
    assert certificate.broken == ()
    return {"seconds": seconds, "what": f"40 each at 10,000, wishes not held: {list(certificate.relaxed)}"}


@case("repair")
def drop_outs():
    """A tenth leaves, two in a hundred works are withdrawn, three in ten reviews have begun."""
    field, rules, pairs, states = course(10_000)
    changes = Changes(left=frozenset(range(0, 10_000, 10)), withdrawn=frozenset(range(5, 10_000, 50)))
    seconds, mended = least(5, lambda: repair(field, rules, pairs, states, changes, minimum=EACH, seed=1))
    assert mended.short == ()
    after = np.array(sorted({*map(tuple, pairs.tolist())} - set(rows(mended.cancel)) | set(rows(mended.add))))
    seen = certify(field, rules, after, left=changes.left, withdrawn=changes.withdrawn, minimum=EACH)
    assert seen.broken == ()
    relaxed = {it.rule.value: it.violations for it in seen.findings if it.rule in seen.relaxed}
    what = f"{len(mended.cancel)} cancelled, {len(mended.add)} added at 10,000; afterwards {relaxed}"
    return {"seconds": seconds, "what": what}


@case("late joiners")
def late_joiners():
    _field, rules, pairs, states = course(10_000)
    field = Field.of_people(10_500)
    changes = Changes(joined=tuple(range(10_000, 10_500)))
    seconds, mended = least(5, lambda: repair(field, rules, pairs, states, changes, minimum=EACH, seed=1))
    assert mended.short == ()
    return {"seconds": seconds, "what": f"500 come late to 10,000: {len(mended.add)} added"}


def course(people):
    field, rules = Field.of_people(people), Rules(EACH)
    pairs = plan(field, rules, 1)
    return field, rules, pairs, (np.random.default_rng(2).random(len(pairs)) < 0.3).astype(int)


def rows(pairs):
    return [tuple(pair) for pair in pairs.tolist()]


def bare(people):
    """The floor: an order, and who is so many places on."""
    order = np.random.default_rng(1).permutation(people)
    twice = np.concatenate([order, order])
    filled = np.empty((people, EACH), np.int32)
    for step in range(EACH):
        filled[:, step] = twice[step + 1 : step + 1 + people]
    return filled


def least(times, call):
    """The shortest CPU time of some calls, and what the last one gave."""
    found = []
    for _ in range(times):
        before = time.process_time()
        answer = call()
        found.append(time.process_time() - before)
    return min(found), answer


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
