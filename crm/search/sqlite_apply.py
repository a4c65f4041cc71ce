"""Storing documents: a row is replaced only by a higher version, so replays and reordering change nothing."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from crm.search import (
    sqlite_click_rows,
    sqlite_clicks,
    sqlite_credits,
    sqlite_engagement,
    sqlite_landmarks,
    sqlite_marks,
    sqlite_people,
    sqlite_sets,
    sqlite_words,
)
from crm.search.documents import (
    AnyDocument,
    DeliveryDocument,
    EngagementDocument,
    PersonDocument,
    RegistrationDocument,
    SuppressionDocument,
)
from crm.search.sqlite_codec import decode, encode
from crm.search.sqlite_schema import BY_KIND, PEOPLE, SUPPRESSIONS, TABLES, Table

# What moves the roll-ups: pairs of a delivery before (None: not known) and now (None: deleted).
Moves = Sequence[tuple[DeliveryDocument | None, DeliveryDocument | None]]
Mover = Callable[[sqlite3.Connection, Moves], None]

_NAMES = {table.name: ("id", "version", *(column.name for column in table.columns), "doc") for table in TABLES}
_INSERT = {
    table: f"INSERT INTO {table} (n, {', '.join(names)}) VALUES (?, {', '.join('?' * len(names))})"
    for table, names in _NAMES.items()
}
_UPDATE = {
    table: f"UPDATE {table} SET {', '.join(f'{name} = ?' for name in names)} WHERE n = ?"
    for table, names in _NAMES.items()
}


@dataclass(frozen=True, slots=True)
class _Stored:
    """What is there already; `n` None: a tombstone."""

    n: int | None
    version: int
    doc: bytes


def apply(
    connection: sqlite3.Connection, documents: Iterable[AnyDocument], move: Mover, *, is_loading: bool = False
) -> int:
    """Store those of higher version than what is stored, within the caller's transaction; return how many were.

    `is_loading`: registrations are counted in the end, by `sqlite_credits.count`.
    """
    by_table: dict[str, dict[str, AnyDocument]] = defaultdict(dict)
    for document in documents:
        latest = by_table[BY_KIND[type(document)].name]
        if document.id not in latest or latest[document.id].version < document.version:
            latest[document.id] = document
    return sum(
        _apply_kind(connection, table, by_table[table.name], move, is_loading=is_loading)
        for table in TABLES
        if table.name in by_table
    )


def _apply_kind(
    connection: sqlite3.Connection, table: Table[Any], given: dict[str, AnyDocument], move: Mover, *, is_loading: bool
) -> int:
    stored = _stored(connection, table, list(given))
    newer = [doc for doc in given.values() if doc.id not in stored or stored[doc.id].version < doc.version]
    if not newer:
        return 0
    changed = _store(connection, table, newer, stored)
    if table.words:
        sqlite_words.replace(connection, table, changed)
    _move_marks(connection, changed)
    if table is PEOPLE:
        _move_landmarks(connection, changed)
        sqlite_people.mark_people(connection, [doc for doc in newer if isinstance(doc, PersonDocument)], known=stored)
    elif table is SUPPRESSIONS:
        sqlite_people.mark_suppressed(connection, [doc for doc in newer if isinstance(doc, SuppressionDocument)])
    elif table.kind is DeliveryDocument:
        move(connection, [(before, now) for _, before, now in changed])
    elif table.kind is EngagementDocument:
        sqlite_engagement.move(connection, [(before, now) for _, before, now in changed])
        sqlite_clicks.move(connection, [(before, now) for _, before, now in changed])
        sqlite_click_rows.move(connection, [n for n, _, _ in changed])
    elif table.kind is RegistrationDocument and not is_loading:
        sqlite_credits.move(connection, [(before, now) for _, before, now in changed])
    return len(newer)


def _move_marks(connection: sqlite3.Connection, changed: Sequence[tuple[int, Any, Any]]) -> None:
    come, gone = list[sqlite_marks.Marked](), list[sqlite_marks.Marked]()
    for _, before, now in changed:
        if before is None:
            come += sqlite_marks.of(now)
        else:
            had, has = set(sqlite_marks.of(before)), set(sqlite_marks.of(now))
            come += has - had
            gone += had - has
    if come or gone:
        sqlite_sets.move(connection, come, gone)


def _move_landmarks(connection: sqlite3.Connection, changed: Sequence[tuple[int, Any, Any]]) -> None:
    had = set(sqlite_landmarks.marks(connection, [before for _, before, _ in changed if before is not None]))
    has = set(sqlite_landmarks.marks(connection, [now for _, _, now in changed if now is not None]))
    if had != has:
        sqlite_sets.move(connection, has - had, had - has)


def _stored(connection: sqlite3.Connection, table: Table[Any], keys: list[str]) -> dict[str, _Stored]:
    wanted = json.dumps(keys)
    live = connection.execute(
        f"SELECT id, n, version, doc FROM {table.name} WHERE id IN (SELECT value FROM json_each(?))", (wanted,)
    )
    found = {key: _Stored(n, version, doc) for key, n, version, doc in live}
    dead = connection.execute(
        "SELECT id, version FROM tombstones WHERE kind = ? AND id IN (SELECT value FROM json_each(?))",
        (table.name, wanted),
    )
    return found | {key: _Stored(None, version, b"") for key, version in dead}


def _store(
    connection: sqlite3.Connection, table: Table[Any], newer: list[AnyDocument], stored: dict[str, _Stored]
) -> list[tuple[int, Any, Any]]:
    """Write rows and tombstones; return (row number, document before, document now) of all that is or was shown."""
    changed = []
    numbers = sqlite_sets.numbers(connection, [doc.id for doc in newer]) if table is PEOPLE else {}
    for doc in newer:
        old = stored.get(doc.id)
        n = old.n if old else None
        before = decode(table.kind, old.doc) if old and n is not None else None
        if doc.deleted:
            _bury(connection, table, doc, n)
        else:
            if old and n is None:
                connection.execute("DELETE FROM tombstones WHERE kind = ? AND id = ?", (table.name, doc.id))
            n = _write(connection, table, doc, n, numbers.get(doc.id))
        if n is not None:
            changed.append((n, before, None if doc.deleted else doc))
    return changed


def _bury(connection: sqlite3.Connection, table: Table[Any], doc: AnyDocument, n: int | None) -> None:
    if n is not None:
        connection.execute(f"DELETE FROM {table.name} WHERE n = ?", (n,))
    connection.execute(
        "REPLACE INTO tombstones (kind, id, version) VALUES (?, ?, ?)", (table.name, doc.id, doc.version)
    )


def _write(
    connection: sqlite3.Connection, table: Table[Any], doc: AnyDocument, n: int | None, number: int | None
) -> int:
    """Write the row numbered `n`, or a new one, which gets `number` where there is one; return its number."""
    values = (doc.id, doc.version, *(column.key(doc) for column in table.columns), encode(doc))
    if n is not None:
        connection.execute(_UPDATE[table.name], (*values, n))
        return n
    added = connection.execute(_INSERT[table.name], (number, *values)).lastrowid
    assert added is not None
    return added
