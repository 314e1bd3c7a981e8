"""How much a launch costs, beside others: `python -m tests.bench.launch [--launches N]`.

A launch is login initiation, the signed answer of the platform, and the first page. Four tools take the same launches,
each behind gunicorn (gthread, one worker, four threads) with an SQLite file of its own, eight clients at once. What counts
is the ratio in this one run: launches a second, and processor time of the server for each launch.
"""

import argparse
import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

ROOT = Path(__file__).resolve().parent.parent.parent
LTI = "https://purl.imsglobal.org/spec/lti/claim/"
CLIENT_ID, DEPLOYMENT_ID, KID = "bench", "1", "bench-key"
CLIENTS = 8
# The figures to keep: launches a second against the cookbook tool with rows, processor time against the bare handler.
LEAST_THROUGHPUT, MOST_CPU = 1.0, 5.0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--launches", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    with Platform() as platform, tempfile.TemporaryDirectory(prefix="bench-launch-") as folder:
        tools = [
            Tool("bare handler", "tests.bench.bare_handler", platform, Path(folder, "bare")),
            Tool("cookbook, no rows", "tests.bench.cookbook_tool", platform, Path(folder, "cookbook")),
            Tool("cookbook with rows", "tests.bench.cookbook_tool", platform, Path(folder, "rows")),
            Tool("Bellringer", "config.wsgi", platform, Path(folder, "ours")),
        ]
        for tool in tools:
            tool.prepare()
        figures = {tool.name: [] for tool in tools}
        for _ in range(asked.rounds):  # in turns, so that a slow minute of the machine meets all of them
            for tool in tools:
                figures[tool.name].append(tool.measure(asked.launches))
    report({name: median(runs) for name, runs in figures.items()})


