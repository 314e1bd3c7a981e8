"""Sixty examiners at once, a tap a second each: `python -m tests.bench.taps [--seconds N]`, on SQLite and on PostgreSQL.

The tool runs behind gunicorn (gthread, a worker for each processor, four threads each) with a database of its own. Each
examiner has a connection, a sheet of twelve criteria, and taps one level a second. What counts: no error, every
tap on the server once, and the 95th percentile of a call, also as a ratio to the same with one examiner alone.
"""

import argparse
import contextlib
import http.client
import json
import os
import random
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from pathlib import Path

from tests.sandbox_lms import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
EXAMINERS = 60
# The figure to keep, in milliseconds.
ALLOWED_P95 = 100
WORLD = """
import json
from tests import factories
from lti_tool.models import Role
link = factories.ResourceLinkFactory()
activity = factories.activity(link, *[factories.criterion(f"C{n}") for n in range(12)])
told = []
for n in range(%d):
    examiner = factories.member(link.context, Role.TEACHING_ASSISTANT)
    sheet = factories.sheet(activity, factories.member(link.context), examiner)
    levels = [[f"level:{row.pk}", [level.pk for level in row.levels.all()]] for row in sheet.rubric.criteria.all()]
    told.append({"sheet": str(sheet.key), "token": factories.launch(examiner, link).token, "levels": levels})
print("WORLD" + json.dumps(told))
"""

COUNT = "from assessments.marking.models import Tap; print('N', Tap.objects.count())"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--on", choices=["sqlite", "postgres", "both"], default="both")
    asked = parser.parse_args()
    if asked.on == "both":
        sqlite = subprocess.run([sys.executable, "-m", "tests.bench.taps", "--seconds", str(asked.seconds), "--on", "sqlite"],
                                cwd=ROOT, check=False).returncode  # fmt: skip
        postgres = subprocess.run(["bin/with-postgres", sys.executable, "-m", "tests.bench.taps", "--seconds",
                                   str(asked.seconds), "--on", "postgres"], cwd=ROOT, check=False).returncode  # fmt: skip
        sys.exit(sqlite or postgres)
    with tempfile.TemporaryDirectory(prefix="bench-taps-") as folder:
        url = os.environ["DATABASE_URL"] if asked.on == "postgres" else f"sqlite:///{folder}/taps.sqlite3"
        kept = measure(asked.on, url, asked.seconds)
    sys.exit(0 if kept else 1)


def measure(name, database_url, seconds):
    environment = os.environ | {
        "DATABASE_URL": database_url,
        "BELLRINGER_DEVELOPMENT": "1",
        "LOG_LEVEL": "ERROR",
    }
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT, env=environment, check=True
    )
    made = subprocess.run([sys.executable, "manage.py", "shell", "-c", WORLD % EXAMINERS], cwd=ROOT, env=environment,
                          check=True, capture_output=True, text=True)  # fmt: skip
    examiners = json.loads(made.stdout.split("WORLD", 1)[1])
    before = processor_seconds()
    with running(environment) as port:
        alone = day(port, examiners[:1], min(seconds, 20))
        together = day(port, examiners, seconds)
    used = processor_seconds() - before
    counted = subprocess.run(
        [sys.executable, "manage.py", "shell", "-c", COUNT],
        cwd=ROOT, env=environment, check=True, capture_output=True, text=True,
    )  # fmt: skip
    kept = int(counted.stdout.split("N ")[1])
    p95, p95_alone = percentile(together.times, 95), percentile(alone.times, 95)
    sent = len(alone.times) + len(together.times)
    errors = len(together.errors) + len(alone.errors)
    print(f"\n{name}: {EXAMINERS} examiners for {seconds} s, {len(together.times)} calls, {errors} errors")
    print(
        f"  a call: median {statistics.median(together.times):.1f} ms, 95th percentile {p95:.1f} ms,"
        f" worst {max(together.times):.0f} ms"
    )
    print(f"  95th percentile against one examiner alone ({p95_alone:.1f} ms): {p95 / p95_alone:.2f}")
    print(f"  processor time of the server for a call, its start included: {1000 * used / sent:.1f} ms")
    print(f"  taps sent {sent}, kept {kept}")
    is_kept = not errors and kept == sent and p95 <= ALLOWED_P95
    print(
        "  kept" if is_kept else f"  NOT kept: no error, every tap once, 95th percentile ≤ {ALLOWED_P95} ms"
    )
    return is_kept


class Day:
    def __init__(self):
        self.times, self.errors = [], []


def day(port, examiners, seconds):
    """Everybody taps until the time is over."""
    found, threads = Day(), []
    for examiner in examiners:
        threads.append(threading.Thread(target=taps, args=(port, examiner, seconds, found)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def taps(port, examiner, seconds, found):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {examiner['token']}"}
    log, dice = str(uuid.uuid4()), random.Random(examiner["sheet"])
    start = time.monotonic() + dice.random()
    for number in range(1, seconds + 1):
        time.sleep(max(0, start + number - time.monotonic()))
        field, levels = dice.choice(examiner["levels"])
        tap = {"sequence": number, "field": field, "value": dice.choice(levels), "seen": 10**6}
        began = time.monotonic()
        connection.request(
            "POST", f"/api/sheets/{examiner['sheet']}/taps/", json.dumps({"log": log, "taps": [tap]}), headers
        )
        answer = connection.getresponse()
        body = answer.read()
        found.times.append(1000 * (time.monotonic() - began))
        if answer.status != 200 or json.loads(body)["taken"][0]["outcome"] != "applied":
            found.errors.append((answer.status, body[:200]))
    connection.close()


def processor_seconds():
    """Of all processes that were started here and have ended, theirs included."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime


def percentile(values, which):
    return statistics.quantiles(values, n=100)[which - 1]


@contextlib.contextmanager
def running(environment):
    port = free_port()
    command = [
        sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread",
        "--workers", str(os.cpu_count()), "--threads", "4", "--no-control-socket", "--log-level", "error",
    ]  # fmt: skip
    server = subprocess.Popen(command, cwd=ROOT, env=environment | {"TOOL_URL": f"http://127.0.0.1:{port}"})
    try:
        for _ in range(100):
            with contextlib.suppress(OSError):
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
                connection.request("GET", "/lti/jwks.json")
                connection.getresponse().read()
                break
            time.sleep(0.1)
        yield port
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(20)


if __name__ == "__main__":
    main()
