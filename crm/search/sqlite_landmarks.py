"""Sets beyond those of values, chosen from what a file holds, so that what many share is not read row by row.

A beginning of a word that many people have ("comp"), and a stretch of an order whose keys hardly two people share
("last names from Kim on"). Which there are is chosen when a file has been built, and again when its people have
doubled; storing a person moves them like any other mark. No answer depends on the choice.
"""

import sqlite3
import time
from collections.abc import Iterable, Iterator
from functools import partial

from pyroaring import BitMap

from crm.search import sqlite_sets, sqlite_words
from crm.search.documents import PersonDocument
from crm.search.sqlite_connection import Database
from crm.search.sqlite_marks import Mark, Marked
from crm.search.sqlite_schema import PEOPLE
from crm.search.text import after_prefix, match_key

# The field of the sets of beginnings.
WORD = "word"
# Orders that are cut into stretches; those by values that many share have the sets of these.
ORDERS = ("email", "first_name", "last_name")
# Of fewer people, whatever is read is little.
_LEAST = 5_000
# What one in so many people has, FTS5 lists soon enough.
_SHARE = 20
_STRETCHES = 500
_CHOSEN_OF = "landmarks_of"


def create_tables(connection: sqlite3.Connection) -> None:
    """Lay the table of an empty file: each beginning, and the first key of each stretch, '' for the very first."""
    connection.execute("CREATE TABLE landmarks (field TEXT, value TEXT, PRIMARY KEY (field, value)) WITHOUT ROWID")


def stretches_of(column: str) -> str:
    """Return the field of the sets of an order's stretches."""
    return f"{column}/from"


def stretch_at(connection: sqlite3.Connection, column: str, key: str) -> str | None:
    """Return the first key of the stretch that a key is in; None where the order is not cut."""
    sql = "SELECT max(value) FROM landmarks WHERE field = ? AND value <= ?"
    (found,) = connection.execute(sql, (stretches_of(column), key)).fetchone()
    return None if found is None else str(found)


def beginnings(connection: sqlite3.Connection) -> frozenset[str]:
    """Return the beginnings of words, spelled as the index of words has them, that have a set."""
    return frozenset(value for (value,) in connection.execute("SELECT value FROM landmarks WHERE field = ?", (WORD,)))


def marks(connection: sqlite3.Connection, people: Iterable[PersonDocument]) -> Iterator[Marked]:
    """Return the marks of people besides those of `sqlite_marks`."""
    if connection.execute("SELECT min(field) FROM landmarks").fetchone()[0] is None:
        return
    known = beginnings(connection)
    for person in people:
        for word in sqlite_words.of(PEOPLE, person) if known else ():
            for size in range(1, len(word) + 1):
                if word[:size] in known:
                    yield person.id, Mark(WORD, word[:size])
        for column in ORDERS:
            key = match_key(getattr(person, column))
            if key and (start := stretch_at(connection, column, key)) is not None:
                yield person.id, Mark(stretches_of(column), start)


def choose(database: Database, pause_s: float = 0.0) -> None:
    """Choose anew where people have doubled since the last time: one beginning, or one order, a transaction.

    `pause_s` lies between them, for others to write: a process that waits for SQLite's lock looks every 100 ms only.
    """
    with database.read() as connection:
        people = _people(connection)
        if people < max(_LEAST, 2 * _chosen_of(connection)):
            return
        wanted = _common_beginnings(connection, max(1, people // _SHARE))
        known = beginnings(connection)
    steps = [
        *(partial(_forget, field=WORD, value=one) for one in known.difference(wanted)),
        *(partial(_add, beginning=one) for one in wanted if one not in known),
        *(partial(_cut, column=column) for column in ORDERS),
    ]
    for step in steps:
        with database.write() as connection:
            step(connection)
        time.sleep(pause_s)
    with database.write() as connection:
        connection.execute("REPLACE INTO facts (name, value) VALUES (?, ?)", (_CHOSEN_OF, people))


def _people(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM people").fetchone()[0])


def _chosen_of(connection: sqlite3.Connection) -> int:
    row = connection.execute("SELECT value FROM facts WHERE name = ?", (_CHOSEN_OF,)).fetchone()
    return int(row[0]) if row else 0


def _common_beginnings(connection: sqlite3.Connection, least: int) -> list[str]:
    """Return the beginnings that so many words of rows have, shortest first; somebody may have several such words."""
    connection.execute("CREATE VIRTUAL TABLE IF NOT EXISTS temp.vocabulary USING fts5vocab(main, people_words, row)")
    found, shorter = list[str](), [""]
    while shorter:
        shorter = [longer for one in shorter for longer in _longer(connection, one, least)]
        # An odd x stands within the spelling of a letter, which nobody's words end in.
        found += [one for one in shorter if one.count("x") % 2 == 0]
    return found


def _longer(connection: sqlite3.Connection, beginning: str, least: int) -> list[str]:
    end = after_prefix(beginning)
    bounds, values = ("term > ?", (beginning,)) if end is None else ("term > ? AND term < ?", (beginning, end))
    sql = f"SELECT substr(term, 1, ?) FROM vocabulary WHERE {bounds} GROUP BY 1 HAVING sum(doc) >= ?"
    return [one for (one,) in connection.execute(sql, (len(beginning) + 1, *values, least))]


def _add(connection: sqlite3.Connection, beginning: str) -> None:
    _lay(connection, Mark(WORD, beginning), sqlite_words.people(connection, [beginning]))


def _lay(connection: sqlite3.Connection, mark: Mark, members: BitMap) -> None:
    connection.execute("REPLACE INTO landmarks (field, value) VALUES (?, ?)", (mark.field, mark.value))
    sqlite_sets.replace(connection, mark, members)


def _forget(connection: sqlite3.Connection, field: str, value: str) -> None:
    connection.execute("DELETE FROM landmarks WHERE field = ? AND value = ?", (field, value))
    sqlite_sets.replace(connection, Mark(field, value), BitMap())


def _cut(connection: sqlite3.Connection, column: str) -> None:
    """Cut an order into stretches of about as many people each; those of one key stay together."""
    field = stretches_of(column)
    for (start,) in connection.execute("SELECT value FROM landmarks WHERE field = ?", (field,)).fetchall():
        _forget(connection, field, start)
    size = 1 + _people(connection) // _STRETCHES
    start, latest, members = "", "", list[int]()
    rows = connection.execute(f"SELECT {column}, n FROM people WHERE {column} > '' ORDER BY {column}")
    for key, n in rows:
        if len(members) >= size and key != latest:
            _lay(connection, Mark(field, start), BitMap(members))
            start, members = key, []
        members.append(n)
        latest = key
    _lay(connection, Mark(field, start), BitMap(members))
