"""The poller reads parents before children, and never loses or repeats its place."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from crm.search import engine
from crm.search.sqlite import SqliteSearchStore
from crm.search.store import CLOSED, Checkpoint, Swapped
from tests.worker.stream_fakes import FakeShard, FakeStreams, drain, ids, image, people, poller, position

pytestmark = pytest.mark.usefixtures("tables")


def test_records_become_rows_and_the_last_is_the_checkpoint(followed: SqliteSearchStore, streams: FakeStreams) -> None:
    numbers = streams.add("crm-a", image("a"), image("b"))
    drain(poller(streams, followed))
    assert ids(followed) == ["a", "b"]
    assert position(followed, "crm-a") == numbers[-1]


def test_a_removed_item_is_a_tombstone_above_its_last_image(followed: SqliteSearchStore, streams: FakeStreams) -> None:
    streams.add("crm-a", image("a", version=3))
    streams.add("crm-a", image("a", version=3), removed=True)
    drain(poller(streams, followed))
    assert ids(followed) == []
    streams.add("crm-a", image("a", version=4))
    drain(poller(streams, followed))
    assert ids(followed) == []


def test_items_without_a_document_are_passed_over(followed: SqliteSearchStore, streams: FakeStreams) -> None:
    numbers = streams.add("crm-a", {"pk": {"S": "LEASE#x"}, "sk": {"S": "LEASE"}, "type": {"S": "never-heard-of"}})
    drain(poller(streams, followed))
    assert position(followed, "crm-a") == numbers[-1]


def test_children_wait_until_their_parent_is_read_to_its_end(followed: SqliteSearchStore, streams: FakeStreams) -> None:
    streams.fake["crm-b"] = FakeShard("crm-b", parent="crm-a")
    streams.add("crm-a", image("a", version=1))
    streams.add("crm-b", image("a", version=2, first_name="Newer"))
    reading = poller(streams, followed)
    drain(reading)
    assert "crm-b" not in streams.pages_asked
    streams.fake["crm-a"].is_closed = True
    drain(reading)
    assert position(followed, "crm-a") == CLOSED
    assert [person.first_name for person in people(followed)] == ["Newer"]


def test_a_closed_shard_that_is_gone_is_forgotten(followed: SqliteSearchStore, streams: FakeStreams) -> None:
    streams.fake["crm-a"].is_closed = True
    streams.fake["crm-b"] = FakeShard("crm-b", parent="crm-a")
    drain(poller(streams, followed))
    del streams.fake["crm-a"]
    drain(poller(streams, followed))
    assert {one.shard for one in followed.checkpoints()} == {"out"}


def test_an_empty_page_is_not_the_end(followed: SqliteSearchStore, streams: FakeStreams) -> None:
    streams.empty_pages = 3
    streams.add("crm-a", image("a"))
    reading = poller(streams, followed)
    for _ in range(4):
        reading.round()
    assert ids(followed) == ["a"]


def test_an_expired_iterator_is_replaced_at_the_checkpoint(followed: SqliteSearchStore, streams: FakeStreams) -> None:
    reading = poller(streams, followed)
    streams.add("crm-a", image("a"))
    drain(reading)
    streams.expire_next = True
    streams.add("crm-a", image("b"))
    drain(reading)
    assert ids(followed) == ["a", "b"]


def test_of_two_pollers_one_reads_all_and_knows_how_fresh_it_is_though_shards_come_and_go(
    followed: SqliteSearchStore, streams: FakeStreams
) -> None:
    first, second = poller(streams, followed, "first"), poller(streams, followed, "second")
    drain(first)
    streams.fake["crm-a"].is_closed = True
    first.round()
    streams.fake["crm-b"] = FakeShard("crm-b", parent="crm-a")
    drain(second)
    drain(first)
    assert first.as_of() is not None
    assert second.as_of() is None


def test_streams_are_read_by_the_holder_of_the_lease_only(followed: SqliteSearchStore, streams: FakeStreams) -> None:
    streams.add("crm-a", image("a"))
    first, second = poller(streams, followed, "first"), poller(streams, followed, "second")
    drain(first)
    streams.pages_asked.clear()
    drain(second)
    assert streams.pages_asked == []
    assert second.as_of() is None
    first.release()
    streams.add("crm-a", image("b"))
    drain(second)
    assert ids(followed) == ["a", "b"]


def test_whoever_takes_over_a_shard_reads_on_from_the_other(followed: SqliteSearchStore, streams: FakeStreams) -> None:
    first, second = poller(streams, followed, "first"), poller(streams, followed, "second")
    drain(first)
    drain(second)
    streams.add("crm-a", image("a"))
    drain(first)
    first.release()
    assert second.round() == 0
    streams.add("crm-a", image("b"))
    assert second.round() == 1


def test_a_swapped_read_model_is_read_into_from_its_own_checkpoint(
    followed: SqliteSearchStore, streams: FakeStreams
) -> None:
    reading = poller(streams, followed)
    streams.add("crm-a", image("a"))
    drain(reading)
    built = followed.beside()
    built.apply([], [Checkpoint("crm/1", "crm-a", ""), Checkpoint("crm_outbox/1", "out", "")])
    built.finish()
    followed.adopt(built)
    assert ids(followed) == []
    drain(reading)
    assert ids(followed) == ["a"]


def test_everything_read_means_complete_up_to_now(followed: SqliteSearchStore, streams: FakeStreams) -> None:
    reading = poller(streams, followed)
    assert reading.as_of() is None
    drain(reading)
    before = reading.as_of()
    assert before is not None
    reading.round()
    after = reading.as_of()
    assert after is not None
    assert after > before


def test_a_read_model_swapped_while_a_page_is_stored_misses_no_record(
    followed: SqliteSearchStore, streams: FakeStreams, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, other = poller(streams, followed), engine.database_at(followed.database.path)
    streams.add("crm-a", image("a"))
    drain(reading)
    built = followed.beside()
    drain_into(built, streams)
    streams.add("crm-a", image("b"))
    drain(reading)
    streams.add("crm-a", image("c"))
    write = followed.database.write

    @contextmanager
    def write_while_swapped(**bounds: Any) -> Iterator[sqlite3.Connection]:
        with write(**bounds) as connection:
            yield connection
            if built.database.path.exists():
                other.swap(built.database)

    monkeypatch.setattr(followed.database, "write", write_while_swapped)
    drain(reading)
    assert ids(followed) == ["a", "b", "c"]


def test_a_checkpoint_of_one_read_model_is_never_stored_in_the_next(
    followed: SqliteSearchStore, streams: FakeStreams
) -> None:
    streams.add("crm-a", image("a"))
    generation = followed.generation()
    built = followed.beside()
    drain_into(built, streams)
    followed.adopt(built)
    with pytest.raises(Swapped):
        followed.apply([], [Checkpoint("crm/1", "crm-a", "999")], generation=generation)
    with pytest.raises(Swapped):
        followed.forget_checkpoints([Checkpoint("crm/1", "crm-a", CLOSED)], generation=generation)
    assert position(followed, "crm-a") == "101"


def drain_into(built: SqliteSearchStore, streams: FakeStreams) -> None:
    """Read all there is into a read model that is being built."""
    built.apply([], [Checkpoint("crm/1", "crm-a", ""), Checkpoint("crm_outbox/1", "out", "")])
    drain(poller(streams, built, owner=None))
