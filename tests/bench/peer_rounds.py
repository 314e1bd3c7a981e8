"""A round of peer feedback in the database: `python -m tests.bench.peer_rounds`. Takes a minute; no network.

Drawing 10,000 × 5 and writing it, at most 1.5 s; mending it after a tenth has left, in one transaction; 50 who take the next work
at the same time, p99 at most 50 ms and no place given twice; the overview of 1,000 people in as many statements as that of 30.
A new SQLite file, or the database that DATABASE_URL names: `bin/with-postgres python -m tests.bench.peer_rounds`.

Those who take work are threads of one process, each with a connection of its own: one interpreter does the work of all, so when
all ask in the same instant, the last waits for the other 49; that is shown without a limit. *At a steady pace* each asks once in
two seconds, and they are spread over them. Seconds are of the clock; in brackets those of this process's processor.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PEOPLE, EACH, CLAIMERS, ROUNDS = 10_000, 5, 50, 4
ALLOWED_DRAWING, ALLOWED_CLAIM = 1.5, 0.050


def main():
    with tempfile.TemporaryDirectory(prefix="bench-peer-") as folder:
        environment = os.environ | {
            "BELLRINGER_DEVELOPMENT": "1",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "LOG_LEVEL": "ERROR",
        }
        environment.setdefault("DATABASE_URL", f"sqlite:///{folder}/bench.sqlite3")
        command = [sys.executable, "-m", "tests.bench.peer_rounds", "--one"]
        answer = subprocess.run(
            command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True
        )
    it = json.loads(answer.stdout.strip().splitlines()[-1])
    print(f"{it['vendor']}: {PEOPLE} people × {EACH} reviews")
    print(
        f"  drawn and written      {it['drawing']:8.2f} s ({it['drawing_used']:.2f}), at most {ALLOWED_DRAWING}"
    )
    print(
        f"  a tenth gone, mended   {it['repair']:8.2f} s, {it['repair_transactions']} transaction, {it['short']} works short"
    )
    for name, row in it["claims"].items():
        print(
            f"  {CLAIMERS} take work, {name:20} median {row['median']:6.1f}, p99 {row['p99']:6.1f}, most {row['most']:6.1f} ms;"
            f" twice {row['twice']}, works {row['least']} to {row['greatest']} reviews"
        )
    print(f"  overview               {it['overview']} statements for 30 and 1,000 people")
    steady = it["claims"]["at a steady pace"]
    kept = (
        it["drawing"] <= ALLOWED_DRAWING
        and it["repair_transactions"] == 1
        and it["short"] == 0
        and steady["p99"] <= 1000 * ALLOWED_CLAIM
        and not any(row["twice"] for row in it["claims"].values())
        and it["overview"][0] == it["overview"][1]
    )
    print("kept" if kept else "NOT kept")
    sys.exit(0 if kept else 1)


def one():
    import django

    django.setup()
    from django.conf import settings

    settings.DEBUG = False  # else every statement is kept
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    told = {
        "vendor": connection.vendor,
        **drawing(),
        "claims": claims(),
        "overview": [overview(30), overview(1_000)],
    }
    print(json.dumps(told))


def drawing():
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from assessments.peer import assigning
    from assessments.peer.models import Participant

    peer = handed_in(PEOPLE, reviews_each=EACH, grouping="never_same")
    began, used = time.perf_counter(), time.process_time()
    assigning.draw(peer=peer, by=None, seed=1)
    took, used = time.perf_counter() - began, time.process_time() - used
    assert peer.reviews.count() == PEOPLE * EACH
    gone = list(peer.participants.order_by("key")[: PEOPLE // 10])
    now = peer.phase_since
    Participant.objects.filter(pk__in=[row.pk for row in gone]).update(dropped_at=now)
    with CaptureQueriesContext(connection) as seen:
        began = time.perf_counter()
        assigning.repair(peer=peer, by=None, seed=3)
        mended = time.perf_counter() - began
    begins = sum(row["sql"].startswith("BEGIN") for row in seen.captured_queries)
    counts = Counter(peer.reviews.live().values_list("submission", flat=True))
    short = sum(counts[pk] < peer.least_reviews for pk in peer.submissions.values_list("pk", flat=True))
    return {
        "drawing": took,
        "drawing_used": used,
        "repair": mended,
        "repair_transactions": begins,
        "short": short,
    }


def handed_in(count, **settings):
    """A round in which so many have handed in, in groups of 25, as if they had clicked."""
    from django.db import connection
    from django.utils import timezone

    from assessments.peer.models import Participant, PeerActivity, PeerGroup, Submission
    from lti_tool.models import Person
    from tests import peers

    peer = peers.peer_round(self_assesses=False, **settings)
    PeerActivity.objects.filter(pk=peer.pk).update(phase="review")
    registration = peer.activity.context.deployment.registration
    names = [
        Person(registration=registration, sub=f"{peer.pk}-{n}", name=f"Student {n}") for n in range(count)
    ]
    people = Person.objects.bulk_create(names, batch_size=500)
    groups = PeerGroup.objects.bulk_create(
        PeerGroup(peer=peer, name=f"Ward {n}") for n in range(-(-count // 25))
    )
    places = Participant.objects.bulk_create(
        [Participant(peer=peer, person=row, group=groups[n // 25]) for n, row in enumerate(people)],
        batch_size=500,
    )
    now = timezone.now()
    works = Submission.objects.bulk_create(
        [Submission(peer=peer, state="handed_in", handed_in_at=now, text="Work") for _row in people],
        batch_size=500,
    )
    through = Submission.authors.through
    through.objects.bulk_create(
        [through(submission=work, participant=row) for work, row in zip(works, places, strict=True)],
        batch_size=500,
    )
    connection.cursor().execute(
        "ANALYZE"
    )  # as the database does by itself once it has been running for a while
    return peers.fresh(peer)


def claims():
    """Of each way of asking what it took, in milliseconds, and whether anybody got what somebody else has."""
    found = {}
    for name, pace in (("at a steady pace", 2.0), ("all in one instant", 0.0)):
        peer = handed_in(2_000, reviews_each=ROUNDS + 1, allocating="pull")
        times = ask_all(peer, pace)
        pairs = list(peer.reviews.values_list("reviewer", "submission"))
        counts = Counter(work for _who, work in pairs)
        per_work = [counts[pk] for pk in peer.submissions.values_list("pk", flat=True)]
        kept = dict(peer.submissions.values_list("pk", "live_reviews"))
        wrong = sum(kept[work] != counts[work] for work in kept)
        ordered = sorted(times)
        found[name] = {
            "median": 1000 * ordered[len(ordered) // 2],
            "p99": 1000 * ordered[int(0.99 * len(ordered))],
            "most": 1000 * ordered[-1],
            "twice": len(pairs) - len(set(pairs)) + wrong + abs(len(pairs) - len(times)),
            "least": min(per_work),
            "greatest": max(per_work),
        }
    return found


def ask_all(peer, pace):
    """50 threads; each asks for `ROUNDS` people, one after another, the next one a second (or nothing) later."""
    from django.db import connection

    from assessments.peer import assigning

    people = list(peer.participants.order_by("key")[: CLAIMERS * ROUNDS])
    barrier, times, failed = threading.Barrier(CLAIMERS), [], []

    def ask(place):
        connection.ensure_connection()
        barrier.wait()
        time.sleep(pace * place / CLAIMERS)
        try:
            for person in people[place::CLAIMERS]:
                began = time.perf_counter()
                assert assigning.take_next(participant=person) is not None
                times.append(time.perf_counter() - began)
                time.sleep(max(0, pace - times[-1]))
                if not pace:
                    barrier.wait()
        except Exception as error:
            failed.append(error)
            barrier.abort()
        finally:
            connection.close()

    threads = [threading.Thread(target=ask, args=[place]) for place in range(CLAIMERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return times


def overview(count):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from assessments.peer import assigning, progress

    peer = handed_in(count, reviews_each=3)
    assigning.draw(peer=peer, by=None, seed=1)
    with CaptureQueriesContext(connection) as seen:
        assert len(progress.of(peer).rows) == count
    return len(seen)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one()
    else:
        main()
