"""DynamoDB's streams fill every kind of read model alike: rebuilt, followed, replayed, verified."""

from dataclasses import replace
from pathlib import Path

import pytest

from crm.core import changes
from crm.people import actions as people_actions
from crm.registrations import actions as registrations
from crm.search.filters import EVERYONE
from crm.search.store import Checkpoint, RebuildableStore
from tests import factories
from tests.search.conftest import ADAPTERS
from worker import rebuild, scanning
from worker.stream_api import StreamApi
from worker.streams import NeedsRebuild, Poller

pytestmark = pytest.mark.usefixtures("tables")


@pytest.fixture(params=ADAPTERS)
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RebuildableStore:
    """A read model of each kind, told nothing by those who write: only the streams fill it."""
    monkeypatch.setattr(changes, "_sink", None)
    return ADAPTERS[request.param](tmp_path)


def never() -> bool:
    return False


def follow(store: RebuildableStore) -> None:
    reading = Poller(StreamApi(), store, "me")
    while reading.round():
        pass
    # Whoever notes how fresh the rows are has what was stored before found.
    store.note_freshness(reading.as_of())


def test_what_was_there_is_rebuilt_and_what_comes_is_followed(store: RebuildableStore) -> None:
    with pytest.raises(NeedsRebuild):
        follow(store)
    person, event = factories.person(), factories.event()
    report = rebuild.rebuild(store, StreamApi(), never)
    assert report.rows == {"people": 2, "events": 1}
    registrations.register(event_id=event.id, person_id=person.id, actor=factories.ACTOR)
    gone = factories.person()
    people_actions.delete(person_id=gone.id, actor=factories.ACTOR)
    follow(store)
    assert [one.person_id for one in store.registrations(event_id=event.id).items] == [person.id]
    assert store.people_by_id([person.id, gone.id])[person.id].events_registered == 1
    assert gone.id not in store.people_by_id([gone.id])
    assert rebuild.verify(store, StreamApi(), never) == []


def test_a_large_table_is_read_in_more_parts_and_each_item_once(
    store: RebuildableStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    scan = scanning._scan
    monkeypatch.setattr(scanning, "_SEGMENT_ITEMS", 5)
    monkeypatch.setattr(scanning, "_MOST_SEGMENTS", 9)
    monkeypatch.setattr(scanning, "_scan", lambda *told: (read.append(told[1]["TotalSegments"]), scan(*told)))
    for _ in range(20):
        factories.person()
    assert rebuild.rebuild(store, StreamApi(), never).rows["people"] == 20
    assert sorted(read) == [4] * 4 + [9] * 9


def test_replaying_everything_changes_nothing(store: RebuildableStore) -> None:
    rebuild.rebuild(store, StreamApi(), never)
    for _ in range(3):
        people_actions.delete(person_id=factories.person().id, actor=factories.ACTOR)
        factories.person()
    follow(store)
    before = store.digests()
    store.apply([], [Checkpoint(one.stream, one.shard, "") for one in store.checkpoints()])
    follow(store)
    assert store.digests() == before
    assert store.people(EVERYONE, sort="id", limit=1).total == 3


def test_a_row_that_the_tables_do_not_have_is_found(store: RebuildableStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuild, "SETTLE_S", 0.0)
    person = factories.person()
    rebuild.rebuild(store, StreamApi(), never)
    known = store.people_by_id([person.id])[person.id]
    assert rebuild.verify(store, StreamApi(), never) == []
    store.apply([replace(known, version=known.version + 9, company="Elsewhere")])
    assert [one.id for one in rebuild.verify(store, StreamApi(), never)] == [person.id]
