"""Sets of people, one for each mark, as compressed bitmaps: what any question is answered from.

A set is cut into chunks of 65,536 numbers, so that moving one person in or out rewrites at most 8 kB. People's numbers
come from a table of their own, which knows them before their rows do: registrations and mails may be stored first.
"""

import itertools
import json
import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter

import orjson
from pyroaring import BitMap

from crm.search.sqlite_marks import Mark, Marked
from crm.search.sqlite_schema import SqlValue

_CHUNK_BITS = 16
_FIND = "SELECT bits FROM sets WHERE field = ? AND value = ? AND number = ? AND chunk = ?"
_STORE = (
    "INSERT INTO sets (field, value, number, chunk, size, bits) VALUES (?, ?, ?, ?, ?, ?) "
    "ON CONFLICT DO UPDATE SET size = excluded.size, bits = excluded.bits"
)
_DROP = "DELETE FROM sets WHERE field = ? AND value = ? AND number = ? AND chunk = ?"


def create_tables(connection: sqlite3.Connection) -> None:
    """Lay the tables of an empty file. `size` is how many numbers `bits` holds."""
    connection.execute("CREATE TABLE numbers (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE)")
    connection.execute(
        "CREATE TABLE sets (field TEXT, value TEXT, number INTEGER, chunk INTEGER, size INTEGER NOT NULL, "
        "bits BLOB NOT NULL, UNIQUE (field, value, number, chunk))"
    )


def numbers(connection: sqlite3.Connection, person_ids: Collection[str]) -> Mapping[str, int]:
    """Return the number of each person, giving one to those who have none yet."""
    wanted = json.dumps(list(person_ids))
    sql = "SELECT id, n FROM numbers WHERE id IN (SELECT value FROM json_each(?))"
    found: dict[str, int] = dict(connection.execute(sql, (wanted,)).fetchall())
    for key in person_ids:
        if key not in found:
            added = connection.execute("INSERT INTO numbers (id) VALUES (?)", (key,)).lastrowid
            assert added is not None
            found[key] = added
    return found


def of_ids(connection: sqlite3.Connection, person_ids: Collection[str]) -> BitMap:
    """Return these people's numbers, leaving out who has none."""
    source = "numbers WHERE id IN (SELECT value FROM json_each(?))"
    return of_rows(connection, "n", source, (json.dumps(list(person_ids)),))


@dataclass(frozen=True, slots=True)
class _Move:
    come: list[int] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)


def move(connection: sqlite3.Connection, come: Iterable[Marked], gone: Iterable[Marked]) -> None:
    """Mark people, and take marks from others; whoever has a mark already, or has it not, stays as they are."""
    come, gone = list(come), list(gone)
    known = numbers(connection, {person_id for marked in (come, gone) for person_id, _ in marked})
    moves: dict[tuple[Mark, int], _Move] = defaultdict(_Move)
    for person_id, mark in come:
        n = known[person_id]
        moves[mark, n >> _CHUNK_BITS].come.append(n)
    for person_id, mark in gone:
        n = known[person_id]
        moves[mark, n >> _CHUNK_BITS].gone.append(n)
    for (mark, chunk), one in moves.items():
        _move_chunk(connection, (*mark, chunk), one)


def _move_chunk(connection: sqlite3.Connection, key: tuple[SqlValue, ...], moved: _Move) -> None:
    row = connection.execute(_FIND, key).fetchone()
    before = BitMap.deserialize(row[0]) if row else BitMap()
    now = (before | BitMap(moved.come)) - BitMap(moved.gone)
    if now == before:
        return
    if now:
        connection.execute(_STORE, (*key, len(now), now.serialize()))
    else:
        connection.execute(_DROP, key)


def replace(connection: sqlite3.Connection, mark: Mark, members: BitMap) -> None:
    """Let exactly these people have a mark."""
    connection.execute("DELETE FROM sets WHERE field = ? AND value = ? AND number = ?", mark)
    for chunk in range(members.min() >> _CHUNK_BITS, (members.max() >> _CHUNK_BITS) + 1) if members else ():
        piece = members & BitMap(range(chunk << _CHUNK_BITS, (chunk + 1) << _CHUNK_BITS))
        if piece:
            connection.execute(_STORE, (*mark, chunk, len(piece), piece.serialize()))


def read(connection: sqlite3.Connection, condition: str, values: Sequence[SqlValue]) -> BitMap:
    """Return everybody in the sets of which a condition holds."""
    return union(bits for (bits,) in connection.execute(f"SELECT bits FROM sets WHERE {condition}", values))


def of_rows(connection: sqlite3.Connection, column: str, source: str, values: Sequence[SqlValue]) -> BitMap:
    """Return the numbers in a column of rows, `source` being what follows FROM: as JSON, faster than row by row."""
    (found,) = connection.execute(f"SELECT json_group_array({column}) FROM {source}", values).fetchone()
    return BitMap(orjson.loads(found))


def groups(
    connection: sqlite3.Connection, condition: str, values: Sequence[SqlValue]
) -> Iterator[tuple[str, list[bytes]]]:
    """Yield each value of which a condition holds with its pieces, in the values' order."""
    rows = connection.execute(f"SELECT value, bits FROM sets WHERE {condition} ORDER BY value", values)
    for value, found in itertools.groupby(rows, itemgetter(0)):
        yield value, [bits for _, bits in found]


def union(pieces: Iterable[bytes]) -> BitMap:
    """Join pieces of sets."""
    return BitMap.union(BitMap(), *map(BitMap.deserialize, pieces))
