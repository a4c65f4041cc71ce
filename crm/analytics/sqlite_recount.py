"""Counting the rows of the read model anew, and telling where the roll-up says something else."""

import sqlite3
from collections import Counter

from crm.analytics.sqlite_sources import EVERY_ROW
from crm.analytics.store import Mismatch
from crm.core.utm import PARAMETERS
from crm.search.sqlite_tallies import EVER

_KEYS = ", ".join(["bucket", *PARAMETERS, "campaign_id", "measure"])
_Key = tuple[int, str, str, str, str, str]


def mismatches(connection: sqlite3.Connection) -> list[Mismatch]:
    """Compare every tally with its rows, in the caller's one read of the file."""
    rolled = Counter({tuple(key): count for *key, count in connection.execute(f"SELECT {_KEYS}, count FROM tallies")})
    counted: Counter[_Key] = Counter()
    for sql in EVERY_ROW:
        for *key, count in connection.execute(f"{sql} SELECT {_KEYS}, count(*) FROM told GROUP BY {_KEYS}"):
            counted[tuple(key)] += count
            counted[(EVER, *key[1:])] += count
    return [
        Mismatch("/".join(map(str, key)), rolled[key], counted[key])
        for key in sorted(rolled.keys() | counted.keys())
        if rolled[key] != counted[key]
    ]
