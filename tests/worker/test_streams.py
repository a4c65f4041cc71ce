"""The poller reads parents before children, never loses its place, and never stops for one bad record."""

import logging
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from pynamodb.exceptions import PutError

from crm.core import dead_letters, leases
from crm.core.dynamo import OutboxItem
from crm.search import engine
from crm.search.documents import PersonDocument
from crm.search.filters import EVERYONE
from crm.search.sqlite import SqliteSearchStore
from crm.search.store import CLOSED, Checkpoint, Unavailable
from tests.worker.stream_fakes import FakeShard, FakeStreams, image
from worker.projector import Projector
from worker.stream_api import StreamAway
from worker.streams import NeedsRebuild, Poller

pytestmark = pytest.mark.usefixtures("tables")


@pytest.fixture
def store(data_dir: Path) -> SqliteSearchStore:
    """A read model that has seen both streams, but no record."""
    store = engine.sqlite_store()
    store.apply([], [Checkpoint("crm/1", "crm-a", ""), Checkpoint("crm_outbox/1", "out", "")])
    return store


@pytest.fixture
def streams() -> FakeStreams:
    """One shard per table."""
    return FakeStreams(FakeShard("crm-a"), FakeShard("out", OutboxItem))


def poller(streams: FakeStreams, store: SqliteSearchStore, owner: str | None = "me") -> Poller:
    return Poller(streams, store, owner)  # type: ignore[arg-type]


def drain(reading: Poller) -> None:
    while reading.round():
        pass


def people(store: SqliteSearchStore) -> list[PersonDocument]:
    return list(store.people(EVERYONE, sort="id", limit=100).items)


def ids(store: SqliteSearchStore) -> list[str]:
    return [person.id for person in people(store)]


def position(store: SqliteSearchStore, shard: str) -> str:
    return {one.shard: one.sequence for one in store.checkpoints()}[shard]


def test_records_become_rows_and_the_checkpoint_is_the_last_one(store: SqliteSearchStore, streams: FakeStreams) -> None:
    numbers = streams.add("crm-a", image("a"), image("b"))
    drain(poller(streams, store))
    assert ids(store) == ["a", "b"]
    assert position(store, "crm-a") == numbers[-1]


def test_a_removed_item_is_a_tombstone_above_its_last_image(store: SqliteSearchStore, streams: FakeStreams) -> None:
    streams.add("crm-a", image("a", version=3))
    streams.add("crm-a", image("a", version=3), removed=True)
    drain(poller(streams, store))
    assert ids(store) == []
    streams.add("crm-a", image("a", version=4))
    drain(poller(streams, store))
    assert ids(store) == []


def test_items_without_a_document_are_passed_over(store: SqliteSearchStore, streams: FakeStreams) -> None:
    numbers = streams.add("crm-a", {"pk": {"S": "LEASE#x"}, "sk": {"S": "LEASE"}, "type": {"S": "never-heard-of"}})
    drain(poller(streams, store))
    assert position(store, "crm-a") == numbers[-1]


def test_children_wait_until_their_parent_is_read_to_its_end(store: SqliteSearchStore, streams: FakeStreams) -> None:
    streams.fake["crm-b"] = FakeShard("crm-b", parent="crm-a")
    streams.add("crm-a", image("a", version=1))
    streams.add("crm-b", image("a", version=2, first_name="Newer"))
    reading = poller(streams, store)
    drain(reading)
    assert "crm-b" not in streams.pages_asked
    streams.fake["crm-a"].is_closed = True
    drain(reading)
    assert position(store, "crm-a") == CLOSED
    assert [person.first_name for person in people(store)] == ["Newer"]


def test_a_closed_shard_that_is_gone_is_forgotten(store: SqliteSearchStore, streams: FakeStreams) -> None:
    streams.fake["crm-a"].is_closed = True
    streams.fake["crm-b"] = FakeShard("crm-b", parent="crm-a")
    drain(poller(streams, store))
    del streams.fake["crm-a"]
    drain(poller(streams, store))
    assert {one.shard for one in store.checkpoints()} == {"out"}


