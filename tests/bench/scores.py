"""How long 2,000 scores take to a platform that takes 100 ms a call: `python -m tests.bench.scores [--scores N]`."""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from decimal import Decimal
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
CALL_SECONDS = 0.1
# The figures to keep: time against the ideal, peak memory of four times as many scores against fewer.
ALLOWED_TIME, ALLOWED_MEMORY = 1.2, 1.2


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scores", type=int, default=2000)
    parser.add_argument("--platforms", nargs="+", default=["moodle", "canvas"])
    asked = parser.parse_args()
    rows = []
    for kind in asked.platforms:
        few = run(kind, asked.scores // 4)
        many = run(kind, asked.scores)
        rows.append((kind, few, many))
    columns = ("scores", "at once", "ideal s", "took s", "ratio", "posts", "looks", "again", "peak MB")
    print("\nplatform  " + "".join(f"{name:>9}" for name in columns))
    for kind, *sizes in rows:
        for it in sizes:
            figures = (it["scores"], it["most"], it["ideal"], it["took"], it["took"] / it["ideal"])
            figures += (it["posts"], it["looks"], it["again"], it["peak"])
            print(
                f"{kind:10}"
                + "".join(f"{it:>9.2f}" if isinstance(it, float) else f"{it:>9}" for it in figures)
            )
    kept = all(
        many["took"] <= ALLOWED_TIME * many["ideal"]
        and many["peak"] <= ALLOWED_MEMORY * few["peak"]
        and many["posts"] == many["scores"]
        and many["again"] == 0
        and many["most"] <= many["at_once"]
        for _, few, many in rows
    )
    print(
        "\nkept"
        if kept
        else f"\nNOT kept: ratio ≤ {ALLOWED_TIME}, memory ≤ {ALLOWED_MEMORY} × that of a quarter"
    )
    sys.exit(0 if kept else 1)


def run(kind, count):
    """One run in processes of its own: the platform, the worker, and one that fills the outbox and looks on."""
    with tempfile.TemporaryDirectory(prefix="bench-scores-") as folder:
        environment = os.environ | {
            "BELLRINGER_DEVELOPMENT": "1",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "LOG_LEVEL": "ERROR",
        }
        environment.setdefault("DATABASE_URL", f"sqlite:///{folder}/bench.sqlite3")
        command = [sys.executable, "-m", "tests.bench.scores", "--one", kind, str(count)]
        answer = subprocess.run(
            command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True
        )
        return json.loads(answer.stdout.strip().splitlines()[-1])


def one(kind, count):
    import django

    django.setup()
    from django.core.management import call_command

    from lti_tool.models import Score
    from lti_tool.platforms import habits

    call_command("migrate", verbosity=0)
    with platform(kind) as base:
        link, people = fill(kind, base, count)
        publish(link, people)
        at_once = habits(link.deployment.registration).at_once
        with worker() as process:
            while Score.objects.exclude(state="delivered").exists():
                time.sleep(0.05)
                assert process.poll() is None, "the worker ended"
            ended = time.time()
            peak = peak_megabytes(process.pid)
            before = counts(base)
            publish(link, people)  # nothing has changed
            time.sleep(3)
        after = counts(base)
    again = sum(after.get(name, 0) - before.get(name, 0) for name in ("scores", "results"))
    print(json.dumps({
        "scores": count, "at_once": at_once, "most": before["most"], "ideal": count * CALL_SECONDS / at_once,
        "took": ended - before["first_at"], "posts": before["scores"], "looks": before.get("results", 0),
        "again": again, "peak": peak,
    }))  # fmt: skip


@contextlib.contextmanager
def platform(kind):
    from tests.sandbox_lms import free_port

    port = free_port()
    command = [sys.executable, "-m", "tests.bench.slow_platform", str(port), str(CALL_SECONDS), kind]
    process = subprocess.Popen(command, cwd=ROOT)
    base = f"http://localhost:{port}"
    try:
        for _ in range(100):
            with contextlib.suppress(OSError):
                counts(base)
                break
            time.sleep(0.05)
        yield base
    finally:
        process.terminate()
        process.wait(10)


@contextlib.contextmanager
def worker():
    process = subprocess.Popen(
        [sys.executable, "manage.py", "run_worker"], cwd=ROOT, stdout=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)


def counts(base):
    with urllib.request.urlopen(f"{base}/counts") as answer:
        return json.load(answer)


def fill(kind, base, count):
    """A column of that platform, and people without a grade in it."""
    from lti_tool import claims, keys, outbox
    from lti_tool.models import Context, Deployment, Person, Registration, ResourceLink

    keys.signing_key()
    Registration.objects.all().delete()
    registration = Registration.objects.create(
        name=kind, issuer=base, client_id=kind, auth_url=f"{base}/auth", token_url=f"{base}/token",
        jwks_url=f"{base}/jwks", platform_family=kind if kind in ("canvas", "moodle") else "other",
    )  # fmt: skip
    deployment = Deployment.objects.create(registration=registration, deployment_id="1", status="active")
    context = Context.objects.create(deployment=deployment, context_id="course")
    link = ResourceLink.objects.create(
        context=context, deployment=deployment, link_id="link", lineitem_url=f"{base}/item",
        ags_scopes=[claims.SCOPE_RESULT, claims.SCOPE_SCORE],
    )  # fmt: skip
    outbox.ensure_line_item(link, tag=outbox.OWN_COLUMN_TAG, label="Bench", score_maximum=Decimal(20))
    made = [Person(registration=registration, sub=str(1000 + n)) for n in range(count)]
    return link, Person.objects.bulk_create(made)


def publish(link, people):
    from django.db import transaction
    from django.utils import timezone

    from lti_tool import outbox

    now = timezone.now()
    with transaction.atomic():
        for number, person in enumerate(people):
            outbox.publish(
                link, tag="result", person=person, given=Decimal(number % 20), graded_at=now, comment="Well done."
            )  # fmt: skip


def peak_megabytes(pid):
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if "VmHWM" in line)
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(sys.argv[2], int(sys.argv[3]))
    else:
        main()
