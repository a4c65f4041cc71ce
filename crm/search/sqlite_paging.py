"""Pages by keyset: rows after the last one shown, in the order of a key, then of the id; empty keys last both ways.

A sort with empty keys is walked in two stretches, the rows with a key and those without, so that one index serves both
directions.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from crm.core import errors
from crm.search import cursors
from crm.search.cursors import Cursor
from crm.search.documents import AnyDocument
from crm.search.fields import camel
from crm.search.sqlite_codec import decode
from crm.search.sqlite_schema import NUMBER, TEXT, SqlValue, Table
from crm.search.sqlite_where import TRUE, Where
from crm.search.store import Page


@dataclass(frozen=True, slots=True)
class Order:
    """What to sort by. `empty` and `filled` tell rows without a key from those with one ('' : every row has one)."""

    column: str
    descending: bool
    empty: str
    filled: str


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a page before its document is read."""

    n: int
    id: str
    key: Any


def order_by(table: Table[Any], sort: str) -> Order:
    """Read a sort such as `-firstName`, in camel or snake case.

    Raises:
        errors.Invalid: naming `sort_by`.
    """
    asked = sort.removeprefix("-")
    name = next((name for name in table.sorts if asked in (name, camel(name))), None)
    if name is None:
        raise errors.Invalid({"sort_by": f"Use one of {', '.join(map(camel, table.sorts))}."})
    kind = NUMBER if name == "id" else table.column(name).kind
    if kind == NUMBER:
        return Order(name, sort.startswith("-"), "", "")
    if kind == TEXT:
        return Order(name, sort.startswith("-"), f"{name} = ''", f"{name} > ''")
    return Order(name, sort.startswith("-"), f"{name} IS NULL", f"{name} IS NOT NULL")


@dataclass(frozen=True, slots=True)
class Listing[Document: AnyDocument]:
    """A question for a page of one table."""

    table: Table[Document]
    where: Where
    order: Order
    limit: int
    after: Cursor | None

    @classmethod
    def of(cls, table: Table[Document], where: Where, sort: str, limit: int, cursor: str | None) -> "Listing[Document]":
        """Check sort, limit and cursor. Raises errors.Invalid naming the bad one."""
        cursors.check_limit(limit)
        order = order_by(table, sort)
        return cls(table, where, order, limit, cursors.read(question(table, order), cursor))

    @property
    def wanted(self) -> int:
        """One row more than the page shows, to know whether there is another page."""
        return self.limit + 1

    def page(self, connection: sqlite3.Connection, total: int, rows: Sequence[Row] | None = None) -> Page[Document]:
        """Read the page, of these rows where they are known."""
        if rows is None:
            rows = self.rows(connection, self.table.name)
        shown = rows[: self.limit]
        following = None
        if len(rows) > self.limit:
            last = shown[-1]
            place = Cursor(None if last.key in ("", None) else last.key, last.id)
            following = cursors.write(question(self.table, self.order), place)
        return Page(_documents(connection, self.table, [row.n for row in shown]), following, total)

    def count(self, connection: sqlite3.Connection, source: str = "") -> int:
        """Count the rows that match, whatever the page; of a `source` other than the table."""
        sql = f"SELECT count(*) FROM {source or self.table.name} WHERE {self.where.sql}"
        return int(connection.execute(sql, self.where.values).fetchone()[0])

    def rows(self, connection: sqlite3.Connection, source: str, chosen: Where = TRUE, plus: str = "") -> list[Row]:
        """Return the page's rows and one more. With `plus`, no index is used for the order."""
        rows: list[Row] = []
        for sql, values in self.queries(source, chosen, plus):
            found = connection.execute(f"{sql} LIMIT ?", (*values, self.wanted - len(rows)))
            rows += [Row(*row) for row in found]
            if len(rows) == self.wanted:
                break
        return rows

    def queries(
        self, source: str, chosen: Where = TRUE, plus: str = "", of: str = ""
    ) -> Iterator[tuple[str, tuple[SqlValue, ...]]]:
        """Yield the queries whose rows, one after the other, are all still to come; `of` names other columns."""
        columns = of or f"n, id, {self.order.column}"
        direction = "DESC" if self.order.descending else "ASC"
        for stretch, sorting in self._stretches(plus):
            where = self.where & chosen & stretch
            ordered = ", ".join(f"{plus}{column} {direction}" for column in sorting)
            yield f"SELECT {columns} FROM {source} WHERE {where.sql} ORDER BY {ordered}", where.values

    def _stretches(self, plus: str) -> Sequence[tuple[Where, Sequence[str]]]:
        """Return the conditions of the rows still to come, in order, with what sorts them.

        `plus` before a column hides it from the planner, which would take "has a key" for a selective condition.
        """
        order, after = self.order, self.after
        sign = "<" if order.descending else ">"
        keyed = (order.column,) if order.column == "id" else (order.column, "id")
        rest = [(Where(plus + order.empty), ("id",))] if order.empty else []
        filled = Where(plus + order.filled) if order.filled else TRUE
        if after is None:
            return [(filled, keyed), *rest]
        beyond_id = Where(f"{plus}id {sign} ?", (after.id,))
        if order.column == "id":
            return [(beyond_id, keyed)]
        if after.key is None:
            return [(Where(plus + order.empty) & beyond_id, ("id",))]
        beyond = Where(f"({plus}{order.column}, {plus}id) {sign} (?, ?)", (after.key, after.id))
        # What is beyond a key upwards has one, and the planner would begin to read at the first of all keys.
        return [(filled & beyond if order.descending else beyond, keyed), *rest]


def question(table: Table[Any], order: Order) -> Sequence[str]:
    """Return what a cursor is good for: this table in this order."""
    return [table.name, f"{'-' if order.descending else ''}{order.column}"]


def _documents[Document: AnyDocument](
    connection: sqlite3.Connection, table: Table[Document], numbers: Sequence[int]
) -> list[Document]:
    sql = f"SELECT n, doc FROM {table.name} WHERE n IN (SELECT value FROM json_each(?))"
    stored = dict(connection.execute(sql, (json.dumps(numbers),)).fetchall())
    return [decode(table.kind, stored[n]) for n in numbers]
