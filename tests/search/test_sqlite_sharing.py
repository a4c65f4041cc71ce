"""Several processes and threads share one read model file, which may be swapped under them at any time."""

import multiprocessing
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from crm.search import engine, sqlite_files, sqlite_layout, sqlite_rollups, sqlite_schema
from crm.search.filters import EVERYONE
from crm.search.sqlite import SqliteSearchStore
from crm.search.sqlite_connection import Database
from crm.search.store import Unavailable
from tests.search.population import people
from tests.search.spoiling import spoil

WRITERS, EACH = 4, 40


def open_store(path: Path, schema: int = sqlite_schema.SCHEMA) -> SqliteSearchStore:
    database = Database(path, schema, engine.create_tables, sqlite_layout.create_indexes)
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
    def write_then_swap(**bounds: Any) -> Iterator[sqlite3.Connection]:
        with write(**bounds) as connection:
            yield connection
        if built:
            other.adopt(built.pop())

    monkeypatch.setattr(store.database, "write", write_then_swap)
    store.apply(people(1))
    assert count(other) == 1


def test_a_built_file_is_on_disk_before_it_is_put_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While it is built nothing waits for the disk."""
    store = open_store(tmp_path / "read.sqlite3")
    built = store.beside()
    built.apply(people(3))
    built.finish()
    saved, shown = [], store.generation()
    monkeypatch.setattr(os, "fsync", lambda file: saved.append((os.fstat(file).st_ino, store.generation() == shown)))
    file = tmp_path / built.generation()
    store.adopt(built)
    assert saved == [(file.stat().st_ino, True)]
    assert store.generation() == file.name


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


def test_a_busy_file_is_unavailable_not_an_error_of_the_record(tmp_path: Path) -> None:
    path = tmp_path / "read.sqlite3"
    store, other = open_store(path), open_store(path)
    with other.database.write(), pytest.raises(Unavailable):
        store.apply(people(1), wait_s=0.01)
    assert store.apply(people(1)) == 1


def test_threads_wait_for_each_other_no_longer_than_they_wish(tmp_path: Path) -> None:
    store = open_store(tmp_path / "read.sqlite3")
    with ThreadPoolExecutor(1) as other, store.database.write():
        asked = other.submit(store.apply, people(1), wait_s=0.01)
        with pytest.raises(Unavailable):
            asked.result(5)


def test_an_author_waits_for_a_busy_read_model_but_shortly(data_dir: Path) -> None:
    other = open_store(data_dir / "read.sqlite3")
    with other.database.write():
        started = time.monotonic()
        with pytest.raises(Unavailable):
            engine.show(people(1))
    assert time.monotonic() - started < 2 * engine.AUTHOR_WAIT_S


def test_a_spoilt_file_is_unavailable_once_and_then_an_empty_one(tmp_path: Path) -> None:
    store = open_store(tmp_path / "read.sqlite3")
    store.apply(people(50))
    spoil(store.database)
    with pytest.raises(Unavailable):
        count(store)
    assert count(store) == 0
    assert store.apply(people(1)) == 1


def test_a_spoilt_file_is_unavailable_to_those_who_read_for_long_too(tmp_path: Path) -> None:
    store = open_store(tmp_path / "read.sqlite3")
    tables = store.database.path.with_name(store.generation()).stat().st_size
    store.apply(people(500))
    # What is in the file can still be told, but no row can be read.
    spoil(store.database, kept=tables)
    with pytest.raises(Unavailable), store.freeze(EVERYONE, 100) as chunks:
        list(chunks)


def test_a_spoilt_file_that_is_opened_is_replaced_by_an_empty_one(tmp_path: Path) -> None:
    path = tmp_path / "read.sqlite3"
    store = open_store(path)
    store.apply(people(50))
    spoil(store.database)
    assert count(open_store(path)) == 0


def test_a_replaced_file_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "read.sqlite3"
    old = open_store(path, schema=sqlite_schema.SCHEMA - 1)
    old.apply(people(3))
    replaced = old.generation()
    assert count(open_store(path)) == 0
    assert list(tmp_path.glob(f"{replaced}*")) == []


def test_what_killed_rebuilds_left_is_swept_away_but_not_what_is_in_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(tmp_path / "read.sqlite3")
    store.apply(people(3))
    kept = set(tmp_path.iterdir())
    left = store.beside()
    left.apply(people(3))
    (tmp_path / "read-01ABC.sqlite3").touch()
    store.sweep()
    assert left.database.path.is_symlink()  # too young to be told from what is about to be put in place
    monkeypatch.setattr(sqlite_files, "STRAY_S", -1.0)
    store.sweep()
    assert set(tmp_path.iterdir()) == kept
    assert count(store) == 3


def test_one_store_serves_a_process(data_dir: Path, settings: Settings) -> None:
    assert engine.store() is engine.store()
    settings.READ_MODEL_URL = f"sqlite:///{data_dir / 'other.sqlite3'}"
    engine.store().apply(people(1))
    assert (data_dir / "other.sqlite3").is_symlink()
