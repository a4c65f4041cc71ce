"""The process's one AnalyticsStore, on the same engine and file as the SearchStore."""

from crm.analytics.sqlite import SqliteAnalyticsStore
from crm.analytics.store import AnalyticsStore
from crm.search import engine


def store() -> AnalyticsStore:
    """Return the store of this process, safe to use from all its threads."""
    return SqliteAnalyticsStore(engine.sqlite_store().database)
