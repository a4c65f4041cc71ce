"""Counting the rows of the read model anew, and telling where a roll-up says something else."""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain, permutations

from crm.analytics.sqlite_sources import EVERY_CLICK, EVERY_ROW, LISTED_CLICKS, OTHERS
from crm.analytics.store import Mismatch
from crm.core.utm import PARAMETERS
from crm.search.mail_links import CLICKS, MEASURES
from crm.search.sqlite_tallies import BUCKET, EVER, spans

_KEYS = ", ".join(["bucket", *PARAMETERS, "campaign_id", "measure"])
_LINK_KEYS = ", ".join(["bucket", *PARAMETERS, "campaign_id", "link"])
_EVENT_MEASURES = ("registered", "attended", "waitlisted")
_EVERY_PLACE = (
    f"SELECT registered_at / {BUCKET}, event_id, count(*), sum(attended) FROM registrations "
    "WHERE status = 'registered' AND registered_at IS NOT NULL GROUP BY 1, 2"
)
_EVERY_WAITING = "SELECT event_id, count(*) FROM registrations WHERE status = 'waitlisted' GROUP BY 1"
# A quarter hour, what is counted, the measure.
_Sums = Counter[tuple[int | str, ...]]


def mismatches(connection: sqlite3.Connection) -> list[Mismatch]:
    """Compare every number of the roll-ups with its rows, in the caller's one read of the file."""
    counted, links, clicked = _counted(connection), _links(connection), _clicked(connection)
    return [
        *_unlike(_read(connection, "tallies", _KEYS), _over_spans(counted)),
        *_unlike(_read(connection, "moments", "bucket, measure"), _over_places(counted)),
        *_unlike(_events(connection), _places(connection)),
        *_unlike(links, clicked),
        *_unlike(_listed(connection), Counter({key: clicked[key] for key in clicked if key[-1] in CLICKS})),
        *(found for name in OTHERS for found in _others(connection, name)),
    ]


def _unlike(rolled: _Sums, counted: _Sums) -> list[Mismatch]:
    return [
        Mismatch("/".join(map(str, key)), rolled[key], counted[key])
        for key in sorted(rolled.keys() | counted.keys())
        if rolled[key] != counted[key]
    ]


def _read(connection: sqlite3.Connection, table: str, keys: str) -> _Sums:
    return Counter({tuple(key): count for *key, count in connection.execute(f"SELECT {keys}, count FROM {table}")})


def _others(connection: sqlite3.Connection, name: str) -> list[Mismatch]:
    """Compare one of `OTHERS`. As there may be a row for each mail, only those that differ are taken."""
    numbers, rolled, counted = OTHERS[name]
    either = [f"SELECT * FROM ({one}) EXCEPT SELECT * FROM ({other})" for one, other in permutations((rolled, counted))]
    sums = [_by_measure(connection.execute(f"SELECT '{name}', * FROM ({sql})"), numbers) for sql in either]
    return _unlike(sums[0], sums[1])


def _counted(connection: sqlite3.Connection) -> _Sums:
    counted: _Sums = Counter()
    for sql in EVERY_ROW:
        for *key, count in connection.execute(f"{sql} SELECT {_KEYS}, count(*) FROM told GROUP BY {_KEYS}"):
            counted[tuple(key)] += count
    return counted


def _over_spans(counted: _Sums) -> _Sums:
    sums: _Sums = Counter()
    for (bucket, *key), count in counted.items():
        for span in spans(int(bucket)):
            sums[span, *key] += count
    return sums


def _over_places(counted: _Sums) -> _Sums:
    sums: _Sums = Counter()
    for key, count in counted.items():
        sums[key[0], key[-1]] += count
    return sums


def _events(connection: sqlite3.Connection) -> _Sums:
    rows = connection.execute(f"SELECT bucket, event_id, {', '.join(_EVENT_MEASURES)} FROM event_tallies")
    return _by_measure(rows, _EVENT_MEASURES)


def _places(connection: sqlite3.Connection) -> _Sums:
    rows = connection.execute(_EVERY_PLACE).fetchall()
    over_spans = ((span, *row[1:], 0) for row in rows for span in spans(int(row[0])))
    waiting = ((EVER, event, 0, 0, number) for event, number in connection.execute(_EVERY_WAITING))
    return _by_measure(chain(over_spans, waiting), _EVENT_MEASURES)


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
