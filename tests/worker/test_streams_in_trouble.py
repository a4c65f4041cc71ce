"""The poller notices what it missed, and never stops for one bad record or for what is away."""

import logging
from typing import Any

import pytest
from pynamodb.exceptions import PutError

from crm.core import dead_letters, leases
from crm.search.sqlite import SqliteSearchStore
from crm.search.store import Unavailable
from tests.search.spoiling import spoil
from tests.worker.stream_fakes import FakeShard, FakeStreams, drain, ids, image, poller
from worker.stream_api import StreamAway
from worker.streams import NeedsRebuild

pytestmark = pytest.mark.usefixtures("tables")


def test_a_shard_that_is_gone_before_it_was_read_calls_for_a_rebuild(
    followed: SqliteSearchStore, streams: FakeStreams
) -> None:
    streams.fake = {"crm-b": FakeShard("crm-b"), "out": streams.fake["out"]}
    with pytest.raises(NeedsRebuild):
        poller(streams, followed).round()


def test_records_that_were_trimmed_call_for_a_rebuild(followed: SqliteSearchStore, streams: FakeStreams) -> None:
    streams.add("crm-a", image("a"))
    drain(poller(streams, followed))
    streams.begin_anew()
    with pytest.raises(NeedsRebuild):
        poller(streams, followed).round()


def test_a_restarted_emulator_is_noticed_by_a_running_poller(followed: SqliteSearchStore, streams: FakeStreams) -> None:
    reading = poller(streams, followed)
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
    followed: SqliteSearchStore, streams: FakeStreams, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = poller(streams, followed)
    streams.add("crm-a", image("a"), image("b"))
    drain(reading)
    streams.begin_anew()
    streams.add("crm-a", image("c"))
    monkeypatch.setattr("worker.streams.time.monotonic", lambda: float("inf"))
    with pytest.raises(NeedsRebuild, match="began anew"):
        reading.round()


def test_a_stream_of_another_label_calls_for_a_rebuild(followed: SqliteSearchStore, streams: FakeStreams) -> None:
    streams.label = "2"
    with pytest.raises(NeedsRebuild, match="never read"):
        poller(streams, followed).round()


def test_a_poisoned_record_is_laid_aside_after_five_tries_and_the_others_go_on(
    followed: SqliteSearchStore, streams: FakeStreams, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL, "worker.stream_records")
    bad = image("b") | {"created_at": {"S": "not a time"}}
    streams.add("crm-a", image("a"), bad, image("c"))
    reading = poller(streams, followed)
    for _ in range(4):
        reading.round()
    assert ids(followed) == ["a"]
    assert dead_letters.newest() == []
    drain(reading)
    assert ids(followed) == ["a", "c"]
    (letter,) = dead_letters.newest()
    assert letter.keys == {"pk": "PERSON#b", "sk": "PERSON"}
    assert letter.attempts == 5
    streams.add("crm-a", image("b", version=2))
    drain(reading)
    assert ids(followed) == ["a", "b", "c"]


def test_a_letter_tells_whether_the_record_was_of_a_removal(
    followed: SqliteSearchStore, streams: FakeStreams, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL, "worker.stream_records")
    bad = image("b") | {"created_at": {"S": "not a time"}}
    streams.add("crm-a", bad)
    drain(poller(streams, followed))
    assert [letter.is_removal for letter in dead_letters.newest()] == [False]
    streams.add("crm-a", bad, removed=True)
    drain(poller(streams, followed))
    assert [letter.is_removal for letter in dead_letters.newest()] == [True]


@pytest.mark.parametrize("images", [[image("a")], [image("a"), image("b")]])
def test_a_read_model_that_is_away_makes_no_record_a_dead_letter(
    followed: SqliteSearchStore, streams: FakeStreams, monkeypatch: pytest.MonkeyPatch, images: list[dict[str, Any]]
) -> None:
    def busy(found: list[object], *_: object, **__: object) -> int:
        raise ValueError if len(found) > 1 else Unavailable

    streams.add("crm-a", *images)
    reading = poller(streams, followed)
    with monkeypatch.context() as patched:
        patched.setattr(followed, "apply", busy)
        for _ in range(10):
            with pytest.raises(Unavailable):
                reading.round()
    drain(reading)
    assert len(ids(followed)) == len(images)
    assert dead_letters.newest() == []


def test_dynamodb_that_is_away_when_the_lease_is_due_is_only_away(
    followed: SqliteSearchStore, streams: FakeStreams, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> bool:
        raise PutError

    streams.add("crm-a", image("a"))
    reading = poller(streams, followed)
    with monkeypatch.context() as patched:
        patched.setattr(leases, "acquire", away)
        with pytest.raises(StreamAway):
            reading.round()
    drain(reading)
    assert ids(followed) == ["a"]


def test_a_deleted_read_model_calls_for_a_rebuild(followed: SqliteSearchStore, streams: FakeStreams) -> None:
    reading = poller(streams, followed)
    drain(reading)
    followed.database.path.unlink()
    with pytest.raises(NeedsRebuild):
        reading.round()


def test_a_read_model_that_is_no_database_makes_no_record_a_dead_letter_and_calls_for_a_rebuild(
    followed: SqliteSearchStore, streams: FakeStreams
) -> None:
    streams.add("crm-a", image("a"))
    reading = poller(streams, followed)
    drain(reading)
    streams.add("crm-a", image("b"))
    spoil(followed.database)
    with pytest.raises(Unavailable):
        drain(reading)
    with pytest.raises(NeedsRebuild):
        drain(reading)
    assert dead_letters.newest() == []
