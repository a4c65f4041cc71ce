"""Generations: each an index of its own, shown by an alias; and comparing what two of them hold."""

import re
from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Any

from opensearchpy import OpenSearch
from opensearchpy.exceptions import NotFoundError, RequestError
from ulid import ULID

from crm.search import opensearch_mappings as mappings
from crm.search.digests import Digest
from crm.search.opensearch_client import Json, answered, search
from crm.search.opensearch_query import any_of, every
from crm.search.sqlite_schema import TABLES
from crm.search.store import Difference, Unavailable

_FIRST = "first"
_PAGE = 5_000
_KEEP = "2m"
_BUILDING = "-1"
# Indexes are made and dropped rarely, by nobody who waits for a page.
_MAKING = {"request_timeout": 60}


def shown(prefix: str) -> str:
    """Return the alias of what is read; of another release's documents it is another."""
    return f"{prefix}-v{mappings.VERSION}"


def writes(index: str) -> str:
    """Return the alias by which one generation is written to; it goes with the index, and no write makes it."""
    return f"{index}.writes"


def make_first(client: OpenSearch, prefix: str, refresh_interval: str) -> None:
    """Have an index shown, an empty one if there is none; several processes may do so at once."""
    alias = shown(prefix)
    with answered():
        if client.indices.exists_alias(name=alias):
            return
        index = f"{alias}-{_FIRST}"
        made_with = mappings.index(refresh_interval, (alias, writes(index)))
        try:
            client.indices.create(index=index, body=made_with, params=_MAKING)
        except RequestError as error:
            if error.error != "resource_already_exists_exception":
                raise


def make_beside(client: OpenSearch, prefix: str) -> str:
    """Make an index that is not shown, and return its name. Nothing is found in it before it is finished."""
    index = f"{shown(prefix)}-{str(ULID()).lower()}"
    with answered():
        client.indices.create(index=index, body=mappings.index(_BUILDING, (writes(index),)), params=_MAKING)
    return index


def finish(client: OpenSearch, index: str, refresh_interval: str) -> None:
    """Let all that is stored be found, from now on by itself."""
    with answered():
        client.indices.put_settings(index=index, body={"index": {"refresh_interval": refresh_interval}})
        client.indices.refresh(index=index)


def current(client: OpenSearch, prefix: str) -> str:
    """Return the name of the index that is shown. Raises NotFoundError: none is."""
    with answered():
        return str(next(iter(client.indices.get_alias(name=shown(prefix)))))


def adopt(client: OpenSearch, prefix: str, index: str) -> None:
    """Show an index in place of the present one, in one step, and drop that."""
    alias, old = shown(prefix), current(client, prefix)
    actions = [{"remove": {"index": old, "alias": alias}}, {"add": {"index": index, "alias": alias}}]
    with answered():
        client.indices.update_aliases(body={"actions": actions}, params=_MAKING)
    discard(client, old)


def discard(client: OpenSearch, index: str) -> None:
    """Remove an index; that it is gone is as good."""
    with answered():
        client.indices.delete(index=index, params={"ignore_unavailable": "true", **_MAKING})


def sweep(client: OpenSearch, prefix: str) -> None:
    """Remove every generation but the one that is shown, those of other releases too."""
    kept = current(client, prefix)
    with answered():
        found = client.indices.get(index=f"{prefix}-v*", params={"expand_wildcards": "open"})
    ours = re.compile(rf"{re.escape(prefix)}-v[0-9.]+-[0-9a-z]+")
    for index in found:
        if index != kept and ours.fullmatch(index):
            discard(client, index)


def digests(client: OpenSearch, index: str) -> Mapping[str, Digest]:
    """Return kind -> number and hash of all that is stored and all that is buried."""
    sums = {part: {"sum": {"field": part}} for part in mappings.PARTS}
    kinds = {"terms": {"field": "table", "size": len(TABLES)}, "aggs": sums}
    body = {"query": _told(), "size": 0, "aggs": {"kinds": kinds}}
    buckets = search(client, index, body)["aggregations"]["kinds"]["buckets"]
    return {kind["key"]: Digest(kind["doc_count"], mappings.hash_of(_parts(kind))) for kind in buckets}


def differences(client: OpenSearch, one: str, another: str) -> Sequence[Difference]:
    """Compare what is shown of two indexes. What is buried may be in one of them only."""
    found = []
    here, there = _rows(client, one), _rows(client, another)
    left, right = next(here, None), next(there, None)
    while left or right:
        if left == right:
            left, right = next(here, None), next(there, None)
            continue
        least = min(row[:2] for row in (left, right) if row)
        found.append(Difference(*least))
        left = next(here, None) if left and left[:2] == least else left
        right = next(there, None) if right and right[:2] == least else right
    return found


def _told() -> Json:
    """What was told by documents: not how far streams are read, and not what stands for a mail."""
    return every([any_of("table", {table.name for table in TABLES}), {"range": {"version": {"gte": 1}}}])


def _parts(sums: Mapping[str, Any]) -> list[int]:
    return [round(sums[part]["value"]) for part in mappings.PARTS]


def _rows(client: OpenSearch, index: str) -> Iterator[tuple[str, str, Any]]:
    """Yield kind, id, and what tells rows of the same id apart, in this order, from one point in time."""
    compared = [*mappings.PARTS, "suppressed"]
    body: Json = {
        "query": every([_told(), {"term": {"deleted": False}}]),
        "size": _PAGE,
        "sort": ["table", "id"],
        "_source": False,
        "docvalue_fields": compared,
    }
    for hits in walk(client, index, body):
        for hit in hits:
            kind, key = hit["sort"]
            yield kind, key, hit.get("fields")


def walk(client: OpenSearch, index: str, body: Json) -> Generator[Sequence[Json]]:
    """Yield all hits of a sorted question, a page at a time, from one point in time."""
    with answered():
        client.indices.refresh(index=index)
        point = client.create_pit(index=index, params={"keep_alive": _KEEP})["pit_id"]
    try:
        asked = {**body, "pit": {"id": point, "keep_alive": _KEEP}}
        while hits := _hits(client, asked):
            yield hits
            asked["search_after"] = hits[-1]["sort"]
    finally:
        with answered():
            client.delete_pit(body={"pit_id": [point]})


def _hits(client: OpenSearch, asked: Json) -> Sequence[Json]:
    try:
        found: Sequence[Json] = search(client, None, asked)["hits"]["hits"]
    except NotFoundError as error:
        # The index was dropped for another, or nobody asked for minutes.
        raise Unavailable from error
    return found
