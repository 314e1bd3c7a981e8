import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from lti_tool import worker


class Command(BaseCommand):
    help = "Deliver grades to the LMS and read course rosters, until stopped."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stop.set())
        self.stdout.write("Worker is running.")
        self.stdout.flush()
        worker.run(stop)
