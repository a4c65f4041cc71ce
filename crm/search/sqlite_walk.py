"""A page of known people in any order: by walking the order's index, or by sorting them, whichever reads less."""

import sqlite3

import orjson
from pyroaring import BitMap

from crm.search.documents import PersonDocument
from crm.search.sqlite_paging import Listing, Row
from crm.search.sqlite_where import Where

# Sorting reads every match's row somewhere in the file; walking reads entries of an index side by side.
_ENTRIES_PER_ROW = 5


def rows(
    connection: sqlite3.Connection, listing: Listing[PersonDocument], members: BitMap, everybody: int
) -> list[Row]:
    """Return the rows of a page and one more, where there is one."""
    if not members:
        return []
    patience = len(members) * _ENTRIES_PER_ROW
    # A match comes along every (everybody / members) entries, unless the order has to do with the filter.
    if listing.wanted * everybody // len(members) < patience:
        found = _walked(connection, listing, members, patience)
        if found is not None:
            return found
    chosen = Where("n IN (SELECT value FROM json_each(?))", (orjson.dumps(list(members)).decode(),))
    return listing.rows(connection, "people", chosen, plus="+")


def _walked(
    connection: sqlite3.Connection, listing: Listing[PersonDocument], members: BitMap, patience: int
) -> list[Row] | None:
    """Return the rows; None where more than so many entries would have to be read."""
    found: list[Row] = []
    column = listing.order.column
    source = "people" if column == "id" else f"people INDEXED BY people_{column}"
    for sql, values in listing.queries(source):
        for entry in connection.execute(sql, values):
            if entry[0] in members:
                found.append(Row(*entry))
                if len(found) == listing.wanted:
                    return found
            patience -= 1
            if patience < 0:
                return None
    return found
