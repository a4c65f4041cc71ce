"""A read model of synthetic people in a folder, loaded once and used again while it suits."""

import json
import random
import time
from itertools import batched
from pathlib import Path

from bench import synthetic
from bench.search import mails
from crm.search import engine, sqlite_rollups, sqlite_schema
from crm.search.documents import AnyDocument
from crm.search.sqlite import SqliteSearchStore
from crm.search.store import RebuildableStore

_BATCH = 2_000
_MARK = "loaded.json"


def store(folder: Path, people: int, registrations: int) -> SqliteSearchStore:
    """Return a store of that many people and about that many registrations, loading it unless it is there."""
    folder.mkdir(parents=True, exist_ok=True)
    mark = folder / _MARK
    wanted = {"people": people, "registrations": registrations, "schema": sqlite_schema.SCHEMA}
    opened = SqliteSearchStore(engine.database_at(folder / "read.sqlite3"), sqlite_rollups.move)
    if mark.exists() and json.loads(mark.read_text()) == wanted:
        return opened
    mark.unlink(missing_ok=True)
    fill(opened, people, registrations)
    mark.write_text(json.dumps(wanted))
    return opened


def fill(store: RebuildableStore, people: int, registrations: int) -> None:
    """Build a store of them beside an empty one, as a rebuild does, and put it in its place."""
    started = time.monotonic()
    built = store.beside()
    rows = _filled(built, people, registrations)
    built.finish()
    store.adopt(built)
    print(f"loaded {people:,} people and {rows:,} rows about them in {time.monotonic() - started:,.0f} s", flush=True)


def _filled(built: RebuildableStore, people: int, registrations: int) -> int:
    chance = random.Random(2)
    rows = number = 0
    for batch in batched(synthetic.people(people, registrations), _BATCH):
        documents: list[AnyDocument] = []
        for person, going in batch:
            documents += [person, *synthetic.registrations(person, going), *mails.about(person, number, chance)]
            number += 1
        built.apply(documents)
        rows += len(documents)
    return rows - people
