"""The contract suite runs on every adapter."""

from collections.abc import Callable
from pathlib import Path

import pytest

from crm.search import engine, sqlite_rollups
from crm.search.sqlite import SqliteSearchStore
from crm.search.store import RebuildableStore


def _sqlite(folder: Path) -> SqliteSearchStore:
    return SqliteSearchStore(engine.database_at(folder / "read.sqlite3"), sqlite_rollups.move)


ADAPTERS: dict[str, Callable[[Path], RebuildableStore]] = {"sqlite": _sqlite}


@pytest.fixture(params=ADAPTERS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> RebuildableStore:
    """An empty store of each kind."""
    return ADAPTERS[request.param](tmp_path)
