"""The contract suites run on every adapter of the analytics, over the search store that it asks."""

from collections.abc import Callable
from pathlib import Path

import pytest

from crm.analytics.opensearch import OpenSearchAnalyticsStore
from crm.analytics.sqlite import SqliteAnalyticsStore
from crm.analytics.store import AnalyticsStore
from crm.search.opensearch import OpenSearchStore
from crm.search.sqlite import SqliteSearchStore
from crm.search.store import RebuildableStore
from tests.search.conftest import ADAPTERS

Stores = tuple[RebuildableStore, AnalyticsStore]


def beside(search: RebuildableStore) -> AnalyticsStore:
    """Return the analytics over what a search store has."""
    if isinstance(search, SqliteSearchStore):
        return SqliteAnalyticsStore(search.database)
    assert isinstance(search, OpenSearchStore)
    return OpenSearchAnalyticsStore(search)


@pytest.fixture(params=ADAPTERS)
def make(request: pytest.FixtureRequest) -> Callable[[Path], Stores]:
    """What makes both stores, empty, of each kind."""

    def made(folder: Path) -> Stores:
        search = ADAPTERS[request.param](folder)
        return search, beside(search)

    return made


@pytest.fixture
def stores(make: Callable[[Path], Stores], tmp_path: Path) -> Stores:
    """Both stores, empty."""
    return make(tmp_path)
