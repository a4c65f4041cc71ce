"""The roll-up of the analytics: how many there are of each measure, by where they came from and when.

`crm.search.sqlite_rollups` moves it for mails and what was done with them, `crm.search.sqlite_credits` for
registrations; `crm.analytics` reads it.
"""

import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

# A quarter of an hour, so that the days of every time zone can be built. In microseconds.
BUCKET = 15 * 60 * 1_000_000
# In place of a quarter hour: all of them, so that what is asked without a period reads a few rows.
EVER = -1
# Quarter hours of a day of UTC, and what stands in place of one for those of the first such day, 1 January 1970.
A_DAY, _FIRST_DAY = 96, -2

# UTM source, medium, campaign, campaign id.
Place = tuple[str, str, str, str]
# Quarter hours since 1970, place, measure.
Key = tuple[int, Place, str]

_TALLY = ("measure", "bucket", "utm_source", "utm_medium", "utm_campaign", "campaign_id")
_MOMENT = ("measure", "bucket")


def create_tables(connection: sqlite3.Connection) -> None:
    """Lay the roll-up of an empty file.

    `tallies` count by place, for quarter hours, whole days and ever; `moments` wherever from, for quarter hours.
    """
    connection.execute(
        "CREATE TABLE tallies (measure TEXT, bucket INTEGER, utm_source TEXT, utm_medium TEXT, utm_campaign TEXT, "
        f"campaign_id TEXT, count INTEGER NOT NULL, PRIMARY KEY ({', '.join(_TALLY)})) WITHOUT ROWID"
    )
    connection.execute("CREATE INDEX tallies_campaign ON tallies (campaign_id, bucket)")
    connection.execute(
        "CREATE TABLE moments (measure TEXT, bucket INTEGER, count INTEGER NOT NULL, "
        f"PRIMARY KEY ({', '.join(_MOMENT)})) WITHOUT ROWID"
    )


def day(number: int) -> int:
    """Return what stands in place of a quarter hour for all those of a day of UTC; later days are smaller."""
    return _FIRST_DAY - number


# The same in SQL: the day of a quarter hour, and ever.
SPANS = (f"{_FIRST_DAY} - bucket / {A_DAY}", str(EVER))


def spans(bucket: int) -> tuple[int, int, int]:
    """Return under what a quarter hour is tallied: itself, its day, and ever."""
    return bucket, day(bucket // A_DAY), EVER


def fill(connection: sqlite3.Connection, told: str) -> None:
    """Count rows of place, `bucket` and `measure`, none of which has a measure that is counted already."""
    columns = ", ".join(_TALLY)
    connection.execute(
        f"CREATE TEMP TABLE told AS SELECT {columns}, count(*) AS count FROM ({told}) GROUP BY {columns}"
    )
    for span in ("bucket", *SPANS):
        connection.execute(
            f"INSERT INTO tallies SELECT {columns.replace('bucket', f'{span} AS span')}, sum(count) FROM told "
            f"GROUP BY {columns.replace('bucket', 'span')}"
        )
    connection.execute("INSERT INTO moments SELECT measure, bucket, sum(count) FROM told GROUP BY measure, bucket")
    connection.execute("DROP TABLE told")


def move(connection: sqlite3.Connection, by: Counter[Key]) -> None:
    """Add to each tally, for its quarter hour, its day and for ever. One that comes to 0 is gone."""
    tallies: Counter[tuple[str, int, str, str, str, str]] = Counter()
    moments: Counter[tuple[str, int]] = Counter()
    for (bucket, place, measure), change in by.items():
        moments[measure, bucket] += change
        for span in spans(bucket):
            tallies[measure, span, *place] += change
    _add(connection, "tallies", _TALLY, tallies)
    _add(connection, "moments", _MOMENT, moments)


def _add(connection: sqlite3.Connection, table: str, key: Sequence[str], changes: Mapping[Any, int]) -> None:
    connection.executemany(
        f"INSERT INTO {table} VALUES ({', '.join('?' * len(key))}, ?) "
        "ON CONFLICT DO UPDATE SET count = count + excluded.count",
        [(*values, change) for values, change in changes.items() if change],
    )
    connection.executemany(
        f"DELETE FROM {table} WHERE {' AND '.join(f'{name} = ?' for name in key)} AND count = 0",
        # What only grows does not come to 0.
        [values for values, change in changes.items() if change < 0],
    )
