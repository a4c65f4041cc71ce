"""The process's one AnalyticsStore, on the same engine as the SearchStore."""

from crm.analytics.sqlite import SqliteAnalyticsStore
from crm.analytics.store import AnalyticsStore
from crm.search import engine
from crm.search.sqlite import SqliteSearchStore


def store() -> AnalyticsStore:
    """Return the store of this process, safe to use from all its threads."""
    search = engine.rebuildable()
    if isinstance(search, SqliteSearchStore):
        return SqliteAnalyticsStore(search.database)
    # As in the search's engine: only for those who use it.
    from crm.analytics.opensearch import OpenSearchAnalyticsStore  # noqa: PLC0415

    return OpenSearchAnalyticsStore(search)
