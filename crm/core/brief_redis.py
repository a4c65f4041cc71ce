"""Redis, asked briefly and once: for what is worth having only when it comes at once."""

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

# What means that Redis is away. redis-py 8.1 may turn a time-out into "I/O operation on closed file", a ValueError, or
# into an AttributeError of a parser that it has closed by then, while it greets a new connection.
AWAY = (redis.RedisError, ValueError, AttributeError)


def client(timeout_s: float) -> redis.Redis:
    """Build a client that gives up after `timeout_s` seconds. It connects on first use and again after a fork."""
    return redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=timeout_s,
        socket_connect_timeout=timeout_s,
        retry=Retry(NoBackoff(), 0),
    )
