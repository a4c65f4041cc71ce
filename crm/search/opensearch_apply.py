"""Storing documents: replaced only by a higher version, so replays and reordering change nothing.

All but people are indexed with their version as OpenSearch's own. A person carries a mark that another document sets,
so it is stored by a script that compares the version in the source and keeps the mark. The mark is set from both
sides, each after its own document is stored: whichever comes last finds the other. The mark has the version of the
suppression that it was set by, so that a slow writer does not undo a later one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from opensearchpy import OpenSearch

from crm.core import addresses
from crm.search import opensearch_mappings as mappings
from crm.search.documents import AnyDocument, EngagementDocument, PersonDocument, SuppressionDocument
from crm.search.opensearch_client import Json, answered, bulk, search
from crm.search.opensearch_query import any_of, every, living
from crm.search.sqlite_schema import PEOPLE, SUPPRESSIONS

_BATCH = 500
_MISSING, _CONFLICT = 404, 409
_TRIES = 5
# An address that more people share than this is nobody's.
_SHARING = 10_000
_STORE = """
if (ctx._source.version != null && ctx._source.version >= params.person.version) { ctx.op = 'none'; return; }
boolean stays = ctx._source.address != null && ctx._source.address == params.person.address;
def mark = ctx._source.suppressed;
def told = ctx._source.told;
ctx._source.clear();
ctx._source.putAll(params.person);
if (stays) { ctx._source.suppressed = mark; if (told != null) { ctx._source.told = told; } }
"""
_MARK = """
boolean other = ctx._source.address != params.address;
boolean later = ctx._source.told != null && ctx._source.told >= params.version;
if (other || later) { ctx.op = 'none'; return; }
ctx._source.suppressed = params.mark;
ctx._source.told = params.version;
"""


class Refused(Exception):
    """The engine takes a document in no form that would help to try again. Others of the batch may be stored."""


class NoIndex(Exception):
    """The alias that was written to names no index: nothing was made yet, or it was swapped for another."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes to one alias. `refresh` is OpenSearch's own: whether to wait until what was written can be found."""

    client: OpenSearch
    alias: str
    refresh: str
    wait_s: float

    def apply(self, documents: Iterable[AnyDocument]) -> int:
        """Store those of higher version than what is stored; return how many were.

        Raises:
            Refused, NoIndex, Unavailable: some of them may be stored.
            TypeError: a number is beyond 64 bits. Nothing was stored.
        """
        latest = list(_latest(documents).values())
        sources = [(document, mappings.source(document)) for document in latest]
        stored = 0
        for start in range(0, len(sources), _BATCH):
            stored += self._store(sources[start : start + _BATCH])
        self._mark([one for one in latest if isinstance(one, SuppressionDocument)], self._of_people(latest))
        return stored

    def _store(self, sources: Sequence[tuple[AnyDocument, Json]]) -> int:
        lines: list[object] = []
        for document, source in sources:
            lines += _person(document, source) if isinstance(document, PersonDocument) else _indexed(document, source)
        # What only stands for a mail has no version of its own.
        return sum(one.get("result") in ("created", "updated") and one["_version"] > 0 for one in self._bulk(lines))

    def _bulk(self, lines: Sequence[object], *, may_miss: bool = False) -> list[Json]:
        told = bulk(self.client, self.alias, lines, refresh=self.refresh, wait_s=self.wait_s)
        for item in told:
            kind = item.get("error", {}).get("type", "")
            if kind == "index_not_found_exception":
                raise NoIndex
            if kind and item["status"] != _CONFLICT and not (may_miss and item["status"] == _MISSING):
                raise Refused(f"{item['_id']}: {item['error']}")
        return told

    def _of_people(self, documents: Iterable[AnyDocument]) -> dict[str, list[PersonDocument]]:
        people: dict[str, list[PersonDocument]] = {}
        for one in documents:
            if isinstance(one, PersonDocument) and not one.deleted:
                people.setdefault(addresses.digest(one.email), []).append(one)
        return people

    def _mark(self, told: Sequence[SuppressionDocument], people: Mapping[str, Sequence[PersonDocument]]) -> None:
        marks = [*self._marks_of(told), *self._marks_on(people)]
        for start in range(0, len(marks), _BATCH):
            lines = [line for mark in marks[start : start + _BATCH] for line in mark]
            # A person may be gone by now.
            self._bulk(lines, may_miss=True)

    def _marks_of(self, told: Sequence[SuppressionDocument]) -> Iterable[tuple[object, object]]:
        """Find those whose address these suppressions name."""
        if not told:
            return
        with answered():
            self.client.indices.refresh(index=self.alias)
        for start in range(0, len(told), _BATCH):
            batch = {one.id: one for one in told[start : start + _BATCH]}
            query = every([living(PEOPLE.name), any_of("address", batch.keys())])
            body = {"query": query, "size": _SHARING, "_source": ["id", "address"]}
            for hit in search(self.client, self.alias, body)["hits"]["hits"]:
                entry = batch[hit["_source"]["address"]]
                yield _marking(hit["_source"]["id"], entry.id, entry.version, is_on=not entry.deleted)

    def _marks_on(self, people: Mapping[str, Sequence[PersonDocument]]) -> Iterable[tuple[object, object]]:
        """Look up what is said of the addresses of these people."""
        if not people:
            return
        wanted = [f"{SUPPRESSIONS.name}/{address}" for address in people]
        asked = [
            {"_id": name, "routing": name.partition("/")[2], "_source": ["id", "version", "deleted"]} for name in wanted
        ]
        with answered():
            found = self.client.mget(index=self.alias, body={"docs": asked})["docs"]
        for entry in (one["_source"] for one in found if one.get("found")):
            for person in people[entry["id"]]:
                yield _marking(person.id, entry["id"], entry["version"], is_on=not entry["deleted"])


def _latest(documents: Iterable[AnyDocument]) -> dict[str, AnyDocument]:
    latest: dict[str, AnyDocument] = {}
    for document in documents:
        name = mappings.name(document)
        if name not in latest or latest[name].version < document.version:
            latest[name] = document
    return latest


def _person(document: PersonDocument, source: Json) -> list[object]:
    script = {"source": _STORE, "params": {"person": source}}
    return [_update(document.id), {"scripted_upsert": True, "upsert": {}, "script": script}]


def _indexed(document: AnyDocument, source: Json) -> list[object]:
    lines = _index(mappings.name(document), mappings.routing(document), document.version, source)
    if isinstance(document, EngagementDocument) and not document.deleted:
        # Never in place of the mail itself, whose versions begin at 1.
        mail = f"deliveries/{document.mail_id}"
        return [*_index(mail, document.person_id, 0, mappings.placeholder(document)), *lines]
    return lines


def _index(name: str, routing: str, version: int, source: Json) -> list[object]:
    what = {"_id": name, "routing": routing, "version": version, "version_type": "external"}
    return [{"index": what}, source]


def _marking(person_id: str, address: str, version: int, *, is_on: bool) -> tuple[object, object]:
    params: dict[str, Any] = {"address": address, "version": version, "mark": int(is_on)}
    return _update(person_id), {"script": {"source": _MARK, "params": params}}


def _update(person_id: str) -> Json:
    name = f"{PEOPLE.name}/{person_id}"
    return {"update": {"_id": name, "routing": person_id, "retry_on_conflict": _TRIES}}
