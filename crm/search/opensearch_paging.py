"""Pages by keyset on OpenSearch: search_after the last row shown, with the cursors that SQLite's pages have."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from opensearchpy import OpenSearch

from crm.search import cursors
from crm.search.cursors import Cursor
from crm.search.documents import AnyDocument
from crm.search.opensearch_client import Json, search
from crm.search.opensearch_query import Query, every, living
from crm.search.sqlite_codec import decode
from crm.search.sqlite_paging import Order, order_by, question
from crm.search.sqlite_schema import TEXT, Table
from crm.search.store import Page

# What OpenSearch sorts a number by that is not there, so that it comes last.
_NO_NUMBER = {False: 2**63 - 1, True: -(2**63)}


@dataclass(frozen=True, slots=True)
class Listing[Document: AnyDocument]:
    """A question for a page of one kind."""

    table: Table[Document]
    where: Query
    order: Order
    limit: int
    after: Cursor | None

    @classmethod
    def of(cls, table: Table[Document], where: Query, sort: str, limit: int, cursor: str | None) -> "Listing[Document]":
        """Check sort, limit and cursor. Raises errors.Invalid naming the bad one."""
        cursors.check_limit(limit)
        order = order_by(table, sort)
        return cls(table, where, order, limit, cursors.read(question(table, order), cursor))

    def page(self, client: OpenSearch, index: str) -> Page[Document]:
        """Read the page, its total with it: one row more than it shows, to know whether another one follows."""
        body: Json = {
            "query": every([living(self.table.name), self.where]),
            "sort": self._sort(),
            "size": self.limit + 1,
            "track_total_hits": True,
            "_source": ["doc"],
        }
        if self.after is not None:
            body["search_after"] = self._place(self.after)
        found = search(client, index, body)["hits"]
        hits, following = found["hits"], None
        if len(hits) > self.limit:
            following = cursors.write(question(self.table, self.order), self._cursor(hits[self.limit - 1]["sort"]))
        return Page(documents(self.table, hits[: self.limit]), following, int(found["total"]["value"]))

    def _sort(self) -> Sequence[Mapping[str, object]]:
        direction = "desc" if self.order.descending else "asc"
        tie = {"id": {"order": direction}}
        if self.order.column == "id":
            return [tie]
        return [{self.order.column: {"order": direction, "missing": "_last"}}, tie]

    def _place(self, after: Cursor) -> list[Any]:
        if self.order.column == "id":
            return [after.id]
        return [self._missing() if after.key is None else after.key, after.id]

    def _cursor(self, sorted_by: Sequence[Any]) -> Cursor:
        key, key_id = sorted_by[0], sorted_by[-1]
        return Cursor(None if self.order.column != "id" and key == self._missing() else key, key_id)

    def _missing(self) -> int | None:
        is_text = self.table.column(self.order.column).kind == TEXT
        return None if is_text else _NO_NUMBER[self.order.descending]


def documents[Document: AnyDocument](table: Table[Document], hits: Sequence[Json]) -> list[Document]:
    """Return the documents of an answer's hits."""
    return [decode(table.kind, hit["_source"]["doc"].encode()) for hit in hits]
