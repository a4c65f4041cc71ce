"""The projector on AWS Lambda: `worker.lambda_streams.handler`, mapped to both tables' streams.

Lambda reads the shards and keeps how far; here the records are only stored, by the same functions as the poller's. The
mapping has to report batch item failures: docs/operations.md names its settings.
"""

import logging
import os
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm_site.settings")

import django

from crm.core import dead_letters, dynamo, errors
from crm.core.dynamo import CrmItem
from crm.search import engine
from crm.search.store import SearchStore
from crm.upkeep import mending
from worker import stream_records
from worker.stream_api import Record, Table
from worker.stream_records import ATTEMPTS

log = logging.getLogger(__name__)

# Some of what was laid aside is tried again as often, in turn, as long as records come.
MEND_S = 30.0
Answer = dict[str, list[dict[str, str]]]


class Handler:
    """One for each of Lambda's processes, which takes one batch at a time."""

    def __init__(self) -> None:
        self._mend_at, self._mend_from = 0.0, ""

    def __call__(self, event: Mapping[str, Any], _context: object) -> Answer:
        """Store a batch of one shard's records; name the first one that Lambda is to hand over again, if any.

        Whatever is raised makes Lambda hand over the whole batch again, which changes nothing but the time it takes.
        """
        _ready()
        store, records = engine.store(), [_read(record) for record in event["Records"]]
        stream = _stream(records[0])
        table = next(one for one in dynamo.TABLES if one.Meta.table_name == stream.partition("/")[0])
        failed = _store(store, table, stream, records)
        if failed is not None:
            return {"batchItemFailures": [{"itemIdentifier": stream_records.sequence(failed)}]}
        if table is CrmItem:
            # The sweep's lease writes to this table every few seconds, so it is never quiet; the other one may be.
            _note(store, stream_records.written_at(records[-1]))
        self._mend(store)
        return {"batchItemFailures": []}

    def _mend(self, store: SearchStore) -> None:
        if time.monotonic() < self._mend_at:
            return
        self._mend_at = time.monotonic() + MEND_S
        try:
            self._mend_from = mending.sweep(store, self._mend_from)
        except errors.Busy:
            log.warning("what was laid aside could not be tried again now")


handler = Handler()


@cache
def _ready() -> None:
    django.setup()


def _read(record: Record) -> Record:
    """Return a record as the poller reads it."""
    told = record["dynamodb"]
    images = {name: dynamo.from_json(told[name]) for name in ("NewImage", "OldImage") if name in told}
    return {**record, "dynamodb": {**told, **images}}


def _stream(record: Record) -> str:
    """Return `<table>/<label>` of arn:aws:dynamodb:<region>:<account>:table/<table>/stream/<label>."""
    _, table, _, label = str(record["eventSourceARN"]).split(":", 5)[5].split("/", 3)
    return f"{table}/{label}"


def _store(store: SearchStore, table: Table, stream: str, records: Sequence[Record]) -> Record | None:
    """Store records in their order; return the first that could not be, and is no poison: something is away."""
    try:
        store.apply(stream_records.projected(table, records))
    except errors.Busy:
        return records[0]
    except Exception:
        log.exception("a batch of %s failed; its records are tried one by one", stream)
        return next((one for one in records if not _is_stored(store, table, stream, one)), None)
    return None


def _is_stored(store: SearchStore, table: Table, stream: str, record: Record) -> bool:
    """Store a record, or lay it aside as the poller does: no count of failures would outlive this process."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            store.apply(stream_records.projected(table, [record]))
        except errors.Busy:
            return False
        except Exception as error:
            if attempt == ATTEMPTS:
                log.exception("record %s of %s laid aside", stream_records.sequence(record), stream)
                return _is_buried(stream, record, error)
        else:
            break
    return True


def _is_buried(stream: str, record: Record, error: Exception) -> bool:
    try:
        dead_letters.bury(stream_records.letter(stream, "", record, error))
    except errors.Busy:
        return False
    return True


def _note(store: SearchStore, as_of: datetime) -> None:
    """Remember how fresh the rows are, as far as this shard tells. Other shards may have told more."""
    noted = store.freshness().as_of
    if noted is None or noted < as_of:
        store.note_freshness(as_of)
