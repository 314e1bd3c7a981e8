"""bin/demo, as the README says it."""

import os
import re
import signal
import socket
import subprocess
import time

import requests

from tests.processes.conftest import ROOT
from tests.sandbox_lms import free_port


def is_listening(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def listen_to_ctrl_c():
    """As in a terminal: a run of tests in the background ignores it, and so would whatever it starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def signs_in(administration, password):
    """The administrator whose password the demo prints, as the form of the page does it."""
    with requests.Session() as browser:
        form = browser.get(administration, timeout=10)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form.text)[1]
        fields = {"csrfmiddlewaretoken": token, "username": "admin", "password": password, "next": "/admin/"}
        home = browser.post(form.url, fields, headers={"Referer": form.url}, timeout=10)
    assert "Platforms, deliveries and keys" in home.text


def test_demo_starts_says_where_and_leaves_nothing_running(tmp_path):
    tool_port, lms_port = free_port(), free_port()
    demo = subprocess.Popen(
        ["bin/demo", "--fresh"],
        cwd=ROOT,
        env=os.environ
        | {"TOOL_PORT": str(tool_port), "LMS_PORT": str(lms_port), "DEMO_FOLDER": str(tmp_path / "demo")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        preexec_fn=listen_to_ctrl_c,
    )
    try:
        said = ""
        while "Press Ctrl-C to end" not in said:
            line = demo.stdout.readline()
            assert line, said
            said += line
        assert f"http://localhost:{lms_port}/" in said

        home = requests.get(f"http://localhost:{lms_port}/", timeout=10)
        assert "Tina Teacher" in home.text
        keys = requests.get(f"http://127.0.0.1:{tool_port}/lti/jwks.json", timeout=10)
        assert keys.json()["keys"]
        signs_in(f"http://127.0.0.1:{tool_port}/admin/", re.search(r"password (\S+)", said)[1])
    finally:
        os.kill(demo.pid, signal.SIGINT if demo.poll() is None else 0)
        demo.wait(timeout=90)
        demo.stdout.close()

    deadline = time.monotonic() + 10
    while (is_listening(tool_port) or is_listening(lms_port)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not is_listening(tool_port)
    assert not is_listening(lms_port)
