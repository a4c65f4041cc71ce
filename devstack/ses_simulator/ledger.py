"""The append-only ledger: every SendEmail call and what was decided, on disk before it is answered.

One SQLite file, written by one task in groups: whatever calls arrive while the loop is busy share a commit. A process
that is killed loses nothing it had answered. Calls can be neither changed nor deleted. Events that wait to be published
lie in the same file, so that a mail and its events are written together or not at all; so do the latest mails in full.
"""

import asyncio
import sqlite3
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from devstack.ses_simulator import clock

LETTERS_KEPT = 10_000
_TRIMMED_EVERY = 500
_DAY_S = 86_400
_SCHEMA = """
CREATE TABLE IF NOT EXISTS calls (
  n INTEGER PRIMARY KEY AUTOINCREMENT, began REAL NOT NULL, at REAL NOT NULL, message_id TEXT, sender TEXT NOT NULL,
  recipients TEXT NOT NULL, subject TEXT NOT NULL, tags TEXT NOT NULL, accepted INTEGER NOT NULL,
  answered INTEGER NOT NULL, fault TEXT NOT NULL, counted INTEGER NOT NULL);
CREATE TRIGGER IF NOT EXISTS calls_stay BEFORE UPDATE ON calls BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER IF NOT EXISTS calls_remain BEFORE DELETE ON calls BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TABLE IF NOT EXISTS letters (n INTEGER PRIMARY KEY, message_id TEXT NOT NULL UNIQUE, raw BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS events (
  n INTEGER PRIMARY KEY AUTOINCREMENT, message_id TEXT NOT NULL, message TEXT NOT NULL, published_at REAL NOT NULL,
  next_at REAL NOT NULL, attempts INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS events_due ON events (next_at);
CREATE INDEX IF NOT EXISTS events_by_age ON events (published_at);
CREATE TABLE IF NOT EXISTS counts (name TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;
"""
_CALL = """INSERT INTO calls
  (began, at, message_id, sender, recipients, subject, tags, accepted, answered, fault, counted)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_LETTER = "INSERT INTO letters (n, message_id, raw) VALUES (?, ?, ?)"
_EVENT = "INSERT INTO events (message_id, message, published_at, next_at) VALUES (?, ?, ?, ?)"
_COUNTED = {"events_sent": 0, "events_lost": 0, "events_given_up": 0}
_COUNT = "INSERT INTO counts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET n = n + excluded.n"


@dataclass(frozen=True, slots=True)
class Call:
    """One SendEmail call. `message_id` is None unless the mail was accepted; `counted` is what of it uses up the quota.

    `answered` tells whether the caller was to hear of it; `fault` names what was made to go wrong, empty where nothing.
    """

    began: float
    at: float
    message_id: str | None
    sender: str
    recipients: str
    subject: str
    tags: str
    accepted: bool
    answered: bool
    fault: str
    counted: int


@dataclass(frozen=True, slots=True)
class Event:
    """A notification: `message` is the event's JSON, `published_at` its moment, `next_at` when it is posted."""

    message_id: str
    message: str
    published_at: float
    next_at: float


@dataclass(frozen=True, slots=True)
class Entry:
    """What is written together; `raw` is the accepted mail, empty otherwise."""

    call: Call
    raw: bytes
    events: Sequence[Event]


