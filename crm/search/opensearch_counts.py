"""Exact numbers of documents by any keys: a composite aggregation, read page by page."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from opensearchpy import OpenSearch

from crm.search.opensearch_client import Json, search
from crm.search.opensearch_query import Query

_PAGE = 5_000


def by_terms(field: str) -> Json:
    """Return the source of a key that is a field's value; where it has none, None."""
    return {"terms": {"field": field, "missing_bucket": True}}


def counts(
    client: OpenSearch, index: str, where: Query, keys: Mapping[str, Json]
) -> Iterator[tuple[Sequence[Any], int]]:
    """Yield each combination of keys with the number of documents that have it."""
    composite: Json = {"size": _PAGE, "sources": [{name: source} for name, source in keys.items()]}
    body = {"query": where, "size": 0, "aggs": {"by": {"composite": composite}}}
    while True:
        found = search(client, index, body)["aggregations"]["by"]
        for bucket in found["buckets"]:
            yield [bucket["key"][name] for name in keys], int(bucket["doc_count"])
        if "after_key" not in found:
            return
        composite["after"] = found["after_key"]
