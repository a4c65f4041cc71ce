"""Redis, asked briefly and once: for what is worth having only when it comes at once."""

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

# What means that Redis is away.
AWAY = redis.RedisError


def client(timeout_s: float) -> redis.Redis:
    """Build a client that gives up after `timeout_s` seconds. It connects on first use and again after a fork."""
    # The client does not own its connections. Threads that ask for the first client at once may build one each; where
    # those that are dropped closed their connections, a pipeline that is at one would break with a ValueError or an
    # AttributeError (redis-py 8.1).
    connections = redis.ConnectionPool.from_url(
        settings.REDIS_URL,
        socket_timeout=timeout_s,
        socket_connect_timeout=timeout_s,
        retry=Retry(NoBackoff(), 0),
    )
    return redis.Redis(connection_pool=connections)
