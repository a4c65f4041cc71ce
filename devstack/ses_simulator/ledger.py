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
from devstack.ses_simulator.event_queue import Event, EventQueue
from devstack.ses_simulator.mails import Mail, fields

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
"""
_CALL = """INSERT INTO calls
  (began, at, message_id, sender, recipients, subject, tags, accepted, answered, fault, counted)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_LETTER = "INSERT INTO letters (n, message_id, raw) VALUES (?, ?, ?)"


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
class Entry:
    """What is written together; `raw` is the accepted mail, empty otherwise."""

    call: Call
    raw: bytes
    events: Sequence[Event]


@dataclass(frozen=True, slots=True)
class Stored:
    """An accepted mail, read again."""

    message_id: str
    at: float
    mail: Mail


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
        self.events = EventQueue(self._rows)
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
                if not written.cancelled():
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
        self.events.add(entry.events)
        return number

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
        return {"calls": calls, "accepted": accepted, **self.events.summary()}

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

    def stored(self, number: int) -> Stored | None:
        """Return the mail of call `number`, None where it is not kept any more."""
        query = "SELECT calls.*, raw FROM letters JOIN calls USING (n) WHERE n = ?"
        row = self._rows.execute(query, (number,)).fetchone()
        if row is None:
            return None
        raw = zlib.decompress(row["raw"])
        recipients = tuple(row["recipients"].split(", "))
        return Stored(
            row["message_id"], row["at"], Mail(row["sender"], recipients, orjson.loads(row["tags"]), fields(raw), raw)
        )


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
