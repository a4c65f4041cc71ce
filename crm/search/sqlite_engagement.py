"""Roll-ups of opens, clicks and unsubscribes: for each mail, and for each campaign how many people did what.

Moved by the difference between a row before and now, in the transaction that stores it, as `sqlite_rollups` is: a click
that turns out to be a machine's takes its person back out of the campaign's number.
"""

import sqlite3
from collections import Counter
from collections.abc import Sequence

from crm.search import sqlite_marks, sqlite_rollups, sqlite_sets
from crm.search.documents import HUMAN, EngagementDocument
from crm.search.sqlite_marks import DAY, HOUR, Marked

# A mail and what was done to it: campaign ('' for other mail), mail, kind.
_Key = tuple[str, str, str]
Moves = Sequence[tuple[EngagementDocument | None, EngagementDocument | None]]

_DONE = "SELECT 1 FROM engagements WHERE mail_id = ? AND at >= ? AND at < ? AND kind = ? AND verdict = ? LIMIT 1"
_SUMS = (
    "INSERT INTO engagement_sums (campaign_id, kind, people, everybody, total) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT DO UPDATE SET people = people + excluded.people, everybody = everybody + excluded.everybody, "
    "total = total + excluded.total"
)


def create_tables(connection: sqlite3.Connection) -> None:
    """Lay the roll-ups of an empty file. `human` and `total` count rows, `people` and `everybody` mails with any."""
    connection.execute(
        "CREATE TABLE engaged (mail TEXT, kind TEXT, human INTEGER NOT NULL, total INTEGER NOT NULL, "
        "PRIMARY KEY (mail, kind)) WITHOUT ROWID"
    )
    connection.execute(
        "CREATE TABLE engagement_sums (campaign_id TEXT, kind TEXT, people INTEGER NOT NULL, "
        "everybody INTEGER NOT NULL, total INTEGER NOT NULL, PRIMARY KEY (campaign_id, kind)) WITHOUT ROWID"
    )


def move(connection: sqlite3.Connection, moves: Moves) -> None:
    """Take away what each row was and add what it is now."""
    human: Counter[_Key] = Counter()
    total: Counter[_Key] = Counter()
    for before, now in moves:
        for row, step in ((before, -1), (now, 1)):
            if row is not None:
                total[_key(row)] += step
                human[_key(row)] += step * (row.verdict == HUMAN)
    deeds: Counter[tuple[str, str]] = Counter()
    for key in total:
        if human[key] or total[key]:
            deeds.update(_move_mail(connection, key, human[key], total[key]))
    if deeds:
        sqlite_rollups.move_deeds(connection, deeds)
    _mark(connection, [row for pair in moves for row in pair if row is not None and row.verdict == HUMAN])


def _move_mail(connection: sqlite3.Connection, key: _Key, human: int, total: int) -> dict[tuple[str, str], int]:
    """Return the measures that the mail comes to count for (1), or no longer does (-1)."""
    campaign, mail, kind = key
    found = connection.execute("SELECT human, total FROM engaged WHERE mail = ? AND kind = ?", (mail, kind)).fetchone()
    had_human, had_total = found or (0, 0)
    has_human, has_total = had_human + human, had_total + total
    if has_total:
        connection.execute("REPLACE INTO engaged VALUES (?, ?, ?, ?)", (mail, kind, has_human, has_total))
    else:
        connection.execute("DELETE FROM engaged WHERE mail = ? AND kind = ?", (mail, kind))
    if campaign:
        people, everybody = (has_human > 0) - (had_human > 0), (has_total > 0) - (had_total > 0)
        connection.execute(_SUMS, (campaign, kind, people, everybody, total))
        connection.execute(
            "DELETE FROM engagement_sums WHERE campaign_id = ? AND kind = ? AND total = 0", (campaign, kind)
        )
    had, has = sqlite_rollups.deeds(kind, had_human, had_total), sqlite_rollups.deeds(kind, has_human, has_total)
    return {(mail, measure): 1 if measure in has else -1 for measure in had ^ has}


def _mark(connection: sqlite3.Connection, rows: Sequence[EngagementDocument]) -> None:
    """Mark, or no longer mark, the people of rows by what humans are known to have done on those days and hours now."""
    come, gone = set[Marked](), set[Marked]()
    for row in rows:
        for step, mark in zip((DAY, HOUR), sqlite_marks.deeds(row), strict=False):
            values = (row.mail_id, mark.number * step, (mark.number + 1) * step, row.kind, HUMAN)
            is_done = connection.execute(_DONE, values).fetchone() is not None
            (come if is_done else gone).add((row.person_id, mark))
    if come or gone:
        sqlite_sets.move(connection, come, gone)


def _key(row: EngagementDocument) -> _Key:
    return row.campaign_id or "", row.mail_id, row.kind
