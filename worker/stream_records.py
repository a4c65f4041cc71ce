"""From stream records to rows: decoded, projected, stored; one that keeps failing is laid aside."""

import logging
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from crm.core import changes, dead_letters, dynamo
from crm.core.changes import Change
from crm.core.dead_letters import DeadLetter
from crm.search import documents
from crm.search.store import Checkpoint, SearchStore, Unavailable
from worker.stream_api import Record, Shard

log = logging.getLogger(__name__)

# A record that fails as often is laid aside, so that one poisoned item never holds up the others.
ATTEMPTS = 5


class Poisoned(Exception):
    """A record failed and will be tried again; what is before it is stored."""


class Applier:
    """Stores pages of one shard after the other, counting what fails."""

    def __init__(self, store: SearchStore) -> None:
        self._store = store
        self._failures: Counter[tuple[str, str]] = Counter()

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

    def _store_one(self, shard: Shard, record: Record, generation: str) -> None:
        try:
            self._store_all(shard, [record], generation)
        except Unavailable:
            raise
        except Exception as error:
            key = (shard.id, sequence(record))
            self._failures[key] += 1
            if self._failures[key] < ATTEMPTS:
                raise Poisoned from error
            log.exception("record %s of %s laid aside", sequence(record), shard.stream)
            dead_letters.bury(_letter(shard, record, error))
            self._store.apply([], [_behind(shard, record)], generation=generation)
            del self._failures[key]

    def _store_all(self, shard: Shard, records: Sequence[Record], generation: str) -> None:
        types = changes.projected_types(shard.table)
        told = [record for record in records if _image(record).get("type", {}).get("S") in types]
        found = documents.of(decoded(shard, record) for record in told)
        self._store.apply(found, [_behind(shard, records[-1])], generation=generation)


def sequence(record: Record) -> str:
    """Return the record's number in its shard."""
    return str(record["dynamodb"]["SequenceNumber"])


def written_at(record: Record) -> datetime:
    """Return about when the change was made; AWS rounds it to the second."""
    moment = record["dynamodb"]["ApproximateCreationDateTime"]
    return moment.astimezone(UTC) if isinstance(moment, datetime) else datetime.fromtimestamp(float(moment), UTC)


def decoded(shard: Shard, record: Record) -> Change:
    """Return what the record says about its item."""
    item = dynamo.decode(_image(record), shard.table)
    if "NewImage" in record["dynamodb"]:
        return Change(item, int(item.version))
    # Nothing else will ever be said about a removed item, so its tombstone ranks right above the last image.
    return Change(item, int(item.version) + 1, removed=True)


def _image(record: Record) -> dict[str, Any]:
    told = record["dynamodb"]
    return dict(told["NewImage"] if "NewImage" in told else told.get("OldImage", {}))


def _behind(shard: Shard, record: Record) -> Checkpoint:
    return Checkpoint(shard.stream, shard.id, sequence(record))


def _letter(shard: Shard, record: Record, error: Exception) -> DeadLetter:
    keys = {name: next(iter(value.values())) for name, value in record["dynamodb"].get("Keys", {}).items()}
    return DeadLetter(
        shard.stream,
        shard.id,
        sequence(record),
        keys,
        f"{type(error).__name__}: {error}",
        ATTEMPTS,
        written_at(record),
    )
