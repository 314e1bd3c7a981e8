"""Releasing 2,000 results beside 200: the request, and the small steps after it: `python -m tests.bench.release`."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
# Ten times as many results may cost the request this many times as much, and but a few statements more. A step of the worker
# after it may take this many times as long as the request of the few.
ALLOWED_REQUEST, ALLOWED_MORE_STATEMENTS = 2.0, 8
ALLOWED_STEP = 2.0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=int, default=2_000)
    asked = parser.parse_args()
    print("results  request s  statements  queued by it  steps after it  longest step s  all queued s")
    few, many = run(asked.results // 10), run(asked.results)
    for it in (few, many):
        print(
            f"{it['results']:>7} {it['request']:>10.2f} {it['statements']:>11} {it['queued']:>13} {it['steps']:>15}"
            f" {it['longest']:>15.2f} {it['whole']:>13.1f}"
        )
    request = many["request"] / few["request"]
    step = many["longest"] / few["request"]
    print(
        f"\nrequest {request:.2f} times as long (at most {ALLOWED_REQUEST}); a step {step:.2f} (at most {ALLOWED_STEP})"
    )
    kept = (
        request <= ALLOWED_REQUEST
        and step <= ALLOWED_STEP
        and many["statements"] <= few["statements"] + ALLOWED_MORE_STATEMENTS
        and many["kept"] == many["results"]
        and many["queued"] > 0
    )
    print("kept" if kept else "NOT kept")
    sys.exit(0 if kept else 1)


def run(count):
    """One run in a process of its own, with a database of its own."""
    with tempfile.TemporaryDirectory(prefix="bench-release-") as folder:
        environment = os.environ | {
            "BELLRINGER_DEVELOPMENT": "1",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "LOG_LEVEL": "ERROR",
        }
        environment.setdefault("DATABASE_URL", f"sqlite:///{folder}/bench.sqlite3")
        command = [sys.executable, "-m", "tests.bench.release", "--one", str(count)]
        answer = subprocess.run(
            command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True
        )
        return json.loads(answer.stdout.strip().splitlines()[-1])


def one(count):
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from assessments.results import releasing
    from lti_tool.models import Score

    call_command("migrate", verbosity=0)
    activity = _signed(count)
    with CaptureQueriesContext(connection) as seen:
        began = time.perf_counter()
        releasing.release(activity=activity, by=None)
        request = time.perf_counter() - began
    queued, steps = Score.objects.count(), []
    while True:
        step = time.perf_counter()
        if not releasing.go_on():
            break
        steps.append(time.perf_counter() - step)
    told = {
        "results": count,
        "request": request,
        "statements": len(seen),
        "queued": queued,
        "steps": len(steps),
        "longest": max(steps, default=0.0),
        "whole": request + sum(steps),
        "kept": Score.objects.count(),
    }
    print(json.dumps(told))


def _signed(count):
    """An exam with so many signed results."""
    from assessments.results.models import Moderation, Outcome, Proposal, Result
    from lti_tool.models import Person
    from tests import exams, factories

    exam = exams.exam(factories.ResourceLinkFactory(), stations=1, candidates=0)
    registration = exam.activity.context.deployment.registration
    people = Person.objects.bulk_create(
        [Person(registration=registration, sub=f"s{n}", name=f"Student {n}") for n in range(count)],
        batch_size=500,
    )
    moderation = Moderation.objects.create(activity=exam.activity, state=Moderation.State.SIGNED)
    proposal = Proposal.objects.create(moderation=moderation, number=1, rule={}, fingerprint="x")
    outcomes = Outcome.objects.bulk_create(
        [
            Outcome(proposal=proposal, candidate=person, verdict="pass", total=70, trace={"parts": []})
            for person in people
        ],
        batch_size=500,
    )
    now = proposal.at
    Result.objects.bulk_create(
        [
            Result(
                activity=exam.activity,
                candidate_id=row.candidate_id,
                outcome=row,
                total=70,
                maximum=100,
                computed_at=now,
            )
            for row in outcomes
        ],
        batch_size=500,
    )
    return exam.activity


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(int(sys.argv[2]))
    else:
        main()
