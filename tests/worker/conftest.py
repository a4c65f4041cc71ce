"""What tests of the outbox need: a mail endpoint, threads; and what those of the streams do: a read model to follow."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from crm.core import clock
from crm.core.dynamo import OutboxItem
from crm.deliveries import hints
from crm.search import engine
from crm.search.sqlite import SqliteSearchStore
from crm.search.store import Checkpoint
from tests.deliveries.conftest import endpoint
from tests.worker.outbox_fakes import Clock
from tests.worker.stream_fakes import FakeShard, FakeStreams

__all__ = ["endpoint"]


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """Threads to send with."""
    with ThreadPoolExecutor(4) as threads:
        yield threads


@pytest.fixture
def followed(data_dir: Path) -> SqliteSearchStore:
    """A read model that has seen both streams, but no record."""
    store = engine.sqlite_store()
    store.apply([], [Checkpoint("crm/1", "crm-a", ""), Checkpoint("crm_outbox/1", "out", "")])
    return store


@pytest.fixture
def streams() -> FakeStreams:
    """One shard per table."""
    return FakeStreams(FakeShard("crm-a"), FakeShard("out", OutboxItem))


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock, for the test to move."""
    moved = Clock()
    monkeypatch.setattr(clock, "now", moved.now)
    return moved


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The queues that were woken."""
    queues: list[str] = []
    monkeypatch.setattr(hints, "wake", queues.append)
    return queues
