"""A roster of 10,000 in one sweep: statements, memory and time, beside one of 1,000: `python -m tests.bench.roster`."""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

ROOT = Path(__file__).resolve().parent.parent.parent
# How the platform hands its members out: 50 a page as Canvas does, 500 as Moodle does when asked, or all at once.
PAGES = {"canvas": 50, "moodle": 500, "other": None}
# The figures to keep: statements for each transaction of members, and the peak memory of ten times as many people.
ALLOWED_STATEMENTS, ALLOWED_MEMORY = {"canvas": 12, "moodle": 50, "other": 50}, 1.2
ALLOWED_MEMORY_AT_ONCE = 1.6


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, default=10_000)
    asked = parser.parse_args()
    print(
        "platform  members   pages  chunks  new: statements a chunk      s  again: statements a chunk      s  peak MB"
    )
    kept = True
    for kind in PAGES:
        few, many = run(kind, asked.members // 10), run(kind, asked.members)
        for it in (few, many):
            print(
                f"{kind:8} {it['members']:>8} {it['pages']:>7} {it['chunks']:>7}"
                f" {it['new']:>27.1f} {it['new_s']:>6.1f} {it['again']:>28.1f} {it['again_s']:>6.1f} {it['peak']:>8.1f}"
            )
        limit = ALLOWED_MEMORY if PAGES[kind] else ALLOWED_MEMORY_AT_ONCE
        kept &= many["peak"] <= limit * few["peak"]
        kept &= many["new"] <= ALLOWED_STATEMENTS[kind] and many["again"] <= few["again"] + 1
        kept &= many["kept"] == many["members"]
    print("\nkept" if kept else "\nNOT kept")
    sys.exit(0 if kept else 1)


def run(kind, count):
    """One run in a process of its own, so that its peak is its own."""
    with tempfile.TemporaryDirectory(prefix="bench-roster-") as folder, platform(kind, count) as base:
        environment = os.environ | {
            "BELLRINGER_DEVELOPMENT": "1",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "LOG_LEVEL": "ERROR",
        }
        environment.setdefault("DATABASE_URL", f"sqlite:///{folder}/bench.sqlite3")
        command = [sys.executable, "-m", "tests.bench.roster", "--one", kind, str(count), base]
        answer = subprocess.run(
            command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True
        )
        return json.loads(answer.stdout.strip().splitlines()[-1])


def one(kind, count, base):
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from lti_tool import keys, roster, sweeping
    from lti_tool.models import Context, Deployment, Membership, Registration

    call_command("migrate", verbosity=0)
    keys.signing_key()
    Registration.objects.all().delete()
    registration = Registration.objects.create(
        name=kind, issuer=base, client_id=kind, auth_url=f"{base}/auth", token_url=f"{base}/token",
        jwks_url=f"{base}/jwks", platform_family=kind,
    )  # fmt: skip
    deployment = Deployment.objects.create(registration=registration, deployment_id="1", status="active")
    context = Context.objects.create(
        deployment=deployment, context_id="course", memberships_url=f"{base}/members"
    )
    chunks, statements = [0], [0]
    keep = sweeping.keep

    def counted(*args):
        chunks[0] += 1
        keep(*args)

    def count_one(execute, *args):
        statements[0] += 1
        return execute(*args)

    def sweep():
        chunks[0] = statements[0] = 0
        began = time.monotonic()
        roster.want(context)
        sweeping.sweep(sweeping.claim())
        return statements[0] / chunks[0], time.monotonic() - began

    sweeping.keep = counted
    with connection.execute_wrapper(count_one):
        new, again = sweep(), sweep()
    row = Context.objects.get(pk=context.pk)
    assert row.roster_problem == "", row.roster_problem
    size = PAGES[kind]
    print(json.dumps({
        "members": count, "pages": -(-count // size) if size else 1, "chunks": chunks[0], "new": new[0], "new_s": new[1],
        "again": again[0], "again_s": again[1], "peak": peak_megabytes(),
        "kept": Membership.objects.filter(context=context, is_active=True).count(),
    }))  # fmt: skip


def peak_megabytes():
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line)
    return int(line.split()[1]) / 1024


@contextlib.contextmanager
def platform(kind, count):
    """An LMS in this process that knows one course and nothing else."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Members)
    server.size, server.count = PAGES[kind], count
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


class Members(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *args):
        pass

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.answer({"access_token": "t", "expires_in": 3600})

    def do_GET(self):
        size, count = self.server.size, self.server.count
        page = int(parse_qs(urlsplit(self.path).query).get("page", ["0"])[0])
        first, last = (page * size, min((page + 1) * size, count)) if size else (0, count)
        url = f"http://127.0.0.1:{self.server.server_port}/members?page={page + 1}"
        self.answer(
            {"members": [member(n) for n in range(first, last)]},
            f'<{url}>; rel="next"' if last < count else "",
        )

    def answer(self, value, link=""):
        content = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if link:
            self.send_header("Link", link)
        self.end_headers()
        self.wfile.write(content)


def member(number):
    given, family = f"Ngọc {number}", f"Featherstonehaugh-Cholmondeley {number}"
    return {
        "status": "Active",
        "user_id": f"7b1e9d54-8c1a-4f3e-a4be-{number:012d}",
        "roles": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"],
        "name": f"{given} {family}",
        "given_name": given,
        "family_name": family,
        "email": f"student.{number}@northfield.example",
        "picture": f"https://northfield.example/images/thumbnails/{number}/abcdefghijklmnop",
        "message": [{"https://purl.imsglobal.org/spec/lti/claim/custom": {"section_names": '["Stream A"]'}}],
    }


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(sys.argv[2], int(sys.argv[3]), sys.argv[4])
    else:
        main()
