"""Laying the read model's tables and indexes in an SQLite file."""

import sqlite3

from crm.search.sqlite_schema import TABLES

_OTHER = (
    # Needed while rows are still being loaded: suppressions find their people, and humans' deeds their like, by these.
    "CREATE INDEX people_address ON people (address, id)",
    "CREATE INDEX engagements_mail_id_at ON engagements (mail_id, at, id)",
    "CREATE TABLE tombstones (kind TEXT, id TEXT, version INTEGER NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID",
    "CREATE TABLE checkpoints (stream TEXT, shard TEXT, sequence TEXT NOT NULL, PRIMARY KEY (stream, shard)) "
    "WITHOUT ROWID",
    "CREATE TABLE facts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
)


def create_tables(connection: sqlite3.Connection) -> None:
    """Lay every table of an empty file, without the indexes that `create_indexes` adds."""
    for table in TABLES:
        columns = "".join(f"{column.name} {column.kind}, " for column in table.columns)
        connection.execute(
            f"CREATE TABLE {table.name} "
            f"(n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, version INTEGER NOT NULL, {columns}doc BLOB NOT NULL)"
        )
        if table.words:
            # Contentless: the words are known again from the document. Words are ASCII by sqlite_words.
            connection.execute(
                f"CREATE VIRTUAL TABLE {table.name}_words USING fts5 "
                f"({', '.join(table.words)}, content='', detail=column, tokenize='ascii', prefix='1 2 3')"
            )
    for statement in _OTHER:
        connection.execute(statement)


def create_indexes(connection: sqlite3.Connection) -> None:
    """Add what is still missing of the indexes."""
    for table in TABLES:
        for columns in table.indexes:
            name = "_".join([table.name, *columns.replace(",", "").split()])
            connection.execute(f"CREATE INDEX IF NOT EXISTS {name} ON {table.name} ({columns}, id)")
