"""The commonest values of a field, for suggestions as one types."""

import sqlite3
from collections.abc import Sequence

from crm.core import errors
from crm.search import cursors
from crm.search.fields import BY_ANY_NAME, Kind
from crm.search.sqlite_codec import decode
from crm.search.sqlite_schema import PEOPLE
from crm.search.sqlite_where import TRUE, Where
from crm.search.text import after_prefix, match_key


def commonest(connection: sqlite3.Connection, field: str, text: str, limit: int) -> Sequence[tuple[str, int]]:
    """Return values starting with `text`, as somebody spelled them, with how many people have them; commonest first.

    Raises:
        errors.Invalid: naming `field` where it is no text and not the tags, or `limit`.
    """
    cursors.check_limit(limit)
    known = BY_ANY_NAME.get(field)
    if known is None or known.kind not in {Kind.TEXT, Kind.TAGS}:
        raise errors.Invalid({"field": "Use a text field, or tags."})
    column, table = ("tag", "person_tags") if known.kind is Kind.TAGS else (known.name, "people")
    where = Where(f"{column} > ''") & _starting(column, match_key(text.strip()))
    sql = f"SELECT {column}, count(*) FROM {table} WHERE {where.sql} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ?"
    counts = connection.execute(sql, (*where.values, limit)).fetchall()
    spelled = _tag if known.kind is Kind.TAGS else _text
    return [(spelled(connection, column, key), count) for key, count in counts]


def _starting(column: str, prefix: str) -> Where:
    end = after_prefix(prefix)
    if not prefix or end is None:
        return TRUE
    return Where(f"{column} >= ? AND {column} < ?", (prefix, end))


def _text(connection: sqlite3.Connection, column: str, key: str) -> str:
    (doc,) = connection.execute(f"SELECT doc FROM people WHERE {column} = ? ORDER BY id LIMIT 1", (key,)).fetchone()
    return str(getattr(decode(PEOPLE.kind, doc), column))


def _tag(connection: sqlite3.Connection, column: str, key: str) -> str:
    (shown,) = connection.execute(f"SELECT shown FROM person_tags WHERE {column} = ? LIMIT 1", (key,)).fetchone()
    return str(shown)