def median(runs):
    """The round in the middle by throughput."""
    return sorted(runs)[len(runs) // 2]


def report(figures):
    print(f"\n{'tool':<22}{'launches/s':>12}{'CPU ms each':>13}")
    for name, (rate, cpu) in figures.items():
        print(f"{name:<22}{rate:>12.0f}{cpu:>13.2f}")
    (rate, cpu), (_, floor) = figures["Bellringer"], figures["bare handler"]
    ratios = {
        "throughput against the cookbook without rows": rate / figures["cookbook, no rows"][0],
        "throughput against the cookbook with rows": rate / figures["cookbook with rows"][0],
        "processor time against the bare handler": cpu / floor,
    }
    for words, ratio in ratios.items():
        print(f"{words}: {ratio:.2f}")
    # The peer that keeps rows too, in the same database; the one that keeps none is shown for comparison.
    kept = rate >= LEAST_THROUGHPUT * figures["cookbook with rows"][0] and cpu <= MOST_CPU * floor
    print("kept" if kept else f"NOT kept: throughput ≥ {LEAST_THROUGHPUT}, processor time ≤ {MOST_CPU}")
    sys.exit(0 if kept else 1)


class Platform:
    """Signs launches, and publishes its key on loopback."""

    def __enter__(self):
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.jwk = json.loads(RSAAlgorithm.to_jwk(self.key.public_key())) | {
            "kid": KID, "alg": "RS256", "use": "sig",
        }  # fmt: skip
        body = json.dumps({"keys": [self.jwk]}).encode()

        class Keys(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Keys)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()

    def id_token(self, nonce, target, person):
        now = int(time.time())
        claims = {
            "iss": self.url, "aud": CLIENT_ID, "sub": f"student-{person}", "nonce": nonce,
            "iat": now, "exp": now + 300, "name": "Ada Example", "given_name": "Ada", "family_name": "Example",
            "email": "ada@example.org",
            LTI + "message_type": "LtiResourceLinkRequest", LTI + "version": "1.3.0",
            LTI + "deployment_id": DEPLOYMENT_ID, LTI + "target_link_uri": target,
            LTI + "resource_link": {"id": "link-1", "title": "History taking"},
            LTI + "context": {"id": "course-1", "label": "MED", "title": "Medicine"},
            LTI + "roles": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"],
            LTI + "tool_platform": {"guid": "bench", "product_family_code": "other"},
            LTI + "launch_presentation": {"document_target": "iframe", "return_url": f"{self.url}/course"},
        }  # fmt: skip
        return jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": KID})

    def pem(self):
        form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        return self.key.private_bytes(*form).decode()


class Tool:
    def __init__(self, name, module, platform, database):
        self.name, self.module, self.platform, self.database = name, module, platform, database
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.target = f"{self.url}/lti/launch/"

    @property
    def environment(self):
        public = {
            "auth_login_url": f"{self.platform.url}/auth",
            "auth_token_url": f"{self.platform.url}/token",
        }
        cookbook = public | {
            "default": True, "client_id": CLIENT_ID, "key_set_url": f"{self.platform.url}/jwks",
            "key_set": None, "deployment_ids": [DEPLOYMENT_ID],
        }  # fmt: skip
        return os.environ | {
            "BENCH_DATABASE": str(self.database),
            "BENCH_PUBLIC_JWK": json.dumps(self.platform.jwk),
            "BENCH_TOOL_CONFIGURATION": json.dumps({self.platform.url: [cookbook]}),
            "BENCH_ROWS": "1" if self.name == "cookbook with rows" else "0",
            "BELLRINGER_DEVELOPMENT": "1",
            "DATABASE_URL": f"sqlite:///{self.database}",
            "TOOL_URL": self.url,
            "LOG_LEVEL": "ERROR",
            "LTI_LOGINS_PER_MINUTE": "1000000",
        }

    def prepare(self):
        if self.module == "tests.bench.cookbook_tool":
            self.run("-c", "import tests.bench.cookbook_tool", BENCH_PREPARE="1")
        if self.module == "config.wsgi":
            self.run("manage.py", "migrate", "--verbosity", "0")
            self.run(
                "manage.py", "register_platform", "--name", "Bench", "--issuer", self.platform.url,
                "--client-id", CLIENT_ID, "--auth-url", f"{self.platform.url}/auth",
                "--token-url", f"{self.platform.url}/token", "--jwks-url", f"{self.platform.url}/jwks",
                "--deployment-id", DEPLOYMENT_ID,
            )  # fmt: skip

    def run(self, *command, **more):
        subprocess.run(
            [sys.executable, *command], cwd=ROOT, env=self.environment | more, check=True, capture_output=True
        )

    def measure(self, launches):
        """Launches a second, and milliseconds of the server's processor for each."""
        with self.running() as server:
            self.go(CLIENTS * 4)  # warm: templates, keys, connections
            before, began = cpu_seconds(server), time.monotonic()
            self.go(launches)
            took, used = time.monotonic() - began, cpu_seconds(server) - before
        return launches / took, 1000 * used / launches

    @contextlib.contextmanager
    def running(self):
        command = [
            sys.executable, "-m", "gunicorn", f"{self.module}:application", "--bind", f"127.0.0.1:{self.port}",
            "--worker-class", "gthread", "--workers", "1", "--threads", "4", "--no-control-socket", "--log-level", "error",
        ]  # fmt: skip
        server = subprocess.Popen(command, cwd=ROOT, env=self.environment)
        try:
            self.wait()
            yield server.pid
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(20)

    def wait(self):
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.1)
        raise SystemExit(f"{self.name} did not start")

    def go(self, launches):
        with ThreadPoolExecutor(CLIENTS) as clients:
            each = launches // CLIENTS
            list(clients.map(lambda client: self.client(client, each), range(CLIENTS)))

    def client(self, client, launches):
        """Each client is a class of its own: the same few people come back."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        for number in range(launches):
            self.launch(connection, f"{client}-{number % 25}")
        connection.close()

    def launch(self, connection, person):
        begun = {
            "iss": self.platform.url, "client_id": CLIENT_ID, "login_hint": "1", "lti_message_hint": uuid.uuid4().hex,
            "target_link_uri": self.target,
        }  # fmt: skip
        connection.request("GET", f"/lti/login/?{urlencode(begun)}")
        answer = connection.getresponse()
        page = answer.read()
        if answer.status != 302:
            raise SystemExit(f"{self.name}: login answered {answer.status} {page[:300]!r}")
        sent = parse_qs(urlsplit(answer.headers["Location"]).query)
        cookies = "; ".join(
            re.match(r"[^;]*", value)[0] for value in answer.headers.get_all("Set-Cookie", [])
        )
        token = self.platform.id_token(sent["nonce"][0], self.target, person)
        self.post(connection, {"id_token": token, "state": sent["state"][0]}, cookies)

    def post(self, connection, form, cookies):
        headers = {"Content-Type": "application/x-www-form-urlencoded"} | (
            {"Cookie": cookies} if cookies else {}
        )
        connection.request("POST", "/lti/launch/", urlencode(form), headers)
        answer = connection.getresponse()
        page = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{self.name}: launch answered {answer.status} {page[:300]!r}")


def cpu_seconds(pid):
    """User and system time of a process and its children, from /proc."""
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(stat.parent.name) == pid or int(fields[1]) == pid:
                total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