def test_a_shard_that_is_gone_before_it_was_read_calls_for_a_rebuild(
    store: SqliteSearchStore, streams: FakeStreams
) -> None:
    streams.fake = {"crm-b": FakeShard("crm-b"), "out": streams.fake["out"]}
    with pytest.raises(NeedsRebuild):
        poller(streams, store).round()


def test_an_empty_page_is_not_the_end(store: SqliteSearchStore, streams: FakeStreams) -> None:
    streams.empty_pages = 3
    streams.add("crm-a", image("a"))
    reading = poller(streams, store)
    for _ in range(4):
        reading.round()
    assert ids(store) == ["a"]


def test_an_expired_iterator_is_replaced_at_the_checkpoint(store: SqliteSearchStore, streams: FakeStreams) -> None:
    reading = poller(streams, store)
    streams.add("crm-a", image("a"))
    drain(reading)
    streams.expire_next = True
    streams.add("crm-a", image("b"))
    drain(reading)
    assert ids(store) == ["a", "b"]


def test_records_that_were_trimmed_call_for_a_rebuild(store: SqliteSearchStore, streams: FakeStreams) -> None:
    streams.add("crm-a", image("a"))
    drain(poller(streams, store))
    streams.begin_anew()
    with pytest.raises(NeedsRebuild):
        poller(streams, store).round()


def test_a_restarted_emulator_is_noticed_by_a_running_poller(store: SqliteSearchStore, streams: FakeStreams) -> None:
    reading = poller(streams, store)
    streams.add("crm-a", image("a"))
    drain(reading)
    streams.is_away = True
    with pytest.raises(StreamAway):
        reading.round()
    streams.is_away = False
    streams.begin_anew()
    streams.add("crm-a", image("b"))
    with pytest.raises(NeedsRebuild):
        reading.round()


