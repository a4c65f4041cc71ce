"""The SearchStore on OpenSearch. Lists of people are here; the others are in opensearch_lists."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from typing import Any

from opensearchpy import OpenSearch

from crm.core import clock
from crm.search import (
    cursors,
    opensearch_counts,
    opensearch_facets,
    opensearch_filters,
    opensearch_rebuild,
    opensearch_score,
    sqlite_digests,
)
from crm.search import opensearch_checkpoints as positions
from crm.search.digests import Digest
from crm.search.documents import AnyDocument, PersonDocument
from crm.search.filters import EVERYONE, Filter
from crm.search.opensearch_apply import NoIndex, Writer
from crm.search.opensearch_client import Json, answered, search
from crm.search.opensearch_lists import Lists
from crm.search.opensearch_paging import Listing
from crm.search.opensearch_query import NOTHING, Query, equal, every, living, no
from crm.search.score import Deed
from crm.search.sqlite_codec import micros
from crm.search.sqlite_schema import EVENTS, PEOPLE
from crm.search.store import PATIENCE_S, Checkpoint, Difference, Freshness, Page, Split, Swapped

# What is written is found after this long, by whoever asks; who waits for it waits no longer.
REFRESH = "1s"
# A delete that is told again within this time brings nothing back.
TOMBSTONES_KEPT = timedelta(hours=48)
# OpenSearch gives no more at once.
_MOST_AT_ONCE = 10_000


class OpenSearchStore(Lists):
    """One index a generation, behind an alias; see opensearch_rebuild."""

    def __init__(self, client: OpenSearch, prefix: str, refresh: str = REFRESH, index: str | None = None) -> None:
        """`index` is one that is being built, and not shown."""
        super().__init__(client, prefix, refresh, index)

    def apply(
        self,
        documents: Sequence[AnyDocument],
        checkpoints: Sequence[Checkpoint] = (),
        *,
        generation: str | None = None,
        wait_s: float = PATIENCE_S,
    ) -> int:
        """Store what is newer, then how far the streams were read: replaying what lies between changes nothing.

        Whoever gives no checkpoints has just written this, and waits until it can be found. Where documents fail, some
        of the others may be stored, and no checkpoint is.
        """
        self._check(generation)
        waits = not checkpoints and self._index is None
        stored = self._asked(lambda: self._writer(wait_s, waits=waits).apply(documents)) if documents else 0
        if checkpoints:
            self._note(checkpoints, generation)
        return stored

    def checkpoints(self) -> Sequence[Checkpoint]:
        return self._asked(lambda: positions.stored(self._client, self._alias))

    def forget_checkpoints(self, gone: Sequence[Checkpoint], *, generation: str | None = None) -> None:
        self._check(generation)
        if gone:
            index = generation or self.generation()
            self._to_one(lambda: positions.forget(self._client, opensearch_rebuild.writes(index), gone))

    def generation(self) -> str:
        return self._index or self._asked(lambda: opensearch_rebuild.current(self._client, self._prefix))

    def people(self, where: Filter, *, sort: str, limit: int, cursor: str | None = None) -> Page[PersonDocument]:
        return self._page(Listing.of(PEOPLE, self._people(where), sort, limit, cursor))

    def split(self, where: Filter, kind: str = "") -> Split:
        free, mailable = equal("suppressed", 0), equal("unsubscribed", 0)
        left = opensearch_filters.having_left(kind) if kind else NOTHING
        counted: dict[str, Query] = {
            "suppressed": no(free),
            "unsubscribed": every([free, no(mailable)]),
            "left": every([free, mailable, left]),
        }
        body: Json = {
            "query": self._people(where),
            "size": 0,
            "track_total_hits": True,
            "aggs": {name: {"filter": query} for name, query in counted.items()},
        }
        found = self._asked(lambda: search(self._client, self._alias, body))
        matched = int(found["hits"]["total"]["value"])
        suppressed, unsubscribed, gone = (int(found["aggregations"][name]["doc_count"]) for name in counted)
        return Split(matched, matched - suppressed - unsubscribed - gone, suppressed, unsubscribed, gone)

    @contextmanager
    def freeze(self, where: Filter, chunk: int) -> Iterator[Iterator[list[str]]]:
        body: Json = {
            "query": self._people(where),
            "size": min(chunk, _MOST_AT_ONCE),
            "sort": ["id"],
            "_source": False,
        }
        self.generation()
        with closing(opensearch_rebuild.walk(self._client, self._alias, body)) as pages:
            yield ([hit["sort"][0] for hit in hits] for hits in pages)

    def people_by_id(self, ids: Sequence[str]) -> Mapping[str, PersonDocument]:
        return self._by_id(PEOPLE, ids)

    def most_engaged(self, limit: int) -> Sequence[tuple[str, int]]:
        cursors.check_limit(limit)
        return self._asked(lambda: opensearch_score.highest(self._client, self._alias, limit))

    def deeds(self, person_id: str, since: datetime) -> Sequence[Deed]:
        return self._asked(lambda: opensearch_score.deeds(self._client, self._alias, person_id, since))

    def facets(self, field: str, text: str, limit: int, where: Filter = EVERYONE) -> Sequence[tuple[str, int]]:
        people = self._people(where)
        return self._asked(
            lambda: opensearch_facets.commonest(self._client, self._alias, people, field, text=text, limit=limit)
        )

    def freshness(self) -> Freshness:
        as_of = self._asked(lambda: positions.freshness(self._client, self._alias))
        return Freshness(as_of, None if as_of is None else max(0.0, (clock.now() - as_of).total_seconds()))

    def note_freshness(self, as_of: datetime | None) -> None:
        self._asked(lambda: positions.note_freshness(self._client, self._write_alias, as_of))

    def beside(self) -> "OpenSearchStore":
        index = opensearch_rebuild.make_beside(self._client, self._prefix)
        return OpenSearchStore(self._client, self._prefix, self._refresh, index)

    def finish(self) -> None:
        opensearch_rebuild.finish(self._client, self.generation(), self._refresh)

    def digests(self) -> Mapping[str, Digest]:
        return self._asked(lambda: opensearch_rebuild.digests(self._client, self._alias))

    def digests_of(self, documents: Sequence[AnyDocument]) -> Mapping[str, Digest]:
        return sqlite_digests.of_documents(documents)

    def differences(self, other: "OpenSearchStore") -> Sequence[Difference]:
        return opensearch_rebuild.differences(self._client, self.generation(), other.generation())

    def adopt(self, built: "OpenSearchStore") -> None:
        self.generation()
        opensearch_rebuild.adopt(self._client, self._prefix, built.generation())

    def discard(self) -> None:
        opensearch_rebuild.discard(self._client, self.generation())

    def sweep(self) -> None:
        self.generation()
        opensearch_rebuild.sweep(self._client, self._prefix)

    def tidy(self) -> None:
        """Remove what was buried so long ago that no stream tells of it any more."""
        before = micros(clock.now() - TOMBSTONES_KEPT)
        # A mail's may be what its opens and clicks hang on.
        old = every([{"range": {"buried_at": {"lt": before}}}, no({"term": {"table": "deliveries"}})])
        with answered():
            self._client.delete_by_query(
                index=self.generation(), body={"query": old}, params={"conflicts": "proceed", "refresh": "true"}
            )

    def count(self, queries: Mapping[str, Query]) -> dict[str, int]:
        """Return how many documents match each of these queries, at one moment."""
        body: Json = {"size": 0, "aggs": {name: {"filter": query} for name, query in queries.items()}}
        found = self._asked(lambda: search(self._client, self._alias, body))["aggregations"]
        return {name: int(found[name]["doc_count"]) for name in queries}

    def counts(self, where: Query, keys: Mapping[str, Json]) -> list[tuple[Sequence[Any], int]]:
        """Return each combination of keys with the number of documents that have it; see opensearch_counts."""
        return self._asked(lambda: list(opensearch_counts.counts(self._client, self._alias, where, keys)))

    def _check(self, generation: str | None) -> None:
        if generation is not None and self.generation() != generation:
            raise Swapped

    def _note(self, told: Sequence[Checkpoint], generation: str | None) -> None:
        # To this very index: another one lacks what was stored here before.
        index = generation or self.generation()
        self._to_one(lambda: positions.note(self._client, opensearch_rebuild.writes(index), told))

    def _to_one(self, write: Callable[[], None]) -> None:
        try:
            write()
        except NoIndex as error:
            raise Swapped from error

    def _writer(self, wait_s: float, *, waits: bool) -> Writer:
        return Writer(self._client, self._write_alias, "wait_for" if waits else "false", wait_s)

    def _people(self, where: Filter) -> Query:
        return every([living(PEOPLE.name), opensearch_filters.people(where, self._hosting)])

    def _hosting(self, which: Query) -> Mapping[str, int]:
        """Count the events of a kind that each person runs."""
        events, keys = every([living(EVENTS.name), which]), {"person": opensearch_counts.by_terms("hosts")}
        return {str(person): number for (person,), number in self.counts(events, keys) if person}
