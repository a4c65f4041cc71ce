"""Counting the rows of the read model anew, and telling where a roll-up says something else."""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence

from crm.analytics.sqlite_sources import EVERY_CLICK, EVERY_ROW, LISTED_CLICKS
from crm.analytics.store import Mismatch
from crm.core.utm import PARAMETERS
from crm.search.mail_links import CLICKS, MEASURES
from crm.search.sqlite_tallies import EVER

_KEYS = ", ".join(["bucket", *PARAMETERS, "campaign_id", "measure"])
_LINK_KEYS = ", ".join(["bucket", *PARAMETERS, "campaign_id", "link"])
# A quarter hour, what is counted, the measure.
_Sums = Counter[tuple[int | str, ...]]


def mismatches(connection: sqlite3.Connection) -> list[Mismatch]:
    """Compare every number of the roll-ups with its rows, in the caller's one read of the file."""
    links, clicked = _links(connection), _clicked(connection)
    return [
        *_unlike(_tallies(connection), _counted(connection)),
        *_unlike(links, clicked),
        *_unlike(_listed(connection), Counter({key: clicked[key] for key in clicked if key[-1] in CLICKS})),
    ]


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
    return _by_measure(connection.execute(f"SELECT {_LINK_KEYS}, {', '.join(MEASURES)} FROM link_tallies"))


def _clicked(connection: sqlite3.Connection) -> _Sums:
    rows = connection.execute(EVERY_CLICK).fetchall()
    return _by_measure(rows) + _by_measure((EVER, *row[1:]) for row in rows)


def _listed(connection: sqlite3.Connection) -> _Sums:
    """Count what the list of clicks has, as the numbers of links count."""
    rows = connection.execute(LISTED_CLICKS).fetchall()
    return _by_measure(rows, CLICKS) + _by_measure(((EVER, *row[1:]) for row in rows), CLICKS)


def _by_measure(rows: Iterable[tuple[int | str, ...]], measures: Sequence[str] = MEASURES) -> _Sums:
    sums: _Sums = Counter()
    for row in rows:
        key, numbers = row[: -len(measures)], row[-len(measures) :]
        for measure, number in zip(measures, numbers, strict=True):
            sums[(*key, measure)] += int(number)
    return sums
