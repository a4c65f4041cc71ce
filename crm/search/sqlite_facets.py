"""The commonest values of a field among the people a filter matches."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from heapq import heappush, heapreplace

from pyroaring import BitMap

from crm.core import errors
from crm.search import cursors, sqlite_sets
from crm.search.fields import BY_ANY_NAME, FACETS
from crm.search.sqlite_codec import decode
from crm.search.sqlite_schema import PEOPLE
from crm.search.text import after_prefix, match_key

# Of so few people, looking at each one's row takes less than looking at each value's set.
_FEW = 3_000


def commonest(
    connection: sqlite3.Connection, members: BitMap, field: str, text: str, limit: int
) -> Sequence[tuple[str, int]]:
    """Return values starting with `text`, as somebody spelled them, with how many members have them; commonest first.

    Raises:
        errors.Invalid: naming `field` where many people do not share its values, or `limit`.
    """
    cursors.check_limit(limit)
    known = BY_ANY_NAME.get(field)
    if known is None or known.name not in FACETS:
        raise errors.Invalid({"field": f"Use one of {', '.join(FACETS)}."})
    prefix = match_key(text.strip())
    found = _of_rows if len(members) <= _FEW else _of_sets
    return found(connection, members, known.name, prefix, limit)


def _of_rows(
    connection: sqlite3.Connection, members: BitMap, field: str, prefix: str, limit: int
) -> list[tuple[str, int]]:
    counts: dict[str, int] = {}
    spelled: dict[str, str] = {}
    sql = "SELECT doc FROM people WHERE n IN (SELECT value FROM json_each(?)) ORDER BY n"
    for (doc,) in connection.execute(sql, (json.dumps(list(members)),)):
        for key, value in _values(doc, field).items():
            counts[key] = counts.get(key, 0) + 1
            spelled.setdefault(key, value)
    starting = [(-count, key) for key, count in counts.items() if key.startswith(prefix)]
    return [(spelled[key], -less) for less, key in sorted(starting)[:limit]]


def _of_sets(
    connection: sqlite3.Connection, members: BitMap, field: str, prefix: str, limit: int
) -> list[tuple[str, int]]:
    """Look at the values from the one most people have on, until no other can come among the commonest."""
    best: list[tuple[int, list[int], str]] = []
    for size, key in _sizes(connection, field, prefix):
        if len(best) == limit and size < best[0][0]:
            break
        count = sum(_common(connection, members, field, key))
        # The least is what sorts first here: fewest people, then the last of the keys.
        entry = (count, [-ord(character) for character in key] + [1], key)
        if count and len(best) < limit:
            heappush(best, entry)
        elif count and entry > best[0]:
            heapreplace(best, entry)
    return [(_spelled(connection, members, field, key), count) for count, _, key in sorted(best, reverse=True)]


def _sizes(connection: sqlite3.Connection, field: str, prefix: str) -> list[tuple[int, str]]:
    end = after_prefix(prefix) if prefix else None
    bounds = "AND value >= ? AND value < ?" if end is not None else "AND value >= ?"
    rows = connection.execute(
        f"SELECT sum(size), value FROM sets WHERE field = ? AND value > '' {bounds} GROUP BY value ORDER BY 1 DESC",
        (field, prefix, *([end] if end is not None else [])),
    )
    return rows.fetchall()


def _common(connection: sqlite3.Connection, members: BitMap, field: str, key: str) -> Iterator[int]:
    for (bits,) in connection.execute("SELECT bits FROM sets WHERE field = ? AND value = ?", (field, key)):
        yield members.intersection_cardinality(BitMap.deserialize(bits))


def _spelled(connection: sqlite3.Connection, members: BitMap, field: str, key: str) -> str:
    someone = (members & sqlite_sets.read(connection, "field = ? AND value = ?", (field, key)))[0]
    (doc,) = connection.execute("SELECT doc FROM people WHERE n = ?", (someone,)).fetchone()
    return _values(doc, field)[key]


def _values(doc: bytes, field: str) -> dict[str, str]:
    value = getattr(decode(PEOPLE.kind, doc), field)
    values = (value,) if isinstance(value, str) else value
    return {match_key(one): one for one in values if one}
