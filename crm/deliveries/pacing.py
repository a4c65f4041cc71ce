"""The pace of sending, over all workers together: 90 % of what SES grants, counted in Redis.

One number in Redis is the moment at which the next mail is due (the generic cell rate algorithm). A caller takes the
next moment and waits for it. Redis's own clock is used, so that workers' clocks do not matter.
"""

import threading
import time
from collections.abc import Callable
from functools import cache

from django.conf import settings

from crm.core import brief_redis
from crm.deliveries import health

SHARE = 0.9
# A turn further ahead than this is not taken: the drain would end before it comes.
PATIENCE_S = 10.0
_KEY = "crm:pace"
_TIMEOUT_S = 1.0
# While Redis is away, one mail in this many seconds finds out whether it is back.
_AWAY_S = 5.0
_STEP_S = 0.2
# How late a turn may be used, in seconds: nobody asked for it in time, or whoever waited for it woke up late. A turn
# missed by more is lost, and another is taken. Those granted late are so by at most half of it.
_LATE_S = 0.025
# Turns are this much further apart than the rate asks. More than 1 + `_LATE_S`: the turns used within any second stand
# for fewer seconds than this, so they are never more than the rate allows.
_APART = 1.03
# So many turns may be missed in a row. Whoever is later than that every time, is so for another reason.
_MISSES = 5

_TAKE = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local interval, burst, patience = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local due = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now - burst)
if due - now > patience then return false end
redis.call('SET', KEYS[1], string.format('%.0f', due + interval), 'PX', 60000)
return due - now
"""


class _Pace:
    """Turns at a steady rate: shared through Redis, or this process's own share of them while Redis is away."""

    def __init__(self) -> None:
        self._redis = brief_redis.client(_TIMEOUT_S)
        self._script = self._redis.register_script(_TAKE)
        self._lock = threading.Lock()
        self._next_here = 0.0
        self._away_until = 0.0

    def take(self, rate: float) -> float | None:
        """Take the next turn at `rate` a second. Return the seconds to wait for it, None if it is too far ahead.

        Less than nothing for one that nobody took in time.
        """
        if time.monotonic() >= self._away_until:
            try:
                micros = [round(seconds * 1_000_000) for seconds in (_APART / rate, _LATE_S / 2, PATIENCE_S)]
                wait = self._script(keys=[_KEY], args=micros)
            except brief_redis.AWAY:
                self._away_until = time.monotonic() + _AWAY_S
            else:
                return None if wait is None else int(wait) / 1_000_000
        return self._taken_here(rate / settings.SENDING_PROCESSES)

    def _taken_here(self, rate: float) -> float | None:
        with self._lock:
            now = time.monotonic()
            due = max(self._next_here, now)
            if due - now > PATIENCE_S:
                return None
            self._next_here = due + _APART / rate
            return due - now


@cache
def _pace() -> _Pace:
    return _Pace()


def rate() -> float:
    """Return how many mails a second all workers together may send."""
    return health.max_send_rate() * SHARE


def wait_turn(stop: Callable[[], bool]) -> bool:
    """Wait until the next mail may be sent. False where that is too far ahead, or `stop` says so meanwhile."""
    for _ in range(_MISSES):
        asked = time.monotonic()
        wait = _pace().take(rate())
        if wait is None:
            return False
        # The turn was counted from some moment between the question and the answer.
        if not _is_waited(time.monotonic() + wait, stop):
            return False
        if time.monotonic() <= asked + wait + _LATE_S:
            return True
    return True


def _is_waited(until: float, stop: Callable[[], bool]) -> bool:
    while (left := until - time.monotonic()) > 0:
        if stop():
            return False
        time.sleep(min(left, _STEP_S))
    return not stop()
