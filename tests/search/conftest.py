"""The contract suite runs on every adapter."""

import uuid
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from opensearchpy import OpenSearch

from crm.search import engine, opensearch_client, sqlite_rollups
from crm.search.opensearch import OpenSearchStore
from crm.search.sqlite import SqliteSearchStore
from crm.search.store import RebuildableStore
from tests.engines import environment as engines


def sqlite(folder: Path) -> SqliteSearchStore:
    """Return a store of a file of its own."""
    return SqliteSearchStore(engine.database_at(folder / "read.sqlite3"), sqlite_rollups.move)


def _opensearch(_: Path) -> OpenSearchStore:
    # Soon, so that no test waits for what it has written.
    return OpenSearchStore(_client(), f"tests-{uuid.uuid4().hex}", "10ms")


@cache
def _client() -> OpenSearch:
    return opensearch_client.connect(str(engines.opensearch()))


ADAPTERS: dict[str, Callable[[Path], RebuildableStore]] = {"sqlite": sqlite}
if engines.opensearch():
    ADAPTERS["opensearch"] = _opensearch


@pytest.fixture(params=ADAPTERS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> RebuildableStore:
    """An empty store of each kind."""
    return ADAPTERS[request.param](tmp_path)
