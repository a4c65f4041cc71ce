"""From stream records to rows: decoded, projected, stored; one that keeps failing is laid aside."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from crm.core import changes, dead_letters, dynamo
from crm.core.changes import Change
from crm.core.dead_letters import DeadLetter
from crm.search import documents
from crm.search.documents import AnyDocument
from crm.search.store import Checkpoint, SearchStore, Unavailable
from worker.stream_api import Record, Shard, Table

log = logging.getLogger(__name__)

# A record that fails as often is laid aside, so that one poisoned item never holds up the others.
ATTEMPTS = 5


class Poisoned(Exception):
    """A record failed and will be tried again; what is before it is stored."""


class Applier:
    """Stores pages of one shard after the other, counting what fails."""

    def __init__(self, store: SearchStore) -> None:
        self._store = store
        # Of each shard the record that fails now, by its number, and how often it has.
        self._failing: dict[tuple[str, str], tuple[str, int]] = {}

    def apply(self, shard: Shard, records: Sequence[Record], generation: str) -> None:
        """Store what the records say, and the checkpoint behind the last one with it, in this generation of the store.

        Raises:
            Swapped: another generation is current, for which these may be too far on; nothing is counted.
            Unavailable: the read model does not answer; nothing is counted against any record.
            Poisoned: a record failed for less than the fifth time; the ones before it are stored.
            errors.Busy: a dead letter could not be written.
        """
        if not records:
            return
        try:
            self._store_all(shard, records, generation)
        except Unavailable:
            raise
        except Exception:
            log.exception("a page of %s failed; its records are tried one by one", shard.stream)
            for record in records:
                self._store_one(shard, record, generation)
        self._failing.pop((shard.stream, shard.id), None)

    def _store_one(self, shard: Shard, record: Record, generation: str) -> None:
        try:
            self._store_all(shard, [record], generation)
        except Unavailable:
            raise
        except Exception as error:
            if self._failed(shard, sequence(record)) < ATTEMPTS:
                raise Poisoned from error
            log.exception("record %s of %s laid aside", sequence(record), shard.stream)
            dead_letters.bury(letter(shard.stream, shard.id, record, error))
            self._store.apply([], [_behind(shard, record)], generation=generation)

    def _failed(self, shard: Shard, number: str) -> int:
        """Count a failure of a record; return how often it has failed in a row."""
        last, times = self._failing.get((shard.stream, shard.id), ("", 0))
        times = times + 1 if last == number else 1
        self._failing[shard.stream, shard.id] = (number, times)
        return times

    def _store_all(self, shard: Shard, records: Sequence[Record], generation: str) -> None:
        self._store.apply(projected(shard.table, records), [_behind(shard, records[-1])], generation=generation)


def projected(table: Table, records: Sequence[Record]) -> list[AnyDocument]:
    """Return the documents of those records that have one. Raises whatever decoding and projecting them fails with."""
    types = changes.projected_types(table)
    told = [record for record in records if _image(record).get("type", {}).get("S") in types]
    return documents.of(decoded(table, record) for record in told)


def sequence(record: Record) -> str:
    """Return the record's number in its shard."""
    return str(record["dynamodb"]["SequenceNumber"])


def written_at(record: Record) -> datetime:
    """Return about when the change was made; AWS rounds it to the second."""
    moment = record["dynamodb"]["ApproximateCreationDateTime"]
    return moment.astimezone(UTC) if isinstance(moment, datetime) else datetime.fromtimestamp(float(moment), UTC)


def decoded(table: Table, record: Record) -> Change:
    """Return what the record says about its item."""
    item = dynamo.decode(_image(record), table)
    if "NewImage" in record["dynamodb"]:
        return Change(item, int(item.version))
    # Nothing else will ever be said about a removed item, so its tombstone ranks right above the last image.
    return Change(item, int(item.version) + 1, removed=True)


def _image(record: Record) -> dict[str, Any]:
    told = record["dynamodb"]
    return dict(told["NewImage"] if "NewImage" in told else told.get("OldImage", {}))


def _behind(shard: Shard, record: Record) -> Checkpoint:
    return Checkpoint(shard.stream, shard.id, sequence(record))


def letter(stream: str, shard: str, record: Record, error: Exception) -> DeadLetter:
    """Return the dead letter of a record that failed as often as it may."""
    keys = {name: str(next(iter(value.values()))) for name, value in record["dynamodb"].get("Keys", {}).items()}
    kind = str(_image(record).get("type", {}).get("S", ""))
    why = f"{type(error).__name__}: {error}"
    is_removal = "NewImage" not in record["dynamodb"]
    at = written_at(record)
    return DeadLetter(kind, stream, shard, sequence(record), keys, why, ATTEMPTS, at, is_removal=is_removal)
