import re
from datetime import UTC, datetime

_ISO = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)?")


def seconds(text: object) -> float | None:
    """Seconds since 1970 of an ISO 8601 time, or None. A time without a zone counts as UTC (Moodle live)."""
    found = _ISO.fullmatch(text) if isinstance(text, str) else None
    if not found:
        return None
    day, clock, fraction, zone = found.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}{(fraction or '.0')[:7]}{zone or 'Z'}")
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def whole_seconds(moment: float) -> str:
    """As Moodle writes times in results: 2026-11-22T09:39:22+00:00."""
    return datetime.fromtimestamp(int(moment), UTC).isoformat()


def milliseconds(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
