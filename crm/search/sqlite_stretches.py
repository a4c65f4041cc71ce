"""A page of people in an order, by the sets of the order's own values: few matches lie far apart in an index."""

import itertools
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter

import orjson
from pyroaring import BitMap

from crm.search import sqlite_landmarks
from crm.search.documents import PersonDocument
from crm.search.fields import FACETS, FIELDS, Kind
from crm.search.sqlite_landmarks import ORDERS
from crm.search.sqlite_marks import COUNTERS, DAY, TIMES
from crm.search.sqlite_paging import Listing, Row
from crm.search.sqlite_schema import SqlValue
from crm.search.sqlite_where import Where

# So many people of one stretch are read and sorted; where it has more of them, they lie close together.
_MANY = 2_000
_TEXTS = {name for name in FACETS if FIELDS[name].kind is Kind.TEXT}


def rows(connection: sqlite3.Connection, listing: Listing[PersonDocument], members: BitMap) -> list[Row] | None:
    """Return the rows of a page and one more, where there is one; None where another way takes less reading."""
    place = listing.after
    if place is not None and place.key is None:
        return None
    stretches = _stretches(connection, listing)
    found = list[Row]()
    # Reading a piece of a set takes about as long as reading a row.
    patience = len(members)
    for pieces in stretches if stretches is not None else ():
        patience -= len(pieces)
        hits = BitMap.union(BitMap(), *(members & BitMap.deserialize(bits) for bits in pieces))
        if patience < 0 or len(hits) > _MANY:
            return None
        found += _sorted(connection, listing, hits) if hits else []
        if len(found) >= listing.wanted:
            return found[: listing.wanted]
    # Whoever has no key comes last, and is no stretch.
    return None if stretches is None or listing.order.empty else found


def _sorted(connection: sqlite3.Connection, listing: Listing[PersonDocument], hits: BitMap) -> list[Row]:
    chosen = Where("n IN (SELECT value FROM json_each(?))", (orjson.dumps(list(hits)).decode(),))
    return listing.rows(connection, "people", chosen, plus="+")


def _stretches(connection: sqlite3.Connection, listing: Listing[PersonDocument]) -> Iterator[list[bytes]] | None:
    """Return the pieces of each stretch in the listing's order, from its place on; None where the order has none."""
    column, key = listing.order.column, listing.after.key if listing.after else None
    if column in ORDERS:
        stretch = sqlite_landmarks.stretch_at(connection, column, str(key or ""))
        if stretch is None:
            return None
        source = _Source(sqlite_landmarks.stretches_of(column), "value", "1")
        return source.read(connection, listing.order.descending, None if key is None else stretch)
    if column in COUNTERS or column in TIMES:
        number = int(key) // DAY if key is not None and column in TIMES else key
        return _Source(column, "number", "value = ''").read(connection, listing.order.descending, number)
    if column in _TEXTS:
        return _Source(column, "value", "value > ''").read(connection, listing.order.descending, key)
    return None


@dataclass(frozen=True, slots=True)
class _Source:
    """The sets of an order's stretches: their field, what sorts them, and which of the field's sets are meant."""

    field: str
    by: str
    condition: str

    def read(self, connection: sqlite3.Connection, descending: bool, start: SqlValue) -> Iterator[list[bytes]]:
        sign, direction = ("<=", "DESC") if descending else (">=", "ASC")
        bound, values = ("", ()) if start is None else (f" AND {self.by} {sign} ?", (start,))
        sql = (
            f"SELECT {self.by}, bits FROM sets WHERE field = ? AND {self.condition}{bound} "
            f"ORDER BY {self.by} {direction}"
        )
        for _, pieces in itertools.groupby(connection.execute(sql, (self.field, *values)), itemgetter(0)):
            yield [bits for _, bits in pieces]
