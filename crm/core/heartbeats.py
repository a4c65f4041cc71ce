"""Signs of life of the worker, beat and a rebuild, kept in Redis: whoever stops writing is unwell within seconds.

Only ages are compared, and keys expire, so nothing here is a truth that has to survive.
"""

from functools import cache

import redis

from crm.core import brief_redis, clock

WORKER = "worker"
BEAT = "beat"
PARTS = (WORKER, BEAT)
# The worker writes every 2 s and beat every 5 s: three missed in a row mean unwell.
STALE_AFTER_S = 15.0
_TIMEOUT_S = 1.0
_REBUILT = "crm:rebuilt"


@cache
def _redis() -> redis.Redis:
    return brief_redis.client(_TIMEOUT_S)


def _key(part: str) -> str:
    return f"crm:heartbeat:{part}"


def beat(part: str) -> None:
    """Say that `part` is alive now. Raises one of brief_redis.AWAY when Redis does not answer in a second."""
    _redis().set(_key(part), clock.epoch_ms(clock.now()), ex=int(STALE_AFTER_S * 4))


def last_beat(part: str) -> float | None:
    """Return the seconds since `part` last said that it is alive, None when it has not for a minute.

    Raises:
        one of brief_redis.AWAY: Redis does not answer within a second.
    """
    said = _redis().get(_key(part))
    return None if said is None else max(0.0, (clock.epoch_ms(clock.now()) - int(said)) / 1000)


def rebuilt(rows: int) -> None:
    """Say how many rows a rebuild of the read model has read so far. Raises as `beat` does."""
    _redis().set(_REBUILT, rows, ex=int(STALE_AFTER_S * 4))


def rebuilt_rows() -> int | None:
    """Return the rows that a rebuild has read so far, None when none said so for a minute. Raises as `last_beat`."""
    said = _redis().get(_REBUILT)
    return None if said is None else int(said)


def forget() -> None:
    """Drop what an earlier run said, so that its last beats do not vouch for processes that have yet to start."""
    _redis().delete(*map(_key, PARTS), _REBUILT)


def ping() -> None:
    """Ask Redis for an answer. Raises one of brief_redis.AWAY when none comes within a second."""
    _redis().ping()
