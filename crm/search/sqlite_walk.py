"""A page of known people in any order: by walking its index, by its stretches or by sorting, whichever reads least."""

import sqlite3
from dataclasses import replace

import orjson
from pyroaring import BitMap

from crm.search import sqlite_stretches
from crm.search.cursors import Cursor
from crm.search.documents import PersonDocument
from crm.search.fields import FACETS, FIELDS, Kind
from crm.search.filter_tree import And, Condition, Filter
from crm.search.sqlite_marks import COUNTERS, DAY, TIMES
from crm.search.sqlite_paging import Listing, Row
from crm.search.sqlite_schema import SqlValue
from crm.search.sqlite_where import Where
from crm.search.text import match_key

# Sorting reads every match's row somewhere in the file; walking reads entries of an index side by side.
_ENTRIES_PER_ROW = 5
# After so many entries in a row that are no match, the sets are asked where the next one can be.
_STRIDE = 500
# So few are sorted in no time.
_FEW = 500
# So many entries are read in less time than so few are sorted.
_GLANCE = 2 * _STRIDE
_LAST = chr(0x10FFFF)
_NAMING = frozenset({"is", "one_of"})
# Orders by what everybody has one of, and is marked with.
_SINGLE = {*(name for name in FACETS if FIELDS[name].kind is Kind.TEXT), *COUNTERS, *TIMES}


def rows(
    connection: sqlite3.Connection, listing: Listing[PersonDocument], members: BitMap, everybody: int
) -> list[Row]:
    """Return the rows of a page and one more, where there is one."""
    if not members:
        return []
    patience = len(members) * _ENTRIES_PER_ROW
    # A match comes along every (everybody / members) entries, unless the order has to do with the filter.
    entries = listing.wanted * everybody // len(members)
    if entries > _STRIDE and len(members) > _FEW:
        found = sqlite_stretches.rows(connection, listing, members)
        if found is not None:
            return found
    if entries >= patience and listing.after is not None and len(members) > _FEW:
        # From a key on that the filter names, the matches may lie side by side, however rare they are.
        entries, patience = 0, _GLANCE
    if entries < patience:
        found = _Walk(connection, listing, members, patience).rows()
        if found is not None:
            return found
    chosen = Where("n IN (SELECT value FROM json_each(?))", (orjson.dumps(list(members)).decode(),))
    return listing.rows(connection, "people", chosen, plus="+")


def begun(listing: Listing[PersonDocument], where: Filter) -> Listing[PersonDocument]:
    """Return the listing from the first key on that a filter leaves, where it names keys of the order's own field."""
    parts = where.parts if isinstance(where, And) else (where,)
    for part in parts if listing.after is None else ():
        if isinstance(part, Condition) and part.field == listing.order.column and part.op in _NAMING:
            keys = [key for value in part.values if (key := match_key(str(value)))]
            if keys and FIELDS[part.field].kind is Kind.TEXT:
                place = Cursor(max(keys), _LAST) if listing.order.descending else Cursor(min(keys), "")
                return replace(listing, after=place)
    return listing


class _Walk:
    """One walk. `patience` is how many entries may be read."""

    def __init__(
        self, connection: sqlite3.Connection, listing: Listing[PersonDocument], members: BitMap, patience: int
    ) -> None:
        self._connection, self._listing, self._members, self._patience = connection, listing, members, patience
        self._column = listing.order.column
        self._found: list[int] = []

    def rows(self) -> list[Row] | None:
        """Return the rows; None where patience ran out."""
        place: Cursor | None = self._listing.after
        while True:
            following = self._stretch(replace(self._listing, after=place))
            if self._patience < 0:
                return None
            if following is None:
                return self._read(self._found[: self._listing.wanted])
            place = following

    def _stretch(self, listing: Listing[PersonDocument]) -> Cursor | None:
        """Walk until the page is full, to the end, or out of patience; or return where to go on instead."""
        source = "people" if self._column == "id" else f"people INDEXED BY people_{self._column}"
        for sql, values in listing.queries(source, of="n"):
            entries = self._connection.execute(sql, values)
            while numbers := entries.fetchmany(_STRIDE):
                hits = [n for (n,) in numbers if n in self._members]
                self._found += hits
                self._patience -= len(numbers)
                if len(self._found) >= self._listing.wanted or self._patience < 0:
                    return None
                if not hits and (ahead := self._ahead(self._read([numbers[-1][0]])[0].key)) is not None:
                    return ahead
        return None

    def _read(self, numbers: list[int]) -> list[Row]:
        sql = f"SELECT n, id, {self._column} FROM people WHERE n IN (SELECT value FROM json_each(?))"
        read = {row[0]: Row(*row) for row in self._connection.execute(sql, (orjson.dumps(numbers).decode(),))}
        return [read[n] for n in numbers]

    def _ahead(self, key: SqlValue) -> Cursor | None:
        """Return a place from which the next match can come, where it is known that none comes before."""
        if key in ("", None) or self._column not in _SINGLE:
            return None
        is_time, order = self._column in TIMES, self._listing.order
        here = int(key or 0) // DAY if is_time else key
        there = self._marked_from(here)
        if there == here:
            return None
        end = _LAST if order.descending else ""
        if there is None:
            return Cursor(None, end) if order.empty else None
        return Cursor((int(there) + order.descending) * DAY, "") if is_time else Cursor(there, end)

    def _marked_from(self, here: SqlValue) -> SqlValue:
        """Return the first value from here on, in the order of the walk, that a match has."""
        value, filled = ("value", "value > ''") if self._column in FACETS else ("number", "value = ''")
        sign, direction = ("<=", "DESC") if self._listing.order.descending else (">=", "ASC")
        rows = self._connection.execute(
            f"SELECT {value}, bits FROM sets WHERE field = ? AND {filled} AND {value} {sign} ? "
            f"ORDER BY {value} {direction}",
            (self._column, here),
        )
        return next((there for there, bits in rows if self._members.intersect(BitMap.deserialize(bits))), None)
