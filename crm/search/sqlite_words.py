"""Text search in FTS5, with our own idea of words: ali john finds Alice Johnson."""

import sqlite3
from collections.abc import Iterable
from typing import Any

from pyroaring import BitMap

from crm.search import sqlite_sets
from crm.search.sqlite_schema import Table
from crm.search.sqlite_where import FALSE, Where
from crm.search.text import words


def spelled(text: str) -> str:
    """Return the words of a text as the index holds them, separated by spaces."""
    return " ".join(map(_spelled, words(text)))


def question(text: str) -> str | None:
    """Return what to MATCH so that every word of `text` starts a word of the row; None where it has no words."""
    return _all_of(map(_spelled, words(text))) or None


def having(table: str, text: str, columns: str = "") -> Where:
    """Return the condition that every word of `text` starts a word of the row; `columns` limits which are searched."""
    asked = question(text)
    if asked is None:
        return FALSE
    within = f"{{{columns}}} : ({asked})" if columns else asked
    return Where(f"n IN (SELECT rowid FROM {table}_words WHERE {table}_words MATCH ?)", (within,))


def of(table: Table[Any], document: object) -> list[str]:
    """Return the words of a row as the index holds them."""
    return " ".join(_row(table, document)).split()


def people(connection: sqlite3.Connection, beginnings: Iterable[str]) -> BitMap:
    """Return who has words that begin so, at least one of each."""
    source = "people_words WHERE people_words MATCH ?"
    return sqlite_sets.of_rows(connection, "rowid", source, (_all_of(beginnings),))


def replace(
    connection: sqlite3.Connection, table: Table[Any], changed: Iterable[tuple[int, object | None, object | None]]
) -> None:
    """Index anew the rows (number, document before, document now) whose words changed."""
    gone, come = [], []
    for n, before, now in changed:
        old = None if before is None else _row(table, before)
        new = None if now is None else _row(table, now)
        if old != new:
            gone += [(n, *old)] if old is not None else []
            come += [(n, *new)] if new is not None else []
    columns, name = ", ".join(table.words), f"{table.name}_words"
    marks = ", ".join("?" * len(table.words))
    # A contentless index forgets a row only when told exactly what it held.
    connection.executemany(f"INSERT INTO {name} ({name}, rowid, {columns}) VALUES ('delete', ?, {marks})", gone)
    connection.executemany(f"INSERT INTO {name} (rowid, {columns}) VALUES (?, {marks})", come)


def _all_of(beginnings: Iterable[str]) -> str:
    return " AND ".join(f"{beginning}*" for beginning in beginnings)


def _row(table: Table[Any], document: object) -> tuple[str, ...]:
    return tuple(spelled(text(document)) for text in table.words.values())


def _spelled(word: str) -> str:
    """Spell a word in a-z and 0-9, letter by letter: FTS5's own ideas of letters then never differ from ours.

    A prefix of a word stays a prefix of its spelling.
    """
    if word.isascii() and "x" not in word:
        return word
    return "".join(c if c.isascii() and c.isalnum() and c != "x" else f"x{ord(c):x}x" for c in word)
