"""What hangs on a person's row beside its own columns: tags, and whether the address is suppressed.

Suppression comes from another document, so it is set from both sides; whichever comes last finds the other.
"""

import json
import sqlite3
from collections.abc import Sequence

from crm.core import addresses
from crm.search.documents import PersonDocument, SuppressionDocument
from crm.search.text import match_key


def replace_tags(
    connection: sqlite3.Connection, changed: Sequence[tuple[int, PersonDocument | None, PersonDocument | None]]
) -> None:
    """Store the tags of rows (number, document before, document now) where they changed."""
    moved = [
        (n, before, now) for n, before, now in changed if (before.tags if before else ()) != (now.tags if now else ())
    ]
    old = [(match_key(tag), n) for n, before, _ in moved if before for tag in before.tags]
    new = [(match_key(tag), n, tag) for n, _, now in moved if now for tag in now.tags]
    connection.executemany("DELETE FROM person_tags WHERE tag = ? AND n = ?", old)
    connection.executemany("INSERT OR IGNORE INTO person_tags (tag, n, shown) VALUES (?, ?, ?)", new)


def mark_people(connection: sqlite3.Connection, people: Sequence[PersonDocument]) -> None:
    """Mark those of these freshly stored people whose address is suppressed (rows start unmarked)."""
    digests = json.dumps([addresses.digest(person.email) for person in people])
    connection.execute(
        "UPDATE people SET suppressed = 1 WHERE address IN "
        "(SELECT s.id FROM json_each(?) j JOIN suppressions s ON s.id = j.value)",
        (digests,),
    )


def mark_suppressed(connection: sqlite3.Connection, suppressions: Sequence[SuppressionDocument]) -> None:
    """Mark or unmark the people whose address these suppressions name."""
    connection.executemany(
        "UPDATE people SET suppressed = ? WHERE address = ?",
        [(int(not suppression.deleted), suppression.id) for suppression in suppressions],
    )
