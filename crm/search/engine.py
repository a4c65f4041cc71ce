"""The process's one SearchStore, as READ_MODEL_URL names it."""

import os
import sqlite3
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from crm.core.changes import Document
from crm.search import (
    sqlite_click_rows,
    sqlite_clicks,
    sqlite_credits,
    sqlite_engagement,
    sqlite_landmarks,
    sqlite_layout,
    sqlite_rollups,
    sqlite_schema,
    sqlite_sets,
)
from crm.search.documents import AnyDocument
from crm.search.sqlite import SqliteSearchStore
from crm.search.sqlite_connection import Database
from crm.search.store import SearchStore

if TYPE_CHECKING:
    from crm.search.opensearch import OpenSearchStore

# Who just wrote waits no longer than this to see it in the next list; the stream brings it anyway.
AUTHOR_WAIT_S = 1.5
_OPENSEARCH = ("opensearch+http", "opensearch+https")


def store() -> SearchStore:
    """Return the store of this process, safe to use from all its threads.

    Raises:
        ImproperlyConfigured: READ_MODEL_URL names an engine that is not known.
    """
    return rebuildable()


def rebuildable() -> "SqliteSearchStore | OpenSearchStore":
    """Return the same, for what builds it anew or stands beside it: the projector, a rebuild, the analytics."""
    url = settings.READ_MODEL_URL
    return _opensearch(url) if urlsplit(url).scheme in _OPENSEARCH else sqlite_store()


def sqlite_store() -> SqliteSearchStore:
    """Return the same, for what needs the file itself."""
    return _open(settings.READ_MODEL_URL)


def show(documents: Sequence[Document]) -> None:
    """Store what this process has just committed, so that its author's next list shows it."""
    store().apply([one for one in documents if isinstance(one, AnyDocument)], wait_s=AUTHOR_WAIT_S)


@cache
def _opensearch(url: str) -> "OpenSearchStore":
    # Its client is a hundred modules: only for those who use it.
    from crm.search import opensearch, opensearch_client  # noqa: PLC0415

    try:
        place = opensearch_client.place(url)
    except ValueError as error:
        raise ImproperlyConfigured(str(error)) from error
    # A connection must not be shared with a child process.
    os.register_at_fork(after_in_child=_opensearch.cache_clear)
    return opensearch.OpenSearchStore(opensearch_client.connect(place.url), place.prefix)


@cache
def _open(url: str) -> SqliteSearchStore:
    if urlsplit(url).scheme != "sqlite":
        raise ImproperlyConfigured("READ_MODEL_URL must be sqlite:///<path> or opensearch+http(s)://host:port/prefix")
    opened = SqliteSearchStore(database_at(Path(url.removeprefix("sqlite:///"))), sqlite_rollups.move)
    os.register_at_fork(after_in_child=opened.database.abandon)
    return opened


def database_at(path: Path) -> Database:
    """Return the read model file at a path, with the tables of things and of numbers."""
    return Database(path, sqlite_schema.SCHEMA, create_tables, sqlite_layout.create_indexes)


def create_tables(connection: sqlite3.Connection) -> None:
    """Lay all tables of an empty file."""
    sqlite_layout.create_tables(connection)
    sqlite_sets.create_tables(connection)
    sqlite_landmarks.create_tables(connection)
    sqlite_rollups.create_tables(connection)
    sqlite_credits.create_tables(connection)
    sqlite_engagement.create_tables(connection)
    sqlite_clicks.create_tables(connection)
    sqlite_click_rows.create_tables(connection)
