"""The SearchStore on SQLite. Lists of people are here; the others are in sqlite_lists."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import batched

from pyroaring import BitMap

from crm.core import clock
from crm.search import (
    sqlite_apply,
    sqlite_credits,
    sqlite_digests,
    sqlite_facets,
    sqlite_filters,
    sqlite_landmarks,
    sqlite_score,
    sqlite_walk,
)
from crm.search.digests import Digest
from crm.search.documents import AnyDocument, PersonDocument
from crm.search.filters import EVERYONE, Condition, Filter
from crm.search.score import Deed
from crm.search.sqlite_apply import Mover
from crm.search.sqlite_codec import micros, moment
from crm.search.sqlite_connection import Database
from crm.search.sqlite_lists import Lists
from crm.search.sqlite_paging import Listing
from crm.search.sqlite_schema import PEOPLE
from crm.search.sqlite_where import TRUE
from crm.search.store import PATIENCE_S, Checkpoint, Difference, Freshness, Page, Split

_SUPPRESSED = Condition("suppressed", "is", (True,))
_UNSUBSCRIBED = Condition("unsubscribed", "is", (True,))
# Between writes that follow each other, so that other processes come to write.
_PAUSE_S = 0.12


class SqliteSearchStore(Lists):
    """One file for all processes of a machine; see sqlite_connection for how it is shared."""

    def __init__(self, database: Database, move: Mover) -> None:
        """`move` keeps the roll-ups, in the transaction that stores the deliveries."""
        super().__init__(database)
        self._move = move
        # Of a file beside another, until it is finished.
        self._is_loading = False

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
            return self.database.follow(lambda connection: self._apply(connection, documents), wait_s)
        # Once only: a file swapped in meanwhile lacks what the old one had stored before these.
        with self.database.write(generation=generation, wait_s=wait_s) as connection:
            stored = self._apply(connection, documents)
            connection.executemany(
                "REPLACE INTO checkpoints (stream, shard, sequence) VALUES (?, ?, ?)",
                [(one.stream, one.shard, one.sequence) for one in checkpoints],
            )
        return stored

    def _apply(self, connection: sqlite3.Connection, documents: Sequence[AnyDocument]) -> int:
        return sqlite_apply.apply(connection, documents, self._move, is_loading=self._is_loading)

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
        listing = Listing.of(PEOPLE, TRUE, sort, limit, cursor)
        with self.database.read() as connection:
            members = sqlite_filters.matching(connection, where)
            rows = sqlite_walk.rows(connection, sqlite_walk.begun(listing, where), members, _size(connection))
            return listing.page(connection, len(members), rows)

    def split(self, where: Filter, kind: str = "") -> Split:
        with self.database.read() as connection:
            matched = sqlite_filters.matching(connection, where)
            suppressed = matched & sqlite_filters.matching(connection, _SUPPRESSED)
            unsubscribed = (matched & sqlite_filters.matching(connection, _UNSUBSCRIBED)) - suppressed
            left = BitMap()
            if kind:
                left = sqlite_filters.matching(connection, Condition("unsubscribed_from", "is", (kind,)))
        reached = matched - suppressed - unsubscribed
        mailable = len(reached - left)
        return Split(len(matched), mailable, len(suppressed), len(unsubscribed), len(reached) - mailable)

    @contextmanager
    def freeze(self, where: Filter, chunk: int) -> Iterator[Iterator[list[str]]]:
        with self.database.snapshot() as connection:
            # Whoever reads a file from end to end comes to each page once.
            connection.execute("PRAGMA cache_size=-1000")
            members = sqlite_filters.matching(connection, where)
            rows = connection.execute("SELECT n, id FROM people ORDER BY id")
            yield _chunks((key for n, key in rows if n in members), chunk)

    def people_by_id(self, ids: Sequence[str]) -> Mapping[str, PersonDocument]:
        return self._by_id(PEOPLE, ids)

    def most_engaged(self, limit: int) -> Sequence[tuple[str, int]]:
        with self.database.read() as connection:
            return sqlite_score.highest(connection, limit)

    def deeds(self, person_id: str, since: datetime) -> Sequence[Deed]:
        with self.database.read() as connection:
            return sqlite_score.deeds(connection, person_id, since)

    def facets(self, field: str, text: str, limit: int, where: Filter = EVERYONE) -> Sequence[tuple[str, int]]:
        with self.database.read() as connection:
            members = sqlite_filters.matching(connection, where)
            return sqlite_facets.commonest(connection, members, field, text, limit)

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
        built = SqliteSearchStore(self.database.beside(), self._move)
        built._is_loading = True
        return built

    def finish(self) -> None:
        if self._is_loading:
            with self.database.write() as connection:
                sqlite_credits.count(connection)
            self._is_loading = False
        self.database.index()
        sqlite_landmarks.choose(self.database)

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
        """Refresh what was chosen from the rows, where these have changed much since the last time."""
        with self.database.write() as connection:
            connection.execute("PRAGMA analysis_limit=1000")
            connection.execute("PRAGMA optimize")
        sqlite_landmarks.choose(self.database, _PAUSE_S)


def _size(connection: sqlite3.Connection) -> int:
    """Return how many people there are, near enough: by the last one's number."""
    (last,) = connection.execute("SELECT coalesce(max(n), 0) FROM people").fetchone()
    return int(last)


def _chunks(found: Iterable[str], size: int) -> Iterator[list[str]]:
    for chunk in batched(found, size):
        yield list(chunk)
