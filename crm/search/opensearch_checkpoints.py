"""How far the streams are read, and how fresh the rows are: documents of the very generation that they tell of."""

from collections.abc import Sequence
from datetime import datetime

from opensearchpy import OpenSearch

from crm.search.opensearch_apply import NoIndex, Refused
from crm.search.opensearch_client import answered, bulk, search
from crm.search.sqlite_codec import micros, moment
from crm.search.store import PATIENCE_S, Checkpoint

_KIND, _FRESHNESS = "checkpoints", "facts/as_of"
# A stream has a few shards a table; AWS keeps closed ones for a day.
_MOST = 10_000


def stored(client: OpenSearch, alias: str) -> Sequence[Checkpoint]:
    """Return all, by stream and shard, as they are now."""
    body = {"query": {"term": {"table": _KIND}}, "size": _MOST, "sort": ["stream", "shard"]}
    with answered():
        client.indices.refresh(index=alias)
    hits = search(client, alias, body)["hits"]["hits"]
    return [Checkpoint(*(hit["_source"][name] for name in ("stream", "shard", "sequence"))) for hit in hits]


def note(client: OpenSearch, alias: str, told: Sequence[Checkpoint]) -> None:
    """Store how far these shards are applied. Raises NoIndex."""
    lines: list[object] = []
    for one in told:
        row = {"table": _KIND, "stream": one.stream, "shard": one.shard, "sequence": one.sequence}
        lines += [{"index": {"_id": _name(one)}}, row]
    _write(client, alias, lines)


def forget(client: OpenSearch, alias: str, gone: Sequence[Checkpoint]) -> None:
    """Drop these shards. Raises NoIndex."""
    _write(client, alias, [{"delete": {"_id": _name(one)}} for one in gone])


def freshness(client: OpenSearch, alias: str) -> datetime | None:
    """Return up to when the rows that can be found are complete: it becomes known when they do."""
    hits = search(client, alias, {"query": {"ids": {"values": [_FRESHNESS]}}})["hits"]["hits"]
    return moment(hits[0]["_source"]["moment"]) if hits else None


def note_freshness(client: OpenSearch, alias: str, as_of: datetime | None) -> None:
    """Store it, and have all that was stored before found. Raises NoIndex."""
    what = {"_id": _FRESHNESS}
    lines: list[object] = [{"delete": what}]
    if as_of is not None:
        lines = [{"index": what}, {"table": "facts", "moment": micros(as_of)}]
    _write(client, alias, lines, refresh="true")


def _name(one: Checkpoint) -> str:
    return f"{_KIND}/{one.stream}/{one.shard}"


def _write(client: OpenSearch, alias: str, lines: Sequence[object], refresh: str = "false") -> None:
    for item in bulk(client, alias, lines, refresh=refresh, wait_s=PATIENCE_S):
        error = item.get("error", {})
        if error.get("type") == "index_not_found_exception":
            raise NoIndex
        if error:
            raise Refused(f"{item['_id']}: {error}")
