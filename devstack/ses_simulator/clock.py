"""The simulator's time: seconds since 1970 that never run backwards, so that windows of a second stay that long."""

import time
from datetime import UTC, datetime

_STARTED = time.time() - time.monotonic()


def now() -> float:
    """Return the moment, in seconds since 1970."""
    return _STARTED + time.monotonic()


def stamp(moment: float) -> str:
    """Write a moment as AWS does: 2026-01-31T09:00:00.000Z."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
