"""The tool as it runs in production, on this machine: files collected and bundled, behind gunicorn; only TLS is missing."""

import os
import subprocess
import sys
import time
from pathlib import Path

import requests

from tests.sandbox_lms import free_port

ROOT = Path(__file__).resolve().parent.parent
# Of the tests, which make rows and one-time addresses beside it.
KEY = "development-only-" + "0" * 33


class Production:
    def __init__(self, folder, database_url):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {name: value for name, value in os.environ.items() if name != "BELLRINGER_DEVELOPMENT"} | {
            "SECRET_KEY": KEY,
            "LTI_KEY_ENCRYPTION_KEYS": KEY,
            "TOOL_URL": self.url,
            "ALLOWED_HOSTS": "127.0.0.1",
            "SECURE_SSL_REDIRECT": "false",
            "STATIC_ROOT": str(folder),
            "DATABASE_URL": database_url,
            "LOG_LEVEL": "ERROR",
        }  # fmt: skip
        self._run("manage.py", "collectstatic", "--no-input", "--verbosity", "0")

    def _run(self, *command):
        subprocess.run([sys.executable, *command], cwd=ROOT, env=self.environment, check=True)

    def __enter__(self):
        command = [
            sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{self.port}", "--worker-class", "gthread",
            "--threads", "8", "--no-control-socket", "--log-level", "critical",
        ]  # fmt: skip
        self.process = subprocess.Popen(command, cwd=ROOT, env=self.environment)
        deadline = time.monotonic() + 40
        while not self._answers():
            if time.monotonic() > deadline:
                self.__exit__()
                raise AssertionError("it did not start")
            time.sleep(0.1)
        return self

    def _answers(self):
        try:
            return requests.get(f"{self.url}/lti/jwks.json", timeout=2).ok
        except requests.RequestException:
            return False

    def __exit__(self, *_problem):
        self.process.terminate()
        self.process.wait(timeout=20)
