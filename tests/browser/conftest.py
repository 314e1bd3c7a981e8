"""A real Chromium, the tool on 127.0.0.1 and the LMS on localhost: two sites, so the course frame is a third party."""

import os
import shutil

import pytest
from playwright.sync_api import sync_playwright

from tests.schools import enrol as enrol_school

# Playwright runs an event loop in this thread; Django would refuse the ORM beside it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def pytest_collection_modifyitems(items):
    """A frame of Chromium that never begins to load is tried once more; nothing else is, and twice is a failure.

    Seen about once in a hundred page openings on a busy machine, with no request on its way to either server.
    """
    for item in items:
        if "/browser/" in str(item.path):
            item.add_marker(pytest.mark.flaky(reruns=1, only_rerun=["TimeoutError"]))


@pytest.fixture(scope="session")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def browser(chromium):
    """A browser that nobody has used, on a screen like a small laptop's. A page error fails the test."""
    context = chromium.new_context(viewport={"width": 1200, "height": 900})
    context.set_default_timeout(25_000)
    problems = []
    context.on("weberror", lambda error: problems.append(str(error.error)))
    context.on("console", lambda message: problems.append(message.text) if _is_csp(message) else None)
    yield context
    context.close()
    assert problems == []


def _is_csp(message):
    return message.type == "error" and "Content Security Policy" in message.text


@pytest.fixture
def tool(live_server, settings):
    settings.TOOL_URL = live_server.url
    return live_server


@pytest.fixture
def enrol(tool, sandbox, tool_key):
    """Makes a school of a profile that launches the live tool."""

    return lambda profile="plain": enrol_school(sandbox, profile, tool_url=tool.url)
