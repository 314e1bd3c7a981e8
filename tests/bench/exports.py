"""The long export of 204,000 ratings beside 20,400: `python -m tests.bench.exports`. It needs the memory of a chunk."""

import json
import os
import subprocess
import sys
import tempfile
import time
import tracemalloc
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
STATIONS, ITEMS = 20, 30
FEW, MANY = 34, 340  # candidates: 20,400 and 204,000 ratings
# Ten times as many rows may need this many times the memory while they are written.
ALLOWED_MEMORY = 1.3


def main():
    print("ratings  written s  peak MB while written")
    few, many = run(FEW), run(MANY)
    for it in (few, many):
        print(f"{it['rows']:>7} {it['seconds']:>10.1f} {it['peak']:>22.2f}")
    ratio = many["peak"] / few["peak"]
    print(f"\nmemory {ratio:.2f} times (at most {ALLOWED_MEMORY})")
    kept = ratio <= ALLOWED_MEMORY and many["rows"] == MANY * STATIONS * ITEMS
    print("kept" if kept else "NOT kept")
    sys.exit(0 if kept else 1)


def run(candidates):
    """One run in a process of its own, with a database of its own."""
    with tempfile.TemporaryDirectory(prefix="bench-exports-") as folder:
        environment = os.environ | {
            "BELLRINGER_DEVELOPMENT": "1",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "LOG_LEVEL": "ERROR",
        }
        environment.setdefault("DATABASE_URL", f"sqlite:///{folder}/bench.sqlite3")
        command = [sys.executable, "-m", "tests.bench.exports", "--one", str(candidates)]
        answer = subprocess.run(
            command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True
        )
        return json.loads(answer.stdout.strip().splitlines()[-1])


def one(candidates):
    import django

    django.setup()
    from django.core.management import call_command

    from assessments.results.exporting import Export, Naming, csv_lines
    from assessments.results.models import Moderation
    from assessments.results.rulings import Rulings
    from assessments.results.standing import Standing

    call_command("migrate", verbosity=0)
    activity, scores = _marked(candidates)
    standing = Standing(scores, Rulings(Moderation(activity=activity)))
    export = Export(standing, Naming(activity, is_identified=False))
    lines = csv_lines(export.long())
    next(lines), next(lines), next(lines)  # what is looked up once is there
    tracemalloc.start()
    began, rows = time.perf_counter(), 1
    for _line in lines:
        rows += 1
    seconds, (_now, peak) = time.perf_counter() - began, tracemalloc.get_traced_memory()
    print(json.dumps({"rows": rows, "seconds": seconds, "peak": peak / 1e6}))


def _marked(candidates):
    """Every candidate at every station, with a mark on every item; as rows, without the way there."""
    from uuid import uuid4

    from assessments.marking.models import Mark, MarkSheet
    from assessments.results.scores import Assessed, Part, Rater, Rating, Scores
    from lti_tool.models import Person
    from tests import factories

    activity = factories.activity(
        factories.ResourceLinkFactory(), *[factories.criterion(f"Item {n}") for n in range(ITEMS)]
    )
    context, rubric = activity.context, activity.rubric
    people = Person.objects.bulk_create(
        Person(registration=context.deployment.registration, sub=f"s{n}", name=f"Student {n}")
        for n in range(candidates)
    )
    levels = [(row, list(row.levels.all())) for row in rubric.criteria.all()]
    ratings = []
    for place, person in enumerate(people):
        sheets = MarkSheet.objects.bulk_create(
            MarkSheet(context=context, rubric=rubric, candidate=person) for _station in range(STATIONS)
        )
        Mark.objects.bulk_create(
            Mark(sheet=sheet, criterion=criterion, level=given[(place + number) % len(given)])
            for number, sheet in enumerate(sheets)
            for criterion, given in levels
        )
        ratings += [
            Rating(
                place,
                station,
                sheet.pk,
                Rater.FIRST,
                f"Examiner {station}",
                50.0,
                None,
                misses_critical=False,
            )
            for station, sheet in enumerate(sheets)
        ]
    scores = Scores(
        candidates=[Assessed(person, f"C-{n}") for n, person in enumerate(people)],
        parts=[Part(uuid4(), f"Station {n}") for n in range(STATIONS)],
        ratings=ratings,
        groups=[["A"] * STATIONS for _person in people],
    )
    return activity, scores


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(int(sys.argv[2]))
    else:
        main()
