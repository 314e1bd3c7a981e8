"""Two LTI platforms that nobody here wrote, each a process of its own in an environment of its own.

The tool listens on 127.0.0.1, the platforms on localhost: to a browser those are two sites.
"""

import json
import re
import select
import subprocess
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from lti_tool.models import Deployment, Registration
from tests.sandbox_lms import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
PYTHON = ROOT / ".venv-foreign" / "bin" / "python"
FORM = re.compile(r"<form\b[^>]*\baction=\"([^\"]*)\"[^>]*>(.*?)</form>", re.DOTALL)
INPUT = re.compile(r"<input\b([^>]*)>")
ATTRIBUTE = re.compile(r"\b(name|value)=\"([^\"]*)\"")


class Platform:
    """One foreign platform, and the browser of one person in it."""

    def __init__(self, script, tool_url, folder):
        assert PYTHON.exists(), "The foreign platforms are not installed: run bin/setup test."
        port = free_port()
        self.url = f"http://localhost:{port}"
        self.log = (folder / "log.txt").open("w")
        command = [PYTHON, ROOT / "tests" / "foreign" / script, str(port), tool_url, str(folder)]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=self.log, text=True, cwd=folder
        )
        ready, _, _ = select.select([self.process.stdout], [], [], 60)
        line = self.process.stdout.readline() if ready else ""
        assert line, f"{script} did not start: {(folder / 'log.txt').read_text()[-2000:]}"
        self.registration = json.loads(line)

    def register(self):
        fields = {name: self.registration[name] for name in ("auth_url", "token_url", "jwks_url")}
        row = Registration.objects.create(
            name="Foreign",
            issuer=self.registration["issuer"],
            client_id=self.registration["client_id"],
            **fields,
        )
        Deployment.objects.create(
            registration=row,
            deployment_id=self.registration["deployment_id"],
            status=Deployment.Status.ACTIVE,
        )

    def begin(self, person, **asked):
        raise NotImplementedError

    def open(self, person, **asked):
        """Click in the course and follow every form, as a browser does; gives the tool's page."""
        browser = requests.Session()
        page = browser.get(self.begin(person, **asked), timeout=20)
        page.raise_for_status()
        return follow(browser, page)

    def choose(self, person, **asked):
        """The same for deep linking: gives the browser and the page where one chooses."""
        browser = requests.Session()
        page = browser.get(self.begin(person, message="LtiDeepLinkingRequest", **asked), timeout=20)
        page.raise_for_status()
        return browser, follow(browser, page)

    def state(self):
        return requests.get(f"{self.url}/state", timeout=10).json()

    def end(self):
        self.process.terminate()
        self.process.wait(timeout=20)
        self.log.close()


class OpenEdx(Platform):
    def begin(self, person, **asked):
        return requests.get(f"{self.url}/begin", params={"person": person, **asked}, timeout=20).json()["url"]


class OpenLearning(Platform):
    def begin(self, person, **asked):
        return requests.post(f"{self.url}/begin", json={"person": person, **asked}, timeout=20).json()["url"]


def follow(browser, page):
    """Send the form that a page sends by itself."""
    action, inside = FORM.search(page.text).groups()
    fields = {}
    for tag in INPUT.findall(inside):
        attributes = {name: unescape(value) for name, value in ATTRIBUTE.findall(tag)}
        if "name" in attributes:
            fields[attributes["name"]] = attributes.get("value", "")
    # A browser takes loopback for a secure place and sends Secure cookies there; requests does not.
    host = urlsplit(unescape(action)).hostname
    cookies = "; ".join(f"{kept.name}={kept.value}" for kept in browser.cookies if kept.domain == host)
    return browser.post(unescape(action), fields, headers={"Cookie": cookies}, timeout=20)


@pytest.fixture(scope="session")
def _running(live_server, tmp_path_factory):
    platforms = [
        OpenEdx("openedx_platform.py", live_server.url, tmp_path_factory.mktemp("openedx")),
        OpenLearning("openlearning_platform.py", live_server.url, tmp_path_factory.mktemp("openlearning")),
    ]
    yield platforms
    for platform in platforms:
        platform.end()


@pytest.fixture
def _tool(transactional_db, tool_key, live_server, settings):
    settings.TOOL_URL = live_server.url


@pytest.fixture
def openedx(_running, _tool):
    _running[0].register()
    return _running[0]


@pytest.fixture
def openlearning(_running, _tool):
    _running[1].register()
    return _running[1]


@pytest.fixture(params=["openedx", "openlearning"])
def platform(request):
    return request.getfixturevalue(request.param)
