"""Events that wait to be posted, in the ledger's own file."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
  n INTEGER PRIMARY KEY AUTOINCREMENT, message_id TEXT NOT NULL, message TEXT NOT NULL, published_at REAL NOT NULL,
  next_at REAL NOT NULL, attempts INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS events_due ON events (next_at);
CREATE INDEX IF NOT EXISTS events_by_age ON events (published_at);
CREATE TABLE IF NOT EXISTS counts (name TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;
"""
_INSERT = "INSERT INTO events (message_id, message, published_at, next_at) VALUES (?, ?, ?, ?)"
_COUNTED = {"events_sent": 0, "events_lost": 0, "events_given_up": 0}
_COUNT = "INSERT INTO counts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET n = n + excluded.n"


@dataclass(frozen=True, slots=True)
class Event:
    """A notification: `message` is the event's JSON, `published_at` its moment, `next_at` when it is posted."""

    message_id: str
    message: str
    published_at: float
    next_at: float


class EventQueue:
    """The queue on the ledger's connection: what is added inside a transaction of its is written with that."""

    def __init__(self, rows: sqlite3.Connection) -> None:
        self._rows = rows
        rows.executescript(_SCHEMA)

    def add(self, events: Sequence[Event]) -> None:
        """Queue events, in the open transaction or at once."""
        self._rows.executemany(
            _INSERT, [(event.message_id, event.message, event.published_at, event.next_at) for event in events]
        )

    def count(self, name: str, number: int) -> None:
        """Add to one of the counts of the summary."""
        if number:
            self._rows.execute(_COUNT, (name, number))

    def summary(self) -> dict[str, int]:
        """Count events that wait, were posted, were lost on request, or were given up."""
        (waiting,) = self._rows.execute("SELECT count(*) FROM events").fetchone()
        return {"events_waiting": waiting, **_COUNTED, **dict(self._rows.execute("SELECT name, n FROM counts"))}

    def due(self, now: float, limit: int, *, is_reversed: bool) -> list[sqlite3.Row]:
        """Return events to post now, oldest first, or newest first."""
        order = "DESC" if is_reversed else "ASC"
        query = f"SELECT * FROM events WHERE next_at <= ? ORDER BY next_at {order}, n {order} LIMIT ?"  # noqa: S608
        return self._rows.execute(query, (now, limit)).fetchall()

    def give_up(self, published_before: float) -> None:
        """Forget events that nobody took for so long, and count them."""
        given_up = self._rows.execute("DELETE FROM events WHERE published_at < ?", (published_before,)).rowcount
        self.count("events_given_up", given_up)

    def next_due(self) -> float | None:
        """Return when the next event is due, None where none waits."""
        found: float | None = self._rows.execute("SELECT min(next_at) FROM events").fetchone()[0]
        return found

    def settle(self, done: Sequence[int], later: Sequence[tuple[float, int]], counts: Mapping[str, int]) -> None:
        """Forget events that are done, move others to (moment, number), and count; all of it or nothing."""
        self._rows.execute("BEGIN IMMEDIATE")
        with self._rows:
            self._rows.executemany("DELETE FROM events WHERE n = ?", [(number,) for number in done])
            self._rows.executemany("UPDATE events SET next_at = ?, attempts = attempts + 1 WHERE n = ?", later)
            for name, number in counts.items():
                self.count(name, number)
