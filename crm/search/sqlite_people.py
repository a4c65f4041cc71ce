"""Whether a person's address is suppressed: it hangs on the person's row, but another document says so.

So it is set from both sides; whichever comes last finds the other.
"""

import json
import sqlite3
from collections.abc import Container, Sequence

from crm.core import addresses
from crm.search import sqlite_sets
from crm.search.documents import PersonDocument, SuppressionDocument
from crm.search.sqlite_marks import Mark

_MARK = Mark("suppressed")


def mark_people(connection: sqlite3.Connection, people: Sequence[PersonDocument], known: Container[str]) -> None:
    """Mark those of these freshly stored people whose address is suppressed (rows start unmarked).

    Those who were `known` before, by their ids, may have been marked then.
    """
    digests = json.dumps([addresses.digest(person.email) for person in people if not person.deleted])
    marked = connection.execute(
        "UPDATE people SET suppressed = 1 WHERE address IN "
        "(SELECT s.id FROM json_each(?) j JOIN suppressions s ON s.id = j.value) RETURNING id",
        (digests,),
    ).fetchall()
    come = {key for (key,) in marked}
    gone = [one.id for one in people if one.id in known and one.id not in come]
    sqlite_sets.move(connection, [(key, _MARK) for key in come], [(key, _MARK) for key in gone])


def mark_suppressed(connection: sqlite3.Connection, suppressions: Sequence[SuppressionDocument]) -> None:
    """Mark or unmark the people whose address these suppressions name."""
    moved: dict[bool, list[str]] = {True: [], False: []}
    for suppression in suppressions:
        rows = connection.execute(
            "UPDATE people SET suppressed = ? WHERE address = ? RETURNING id",
            (int(not suppression.deleted), suppression.id),
        )
        moved[suppression.deleted] += [key for (key,) in rows]
    sqlite_sets.move(connection, [(key, _MARK) for key in moved[False]], [(key, _MARK) for key in moved[True]])
