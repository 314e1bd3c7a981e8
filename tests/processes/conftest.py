"""Workers as real processes on the test database, to be killed at any moment."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent.parent
LEASE_SECONDS = 3


def database_url() -> str:
    """The address of this test run's own database."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    host = database.get("OPTIONS", {}).get("host") or database["HOST"]
    return f"postgres://{database['USER']}@/{database['NAME']}?host={quote(host, safe='/')}"


@pytest.fixture
def start_worker():
    """Starts workers; those that still run at the end are ended, by pid."""
    started = []

    def start(**variables):
        environment = os.environ | {
            "BELLRINGER_DEVELOPMENT": "1",
            "DATABASE_URL": database_url(),
            "LTI_SCORE_LEASE_SECONDS": str(LEASE_SECONDS),
            **variables,
        }
        process = subprocess.Popen(
            [sys.executable, "manage.py", "run_worker"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.terminate()
        process.wait(timeout=20)


def kill(process) -> None:
    os.kill(process.pid, signal.SIGKILL)
    process.wait(timeout=10)
    assert process.returncode == -signal.SIGKILL


def wait_until(is_true, seconds=40.0):
    """Poll until it holds; fail with the question's own words when it never does."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = is_true()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"never came true within {seconds} s")
