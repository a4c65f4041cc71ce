"""The one roll-up of the analytics: how many there are of each measure, by where they came from and when.

`crm.search.sqlite_rollups` moves it for mails and what was done with them; `crm.analytics` reads it.
"""

import sqlite3
from collections import Counter

# A quarter of an hour, so that the days of every time zone can be built. In microseconds.
BUCKET = 15 * 60 * 1_000_000
# In place of a quarter hour: all of them, so that what is asked without a period reads a few rows.
EVER = -1

# UTM source, medium, campaign, campaign id.
Place = tuple[str, str, str, str]
# Quarter hours since 1970, place, measure.
Key = tuple[int, Place, str]


def create_tables(connection: sqlite3.Connection) -> None:
    """Lay the roll-up of an empty file."""
    connection.execute(
        "CREATE TABLE tallies (bucket INTEGER, utm_source TEXT, utm_medium TEXT, utm_campaign TEXT, campaign_id TEXT, "
        "measure TEXT, count INTEGER NOT NULL, "
        "PRIMARY KEY (bucket, utm_source, utm_medium, utm_campaign, campaign_id, measure)) WITHOUT ROWID"
    )
    connection.execute("CREATE INDEX tallies_campaign ON tallies (campaign_id, bucket)")


def move(connection: sqlite3.Connection, by: Counter[Key]) -> None:
    """Add to each tally, for its quarter hour and for ever. One that comes to 0 is gone."""
    changes = Counter(by)
    for (_, place, measure), change in by.items():
        changes[EVER, place, measure] += change
    rows = [(bucket, *place, measure, change) for (bucket, place, measure), change in changes.items() if change]
    connection.executemany(
        "INSERT INTO tallies VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count",
        rows,
    )
    connection.executemany(
        "DELETE FROM tallies WHERE bucket = ? AND utm_source = ? AND utm_medium = ? AND utm_campaign = ? "
        "AND campaign_id = ? AND measure = ? AND count = 0",
        [row[:-1] for row in rows],
    )
