"""From the real actions over DynamoDB's streams to the read model: rebuilt, followed, verified."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import redis

from crm.campaigns import actions as campaigns
from crm.core import changes, clock, dead_letters, dynamo, heartbeats, leases
from crm.core.utm import NO_UTM
from crm.people import actions as people_actions
from crm.people.tables import PersonItem, person_pk
from crm.registrations import actions as registrations
from crm.search import engine, filters, sqlite_files
from crm.search.filters import EVERYONE
from crm.search.sqlite import SqliteSearchStore
from crm.search.store import Difference
from tests import factories
from tests.engines import environment as engines
from tests.integration.stack import eventually
from worker import rebuild, scanning, turns
from worker.stream_api import StreamApi
from worker.streams import NeedsRebuild, Poller

pytestmark = pytest.mark.usefixtures("tables")


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> SqliteSearchStore:
    """The read model, told nothing by those who write: only the streams fill it."""
    monkeypatch.setattr(changes, "_sink", None)
    return engine.sqlite_store()


def never() -> bool:
    return False


def build(store: SqliteSearchStore) -> rebuild.Report:
    return rebuild.rebuild(store, StreamApi(), never)


def follow(store: SqliteSearchStore) -> None:
    reading = Poller(StreamApi(), store, "me")
    while reading.round():
        pass


def total(store: SqliteSearchStore) -> int:
    return store.people(EVERYONE, sort="id", limit=1).total


def test_a_read_model_that_never_saw_the_streams_asks_for_a_rebuild(store: SqliteSearchStore) -> None:
    with pytest.raises(NeedsRebuild):
        follow(store)


def test_what_was_there_is_rebuilt_and_what_comes_is_followed(store: SqliteSearchStore) -> None:
    person, event = factories.person(), factories.event()
    report = build(store)
    assert report.rows == {"people": 2, "events": 1}
    assert store.freshness().as_of is not None
    registrations.register(event_id=event.id, person_id=person.id, actor=factories.ACTOR)
    other = factories.person()
    people_actions.delete(person_id=other.id, actor=factories.ACTOR)
    follow(store)
    assert [one.person_id for one in store.registrations(event_id=event.id).items] == [person.id]
    assert store.people_by_id([person.id])[person.id].events_registered == 1
    assert store.deliveries(event_id=event.id).total == 1
    assert other.id not in store.people_by_id([other.id])
    assert rebuild.verify(store, StreamApi(), never) == []


def test_rebuild_reads_binary_values_at_once(store: SqliteSearchStore, caplog: pytest.LogCaptureFixture) -> None:
    where = filters.from_query({"company": "Nobody"})
    body = "[Agenda](https://a.example/agenda)"
    campaign = campaigns.send(where=where, subject="Hi", body=body, utm=NO_UTM, actor=factories.ACTOR).campaign
    build(store)
    assert store.mail_links([campaign.id]) == {campaign.id: ("https://a.example/agenda",)}
    assert [record.message for record in caplog.records if record.exc_info] == []


def test_replaying_everything_changes_nothing(store: SqliteSearchStore) -> None:
    build(store)
    for _ in range(3):
        people_actions.delete(person_id=factories.person().id, actor=factories.ACTOR)
        factories.person()
    follow(store)
    before = store.digests()
    with store.database.write() as connection:
        connection.execute("UPDATE checkpoints SET sequence = ''")
    follow(store)
    assert store.digests() == before


def test_writes_made_while_it_is_rebuilt_are_in_the_new_read_model(
    store: SqliteSearchStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        factories.person()
    build(store)
    late = []
    real = scanning.batches

    def batches_then_a_write() -> Iterator[Any]:
        yield from real()
        late.append(factories.person().id)

    monkeypatch.setattr(scanning, "batches", batches_then_a_write)
    build(store)
    assert late[0] in store.people_by_id(late)
    assert total(store) == 4


@pytest.mark.skipif(engines.dynamodb() is not None, reason="DynamoDB Local tells when by the minute: it takes one")
def test_a_rebuild_ends_although_somebody_writes_all_the_time(
    store: SqliteSearchStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.person()
    build(store)
    real, written = StreamApi.page, []

    def page_then_a_write(api: StreamApi, iterator: str) -> Any:
        if len(written) == 100:
            raise AssertionError("it reads on for ever")
        written.append(factories.person().id)
        return real(api, iterator)

    with monkeypatch.context() as patched:
        patched.setattr(StreamApi, "page", page_then_a_write)
        patched.setattr(rebuild, "clock", Earlier)
        build(store)
    follow(store)
    assert total(store) == 1 + len(written)


class Earlier:
    """A clock that is behind, as if each step took two seconds."""

    @staticmethod
    def now() -> datetime:
        return clock.now() - timedelta(seconds=2)


def test_verify_names_rows_that_are_missing_stale_or_too_many(
    store: SqliteSearchStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuild, "SETTLE_S", 0.0)
    missing, stale = factories.person(), factories.person()
    build(store)
    extra = people_document(store, stale.id, id="nobody")
    store.apply([extra])
    with store.database.write() as connection:
        connection.execute("DELETE FROM people WHERE id = ?", (missing.id,))
        connection.execute("UPDATE people SET doc = replace(doc, 'Person', 'Nosrep') WHERE id = ?", (stale.id,))
    found = rebuild.verify(store, StreamApi(), never)
    assert set(found) == {Difference("people", key) for key in (missing.id, stale.id, "nobody")}
    assert not list(engine.sqlite_store().database.path.parent.glob("*building*"))
    build(store)
    assert rebuild.verify(store, StreamApi(), never) == []


def people_document(store: SqliteSearchStore, person_id: str, **values: Any) -> Any:
    return replace(store.people_by_id([person_id])[person_id], **values)


def test_rows_of_items_that_an_emulator_lost_are_gone_after_a_rebuild(store: SqliteSearchStore) -> None:
    kept, lost = factories.person(), factories.person()
    build(store)
    client: Any = dynamo.connection().client
    key = {"pk": {"S": person_pk(lost.id)}, "sk": {"S": "PERSON"}}
    client.delete_item(TableName=PersonItem.Meta.table_name, Key=key)
    build(store)
    assert list(store.people_by_id([kept.id, lost.id])) == [kept.id]


def test_a_rebuild_that_is_told_to_stop_leaves_everything_as_it_was(store: SqliteSearchStore) -> None:
    factories.person()
    build(store)
    generation = store.generation()
    factories.person()
    with pytest.raises(rebuild.Stopped):
        rebuild.rebuild(store, StreamApi(), lambda: True)
    assert store.generation() == generation
    assert total(store) == 1
    assert not list(store.database.path.parent.glob("*building*"))


def test_two_processes_do_not_rebuild_at_once(store: SqliteSearchStore) -> None:
    assert leases.acquire("rebuild", "another", 60)
    with pytest.raises(rebuild.Stopped):
        build(store)
    with pytest.raises(rebuild.Stopped):
        rebuild.verify(store, StreamApi(), never)


@pytest.fixture
def renewed(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """How each of many renewals of the lease went."""
    renew, found = leases.renew, list[bool]()

    def noted(name: str, owner: str, seconds: float) -> bool:
        found.append(renew(name, owner, seconds))
        return found[-1]

    monkeypatch.setattr(turns, "RENEW_S", 0.01)
    monkeypatch.setattr(leases, "renew", noted)
    return found


def finishing(monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[], None]) -> None:
    """Have something happen while indexes are made."""
    finish = SqliteSearchStore.finish

    def finish_slowly(built: SqliteSearchStore) -> None:
        meanwhile()
        finish(built)

    monkeypatch.setattr(SqliteSearchStore, "finish", finish_slowly)


def test_a_rebuild_that_makes_its_indexes_for_long_is_not_taken_for_dead(
    store: SqliteSearchStore, renewed: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    def wait() -> None:
        before = len(renewed)
        assert eventually(lambda: len(renewed) > before + 1, 10)

    finishing(monkeypatch, wait)
    build(store)
    assert all(renewed)


def test_a_rebuild_whose_lease_another_process_has_taken_over_ends(
    store: SqliteSearchStore, renewed: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    build(store)
    generation = store.generation()

    def lose() -> None:
        leases.LeaseItem("LEASE#rebuild", "LEASE").delete()
        assert leases.acquire("rebuild", "another", 60)
        assert eventually(lambda: not all(renewed), 10)

    finishing(monkeypatch, lose)
    with pytest.raises(rebuild.Stopped):
        build(store)
    assert store.generation() == generation


def test_a_rebuild_removes_what_a_killed_one_left(store: SqliteSearchStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_files, "STRAY_S", -1.0)
    store.beside()
    build(store)
    files = {path.name for path in store.database.path.parent.glob("read*")}
    assert {name.removesuffix("-wal").removesuffix("-shm") for name in files} == {"read.sqlite3", store.generation()}


def test_an_item_that_cannot_be_read_does_not_stop_a_rebuild(store: SqliteSearchStore) -> None:
    good = factories.person()
    client: Any = dynamo.connection().client
    image = client.get_item(
        TableName=PersonItem.Meta.table_name, Key={"pk": {"S": person_pk(good.id)}, "sk": {"S": "PERSON"}}
    )["Item"]
    for key, spoilt in (("unreadable", {"created_at": {"S": "never"}}), ("huge", {"events_attended": {"N": "9e30"}})):
        client.put_item(TableName=PersonItem.Meta.table_name, Item={**image, **spoilt, "pk": {"S": person_pk(key)}})
    build(store)
    assert list(store.people_by_id([good.id, "unreadable", "huge"])) == [good.id]
    assert {letter.keys["pk"] for letter in dead_letters.newest()} == {"PERSON#unreadable", "PERSON#huge"}


def test_a_rebuild_says_how_many_rows_it_has_read(store: SqliteSearchStore, monkeypatch: pytest.MonkeyPatch) -> None:
    factories.person()
    said: list[int] = []
    monkeypatch.setattr(rebuild, "_SAY_S", 0.0)
    monkeypatch.setattr(heartbeats, "rebuilt", said.append)
    build(store)
    assert said == sorted(said)
    assert said[-1] == 1


def test_a_rebuild_goes_on_while_redis_is_away(store: SqliteSearchStore, monkeypatch: pytest.MonkeyPatch) -> None:
    factories.person()

    def fail(_rows: int) -> None:
        raise redis.ConnectionError

    monkeypatch.setattr(heartbeats, "rebuilt", fail)
    build(store)
    assert total(store) == 1


def test_a_scan_that_fails_ends_the_rebuild_and_leaves_the_old_rows(
    store: SqliteSearchStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.person()
    build(store)

    def fail(*_: object) -> None:
        raise ConnectionError("gone")

    monkeypatch.setattr(scanning, "_scan", fail)
    with pytest.raises(ConnectionError):
        build(store)
    assert total(store) == 1
