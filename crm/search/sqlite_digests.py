"""Comparing what is stored: with what was read from DynamoDB, and with another file."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from crm.search import sqlite_click_rows
from crm.search.digests import Digest, digest
from crm.search.documents import AnyDocument
from crm.search.mail_links import MEASURES
from crm.search.sqlite_codec import encode
from crm.search.sqlite_schema import BY_KIND, TABLES
from crm.search.store import Difference

_ROLLUPS = {
    "event_tallies": "bucket, event_id, registered, attended, waitlisted",
    "moments": "measure, bucket, count",
    "tallies": "bucket, utm_source, utm_medium, utm_campaign, campaign_id, measure, count",
    "engaged": "mail, kind, human, total",
    "engagement_sums": "campaign_id, kind, people, everybody, total",
    "clicked": "mail, link, human, total",
    "link_tallies": f"bucket, utm_source, utm_medium, utm_campaign, campaign_id, link, {', '.join(MEASURES)}",
    sqlite_click_rows.TABLE: ", ".join(sqlite_click_rows.COLUMNS),
    "outcomes": "campaign_id, outcome, is_hard_bounce, count",
}
# People are numbered as they come, so equal sets may hold other numbers, but as many. Each file chose its landmarks:
# those of words are compared where both have them; the stretches of an order, however cut, hold all who have a key.
_SETS = (
    "SELECT field, value, number, sum(size) FROM {one}.sets s WHERE NOT EXISTS "
    "(SELECT 1 FROM {one}.landmarks l WHERE l.field = s.field AND l.value = s.value) OR s.field = 'word' AND EXISTS "
    "(SELECT 1 FROM {another}.landmarks l WHERE l.field = s.field AND l.value = s.value) GROUP BY 1, 2, 3 "
    "UNION ALL SELECT field, '', 0, sum(size) FROM {one}.sets WHERE field IN (SELECT field FROM {one}.landmarks "
    "WHERE field <> 'word' INTERSECT SELECT field FROM {another}.landmarks) GROUP BY 1"
)


def of_documents(documents: Iterable[AnyDocument]) -> Mapping[str, Digest]:
    """Return table -> digest of documents as they will be stored."""
    rows: dict[str, list[bytes]] = defaultdict(list)
    for document in documents:
        name = BY_KIND[type(document)].name
        rows[name].append(_buried(document.id, document.version) if document.deleted else encode(document))
    return {name: digest(encoded) for name, encoded in rows.items()}


def of_tables(connection: sqlite3.Connection) -> Mapping[str, Digest]:
    """Return table -> digest of all its rows and tombstones."""
    digests: dict[str, Digest] = {}
    for table in TABLES:
        live = connection.execute(f"SELECT doc FROM {table.name}")
        dead = connection.execute("SELECT id, version FROM tombstones WHERE kind = ?", (table.name,)).fetchall()
        both = digest(doc for (doc,) in live) + digest(_buried(*row) for row in dead)
        if both.rows:
            digests[table.name] = both
    return digests


def differences(connection: sqlite3.Connection) -> Sequence[Difference]:
    """Compare `main` with the database attached as `other`.

    Tombstones of items that are gone for good exist in one of them only, so only living rows count.
    """
    found = []
    for table in TABLES:
        derived = " OR a.suppressed <> b.suppressed" if table.name == "people" else ""
        unlike = (
            f"SELECT a.id FROM other.{table.name} a LEFT JOIN main.{table.name} b ON b.id = a.id "
            f"WHERE b.id IS NULL OR a.doc <> b.doc{derived}"
        )
        extra = f"SELECT a.id FROM main.{table.name} a LEFT JOIN other.{table.name} b ON b.id = a.id WHERE b.id IS NULL"
        found += [Difference(table.name, key) for sql in (unlike, extra) for (key,) in connection.execute(sql)]
    found += _unlike_rollups(connection)
    # Every row that differs makes many sets differ, which would say nothing more.
    return found or _unlike_sets(connection)


def _unlike_rollups(connection: sqlite3.Connection) -> list[Difference]:
    found = []
    for name, columns in _ROLLUPS.items():
        for one, another in (("main", "other"), ("other", "main")):
            sql = f"SELECT {columns} FROM {one}.{name} EXCEPT SELECT {columns} FROM {another}.{name}"
            found += [Difference(name, "/".join(map(str, row))) for row in connection.execute(sql)]
    return found


def _unlike_sets(connection: sqlite3.Connection) -> list[Difference]:
    found = []
    for one, another in (("main", "other"), ("other", "main")):
        ours, theirs = _SETS.format(one=one, another=another), _SETS.format(one=another, another=one)
        sql = f"SELECT * FROM ({ours}) EXCEPT SELECT * FROM ({theirs})"
        found += [Difference("sets", "/".join(map(str, row))) for row in connection.execute(sql)]
    return found


def _buried(key: str, version: int) -> bytes:
    return f"{key}/{version}".encode()
