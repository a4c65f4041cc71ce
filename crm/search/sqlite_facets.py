"""The commonest values of a field among the people a filter matches."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from heapq import heappush, heapreplace

from pyroaring import BitMap

from crm.core import errors
from crm.search import cursors, sqlite_sets
from crm.search.fields import BY_ANY_NAME, FACETS, FIELDS, Kind
from crm.search.sqlite_codec import decode
from crm.search.sqlite_schema import PEOPLE
from crm.search.text import after_prefix, match_key

# Of so few people, looking at each one's row takes less than looking at each value's set.
_FEW = 10_000


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
    has_column = FIELDS[known.name].kind is Kind.TEXT
    found = _of_rows if has_column and len(members) <= _FEW else _of_sets
    return found(connection, members, known.name, prefix, limit)


def _of_rows(
    connection: sqlite3.Connection, members: BitMap, field: str, prefix: str, limit: int
) -> list[tuple[str, int]]:
    bounds, values = _starting(field, prefix)
    sql = (
        f"SELECT count(*), {field} FROM people WHERE n IN (SELECT value FROM json_each(?)) AND {bounds} "
        "GROUP BY 2 ORDER BY 1 DESC, 2 LIMIT ?"
    )
    counts = connection.execute(sql, (json.dumps(list(members)), *values, limit)).fetchall()
    return [(_spelled(connection, members, field, key), count) for count, key in counts]


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
    bounds, values = _starting("value", prefix)
    sql = f"SELECT sum(size), value FROM sets WHERE field = ? AND {bounds} GROUP BY value ORDER BY 1 DESC"
    return connection.execute(sql, (field, *values)).fetchall()


def _starting(column: str, prefix: str) -> tuple[str, tuple[str, ...]]:
    end = after_prefix(prefix) if prefix else None
    if end is None:
        return f"{column} > '' AND {column} >= ?", (prefix,)
    return f"{column} >= ? AND {column} < ?", (prefix, end)


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
