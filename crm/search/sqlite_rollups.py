"""Roll-ups of deliveries, moved by the difference between a delivery before and now, in the transaction that stores it.

So a replay changes nothing, and no question's cost grows with the number of mails. `crm.analytics` reads them.
"""

import sqlite3
from collections import Counter
from collections.abc import Sequence

from crm.search.documents import DeliveryDocument
from crm.search.sqlite_codec import micros

# A quarter of an hour, so that the days of every time zone can be built. In microseconds.
BUCKET = 15 * 60 * 1_000_000

Moves = Sequence[tuple[DeliveryDocument | None, DeliveryDocument | None]]
_Key = tuple[str, str, str, str, str, str, int]


def create_tables(connection: sqlite3.Connection) -> None:
    """Lay the roll-up of an empty file. `reason` is kept for skipped mails only; `bucket` counts quarter hours."""
    connection.execute(
        "CREATE TABLE mails (campaign_id TEXT, utm_source TEXT, utm_medium TEXT, utm_campaign TEXT, state TEXT, "
        "reason TEXT, bucket INTEGER, count INTEGER NOT NULL, "
        "PRIMARY KEY (campaign_id, utm_source, utm_medium, utm_campaign, state, reason, bucket)) WITHOUT ROWID"
    )
    connection.execute("CREATE INDEX mails_bucket ON mails (bucket)")
    connection.execute(
        "CREATE TABLE outcomes (campaign_id TEXT, outcome TEXT, is_hard_bounce INTEGER, count INTEGER NOT NULL, "
        "PRIMARY KEY (campaign_id, outcome, is_hard_bounce)) WITHOUT ROWID"
    )


def move(connection: sqlite3.Connection, moves: Moves) -> None:
    """Take away what each delivery was and add what it is now."""
    _move_states(connection, moves)
    _move_outcomes(connection, moves)


def _move_states(connection: sqlite3.Connection, moves: Moves) -> None:
    by: Counter[_Key] = Counter()
    for before, now in moves:
        if before is not None:
            by[_key(before)] -= 1
        if now is not None:
            by[_key(now)] += 1
    moved = [(*key, change) for key, change in by.items() if change]
    connection.executemany(
        "INSERT INTO mails VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count",
        moved,
    )
    connection.executemany(
        "DELETE FROM mails WHERE campaign_id = ? AND utm_source = ? AND utm_medium = ? AND utm_campaign = ? "
        "AND state = ? AND reason = ? AND bucket = ? AND count = 0",
        [row[:-1] for row in moved],
    )


def _move_outcomes(connection: sqlite3.Connection, moves: Moves) -> None:
    """Only campaigns' mails are counted by outcome, and only those of which SES told one."""
    by: Counter[tuple[str, str, bool]] = Counter()
    for pair in moves:
        for mail, step in zip(pair, (-1, 1), strict=True):
            if mail is not None and mail.campaign_id and mail.outcome:
                by[mail.campaign_id, mail.outcome, mail.is_hard_bounce] += step
    moved = [(*key, change) for key, change in by.items() if change]
    connection.executemany(
        "INSERT INTO outcomes VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count", moved
    )
    connection.executemany(
        "DELETE FROM outcomes WHERE campaign_id = ? AND outcome = ? AND is_hard_bounce = ? AND count = 0",
        [row[:-1] for row in moved],
    )


def _key(mail: DeliveryDocument) -> _Key:
    return (
        mail.campaign_id or "",
        mail.utm_source,
        mail.utm_medium,
        mail.utm_campaign,
        mail.state,
        mail.reason if mail.state == "skipped" else "",
        micros(mail.state_at) // BUCKET,
    )
