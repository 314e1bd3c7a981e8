"""An exam day that goes wrong: tablets lose the network, are reloaded, killed and swapped, the server dies and comes back.

Whatever a tablet said was kept is on the server in the end, exactly once; until then the board names whose tablet has it.
"""

import os
import random
import subprocess
import sys
from collections import Counter
from datetime import timedelta

import pytest
import requests
import time_machine
from django.utils import timezone

from assessments.marking.models import MarkSheet, Tap
from assessments.osce import running
from assessments.osce.board import board
from assessments.osce.master_clock import Kind
from tests import exams, factories
from tests.browser.test_offline import is_ready_for_the_worst, no_network
from tests.browser.visiting import visit
from tests.processes.conftest import ROOT, database_url, kill, wait_until
from tests.sandbox_lms import free_port

pytestmark = pytest.mark.django_db(transaction=True)

CRITERIA = ["Introduces self", "Asks openly", "Global rating"]
STEPS = 36


class Server:
    """The tool as a process that can be killed, always at the same address."""

    def __init__(self):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = None

    def start(self):
        command = [
            sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{self.port}", "--worker-class", "gthread",
            "--workers", "1", "--threads", "8", "--no-control-socket", "--log-level", "critical",
        ]  # fmt: skip
        environment = {"BELLRINGER_DEVELOPMENT": "1", "DATABASE_URL": database_url(), "TOOL_URL": self.url}
        # A group of its own: gunicorn's children have to die with it.
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | environment, start_new_session=True
        )
        wait_until(self.answers)

    def answers(self):
        try:
            return requests.get(f"{self.url}/lti/jwks.json", timeout=2).ok
        except requests.RequestException:
            return False

    def dies(self):
        for child in children(self.process.pid):
            os.kill(child, 9)
        kill(self.process)

    def ends(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=20)


def children(pid):
    found = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    return [int(line) for line in found.stdout.split()]


class Examiner:
    """Somebody with a tablet, a sheet, and a memory of what the tablet said was kept."""

    def __init__(self, chromium, server, post):
        self.chromium, self.server, self.link = chromium, server, post.session.exam.activity.link
        self.person = post.duties.get().staff.person
        self.sheet = post.encounters.order_by("round").first().sheets.get().sheet
        self.devices, self.told = [], Counter()
        self.takes_a_tablet()

    def takes_a_tablet(self):
        self.devices.append(self.chromium.new_context())
        self.launches()
        is_ready_for_the_worst(self.tab)

    @property
    def device(self):
        return self.devices[-1]

    def launches(self):
        self.tab = self.device.new_page()
        visit(self.tab, self.server, factories.launch(self.person, self.link), self.sheet.get_absolute_url())
        self.is_settled()

    def is_settled(self):
        """Until the tablet says where everything is."""
        self.tab.locator("[data-save-state]:not([data-state=saving])").wait_for()

    def taps(self, dice):
        group = self.tab.get_by_role("group", name=dice.choice(CRITERIA))
        group.locator("label.segment").nth(dice.randrange(3)).click()
        chosen = group.locator("input:checked")
        value = int(chosen.get_attribute("value")) if chosen.count() else None
        self.is_settled()
        self.told[f"level:{group.get_attribute('data-criterion')}", value] += 1

    def reloads(self):
        self.tab.reload()
        self.is_marking()

    def is_killed(self):
        """The browser's memory is gone, with the token in it; its storage is not."""
        self.tab.close()
        self.tab = self.device.new_page()
        self.tab.goto(self.server.url + self.sheet.get_absolute_url())
        self.is_marking()

    def is_marking(self):
        self.tab.locator("[data-mark-sheet]").wait_for()
        self.is_settled()

    def has_told_everything(self):
        """Each tap that was seen to be kept is on the server, once."""
        return Counter(Tap.objects.filter(sheet=self.sheet).values_list("field", "value")) == self.told

    def tells_everything(self):
        """In the end every tablet comes back to the network and is opened from the course once more."""
        for device in self.devices:
            page = device.new_page()
            visit(page, self.server, factories.launch(self.person, self.link), self.sheet.get_absolute_url())
            page.wait_for_function(
                "() => document.querySelector('[data-save-state]').textContent !== 'Saving…'"
            )
            page.locator("[data-save-state]:not([data-state=kept]):not([data-state=saving])").wait_for()
            device.close()


@pytest.fixture
def server(tool_key):
    server = Server()
    server.start()
    yield server
    server.ends()


@pytest.mark.timeout(300)
def test_what_a_tablet_said_was_kept_is_on_the_server_exactly_once(chromium, server, settings):
    settings.TOOL_URL = server.url
    dice = random.Random(20261123)
    session = exams.published(exams.exam(stations=3, candidates=3))
    running.order(session=session, kind=Kind.START, by=None)
    examiners = [Examiner(chromium, server, post) for post in session.posts.all()]
    happened = Counter()

    for _ in range(STEPS):
        who = dice.choice(examiners)
        who.tab.bring_to_front()
        what = dice.choice(["online", "online", "offline", "reloaded", "killed", "swapped", "server dies"])
        happened[what] += 1
        if what == "online":
            who.taps(dice)
        elif what == "offline":
            with no_network(who.device):
                who.taps(dice)
                who.taps(dice)
        elif what == "reloaded":
            with no_network(who.device):
                who.taps(dice)
                who.reloads()
                who.taps(dice)
        elif what == "killed":
            with no_network(who.device):
                who.taps(dice)
                who.is_killed()
                who.taps(dice)
            who.tab.close()
            who.launches()
        elif what == "swapped":
            if len(who.devices) < 3:
                who.device.set_offline(True)  # what waits on the old tablet stays there
                who.taps(dice)
                who.takes_a_tablet()
        else:
            server.dies()
            who.taps(dice)
            server.start()
    # A minute later every tablet that holds something has been silent for long enough.
    with time_machine.travel(timezone.now() + timedelta(minutes=1), tick=False):
        named = {
            cell.encounter.sheets.get().sheet: " ".join(cell.unsynced) for cell in board(session).unsynced
        }
    behind = [who for who in examiners if not who.has_told_everything()]
    assert behind, "nothing was ever away"
    for who in behind:
        assert who.person.display_name in named[who.sheet]
    for who in examiners:
        for device in who.devices:
            device.set_offline(False)
        who.tells_everything()

    assert board(session).unsynced == []
    assert min(happened.values()) > 0
    assert len(happened) == 6, happened
    for who in examiners:
        assert who.has_told_everything()
        assert shown(who.sheet) == newest_applied(Tap.objects.filter(sheet=who.sheet))
    late = Tap.objects.filter(outcome=Tap.Outcome.LATE).count()
    assert Tap.objects.filter(outcome=Tap.Outcome.REFUSED).count() == 0, late


def shown(sheet):
    sheet = MarkSheet.objects.whole().get(pk=sheet.pk)
    return {f"level:{mark.criterion_id}": mark.level_id for mark in sheet.marks.all()}


def newest_applied(taps):
    return dict(taps.filter(outcome=Tap.Outcome.APPLIED).order_by("id").values_list("field", "value"))
