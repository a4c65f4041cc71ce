"""Compares the read model with the tables: `python -m bench.feeding.comparing`, in the environment of a rig.

Not `verify_read_model`, whose code is what is tried here: the tables are read one page after the other, and every
document is compared as the bytes that the read model stores. Prints one line of JSON.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import django


def compare() -> Mapping[str, Any]:
    """Return rows, hashes, what differs, and whose items nobody can read, in the tables and on the list."""
    from crm.core import dead_letters  # noqa: PLC0415 - needs settings
    from crm.search import digests  # noqa: PLC0415

    truth, readable, unreadable = _truth()
    shown = _shown()
    left_out = {key.removeprefix("PERSON#") for key, _ in unreadable}
    live = {key: doc for key, doc in truth.items() if doc is not None}
    rows = {key: doc for key, doc in shown.items() if key[1] not in left_out}
    listed = {(letter.keys["pk"], letter.keys["sk"]) for letter in dead_letters.newest() if letter.is_item}
    return {
        "rows": len(rows),
        "hash of the tables": f"{digests.digest(live.values()).sum:016x}",
        "hash of the read model": f"{digests.digest(rows.values()).sum:016x}",
        "differing": len({key for key in live.keys() | rows.keys() if live.get(key) != rows.get(key)}),
        "resurrected": len([key for key in rows if key not in live]),
        "unreadable": len(unreadable),
        "unreadable, not listed": len(unreadable - listed),
        "listed, readable": len(listed & readable),
        "listed, gone": len(listed - readable - unreadable),
    }


def _truth() -> tuple[dict[tuple[str, str], bytes | None], set[tuple[str, str]], set[tuple[str, str]]]:
    """Return document -> its bytes, None where it is deleted; the keys of items that can be read, and that cannot."""
    from crm.core import changes, dynamo  # noqa: PLC0415
    from crm.core.changes import Change  # noqa: PLC0415
    from crm.search import documents, sqlite_codec, sqlite_schema  # noqa: PLC0415

    truth: dict[tuple[str, str], bytes | None] = {}
    readable, unreadable = set(), set()
    for table in dynamo.TABLES:
        for image in _images(table.Meta.table_name):
            if image["type"]["S"] not in changes.projected_types(table):
                continue
            try:
                item = dynamo.decode(image, table)
                found = documents.of([Change(item, int(item.version))])
            except Exception:
                unreadable.add((image["pk"]["S"], image["sk"]["S"]))
                continue
            readable.add((image["pk"]["S"], image["sk"]["S"]))
            for doc in found:
                key = (sqlite_schema.BY_KIND[type(doc)].name, doc.id)
                truth[key] = None if doc.deleted else sqlite_codec.encode(doc)
    return truth, readable, unreadable


def _images(table: str) -> Iterator[dict[str, Any]]:
    from crm.core import dynamo  # noqa: PLC0415

    client: Any = dynamo.connection().client
    for page in client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        yield from page["Items"]


def _shown() -> dict[tuple[str, str], bytes]:
    from crm.search import engine, sqlite_schema  # noqa: PLC0415

    with engine.sqlite_store().database.read() as connection:
        return {
            (table.name, key): doc
            for table in sqlite_schema.TABLES
            for key, doc in connection.execute(f"SELECT id, doc FROM {table.name}")  # noqa: S608 - our own table  # noqa: S608
        }


if __name__ == "__main__":
    django.setup()
    print(json.dumps(compare()))
