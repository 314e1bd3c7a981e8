"""The sandbox's time: real, unless a test lets some pass. Nothing here waits for it."""

import time

_ahead = 0.0


def now() -> float:
    return time.time() + _ahead


def set_ahead(seconds: float) -> None:
    global _ahead
    _ahead = seconds
