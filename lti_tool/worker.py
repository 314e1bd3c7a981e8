"""The embedded worker: one extra process that delivers grades, reads rosters and tidies up. Any number may run."""

import threading
import time

import structlog
from django.db import OperationalError, close_old_connections

from lti_tool import delivery, outbox, roster, session

log = structlog.get_logger(__name__)

IDLE_SECONDS = 0.5
TIDY_SECONDS = 600.0


def run(stop: threading.Event) -> None:
    """Work until `stop` is set. A database that is away for a moment is waited for; nothing is lost by it."""
    tidied = 0.0
    while not stop.is_set():
        close_old_connections()
        try:
            if time.monotonic() - tidied > TIDY_SECONDS:
                session.forget_expired()
                tidied = time.monotonic()
            if not work_once(stop):
                stop.wait(IDLE_SECONDS)
        except OperationalError:
            log.warning("database away")
            stop.wait(5)
        except Exception:  # whatever it was, the other schools' grades go on
            log.exception("worker stumbled")
            stop.wait(5)


def work_once(stop: threading.Event | None = None) -> int:
    """Do what is due now; gives how many things that was. Rows that are not reached are given back at once."""
    done = 0
    scores = outbox.claim()
    for score in scores:
        if stop is not None and stop.is_set():
            outbox.release_lease(score)
            continue
        if not outbox.still_ours(
            score
        ):  # an earlier one took long: its lease ran out and another worker has it
            continue
        delivery.deliver(score)
        done += 1
    context = roster.claim()
    if context:
        roster.sweep(context)
        done += 1
    return done
