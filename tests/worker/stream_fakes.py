"""Streams in memory, behind the poller's own idea of DynamoDB Streams: shards that split, end, expire and vanish."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from crm.core import clock
from crm.core.dynamo import CrmItem, OutboxItem
from crm.people.tables import PersonItem, person_pk
from crm.search.documents import PersonDocument
from crm.search.filters import EVERYONE
from crm.search.sqlite import SqliteSearchStore
from worker.stream_api import PAGE, IteratorExpired, Page, Shard, StreamAway, Trimmed
from worker.streams import Poller


@dataclass
class FakeShard:
    """Records of one shard; `is_closed`: no more will come."""

    id: str
    table: type[CrmItem] | type[OutboxItem] = CrmItem
    parent: str = ""
    records: list[dict[str, Any]] = field(default_factory=list)
    is_closed: bool = False


class FakeStreams:
    """Stands in for StreamApi. What was asked, in order, is in `pages_asked`."""

    def __init__(self, *shards: FakeShard) -> None:
        self.label = "1"
        self.fake = {shard.id: shard for shard in shards}
        self.pages_asked: list[str] = []
        self.is_away = False
        self.expire_next = False
        self.empty_pages = 0
        self._number = 100

    def add(self, shard: str, *images: Mapping[str, Any], removed: bool = False) -> list[str]:
        """Append records of these images; return their numbers."""
        numbers = []
        for image in images:
            self._number += 1
            told = {"OldImage" if removed else "NewImage": dict(image)}
            record = {"SequenceNumber": str(self._number), "ApproximateCreationDateTime": clock.now(), **told}
            record["Keys"] = {name: image[name] for name in ("pk", "sk") if name in image}
            self.fake[shard].records.append({"dynamodb": record})
            numbers.append(str(self._number))
        return numbers

    def begin_anew(self) -> None:
        """Lose all records, as an emulator does when it restarts; names stay what they were."""
        for shard in self.fake.values():
            shard.records = []

    def shards(self) -> list[Shard]:
        self._answer()
        return [
            Shard(
                shard.table,
                f"{shard.table.Meta.table_name}/{self.label}",
                "arn",
                shard.id,
                shard.parent,
                shard.records[0]["dynamodb"]["SequenceNumber"] if shard.records else "",
            )
            for shard in self.fake.values()
        ]

    def iterator(self, shard: Shard, after: str) -> str:
        self._answer()
        if shard.id not in self.fake:
            raise Trimmed(shard.id)
        numbers = [record["dynamodb"]["SequenceNumber"] for record in self.fake[shard.id].records]
        if after and after not in numbers:
            raise Trimmed(after)
        return self._iterator(shard.id, numbers.index(after) + 1 if after else 0)

    def page(self, iterator: str) -> Page:
        self._answer()
        if self.expire_next:
            self.expire_next = False
            raise IteratorExpired
        shard_id, position = json.loads(base64.b64decode(iterator))
        self.pages_asked.append(shard_id)
        shard = self.fake[shard_id]
        if self.empty_pages:
            self.empty_pages -= 1
            return Page([], iterator)
        records = shard.records[position : position + PAGE]
        end = position + len(records)
        is_over = shard.is_closed and end >= len(shard.records)
        return Page(records, None if is_over else self._iterator(shard_id, end))

    def _answer(self) -> None:
        if self.is_away:
            raise StreamAway("nobody answers")

    @staticmethod
    def _iterator(shard_id: str, position: int) -> str:
        return base64.b64encode(json.dumps([shard_id, position]).encode()).decode()


def image(person_id: str, version: int = 1, **values: Any) -> dict[str, Any]:
    """Return a person's item as a stream carries it."""
    now = clock.now()
    item = PersonItem(person_pk(person_id), "PERSON", email=f"{person_id}@example.com", created_at=now, updated_at=now)
    item.version = version
    for name, value in values.items():
        setattr(item, name, value)
    return item.serialize()


def poller(streams: FakeStreams, store: SqliteSearchStore, owner: str | None = "me") -> Poller:
    return Poller(streams, store, owner)  # type: ignore[arg-type]


def drain(reading: Poller) -> None:
    while reading.round():
        pass


def people(store: SqliteSearchStore) -> list[PersonDocument]:
    return list(store.people(EVERYONE, sort="id", limit=100).items)


def ids(store: SqliteSearchStore) -> list[str]:
    return [person.id for person in people(store)]


def position(store: SqliteSearchStore, shard: str) -> str:
    return {one.shard: one.sequence for one in store.checkpoints()}[shard]
