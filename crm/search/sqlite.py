"""The SearchStore on SQLite. Lists of people are here; the others are in sqlite_lists."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

from crm.core import clock
from crm.search import sqlite_apply, sqlite_digests, sqlite_facets, sqlite_filters
from crm.search.digests import Digest
from crm.search.documents import AnyDocument, PersonDocument
from crm.search.filters import Filter
from crm.search.sqlite_apply import Mover
from crm.search.sqlite_codec import micros, moment
from crm.search.sqlite_connection import Database
from crm.search.sqlite_lists import Lists
from crm.search.sqlite_paging import Listing
from crm.search.sqlite_schema import PEOPLE
from crm.search.sqlite_where import FALSE
from crm.search.store import PATIENCE_S, Checkpoint, Difference, Freshness, Page, Split


class SqliteSearchStore(Lists):
    """One file for all processes of a machine; see sqlite_connection for how it is shared."""

    def __init__(self, database: Database, move: Mover) -> None:
        """`move` keeps the roll-ups, in the transaction that stores the deliveries."""
        super().__init__(database)
        self._move = move

    def apply(
        self,
        documents: Sequence[AnyDocument],
        checkpoints: Sequence[Checkpoint] = (),
        *,
        generation: str | None = None,
        wait_s: float = PATIENCE_S,
    ) -> int:
        """Store what is newer, and with it how far the streams were read, or neither."""
        if not documents and not checkpoints:
            return 0
        if not checkpoints:
            return self.database.follow(
                lambda connection: sqlite_apply.apply(connection, documents, self._move), wait_s
            )
        # Once only: a file swapped in meanwhile lacks what the old one had stored before these.
        with self.database.write(generation=generation, wait_s=wait_s) as connection:
            stored = sqlite_apply.apply(connection, documents, self._move)
            connection.executemany(
                "REPLACE INTO checkpoints (stream, shard, sequence) VALUES (?, ?, ?)",
                [(one.stream, one.shard, one.sequence) for one in checkpoints],
            )
        return stored

    def checkpoints(self) -> Sequence[Checkpoint]:
        with self.database.read() as connection:
            rows = connection.execute("SELECT stream, shard, sequence FROM checkpoints ORDER BY stream, shard")
            return [Checkpoint(*row) for row in rows]

    def forget_checkpoints(self, gone: Sequence[Checkpoint], *, generation: str | None = None) -> None:
        with self.database.write(generation=generation) as connection:
            connection.executemany(
                "DELETE FROM checkpoints WHERE stream = ? AND shard = ?", [(one.stream, one.shard) for one in gone]
            )

    def generation(self) -> str:
        return self.database.generation()

    def people(self, where: Filter, *, sort: str, limit: int, cursor: str | None = None) -> Page[PersonDocument]:
        listing = Listing.of(PEOPLE, sqlite_filters.people(where), sort, limit, cursor)
        with self.database.read() as connection:
            total = listing.count(connection)
            if not total:
                return Page([], None, 0)
            index = f"people_{listing.order.column}"
            # Walking the order's index meets a match every (all / total) rows; sorting reads every match. The planner
            # would take averages for this very question's numbers, and the wrong choice is 50,000 times slower.
            if total * total > limit * self._size(connection) and index in _indexes(connection):
                return listing.page(connection, total, f"INDEXED BY {index}")
            return listing.page(connection, total, walk=False)

    def split(self, where: Filter, kind: str = "") -> Split:
        matching = sqlite_filters.people(where)
        left = sqlite_filters.having_left(kind) if kind else FALSE
        sql = (
            "SELECT count(*), total(suppressed), total(unsubscribed AND NOT suppressed), "
            f"total({left.sql} AND NOT unsubscribed AND NOT suppressed) FROM people WHERE {matching.sql}"
        )
        with self.database.read() as connection:
            row = connection.execute(sql, (*left.values, *matching.values)).fetchone()
        matched, suppressed, unsubscribed, left_kind = map(int, row)
        return Split(matched, matched - suppressed - unsubscribed - left_kind, suppressed, unsubscribed, left_kind)

    @contextmanager
    def freeze(self, where: Filter, chunk: int) -> Iterator[Iterator[list[str]]]:
        matching = sqlite_filters.people(where)
        with self.database.snapshot() as connection:
            rows = connection.execute(f"SELECT id FROM people WHERE {matching.sql} ORDER BY id", matching.values)
            yield _chunks(rows, chunk)

    def people_by_id(self, ids: Sequence[str]) -> Mapping[str, PersonDocument]:
        return self._by_id(PEOPLE, ids)

    def facets(self, field: str, text: str, limit: int) -> Sequence[tuple[str, int]]:
        with self.database.read() as connection:
            return sqlite_facets.commonest(connection, field, text, limit)

    def freshness(self) -> Freshness:
        with self.database.read() as connection:
            row = connection.execute("SELECT value FROM facts WHERE name = 'as_of'").fetchone()
        if row is None:
            return Freshness(None, None)
        as_of = moment(row[0])
        return Freshness(as_of, max(0.0, (clock.now() - as_of).total_seconds()))

    def note_freshness(self, as_of: datetime | None) -> None:
        with self.database.write() as connection:
            if as_of is None:
                connection.execute("DELETE FROM facts WHERE name = 'as_of'")
            else:
                connection.execute("REPLACE INTO facts (name, value) VALUES ('as_of', ?)", (micros(as_of),))

    def beside(self) -> "SqliteSearchStore":
        return SqliteSearchStore(self.database.beside(), self._move)

    def finish(self) -> None:
        self.database.index()

    def digests(self) -> Mapping[str, Digest]:
        with self.database.read() as connection:
            return sqlite_digests.of_tables(connection)

    def digests_of(self, documents: Sequence[AnyDocument]) -> Mapping[str, Digest]:
        return sqlite_digests.of_documents(documents)

    def differences(self, other: "SqliteSearchStore") -> Sequence[Difference]:
        with self.database.snapshot(other.database) as connection:
            return sqlite_digests.differences(connection)

    def adopt(self, built: "SqliteSearchStore") -> None:
        self.database.swap(built.database)

    def discard(self) -> None:
        self.database.discard()

    def sweep(self) -> None:
        self.database.sweep()

    def tidy(self) -> None:
        """Let SQLite refresh the planner's statistics where rows have changed much since the last time."""
        with self.database.write() as connection:
            connection.execute("PRAGMA analysis_limit=1000")
            connection.execute("PRAGMA optimize")

    def _size(self, connection: sqlite3.Connection) -> int:
        # The planner's own estimate of the table, good enough to choose by; counting would cost more than it saves.
        row = connection.execute("SELECT coalesce(max(n), 0) FROM people").fetchone()
        return int(row[0])


def _indexes(connection: sqlite3.Connection) -> frozenset[str]:
    return frozenset(name for _, name, *_ in connection.execute("PRAGMA index_list(people)"))


def _chunks(rows: sqlite3.Cursor, size: int) -> Iterator[list[str]]:
    while chunk := rows.fetchmany(size):
        yield [row[0] for row in chunk]
