"""Both tables read whole, side by side. Rebuild and verify are the only callers: nothing else may scan."""

import logging
from collections import deque
from collections.abc import Callable, Collection, Generator, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from queue import Empty, Full, Queue
from threading import Event
from typing import Any

import orjson

from crm.core import changes, clock, dead_letters, dynamo
from crm.core.changes import Change
from crm.core.dead_letters import DeadLetter
from crm.search import documents
from crm.search.documents import AnyDocument
from worker.stream_api import Table

log = logging.getLogger(__name__)

THREADS = 4
# A segment is of so many items, where there are enough, and read at once: DynamoDB Local looks through all of it
# for each page.
_SEGMENT_ITEMS, _MOST_SEGMENTS = 500, 16_384
# Items a page at most: decoded, a full megabyte of them takes twenty.
PAGE = 750
# Batches waiting to be stored.
_WAITING = 2 * THREADS
_LOOK_S = 0.5
_BINARY = b'"B"'


@dataclass(frozen=True, slots=True)
class Found:
    """An item as it is stored, and its document."""

    table: Table
    image: Mapping[str, Any]
    document: AnyDocument


Batch = list[Found]


def batches() -> Generator[Batch]:
    """Yield the documents of all items, a few pages at once, read consistently. Closing the iterator ends the scan.

    An item that cannot be projected becomes a dead letter and is left out.

    Raises:
        PynamoDBException, botocore's errors: a page could not be read.
    """
    queue: Queue[Batch] = Queue(_WAITING)
    stop = Event()
    dynamo.warm_up()
    with ThreadPoolExecutor(THREADS) as pool:
        try:
            parts = [(table, part) for table in dynamo.TABLES for part in _segments(table)]
            running = deque(pool.submit(_scan, table, part, _putting(queue, stop)) for table, part in parts)
            yield from _drained(queue, running)
        finally:
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)


def _drained(queue: Queue[Batch], running: deque[Future[None]]) -> Iterator[Batch]:
    while running or not queue.empty():
        # They end about in the order in which they began: a failed one is met once those before it are done.
        while running and running[0].done():
            running.popleft().result()
        try:
            batch = queue.get(timeout=_LOOK_S)
        except Empty:
            continue
        # What has come meanwhile is stored at once: each set of people is then written once for all of them.
        while not queue.empty():
            batch += queue.get_nowait()
        yield batch


def _putting(queue: Queue[Batch], stop: Event) -> Callable[[Batch], bool]:
    def put(batch: Batch) -> bool:
        """Return False once nobody reads any more."""
        while not stop.is_set():
            try:
                queue.put(batch, timeout=_LOOK_S)
            except Full:
                continue
            return True
        return False

    return put


def _parse(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: object) -> None:
    """Read a page as JSON, which it is. botocore's own parser takes twelve times as long, and reads it value by value.

    Few pages have binary values, which are to be decoded.
    """
    if response_dict["status_code"] == HTTPStatus.OK:
        body = response_dict["body"]
        page = orjson.loads(body)
        if _BINARY in body:
            page["Items"] = [dynamo.from_json(image) for image in page["Items"]]
        customized_response_dict.update(page)
        response_dict["body"] = b"{}"


def _segments(table: Table) -> list[Mapping[str, int]]:
    """Return which segments there are, as `Scan` is told. AWS counts items anew every six hours only, which will do."""
    client: Any = dynamo.connection().client
    items = client.describe_table(TableName=table.Meta.table_name)["Table"]["ItemCount"]
    total = max(THREADS, min(items // _SEGMENT_ITEMS, _MOST_SEGMENTS))
    return [{"Segment": segment, "TotalSegments": total} for segment in range(total)]


def _scan(table: Table, part: Mapping[str, int], put: Callable[[Batch], bool]) -> None:
    client: Any = dynamo.connection().client
    client.meta.events.register("before-parse.dynamodb.Scan", _parse, unique_id=__name__)
    types = changes.projected_types(table)
    asked: dict[str, Any] = {
        "TableName": table.Meta.table_name,
        **part,
        **_only(types),
        "ConsistentRead": True,
        "Limit": PAGE,
    }
    while True:
        page = client.scan(**asked)
        batch = [found for image in page["Items"] for found in _projected(table, image)]
        if not put(batch) or "LastEvaluatedKey" not in page:
            return
        asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _only(types: Collection[str]) -> dict[str, Any]:
    """Return what keeps other items, half of all or more, from being sent."""
    values = {f":type{number}": {"S": name} for number, name in enumerate(sorted(types))}
    return {
        "FilterExpression": f"#type IN ({', '.join(values)})",
        "ExpressionAttributeNames": {"#type": "type"},
        "ExpressionAttributeValues": values,
    }


def _projected(table: Table, image: Mapping[str, Any]) -> Batch:
    try:
        item = dynamo.decode(dict(image), table)
        return [Found(table, image, document) for document in documents.of([Change(item, int(item.version))])]
    except Exception as error:
        log.exception("an item of %s is left out", table.Meta.table_name)
        lay_aside(table, image, error)
        return []


def lay_aside(table: Table, image: Mapping[str, Any], error: Exception) -> None:
    """Make a dead letter of an item that cannot be read or stored. Raises errors.Busy: it could not be written."""
    keys = {name: str(next(iter(image[name].values()))) for name in ("pk", "sk")}
    kind, version = image["type"]["S"], str(image.get("version", {}).get("N", ""))
    why = f"{type(error).__name__}: {error}"
    dead_letters.bury(DeadLetter(kind, table.Meta.table_name, "scan", version, keys, why, 1, clock.now()))
