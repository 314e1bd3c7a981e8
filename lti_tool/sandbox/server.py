"""Serving the sandbox: one process, a few threads, loopback only."""

import os
import signal
import sys
import threading
from typing import Any

from gunicorn.app.base import BaseApplication


class Server(BaseApplication):
    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        super().__init__()

    def load_config(self) -> None:
        address = "127.0.0.1" if self.host == "localhost" else self.host
        settings = {
            "bind": f"{address}:{self.port}",
            "workers": 1,
            "worker_class": "gthread",
            "threads": 16,
            "keepalive": 60,
            "timeout": 0,
            "graceful_timeout": 1,
            "loglevel": "error",
            "limit_request_line": 8190,
            "limit_request_field_size": 16380,
            "control_socket_disable": True,
            "post_worker_init": _say_ready,
        }
        for name, value in settings.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Any:
        from django.core.wsgi import get_wsgi_application

        return get_wsgi_application()


def _say_ready(worker: Any) -> None:
    sys.stdout.write(f"Sandbox LMS on {os.environ['SANDBOX_URL']}\n")
    sys.stdout.flush()


def end_with_standard_input() -> None:
    """Ends this process when whoever started it is gone, however they ended."""

    def watch() -> None:
        sys.stdin.buffer.read()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()
