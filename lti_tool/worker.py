"""The embedded worker: one extra process that delivers grades, reads rosters and tidies up. Any number may run.

Each kind of work has threads of its own, so that a long roster holds no grade up. How many requests a platform gets at
once is not decided here but by its lanes, which all workers share.
"""

import random
import threading
from collections.abc import Callable

import structlog
from django.conf import settings
from django.db import OperationalError, close_old_connections, connections

from lti_tool import delivery, keys, lanes, notices, session, sweeping

log = structlog.get_logger(__name__)

IDLE_SECONDS = 0.5
# While grades are on their way, a lane that comes free is taken again soon.
BUSY_SECONDS = 0.05
AFTER_TROUBLE_SECONDS = 5.0
TIDY_SECONDS = 600.0

Step = Callable[[threading.Event], bool]

# What the rest of the house wants done beside requests; each does a little and says whether there was something.
chores: list[Callable[[], bool]] = []


def run(stop: threading.Event) -> None:
    """Work until `stop` is set. A database that is away for a moment is waited for; nothing is lost by it."""
    steps: list[Step] = [_sweep, _tidy, _listen, _do_chores, *([_deliver] * settings.LTI_WORKER_THREADS)]
    threads = [threading.Thread(target=_keep_doing, args=(step, stop)) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def work_once(stop: threading.Event | None = None) -> int:
    """Do what is due now, one thing after another; gives how many things that was."""
    stop, done = stop or threading.Event(), 0
    while not stop.is_set() and _do_chores(stop):
        done += 1
    while not stop.is_set() and _deliver(stop):
        done += 1
    return done + _sweep(stop) + _listen(stop)


def _keep_doing(step: Step, stop: threading.Event) -> None:
    idle = 0.0
    try:
        while not stop.is_set():
            close_old_connections()
            try:
                # Longer and longer, so that many idle threads ask the database rarely.
                idle = BUSY_SECONDS if step(stop) else min(max(idle * 2, BUSY_SECONDS), IDLE_SECONDS)
                if idle > BUSY_SECONDS:
                    stop.wait(idle)
            except OperationalError:
                log.warning("database away")
                stop.wait(AFTER_TROUBLE_SECONDS)
            except Exception:  # whatever it was, the other schools' grades go on
                log.exception("worker stumbled")
                stop.wait(AFTER_TROUBLE_SECONDS)
    finally:
        connections.close_all()


def _deliver(stop: threading.Event) -> bool:
    batch = lanes.claim()
    if batch is None:
        return False
    delivery.deliver(batch, stop)
    return True


def _sweep(stop: threading.Event) -> bool:
    context = sweeping.claim()
    if context is None:
        return False
    sweeping.sweep(context)
    return True


def _listen(stop: threading.Event) -> bool:
    """What platforms told us, then who has to be asked to tell us."""
    if notices.work_on_next():
        return True
    deployment = notices.claim()
    if deployment is None:
        return False
    notices.ask(deployment)
    return True


def _do_chores(stop: threading.Event) -> bool:
    # Each has its turn, in any order: one that stumbles does not keep the same others from theirs again and again.
    return sum(chore() for chore in random.sample(chores, len(chores))) > 0


def _tidy(stop: threading.Event) -> bool:
    session.forget_expired()
    keys.tidy()
    stop.wait(TIDY_SECONDS)
    return True