def test_a_restart_nobody_noticed_shows_in_the_shards_first_record(
    store: SqliteSearchStore, streams: FakeStreams, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = poller(streams, store)
    streams.add("crm-a", image("a"), image("b"))
    drain(reading)
    streams.begin_anew()
    streams.add("crm-a", image("c"))
    monkeypatch.setattr("worker.streams.time.monotonic", lambda: float("inf"))
    with pytest.raises(NeedsRebuild, match="began anew"):
        reading.round()


def test_a_stream_of_another_label_calls_for_a_rebuild(store: SqliteSearchStore, streams: FakeStreams) -> None:
    streams.label = "2"
    with pytest.raises(NeedsRebuild, match="never read"):
        poller(streams, store).round()


def test_a_shard_is_read_by_the_holder_of_its_lease_only(store: SqliteSearchStore, streams: FakeStreams) -> None:
    streams.add("crm-a", image("a"))
    first, second = poller(streams, store, "first"), poller(streams, store, "second")
    drain(first)
    streams.pages_asked.clear()
    drain(second)
    assert streams.pages_asked == []
    assert second.as_of() is None
    first.release()
    streams.add("crm-a", image("b"))
    drain(second)
    assert ids(store) == ["a", "b"]


def test_whoever_takes_over_a_shard_goes_on_where_the_other_was(store: SqliteSearchStore, streams: FakeStreams) -> None:
    first, second = poller(streams, store, "first"), poller(streams, store, "second")
    drain(first)
    drain(second)
    streams.add("crm-a", image("a"))
    drain(first)
    first.release()
    assert second.round() == 0
    streams.add("crm-a", image("b"))
    assert second.round() == 1


def test_a_poisoned_record_is_laid_aside_after_five_tries_and_the_others_go_on(
    store: SqliteSearchStore, streams: FakeStreams, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL, "worker.stream_records")
    bad = image("b") | {"created_at": {"S": "not a time"}}
    streams.add("crm-a", image("a"), bad, image("c"))
    reading = poller(streams, store)
    for _ in range(4):
        reading.round()
    assert ids(store) == ["a"]
    assert dead_letters.newest() == []
    drain(reading)
    assert ids(store) == ["a", "c"]
    (letter,) = dead_letters.newest()
    assert letter.keys == {"pk": "PERSON#b", "sk": "PERSON"}
    assert letter.attempts == 5
    streams.add("crm-a", image("b", version=2))
    drain(reading)
    assert ids(store) == ["a", "b", "c"]


@pytest.mark.parametrize("images", [[image("a")], [image("a"), image("b")]])
def test_a_read_model_that_is_away_makes_no_record_a_dead_letter(
    store: SqliteSearchStore, streams: FakeStreams, monkeypatch: pytest.MonkeyPatch, images: list[dict[str, Any]]
) -> None:
    def busy(found: list[object], *_: object) -> int:
        raise ValueError if len(found) > 1 else Unavailable

    streams.add("crm-a", *images)
    reading = poller(streams, store)
    with monkeypatch.context() as patched:
        patched.setattr(store, "apply", busy)
        for _ in range(10):
            with pytest.raises(Unavailable):
                reading.round()
    drain(reading)
    assert len(ids(store)) == len(images)
    assert dead_letters.newest() == []


def test_dynamodb_that_is_away_when_the_lease_is_due_is_only_away(
    store: SqliteSearchStore, streams: FakeStreams, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> bool:
        raise PutError

    streams.add("crm-a", image("a"))
    reading = poller(streams, store)
    with monkeypatch.context() as patched:
        patched.setattr(leases, "acquire", away)
        with pytest.raises(StreamAway):
            reading.round()
    drain(reading)
    assert ids(store) == ["a"]


def test_a_deleted_read_model_calls_for_a_rebuild(store: SqliteSearchStore, streams: FakeStreams) -> None:
    reading = poller(streams, store)
    drain(reading)
    store.database.path.unlink()
    with pytest.raises(NeedsRebuild):
        reading.round()


def test_a_swapped_read_model_is_read_into_from_its_own_checkpoint(
    store: SqliteSearchStore, streams: FakeStreams
) -> None:
    reading = poller(streams, store)
    streams.add("crm-a", image("a"))
    drain(reading)
    built = store.beside()
    built.apply([], [Checkpoint("crm/1", "crm-a", ""), Checkpoint("crm_outbox/1", "out", "")])
    built.finish()
    store.adopt(built)
    assert ids(store) == []
    drain(reading)
    assert ids(store) == ["a"]


def test_everything_read_means_complete_up_to_now(store: SqliteSearchStore, streams: FakeStreams) -> None:
    reading = poller(streams, store)
    assert reading.as_of() is None
    drain(reading)
    before = reading.as_of()
    assert before is not None
    reading.round()
    after = reading.as_of()
    assert after is not None
    assert after > before


class _Rebuilds:
    """Stands in for the child process that rebuilds."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, stop: Event) -> None:
        self.calls += 1
        stop.set()


def test_the_projector_rebuilds_where_streams_cannot_help(streams: FakeStreams, data_dir: Path) -> None:
    rebuild = _Rebuilds()
    Projector(engine.sqlite_store(), streams, rebuild).run(Event())  # type: ignore[arg-type]
    assert rebuild.calls == 1


def test_a_stopping_projector_stores_what_is_there_says_how_fresh_and_gives_its_leases_back(
    store: SqliteSearchStore, streams: FakeStreams
) -> None:
    streams.add("crm-a", *(image(f"{number:04}") for number in range(2500)))
    stop = Event()
    stop.set()
    Projector(store, streams, _Rebuilds()).run(stop)  # type: ignore[arg-type]
    assert store.people(EVERYONE, sort="id", limit=1).total == 2500
    assert store.freshness().as_of is not None
    assert leases.acquire("stream#crm#crm-a", "another", 5)


def test_a_projector_outlives_streams_that_are_away(
    store: SqliteSearchStore, streams: FakeStreams, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.projector.AWAY_S", 0.0)
    projector, stop = Projector(store, streams, _Rebuilds()), Event()  # type: ignore[arg-type]
    streams.is_away = True
    projector.step(stop)
    streams.is_away = False
    streams.add("crm-a", image("a"))
    projector.step(stop)
    assert ids(store) == ["a"]
