"""Counting the rows of the read model anew, and telling where a roll-up says something else."""

import sqlite3
from collections import Counter
from collections.abc import Iterable

from crm.analytics.sqlite_sources import EVERY_CLICK, EVERY_ROW
from crm.analytics.store import LINK_MEASURES, Mismatch
from crm.core.utm import PARAMETERS
from crm.search.sqlite_tallies import EVER

_KEYS = ", ".join(["bucket", *PARAMETERS, "campaign_id", "measure"])
_LINK_KEYS = ", ".join(["bucket", *PARAMETERS, "campaign_id", "link"])
# A quarter hour, what is counted, the measure.
_Sums = Counter[tuple[int | str, ...]]


def mismatches(connection: sqlite3.Connection) -> list[Mismatch]:
    """Compare every number of the roll-ups with its rows, in the caller's one read of the file."""
    return _unlike(_tallies(connection), _counted(connection)) + _unlike(_links(connection), _clicked(connection))


def _unlike(rolled: _Sums, counted: _Sums) -> list[Mismatch]:
    return [
        Mismatch("/".join(map(str, key)), rolled[key], counted[key])
        for key in sorted(rolled.keys() | counted.keys())
        if rolled[key] != counted[key]
    ]


def _tallies(connection: sqlite3.Connection) -> _Sums:
    return Counter({tuple(key): count for *key, count in connection.execute(f"SELECT {_KEYS}, count FROM tallies")})


def _counted(connection: sqlite3.Connection) -> _Sums:
    counted: _Sums = Counter()
    for sql in EVERY_ROW:
        for *key, count in connection.execute(f"{sql} SELECT {_KEYS}, count(*) FROM told GROUP BY {_KEYS}"):
            counted[tuple(key)] += count
            counted[(EVER, *key[1:])] += count
    return counted


def _links(connection: sqlite3.Connection) -> _Sums:
    return _by_measure(connection.execute(f"SELECT {_LINK_KEYS}, {', '.join(LINK_MEASURES)} FROM link_tallies"))


def _clicked(connection: sqlite3.Connection) -> _Sums:
    rows = connection.execute(EVERY_CLICK).fetchall()
    return _by_measure(rows) + _by_measure((EVER, *row[1:]) for row in rows)


def _by_measure(rows: Iterable[tuple[int | str, ...]]) -> _Sums:
    sums: _Sums = Counter()
    for row in rows:
        key, numbers = row[: -len(LINK_MEASURES)], row[-len(LINK_MEASURES) :]
        for measure, number in zip(LINK_MEASURES, numbers, strict=True):
            sums[(*key, measure)] += int(number)
    return sums
