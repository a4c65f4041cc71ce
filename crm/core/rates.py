"""How often one caller may do something: counted in Redis over all web processes, in this process while Redis is away.

Windows are fixed, so twice the limit may pass around the turn of one. Counts are hints: losing them costs nothing.
"""

import threading
import time
from functools import cache

import redis

from crm.core import brief_redis, errors

_TIMEOUT_S = 0.25
# While Redis is away a request in this many seconds pays for finding out whether it is back.
_AWAY_S = 5.0
_MAX_LOCAL = 10_000


class _Counts:
    """Counts per key and window: in Redis, or here while it does not answer."""

    def __init__(self) -> None:
        self._local: dict[str, int] = {}
        self._lock = threading.Lock()
        self._away_until = 0.0

    def add(self, key: str, by: int, seconds: int) -> int:
        """Add to a key that is forgotten after `seconds`; return the sum."""
        if time.monotonic() >= self._away_until:
            try:
                return self._added_in_redis(key, by, seconds)
            except brief_redis.AWAY:
                self._away_until = time.monotonic() + _AWAY_S
        return self._added_here(key, by)

    def _added_in_redis(self, key: str, by: int, seconds: int) -> int:
        with _redis().pipeline(transaction=True) as pipe:
            pipe.incrby(key, by)
            pipe.expire(key, seconds)
            return int(pipe.execute()[0])

    def _added_here(self, key: str, by: int) -> int:
        with self._lock:
            if len(self._local) >= _MAX_LOCAL and key not in self._local:
                self._local.clear()
            self._local[key] = self._local.get(key, 0) + by
            return self._local[key]


@cache
def _redis() -> redis.Redis:
    return brief_redis.client(_TIMEOUT_S)


_counts = _Counts()


def spend(what: str, limit: int, seconds: int) -> None:
    """Count one use of `what`.

    Raises:
        errors.TooMany: it was used `limit` times in this window of `seconds` already.
    """
    if _count(what, 1, seconds) > limit:
        raise _too_many(seconds)


def give_back(what: str, seconds: int) -> None:
    """Take back one use that `spend` counted and that turned out to be none."""
    _count(what, -1, seconds)


def _count(what: str, by: int, seconds: int) -> int:
    return _counts.add(f"crm:rate:{what}:{int(time.time()) // seconds}", by, seconds)


def _too_many(seconds: int) -> errors.TooMany:
    wait = seconds - int(time.time()) % seconds
    return errors.TooMany(f"Too many requests. Try again in {wait} seconds.", retry_after=wait)
