"""Several processes and threads share one read model file, which may be swapped under them at any time."""

import multiprocessing
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from crm.search import engine, sqlite_rollups, sqlite_schema
from crm.search.filters import EVERYONE
from crm.search.sqlite import SqliteSearchStore
from crm.search.sqlite_connection import Database
from crm.search.store import Unavailable
from tests.search.population import people

WRITERS, EACH = 4, 40


def open_store(path: Path, schema: int = sqlite_schema.SCHEMA) -> SqliteSearchStore:
    database = Database(path, schema, engine.create_tables, sqlite_schema.create_indexes)
    return SqliteSearchStore(database, sqlite_rollups.move)


def count(store: SqliteSearchStore) -> int:
    return store.people(EVERYONE, sort="id", limit=1).total


def watch(store: SqliteSearchStore, expected: int, stop: threading.Event, wrong: list[str]) -> None:
    """Count again and again; note every other number, and what a reader must never see: an error."""
    while not stop.is_set():
        try:
            seen = str(count(store))
        except Exception as error:
            seen = repr(error)
        if seen != str(expected):
            wrong.append(seen)


def write_share(path: Path, share: int) -> None:
    store = open_store(path)
    for someone in people(WRITERS * EACH)[share::WRITERS]:
        store.apply([someone])


def test_processes_write_side_by_side_and_no_write_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "read.sqlite3"
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=write_share, args=(path, share)) for share in range(WRITERS)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0] * WRITERS
    assert count(open_store(path)) == WRITERS * EACH
    assert len(list(tmp_path.glob("*.sqlite3"))) == 2  # the link and the file: losers of the race left nothing


def test_readers_see_the_old_rows_or_the_new_ones_while_files_are_swapped(tmp_path: Path) -> None:
    store = open_store(tmp_path / "read.sqlite3")
    store.apply(people(50))
    stop, wrong = threading.Event(), []
    readers = [threading.Thread(target=watch, args=(store, 50, stop, wrong)) for _ in range(3)]
    for reader in readers:
        reader.start()
    for _ in range(10):
        built = store.beside()
        built.apply(people(50))
        built.finish()
        store.adopt(built)
    stop.set()
    for reader in readers:
        reader.join()
    assert wrong == []
    assert len(list(tmp_path.glob("read*sqlite3*"))) <= 4  # link, file, its log and its index: the others are gone


def test_a_write_made_during_a_swap_is_in_the_new_file_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "read.sqlite3"
    store, other = open_store(path), open_store(path)
    built = [other.beside()]
    write = store.database.write

    @contextmanager
    def write_then_swap() -> Iterator[sqlite3.Connection]:
        with write() as connection:
            yield connection
        if built:
            other.adopt(built.pop())

    monkeypatch.setattr(store.database, "write", write_then_swap)
    store.apply(people(1))
    assert count(other) == 1


def test_a_file_of_another_schema_is_replaced_by_an_empty_one(tmp_path: Path) -> None:
    path = tmp_path / "read.sqlite3"
    old = open_store(path, schema=sqlite_schema.SCHEMA - 1)
    old.apply(people(3))
    assert count(open_store(path)) == 0
    assert open_store(path).freshness().as_of is None


def test_a_file_deleted_by_hand_is_replaced_by_an_empty_one(tmp_path: Path) -> None:
    path = tmp_path / "read.sqlite3"
    old = open_store(path)
    old.apply(people(3))
    path.with_name(old.generation()).unlink()
    assert count(open_store(path)) == 0


def test_a_forked_child_opens_its_own_connections(data_dir: Path) -> None:
    store = engine.sqlite_store()
    store.apply(people(2))
    with store.database.read() as ours:
        pass
    child = os.fork()
    if child == 0:
        with engine.sqlite_store().database.read() as theirs:
            is_own = theirs is not ours
        os._exit(0 if is_own and engine.store().apply(people(3)) == 1 else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert count(store) == 3


def test_a_busy_file_is_unavailable_not_an_error_of_the_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "read.sqlite3"
    store, other = open_store(path), open_store(path)
    with store.database.read() as connection:
        connection.execute("PRAGMA busy_timeout=10")
    with other.database.write(), pytest.raises(Unavailable):
        store.apply(people(1))


def test_one_store_serves_a_process(data_dir: Path, settings: Settings) -> None:
    assert engine.store() is engine.store()
    settings.READ_MODEL_URL = f"sqlite:///{data_dir / 'other.sqlite3'}"
    engine.store().apply(people(1))
    assert (data_dir / "other.sqlite3").is_symlink()
