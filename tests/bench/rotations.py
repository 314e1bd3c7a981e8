"""How long a plan for a large school takes: `python -m tests.bench.rotations [--candidates N]`."""

import argparse
import sys
import time

ALLOWED_SECONDS = 1.0
STATIONS, CIRCUITS = 20, "ABC"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--candidates", type=int, default=400)
    parser.add_argument("--times", type=int, default=5)
    asked = parser.parse_args()
    import django
    from django.conf import settings

    settings.configure(USE_I18N=False)
    django.setup()
    from assessments.osce.rotations import planning, verification

    kept = True
    print("\nplan                     candidates  rotations  encounters     CPU s  bare s     ratio  look s")
    for name, wanted in requests(asked.candidates).items():
        seconds, plan = least(asked.times, lambda wanted=wanted: planning.plan(wanted, 1))
        used = max(it.rotation for it in plan.rounds)
        bare, _ = least(asked.times, lambda used=used: bare_square(STATIONS, used * len(CIRCUITS)))
        look, faults = least(1, lambda plan=plan, wanted=wanted: verification.verify(plan, wanted))
        assert faults == []
        kept = kept and seconds < ALLOWED_SECONDS
        figures = f"{asked.candidates:>12}{used:>11}{len(plan.encounters):>12}{seconds:>10.3f}"
        print(f"{name:23}{figures}{bare:>8.4f}{seconds / bare:>10.1f}{look:>8.3f}")
    print("\nkept" if kept else f"\nNOT kept: a plan takes less than {ALLOWED_SECONDS:g} s of CPU")
    sys.exit(0 if kept else 1)


def requests(count):
    """A plain one, and one with everything that makes plans hard."""
    from tests.assessments.osce_requests import request, stations

    hard = stations(STATIONS, linked=(4, 9), rests=(6, 12))
    conflicts = {(f"e-{'ABC'[n % 3]}-s{1 + n % 5}", f"c{1 + n * 3}") for n in range(count // 4)}
    room = -(-count // ((STATIONS - 2) * len(CIRCUITS)))
    return {
        "plain": request(STATIONS, people=count, circuits=CIRCUITS, rotations=-(-count // (STATIONS * 3))),
        "conflicts, patients, …": request(
            exam=hard,
            people=count,
            circuits=CIRCUITS,
            rotations=room + 2,
            conflicts=frozenset(conflicts),
            extra=dict.fromkeys(range(1, count, 40), 25),
            extra_time_in="rotation",
            patients={"s1": [5, 5], "s2": [6]},
        ),
    }


def bare_square(slots, squares):
    """Who is where, without anybody's name, room or time."""
    return [
        [[(place + number) % slots for place in range(slots)] for number in range(slots)]
        for _square in range(squares)
    ]


def least(times, call):
    """The shortest CPU time of some calls, and what the last one gave."""
    found = []
    for _ in range(times):
        before = time.process_time()
        answer = call()
        found.append(time.process_time() - before)
    return min(found), answer


if __name__ == "__main__":
    main()