class Ledger:
    """The file. All methods run on the event loop; only `write` waits."""

    def __init__(self, path: Path) -> None:
        self._rows = sqlite3.connect(path, isolation_level=None)
        self._rows.row_factory = sqlite3.Row
        # The system keeps what a killed process wrote, so a commit need not wait for the disk itself.
        self._rows.execute("PRAGMA journal_mode = WAL")
        self._rows.execute("PRAGMA synchronous = NORMAL")
        self._rows.executescript(_SCHEMA)
        self._rows.create_function("casefold", 1, lambda text: text.casefold(), deterministic=True)
        self._waiting: list[tuple[Entry, asyncio.Future[int]]] = []
        self._since_trimmed = 0

    def close(self) -> None:
        """Let go of the file; nothing may be waiting."""
        self._rows.close()

    async def write(self, entry: Entry) -> int:
        """Write one entry, with those of other calls; return the call's number once it is on disk."""
        loop = asyncio.get_running_loop()
        written: asyncio.Future[int] = loop.create_future()
        self._waiting.append((entry, written))
        if len(self._waiting) == 1:
            loop.call_soon(self._flush)
        return await written

    def _flush(self) -> None:
        group, self._waiting = self._waiting, []
        try:
            self._rows.execute("BEGIN IMMEDIATE")
            numbers = [self._insert(entry) for entry, _ in group]
            self._trim(numbers[-1], len(group))
            self._rows.execute("COMMIT")
        except sqlite3.Error as error:
            if self._rows.in_transaction:
                self._rows.execute("ROLLBACK")
            for _, written in group:
                # Each caller gets one of its own: a shared exception would collect all their tracebacks.
                written.set_exception(OSError(f"the ledger could not be written: {error}"))
            return
        for (_, written), number in zip(group, numbers, strict=True):
            if not written.cancelled():
                written.set_result(number)

    def _insert(self, entry: Entry) -> int:
        call = entry.call
        values = (call.began, call.at, call.message_id, call.sender, call.recipients, call.subject, call.tags)
        number = self._rows.execute(_CALL, (*values, call.accepted, call.answered, call.fault, call.counted)).lastrowid
        assert number is not None
        if call.message_id is not None:
            self._rows.execute(_LETTER, (number, call.message_id, zlib.compress(entry.raw, 1)))
        self.add_events(entry.events)
        return number

    def add_events(self, events: Sequence[Event]) -> None:
        """Queue events, in the open transaction or in one of their own."""
        self._rows.executemany(
            _EVENT, [(event.message_id, event.message, event.published_at, event.next_at) for event in events]
        )

    def _trim(self, last: int, added: int) -> None:
        self._since_trimmed += added
        if self._since_trimmed >= _TRIMMED_EVERY:
            self._since_trimmed = 0
            self._rows.execute("DELETE FROM letters WHERE n <= ?", (last - LETTERS_KEPT,))

    def page(self, after: int, limit: int) -> list[dict[str, Any]]:
        """Return up to `limit` calls after number `after`, in the order in which they were written."""
        found = self._rows.execute("SELECT * FROM calls WHERE n > ? ORDER BY n LIMIT ?", (after, limit))
        return [_call(row) for row in found]

    def summary(self) -> dict[str, int]:
        """Count calls, accepted mails and events."""
        calls, accepted = self._rows.execute("SELECT count(*), coalesce(sum(accepted), 0) FROM calls").fetchone()
        counts = {row["name"]: row["n"] for row in self._rows.execute("SELECT * FROM counts")}
        (waiting,) = self._rows.execute("SELECT count(*) FROM events").fetchone()
        return {"calls": calls, "accepted": accepted, "events_waiting": waiting, **_COUNTED, **counts}

    def count(self, name: str, number: int) -> None:
        """Add to one of the counts of the summary."""
        if number:
            self._rows.execute(_COUNT, (name, number))

    def minutes(self) -> list[tuple[int, int]]:
        """Return recipients accepted in the last day, minute by minute, for the quota."""
        query = """SELECT CAST(at / 60 AS INTEGER), sum(counted) FROM calls WHERE at > ? AND counted > 0
        GROUP BY 1 ORDER BY 1"""
        return [(minute, count) for minute, count in self._rows.execute(query, (clock.now() - _DAY_S,))]

    def letters(self, text: str, limit: int, offset: int) -> tuple[list[dict[str, Any]], int, int]:
        """Return mails, newest first, how many fit, how many are kept; `text` is looked for in address and subject."""
        fitting = """FROM letters JOIN calls USING (n)
        WHERE :text = '' OR instr(casefold(calls.recipients || ' ' || calls.subject), :text)"""
        given = {"text": text.casefold(), "limit": limit, "offset": offset}
        rows = self._rows.execute(f"SELECT calls.* {fitting} ORDER BY n DESC LIMIT :limit OFFSET :offset", given)
        found = [_head(row) for row in rows]
        (total,) = self._rows.execute(f"SELECT count(*) {fitting}", given).fetchone()
        (everything,) = self._rows.execute("SELECT count(*) FROM letters").fetchone()
        return found, total, everything

    def letter(self, message_id: str) -> tuple[dict[str, Any], bytes] | None:
        """Return a mail's head and its bytes, None where it is not kept any more."""
        query = "SELECT calls.*, raw FROM letters JOIN calls USING (n) WHERE letters.message_id = ?"
        row = self._rows.execute(query, (message_id,)).fetchone()
        return None if row is None else (_head(row), zlib.decompress(row["raw"]))

    def raw(self, number: int) -> bytes | None:
        """Return the mail of call `number`, None where it is not kept any more."""
        row = self._rows.execute("SELECT raw FROM letters WHERE n = ?", (number,)).fetchone()
        return None if row is None else zlib.decompress(row["raw"])

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

    def settle(self, done: Sequence[int], later: Sequence[tuple[float, int]], counts: dict[str, int]) -> None:
        """Forget events that are done, move others to (moment, number), and count; all of it or nothing."""
        self._rows.execute("BEGIN IMMEDIATE")
        with self._rows:
            self._rows.executemany("DELETE FROM events WHERE n = ?", [(number,) for number in done])
            self._rows.executemany("UPDATE events SET next_at = ?, attempts = attempts + 1 WHERE n = ?", later)
            for name, number in counts.items():
                self.count(name, number)


def _call(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "n": row["n"],
        "began": row["began"],
        "at": row["at"],
        "message_id": row["message_id"],
        "to": row["recipients"],
        "from": row["sender"],
        "subject": row["subject"],
        "tags": orjson.loads(row["tags"]),
        "accepted": bool(row["accepted"]),
        "answered": bool(row["answered"]),
        "fault": row["fault"],
    }


def _head(row: sqlite3.Row) -> dict[str, Any]:
    found = _call(row)
    return {"id": found["message_id"]} | {name: found[name] for name in ("from", "to", "subject", "at")}
