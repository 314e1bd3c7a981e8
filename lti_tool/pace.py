"""How much a platform still lets us do. Canvas counts what each client costs it and says in every answer what is left.

Its bucket holds 600, refills by 10 a second, and 50 are set aside for each request under way; an empty bucket is
answered 403 (canvas-lms app/middleware/request_throttle.rb, doc/api/throttling.md). We slow down well before.
"""

import time
from collections.abc import Mapping

REMAINING = "X-Rate-Limit-Remaining"
ENOUGH = 200.0
REFILL = 10.0  # a second
LONGEST = 5.0

# registration → (what was left, when it said so). What one process knows; the platform's own count is the truth.
_left: dict[int, tuple[float, float]] = {}


def saw(registration: int, headers: Mapping[str, str]) -> None:
    """Remember what an answer says is left; answers that say nothing change nothing."""
    try:
        left = float(headers[REMAINING])
    except (KeyError, ValueError):
        return
    if left == left:  # not NaN
        _left[registration] = (left, time.monotonic())


def pause(registration: int) -> float:
    """Seconds to wait before the next call, so that what is left grows back to enough; at most five."""
    left, at = _left.get(registration, (ENOUGH, 0.0))
    missing = ENOUGH - left - REFILL * (time.monotonic() - at)
    return min(max(missing / REFILL, 0.0), LONGEST)


def forget() -> None:
    _left.clear()
